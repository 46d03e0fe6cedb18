"""What goes to a model and comes from one, without what a reader cannot see and a browser would follow."""

from __future__ import annotations

import re
import unicodedata

_KEPT = frozenset("\n\t")
# Private use, unassigned, control, format (zero-width, bidi, tag characters) and surrogates.
_HIDDEN = frozenset({"Cc", "Cf", "Cn", "Co", "Cs"})
_SELECTORS = re.compile("[\ufe00-\ufe0f\U000e0100-\U000e01ef]")  # variation selectors can carry hidden text
_URL = re.compile(r"(?:\b[a-z][a-z0-9+.-]{1,20}://|\bwww\.|\b(?:data|javascript|mailto|tel):)\S+", re.IGNORECASE)
_LINK = re.compile(r"!?\[[^\]]*\]\s?\([^)]*\)|!\[[^\]]*\]|<\s*/?\s*[a-zA-Z!][^>]*>|\[[^\]]*\]:\s*\S+")
_DELIMITER = re.compile(r"</?\s*passage[^>]*>", re.IGNORECASE)


def visible(text: str) -> str:
    """``text`` without control, zero-width, bidirectional and tag characters, selectors and broken code points."""
    text = _SELECTORS.sub("", text)
    return "".join(c for c in text if c in _KEPT or unicodedata.category(c) not in _HIDDEN)


def for_model(text: str) -> str:
    """Corpus text as a model may see it: visible, on one line, no addresses, nothing that closes its passage."""
    cleaned = _DELIMITER.sub(" ", _LINK.sub(" ", visible(text)))
    return " ".join(_URL.sub("[address]", cleaned).split())


def is_active(text: str) -> bool:
    """Whether a model's sentence holds something that a page could follow or load, or is broken."""
    return bool(_URL.search(text) or _LINK.search(text)) or "\ufffd" in text
