"""What the start page offers: limits and questions made from what the corpus really holds."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from types import SimpleNamespace

from assistant.access_model import Scope
from assistant.asking import Asker, AskRequest
from assistant.index.catalog import corpus_state, newest_date, whole_state
from assistant.index.counts import count_live
from assistant.index.database import Database
from assistant.index.overview import Overview, Position, overview
from assistant.models import AnswerStatus, Filters

VALUES = 60  # of sources, kinds and topics; more would not be read
QUESTIONS = 4
SCOPES = 50  # for which holdings are kept
TRIES = 10  # questions tried for it, each some 30 ms


@dataclass(frozen=True, slots=True)
class Holdings:
    """What can be asked of the corpus as it is now."""

    moment: int  # changes with every write anywhere: for caches, never to be shown
    state: int
    documents: int
    passages: int
    newest: str | None
    overview: Overview


class HoldingsCache:
    """Reads the holdings, and tries the questions, again only after the corpus has changed, for each scope."""

    def __init__(self, words: SimpleNamespace) -> None:
        self._words = words
        self._held: dict[Scope, Holdings] = {}
        self._questions: dict[Scope, tuple[int, tuple[str, ...]]] = {}
        self._lock = threading.Lock()

    def read(self, database: Database) -> Holdings:
        """The holdings of the corpus's present state."""
        with database.read() as connection:
            moment = whole_state(connection)  # what leaves a scope is no change within it
            kept = self._held.get(database.scope)
            if kept is not None and kept.moment == moment:
                return kept
            state = corpus_state(connection)
            documents, passages = count_live(connection)
            newest = newest_date(connection, Filters())
            held = Holdings(moment, state, documents, passages, newest, overview(connection, VALUES))
        if len(self._held) >= SCOPES:
            self._held = {}
        self._held[database.scope] = held
        return held

    def questions(self, asker: Asker, holdings: Holdings) -> tuple[str, ...]:
        """Questions that the corpus answers: each has been asked before it is suggested."""
        scope = asker.database.scope
        with self._lock:
            kept = self._questions.get(scope)
            if kept is not None and kept[0] == holdings.moment:
                return kept[1]
            found = answered(asker, holdings.overview.positions, self._words)
            if len(self._questions) >= SCOPES:
                self._questions = {}
            self._questions[scope] = (holdings.moment, found)
            return found


def answered(asker: Asker, positions: tuple[Position, ...], words: SimpleNamespace) -> tuple[str, ...]:
    """Those questions about frequent positions that get an answer about the actor they name."""
    found: dict[str, None] = {}
    for position, question in list(questions(positions, words))[:TRIES]:
        answer = asker.ask(AskRequest(question, answerer="extractive"))
        if answer.status is AnswerStatus.ANSWERED and answer.question.actor == position.holder:
            found[question] = None
        if len(found) == QUESTIONS:
            break
    return tuple(found)


def questions(positions: tuple[Position, ...], words: SimpleNamespace) -> Iterator[tuple[Position, str]]:
    """A question for each position, those of other actors and other stances first."""
    askable = [position for position in positions if isinstance(getattr(words.suggest, position.stance, None), str)]
    varied = list(_varied(askable))
    for position in [*varied, *(other for other in askable if other not in varied)]:
        yield position, getattr(words.suggest, position.stance).format(holder=_named(position.holder, words))


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
