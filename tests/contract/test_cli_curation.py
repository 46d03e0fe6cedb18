"""The curators' commands, each in its own process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("curation")


def assistant(place: Path, *arguments: str, status: int = 0) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [sys.executable, "-m", "assistant", *arguments],
        cwd=place,
        env=dict(os.environ),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == status, done.stderr
    assert "Traceback" not in done.stderr
    return done


def test_a_curators_day(place: Path) -> None:
    (place / "in").mkdir()
    (place / "in" / "bridge.md").write_text("---\nid: bridge\n---\nThe bridge over the river opened in June 2024.\n")
    (place / "in" / "tower.txt").write_text("The tower in the harbour was closed in May 2023.")
    (place / "in" / "broken.pdf").write_bytes(b"%PDF-1.7 nothing")
    done = assistant(place, "add", "in", status=1)
    assert "2 added" in done.stdout
    assert "1 failed" in done.stdout
    assert "failed: broken.pdf: " in done.stderr

    lines = [{"doc_id": f"n{i}", "text": f"Note {i} is about ship {i}.", "date": "2025-01-01"} for i in range(5)]
    (place / "notes.jsonl").write_text("\n".join(map(json.dumps, lines)))
    assert "5 added" in assistant(place, "import", "notes.jsonl").stdout
    assert "5 unchanged" in assistant(place, "import", "notes.jsonl").stdout

    assert "June 2024" in assistant(place, "ask", "When did the bridge over the river open?").stdout
    assert all(line.startswith("ok") for line in assistant(place, "check").stdout.splitlines())

    assistant(place, "backup", "corpus.backup")
    assert "withdrawn: bridge (1 passages, 0 left)" in assistant(place, "remove", "bridge").stdout
    assert "does not answer" in assistant(place, "ask", "When did the bridge over the river open?").stdout
    assert "7 passages" in assistant(place, "restore", "corpus.backup").stdout
    assert "June 2024" in assistant(place, "ask", "When did the bridge over the river open?").stdout
    assert "the index holds 7 passages" in assistant(place, "reindex").stdout


@pytest.mark.parametrize(
    ("arguments", "status", "says"),
    [
        (("add", "nowhere.md"), 1, "There is no file or folder"),
        (("import", "nowhere.jsonl"), 1, "There is no file"),
        (("remove", "nobody"), 1, "There is no corpus"),
        (("check",), 1, "There is no corpus"),
        (("backup", "x"), 1, "There is no corpus"),
        (("restore", "nowhere"), 2, "There is no file"),
    ],
)
def test_mistakes_are_one_line(tmp_path: Path, arguments: tuple[str, ...], status: int, says: str) -> None:
    done = assistant(tmp_path, *arguments, status=status)
    (line,) = done.stderr.strip().splitlines()
    assert line.startswith("assistant: ")
    assert says in line
