from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from assistant.errors import InvalidInput, NotFound
from assistant.evaluation.datasets import AttributionSet, PositionSet, QuestionSet, read_dataset

ARTICLE = {"doc_id": "a", "title": "A", "text": "Ann said so.", "date": "2025-12-01"}


def lines(*rows: object) -> str:
    return "".join(json.dumps(row) + "\n" for row in rows)


def test_a_gold_file_holds_positions(write: Callable[..., Path]) -> None:
    row = {
        "question": "Who opposes the plan?",
        "documents": ["a"],
        "expected": [{"holder": "Aldora", "stance": ["rejects", "denies"], "speaker": None, "phrase": "no plan"}],
        "forbidden": [{"actor": "Brenna", "phrase": "Brenna agrees", "by": "Ann"}],
    }
    folder = write({"gold.jsonl": lines(row), "articles/a.md": "# A\n\nText.", "actors.yaml": "actors: []"})
    found = read_dataset(folder)
    assert isinstance(found, PositionSet)
    (question,) = found.questions
    assert question.expected[0].holders == ("Aldora",)
    assert question.expected[0].stances == ("rejects", "denies")
    assert question.expected[0].speakers == (None,)
    assert question.expected[0].modalities is None
    assert question.claims[0].by == "Ann"
    assert found.folders == (folder / "articles",)
    assert found.actors == folder / "actors.yaml"


def test_a_curator_may_give_only_phrases(write: Callable[..., Path]) -> None:
    rows = [{"question": "When?", "expected": ["in 2022"]}, {"question": "Why?", "must_refuse": True}]
    found = read_dataset(write({"gold.jsonl": lines(*rows)}))
    assert isinstance(found, PositionSet)
    assert found.questions[0].expected[0].phrases == ("in 2022",)
    assert found.questions[1].must_refuse
    assert found.actors is None


def test_attributions_of_the_first_annotator_count(write: Callable[..., Path]) -> None:
    base = {"doc_id": "a", "source_spans": [[0, 3]], "cue": "said", "content_spans": [[9, 11]]}
    rows = [
        {**base, "attribution_id": "1", "primary": True},
        {**base, "attribution_id": "2", "primary": False},
        {**base, "attribution_id": "3", "primary": True, "content_spans": []},
    ]
    found = read_dataset(write({"corpus.jsonl": lines(ARTICLE), "attributions.jsonl": lines(*rows)}))
    assert isinstance(found, AttributionSet)
    assert [attribution.id for attribution in found.attributions["a"]] == ["1"]


def test_queries_keep_whether_they_can_be_answered(write: Callable[..., Path]) -> None:
    rows = [
        {"query_id": "1", "text": "Who?", "answers": ["Ann"], "answerable": True, "evidence_doc_ids": ["a"]},
        {"query_id": "2", "text": "Why?", "answers": None, "answerable": False},
        {"query_id": "3", "text": "How?", "answers": None, "answerable": None, "pool": ["a"]},
    ]
    found = read_dataset(write({"corpus.jsonl": lines(ARTICLE), "queries_sample.jsonl": lines(*rows)}))
    assert isinstance(found, QuestionSet)
    assert [query.answerable for query in found.queries] == [True, False, None]
    assert found.queries[2].pool == ("a",)


def test_a_folder_without_a_data_set_is_refused(write: Callable[..., Path], tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="no data set"):
        read_dataset(write({"corpus.jsonl": lines(ARTICLE)}))
    with pytest.raises(NotFound):
        read_dataset(tmp_path / "nowhere")


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ('{"documents": []}', "either expected positions or must_refuse"),
        ('{"expected": [{"phrase": "x"}]}', "'question' is missing"),
        ('{"question": "x", "expected": [{"holder": "x"}]}', "'phrase' is missing"),
        ('{"question": "x", "expected": ["y"], "must_refuse": true}', "either expected positions or must_refuse"),
        ("[1]", "not a JSON object"),
        ("{", "Expecting property name"),
    ],
)
def test_a_bad_row_is_named_by_file_and_line(write: Callable[..., Path], row: str, reason: str) -> None:
    good = lines({"question": "Why?", "must_refuse": True})
    folder = write({"gold.jsonl": good + "\n" + row + "\n"})
    with pytest.raises(InvalidInput, match=reason) as raised:
        read_dataset(folder)
    assert "gold.jsonl, line 3" in raised.value.detail
