"""Chat completions as OpenAI's clients know them, answered from the corpus: any such client can ask it.

    messages → the last user message is the question, the turns before it are its history → answer → completion

Citations are ``message.annotations`` of type ``url_citation``, whose span is the marker in the text.
"""

from __future__ import annotations

import json
import threading
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, StreamingResponse
from fastapi.sse import format_sse_event
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from assistant.answering.chat_model import Cancelled
from assistant.asking import AskRequest
from assistant.errors import InvalidQuestion, NotFound
from assistant.models import Answer
from assistant.retrieval.follow_up import Turn
from assistant.server.dependencies import ServicesDep
from assistant.server.leaving import CLIENT_LEFT, while_connected
from assistant.server.links import Links, LinksDep
from assistant.server.openai_schemas import (
    Annotation,
    AssistantMessage,
    Choice,
    CompletionIn,
    CompletionOut,
    Message,
    ModelList,
    ModelOut,
    UrlCitation,
    Usage,
)
from assistant.server.problems import RESPONSES
from assistant.server.telling import EVENT_STREAM, EVENTS, STREAM_HEADERS
from assistant.services import Services

router = APIRouter(prefix="/v1", tags=["openai"], responses=RESPONSES)

MODEL = "briefing-assistant"
DONE = "[DONE]"


@dataclass(frozen=True, slots=True)
class Piece:
    """A sentence as the message shows it, with the citations of its markers."""

    text: str
    annotations: tuple[Annotation, ...]


@router.get("/models", operation_id="list_models")
def list_models() -> ModelList:
    """What can be asked."""
    return ModelList(data=[_model(MODEL)])


@router.get("/models/{model}", operation_id="get_model")
def get_model(model: str) -> ModelOut:
    """One of what can be asked."""
    return _model(model)


@router.post(
    "/chat/completions",
    operation_id="create_chat_completion",
    response_model=CompletionOut,
    responses={200: {"content": EVENTS}},
)
async def create_chat_completion(http: Request, body: CompletionIn, services: ServicesDep, links: LinksDep) -> Response:
    """Answer the last user message from the corpus, or refuse in words; the turns before it are its history.

    With ``stream: true`` the answer comes as chunks, a sentence each; the last one before the end carries the
    annotations, and ``data: [DONE]`` closes the stream.
    """
    model = _model(body.model).id
    request, cancelled = _asked(body.messages), threading.Event()
    try:
        answer = await while_connected(http, cancelled, lambda: services.asker.ask(request, cancelled))
    except Cancelled:
        return Response(status_code=CLIENT_LEFT)
    pieces = compose(answer, links)
    head = {"id": f"chatcmpl-{uuid.uuid4().hex}", "created": int(time.time()), "model": model}
    usage = await run_in_threadpool(_usage, services, body.messages, pieces)
    if body.stream:
        with_usage = body.stream_options is not None and bool(body.stream_options.include_usage)
        chunks = _chunks(head, pieces, usage if with_usage else None)
        return StreamingResponse(chunks, media_type=EVENT_STREAM, headers=STREAM_HEADERS)
    message = AssistantMessage(
        content="".join(piece.text for piece in pieces), annotations=[a for piece in pieces for a in piece.annotations]
    )
    whole = CompletionOut(**head, choices=[Choice(message=message)], usage=usage)  # type: ignore[arg-type]
    return JSONResponse(whole.model_dump())


def compose(answer: Answer, links: Links) -> list[Piece]:
    """The answer's text in pieces that follow each other, with annotations that count from its beginning.

    Args:
        answer: an answer or a refusal; a refusal is one piece without annotations.
        links: where citations can be opened.
    """
    if not answer.sentences:
        return [Piece(answer.message, ())]
    cited = {citation.number: citation for citation in answer.citations}
    pieces: list[Piece] = []
    place = 0
    for sentence in answer.sentences:
        text = f" {sentence.text}" if pieces else sentence.text
        annotations = []
        for number in sentence.citations:
            marker, citation = f"[{number}]", cited[number]
            start = place + len(text)
            text += marker
            target = UrlCitation(
                start_index=start,
                end_index=start + len(marker),
                title=citation.metadata.title or citation.document_id,
                url=links.citation(citation),
            )
            annotations.append(Annotation(url_citation=target))
        place += len(text)
        pieces.append(Piece(text, tuple(annotations)))
    return pieces


def _asked(messages: list[Message]) -> AskRequest:
    last = next((place for place in range(len(messages) - 1, -1, -1) if messages[place].role == "user"), None)
    if last is None:
        raise InvalidQuestion("No message has the role `user`.", "The last user message is the question.")
    former = tuple(
        Turn(message.role, message.text)
        for message in messages[:last]
        if message.role in {"user", "assistant"} and message.text
    )
    return AskRequest(messages[last].text, history=former)


def _model(name: str) -> ModelOut:
    if name != MODEL:
        raise NotFound(f"There is no model {name!r}.", f"Ask {MODEL!r}.")
    return ModelOut(id=MODEL, created=0, owned_by=MODEL)


def _usage(services: Services, messages: list[Message], pieces: list[Piece]) -> Usage:
    asked = sum(services.encoder.count_tokens([message.text for message in messages]))
    answered = sum(services.encoder.count_tokens([piece.text for piece in pieces]))
    return Usage(prompt_tokens=asked, completion_tokens=answered, total_tokens=asked + answered)


def _chunks(head: dict[str, Any], pieces: list[Piece], usage: Usage | None) -> Iterator[bytes]:
    def chunk(choices: list[dict[str, Any]], **fields: Any) -> bytes:
        body = {**head, "object": "chat.completion.chunk", "choices": choices, **fields}
        return format_sse_event(data_str=json.dumps(body, ensure_ascii=False))

    def delta(content: dict[str, Any], finish_reason: str | None = None) -> bytes:
        return chunk([{"index": 0, "delta": content, "logprobs": None, "finish_reason": finish_reason}])

    yield delta({"role": "assistant", "content": ""})
    for piece in pieces:
        yield delta({"content": piece.text})
    annotations = [annotation.model_dump() for piece in pieces for annotation in piece.annotations]
    if annotations:
        yield delta({"annotations": annotations})
    yield delta({}, "stop")
    if usage is not None:
        yield chunk([], usage=usage.model_dump())
    yield format_sse_event(data_str=DONE)
