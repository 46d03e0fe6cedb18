"""``assistant positions``, ``timeline`` and ``brief``, as a person runs them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from assistant.cli import cli

DOCUMENTS = {
    "russia.md": "---\nid: russia\ntitle: Moscow's line\nsource: Wire\npublished_at: 2025-12-02\n---\n\n"
    "Russia rejects foreign troops in Ukraine. Sergei Ryabkov, a Russian deputy foreign minister, said on "
    "1 December 2025 that Russia rejects foreign troops in Ukraine.\n",
    "france.md": "---\nid: france\ntitle: The French plan\nsource: Wire\npublished_at: 2025-12-03\n---\n\n"
    "France proposes foreign troops in Ukraine after a ceasefire. Leaders met in Paris on 4 September 2025.\n",
}


def assistant(*arguments: str, cwd: Path) -> Result:
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(cwd)
        return CliRunner().invoke(cli, arguments)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("cli")
    (folder / "docs").mkdir()
    for name, text in DOCUMENTS.items():
        (folder / "docs" / name).write_text(text, encoding="utf-8")
    done = assistant("sync", "docs", cwd=folder)
    assert done.exit_code == 0, done.stderr
    yield folder


def one_line(done: Result) -> str:
    lines = done.stderr.strip().splitlines()
    assert len(lines) == 1, done.stderr
    assert lines[0].startswith("assistant: ")
    return lines[0]


def test_positions(place: Path) -> None:
    done = assistant("positions", "--actor", "the Kremlin", cwd=place)
    assert done.exit_code == 0, done.stderr
    assert done.stdout.startswith("Russia rejects\n")
    assert "1 December 2025" in done.stdout
    listed = json.loads(assistant("positions", "--stance", "propose", "--json", cwd=place).stdout)
    assert [(row["holder"], row["stance"]) for row in listed["positions"]] == [("France", "proposes")]
    about = assistant("positions", "--about", "foreign troops", cwd=place)
    assert "France proposes" in about.stdout
    assert "Russia rejects" in about.stdout
    none = assistant("positions", "--as-of", "1999", cwd=place)
    assert (none.exit_code, none.stdout) == (0, "No such position was found in the corpus.\n")


def test_timeline(place: Path) -> None:
    done = assistant("timeline", cwd=place)
    assert done.exit_code == 0, done.stderr
    assert [line[:17].strip() for line in done.stdout.splitlines()] == ["4 September 2025", "1 December 2025"]
    found = json.loads(assistant("timeline", "--from", "2025-11", "--json", cwd=place).stdout)
    assert [event["date"] for event in found["events"]] == ["2025-12-01"]


def test_brief(place: Path) -> None:
    shown = assistant("brief", "foreign troops", cwd=place)
    assert shown.exit_code == 0, shown.stderr
    assert shown.stdout.startswith("# Brief: foreign troops\n")
    assert "### Disagreements" in shown.stdout
    for ending in ("md", "docx", "pdf", "json"):
        done = assistant("brief", "foreign troops", "-o", f"out.{ending}", cwd=place)
        assert done.exit_code == 0, done.stderr
    assert (place / "out.md").read_text(encoding="utf-8") == shown.stdout
    assert (place / "out.docx").read_bytes()[:2] == b"PK"
    assert (place / "out.pdf").read_bytes()[:5] == b"%PDF-"
    assert json.loads((place / "out.json").read_text(encoding="utf-8"))["title"] == "Brief: foreign troops"


def test_mistakes_are_one_line(place: Path, tmp_path: Path) -> None:
    assert "no stance 'juggles'" in one_line(assistant("positions", "--stance", "juggles", cwd=place))
    assert "is not a date" in one_line(assistant("timeline", "--from", "soon", cwd=place))
    assert ".docx" in one_line(assistant("brief", "peace", "-o", "out.txt", cwd=place))
    assert "cannot be written" in one_line(assistant("brief", "peace", "-o", "no/such/out.md", cwd=place))
    assert "topic is empty" in one_line(assistant("brief", "?", cwd=place))
    for command in (("positions",), ("timeline",), ("brief", "peace")):
        done = assistant(*command, cwd=tmp_path)
        assert "There is no corpus" in one_line(done)
        assert done.exit_code == 1
