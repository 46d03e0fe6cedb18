"""Every call of the interface, once: ``Client`` and ``AsyncClient`` have each of them as a method."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, Literal, TypeVar, cast
from urllib.parse import quote

from assistant.client import types

T = TypeVar("T")
ANSWER_SECONDS = 600.0  # for what waits for a model, or until a document is searchable


@dataclass(frozen=True, slots=True)
class Call(Generic[T]):
    """A request, and the type of what it is answered with.

    Args:
        method: of HTTP.
        path: below the server's address.
        json: the body.
        params: of the address; those that are None are left out.
        headers: beside the key.
        seconds: until it is given up; None for the client's own.
        raw: whether the answer is bytes instead of JSON.
        files: uploaded, instead of a body of JSON.
        data: fields beside the files.
    """

    method: str
    path: str
    json: Any = None
    params: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    seconds: float | None = None
    raw: bool = False
    files: Mapping[str, tuple[str, bytes]] | None = None
    data: Mapping[str, str] | None = None

    def result(self, content: Any) -> T:
        """What was answered, as its type."""
        return cast(T, content)


def ask(
    question: str,
    *,
    history: Sequence[Mapping[str, str]] = (),
    conversation_id: str | None = None,
    filters: Mapping[str, Any] | None = None,
    as_of: str | None = None,
    answerer: Literal["extractive", "model"] | None = None,
    retrieve: int = 10,
) -> Call[types.Answer]:
    """Answer a question from the corpus, every sentence cited, or refuse (``status: not_in_corpus``)."""
    body = asked(question, history, conversation_id, filters, as_of, answerer, retrieve)
    return Call("POST", "/api/v1/ask", body, seconds=ANSWER_SECONDS)


def search(
    query: str, *, limit: int = 10, filters: Mapping[str, Any] | None = None, as_of: str | None = None
) -> Call[types.Found]:
    """The passages nearest to a query, best first."""
    return Call("POST", "/api/v1/search", {"query": query, "limit": limit, "filters": filters or {}, "as_of": as_of})


def documents(*, limit: int = 100, after: str | None = None, q: str | None = None) -> Call[types.Documents]:
    """A page of the documents in the order of their ids; ``next`` is what to send as ``after``."""
    return Call("GET", "/api/v1/documents", params={"limit": limit, "after": after, "q": q})


def document(document_id: str) -> Call[types.Document]:
    """A document with the metadata of its current version."""
    return Call("GET", _document(document_id))


def content(document_id: str, version: int | None = None) -> Call[types.Content]:
    """The text of a version; of the current one without a number."""
    return Call("GET", f"{_document(document_id)}/content", params={"version": version})


def versions(document_id: str) -> Call[types.Versions]:
    """A document's history, oldest first."""
    return Call("GET", f"{_document(document_id)}/versions")


def passages(document_id: str) -> Call[types.Passages]:
    """The passages of the current version, in reading order."""
    return Call("GET", f"{_document(document_id)}/passages")


def statements(document_id: str) -> Call[types.Statements]:
    """Who says what in the current version."""
    return Call("GET", f"{_document(document_id)}/statements")


def add_document(
    *,
    wait: bool = True,
    on_duplicate: Literal["skip", "replace", "error"] = "replace",
    idempotency_key: str | None = None,
    **fields: Any,
) -> Call[types.Job]:
    """Hand in a document: ``text`` or ``url``, with ``id``, ``title``, ``topics`` and the like."""
    params = {"wait": str(wait).lower(), "on_duplicate": on_duplicate}
    headers = _idempotent(idempotency_key)
    return Call("POST", "/api/v1/documents", fields, params, headers, ANSWER_SECONDS)


def upload(
    name: str,
    data: bytes,
    *,
    document_id: str | None = None,
    wait: bool = True,
    on_duplicate: Literal["skip", "replace", "error"] = "replace",
    idempotency_key: str | None = None,
    **fields: str,
) -> Call[types.Job]:
    """Hand in a file of any format that is read, with metadata beside it."""
    return Call(
        "POST",
        "/api/v1/documents",
        params={"wait": str(wait).lower(), "on_duplicate": on_duplicate},
        headers=_idempotent(idempotency_key),
        seconds=ANSWER_SECONDS,
        files={"file": (name, data)},
        data={**fields, **({} if document_id is None else {"id": document_id})},
    )


def put_document(
    document_id: str, *, if_match: str | None = None, idempotency_key: str | None = None, **fields: Any
) -> Call[types.Written]:
    """Make ``text`` the current version of a document; with ``if_match`` only where its ETag is still that."""
    headers = _conditional(if_match) | _idempotent(idempotency_key)
    return Call("PUT", _document(document_id), fields, headers=headers, seconds=ANSWER_SECONDS)


def patch_document(document_id: str, *, if_match: str | None = None, **fields: Any) -> Call[types.Written]:
    """Correct metadata, as a new version."""
    return Call("PATCH", _document(document_id), fields, headers=_conditional(if_match), seconds=ANSWER_SECONDS)


