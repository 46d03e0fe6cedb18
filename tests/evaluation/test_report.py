from __future__ import annotations

import json
from pathlib import Path

import pytest

from assistant.errors import InvalidInput, NotFound, StorageFailed
from assistant.evaluation.measures import mean_of, percentiles
from assistant.evaluation.report import (
    Report,
    SetResult,
    as_markdown,
    changes_as_markdown,
    compare,
    read_measures,
    write,
)


def report(hits: int) -> Report:
    values = {str(n): n < hits for n in range(100)}
    return Report(
        (
            SetResult(
                "news",
                "questions",
                (mean_of("Hits@1", values), mean_of("Hits@1", values, group="who")),
                ({"id": "99", "cause": "not retrieved"},),
                {"not retrieved": 1},
                percentiles([10.0, 20.0], (50,)),
            ),
        ),
        {"encoder": "all-MiniLM-L6-v2"},
    )


def test_a_report_is_written_and_read_again(tmp_path: Path) -> None:
    path, markdown, failures, drawing = write(report(90), tmp_path / "sub" / "now.json")
    assert "<svg" in drawing.read_text("utf-8")
    figures = json.loads(path.read_text("utf-8"))["sets"][0]["figures"]
    assert figures[0]["value"] == 0.9
    assert figures[0]["low"] < 0.9 < figures[0]["high"]
    text = markdown.read_text("utf-8")
    assert "| Hits@1 | 0.900 |" in text
    assert "| who | 100 | 0.90 |" in text
    assert "| p50 | 15.0 |" in text
    assert json.loads(failures.read_text("utf-8")) == {"set": "news", "id": "99", "cause": "not retrieved"}
    assert read_measures(path)["news"]["who/Hits@1"] == report(90).results[0].measures[1]


def test_only_a_significant_loss_is_one(tmp_path: Path) -> None:
    path, *_ = write(report(90), tmp_path / "before.json")
    before = read_measures(path)
    assert not any(change.is_loss for _, change in compare(report(89), before))
    losses = [change for _, change in compare(report(60), before) if change.is_loss]
    assert [change.key for change in losses] == ["Hits@1", "who/Hits@1"]
    assert "| worse |" in changes_as_markdown(compare(report(60), before))
    assert changes_as_markdown(compare(report(90), before)).startswith("No figure")


def test_a_file_that_is_no_report_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        read_measures(tmp_path / "none.json")
    for number, text in enumerate(["", "{}", '{"format": 99, "sets": []}', '{"format": 1, "sets": [{}]}']):
        path = tmp_path / f"{number}.json"
        path.write_text(text)
        with pytest.raises(InvalidInput, match="is not a report"):
            read_measures(path)


def test_a_report_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageFailed):
        write(report(90), tmp_path / "file" / "report.json")


def test_markdown_names_what_was_measured() -> None:
    assert "encoder all-MiniLM-L6-v2" in as_markdown(report(1))
