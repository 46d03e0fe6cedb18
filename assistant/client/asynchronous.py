"""The client for programs that do other things meanwhile."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Coroutine
from functools import wraps
from types import TracebackType
from typing import Any, Concatenate, ParamSpec, TypeVar

import httpx

from assistant.client import calls
from assistant.client.calls import Call
from assistant.client.connection import SECONDS, Asking, Server, content_of, request_of, told_failure
from assistant.client.events import Event, EventReader
from assistant.client.failures import error_of, unreachable

P = ParamSpec("P")
T = TypeVar("T")


def _method(make: Callable[P, Call[T]]) -> Callable[Concatenate[AsyncClient, P], Coroutine[Any, Any, T]]:
    @wraps(make)
    async def method(self: AsyncClient, /, *args: P.args, **kwargs: P.kwargs) -> T:
        return await self.send(make(*args, **kwargs))

    return method


class AsyncClient:
    """Asks a server; close it, or use it in an ``async with`` block.

    Args:
        url: the server's address, such as http://127.0.0.1:8000.
        key: an API key, where the server has keys.
        timeout: seconds until a request is given up; answers, briefs and writes have longer.
    """

    def __init__(self, url: str, key: str | None = None, *, timeout: float = SECONDS) -> None:
        self._server = Server(url, key, timeout)
        self._http = httpx.AsyncClient(**self._server.options())

    ask = _method(calls.ask)
    search = _method(calls.search)
    documents = _method(calls.documents)
    document = _method(calls.document)
    content = _method(calls.content)
    versions = _method(calls.versions)
    passages = _method(calls.passages)
    statements = _method(calls.statements)
    add_document = _method(calls.add_document)
    upload = _method(calls.upload)
    put_document = _method(calls.put_document)
    patch_document = _method(calls.patch_document)
    withdraw_document = _method(calls.withdraw_document)
    jobs = _method(calls.jobs)
    job = _method(calls.job)
    cancel_job = _method(calls.cancel_job)
    positions = _method(calls.positions)
    timeline = _method(calls.timeline)
    verify = _method(calls.verify)
    brief = _method(calls.brief)
    brief_file = _method(calls.brief_file)
    conversations = _method(calls.conversations)
    conversation = _method(calls.conversation)
    rename_conversation = _method(calls.rename_conversation)
    delete_conversation = _method(calls.delete_conversation)
    rate = _method(calls.rate)

    async def send(self, call: Call[T]) -> T:
        """Make a call.

        Raises:
            AssistantError: what the server says is wrong, or that it does not answer.
        """
        try:
            response = await self._http.request(**request_of(call, self._server.timeout))
        except httpx.TransportError as error:
            raise unreachable(self._server.url, error) from error
        return call.result(content_of(call, response))

    async def ask_stream(self, question: str, **options: Any) -> AsyncIterator[Event]:
        """The answer as it comes about: ``status``, ``passages``, ``citation``, ``sentence`` and ``done``.

        Where the connection breaks off, the stream goes on after the last event.

        Args:
            question: what is asked.
            options: those of ``ask``.

        Raises:
            AssistantError: as from ``ask``.
        """
        asking = Asking(question, **options)
        while True:
            failure: httpx.TransportError | None = None
            try:
                async for event in self._events(asking):
                    asking.last_id = event.id
                    if event.name == "error":
                        raise told_failure(event.data)
                    yield event
                    if event.name == "done":
                        return
            except httpx.TransportError as error:
                failure = error
            asking.broke_off(failure)

    async def _events(self, asking: Asking) -> AsyncIterator[Event]:
        async with self._http.stream(**asking.request()) as response:
            if not response.is_success:
                await response.aread()
                raise error_of(response)
            reader = EventReader()
            async for line in response.aiter_lines():
                event = reader.line(line)
                if event is not None:
                    yield event

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def __aenter__(self) -> AsyncClient:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        await self.close()