def withdraw_document(document_id: str, *, if_match: str | None = None) -> Call[types.Withdrawn]:
    """Withdraw a document: it is in no answer, search, list or count any more."""
    return Call("DELETE", _document(document_id), headers=_conditional(if_match))


def jobs(*, limit: int = 20, after: str | None = None) -> Call[types.Jobs]:
    """The latest jobs, newest first."""
    return Call("GET", "/api/v1/jobs", params={"limit": limit, "after": after})


def job(job_id: str) -> Call[types.Job]:
    """How far a job is."""
    return Call("GET", f"/api/v1/jobs/{_part(job_id)}")


def cancel_job(job_id: str) -> Call[types.Job]:
    """Stop a job after the item it is at."""
    return Call("DELETE", f"/api/v1/jobs/{_part(job_id)}")


def positions(
    *,
    actor: str | None = None,
    stance: str | None = None,
    about: str | None = None,
    as_of: str | None = None,
    limit: int = 100,
) -> Call[types.Positions]:
    """Who holds which position, said by whom and when."""
    params = {"actor": actor, "stance": stance, "about": about, "as_of": as_of, "limit": limit}
    return Call("GET", "/api/v1/positions", params=params, seconds=ANSWER_SECONDS)


def timeline(
    *,
    about: str | None = None,
    actor: str | None = None,
    first: str | None = None,
    last: str | None = None,
    as_of: str | None = None,
    limit: int = 100,
) -> Call[types.Timeline]:
    """Dated sentences of the corpus in the order of their dates."""
    params = {"about": about, "actor": actor, "from": first, "to": last, "as_of": as_of, "limit": limit}
    return Call("GET", "/api/v1/timeline", params=params, seconds=ANSWER_SECONDS)


def verify(text: str, *, document_ids: Sequence[str] = (), as_of: str | None = None) -> Call[types.Verification]:
    """Check a draft sentence by sentence: supported, contradicted or not in the corpus."""
    body = {"text": text, "document_ids": list(document_ids), "as_of": as_of}
    return Call("POST", "/api/v1/verify", body, seconds=ANSWER_SECONDS)


def brief(
    topic: str,
    *,
    as_of: str | None = None,
    since: str | None = None,
    filters: Mapping[str, Any] | None = None,
    answerer: Literal["extractive", "model"] | None = None,
) -> Call[types.Brief]:
    """A brief on a topic, every line cited."""
    body = {"topic": topic, "as_of": as_of, "since": since, "filters": filters or {}, "answerer": answerer}
    return Call("POST", "/api/v1/briefs", body, seconds=ANSWER_SECONDS)


def brief_file(brief_id: str, kind: Literal["json", "md", "docx", "pdf"]) -> Call[bytes]:
    """A brief that was written, as a file."""
    return Call("GET", f"/api/v1/briefs/{_part(brief_id)}.{kind}", seconds=ANSWER_SECONDS, raw=True)


def conversations(*, limit: int = 50, after: str | None = None, q: str | None = None) -> Call[types.Conversations]:
    """The reader's kept conversations, the one that was last added to first."""
    return Call("GET", "/api/v1/conversations", params={"limit": limit, "after": after, "q": q})


def conversation(conversation_id: str) -> Call[types.WholeConversation]:
    """A conversation with its messages."""
    return Call("GET", f"/api/v1/conversations/{_part(conversation_id)}")


def rename_conversation(conversation_id: str, title: str) -> Call[types.Conversation]:
    """Give a conversation another title."""
    return Call("PATCH", f"/api/v1/conversations/{_part(conversation_id)}", {"title": title})


def delete_conversation(conversation_id: str) -> Call[None]:
    """Delete a conversation for good."""
    return Call("DELETE", f"/api/v1/conversations/{_part(conversation_id)}")


def rate(message_id: str, rating: Literal["up", "down"], reason: str | None = None) -> Call[types.Rated]:
    """Say whether an answer was right."""
    return Call("POST", f"/api/v1/messages/{_part(message_id)}/feedback", {"rating": rating, "reason": reason})


def asked(
    question: str,
    history: Sequence[Mapping[str, str]],
    conversation_id: str | None,
    filters: Mapping[str, Any] | None,
    as_of: str | None,
    answerer: str | None,
    retrieve: int,
) -> dict[str, Any]:
    """The body of a question."""
    return {
        "question": question,
        "history": [dict(turn) for turn in history],
        "conversation_id": conversation_id,
        "filters": dict(filters or {}),
        "as_of": as_of,
        "answerer": answerer,
        "retrieve": retrieve,
    }


def _document(document_id: str) -> str:
    return f"/api/v1/documents/{_part(document_id)}"


def _part(value: str) -> str:
    """Any text as one part of a path; one of dots alone would be taken for a folder."""
    return quote(value, safe="").replace(".", "%2E") if set(value) == {"."} else quote(value, safe="")


def _conditional(if_match: str | None) -> dict[str, str]:
    return {} if if_match is None else {"If-Match": if_match}


def _idempotent(key: str | None) -> dict[str, str]:
    return {} if key is None else {"Idempotency-Key": key}
