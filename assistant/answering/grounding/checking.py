"""One sentence against what it may cite: the verdict, its reason, and the evidence that decides.

sentence → alignment → numbers, dates, names, negation, opposites, roles, certainty → score → verdict
"""

from __future__ import annotations

import math
import threading
from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from assistant.actors import ActorBook
from assistant.answering.grounding.alignment import Alignment, EvidencePool, Meanings, SourceSentence, align
from assistant.answering.grounding.analysis import Analysis, Analyst
from assistant.answering.grounding.claims import check_attribution
from assistant.answering.grounding.details import check_dates, check_names, check_numbers
from assistant.answering.grounding.findings import Context, Evidence, Finding
from assistant.answering.grounding.lexicon import Lexicon
from assistant.answering.grounding.moments import Moment, moments
from assistant.answering.grounding.near_copy import check_near_copies
from assistant.answering.grounding.numerals import numerals
from assistant.answering.grounding.polarity import (
    check_certainty,
    check_negation,
    check_opposites,
    check_stances,
    check_universals,
)
from assistant.answering.grounding.quotations import QuotationCheck, check_quotations, quotation_findings
from assistant.answering.grounding.roles import check_roles
from assistant.answering.said import Statements
from assistant.language import Language
from assistant.models import Passage, RetrievedPassage
from assistant.retrieval.words import stem_set, words_of

if TYPE_CHECKING:
    from spacy.tokens import Span

Verdict = Literal["supported", "contradicted", "not_in_corpus"]

KEPT_ANALYSES = 20_000  # of source sentences, by their text and date
KEPT_CONTEXTS = KEPT_PASSAGES = 4_000


class Entailment(Protocol):
    """A model of natural language inference."""

    def entails(self, pairs: Sequence[tuple[str, str]]) -> list[float]:
        """Probability that each (premise, hypothesis) holds."""
        ...


@dataclass(frozen=True, slots=True)
class Check:
    """What became of one sentence."""

    verdict: Verdict
    score: float  # how well the sources back it, 0 to 1
    evidence: tuple[SourceSentence, ...]  # best first; empty where nothing is near
    findings: tuple[Finding, ...]
    alignment: Alignment
    quotations: tuple[QuotationCheck, ...] = ()

    @property
    def reason(self) -> str:
        """Why, in one or two sentences."""
        if self.findings:
            return " ".join(finding.reason for finding in self.findings[:2])
        if self.verdict == "supported":
            return "The cited passage says so."
        return "Nothing in the corpus says this."


@dataclass(frozen=True, slots=True)
class _ReadPassage:
    """A passage's sentences (start, end, text, stems) and what its words mean."""

    sentences: tuple[tuple[int, int, str, frozenset[str]], ...]
    meanings: Meanings


