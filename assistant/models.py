"""The domain words as frozen dataclasses: what every module passes to the next.

Offsets are always code points into a version's text, half open, so ``text[start:end]`` is the thing itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Literal

BlockKind = Literal["heading", "paragraph", "list_item", "table_row", "quote", "code"]
DocumentState = Literal["active", "withdrawn"]
VersionState = Literal["staged", "current", "superseded", "withdrawn"]
OnDuplicate = Literal["skip", "replace", "error"]
Verification = Literal["verified", "repaired", "unverified"]
Modality = Literal["stated", "expected", "conditional", "negated", "asked"]


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph, heading, list item or table row of a version's text.

    Passages never cross a heading and sentences never cross a block.
    """

    start: int
    end: int
    kind: BlockKind = "paragraph"
    level: int = 0  # heading depth, 1 is the outermost; 0 for everything else
    page: int | None = None  # 1-based page of the original, where it has pages


@dataclass(frozen=True, slots=True)
class Metadata:
    """What a document says about itself. Unknown stays ``None``: nothing is guessed, least of all a date."""

    title: str = ""
    source: str | None = None  # the publisher: "ABC News"
    source_type: str | None = None  # the kind: news, statement, treaty, background, …
    author: str | None = None
    url: str | None = None
    language: str | None = None  # BCP 47
    published_at: str | None = None  # ISO 8601 date or date-time, as precise as the document is
    topics: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LoadedDocument:
    """What a loader makes of a file, before it becomes a version of a document."""

    text: str
    blocks: tuple[Block, ...]
    metadata: Metadata
    id: str | None = None  # where the document names itself
    media_type: str = "text/plain"
    notes: tuple[str, ...] = ()  # what the curator should know: "page 3 has no text"


@dataclass(frozen=True, slots=True)
class Submission:
    """One thing handed in.

    ``name`` is the file's name, the address of a URL, or a label for messages; it is never opened as a path.
    """

    kind: Literal["file", "record", "url"]
    name: str
    data: bytes | None = None  # a file's bytes, or a record as JSON
    media_type: str | None = None
    document_id: str | None = None  # as the curator wants it
    overrides: Mapping[str, Any] | None = None  # metadata that the curator states; it wins over the file's own


@dataclass(frozen=True, slots=True)
class Document:
    """A stable id and the version that is current; ``current_version`` is None once withdrawn."""

    id: str
    state: DocumentState
    current_version: int | None
    origin: str  # how it came in: "api", "add", "sync:<folder>"
    path: str | None  # the file within a synced folder
    created_at: str
    updated_at: str


@dataclass(frozen=True, slots=True)
class Version:
    """Immutable text and metadata of a document at one point of its history."""

    document_id: str
    number: int
    state: VersionState
    text: str
    blocks: tuple[Block, ...]
    metadata: Metadata
    content_sha256: str
    media_type: str
    created_at: str  # when it was ingested; never shown as a publication date
    created_by: str
    statement_rules: str | None = None  # the fingerprint of what its statements were found by

    @property
    def tag(self) -> str:
        """What names this version of this document and no other: its number and the beginning of its digest."""
        return f"{self.number}-{self.content_sha256[:12]}"


@dataclass(frozen=True, slots=True)
class Expected:
    """What a write takes for granted about the document; the write fails where it is otherwise.

    Args:
        tags: the current version has one of these tags; None is any, as long as there is one.
        absent: there is no current version.
    """

    tags: frozenset[str] | None = None
    absent: bool = False

    def met_by(self, current: Version | None) -> bool:
        """Whether it is so."""
        if self.absent or current is None:
            return self.absent and current is None
        return self.tags is None or current.tag in self.tags


@dataclass(frozen=True, slots=True)
class Passage:
    """A run of whole sentences of one version that fits the encoder."""

    id: str
    document_id: str
    version: int
    ordinal: int
    start: int
    end: int
    text: str
    headings: tuple[str, ...]  # outermost first; context for the encoder, not part of the text
    sentences: tuple[tuple[int, int], ...]  # spans in the version's text
    page: int | None = None


