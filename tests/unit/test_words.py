from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.retrieval.words import stems_of, words_of


def decomposed(text: str) -> list[str]:
    """What a word is, without a shorter way for any text."""
    folded = unicodedata.normalize("NFKD", text.lower())
    return re.findall(r"\w+", "".join(c for c in folded if not unicodedata.combining(c)))


@given(
    st.text(
        alphabet=st.one_of(
            st.characters(max_codepoint=0x17F), st.characters(min_codepoint=0x2000, max_codepoint=0x206F)
        )
    )
)
def test_edited_text_has_the_words_that_any_text_has(text: str) -> None:
    assert words_of(text) == decomposed(text)


def test_every_mark_between_two_words() -> None:
    for code in range(0x2000, 0x2070):
        text = f"stop{chr(code)}gap"
        assert words_of(text) == decomposed(text), hex(code)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("“We won’t,” said Zelenskyy – again…", ["we", "won", "t", "said", "zelenskyy", "again"]),
        ("Élysée, São Tomé", ["elysee", "sao", "tome"]),
        ("", []),
    ],
)
def test_words(text: str, words: list[str]) -> None:
    assert words_of(text) == words


def test_stop_words_are_kept_where_there_is_nothing_else() -> None:
    assert stems_of("the rejected demands") == ["reject", "demand"]
    assert stems_of("who is it") != []