class SentenceChecker:
    """Checks sentences; keeps what it has read of sources, so that each is taken apart once.

    Args:
        language: the parser.
        analyst: takes sentences apart.
        lexicon: which words mean the same or the opposite.
        entailment: has to agree, where one is configured.
    """

    def __init__(
        self, language: Language, analyst: Analyst, lexicon: Lexicon, entailment: Entailment | None = None
    ) -> None:
        self._entailment = entailment
        self._language = language
        self._analyst = analyst
        self._lexicon = lexicon
        self._analyses: OrderedDict[tuple[str, str | None], Analysis] = OrderedDict()
        self._contexts: OrderedDict[str, Context] = OrderedDict()
        self._passages: OrderedDict[tuple[str, int, str], _ReadPassage] = OrderedDict()
        self._lock = threading.Lock()

    def warm_up(self) -> None:
        """Open the lexicon now, so that the first sentence does not wait for it."""
        self._lexicon.senses("ready")

    @property
    def actors(self) -> ActorBook:
        """Whose names count as one."""
        return self._analyst.actors

    def pool(
        self,
        passages: Iterable[RetrievedPassage],
        statements: Statements,
        vectors: Mapping[str, NDArray[np.float32]] | None = None,
    ) -> EvidencePool:
        """What a sentence may be backed by.

        Args:
            passages: numbered from 1 in this order.
            statements: who says what in them, by (document id, version).
            vectors: by passage id, unit rows in the order of its sentences.
        """
        sentences: list[SourceSentence] = []
        meanings = []
        for number, retrieved in enumerate(passages, 1):
            read = self._read(retrieved.passage)
            meanings.append(read.meanings)
            rows = vectors.get(retrieved.passage.id) if vectors else None
            sentences += [
                SourceSentence(retrieved, start, end, text, stems, number, rows[row] if rows is not None else None)
                for row, (start, end, text, stems) in enumerate(read.sentences)
            ]
        return EvidencePool(sentences, meanings, self._lexicon, statements)

    def _read(self, passage: Passage) -> _ReadPassage:
        key = (passage.id, passage.start, passage.text)
        with self._lock:
            known = self._passages.get(key)
        if known is not None:
            return known
        sentences = []
        for start, end in passage.sentences:
            text = passage.text[start - passage.start : end - passage.start]
            sentences.append((start, end, text, stem_set(text)))
        read = _ReadPassage(tuple(sentences), Meanings(words_of(passage.text), self._lexicon))
        with self._lock:
            self._passages[key] = read
            while len(self._passages) > KEPT_PASSAGES:
                self._passages.popitem(last=False)
        return read

    def analyse(self, span: Span) -> Analysis:
        """A sentence of a draft, taken apart."""
        return self._analyst.analyse(span)

    def check(
        self,
        draft: Analysis,
        pool: EvidencePool,
        weights: Mapping[str, float],
        vector: NDArray[np.float32] | None = None,
    ) -> Check:
        """The verdict on one sentence.

        Args:
            draft: the sentence.
            pool: what it may be backed by.
            weights: information of each stem in the corpus.
            vector: its unit vector, where the pool has vectors.
        """
        alignment = align(draft, pool, weights, vector)
        if not alignment.sentences:
            return Check("not_in_corpus", 0.0, (), (), alignment)
        evidence = self._evidence(alignment)
        quotations = check_quotations(draft.text, [*alignment.sentences, *pool.sentences])
        findings = [
            *quotation_findings(quotations),
            *self._findings(draft, evidence),
        ]
        if alignment.best >= ALIGNED:
            findings += check_attribution(draft, evidence, pool.statements, self._analyst.actors)
        check = _judge(alignment, tuple(findings), quotations)
        return self._second_opinion(draft, check) if check.verdict == "supported" else check

    def _second_opinion(self, draft: Analysis, check: Check) -> Check:
        if self._entailment is None:
            return check
        premise = " ".join(sentence.text for sentence in check.evidence)
        (probability,) = self._entailment.entails([(premise, draft.text)])
        verdict: Verdict = "supported" if probability >= 0.5 else "not_in_corpus"
        return replace(check, verdict=verdict, score=min(check.score, probability))

    def _findings(self, draft: Analysis, evidence: Evidence) -> Iterable[Finding]:
        yield from check_numbers(draft, evidence)
        yield from check_dates(draft, evidence)
        yield from check_names(draft, evidence)
        yield from check_negation(draft, evidence, self._lexicon)
        yield from check_opposites(draft, evidence, self._lexicon)
        yield from check_stances(draft, evidence, self._lexicon)
        yield from check_near_copies(draft, evidence)
        yield from check_roles(draft, evidence, self._lexicon)
        yield from check_certainty(draft, evidence)
        yield from check_universals(draft, evidence)

    def _evidence(self, alignment: Alignment) -> Evidence:
        keys = [(s.text, s.retrieved.metadata.published_at) for s in alignment.sentences]
        with self._lock:
            known = {key: self._analyses[key] for key in keys if key in self._analyses}
        missing = [key for key in dict.fromkeys(keys) if key not in known]
        if missing:
            docs = self._language.parse_many(text.replace("\n", " ") for text, _ in missing)
            fresh = {key: self._analyst.analyse(doc[:], key[1]) for key, doc in zip(missing, docs, strict=True)}
            known |= fresh
            with self._lock:
                self._analyses.update(fresh)
                while len(self._analyses) > KEPT_ANALYSES:
                    self._analyses.popitem(last=False)
        passages = {s.retrieved.passage.id: s.retrieved for s in alignment.sentences}
        pairs = [(sentence, known[key]) for sentence, key in zip(alignment.sentences, keys, strict=True)]
        return Evidence(pairs, [self._context(retrieved) for retrieved in passages.values()])

    def _context(self, retrieved: RetrievedPassage) -> Context:
        passage, metadata = retrieved.passage, retrieved.metadata
        with self._lock:
            known = self._contexts.get(passage.id)
        if known is not None:
            return known
        around = " . ".join([metadata.title, *passage.headings, metadata.source or "", metadata.author or ""])
        text = f"{passage.text} . {around}"
        dates = moments(text, metadata.published_at)
        if metadata.published_at:
            dates = (*dates, *moments(metadata.published_at[:10]))
        context = Context(
            frozenset(words_of(text)),
            self._analyst.actors_in(text),
            numerals(text, ((moment.start, moment.end) for moment in _within(dates, text))),
            dates,
        )
        with self._lock:
            self._contexts[passage.id] = context
            while len(self._contexts) > KEPT_CONTEXTS:
                self._contexts.popitem(last=False)
        return context


def _within(dates: Iterable[Moment], text: str) -> list[Moment]:
    return [moment for moment in dates if text[moment.start : moment.end] == moment.shown]


# What counts for and against a sentence; the score is logistic in these, and 0.5 is where the verdict turns.
LEAST_COVERAGE = 0.35
ALIGNED = 0.5
LEAST_BEST = 0.15  # of which one sentence alone has to carry this share …
SHORT, SHORT_BEST = 4, 0.5  # … or this one of a draft with so few content words, which any four sentences would cover


def _judge(alignment: Alignment, findings: tuple[Finding, ...], quotations: tuple[QuotationCheck, ...]) -> Check:
    logit = 4 * (alignment.coverage - LEAST_COVERAGE) - 2.5 * len(findings) + (0.01 if not findings else 0)
    score = 1 / (1 + math.exp(-logit))
    evidence = alignment.sentences
    if alignment.coverage < LEAST_COVERAGE or alignment.best < (SHORT_BEST if alignment.words <= SHORT else LEAST_BEST):
        return Check("not_in_corpus", min(score, 0.49), (), findings, alignment, quotations)
    if findings:
        conflict = alignment.coverage >= ALIGNED and any(finding.conflict for finding in findings)
        return Check(
            "contradicted" if conflict else "not_in_corpus", min(score, 0.49), evidence, findings, alignment, quotations
        )
    return Check("supported", score, evidence, (), alignment, quotations)
