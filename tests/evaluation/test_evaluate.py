"""``assistant evaluate`` from the command line, with the real encoder and small data sets."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pytest
from click.testing import CliRunner

from assistant.commands.evaluating import evaluate

LOUGH = "The force is a red line for Putin, said John Lough. Ann Smith said that the plan was sound."
CORPUS = [
    {"doc_id": "force", "title": "The force", "text": LOUGH, "date": "2025-12-15"},
    {"doc_id": "tower", "title": "The Eiffel Tower", "text": "The Eiffel Tower was built by Gustave Eiffel in 1889."},
    {"doc_id": "sea", "title": "The Dead Sea", "text": "The Dead Sea lies 430 metres below the level of the sea."},
]
QUERIES: list[dict[str, object]] = [
    {
        "query_id": "1",
        "text": "Who built the Eiffel Tower?",
        "answers": ["Gustave Eiffel"],
        "answerable": True,
        "evidence_doc_ids": ["tower"],
    },
    {
        "query_id": "2",
        "text": "How far below the level of the sea does the Dead Sea lie?",
        "answers": ["430 metres"],
        "answerable": True,
        "evidence_doc_ids": ["sea"],
    },
    {"query_id": "3", "text": "Who is the prime minister of Japan?", "answers": None, "answerable": False},
]
ATTRIBUTION: dict[str, object] = {
    "attribution_id": "1",
    "doc_id": "force",
    "primary": True,
    "source_spans": [[LOUGH.index("John"), LOUGH.index(". Ann")]],
    "cue": "said",
    "content_spans": [[0, LOUGH.index(", said")]],
}
SMITH: dict[str, object] = {
    **ATTRIBUTION,
    "attribution_id": "2",
    "source_spans": [[LOUGH.index("Ann"), LOUGH.index(" said that")]],
    "content_spans": [[LOUGH.index("that the"), len(LOUGH) - 1]],
}


def lines(rows: Sequence[Mapping[str, object]]) -> str:
    return "".join(json.dumps(row) + "\n" for row in rows)


@pytest.fixture
def sets(write: Callable[..., Path]) -> list[str]:
    folder = write(
        {
            "facts/corpus.jsonl": lines(CORPUS),
            "facts/queries.jsonl": lines(QUERIES),
            "speech/corpus.jsonl": lines(CORPUS[:1]),
            "speech/attributions.jsonl": lines([ATTRIBUTION, SMITH]),
        }
    )
    return [str(folder / "facts"), str(folder / "speech")]


def test_data_sets_are_recognised_measured_and_compared(sets: list[str], tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    run = CliRunner()
    kept = ["--data-dir", str(tmp_path / "kept")]
    done = run.invoke(evaluate, [*sets, *kept, "-o", str(report)], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    assert "## facts" in done.output
    figures = {
        (result["name"], figure["name"]): figure
        for result in json.loads(report.read_text("utf-8"))["sets"]
        for figure in result["figures"]
        if not figure["group"]
    }
    assert figures["facts", "MRR@10"]["value"] == 1
    assert figures["facts", "answer contains"]["value"] == 1
    assert figures["facts", "refusal recall"]["value"] == 1
    assert figures["facts", "false refusals"]["value"] == 0
    assert figures["speech", "precision"]["value"] == 1
    assert figures["speech", "recall"]["value"] == 1
    assert (tmp_path / "report.failures.jsonl").read_text("utf-8") == ""

    again = run.invoke(evaluate, [*sets, *kept, "--baseline", str(report)], catch_exceptions=False)
    assert again.exit_code == 0
    assert "No figure has changed significantly." in again.output

    better = json.loads(report.read_text("utf-8"))
    for result in better["sets"]:
        for measure in result["measures"]:
            if measure["name"] == "false refusals":
                measure["parts"] = [[[-1.0] * len(measure["units"]), [1.0] * len(measure["units"])]]
    report.write_text(json.dumps(better), "utf-8")
    worse = run.invoke(evaluate, [sets[0], *kept, "--baseline", str(report)], catch_exceptions=False)
    assert worse.exit_code == 1
    assert "| facts | false refusals |" in worse.output


def test_a_folder_without_a_data_set_fails_before_anything_is_measured(sets: list[str], tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    kept = tmp_path / "kept"
    done = CliRunner().invoke(evaluate, [*sets, str(tmp_path / "empty"), "--data-dir", str(kept)])
    assert done.exit_code != 0
    assert "holds no data set" in str(done.exception)
    assert not kept.exists()
