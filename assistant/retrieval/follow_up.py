"""A follow-up as a question that stands by itself: "And Ukraine?" after "What does Russia reject?".

    history → each question in turn, made to stand by itself → the last one

Four shapes are known, after the usual division into ellipsis, substitution and reference (Halliday & Hasan 1976). A
bare question word takes the place of the former one ("Why?"), a new name that of the former name ("What about Kyiv?"),
a pronoun is replaced by what it stands for ("its allies"), and a fragment without a verb keeps the former subject.
Anything else is a new question, and is left as it is.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from assistant.actors import ActorBook
from assistant.language import Language
from assistant.retrieval.question_words import POSITION_NOUN

if TYPE_CHECKING:
    from spacy.tokens import Doc, Span, Token

MOST_TURNS = 6  # of the reader's own; what is further back is seldom meant
MAX_TURN_CHARS = 1_000
MOST_BARE_WORDS = 4  # a question word with at most this many others around it has no content of its own
MOST_FRAGMENT_WORDS = 6

_WH = re.compile(
    r"^(?:and |but |so )?(?P<wh>why|when|where|who|whom|how(?: (?:much|many|long|often|old|far))?|which|what)\b",
    re.IGNORECASE,
)
_ABOUT = re.compile(
    r"^(?:and|but|or|so|ok|okay)?[, ]*(?:(?:what|how) about|and|what of|same for|also)\s+(?P<new>.+?)[\s?.!]*$",
    re.IGNORECASE,
)
_ACTING = frozenset({"nsubj", "nsubjpass", "agent"})
_NEW_VERB = frozenset({"VERB", "AUX"})
_HUMAN = {"he": "m", "him": "m", "his": "m", "she": "f", "her": "f", "hers": "f"}
_MANY = frozenset({"they", "them", "their", "theirs", "these", "those"})
_ONE = frozenset({"it", "its", "this", "that"})
_OWNING = frozenset({"his", "her", "their", "its", "theirs", "hers"})
_EMPTY = frozenset(
    {"thing", "one", "way", "kind", "sort", "difference", "question", "example", "information", "reason"}
)


@dataclass(frozen=True, slots=True)
class Turn:
    """One turn of a conversation."""

    role: str  # "user" or "assistant"
    content: str


@dataclass(frozen=True, slots=True)
class FollowUps:
    """Makes follow-ups stand by themselves.

    Args:
        language: parses English.
        actors: knows which names are of the same kind.
    """

    language: Language
    actors: ActorBook

    def standalone(self, question: str, history: Sequence[Turn]) -> str:
        """The question with what it leaves to the turns before it; unchanged where it leaves nothing.

        Args:
            question: as it was typed.
            history: the turns before it, oldest first.
        """
        turns = [Turn(turn.role, " ".join(turn.content[:MAX_TURN_CHARS].split())) for turn in history]
        starts = [place for place, turn in enumerate(turns) if turn.role == "user" and turn.content]
        before: Doc | None = None
        reply = ""
        for place in starts[-MOST_TURNS:]:
            following = turns[place + 1] if place + 1 < len(turns) else None
            asked = self.language.parse(turns[place].content)
            former = asked.text if before is None else self._resolved(asked, before, reply)
            before = asked if former == asked.text else self.language.parse(former)
            reply = following.content if following is not None and following.role == "assistant" else ""
        text = " ".join(question.split())
        return text if before is None or not text else self._resolved(self.language.parse(text), before, reply)

    def _resolved(self, doc: Doc, before: Doc, reply: str) -> str:
        question = doc.text
        bare = _bare_question_word(doc)
        if bare is not None:
            return _asked_otherwise(before.text, bare)
        about = _ABOUT.match(question)
        added = self.language.parse(about["new"]) if about is not None else None
        if added is not None and not _is_clause(added):
            new = self._with_referents(added, before, reply)
            return f"What is {new}?" if POSITION_NOUN.search(new) else self._put_in(new, before)
        resolved = self._with_referents(doc, before, reply)
        if resolved == question and _is_fragment(doc):
            subject = _subject(before)
            known = subject is None or subject.text.lower() in question.lower()
            return question if known or subject is None else f"{question.rstrip('?!. ')}, {subject.text}?"
        return resolved

    # ------------------------------------------------------------------------------------------------ names

    def _put_in(self, new: str, before: Doc) -> str:
        """The former question with a new name in the place of the one of its kind."""
        named = self.actors.find(before.text, any_case=True)
        comes = self.actors.find(new, any_case=True)
        spans = [(start, end) for start, end, _ in named]
        if not (named and comes):
            wanted = {entity.label_ for entity in self.language.parse(new).ents}
            spans = [(e.start_char, e.end_char) for e in before.ents if e.label_ in wanted or not wanted]
        if not spans:
            subject = _subject(before)
            spans = [(subject.start_char, subject.end_char)] if subject is not None else []
        if not spans:
            return f"{before.text.rstrip('?!. ')}, {new}?"
        start, end = spans[0]
        return before.text[:start] + new + before.text[end:]

    # ------------------------------------------------------------------------------------------------ pronouns

    def _with_referents(self, doc: Doc, before: Doc, reply: str) -> str:
        """The text with its first pronoun that stands for something of the turn before replaced."""
        for token in doc:
            if not _refers(token):
                continue
            referent = self._referent(token, doc, before, reply)
            if referent is None:
                continue
            words = f"{referent}'s" if token.lower_ in _OWNING and token.dep_ == "poss" else referent
            return doc.text[: token.idx] + words + doc.text[token.idx + len(token.text) :]
        return doc.text

    def _referent(self, token: Token, doc: Doc, before: Doc, reply: str) -> str | None:
        if any(ent.end <= token.i for ent in doc.ents if ent.label_ in {"PERSON", "ORG", "GPE", "NORP", "PRODUCT"}):
            return None  # it has its own antecedent: "Did Russia keep its promise?"
        lower = token.lower_
        if lower in _HUMAN:
            people = [e.text for d in (before, self.language.parse(reply)) for e in d.ents if e.label_ == "PERSON"]
            named = [a.name for _, _, a in self.actors.find(before.text, any_case=True) if a.kind == "person"]
            return next(iter([*named, *people]), None)
        subject = _subject(before, plural=lower in _MANY, acting=token.dep_ in _ACTING)
        return None if subject is None else re.sub(r"['’]s$", "", subject.text)


def _bare_question_word(doc: Doc) -> str | None:
    """The question word of "Why?" and "When was that?", which have no content of their own."""
    match = _WH.match(doc.text)
    words = [token for token in doc if token.is_alpha]
    if match is None or len(words) > MOST_BARE_WORDS or match["wh"].lower() in {"what", "which"}:
        return None
    rest = [t for t in words if t.idx >= match.end()]
    content = [
        t for t in rest if t.pos_ in {"NOUN", "PROPN", "ADJ", "NUM"} or (t.pos_ == "VERB" and t.lemma_ != "happen")
    ]
    return None if content else match["wh"]


def _asked_otherwise(former: str, wh: str) -> str:
    """The former question with another question word."""
    match = _WH.match(former)
    if match is None:
        return f"{wh.capitalize()}: {former}"
    rest = former[match.end() :]
    if match["wh"].lower() in {"what", "which"}:  # "What security guarantees did X offer?"
        rest = re.sub(
            r"^.*?(?=\b(?:do|does|did|is|are|was|were|has|have|had|will|would|can|could|should)\b)", " ", rest, count=1
        )
    return f"{wh.capitalize()} {rest.strip()}"


def _is_clause(doc: Doc) -> bool:
    return any(token.pos_ in _NEW_VERB and token.tag_ not in {"VBG", "VBN"} for token in doc)


def _is_fragment(doc: Doc) -> bool:
    """Whether a question has no verb: "Regional differences?"."""
    words = [token for token in doc if token.is_alpha]
    return 0 < len(words) <= MOST_FRAGMENT_WORDS and not any(token.pos_ in _NEW_VERB for token in words)


def _refers(token: Token) -> bool:
    """Whether a pronoun can stand for something named before."""
    lower = token.lower_
    if lower in _HUMAN or lower in {"they", "them", "their", "theirs"}:
        return True
    if lower == "it":
        verb = token.head
        return not any(child.dep_ in {"acomp", "xcomp", "ccomp"} for child in verb.children) or token.dep_ != "nsubj"
    return (
        (lower in _ONE or lower in _MANY)
        and token.pos_ == "PRON"
        and token.dep_ not in {"mark", "det"}
        and (lower == "its" or token.tag_ in {"DT", "PRP"})
    )


def _subject(doc: Doc, *, plural: bool = False, acting: bool = False) -> Span | None:
    """What a question is about: its names before its other nouns, the last of each.

    Args:
        doc: the question.
        plural: prefer what there are several of, or a body of people.
        acting: prefer what acts there, as the pronoun for it does (Grosz et al. 1995, centering).
    """
    nouns = (_without_article(chunk) for chunk in doc.noun_chunks if chunk.root.pos_ in {"NOUN", "PROPN"})
    chunks = [chunk for chunk in nouns if chunk is not None and chunk.root.lemma_.lower() not in _EMPTY]
    if plural:
        several = [c for c in chunks if c.root.tag_ in {"NNS", "NNPS"} or c.root.ent_type_ in {"ORG", "GPE", "NORP"}]
        chunks = several or chunks
    named = [chunk for chunk in chunks if chunk.root.pos_ == "PROPN" or chunk.root.ent_type_]
    if acting:
        named = [chunk for chunk in named if chunk.root.dep_ in _ACTING] or named
    return next(iter(reversed(named or chunks)), None)


def _without_article(chunk: Span) -> Span | None:
    start = chunk.start
    while start < chunk.end and (
        chunk.doc[start].pos_ in {"DET", "PRON"} or chunk.doc[start].tag_ in {"WDT", "WP", "WRB"}
    ):
        start += 1
    return chunk.doc[start : chunk.end] if start < chunk.end else None
