"""A draft over HTTP: each of its sentences supported, contradicted or not in the corpus."""

from __future__ import annotations

from typing import Literal

from fastapi import APIRouter
from pydantic import BaseModel, Field

from assistant.server.dependencies import ServicesDep
from assistant.server.problems import RESPONSES
from assistant.server.schemas import CitationOut, FiltersIn, IsoDate, Names, Request
from assistant.verifying import Verification, VerifyRequest

router = APIRouter(prefix="/api/v1", tags=["verify"], responses=RESPONSES)


class VerifyIn(Request):
    """A draft to check."""

    text: str = Field(examples=["The Budapest Memorandum was signed in 1994."])
    document_ids: Names = Field(default=[])
    filters: FiltersIn = FiltersIn()
    as_of: IsoDate | None = None


class CheckedSentenceOut(BaseModel):
    """A sentence of the draft; ``citations`` back it, or are what it contradicts."""

    text: str
    verdict: Literal["supported", "contradicted", "not_in_corpus"]
    score: float
    citations: list[int]
    reason: str


class VerificationOut(BaseModel):
    """A draft, checked."""

    sentences: list[CheckedSentenceOut]
    citations: list[CitationOut]

    @classmethod
    def of(cls, verification: Verification) -> VerificationOut:
        """From the domain."""
        return cls(
            sentences=[
                CheckedSentenceOut(
                    text=s.text, verdict=s.verdict, score=s.score, citations=list(s.citations), reason=s.reason
                )
                for s in verification.sentences
            ],
            citations=[CitationOut.of(citation) for citation in verification.citations],
        )


@router.post("/verify", operation_id="verify")
def verify(body: VerifyIn, services: ServicesDep) -> VerificationOut:
    """Check a draft against the corpus, sentence by sentence.

    A contradicted sentence cites the passage that says otherwise, and ``reason`` says what differs.
    """
    filters = body.filters
    if body.document_ids:
        filters = filters.model_copy(update={"document_ids": [*filters.document_ids, *body.document_ids]})
    return VerificationOut.of(services.verifier.verify(VerifyRequest(body.text, filters.domain(body.as_of))))
