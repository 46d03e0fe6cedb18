"""What a small disk does to an assistant: a script for a process that has one mounted for itself alone.

    python -m tests.reliability.small_disk full|readonly DIR

DIR is the mount; the last line of the output is a JSON object with what was seen.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from assistant.errors import AssistantError, StorageFailed
from assistant.services import Services, open_services
from assistant.settings import Settings
from tests.reliability.corpora import SignEncoder, digest, loaded, store, text_of
from tests.reliability.questions import broken_rules, disagreements, found, holdings, wait_until_ready

BALLAST_BYTES = 14_000_000


def put(services: Services, number: int) -> str:
    words = text_of(f"doc{number}", 0, 80)
    services.pipeline.ingest(f"doc{number}", loaded(words), origin="test", by="tests")
    return words


def one_more(services: Services, texts: dict[str, str]) -> dict[str, str]:
    """The next document, once it is acknowledged."""
    return {f"doc{len(texts)}": put(services, len(texts))}


def refusal(attempt: Callable[[], object]) -> dict[str, str | None]:
    """How an attempt that must fail does so; any other error ends the script."""
    try:
        attempt()
    except StorageFailed as error:
        return {"detail": error.detail, "hint": error.hint}
    return {"detail": "it worked", "hint": None}


def consistent(services: Services, texts: dict[str, str]) -> list[str]:
    problems = broken_rules(services)
    if holdings(services) != {name: digest(words) for name, words in texts.items()}:
        problems.append("the catalog holds something else than was acknowledged")
    for name in [*texts][:: max(1, len(texts) // 10)]:
        sentence = texts[name].split("\n\n")[3]
        if found(services, sentence)[:1] != [(name, sentence)]:
            problems.append(f"{name} is not found")
    return problems


def full(mount: Path) -> dict[str, object]:
    """Write until the disk is full; read; free some space; write again."""
    seen: dict[str, object] = {}
    settings = Settings(data_dir=mount / "data")
    (mount / "ballast").write_bytes(bytes(BALLAST_BYTES))
    texts: dict[str, str] = {}
    with open_services(settings, SignEncoder()) as services:
        services.index.wait_ready()
        while shutil.disk_usage(mount).free > 2_000_000:  # most of it quickly
            batch = {f"doc{n}": text_of(f"doc{n}", 0, 80) for n in range(len(texts), len(texts) + 10)}
            store(services, batch)
            texts.update(batch)
        services.index.rebuild("it was filled from below").join()
        while True:
            try:
                texts[f"doc{len(texts)}"] = put(services, len(texts))
            except StorageFailed as error:
                seen["refused"] = {"detail": error.detail, "hint": error.hint}
                break
        seen["acknowledged"] = len(texts)
        seen["refused again"] = [refusal(lambda: texts.update(one_more(services, texts))) for _ in range(3)]
        seen["when full"] = consistent(services, texts)
    # Whether it can start on a full disk is up to SQLite; it must say so, or serve.
    try:
        with open_services(settings, SignEncoder()) as services:
            seen["opened when full"] = consistent(services, texts)
    except AssistantError as error:
        seen["opened when full"] = [] if isinstance(error, StorageFailed) else [repr(error)]
    # Nor may what it leaves behind keep it from starting, or from recovering by itself.
    (mount / "ballast").unlink()
    with open_services(settings, SignEncoder()) as services:
        for _ in range(3):
            texts[f"doc{len(texts)}"] = put(services, len(texts))
        (mount / "ballast").write_bytes(bytes(BALLAST_BYTES // 7))
        seen["after space was freed"] = consistent(services, texts)
        seen["ready"] = wait_until_ready(services, 60)
        seen["audit"] = disagreements(services)
    return seen


def readonly(mount: Path) -> dict[str, object]:
    """The disk is read-only at a start, and writable at the next."""
    seen: dict[str, object] = {}
    settings = Settings(data_dir=mount / "data")
    with open_services(settings, SignEncoder()) as services:
        services.index.wait_ready()
        texts = {f"doc{n}": put(services, n) for n in range(3)}
    _remount(mount, "ro")
    seen["refused"] = refusal(lambda: _open(settings))
    seen["refused for a new corpus"] = refusal(lambda: _open(Settings(data_dir=mount / "other")))
    _remount(mount, "rw")
    with open_services(settings, SignEncoder()) as services:
        seen["opened again"] = consistent(services, texts)
        seen["state"] = services.index.health().state
        texts["doc3"] = put(services, 3)
        seen["written again"] = consistent(services, texts)
        seen["audit"] = disagreements(services)
    return seen


def _open(settings: Settings) -> None:
    with open_services(settings, SignEncoder()):
        pass


def _remount(mount: Path, how: str) -> None:
    subprocess.run(["mount", "-o", f"remount,{how}", str(mount)], check=True)


if __name__ == "__main__":
    result = {"full": full, "readonly": readonly}[sys.argv[1]](Path(sys.argv[2]))
    sys.stdout.write(json.dumps(result))
