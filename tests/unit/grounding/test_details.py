"""Numbers, dates and quotations, compared however they are written."""

from __future__ import annotations

import pytest

from assistant.answering.grounding import moments, numerals
from assistant.answering.grounding.alignment import SourceSentence
from assistant.answering.grounding.quotations import check_quotations, repaired
from assistant.models import Metadata, Passage, RetrievedPassage
from assistant.retrieval.words import stems_of


@pytest.mark.parametrize(
    ("draft", "source", "agree"),
    [
        ("$1.5bn", "1,500 million dollars", True),
        ("3 million people", "three million people", True),
        ("3,000,000", "3 million", True),
        ("about 3 million", "2.97 million", True),
        ("12%", "12 per cent", True),
        ("12%", "12", False),
        ("70 basis points", "0.7 percent", True),
        ("twenty-one ships", "21 ships", True),
        ("two thousand five hundred", "2,500", True),
        ("half of them", "50%", True),
        ("4-7%", "4% to 7%", True),
        ("41 soldiers", "14 soldiers", False),
        ("2.9 million", "2.97 million", False),
        ("3.0 million", "2.97 million", True),
        ("dozens of ships", "two dozen ships", True),
        ("35 ships", "dozens of ships", False),
        ("the third quarter", "Q3", True),
        ("the third quarter", "the second quarter", False),
    ],
)
def test_numbers_agree_by_value_and_kind(draft: str, source: str, agree: bool) -> None:
    found = numerals.numerals(source)
    assert found
    assert all(any(numerals.agrees(n, other) for other in found) for n in numerals.numerals(draft)) is agree


@pytest.mark.parametrize("text", ["COVID-19", "the F-16", "version 2b3"])
def test_what_is_part_of_a_name_is_no_number(text: str) -> None:
    assert numerals.numerals(text) == ()


@pytest.mark.parametrize(
    ("draft", "source", "published", "agree"),
    [
        ("on 14 December 2025", "December 14, 2025", None, True),
        ("on 14 December", "2025-12-14", None, True),
        ("in December 2025", "14 December 2025", None, True),
        ("on 14 December 2025", "in December 2025", None, False),
        ("on 14 December 2025", "on Sunday", "2025-12-15", True),
        ("on 13 December 2025", "on Sunday", "2025-12-15", False),
        ("on 14 December 2025", "yesterday", "2025-12-15", True),
        ("in 2024", "last year", "2025-12-15", True),
        ("on Sunday", "14 December", "2025-12-15", True),
        ("on Monday", "14 December", "2025-12-15", False),
        ("last year", "a year ago", None, True),
        ("next year", "last year", None, False),
        ("in the 1990s", "in 1994", None, True),
        ("in 1994", "in 1995", None, False),
    ],
)
def test_dates_agree_as_far_as_they_are_stated(draft: str, source: str, published: str | None, agree: bool) -> None:
    (stated,), (found, *_) = moments.moments(draft), moments.moments(source, published)
    assert moments.agrees(stated, found) is agree


def source_sentence(text: str) -> SourceSentence:
    passage = Passage("d@1:0", "d", 1, 0, 0, len(text), text, (), ((0, len(text)),))
    retrieved = RetrievedPassage(passage, Metadata(), 1.0, 1.0, 1.0)
    return SourceSentence(retrieved, 0, len(text), text, frozenset(stems_of(text)), 1)


SAID = source_sentence("“We will never accept foreign troops on this coast,” the minister told reporters.")


@pytest.mark.parametrize(
    ("draft", "shown", "outcome"),
    [
        (
            'The minister said: "We will never accept foreign troops on this coast."',
            'The minister said: "We will never accept foreign troops on this coast."',
            "verified",
        ),
        (
            'The minister said: "We will gladly accept foreign troops on this coast."',
            'The minister said: "We will never accept foreign troops on this coast."',
            "repaired",
        ),
        ("He called it “an entirely different matter”.", "He called it an entirely different matter.", "unmarked"),
    ],
)
def test_a_quotation_is_verified_repaired_or_loses_its_marks(draft: str, shown: str, outcome: str) -> None:
    checks = check_quotations(draft, [SAID])
    assert [check.outcome for check in checks] == [outcome]
    assert repaired(draft, checks) == shown
