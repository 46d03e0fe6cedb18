"""Bodies over the limit are refused while they arrive, before anything reads them."""

from __future__ import annotations

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from assistant.server.problems import problem


class BodyLimit:
    """ASGI middleware that answers 413 as soon as a body is known to be over ``limit`` bytes."""

    def __init__(self, app: ASGIApp, limit: int) -> None:
        self._app = app
        self._limit = limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, counting its bytes."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        declared = next((value for name, value in scope["headers"] if name == b"content-length"), b"0")
        if declared.isdigit() and int(declared) > self._limit:
            await self._refuse(scope, receive, send)
            return
        received, started, refused = 0, False, False

        async def counted() -> Message:
            nonlocal received, refused
            message = await receive()
            received += len(message.get("body", b""))
            if received > self._limit and not refused:
                refused = True
                if not started:
                    await self._refuse(scope, receive, send)
            # Whoever reads the body finds that nobody is there any more; what is answered to that is not sent.
            return {"type": "http.disconnect"} if refused else message

        async def watched(message: Message) -> None:
            nonlocal started
            if not refused:
                started = started or message["type"] == "http.response.start"
                await send(message)

        await self._app(scope, counted, watched)

    async def _refuse(self, scope: Scope, receive: Receive, send: Send) -> None:
        response = problem(
            "too-large",
            "Too large",
            413,
            f"The request body is over {self._limit:,} bytes.",
            hint="Send less at once.",
            instance=scope["path"],
        )
        response.headers["Connection"] = "close"  # the rest of the body is not worth receiving
        await response(scope, receive, send)
