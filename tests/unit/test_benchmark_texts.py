"""The made-up reports that speed is measured with: passages, sentences and statements are where they say."""

from __future__ import annotations

from collections.abc import Sequence

from benchmarks.cutting import cut
from benchmarks.texts import questions, report


def words(texts: Sequence[str]) -> list[int]:
    return [len(text.split()) for text in texts]


def test_passages_and_statements_are_slices_of_the_text() -> None:
    for number in range(20):
        made = report(number)
        one = cut(made, words, 200)
        text = one.loaded.text
        assert [text[draft.start : draft.end] for draft in one.drafts] == [draft.text for draft in one.drafts]
        spans = [span for draft in one.drafts for span in draft.sentences]
        assert [text[start:end] for start, end in spans] == [sentence.text for sentence in made.sentences]
        assert all(len(draft.text.split()) <= 150 for draft in one.drafts)
        told = [sentence.said for sentence in made.sentences if sentence.said]
        for said, statement in zip(told, one.statements, strict=True):
            assert said.speaker == text[statement.speaker_start : statement.speaker_end]
            assert any(start <= statement.start < statement.end <= end for start, end in spans)
        assert "".join(text.split()) == "".join(
            "".join(text[block.start : block.end].split()) for block in one.loaded.blocks
        )


def test_reports_and_questions_are_the_same_in_every_run_and_no_two_alike() -> None:
    assert report(7) == report(7)
    texts = [sentence.text for number in range(50) for sentence in report(number).sentences]
    assert len(set(texts)) > 0.99 * len(texts)
    asked = questions(50, 200)
    assert asked == questions(50, 200)
    assert len(set(asked)) == 200
