"""Disks that are full, read-only or over a quota: a clear refusal, nothing acknowledged lost, and it goes on by itself.

The small disk is a memory file system that one child process mounts for itself (``unshare``), where that is allowed.
"""

from __future__ import annotations

import json
import resource
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from assistant.errors import StorageFailed
from assistant.settings import Settings
from tests.reliability.corpora import digest, text_of
from tests.reliability.questions import remote_audit, remote_found, remote_put, remote_ready, remote_state
from tests.reliability.remote import RemoteAssistant, Session

pytestmark = pytest.mark.torn

ROOT = Path(__file__).resolve().parents[2]


def on_a_small_disk(what: str, mount: Path, megabytes: int) -> dict[str, Any]:
    """What ``small_disk.py`` saw."""
    unshare = shutil.which("unshare")
    if unshare is None:
        pytest.skip("there is no unshare to mount a disk with")
    private = [unshare, "--mount", "--map-root-user", "sh", "-c"]
    mounting = f'mount -t tmpfs -o size={megabytes}m none "$0" && '
    if subprocess.run([*private, mounting + "true", str(mount)], capture_output=True).returncode != 0:
        pytest.skip("a process may not mount a disk here")
    script = f'exec "{sys.executable}" -m tests.reliability.small_disk {what} "$0"'
    done = subprocess.run(
        [*private, mounting + script, str(mount)], cwd=ROOT, capture_output=True, text=True, timeout=240
    )
    assert done.returncode == 0, done.stderr[-4_000:]
    seen: dict[str, Any] = json.loads(done.stdout)
    return seen


def test_a_full_disk(tmp_path: Path) -> None:
    seen = on_a_small_disk("full", tmp_path, 24)
    assert seen["acknowledged"] > 10
    # A rebuild that is given up frees some space, so a later attempt may work.
    for refusal in (seen["refused"], *(again for again in seen["refused again"] if again["hint"])):
        assert "cannot be used" in refusal["detail"]
        assert "nothing acknowledged is lost" in refusal["hint"]
    assert seen["when full"] == seen["opened when full"] == seen["after space was freed"] == seen["audit"] == []
    assert seen["ready"]


def test_a_read_only_disk(tmp_path: Path) -> None:
    seen = on_a_small_disk("readonly", tmp_path, 64)
    for name in ("refused", "refused for a new corpus"):
        assert "cannot be used" in seen[name]["detail"]
        assert "may write to" in seen[name]["hint"]
    assert seen["opened again"] == seen["written again"] == seen["audit"] == []
    assert seen["state"] == "ready"


QUOTA = 3_000_000  # bytes a file


def limit_files() -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (QUOTA, resource.RLIM_INFINITY))


def lift_the_limit(_: Session) -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))


def test_a_quota(settings: Settings) -> None:
    """SQLite reports it as an input/output error; the same process goes on once the limit is lifted."""
    texts = {f"doc{n}": text_of(f"doc{n}", 0, 80) for n in range(200)}
    acknowledged: dict[str, str] = {}
    with RemoteAssistant(settings, before=limit_files) as assistant:
        assistant.opened()
        with pytest.raises(StorageFailed, match="cannot be used"):
            for name, words in texts.items():
                assistant.call(remote_put, name, words)
                acknowledged[name] = digest(words)
        assert len(acknowledged) > 5
        stored, broken, _ = assistant.call(remote_state)
        assert (stored, broken) == (acknowledged, [])
        sentence = texts["doc2"].split("\n\n")[5]
        assert assistant.call(remote_found, [sentence])[0][0] == ("doc2", sentence)
        assistant.call(lift_the_limit)
        assistant.call(remote_put, "after", texts["doc0"])
        acknowledged["after"] = digest(texts["doc0"])
        assert assistant.call(remote_ready, 60) is not None
        assert assistant.call(remote_audit) == []
        assistant.kill()
    with RemoteAssistant(settings) as assistant:
        assistant.opened()
        assert assistant.call(remote_state)[:2] == (acknowledged, [])
        assert assistant.call(remote_ready, 60) is not None
        assert assistant.call(remote_audit) == []
