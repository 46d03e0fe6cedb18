"""A draft's way to its verdicts: each sentence supported, contradicted or not in the corpus.

    text → sentences → passages → check → citations → Verification

Everything is read in one snapshot, so that no two sentences are judged by two states of the corpus, and what has been
withdrawn backs nothing.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection

from assistant.answering.citations import CitationList, Source
from assistant.answering.evidence import QuestionTerms
from assistant.answering.grounding.alignment import EvidencePool
from assistant.answering.grounding.analysis import Analysis
from assistant.answering.grounding.checking import Check, SentenceChecker, Verdict
from assistant.curation.loaders import blocks_of_text, clean_text
from assistant.curation.sentences import mend
from assistant.engines import Engine, Engines
from assistant.errors import InvalidInput, TooLarge
from assistant.index import lexical
from assistant.index.catalog import (
    count_matching,
    live_passages,
    matching_seqs,
    sentence_vectors,
)
from assistant.index.counts import count_live_passages
from assistant.index.database import Database
from assistant.index.embedding import EncoderInput
from assistant.index.statement_queries import statements_within
from assistant.language import MAX_PARSE_CHARS, Language
from assistant.models import Block, Citation, Filters, RetrievedPassage, Statement

if TYPE_CHECKING:
    from spacy.tokens import Doc, Span

FEW_PASSAGES = 60  # a filter that leaves no more is compared with whole, without a search
SEARCHED_PASSAGES = 8  # that a sentence is compared with
_MARKER = re.compile(r"\s?\[\d{1,3}\]")


@dataclass(frozen=True, slots=True)
class VerifyRequest:
    """A draft and what may back it."""

    text: str
    filters: Filters = field(default_factory=Filters)
    blocks: tuple[Block, ...] | None = None  # where a loader has found them; headings are left out


@dataclass(frozen=True, slots=True)
class CheckedSentence:
    """One sentence of a draft and its verdict."""

    text: str
    verdict: Verdict
    score: float
    citations: tuple[int, ...]  # what backs it, or what it contradicts
    reason: str


@dataclass(frozen=True, slots=True)
class Verification:
    """A draft, checked."""

    sentences: tuple[CheckedSentence, ...]
    citations: tuple[Citation, ...]


@dataclass(frozen=True, slots=True)
class Verifier:
    """Checks drafts against the corpus.

    Args:
        database: the catalog.
        engines: encode sentences and rank passages.
        language: the parser.
        checker: decides on one sentence.
        max_chars: longest draft accepted.
    """

    database: Database
    engines: Engines
    language: Language
    checker: SentenceChecker
    max_chars: int

    def verify(self, request: VerifyRequest) -> Verification:
        """Every sentence of the draft with its verdict.

        Raises:
            InvalidInput: there is no sentence in it.
            TooLarge: it is longer than allowed.
            Unavailable: the model or the storage fails.
        """
        drafts = self._sentences(request)
        with self.database.read() as connection:
            checks = self._checks(connection, drafts, request.filters)
        return _cited(drafts, checks)

    def _sentences(self, request: VerifyRequest) -> list[Analysis]:
        if len(request.text) > self.max_chars:
            raise TooLarge(
                f"The draft has {len(request.text):,} characters; at most {self.max_chars:,} are checked.",
                "Check it in parts.",
            )
        text, blocks = request.text, request.blocks
        if blocks is None:
            text = clean_text(request.text)
            blocks = blocks_of_text(text)
        pieces = [
            _MARKER.sub("", text[b.start : b.end].replace("\n", " "))
            for b in blocks
            if b.kind not in {"heading", "code"} and b.end - b.start <= MAX_PARSE_CHARS
        ]
        drafts = [self.checker.analyse(span) for doc in self.language.parse_many(pieces) for span in sentences_of(doc)]
        if not drafts:
            raise InvalidInput("The draft has no sentence to check.", "Send prose, in sentences.")
        return drafts

    def _checks(self, connection: Connection, drafts: Sequence[Analysis], filters: Filters) -> list[Check]:
        engine = self.engines.of(connection)
        passages = count_live_passages(connection)
        stems = sorted(frozenset().union(*(draft.stems for draft in drafts)))
        frequencies = lexical.document_frequencies(connection, stems)
        shared = self._shared_pool(connection, filters)
        vectors = None if shared is not None else self._encoded(engine, drafts)
        checks = []
        for row, draft in enumerate(drafts):
            weights = QuestionTerms.of(draft.text, frequencies, passages).weights
            vector = None if vectors is None else vectors[row]
            pool = shared or self._searched_pool(connection, engine, draft.text, vector, filters)
            checks.append(self.checker.check(draft, pool, weights, vector))
        return checks

    def _encoded(self, engine: Engine, drafts: Sequence[Analysis]) -> list[NDArray[np.float32]]:
        inputs = [EncoderInput("", draft.text, ()) for draft in drafts]
        return [vector for vector, _ in engine.encoder.encode_passages(inputs)]

    def _shared_pool(self, connection: Connection, filters: Filters) -> EvidencePool | None:
        """Everything that may be cited, where it is little enough to compare each sentence with all of it."""
        if count_matching(connection, filters, FEW_PASSAGES + 1) > FEW_PASSAGES:
            return None
        stored = live_passages(connection, matching_seqs(connection, filters), filters)
        passages = [place.unranked() for place in stored.values()]
        return self.checker.pool(passages, _statements(connection, passages))

    def _searched_pool(
        self,
        connection: Connection,
        engine: Engine,
        text: str,
        vector: NDArray[np.float32] | None,
        filters: Filters,
    ) -> EvidencePool:
        if vector is None:
            vector = engine.encoder.encode_question(text)
        words = lexical.content_words(text)
        hits = engine.retriever.retrieve(connection, vector, words, filters, SEARCHED_PASSAGES)
        rows = sentence_vectors(connection, engine.generation, [hit.seq for hit in hits])
        passages = [hit.retrieved for hit in hits]
        vectors = {hit.passage.id: rows[hit.seq] for hit in hits if hit.seq in rows}
        return self.checker.pool(passages, _statements(connection, passages), vectors)


def _statements(connection: Connection, passages: Sequence[RetrievedPassage]) -> dict[tuple[str, int], list[Statement]]:
    return statements_within(connection, {(r.passage.document_id, r.passage.version) for r in passages})


def sentences_of(parsed: Doc) -> list[Span]:
    """The sentences of a parsed text, mended where the parse breaks one in two."""
    spans = mend(parsed.text, [(sentence.start_char, sentence.end_char) for sentence in parsed.sents])
    found = [parsed.char_span(start, end, alignment_mode="expand") for start, end in spans]
    return [span for span in found if span is not None]


def _cited(drafts: Sequence[Analysis], checks: Sequence[Check]) -> Verification:
    citations = CitationList()
    sentences = []
    for draft, check in zip(drafts, checks, strict=True):
        used = check.evidence if check.verdict != "not_in_corpus" else ()
        numbers = [citations.cite(Source(s.retrieved, s.start, s.end)) for s in used]
        sentences.append(
            CheckedSentence(draft.text, check.verdict, round(check.score, 4), tuple(numbers), check.reason)
        )
    return Verification(tuple(sentences), citations.all())
