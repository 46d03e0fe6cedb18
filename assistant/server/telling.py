"""An answer as server-sent events, as it comes about."""

from __future__ import annotations

import itertools
import json
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from typing import Any

from fastapi.responses import StreamingResponse
from fastapi.sse import format_sse_event
from starlette.requests import Request

from assistant.answering.chat_model import Cancelled
from assistant.asking import Asker, Found, Ready
from assistant.errors import AssistantError
from assistant.server.desk import Desk
from assistant.server.leaving import in_thread, streamed
from assistant.server.schemas import AnswerOut

EVENT_STREAM = "text/event-stream"
# How the schema tells of an event: ``data`` is JSON, or the mark of the end.
EVENTS: dict[str, Any] = {
    EVENT_STREAM: {
        "schema": {
            "type": "object",
            "properties": {"event": {"type": "string"}, "id": {"type": "string"}, "data": {"type": "string"}},
            "required": ["data"],
        }
    }
}
STREAM_HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}


class EventStream(StreamingResponse):
    """Server-sent events."""

    media_type = EVENT_STREAM


Step = Found | Ready | AnswerOut
Tell = Callable[[Step], Iterable[bytes]]
TellFailure = Callable[[AssistantError], bytes]


def event(name: str, data: Any) -> bytes:
    """One server-sent event with JSON."""
    return format_sse_event(event=name, data_str=json.dumps(data, ensure_ascii=False))


async def telling(request: Request, desk: Desk, asker: Asker, tell: Tell, failed: TellFailure) -> StreamingResponse:
    """The events of one answer; closing the connection stops the model.

    Args:
        request: whose connection is watched.
        desk: takes the question.
        asker: answers it.
        tell: the events of each step.
        failed: the event of a failure after the first step.

    Raises:
        AssistantError: the question cannot be answered; nothing has been sent yet.
        Cancelled: nobody waits any more.
    """
    steps = desk.events(asker)
    first = await in_thread(request, lambda: next(steps))
    events = _events(request, desk, itertools.chain([first], steps), tell, failed)
    return StreamingResponse(events, media_type=EVENT_STREAM, headers=STREAM_HEADERS)


async def _events(
    request: Request, desk: Desk, steps: Iterator[Step], tell: Tell, failed: TellFailure
) -> AsyncIterator[bytes]:
    try:
        async for step in streamed(request, desk.cancelled, steps):
            if step is None:
                yield b": still there\n\n"
                continue
            for told in tell(step):
                yield told
    except Cancelled:
        return
    except AssistantError as error:
        yield failed(error)
