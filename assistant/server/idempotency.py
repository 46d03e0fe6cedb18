"""Writes that may be sent twice: the same ``Idempotency-Key`` with the same request has one effect and one answer.

As draft-ietf-httpapi-idempotency-key-header has it. Keys belong to whoever sent them and are kept for a day. Answers
that hold what documents say, or a new API key, are never kept: those routes take no idempotency key.
"""

from __future__ import annotations

import hashlib
import json

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from assistant.access_model import Principal
from assistant.errors import Conflict, InvalidInput, KeyReused
from assistant.index import idempotency_store as store
from assistant.index.database import Database
from assistant.index.idempotency_store import KeptWrite
from assistant.index.records import now
from assistant.server.problems import problem_of

HEADER = "idempotency-key"
LONGEST_KEY = 255
KEPT_SECONDS = 24 * 3_600.0
LONGEST_WRITE_SECONDS = 900.0  # after which a process that has not answered is taken for dead
KEPT_HEADERS = frozenset({"content-type", "location", "etag"})
WRITES = frozenset({"POST", "PUT", "PATCH", "DELETE"})
DOCUMENTS = "/api/v1/documents"
TELLING = ("/preview", "/statements")  # what documents say is in the answer; both can be repeated without a key


def takes_key(method: str, path: str) -> bool:
    """Whether a route heeds idempotency keys."""
    return method in WRITES and path.startswith(DOCUMENTS) and not path.endswith(TELLING)


class IdempotentWrites:
    """ASGI middleware that answers a repeated write as the first one was answered, without writing again.

    Args:
        app: what writes.
        database: where answers are kept.
    """

    def __init__(self, app: ASGIApp, database: Database) -> None:
        self._app = app
        self._database = database
        with database.write() as connection:
            store.forget_unfinished(connection, now(ago=LONGEST_WRITE_SECONDS) if database.shared else None)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or answer it as before."""
        key = Headers(scope=scope).get(HEADER) if scope["type"] == "http" else None
        if key is None or not takes_key(scope["method"], scope["path"]):
            await self._app(scope, receive, send)
            return
        request = Request(scope, receive)
        try:
            write = _Write.of(request, key, await request.body())
            kept = await run_in_threadpool(write.begin, self._database)
        except (Conflict, InvalidInput) as error:
            await problem_of(request, error)(scope, receive, send)
            return
        if kept is not None:
            headers = {**json.loads(kept.headers or "{}"), "Idempotency-Replayed": "true"}
            await Response(kept.body, kept.status or 200, headers)(scope, receive, send)
            return
        await self._first(scope, write, send)

    async def _first(self, scope: Scope, write: _Write, send: Send) -> None:
        start: Message = {}
        body = bytearray()
        sent = False

        async def receive() -> Message:
            nonlocal sent
            if sent:
                return {"type": "http.disconnect"}
            sent = True
            return {"type": "http.request", "body": write.body, "more_body": False}

        async def kept(message: Message) -> None:
            if message["type"] == "http.response.start":
                start.update(message)
            else:
                body.extend(message.get("body", b""))
                if not message.get("more_body", False):
                    # Kept before it is sent: a client that has read the answer gets the same one again.
                    await run_in_threadpool(write.finish, self._database, start, bytes(body))
            await send(message)

        try:
            await self._app(scope, receive, kept)
        except BaseException:
            await run_in_threadpool(write.forget, self._database)
            raise


class _Write:
    """One write under a key."""

    def __init__(self, owner: str, key: str, fingerprint: str, body: bytes) -> None:
        self.owner = owner
        self.key = key
        self.fingerprint = fingerprint
        self.body = body

    @classmethod
    def of(cls, request: Request, key: str, body: bytes) -> _Write:
        key = key.strip().strip('"')
        if not key or len(key) > LONGEST_KEY or not key.isprintable():
            raise InvalidInput("That is no idempotency key.", f"Use 1 to {LONGEST_KEY} characters, such as a UUID.")
        principal: Principal = request.state.principal
        asked = (request.method, str(request.url.path), request.url.query, request.headers.get("content-type", ""))
        digest = hashlib.sha256("\n".join(asked).encode("utf-8", "surrogatepass") + b"\n" + body)
        return cls(principal.key_id or "", key, digest.hexdigest(), body)

    def begin(self, database: Database) -> KeptWrite | None:
        """What this was answered before; None where it is the first, which is noted.

        Raises:
            KeyReused: another request was made with this key.
            Conflict: the first one is still under way.
        """
        with database.write() as connection:
            store.forget_before(connection, now(ago=KEPT_SECONDS))
            kept = store.find(connection, self.owner, self.key)
            if kept is None:
                store.begin(connection, self.owner, self.key, self.fingerprint, now())
                return None
        if kept.fingerprint != self.fingerprint:
            raise KeyReused("This idempotency key was used for another request.", "Choose a new key for a new request.")
        if kept.status is None:
            raise Conflict("The first request with this idempotency key is still under way.", "Wait and send it again.")
        return kept

    def finish(self, database: Database, start: Message, body: bytes) -> None:
        """Keep the answer; a failure of ours is not kept, so that the same write can be tried again."""
        status = int(start["status"])
        if status >= 500:
            self.forget(database)
            return
        headers = {name: value for name, value in Headers(raw=start["headers"]).items() if name in KEPT_HEADERS}
        with database.write() as connection:
            store.finish(connection, self.owner, self.key, status, json.dumps(headers), body)

    def forget(self, database: Database) -> None:
        """Let the key be used again."""
        with database.write() as connection:
            store.forget(connection, self.owner, self.key)
