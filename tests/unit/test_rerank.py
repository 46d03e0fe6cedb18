"""The order of passages after a second look, and a CrossEncoder from a folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from assistant.errors import ModelUnavailable
from assistant.index.embedding import DEFAULT_MODEL, locate
from assistant.models import Metadata, Passage, RetrievedPassage
from assistant.retrieval.hybrid import Hit
from assistant.retrieval.rerank import CrossEncoderReranker, rerank


def hit(seq: int, score: float, text: str = "Text.") -> Hit:
    passage = Passage(str(seq), "d", 1, seq, 0, len(text), text, ("Heading",), ((0, len(text)),))
    return Hit(seq, RetrievedPassage(passage, Metadata(title="Title"), score, 0.5, 0.5))


def test_a_relevant_passage_moves_up_and_none_that_was_not_read_overtakes() -> None:
    hits = [hit(1, 0.9), hit(2, 0.8), hit(3, 0.7), hit(4, 0.6)]
    ranked = rerank(hits, {1: 0.1, 2: 0.2, 3: 0.9}, 0.5)
    assert [one.seq for one in ranked] == [3, 1, 2, 4]
    scores = [one.retrieved.score for one in ranked]
    assert scores == sorted(scores, reverse=True)
    assert all(0 <= score <= 1 for score in scores)


def test_without_weight_the_order_stays() -> None:
    hits = [hit(1, 0.9), hit(2, 0.8)]
    assert rerank(hits, {2: 1.0}, 0) == hits


def test_a_cross_encoder_is_loaded_from_a_folder_and_scores_every_passage() -> None:
    folder, _ = locate(DEFAULT_MODEL)  # its head is new, so that the values mean nothing, but they are probabilities
    reranker = CrossEncoderReranker(str(folder))
    scores = reranker.relevance("What is it?", [hit(7, 0.5), hit(9, 0.4, "Another text.")])
    assert set(scores) == {7, 9}
    assert all(0 < score < 1 for score in scores.values())


def test_a_missing_cross_encoder_names_the_setting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(ModelUnavailable) as caught:
        CrossEncoderReranker(str(tmp_path / "nowhere"))
    assert "ASSISTANT_RERANKER" in (caught.value.hint or "")
    (tmp_path / "empty").mkdir()
    with pytest.raises(ModelUnavailable, match="cannot be loaded"):
        _ = CrossEncoderReranker(str(tmp_path / "empty")).model
