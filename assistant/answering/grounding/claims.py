"""Attribution: what a source reports as somebody's claim may not become a plain fact."""

from __future__ import annotations

import re
from collections.abc import Iterator

from assistant.actors import ActorBook
from assistant.answering.grounding.analysis import Analysis
from assistant.answering.grounding.findings import Evidence, Finding
from assistant.answering.said import Statements, said_between
from assistant.curation.statements.lexicon import VERBS
from assistant.models import Statement
from assistant.names import fold
from assistant.retrieval.words import stem_set

MOST_OF_IT = 0.6  # share of the draft's words that the claim has to hold

_ATTRIBUTED = re.compile(
    r"\b(?:according to|in (?:the )?words of|reportedly|allegedly|in (?:his|her|their|its) view)\b", re.IGNORECASE
)

_NOBODY = frozenset("i we you he she it they who the a an this that these those our my his her their".split())


def check_attribution(
    draft: Analysis, evidence: Evidence, statements: Statements, actors: ActorBook
) -> Iterator[Finding]:
    """A claim of the best source sentence that the draft states without saying whose it is."""
    if not evidence.sentences or _attributes(draft):
        return
    source, _ = evidence.sentences[0]
    for statement in said_between(statements, source.retrieved.passage, source.start, source.end):
        if not _is_named(statement) or _names_holder(draft, statement, actors):
            continue
        start, end = max(statement.start, source.start), min(statement.end, source.end)
        content = source.text[start - source.start : end - source.start]
        outside = source.text[: start - source.start] + source.text[end - source.start :]
        shared = draft.stems & stem_set(content)
        told = draft.stems & (stem_set(content) | stem_set(outside))
        if told and len(shared) >= MOST_OF_IT * len(told):
            reason = f"The source gives this as what {statement.speaker} {statement.cue}, not as a fact."
            yield Finding("attribution", draft.text, statement.speaker, reason, True)
            return


def _is_named(statement: Statement) -> bool:
    """Whether somebody with a name says it; "we" and "the report" are the source itself."""
    if statement.speaker is None or statement.modality == "asked":
        return False
    words = re.findall(r"\w+", statement.speaker)
    capitals = [word for word in words if word[:1].isupper() and word.lower() not in _NOBODY]
    return statement.speaker_actor is not None or bool(capitals and words[-1][:1].isupper())


def _attributes(draft: Analysis) -> bool:
    if _ATTRIBUTED.search(draft.text) or any(mark in draft.text for mark in '“”"'):
        return True
    return any(word.pos == "VERB" and word.lemma in VERBS for word in draft.words)


def _names_holder(draft: Analysis, statement: Statement, actors: ActorBook) -> bool:
    """Whether the draft names who says it, or whose position it is."""
    words = {fold(word) for word in re.findall(r"\w+", draft.text)}
    named = {name.actor for name in draft.names if name.actor}
    for who in (statement.speaker, statement.holder, statement.speaker_actor):
        if who is None:
            continue
        if not words.isdisjoint(fold(word) for word in re.findall(r"\w{3,}", who) if word[:1].isupper()):
            return True
        actor = actors.named(who) or actors.resolve(who)
        if actor is not None and (actor.id in named or actors.side_of(actor).id in named):
            return True
    return False
