"""Data sets on disk: which kind a folder holds, and its rows as typed values.

    gold.jsonl                        questions about positions, with the positions expected (``PositionSet``)
    corpus.jsonl, attributions.jsonl  who says what, as spans of articles (``AttributionSet``)
    corpus.jsonl, claims.jsonl        claims with their evidence, supported or not (``ClaimSet``)
    corpus.jsonl, queries*.jsonl      questions with answers and evidence, or none (``QuestionSet``)

``docs/quality.md`` describes the fields.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from assistant.errors import AssistantError, InvalidInput, NotFound
from assistant.retrieval.follow_up import Turn

GOLD, CORPUS, ATTRIBUTIONS, ACTORS = "gold.jsonl", "corpus.jsonl", "attributions.jsonl", "actors.yaml"
CLAIMS = "claims.jsonl"
QUERIES = "queries*.jsonl"

Span = tuple[int, int]
Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class ExpectedPosition:
    """A position that an answer must show; a field that is None is not judged.

    Several values are alternatives. The speaker None stands for narration: the text names nobody, or only the holder.
    """

    phrases: tuple[str, ...]  # words of which one must stand in the answering sentence
    holders: tuple[str, ...] | None = None
    stances: tuple[str, ...] | None = None
    speakers: tuple[str | None, ...] | None = None
    modalities: tuple[str, ...] | None = None
    date: str | None = None


@dataclass(frozen=True, slots=True)
class ClaimAbout:
    """What somebody else (``by``) says of an actor: never to be shown as the actor's own statement."""

    actor: str
    phrase: str
    by: str | None = None


@dataclass(frozen=True, slots=True)
class GoldQuestion:
    """A question about positions, and what a right answer shows; nothing is expected where it must refuse."""

    id: str
    question: str
    documents: frozenset[str]  # where the positions stand; empty where it is not judged
    shape: str
    expected: tuple[ExpectedPosition, ...]
    claims: tuple[ClaimAbout, ...]
    must_refuse: bool
    as_of: str | None = None


@dataclass(frozen=True, slots=True)
class PositionSet:
    """Questions about positions, the folders of documents beside them, and their actors."""

    name: str
    questions: tuple[GoldQuestion, ...]
    folders: tuple[Path, ...]
    actors: Path | None


@dataclass(frozen=True, slots=True)
class GoldAttribution:
    """One attribution as a person marked it; spans are characters of the article's text in ``corpus.jsonl``."""

    id: str
    document_id: str
    source: tuple[Span, ...]
    cue: str
    content: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class AttributionSet:
    """Articles and who says what in them."""

    name: str
    corpus: Path
    texts: Mapping[str, str]
    attributions: Mapping[str, tuple[GoldAttribution, ...]]  # by document id


@dataclass(frozen=True, slots=True)
class Query:
    """A question with its evidence; ``answerable`` is None where refusals are not judged."""

    id: str
    text: str
    answers: tuple[str, ...]
    answerable: bool | None
    evidence: tuple[str, ...]  # document ids
    kind: str
    pool: tuple[str, ...]  # documents that may be used; empty for all
    history: tuple[Turn, ...] = ()  # the turns before it, oldest first
    asked_on: str | None = None  # ISO day; nothing later may be used
    facts: tuple[str, ...] = ()  # the sentences that are the evidence


@dataclass(frozen=True, slots=True)
class QuestionSet:
    """A corpus and questions about it."""

    name: str
    corpus: Path
    queries: tuple[Query, ...]


@dataclass(frozen=True, slots=True)
class Claim:
    """A claim, and whether its evidence supports it."""

    id: str
    text: str
    evidence: tuple[str, ...]  # document ids; empty for the whole corpus
    supported: bool


@dataclass(frozen=True, slots=True)
class ClaimSet:
    """A corpus and claims about it."""

    name: str
    corpus: Path
    claims: tuple[Claim, ...]


Dataset = PositionSet | AttributionSet | ClaimSet | QuestionSet


def read_dataset(folder: Path) -> Dataset:
    """The data set in a folder.

    Raises:
        NotFound: no such folder.
        InvalidInput: it holds none of the known kinds, or a row cannot be used; file and line are named.
    """
    if not folder.is_dir():
        raise NotFound(f"There is no folder {folder}.", "Give a folder with a data set.")
    name = folder.resolve().name
    if (folder / GOLD).is_file():
        return _positions(folder, name)
    if (folder / CORPUS).is_file() and (folder / ATTRIBUTIONS).is_file():
        return _attributions(folder, name)
    if (folder / CORPUS).is_file() and (folder / CLAIMS).is_file():
        return ClaimSet(name, folder / CORPUS, tuple(_rows(folder / CLAIMS, _claim)))
    files = sorted(folder.glob(QUERIES))
    if (folder / CORPUS).is_file() and files:
        queries = tuple(query for file in files for query in _rows(file, _query))
        return QuestionSet(name, folder / CORPUS, queries)
    raise InvalidInput(
        f"{folder} holds no data set.", f"It needs {GOLD}, or {CORPUS} with {ATTRIBUTIONS}, {CLAIMS} or {QUERIES}."
    )


