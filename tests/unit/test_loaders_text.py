"""Plain text is kept as given: what is removed, what is not, and where its blocks lie."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.curation.loaders import Limits, blocks_of_text, clean_text, load
from assistant.errors import InvalidDocument, TooLarge

HIDDEN = [*range(9), 11, 12, *range(14, 32), 0x7F, 0x200B, 0x200E, 0x202E, 0x2066, 0x2060, 0xFEFF, 0xE0041, 0xE007F]


def visible(text: str) -> bool:
    return any(not c.isspace() for c in text)


@pytest.mark.parametrize("code", HIDDEN)
def test_hidden_characters_are_removed(code: int) -> None:
    assert clean_text(f"pea{chr(code)}ce") == "peace"


@pytest.mark.parametrize("text", ["a\tb", "a\r\nb\rc\n", "  a  b ", "ﬁ ½ é é", "naïve “quotes”\u00a0…", "🇺🇦 ½"])
def test_everything_else_is_kept_exactly(text: str) -> None:
    assert clean_text(text) == text


def test_joiners_stay_only_where_scripts_and_emoji_need_them() -> None:
    assert clean_text("می‌خواهم") == "می‌خواهم"
    assert clean_text("👩‍👩‍👧") == "👩‍👩‍👧"
    assert clean_text("re\u200djects\u200c") == "rejects"


def test_lone_surrogates_are_replaced_one_for_one() -> None:
    assert clean_text("a\ud800b") == "a\ufffdb"


@given(st.text(max_size=400))
@settings(max_examples=300, deadline=None)
def test_blocks_lie_in_order_inside_any_text_and_hold_all_of_it(text: str) -> None:
    blocks = blocks_of_text(text)
    position = 0
    for block in blocks:
        assert position <= block.start < block.end <= len(text)
        # Between blocks there is only white space, and the bullets of list items.
        assert re.fullmatch(r"\s*(?:[-*•‣–][ \t]+)?", text[position : block.start])
        assert text[block.start : block.end] == text[block.start : block.end].strip()
        position = block.end
    assert not visible(text[position:])


@given(st.text(max_size=300).filter(lambda text: visible(clean_text(text))))
@settings(max_examples=300, deadline=None)
def test_a_text_file_is_stored_verbatim(text: str) -> None:
    text = clean_text(text).replace("\ufffd", "?")
    document = load(text.encode(), name="note.txt", media_type="text/plain")[0]
    if document.media_type == "text/plain":  # anything else says by its content that it is not plain text
        assert document.text == text


def spans(text: str) -> list[str]:
    return [text[block.start : block.end] for block in blocks_of_text(text)]


def test_a_line_is_a_paragraph_where_lines_are_long() -> None:
    first = "Days of intense negotiations ended with progress, and leaders from a dozen countries hailed it " * 2
    assert spans(f"{first}\nWashington moved.\n\nAnother.") == [first.strip(), "Washington moved.", "Another."]


def test_hard_wrapped_lines_are_one_paragraph() -> None:
    text = (
        "The envoys of the four countries met in Berlin on Monday to discuss\n"
        "the draft, and agreed on three points, according to a statement of\n"
        "the Chancellor. They meet again.\n"
        "\n"
        "Next paragraph."
    )
    assert len(spans(text)) == 2
    assert spans(text)[0].endswith("They meet again.")


def test_short_lines_are_not_taken_for_wrapped_ones() -> None:
    assert spans("Apples\npears\nplums") == ["Apples", "pears", "plums"]


def test_bullets_are_list_items_without_their_bullet() -> None:
    text = "We ask for:\n- a ceasefire\n• a mission\n"
    assert [(text[b.start : b.end], b.kind) for b in blocks_of_text(text)] == [
        ("We ask for:", "paragraph"),
        ("a ceasefire", "list_item"),
        ("a mission", "list_item"),
    ]


def test_line_ends_of_every_system_are_understood_and_kept() -> None:
    text = "One.\r\n\r\nTwo.\rThree.\u2028Four."
    assert spans(text) == ["One.", "Two.", "Three.", "Four."]
    assert load(text.encode(), name="a.txt")[0].text == text


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32", "utf-16-le", "utf-16-be"])
def test_unicode_encodings_are_read_without_a_hint(encoding: str) -> None:
    assert load("Zelenskyy’s “plan” for peace talks".encode(encoding), name="a.txt")[0].text == (
        "Zelenskyy’s “plan” for peace talks"
    )


def test_the_declared_charset_is_used() -> None:
    document = load("Переговори тривають".encode("cp1251"), media_type="text/plain; charset=windows-1251")[0]
    assert document.text == "Переговори тривають"
    assert document.notes == ()


def test_an_undeclared_charset_is_found_and_noted() -> None:
    text = "Le président a déclaré que les négociations étaient très avancées et qu’il espérait un accord à Noël."
    document = load(text.encode("cp1252"), name="a.txt")[0]
    assert "président a déclaré" in document.text
    assert any("not UTF-8" in note for note in document.notes)


def test_a_few_broken_bytes_are_shown_and_noted() -> None:
    document = load(("Негоціації " * 50).encode() + b"\xff and more", name="a.txt")[0]
    assert "\ufffd and more" in document.text
    assert any("not valid UTF-8" in note for note in document.notes)


def test_removed_characters_are_noted() -> None:
    document = load("Peace\U000e0041\U000e0042 talks".encode(), name="a.txt")[0]
    assert document.text == "Peace talks"
    assert document.notes == ("2 invisible or control characters removed",)


def test_the_name_is_only_a_label() -> None:
    document = load(b"Talks go on.", name="../../etc/peace_talks-2025.txt")[0]
    assert document.metadata.title == "peace talks 2025"
    assert document.metadata.published_at is None


def test_limits_are_kept() -> None:
    with pytest.raises(TooLarge, match="at most 10 are read"):
        load(b"x" * 11, limits=Limits(bytes=10))
    with pytest.raises(TooLarge, match="characters"):
        load(b"x" * 11, limits=Limits(characters=10))
    with pytest.raises(InvalidDocument, match="is empty"):
        load(b" \n\n\t ", name="a.txt")
