"""What the server answers, as types: each has the fields of the schema at ``/openapi.json``."""

from __future__ import annotations

from typing import Any, Literal, TypedDict


class Answer(TypedDict):
    """An answer or a refusal."""

    status: Literal["answered", "partial", "conflicting", "not_in_corpus", "clarification"]
    answer: str
    sentences: list[Sentence]
    citations: list[Citation]
    passages: list[Passage]
    conflicts: list[list[int]]
    question: Question
    answerer: str
    model: str | None
    prompt: str | None
    withheld: int
    withdrawn: int
    notice: str | None
    choices: list[Choice]
    newest_source: str | None
    conversation_id: str | None
    message_id: str | None
    timings_ms: dict[str, float]


class Sentence(TypedDict):
    """One sentence of an answer; ``answer`` marks the words that answer, where the reader is sure of them."""

    text: str
    citations: list[int]
    quote: bool
    speaker: str | None
    actor: str | None
    stance: str | None
    modality: Literal["stated", "expected", "conditional", "negated", "asked"] | None
    answer: Span | None


class Citation(TypedDict):
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
    verification: Literal["verified", "repaired", "unverified"]


class Passage(TypedDict):
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


class Question(TypedDict):
    """What the question was taken to ask."""

    asked: str
    searched: str
    actor: str | None
    stance: str | None
    as_of: str | None
    prompt: str | None


class Choice(TypedDict):
    """One way to read a question that has several, and the documents that have it."""

    name: str
    question: str
    document_ids: list[str]


class Span(TypedDict):
    """The words that answer: ``text`` is the sentence's ``text[start:end]``, in code points."""

    start: int
    end: int
    text: str


class Found(TypedDict):
    """Ranked passages, best first."""

    passages: list[Passage]


class Document(TypedDict):
    """A document with the metadata of its current version."""

    id: str
    version: int
    title: str
    source: str | None
    source_type: str | None
    author: str | None
    url: str | None
    language: str | None
    published_at: str | None
    topics: list[str]
    media_type: str
    origin: str
    passages: int
    characters: int
    created_at: str
    updated_at: str


class Documents(TypedDict):
    """A page of documents; ``next`` is the cursor of the page after, or null."""

    documents: list[Document]
    next: str | None


class Content(TypedDict):
    """The text of one version; the offsets of citations count its code points."""

    document_id: str
    version: int
    state: Literal["current", "superseded", "withdrawn"]
    title: str
    published_at: str | None
    content: str


class Version(TypedDict):
    """One version in a document's history."""

    version: int
    state: Literal["current", "superseded", "withdrawn"]
    title: str
    published_at: str | None
    content_sha256: str
    created_at: str
    created_by: str


class Versions(TypedDict):
    """A document's history, oldest first."""

    versions: list[Version]
    next: str | None


class StoredPassage(TypedDict):
    """A passage of the current version, in reading order."""

    passage_id: str
    ordinal: int
    start: int
    end: int
    page: int | None
    headings: list[str]
    text: str


class Passages(TypedDict):
    """The passages of the current version."""

    version: int
    passages: list[StoredPassage]
    next: str | None


class Statement(TypedDict):
    """Who says what: ``start`` and ``end`` span what is said, in the version's text."""

    speaker: str | None
    speaker_start: int | None
    speaker_end: int | None
    speaker_actor: str | None
    cue: str
    start: int
    end: int
    holder: str | None
    stance: str | None
    target: str | None
    modality: Literal["stated", "expected", "conditional", "negated", "asked"]
    quoted: bool
    date: str | None
    mark: Literal["correct", "incorrect"] | None


class Statements(TypedDict):
    """The statements of the current version."""

    version: int
    statements: list[Statement]
    next: str | None


class Job(TypedDict):
    """A job and how far it is; errors and results hold the first hundred."""

    id: str
    kind: str
    state: Literal["queued", "running", "done", "failed", "cancelled"]
    created_at: str
    started_at: str | None
    finished_at: str | None
    error: str | None
    total: int
    done: int
    failed: int
    counts: dict[str, int]
    rate: float | None
    seconds_left: float | None
    errors: list[JobError]
    results: list[JobResult]


class JobError(TypedDict):
    """An item that could not be used, and why."""

    name: str
    error: str


class JobResult(TypedDict):
    """What became of one item."""

    name: str
    document_id: str
    version: int
    outcome: Literal["added", "updated", "unchanged", "skipped"]
    passages: int


class Jobs(TypedDict):
    """The latest jobs, newest first."""

    jobs: list[Job]
    next: str | None


class Written(TypedDict):
    """A document after a write."""

    id: str
    version: int
    outcome: Literal["added", "updated", "unchanged", "skipped"]
    passages: int


class Withdrawn(TypedDict):
    """A withdrawn document; ``passages_left`` is counted after the commit."""

    id: str
    state: Literal["withdrawn"]
    passages_removed: int
    passages_left: int


