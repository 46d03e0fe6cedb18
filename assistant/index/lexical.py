"""Full-text search with bm25, in the same transaction as the catalog: SQLite's FTS5, or tables on PostgreSQL.

Both hold the words of live passages only, cut and stemmed alike, so that both set-ups find the same and rank it alike.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from types import ModuleType

from sqlalchemy import Connection

from assistant.index import fts5, postings

# Words that carry the form of a question, not its subject. Matching them finds every passage.
STOP_WORDS = frozenset(
    """a about an and any are as at be been being but by can could did do does for from had has have he her him his how
    i if in into is it its just me my no nor not of on or our out she should so some such than that the their them then
    there these they this those to was we were what when where which who whom whose why will with would you your
    s t""".split()
)

_WORD = re.compile(r"\w+")
_BY_DIALECT: dict[str, ModuleType] = {"sqlite": fts5, "postgresql": postings}


def content_words(question: str) -> list[str]:
    """The words to search for, in order and once each; all words where only stop words are given."""
    words = list(dict.fromkeys(_WORD.findall(question.lower())))
    return [word for word in words if word not in STOP_WORDS] or words


def search(
    connection: Connection, words: Sequence[str], limit: int, within: Sequence[int] | None = None
) -> list[tuple[int, float]]:
    """The best ``limit`` live passages as (seq, bm25), best first; larger is better.

    Args:
        connection: the snapshot to read.
        words: any of these must occur.
        limit: most passages to return.
        within: only these passages, where a filter left few.

    bm25 as in Robertson & Zaragoza (2009) with k1 = 1.2, b = 0.75, as FTS5 fixes them.
    """
    if not words:
        return []
    found: list[tuple[int, float]] = _of(connection).search(connection, words, limit, within)
    return found


def document_frequencies(connection: Connection, stems: Sequence[str]) -> dict[str, int]:
    """In how many live passages each stem occurs; stems are as Porter's algorithm gives them."""
    frequencies: dict[str, int] = _of(connection).document_frequencies(connection, stems)
    return frequencies


def add_version(connection: Connection, document_id: str, version: int) -> None:
    """Make the live passages of one version searchable by word."""
    _of(connection).add_version(connection, document_id, version)


def remove_version(connection: Connection, document_id: str, version: int) -> None:
    """Take the passages of one version out again, while they are still live."""
    _of(connection).remove_version(connection, document_id, version)


def rebuild(connection: Connection) -> None:
    """Empty the index and fill it from the live passages."""
    _of(connection).rebuild(connection)


def count(connection: Connection) -> int:
    """How many passages can be found by their words."""
    passages: int = _of(connection).count(connection)
    return passages


def _of(connection: Connection) -> ModuleType:
    return _BY_DIALECT[connection.dialect.name]
