"""The shapes on the wire. Requests forbid unknown fields and do not coerce types, so that a mistake is told."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from assistant.dates import iso_date
from assistant.models import (
    Answer,
    AnswerSentence,
    Citation,
    Filters,
    Modality,
    RetrievedPassage,
    Verification,
)

IsoDate = Annotated[str, AfterValidator(iso_date), Field(examples=["2025-12-15"], max_length=32)]
Names = Annotated[list[Annotated[str, Field(min_length=1, max_length=500)]], Field(max_length=1_000)]


class Request(BaseModel):
    """Base of every request body."""

    model_config = ConfigDict(extra="forbid", strict=True)


class FiltersIn(Request):
    """Which part of the corpus may be used; what is left out allows everything."""

    document_ids: Names = []
    sources: Names = []
    source_types: Names = []
    topics: Names = []
    published_from: IsoDate | None = None
    published_to: IsoDate | None = None

    def domain(self, as_of: str | None) -> Filters:
        """As the inside knows it."""
        return Filters(
            tuple(self.document_ids),
            tuple(self.sources),
            tuple(self.source_types),
            tuple(self.topics),
            self.published_from,
            self.published_to,
            as_of,
        )


class Turn(Request):
    """An earlier turn of the conversation."""

    role: Literal["user", "assistant"]
    content: str = Field(max_length=100_000)


class AskIn(Request):
    """A question."""

    question: str = Field(examples=["What does Russia reject?"])
    history: list[Turn] = Field(default=[], max_length=200)
    conversation_id: str | None = Field(
        default=None,
        max_length=100,
        description='A conversation to go on with, or "new" to begin one; without it nothing is kept.',
    )
    filters: FiltersIn = FiltersIn()
    as_of: IsoDate | None = None
    answerer: Literal["extractive", "model"] | None = None
    retrieve: int = Field(default=10, ge=1, le=100)
    stream: bool = False


class SearchIn(Request):
    """A search for passages, without an answer."""

    query: str = Field(examples=["ceasefire monitoring"])
    limit: int = Field(default=10, ge=1, le=100)
    filters: FiltersIn = FiltersIn()
    as_of: IsoDate | None = None


class SpanOut(BaseModel):
    """The words that answer: ``text`` is the sentence's ``text[start:end]``, in code points."""

    start: int
    end: int
    text: str


class SentenceOut(BaseModel):
    """One sentence of an answer; ``answer`` marks the words that answer, where the reader is sure of them."""

    text: str
    citations: list[int]
    quote: bool
    speaker: str | None
    actor: str | None
    stance: str | None
    modality: Modality | None
    answer: SpanOut | None

    @classmethod
    def of(cls, sentence: AnswerSentence) -> SentenceOut:
        """From the domain."""
        answer = None
        if sentence.answer is not None:
            start, end = sentence.answer
            answer = SpanOut(start=start, end=end, text=sentence.text[start:end])
        return cls(
            text=sentence.text,
            citations=list(sentence.citations),
            quote=sentence.quote,
            speaker=sentence.speaker,
            actor=sentence.actor,
            stance=sentence.stance,
            modality=sentence.modality,
            answer=answer,
        )


class CitationOut(BaseModel):
    """A citation: ``quote`` is ``text[start:end]`` of the cited version, in code points."""

    number: int
    document_id: str
    version: int
    passage_id: str
    title: str
    url: str | None
    source: str | None
    source_type: str | None
    published_at: str | None
    quote: str
    prefix: str
    suffix: str
    start: int
    end: int
    verification: Verification

    @classmethod
    def of(cls, citation: Citation) -> CitationOut:
        """From the domain."""
        metadata = citation.metadata
        return cls(
            number=citation.number,
            document_id=citation.document_id,
            version=citation.version,
            passage_id=citation.passage_id,
            title=metadata.title,
            url=metadata.url,
            source=metadata.source,
            source_type=metadata.source_type,
            published_at=metadata.published_at,
            quote=citation.quote,
            prefix=citation.prefix,
            suffix=citation.suffix,
            start=citation.start,
            end=citation.end,
            verification=citation.verification,
        )


