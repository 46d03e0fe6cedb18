"""Requests that hold only for what the client has seen: ETag, If-Match and If-None-Match (RFC 9110, section 13).

    GET    what the client has already is not sent again: 304
    PUT    and the like change a document only where it is still the version that the client has read: else 412

The ETag of a document names its current version; that of anything else is the digest of what would be sent.
"""

from __future__ import annotations

import hashlib
import re
from typing import Annotated

from fastapi import Depends, Header, Request
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.status import HTTP_200_OK, HTTP_304_NOT_MODIFIED
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from assistant.errors import ConditionRequired, InvalidInput
from assistant.models import Expected, Version

PREFIX = "/api/v1/"
TAGGED = "application/json"
KEPT = ("etag", "cache-control", "content-location", "vary")  # what a 304 says, as the 200 would
ANY = "*"

_TAG = re.compile(r'\s*(W/)?"([^"\x00-\x20\x7f]*)"\s*(?:,|$)')


def etag_of(version: Version) -> str:
    """The ETag of a document whose current version this is."""
    return f'"{version.tag}"'


def mark(response: Response, version: Version) -> None:
    """Give a response the ETag of a document."""
    response.headers["ETag"] = etag_of(version)


def tags_of(value: str) -> list[tuple[bool, str]]:
    """The tags that a header lists, each with whether it is a strong one.

    Raises:
        InvalidInput: it is not such a list.
    """
    place, found = 0, []
    while place < len(value):
        match = _TAG.match(value, place)
        if match is None:
            raise InvalidInput(
                "If-Match or If-None-Match is no list of ETags.", 'Send an ETag as it was given: "3-ab…".'
            )
        found.append((match[1] is None, match[2]))
        place = match.end()
    return found


def _expected(
    request: Request,
    if_match: Annotated[str | None, Header(max_length=2_000, description="ETag of the version to change.")] = None,
    if_none_match: Annotated[
        str | None, Header(max_length=2_000, description="`*`: only if there is none yet.")
    ] = None,
) -> Expected | None:
    if if_match is not None:
        if if_match.strip() == ANY:
            return Expected()
        return Expected(frozenset(tag for strong, tag in tags_of(if_match) if strong))
    if if_none_match is not None and if_none_match.strip() == ANY:
        return Expected(absent=True)
    if request.app.state.services.settings.require_if_match:
        raise ConditionRequired(
            "The request does not say which version it is meant to change.",
            "Send the ETag of the document as If-Match, or `If-None-Match: *` for a new one.",
        )
    return None


ExpectedDep = Annotated[Expected | None, Depends(_expected)]


class ConditionalGet:
    """ASGI middleware that tags what is read as JSON, and answers 304 where the client has it already."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on; of a JSON answer the body is held back until it is known whether it is wanted."""
        if scope["type"] != "http" or scope["method"] not in {"GET", "HEAD"} or not scope["path"].startswith(PREFIX):
            await self._app(scope, receive, send)
            return
        start: Message | None = None
        body = bytearray()

        async def tagged(message: Message) -> None:
            nonlocal start
            if message["type"] == "http.response.start":
                kind = Headers(raw=message["headers"]).get("content-type", "")
                if message["status"] != HTTP_200_OK or kind.split(";")[0] != TAGGED:
                    await send(message)
                else:
                    start = message
                return
            if start is None:
                await send(message)
                return
            body.extend(message.get("body", b""))
            if not message.get("more_body", False):
                await _send(start, bytes(body), Headers(scope=scope).get("if-none-match"), send)

        await self._app(scope, receive, tagged)


async def _send(start: Message, body: bytes, known: str | None, send: Send) -> None:
    headers = MutableHeaders(raw=list(start["headers"]))
    headers.setdefault("etag", f'"{hashlib.sha256(body).hexdigest()[:32]}"')
    headers.setdefault("cache-control", "private, no-cache")
    if known is not None and _has(known, headers["etag"]):
        kept = [(name, value) for name, value in headers.raw if name.decode() in KEPT]
        await send({"type": "http.response.start", "status": HTTP_304_NOT_MODIFIED, "headers": kept})
        await send({"type": "http.response.body", "body": b""})
        return
    await send({**start, "headers": headers.raw})
    await send({"type": "http.response.body", "body": body})


def _has(known: str, etag: str) -> bool:
    if known.strip() == ANY:
        return True
    try:
        return any(f'"{tag}"' == etag for _, tag in tags_of(known))
    except InvalidInput:
        return False  # what cannot be read is no condition
