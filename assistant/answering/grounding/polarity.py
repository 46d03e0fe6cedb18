"""Negation, opposites and certainty: what a sentence affirms its source may not deny."""

from __future__ import annotations

import re
from collections.abc import Iterator

from assistant.answering.grounding.analysis import LIGHT, Analysis, Predicate, Word
from assistant.answering.grounding.findings import Evidence, Finding
from assistant.answering.grounding.lexicon import Lexicon

_HEDGE = re.compile(
    r"\b(?:(?-i:may)|might|could|can|will|would|shall|should|perhaps|possibly|probably|likely|reportedly|allegedly|apparently|expected"
    r"|expects?|proposed|proposes|plans?|planned|considering|considers?|potential|possible|if|unless|hopes?|intends?"
    r"|aims?|seeks?|wants?|demands?|asked|urged|called for|suggest\w*|believes?|thinks?|appears?|seems?)\b",
    re.IGNORECASE,
)
SHORT = 6  # stems of a draft that may have one word of its own and still says what its source says

_PREDICATES = frozenset({"VERB", "ADJ", "NOUN", "AUX"})
_DENIALS = frozenset("deny reject refuse decline fail lack absence prevent avoid dismiss unable without never".split())
_UNIVERSAL = re.compile(
    r"\b(?:all(?!-| the same)|every|always|entire(?:ly)?|none|never|nobody|completely|only)\b", re.IGNORECASE
)


def check_negation(draft: Analysis, evidence: Evidence, lexicon: Lexicon) -> Iterator[Finding]:
    """What is denied on one side only."""
    sources = [word for _, analysis in evidence.sentences for word in analysis.words if word.pos in _PREDICATES]
    for word in draft.words:
        if word.pos not in _PREDICATES or word.lemma in LIGHT:
            continue
        same = [other for other in sources if _same(word, other, lexicon)]
        if word.negated and not any(other.negated for other in same):
            if not same and _denied_otherwise(word, evidence, lexicon):
                continue
            yield Finding("negation", f"not {word.text}", None, f"The source does not deny “{word.text}”.", bool(same))
            return
    yield from _affirmed(draft, evidence, lexicon)


def _affirmed(draft: Analysis, evidence: Evidence, lexicon: Lexicon) -> Iterator[Finding]:
    """What the draft affirms of the same subject or object and the source denies."""
    sources = [p for _, analysis in evidence.sentences for p in analysis.predicates]
    for predicate in draft.predicates:
        if predicate.negated or predicate.verb in LIGHT or _denies(draft):
            continue
        same = [
            p
            for p in sources
            if (p.verb == predicate.verb or lexicon.same(p.verb, predicate.verb))
            and (predicate.subjects & p.subjects or predicate.objects & p.objects)
        ]
        if same and all(p.negated for p in same):
            yield Finding(
                "negation", predicate.verb, f"not {predicate.verb}", f"The source denies “{predicate.verb}”.", True
            )
            return


def check_opposites(draft: Analysis, evidence: Evidence, lexicon: Lexicon) -> Iterator[Finding]:
    """Words of which the evidence has the opposite and not the word itself."""
    analyses = [analysis for _, analysis in evidence.sentences]
    stems = frozenset().union(*(analysis.stems for analysis in analyses))
    lemmas = {word.lemma: word for analysis in analyses for word in analysis.words}
    surface = {word.text.lower(): word for analysis in analyses for word in analysis.words}
    own = {word.lemma for word in draft.words} | {word.text.lower() for word in draft.words}
    for word in draft.words:
        if word.stem in stems or word.name:
            continue
        if any(word.lemma in lexicon.opposites(other) and lexicon.same(word.lemma, other) for other in lemmas):
            continue
        for opposite in lexicon.opposites(word.lemma) | lexicon.opposites(word.text.lower()):
            other = lemmas.get(opposite) or surface.get(opposite)
            if other is None or opposite in own or other.negated != word.negated:
                continue
            if any(lexicon.same(word.lemma, lemma) for lemma in lemmas if lemma != opposite):
                continue  # another word of the source means the same
            reason = f"The source says “{other.text}”, the opposite of “{word.text}”."
            yield Finding("opposite", word.text, other.text, reason, True)
            break


def check_stances(draft: Analysis, evidence: Evidence, lexicon: Lexicon) -> Iterator[Finding]:
    """What the source has the same subject do the opposite of, and nowhere the same."""
    sources = [p for _, analysis in evidence.sentences for p in analysis.predicates]
    for predicate in draft.predicates:
        subjects = frozenset(key for key in predicate.subjects if ":" in key)
        theirs = [p for p in sources if subjects & p.subjects]
        if not theirs or predicate.verb in LIGHT or any(_agrees(predicate, p, lexicon) for p in theirs):
            continue
        for other in theirs:
            reverse = other.verb in lexicon.opposites(predicate.verb)
            if reverse and other.negated == predicate.negated:
                reason = f"The source says “{other.verb}”, the opposite of “{predicate.verb}”."
                yield Finding("opposite", predicate.verb, other.verb, reason, True)
                return


def _agrees(draft: Predicate, source: Predicate, lexicon: Lexicon) -> bool:
    same = draft.verb == source.verb or lexicon.same(draft.verb, source.verb)
    return same and draft.negated == source.negated


def check_certainty(draft: Analysis, evidence: Evidence) -> Iterator[Finding]:
    """What the source holds possible, planned or asked for may not become a fact."""
    if not evidence.sentences or _HEDGE.search(draft.text):
        return
    _, best = evidence.sentences[0]
    hedge = _HEDGE.search(best.text)
    if hedge is None or len(draft.stems - best.stems) > (1 if len(draft.stems) <= SHORT else 0):
        return
    reason = f"The source says “{hedge.group()}”; the sentence states it as a fact."
    yield Finding("certainty", draft.text, hedge.group(), reason, True)


def check_universals(draft: Analysis, evidence: Evidence) -> Iterator[Finding]:
    """Words such as "all" and "only" need a source that goes as far."""
    for match in _UNIVERSAL.finditer(draft.text):
        if match.group().lower() in {"never", "none", "nobody"}:
            continue  # negations are compared as such
        word = match.group().lower()
        if any(
            re.search(rf"\b(?:{word}|each|every|all|sole|entire|whole)", a.text, re.I) for _, a in evidence.sentences
        ):
            continue
        yield Finding("certainty", match.group(), None, f"The source does not say “{match.group()}”.")
        return


def _same(word: Word, other: Word, lexicon: Lexicon) -> bool:
    return word.stem == other.stem or (word.pos == other.pos and lexicon.same(word.lemma, other.lemma))


def _denies(draft: Analysis) -> bool:
    return any(word.lemma in _DENIALS for word in draft.words)


def _denied_otherwise(word: Word, evidence: Evidence, lexicon: Lexicon) -> bool:
    """Whether the evidence says by an opposite, or by a verb of denial, what the draft says with a negation."""
    opposites = lexicon.opposites(word.lemma)
    for _, analysis in evidence.sentences:
        for other in analysis.words:
            if other.lemma in opposites or other.lemma in _DENIALS or other.negated:
                return True
    return False