class PassageOut(BaseModel):
    """A ranked passage."""

    document_id: str
    passage_id: str
    version: int
    title: str
    headings: list[str]
    text: str
    start: int
    end: int
    page: int | None
    score: float
    published_at: str | None
    source: str | None

    @classmethod
    def of(cls, item: RetrievedPassage) -> PassageOut:
        """From the domain."""
        passage = item.passage
        return cls(
            document_id=passage.document_id,
            passage_id=passage.id,
            version=passage.version,
            title=item.metadata.title,
            headings=list(passage.headings),
            text=passage.text,
            start=passage.start,
            end=passage.end,
            page=passage.page,
            score=item.score,
            published_at=item.metadata.published_at,
            source=item.metadata.source,
        )


class QuestionOut(BaseModel):
    """What the question was taken to ask."""

    asked: str
    searched: str
    actor: str | None
    stance: str | None
    as_of: str | None
    prompt: str | None = Field(
        description="The prompt with which a model made a follow-up stand by itself; null where no model did."
    )


class ChoiceOut(BaseModel):
    """One way to read a question that has several, and the documents that have it."""

    name: str
    question: str
    document_ids: list[str]


class AnswerOut(BaseModel):
    """An answer or a refusal."""

    status: Literal["answered", "partial", "conflicting", "not_in_corpus", "clarification"]
    answer: str
    sentences: list[SentenceOut]
    citations: list[CitationOut]
    passages: list[PassageOut]
    conflicts: list[tuple[int, int]] = Field(
        description="Pairs of places in `sentences` that contradict each other; not empty where status is conflicting."
    )
    question: QuestionOut
    answerer: str
    model: str | None
    prompt: str | None
    withheld: int = Field(description="Sentences that a model wrote and no source backs; none of them is shown.")
    withdrawn: int = Field(
        default=0, description="Sentences that a kept answer no longer shows, since what they cite has been withdrawn."
    )
    notice: str | None = Field(
        description="What the reader should know: a part that is not answered, a wrong premise, a model that failed."
    )
    choices: list[ChoiceOut] = Field(
        description="What the question may mean, each as a question to ask; not empty where status is clarification."
    )
    newest_source: str | None
    conversation_id: str | None = Field(description="Where the answer is kept; null where it is not.")
    message_id: str | None
    timings_ms: dict[str, float]

    @classmethod
    def of(cls, answer: Answer, *, conversation_id: str | None = None, message_id: str | None = None) -> AnswerOut:
        """From the domain."""
        asked = answer.question
        return cls(
            status=answer.status.value,
            answer=answer.text,
            sentences=[SentenceOut.of(sentence) for sentence in answer.sentences],
            citations=[CitationOut.of(citation) for citation in answer.citations],
            passages=[PassageOut.of(item) for item in answer.passages],
            conflicts=list(answer.conflicts),
            question=QuestionOut(
                asked=asked.asked,
                searched=asked.searched,
                actor=asked.actor,
                stance=asked.stance,
                as_of=asked.as_of,
                prompt=asked.prompt,
            ),
            answerer=answer.answerer,
            model=answer.model,
            prompt=answer.prompt,
            withheld=answer.withheld,
            notice=answer.notice or None,
            choices=[
                ChoiceOut(name=choice.name, question=choice.question, document_ids=list(choice.document_ids))
                for choice in answer.choices
            ],
            newest_source=answer.newest_source,
            conversation_id=conversation_id,
            message_id=message_id,
            timings_ms=dict(answer.timings_ms),
        )


class SearchOut(BaseModel):
    """Ranked passages, best first."""

    passages: list[PassageOut]


class Problem(BaseModel):
    """An RFC 9457 problem."""

    type: str
    title: str
    status: int
    detail: str
    hint: str | None = None
    instance: str | None = None
    request_id: str | None = Field(default=None, description="By which the server's log can be searched.")
    errors: list[dict[str, str]] | None = None
    error: dict[str, str | None] | None = Field(default=None, description="The same as OpenAI's clients read it.")
