"""The command as a person runs it: in its own process, from another folder."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

CORPUS = Path(__file__).parent.parent.parent / "corpus"


def assistant(*arguments: str, cwd: Path, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "assistant", *arguments],
        cwd=cwd,
        env={**os.environ, **(env or {})},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder in which the shipped corpus has been synchronised."""
    folder = tmp_path_factory.mktemp("cli")
    done = assistant("sync", str(CORPUS), cwd=folder)
    assert done.returncode == 0, done.stderr
    assert "21 added, 0 updated, 0 removed, 0 unchanged, 0 failed" in done.stdout
    yield folder


def one_line(done: subprocess.CompletedProcess[str]) -> str:
    assert "Traceback" not in done.stderr
    lines = done.stderr.strip().splitlines()
    assert len(lines) == 1, done.stderr
    assert lines[0].startswith("assistant: ")
    return lines[0]


def test_ask_answers_with_citations(place: Path) -> None:
    done = assistant("ask", "When was the Budapest Memorandum signed?", cwd=place)
    assert done.returncode == 0, done.stderr
    assert "5 December 1994" in done.stdout
    assert "[1]" in done.stdout
    assert done.stderr == ""


def test_ask_prints_the_whole_answer_as_json(place: Path) -> None:
    done = assistant("ask", "what does Russia reject?", "--json", cwd=place)
    answer = json.loads(done.stdout)
    assert answer["status"] == "answered"
    for citation in answer["citations"]:
        shown = json.loads(assistant("show", citation["document_id"], "--json", cwd=place).stdout)
        assert shown["content"][citation["start"] : citation["end"]] == citation["quote"]


def test_ask_refuses(place: Path) -> None:
    done = assistant("ask", "Who is the prime minister of Japan?", cwd=place)
    assert done.returncode == 0
    assert "does not answer" in done.stdout


def test_a_second_sync_changes_nothing(place: Path) -> None:
    done = assistant("sync", str(CORPUS), cwd=place)
    assert "0 added, 0 updated, 0 removed, 21 unchanged, 0 failed" in done.stdout


def test_list_and_show(place: Path) -> None:
    listed = assistant("list", cwd=place).stdout.splitlines()
    assert len(listed) == 21
    assert any(line.startswith("budapest-memorandum\tv1\t") for line in listed)
    shown = assistant("show", "budapest-memorandum", cwd=place).stdout
    assert "title: " in shown
    assert "1994" in shown


@pytest.mark.parametrize(
    ("arguments", "status", "says"),
    [
        (("ask", "anything"), 1, "There is no corpus"),
        (("ask", "  "), 2, "empty"),
        (("list",), 1, "There is no corpus"),
        (("show", "x"), 1, "There is no corpus"),
        (("sync", "no-such-folder"), 1, "There is no folder"),
    ],
)
def test_without_a_corpus_one_line_says_what_to_do(
    tmp_path: Path, arguments: tuple[str, ...], status: int, says: str
) -> None:
    done = assistant(*arguments, cwd=tmp_path)
    assert says in one_line(done)
    assert done.returncode == status


def test_bad_questions_dates_and_documents_are_one_line(place: Path) -> None:
    too_long = assistant("ask", "x" * 100_000, cwd=place)
    assert "100,000 characters" in one_line(too_long)
    assert too_long.returncode == 2
    assert "is not a date" in one_line(assistant("ask", "what?", "--as-of", "soon", cwd=place))
    assert "no document 'nothing'" in one_line(assistant("show", "nothing", cwd=place))


def test_bad_settings_are_one_line(tmp_path: Path) -> None:
    done = assistant("list", cwd=tmp_path, env={"ASSISTANT_PORT": "many"})
    assert "ASSISTANT_PORT" in one_line(done)
    assert done.returncode == 2
    missing = assistant("sync", cwd=tmp_path, env={"ASSISTANT_EMBEDDING_MODEL": str(tmp_path)})
    assert "no model.safetensors" in one_line(missing)
    assert missing.returncode == 4


def test_unreadable_front_matter_is_reported_and_the_rest_comes_in(tmp_path: Path) -> None:
    folder = tmp_path / "docs"
    folder.mkdir()
    (folder / "good.md").write_text("# Good\n\nThe bridge opened in June.\n")
    (folder / "bad.md").write_text("---\ntitle: [never closed\n---\n\nText.\n")
    done = assistant("sync", str(folder), cwd=tmp_path)
    assert done.returncode == 1
    assert "1 added" in done.stdout
    assert "1 failed" in done.stdout
    assert "failed: bad.md: " in done.stderr
    assert "Traceback" not in done.stderr


def test_help_lists_the_commands(tmp_path: Path) -> None:
    done = assistant("--help", cwd=tmp_path)
    for command in ("ask", "list", "serve", "show", "sync"):
        assert f"\n  {command} " in done.stdout


def test_verify_tells_what_the_corpus_says_of_a_draft(place: Path) -> None:
    draft = place / "draft.md"
    draft.write_text(
        "# Notes\n\nThe Budapest Memorandum was signed on 5 December 1994. It was signed on 5 March 1994.\n\n"
        "The population of Brazil is 191.2 million.\n"
    )
    done = assistant("verify", str(draft), cwd=place)
    assert done.returncode == 1, done.stderr
    assert "supported      The Budapest Memorandum" in done.stdout
    assert "not in corpus  The population of Brazil" in done.stdout
    assert "Notes" not in done.stdout
    shown = json.loads(assistant("verify", str(draft), "--json", cwd=place).stdout)
    assert [s["verdict"] for s in shown["sentences"]][::2] == ["supported", "not_in_corpus"]


def test_verify_reads_word_files_and_standard_input(place: Path) -> None:
    from docx import Document

    written = Document()
    written.add_heading("Draft", 1)
    written.add_paragraph("The Budapest Memorandum was signed on 5 December 1994.")
    written.save(str(place / "draft.docx"))
    done = assistant("verify", "draft.docx", cwd=place)
    assert (done.returncode, "1 supported, 0 contradicted, 0 not in the corpus" in done.stdout) == (0, True), (
        done.stdout
    )
    refused = assistant("verify", "missing.txt", cwd=place)
    assert refused.returncode == 2
    assert "missing.txt" in one_line(refused)