@dataclass(frozen=True, slots=True)
class Statement:
    """Who says what: one position, claim or quotation found in a version's text."""

    speaker: str | None  # the words or name of who says it; None when the text leaves it open
    speaker_start: int | None
    speaker_end: int | None
    cue: str  # the words that introduce it: "said", "ruled out", "according to"
    start: int  # span of what is said
    end: int
    holder: str | None  # the actor whose position it is, as actors.yaml names it or as the text does
    stance: str | None  # a key of stances.yaml
    target: str | None  # what the position is about, in the text's words
    modality: Modality
    quoted: bool
    date: str | None  # ISO date on which it was said, where the text tells
    speaker_actor: str | None = None  # the speaker's side, as actors.yaml names it


@dataclass(frozen=True, slots=True)
class Filters:
    """Which part of the corpus a question may use; an empty tuple allows everything."""

    document_ids: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    source_types: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()
    published_from: str | None = None
    published_to: str | None = None
    as_of: str | None = None  # leave out everything published later


@dataclass(frozen=True, slots=True)
class RetrievedPassage:
    """A passage as retrieval ranked it, with the metadata of its version."""

    passage: Passage
    metadata: Metadata
    score: float  # fused, 0 to 1
    dense: float  # cosine similarity of question and passage, -1 to 1
    lexical: float  # bm25 normalised to the best hit of this question, 0 to 1
    origin_group: str = ""  # the same for near-duplicate documents, such as copies of one wire report


class AnswerStatus(StrEnum):
    """The outcomes a question can have; each is data, none is an exception."""

    ANSWERED = "answered"
    PARTIAL = "partial"
    CONFLICTING = "conflicting"
    NOT_IN_CORPUS = "not_in_corpus"
    CLARIFICATION = "clarification"


@dataclass(frozen=True, slots=True)
class Citation:
    """A numbered, verbatim piece of one version: ``quote == text[start:end]``."""

    number: int
    document_id: str
    version: int
    passage_id: str
    metadata: Metadata
    quote: str
    prefix: str  # up to 32 characters before and after, as in the W3C TextQuoteSelector
    suffix: str
    start: int
    end: int
    verification: Verification = "verified"


@dataclass(frozen=True, slots=True)
class AnswerSentence:
    """One sentence of an answer; it always has at least one citation."""

    text: str
    citations: tuple[int, ...]
    quote: bool = True  # the source's own words
    speaker: str | None = None
    actor: str | None = None
    stance: str | None = None
    modality: Modality | None = None
    answer: tuple[int, int] | None = None  # the words of ``text`` that answer, where the reader is sure of them


@dataclass(frozen=True, slots=True)
class QuestionReading:
    """What the assistant took the question to ask; shown with every answer."""

    asked: str
    searched: str
    actor: str | None = None
    stance: str | None = None
    as_of: str | None = None
    prompt: str | None = None  # with which a model made it stand by itself


@dataclass(frozen=True, slots=True)
class Choice:
    """One way to read a question that has several: what is meant, and the question that asks just that."""

    name: str
    question: str
    document_ids: tuple[str, ...]  # where it was found


@dataclass(frozen=True, slots=True)
class Answer:
    """A finished answer or refusal, as every surface shows it."""

    status: AnswerStatus
    sentences: tuple[AnswerSentence, ...]
    citations: tuple[Citation, ...]
    passages: tuple[RetrievedPassage, ...]
    question: QuestionReading
    newest_source: str | None = None  # the latest publication date among the documents that could be used
    message: str = ""  # the words of a refusal; empty when there are sentences
    conflicts: tuple[tuple[int, int], ...] = ()  # pairs of places in ``sentences`` that contradict each other
    answerer: str = "extractive"
    model: str | None = None
    prompt: str | None = None
    withheld: int = 0  # sentences that the model wrote and no source backs
    notice: str = ""  # what the reader should know: a part is not answered, a premise is wrong, the model failed
    support: float = 0.0  # probability that the corpus answers, by which it was decided
    choices: tuple[Choice, ...] = ()  # what the question may mean, where it has to be asked more clearly
    timings_ms: Mapping[str, float] = field(default_factory=dict)

    @property
    def text(self) -> str:
        """The answer with its ``[n]`` markers, or the words of the refusal."""
        if not self.sentences:
            return self.message
        return " ".join(s.text + "".join(f"[{n}]" for n in s.citations) for s in self.sentences)