class Position(TypedDict):
    """One position: ``speaker`` says that ``holder`` has the ``stance`` towards ``target``."""

    holder: str
    stance: str
    target: str | None
    speaker: str | None
    speaker_actor: str | None
    modality: Literal["stated", "expected", "conditional", "negated", "asked"]
    stated_at: str | None
    dated_by: Literal["text", "report"] | None
    superseded_by: Later | None
    quote: str
    citation: Citation
    also: list[Citation]
    origins: int


class Later(TypedDict):
    """The statement that came after: what is held since ``stated_at``."""

    document_id: str
    version: int
    passage_id: str
    start: int
    end: int
    stance: str
    negated: bool
    stated_at: str


class Positions(TypedDict):
    """Who holds what, the most relevant and most recent first."""

    positions: list[Position]


class TimelineEvent(TypedDict):
    """A dated sentence: ``date`` is the first day of the year, month or day that ``precision`` says it names."""

    date: str
    precision: Literal["year", "month", "day"]
    text: str
    citation: Citation
    also: list[Citation]
    origins: int


class Timeline(TypedDict):
    """What happened when, earliest first."""

    events: list[TimelineEvent]


class Verification(TypedDict):
    """A draft, checked."""

    sentences: list[CheckedSentence]
    citations: list[Citation]


class CheckedSentence(TypedDict):
    """A sentence of the draft; ``citations`` back it, or are what it contradicts."""

    text: str
    verdict: Literal["supported", "contradicted", "not_in_corpus"]
    score: float
    citations: list[int]
    reason: str


class Brief(TypedDict):
    """A brief. ``corpus_state`` grows with every write, so equal states mean an unchanged corpus."""

    id: str
    title: str
    topic: str
    as_of: str | None
    since: str | None
    corpus_state: int
    newest_source: str | None
    sections: list[BriefSection]
    citations: list[Citation]
    answerer: Literal["extractive", "model"]
    model: str | None
    prompt: str | None
    withheld: int
    notice: str | None


class BriefSection(TypedDict):
    """A heading and its lines."""

    heading: str
    items: list[BriefItem]


class BriefItem(TypedDict):
    """One line, the citations that it rests on, and the group of lines that it belongs to."""

    text: str
    citations: list[int]
    group: str | None


class Conversation(TypedDict):
    """A conversation; ``messages`` counts questions and answers."""

    id: str
    title: str
    created_at: str
    updated_at: str
    messages: int


class Conversations(TypedDict):
    """A page of conversations, the latest first; ``next`` is ``after`` of the page that follows."""

    conversations: list[Conversation]
    next: str | None


class WholeConversation(TypedDict):
    """A conversation with its messages in their order."""

    id: str
    title: str
    created_at: str
    updated_at: str
    messages: list[Message]


class Message(TypedDict):
    """A question or an answer. ``answer`` is the answer as it was given, less what has been withdrawn since."""

    id: str
    role: Literal["user", "assistant"]
    content: str
    created_at: str
    answer: Answer | None
    feedback: Feedback | None


class Feedback(TypedDict):
    """What the reader thought of an answer."""

    rating: Literal["up", "down"]
    reason: str | None
    created_at: str


class Rated(TypedDict):
    """Feedback, and the answer that it is about."""

    rating: Literal["up", "down"]
    reason: str | None
    created_at: str
    message_id: str


# The name of each in the schema.
SCHEMA: dict[str, type[Any]] = {
    "AnswerOut": Answer,
    "SentenceOut": Sentence,
    "CitationOut": Citation,
    "PassageOut": Passage,
    "QuestionOut": Question,
    "ChoiceOut": Choice,
    "SpanOut": Span,
    "SearchOut": Found,
    "DocumentOut": Document,
    "DocumentList": Documents,
    "ContentOut": Content,
    "VersionOut": Version,
    "VersionList": Versions,
    "StoredPassageOut": StoredPassage,
    "PassageList": Passages,
    "StatementOut": Statement,
    "StatementList": Statements,
    "JobOut": Job,
    "JobErrorOut": JobError,
    "JobResultOut": JobResult,
    "JobList": Jobs,
    "WrittenOut": Written,
    "WithdrawnOut": Withdrawn,
    "PositionOut": Position,
    "LaterOut": Later,
    "PositionList": Positions,
    "EventOut": TimelineEvent,
    "EventList": Timeline,
    "VerificationOut": Verification,
    "CheckedSentenceOut": CheckedSentence,
    "BriefOut": Brief,
    "BriefSectionOut": BriefSection,
    "BriefItemOut": BriefItem,
    "ConversationOut": Conversation,
    "ConversationList": Conversations,
    "WholeConversation": WholeConversation,
    "MessageOut": Message,
    "FeedbackOut": Feedback,
    "RatedOut": Rated,
}