def _positions(folder: Path, name: str) -> PositionSet:
    questions = tuple(_rows(folder / GOLD, _gold_question))
    actors = folder / ACTORS
    folders = tuple(sorted(path for path in folder.iterdir() if path.is_dir() and not path.name.startswith((".", "_"))))
    return PositionSet(name, questions, folders, actors if actors.is_file() else None)


def _attributions(folder: Path, name: str) -> AttributionSet:
    texts = dict(_rows(folder / CORPUS, lambda row: (str(row["doc_id"]), str(row["text"]))))
    found: dict[str, list[GoldAttribution]] = {document_id: [] for document_id in texts}
    for attribution in _rows(folder / ATTRIBUTIONS, _attribution):
        if attribution is not None and attribution.document_id in found:
            found[attribution.document_id].append(attribution)
    return AttributionSet(name, folder / CORPUS, texts, {key: tuple(rows) for key, rows in found.items()})


def _rows(file: Path, make: Callable[[dict[str, Any]], Row]) -> Iterator[Row]:
    with file.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            try:
                row = json.loads(line)
                if not isinstance(row, dict):
                    raise TypeError("not a JSON object")
                yield make(row)
            except AssistantError:
                raise
            except (KeyError, TypeError, ValueError) as error:
                reason = f"{error} is missing" if isinstance(error, KeyError) else str(error)
                raise InvalidInput(
                    f"{file}, line {number}: {reason}.", "The fields are described in docs/quality.md."
                ) from error


def _gold_question(row: dict[str, Any]) -> GoldQuestion:
    must_refuse = bool(row.get("must_refuse", False))
    expected = tuple(_expected(item) for item in row.get("expected", ()))
    if must_refuse == bool(expected):
        raise ValueError("give either expected positions or must_refuse")
    return GoldQuestion(
        str(row.get("id") or row["question"]),
        str(row["question"]),
        frozenset(row.get("documents", ())),
        str(row.get("shape") or ("refusal" if must_refuse else "question")),
        expected,
        tuple(ClaimAbout(item["actor"], item["phrase"], item.get("by")) for item in row.get("forbidden", ())),
        must_refuse,
        row.get("as_of"),
    )


def _expected(item: Any) -> ExpectedPosition:
    if isinstance(item, str):
        return ExpectedPosition((item,))
    phrases = _alternatives(item, "phrase")
    if not phrases:
        raise KeyError("phrase")
    return ExpectedPosition(
        tuple(str(phrase) for phrase in phrases),
        _alternatives(item, "holder"),
        _alternatives(item, "stance"),
        _alternatives(item, "speaker"),
        _alternatives(item, "modality"),
        item.get("date"),
    )


def _alternatives(item: Mapping[str, Any], name: str) -> Any:
    if name not in item:
        return None
    value = item[name]
    return tuple(value) if isinstance(value, list) else (value,)


def _attribution(row: dict[str, Any]) -> GoldAttribution | None:
    """The attribution; None for a second opinion on an article, and for rows without content."""
    if not row.get("primary", True) or not row["content_spans"]:
        return None
    return GoldAttribution(
        str(row["attribution_id"]),
        str(row["doc_id"]),
        _spans(row["source_spans"]),
        str(row.get("cue") or ""),
        _spans(row["content_spans"]),
    )


def _claim(row: dict[str, Any]) -> Claim:
    if row["binary"] not in (0, 1):
        raise ValueError("binary is neither 0 nor 1")
    evidence = tuple(str(document_id) for document_id in row.get("evidence_doc_ids") or ())
    return Claim(str(row["claim_id"]), str(row["claim"]), evidence, bool(row["binary"]))


def _spans(value: Any) -> tuple[Span, ...]:
    return tuple((int(start), int(end)) for start, end in value)


def _query(row: dict[str, Any]) -> Query:
    answerable = row.get("answerable")
    return Query(
        str(row["query_id"]),
        str(row["text"]),
        tuple(str(answer) for answer in row.get("answers") or ()),
        None if answerable is None else bool(answerable),
        tuple(str(document_id) for document_id in row.get("evidence_doc_ids") or ()),
        str(row.get("type") or "question"),
        tuple(str(document_id) for document_id in row.get("pool") or ()),
        tuple(Turn(str(turn["role"]), str(turn["content"])) for turn in row.get("history") or ()),
        str(row["date"]) if row.get("date") else None,
        tuple(str(fact) for part in row.get("evidence") or () for fact in part.get("facts") or ()),
    )
