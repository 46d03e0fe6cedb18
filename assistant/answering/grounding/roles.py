"""Who does what to whom: the same verb may not have another actor, nor the actors each other's parts."""

from __future__ import annotations

from collections.abc import Iterator

from assistant.answering.grounding.analysis import Analysis, Predicate
from assistant.answering.grounding.findings import Evidence, Finding
from assistant.answering.grounding.lexicon import Lexicon


def check_roles(draft: Analysis, evidence: Evidence, lexicon: Lexicon) -> Iterator[Finding]:
    """Actors that stand in the draft where the source has another one."""
    sources = [p for _, analysis in evidence.sentences for p in analysis.predicates]
    for predicate in draft.predicates:
        same = [
            p
            for p in sources
            if _named(p.subjects) and (p.verb == predicate.verb or lexicon.same(p.verb, predicate.verb))
        ]
        if not same or any(_fits(predicate, p) for p in same):
            continue
        finding = _swapped(predicate, same) or _replaced(predicate, same)
        if finding is not None:
            yield finding
            return


def _fits(draft: Predicate, source: Predicate) -> bool:
    """Whether the source can have meant this: a shared subject, or nobody named in the draft."""
    mine = _named(draft.subjects)
    return not mine or not mine.isdisjoint(source.subjects)


def _swapped(draft: Predicate, sources: list[Predicate]) -> Finding | None:
    mine, objects = _named(draft.subjects), _named(draft.objects)
    for source in sources:
        if mine & _named(source.objects) and objects & _named(source.subjects):
            one, other = _shown(mine & source.objects), _shown(objects & source.subjects)
            reason = f"In the source {other} is the one who does this (“{source.verb}”) to {one}."
            return Finding("roles", one, other, reason, True)
    return None


def _replaced(draft: Predicate, sources: list[Predicate]) -> Finding | None:
    mine = _named(draft.subjects)
    for source in sources:
        theirs = _named(source.subjects)
        if mine and theirs and mine.isdisjoint(theirs):
            shared = draft.objects & source.objects
            if shared or not draft.objects:
                one, other = _shown(mine), _shown(theirs)
                return Finding("roles", one, other, f"In the source it is {other}, not {one} (“{source.verb}”).", True)
    return None


def _named(keys: frozenset[str]) -> frozenset[str]:
    return frozenset(key for key in keys if ":" in key)


def _shown(keys: frozenset[str]) -> str:
    return ", ".join(sorted(key.partition(":")[2].replace("-", " ").title() for key in keys))
