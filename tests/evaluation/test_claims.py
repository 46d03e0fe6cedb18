"""Claims against their evidence, scored as the check of drafts judges them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from assistant.errors import InvalidInput
from assistant.evaluation.datasets import ClaimSet, read_dataset
from assistant.evaluation.measures import estimate
from assistant.evaluation.run import evaluate
from assistant.settings import Settings
from tests.conftest import HashEncoder

DOCUMENTS = [
    {
        "doc_id": "lorn",
        "title": "Lorn",
        "text": "Corvia closed the harbour of Lorn on Tuesday. The closure stranded 41 ships.",
    },
    {"doc_id": "dam", "title": "Dam", "text": "The Morun dam was finished in 1987. It supplies 12 towns with water."},
]
CLAIMS = [
    ("lorn", "Corvia closed the harbour of Lorn on Tuesday.", 1),
    ("lorn", "Corvia closed the harbour of Lorn on Tuesday. The closure stranded 14 ships.", 0),
    ("lorn", "Corvia opened the harbour of Lorn on Tuesday.", 0),
    ("dam", "The Morun dam was finished in 1987.", 1),
    ("dam", "The Morun dam was finished in 1978.", 0),
    ("dam", "The Morun dam supplies 12 towns with water.", 0),  # as if somebody had labelled it wrongly
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "claims"
    folder.mkdir()
    rows = [
        {"claim_id": str(n), "claim": text, "evidence_doc_ids": [document], "binary": label}
        for n, (document, text, label) in enumerate(CLAIMS)
    ]
    (folder / "corpus.jsonl").write_text("".join(json.dumps(row) + "\n" for row in DOCUMENTS))
    (folder / "claims.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return folder


def test_claims_are_judged_by_their_weakest_sentence(folder: Path, tmp_path: Path) -> None:
    report = evaluate([folder], Settings(data_dir=tmp_path / "data"), [], lambda *_: None, HashEncoder())
    (result,) = report.results
    figures = {measure.name: estimate(measure) for measure in result.measures}
    values = {name: round(found.value, 3) for name, found in figures.items() if found}
    assert values == {
        "balanced accuracy": 0.875,
        "supported claims accepted": 1.0,
        "unsupported claims caught": 0.75,
        "AUC": pytest.approx(0.875, abs=0.126),
    }
    assert [(row["id"], row["cause"]) for row in result.failures] == [("5", "accepted")]


def test_a_row_that_cannot_be_used_is_named(folder: Path) -> None:
    assert isinstance(read_dataset(folder), ClaimSet)
    (folder / "claims.jsonl").write_text('{"claim_id": "1", "claim": "So.", "binary": 2}\n')
    with pytest.raises(InvalidInput, match=r"claims\.jsonl, line 1"):
        read_dataset(folder)
