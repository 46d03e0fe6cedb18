"""Words and stems, the same way everywhere a question meets a sentence.

Stems are Porter's (1980), as in the full-text index, so that both agree on what matches.
"""

from __future__ import annotations

import re
import threading
import unicodedata
from functools import lru_cache

import Stemmer

from assistant.index.lexical import STOP_WORDS

_WORD = re.compile(r"\w+")
# What neither is part of a word nor becomes one when it is decomposed: ASCII, and the dashes and quotation marks
# (but no ligatures of them with marks) that edited text is full of.
_PLAIN = re.compile(r"[\x00-\x7f\u2010-\u2016\u2018-\u2027\u2030-\u203b]*")
_LOCAL = threading.local()


def words_of(text: str) -> list[str]:
    """Lower-case words without diacritics, in order."""
    lowered = text.lower()
    if _PLAIN.fullmatch(lowered):  # most text is, and an answer asks for hundreds of sentences
        return _WORD.findall(lowered)
    folded = unicodedata.normalize("NFKD", lowered)
    return _WORD.findall("".join(c for c in folded if not unicodedata.combining(c)))


@lru_cache(maxsize=100_000)
def stem(word: str) -> str:
    """The Porter stem of a lower-case word."""
    if not hasattr(_LOCAL, "stemmer"):  # a stemmer object serves one thread at a time
        _LOCAL.stemmer = Stemmer.Stemmer("porter", 0)
    return str(_LOCAL.stemmer.stemWord(word))


def stems_of(text: str) -> list[str]:
    """Stems of the content words of ``text``, in order; all words where it has only stop words."""
    words = words_of(text)
    content = [word for word in words if word not in STOP_WORDS] or words
    return [stem(word) for word in content]


@lru_cache(maxsize=8_192)
def stem_set(text: str) -> frozenset[str]:
    """The stems of a text in no order: one question asks for those of a sentence several times, and the next again."""
    return frozenset(stems_of(text))
