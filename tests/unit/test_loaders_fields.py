"""Dates, ids and addresses: what passes, what is converted, and what stays unknown."""

from __future__ import annotations

import json

import pytest

from assistant.curation.loaders import load
from assistant.curation.loaders.dates import iso_date
from assistant.curation.loaders.jsonl import read_record
from assistant.errors import InvalidDocument


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("2025", "2025"),
        ("2025-12", "2025-12"),
        ("2025-12-15", "2025-12-15"),
        ("20251215", "2025-12-15"),
        ("2025-12-15T10:30:00Z", "2025-12-15T10:30:00Z"),
        ("2025-12-15T10:30:00+00:00", "2025-12-15T10:30:00Z"),
        ("2025-12-15 10:30", "2025-12-15T10:30:00"),
        ("2025-12-15T10:30:00.123456+02:00", "2025-12-15T10:30:00.123456+02:00"),
        ("Mon, 15 Dec 2025 10:30:00 +0200", "2025-12-15T10:30:00+02:00"),
        ("15 December 2025", "2025-12-15"),
        ("December 15, 2025", "2025-12-15"),
        ("Dec. 15, 2025 10:30", "2025-12-15T10:30:00"),
        ("Monday, 15 December 2025", "2025-12-15"),
        ("December 2025", "2025-12"),
        ("31/12/2025", "2025-12-31"),
        ("12/31/2025", "2025-12-31"),
        ("05.05.2025", "2025-05-05"),
    ],
)
def test_dates_become_iso_as_precise_as_they_were(written: str, expected: str) -> None:
    assert iso_date(written) == expected


@pytest.mark.parametrize(
    "written",
    [
        "",
        "03/04/2025",
        "2025-02-30",
        "2025-13",
        "0001-01-01",
        "yesterday",
        "Tuesday",
        "12",
        "15 December",
        "May the force",
        "31 June 2025",
        "2025-12-15T25:00",
        "1765800000",
        "between May 2024 and June 2025",
        "9" * 80,
    ],
)
def test_what_is_not_one_date_is_none(written: str) -> None:
    assert iso_date(written) is None


def test_json_lines_keep_text_and_id_and_read_both_spellings() -> None:
    lines = [
        {
            "doc_id": "a#p1",
            "title": "One",
            "text": "Line.\r\n\r\n  Two  spaces.",
            "date": "2025-12-15",
            "meta": {"x": 1},
        },
        {"id": 7, "text": "Second.", "published_at": "15 December 2025", "topics": ["x"], "url": "https://a.example"},
        {"text": "Third.", "date": None, "url": "javascript:x", "language": "en"},
    ]
    data = "\n".join(json.dumps(line, ensure_ascii=False) for line in lines).encode()
    first, second, third = load(data, name="corpus.jsonl")
    assert (first.id, first.text, first.metadata.published_at) == ("a#p1", "Line.\r\n\r\n  Two  spaces.", "2025-12-15")
    assert (second.id, second.metadata.published_at, second.metadata.topics) == ("7", "2025-12-15", ("x",))
    assert (third.id, third.metadata.published_at, third.metadata.url) == (None, None, None)
    assert any("url left unknown" in note for note in third.notes)


def test_an_unusable_date_in_json_is_noted_and_stays_unknown() -> None:
    document = read_record({"text": "Text.", "date": "03/04/2025"})
    assert document.metadata.published_at is None
    assert "published_at left unknown: '03/04/2025' is not a date" in document.notes[0]


def test_bad_lines_are_named_by_number() -> None:
    with pytest.raises(InvalidDocument) as caught:
        load(b'{"text": "Good."}\n{"title": "no text"}\n{broken\n', name="c.jsonl")
    assert "c.jsonl, line 2: there is no 'text'." in caught.value.detail
    assert "c.jsonl, line 3: not JSON" in caught.value.detail


def test_a_json_array_and_a_single_object_are_documents_too() -> None:
    assert [d.text for d in load(b'[{"text": "A."}, {"text": "B."}]', name="c.json")] == ["A.", "B."]
    assert load(b'{\n  "text": "A."\n}', name="c.json")[0].text == "A."


def test_json_lines_are_recognised_by_content() -> None:
    assert load(b'{"text": "A."}\n{"text": "B."}\n')[1].text == "B."


def test_an_id_that_cannot_be_one_is_an_error() -> None:
    with pytest.raises(InvalidDocument, match="is not a document id"):
        read_record({"text": "T.", "id": "a\nb"}, "line 1")


def test_escaped_surrogates_can_be_stored() -> None:
    document = read_record('{"text": "a \\ud83d b \\ud83d\\ude00"}')
    assert document.text == "a \ufffd b 😀"
    document.text.encode()
