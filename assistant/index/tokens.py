"""Words as the full-text index has them: cut, folded and stemmed by FTS5 itself, in memory.

PostgreSQL has other rules for what a word is and another stemmer. With FTS5's tokens in its tables both set-ups find
the same passages, and nothing has to be kept in step by hand.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from assistant.index.fts5_table import DDL, WEIGHTS

LONGEST = 500  # characters of a term; longer ones are no words, and no index takes them

_LOCAL = threading.local()
_INSTANCES = "CREATE VIRTUAL TABLE temp.instances USING fts5vocab(main, passages_fts, instance)"
_COUNTS = "SELECT doc, term, col, count(*) FROM temp.instances GROUP BY doc, term, col"


@dataclass(slots=True)
class PassageTerms:
    """A passage's stems, how often each occurs by the weight of where it does, and how many words there are."""

    weights: dict[str, float] = field(default_factory=dict)
    length: int = 0


def terms_of_passages(rows: Sequence[tuple[str, str, str]]) -> list[PassageTerms]:
    """The terms of (title, headings, text), in order."""
    found = [PassageTerms() for _ in rows]
    for number, term, column, count in _counts(rows):
        passage = found[number]
        passage.length += count
        passage.weights[term] = passage.weights.get(term, 0.0) + WEIGHTS[column] * count
    return found


def terms_of_words(words: Sequence[str]) -> list[str]:
    """The terms that ``words`` are looked up by, once each, in the order of the words."""
    return list(dict.fromkeys(term for terms in terms_by_word(words) for term in terms))


def terms_by_word(words: Sequence[str]) -> list[list[str]]:
    """The terms that each word is looked up by: one for a word, none for a mark."""
    found: list[list[str]] = [[] for _ in words]
    for number, term, _, _ in _counts([("", "", word) for word in words]):
        found[number].append(term)
    return found


def affordable(rarest_first: Iterable[str], known: Mapping[str, int], most: int) -> Iterator[str]:
    """Words, the rarest first, as long as no more passages have them than are to be scored.

    Args:
        rarest_first: the words.
        known: how many passages have each.
        most: passages that are scored.
    """
    spent = 0
    for word in rarest_first:
        spent += known[word]
        if spent > most:
            return
        yield word


def _counts(rows: Sequence[tuple[str, str, str]]) -> list[tuple[int, str, str, int]]:
    memory = _memory()
    storable = [tuple(value.encode("utf-8", "replace").decode() for value in row) for row in rows]
    try:
        memory.executemany(
            "INSERT INTO passages_fts(rowid, title, headings, text) VALUES (?, ?, ?, ?)",
            ((number, *row) for number, row in enumerate(storable)),
        )
        return [(doc, term[:LONGEST], column, count) for doc, term, column, count in memory.execute(_COUNTS)]
    finally:
        memory.execute("INSERT INTO passages_fts(passages_fts) VALUES ('delete-all')")


def _memory() -> sqlite3.Connection:
    if not hasattr(_LOCAL, "memory"):  # a connection serves one thread at a time
        memory = sqlite3.connect(":memory:", isolation_level=None)
        memory.execute(DDL)
        memory.execute(_INSTANCES)
        _LOCAL.memory = memory
    found: sqlite3.Connection = _LOCAL.memory
    return found
