"""Words of a stance, and a stance file with slips of the pen."""

from __future__ import annotations

from pathlib import Path

import pytest

from assistant.errors import InvalidConfiguration
from assistant.stances import StanceBook

STANCES = Path(__file__).parents[2] / "corpus" / "stances.yaml"
EXPECTED = (
    "rejects demands offers accepts supports proposes denies warns promises accuses concedes expects undecided".split()
)


@pytest.fixture(scope="module")
def book() -> StanceBook:
    return StanceBook.load(STANCES)


def test_the_shipped_file_has_every_stance(book: StanceBook) -> None:
    assert [stance.key for stance in book] == EXPECTED
    assert all(stance.words and stance.questions for stance in book)


@pytest.mark.parametrize(
    ("lemmas", "stance", "kind"),
    [
        ("the force be a clear red line for putin", "rejects", "verdict"),
        ("the deal can not include foreign troop", "rejects", "verdict"),
        ("they have no intention of leave", "rejects", "phrase"),
        ("clause in diametric opposition to it", "rejects", "verdict"),
        ("both make important concession", "concedes", "phrase"),
        ("huge question remain", "undecided", "verdict"),
        ("he give the plan his green light", "accepts", "phrase"),
    ],
)
def test_idioms(book: StanceBook, lemmas: str, stance: str, kind: str) -> None:
    assert (stance, kind) in [(hit.stance, hit.kind) for hit in book.idioms(lemmas.split())]


def test_idioms_prefer_the_longest_and_may_match_the_word_itself(book: StanceBook) -> None:
    assert [hit.stance for hit in book.idioms("we remain open to dialogue".split())] == ["offers"]
    assert [hit.stance for hit in book.idioms("the question remain open".split())] == ["undecided"]
    words = "one sticking point".split()
    assert book.idioms("one stick point".split()) == []
    assert [hit.stance for hit in book.idioms("one stick point".split(), words)] == ["undecided"]


def test_negation(book: StanceBook) -> None:
    assert book.negation_of("accepts") == "rejects"
    assert book.negation_of("rejects") is None
    assert book.negation_of("no such stance") is None


def test_lookups(book: StanceBook) -> None:
    assert book.of_word("verb", "rule out") == "rejects"
    assert book.of_word("noun", "refusal") == "rejects"
    assert book.of_word("verb", "refusal") is None
    assert book.has_modifier("doubts", "unlikely")
    assert "refuse" in book.vocabulary("rejects") and book.vocabulary("nothing") == ()
    assert "rejects" in book and "reject" not in book


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("  a: {verbs: [go]}\n  b: {verbs: [go]}\n", "stands in both"),
        ("  a: {verbs: [go, go]}\n", "stands twice"),
        ("  a: {negated: c, verbs: [go]}\n", "unknown opposite"),
        ("  a: {verb: [go]}\n", "unknown key"),
        ("  A b: {verbs: [go]}\n", "not a stance"),
        ("  a: [go]\n", "not a stance"),
        ("  a: {phrases: ['... go']}\n", "starts or ends"),
        ("  a: {verbs: [no]}\n", "list of texts"),
        ("  a: {verbs: &w [go]}\n  b: {nouns: *w}\n", "anchors"),
    ],
)
def test_a_broken_file_is_refused_with_its_place(tmp_path: Path, body: str, said: str) -> None:
    path = tmp_path / "stances.yaml"
    path.write_text("stances:\n" + body, encoding="utf-8")
    with pytest.raises(InvalidConfiguration) as error:
        StanceBook.load(path)
    assert said in error.value.detail and "line" in error.value.detail
    assert error.value.hint


def test_unknown_modifiers_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "stances.yaml"
    path.write_text("modifiers: {doubt: [hardly]}\nstances: {a: {verbs: [go]}}\n", encoding="utf-8")
    with pytest.raises(InvalidConfiguration, match="unknown key"):
        StanceBook.load(path)
