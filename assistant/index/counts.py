"""How many passages there are and how many have a word: what takes longer to count the larger the corpus is.

Counts are kept until the corpus changes, for all who read the same state of it. In a narrowed snapshot and in a write
transaction, which may be undone, nothing is kept.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from sqlalchemy import Connection, func, select

from assistant.index import schema
from assistant.index.catalog import corpus_state
from assistant.index.scoping import is_narrowed

_KEPT = "counts"
MOST_WORDS = 10_000  # that are kept


@dataclass(slots=True)
class _Counts:
    """Of one state of the corpus."""

    state: int
    passages: int | None = None
    words: dict[str, int] = field(default_factory=dict)


class Kept:
    """The counts of the newest state that anybody has read; whoever reads an older one counts alone."""

    def __init__(self) -> None:
        """Nothing is known yet."""
        self._newest = _Counts(-1)

    def of(self, state: int) -> _Counts:
        """What is known of a state; two threads that see a new one at once may both count it."""
        newest = self._newest
        if state > newest.state:
            newest = self._newest = _Counts(state)
        return newest if state == newest.state else _Counts(state)


def share(connection: Connection, kept: Kept) -> None:
    """Have a connection that only ever reads keep what it counts with what others have."""
    connection.info[_KEPT] = kept


def count_live_passages(connection: Connection) -> int:
    """How many passages can be found."""
    kept = _of(connection)
    if kept.passages is None:
        p = schema.passages
        kept.passages = connection.scalar(select(func.count()).select_from(p).where(p.c.live)) or 0
    return kept.passages


def count_live(connection: Connection) -> tuple[int, int]:
    """How many documents and passages can be found."""
    d = schema.documents
    documents = connection.scalar(select(func.count()).select_from(d).where(d.c.state == "active")) or 0
    return documents, count_live_passages(connection)


def counted(
    connection: Connection, words: Sequence[str], count: Callable[[Sequence[str]], dict[str, int]]
) -> dict[str, int]:
    """In how many passages each of ``words`` occurs, of those that do; ``count`` tells it of some of them."""
    kept = _of(connection)
    known = {word: times for word in words if (times := kept.words.get(word)) is not None}
    missing = [word for word in words if word not in known]
    if missing:
        fresh = dict.fromkeys(missing, 0) | count(missing)
        if len(kept.words) + len(missing) > MOST_WORDS:
            kept.words = {}  # not emptied, since others may be looking into it
        kept.words.update(fresh)
        known |= fresh
    return {word: known[word] for word in words if known[word]}


def _of(connection: Connection) -> _Counts:
    kept: Kept | None = connection.info.get(_KEPT)
    if kept is None or is_narrowed(connection):
        return _Counts(-1)
    return kept.of(corpus_state(connection))
