"""What the start page offers: limits and questions made from what the corpus really holds."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from types import SimpleNamespace

from assistant.index.catalog import corpus_state, count_live, newest_date
from assistant.index.database import Database
from assistant.index.overview import Overview, Position, overview
from assistant.models import Filters

VALUES = 60  # of sources, kinds and topics; more would not be read
QUESTIONS = 4


@dataclass(frozen=True, slots=True)
class Holdings:
    """What can be asked of the corpus as it is now."""

    documents: int
    passages: int
    newest: str | None
    overview: Overview
    questions: tuple[str, ...]


class HoldingsCache:
    """Reads the holdings again only after the corpus has changed."""

    def __init__(self, words: SimpleNamespace) -> None:
        self._words = words
        self._kept: tuple[int, Holdings] | None = None
        self._lock = threading.Lock()

    def read(self, database: Database) -> Holdings:
        """The holdings of the corpus's present state."""
        with database.read() as connection:
            state = corpus_state(connection)
            with self._lock:
                if self._kept is not None and self._kept[0] == state:
                    return self._kept[1]
            documents, passages = count_live(connection)
            held = overview(connection, VALUES)
            newest = newest_date(connection, Filters())
        holdings = Holdings(documents, passages, newest, held, questions(held.positions, self._words))
        with self._lock:
            self._kept = (state, holdings)
        return holdings


def questions(positions: tuple[Position, ...], words: SimpleNamespace) -> tuple[str, ...]:
    """Questions about the positions that most statements hold, one an actor, no stance twice while there are others."""
    askable = [position for position in positions if isinstance(getattr(words.suggest, position.stance, None), str)]
    chosen = [*_varied(askable), *askable]
    asked = dict.fromkeys(getattr(words.suggest, p.stance).format(holder=_named(p.holder, words)) for p in chosen)
    return tuple(asked)[:QUESTIONS]


def _named(holder: str, words: SimpleNamespace) -> str:
    """The holder as a sentence names it: with its article, where the language has one."""
    if holder.startswith(tuple(words.suggest.with_article)):
        return str(words.suggest.article.format(holder=holder))
    return holder


def _varied(positions: list[Position]) -> Iterator[Position]:
    holders: set[str] = set()
    stances: set[str] = set()
    for position in positions:
        if position.holder not in holders and position.stance not in stances:
            holders.add(position.holder)
            stances.add(position.stance)
            yield position
