"""Questions that fit several people of the corpus: "What did the president say?" where three presidents speak.

Only what is said of people is ambiguous enough to ask back: an office that several of them hold, or a last name that
several of them have. Everything else is answered, with what the answers are about.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from assistant.actors import Actor, ActorBook
from assistant.answering.said import Statements
from assistant.models import Choice
from assistant.names import ARTICLES, fold
from assistant.retrieval.position_question import PositionQuestion

MOST_CHOICES = 5

_SAYING = re.compile(
    r"\b(?:say|says|said|think|thinks|believe|believes|claim|claims|want|wants|demand|demands|reject|rejects|"
    r"propose|proposes|proposed|offer|offers|offered|accept|accepts|accepted|announce|announced|promise|promised)\b",
    re.IGNORECASE,
)


def choices(
    question: str, reading: PositionQuestion, actors: ActorBook, statements: Callable[[], Statements]
) -> list[Choice]:
    """Whom a question may mean; none where it is clear, or where fewer than two are in question.

    Args:
        question: as searched.
        reading: how it was read.
        actors: who is known, with their offices.
        statements: finds who says what in the documents found, by (document id, version); most questions are clear
            without.
    """
    if not _SAYING.search(question):
        return []
    span = _office(question, actors) if reading.actor is None else _last_name(question, reading, actors)
    if span is None:
        return []  # most questions end here, before everybody's name is looked up
    start, end, wanted = span
    speaking = _speakers(actors, statements())
    meant = [name for name, (actor, _) in speaking.items() if _fits(name, actor, wanted)]
    if len(meant) < 2:
        return []
    return [
        Choice(name, question[:start] + name + question[end:], tuple(speaking[name][1]))
        for name in meant[:MOST_CHOICES]
    ]


def _speakers(actors: ActorBook, statements: Statements) -> dict[str, tuple[Actor | None, dict[str, None]]]:
    """Everybody who speaks, by full name, and in which documents, in the order of the passages."""
    found: dict[str, tuple[Actor | None, dict[str, None]]] = {}
    for (document_id, _), group in statements.items():
        for statement in group:
            if statement.speaker is None:
                continue
            actor = actors.named(statement.speaker) or actors.resolve(statement.speaker)
            if actor is None and _is_full_name(statement.speaker):
                found.setdefault(statement.speaker, (None, {}))[1][document_id] = None
            elif actor is not None and actor.kind == "person":
                found.setdefault(actor.name, (actor, {}))[1][document_id] = None
    return found


def _is_full_name(speaker: str) -> bool:
    """Whether somebody unknown has a first and a last name; "the Northern League" is nobody."""
    words = speaker.split()
    return len(words) > 1 and words[0].lower() not in ARTICLES


def _office(question: str, actors: ActorBook) -> tuple[int, int, str] | None:
    """An office without a country: "the foreign minister"."""
    if actors.find(question, any_case=True):
        return None
    roles = sorted({role for actor in actors for role in actor.roles}, key=len, reverse=True)
    if not roles:
        return None
    match = re.search(rf"\bthe (?P<role>{'|'.join(map(re.escape, roles))})\b(?! of\b)", question, re.IGNORECASE)
    return (match.start(), match.end(), match["role"].lower()) if match else None


def _last_name(question: str, reading: PositionQuestion, actors: ActorBook) -> tuple[int, int, str] | None:
    """A single name that no known actor has."""
    name = reading.speaker or ""
    if not name or " " in name or actors.resolve(name) is not None:
        return None
    start = question.find(name)
    return (start, start + len(name), fold(name)) if start >= 0 else None


def _fits(name: str, actor: Actor | None, wanted: str) -> bool:
    if actor is not None and wanted in (role.lower() for role in actor.roles):
        return True
    return fold(name.split()[-1]) == wanted
