"""A question that asks for several things, as the questions it is made of.

Three shapes are known: several questions in a row ("When was it signed? Who signed it?"), clauses that each have a
question word ("Who leads the talks and when did they begin?"), and several actors of one position ("What do Russia
and Ukraine say about territory?"). Later parts are made to stand by themselves as follow-ups of the first.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from assistant.actors import ActorBook
from assistant.retrieval.follow_up import FollowUps, Turn
from assistant.retrieval.position_question import PositionQuestion
from assistant.retrieval.question_words import AUXILIARY

MOST_PARTS = 3
LEAST_WORDS = 3  # of the first part; fewer ask for nothing by themselves

_WH = r"when|who|whom|whose|what|where|why|how|which"
_SENTENCES = re.compile(r"(?<=\?)\s+(?=\S)")
_CLAUSES = re.compile(rf",?\s+and(?: also)?\s+(?=(?:(?:in|on|at|by|for|to|with|from) )?(?:{_WH})\b)", re.IGNORECASE)
_ASKS = re.compile(rf"^(?:and |but |so |(?:in|on|at|by|for|to|with|from) )?(?:{_WH})\b", re.IGNORECASE)
_WORD = re.compile(rf"\b(?:{_WH})\b", re.IGNORECASE)
_LINK = re.compile(r"(?:,| and|, and|,? as well as)\s(?:the )?", re.IGNORECASE)
_VERB = re.compile(r"^\s+(?:both |each |also )?[a-z]+\b")
_SINGULAR = {"do": "does", "are": "is", "were": "was", "have": "has"}
_PLURAL = re.compile(rf"\b(?:{'|'.join(_SINGULAR)})\b(?=\s+(?:the\s+)?$)", re.IGNORECASE)
_MUTUAL = re.compile(r"\b(?:differ|agree on|disagree|meet|met|talk to|with each other|between them|together)\b", re.I)


@dataclass(frozen=True, slots=True)
class QuestionParts:
    """Takes questions apart.

    Args:
        actors: knows which names are actors.
        follow_ups: makes later parts stand by themselves.
    """

    actors: ActorBook
    follow_ups: FollowUps

    def of(self, question: str, reading: PositionQuestion) -> tuple[str, ...]:
        """The questions that ``question`` is made of, in order; itself where it is one.

        Args:
            question: as searched.
            reading: how it is read as a whole.
        """
        pieces = [piece for piece in _SENTENCES.split(question) if piece.strip()]
        if len(pieces) < 2 or not all(piece.rstrip().endswith("?") for piece in pieces):
            pieces = _CLAUSES.split(question)
        asking = all(_ASKS.match(piece) for piece in pieces) and len(_WORD.findall(pieces[0])) == 1  # "Who said what"
        if 1 < len(pieces) <= MOST_PARTS and asking and len(pieces[0].split()) >= LEAST_WORDS:
            return self._standing(pieces)
        return self._by_actor(question, reading) or (question,)

    def _standing(self, pieces: list[str]) -> tuple[str, ...]:
        history: list[Turn] = []
        parts = []
        for piece in pieces:
            text = piece.strip(" ,?") + "?"
            part = self.follow_ups.standalone(text[:1].upper() + text[1:], history)
            parts.append(part)
            history = [Turn("user", part)]
        return tuple(parts)

    def _by_actor(self, question: str, reading: PositionQuestion) -> tuple[str, ...]:
        """The question once for each of several actors who are asked about alike."""
        if reading.asks not in ("what", "position") or reading.actor is None or _MUTUAL.search(question):
            return ()
        named = self.actors.find(question, any_case=True)
        for place, (start, end, _) in enumerate(named):
            run = [(start, end)]
            for first, last, _ in named[place + 1 :]:
                if not _LINK.fullmatch(question[run[-1][1] : first]):
                    break
                run.append((first, last))
            lead = question[:start].split()
            opened = lead and lead[-1].lower() in AUXILIARY | {"the"}
            if len(run) > 1 and opened and _VERB.match(question[run[-1][1] :]):
                before = _PLURAL.sub(lambda match: _SINGULAR[match.group().lower()], question[:start])
                return tuple(before + question[first:last] + question[run[-1][1] :] for first, last in run[:MOST_PARTS])
        return ()
