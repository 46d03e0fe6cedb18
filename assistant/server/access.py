"""Who may do what over HTTP, decided before a request reaches its route.

    request → from our own page? → whose key? → enough for this route? → route

What is not named here needs the most that its method can mean: reading needs a reader, anything else a curator. A new
route is therefore closed until somebody opens it.
"""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlsplit

from fastapi import Depends, Request
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from assistant.access import KeyRing
from assistant.access_model import Principal, Role
from assistant.errors import AssistantError, Refused, Unauthenticated
from assistant.loopback import is_loopback
from assistant.request_context import acting, current
from assistant.server.problems import problem_of
from assistant.settings import Settings

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
OPEN_PATHS = ("/healthz", "/readyz", "/static/", "/problems")
SIGNING_PATHS = frozenset({"/sign-in", "/sign-out"})  # nothing of the corpus is on them
COOKIE = "assistant_session"
ADMIN_PATHS = ("/api/v1/keys", "/api/v1/audit")
ASKING_PATHS = frozenset(  # POST, and nothing is changed
    {
        "/api/v1/ask",
        "/api/v1/search",
        "/api/v1/verify",
        "/api/v1/briefs",
        "/v1/chat/completions",
        "/mcp",
        "/",
        "/partials/answer",
        "/drafts",
        "/briefs",
    }
)
OWN_PATHS = (
    "/api/v1/conversations/",
    "/api/v1/messages/",
    "/conversations/",
    "/messages/",
)  # everybody's own, also to change
CURATING_PATHS = ("/api/v1/feedback/", "/api/v1/marks/", "/curate/")  # also to read: what readers and curators said
# Of the corpus as a whole: not for limited keys.
WHOLE_PATHS = ("/api/v1/index", "/api/v1/audit", "/curate/index", "/curate/actors", "/metrics")
ANYONE = Principal("api", Role.ADMIN)  # on loopback, while there are no keys


def role_needed(method: str, path: str) -> Role | None:
    """The least role for a request; None where everybody may."""
    if path in SIGNING_PATHS or (method in SAFE and path.startswith(OPEN_PATHS)):
        return None
    if path.startswith(ADMIN_PATHS):
        return Role.ADMIN
    if path.startswith(CURATING_PATHS):
        return Role.CURATOR
    reading = method in SAFE or path in ASKING_PATHS or path.startswith(OWN_PATHS)
    return Role.READER if reading else Role.CURATOR


class AccessControl:
    """ASGI middleware that lets a request through, or answers 401 or 403.

    Args:
        app: what is guarded.
        keys: who is known.
        settings: where it is served; on loopback it is open while there are no keys.
    """

    def __init__(self, app: ASGIApp, keys: KeyRing, settings: Settings) -> None:
        self._app = app
        self._keys = keys
        self._local = is_loopback(settings.host)
        public = urlsplit(settings.public_url or "")
        self._public_host = public.hostname
        self._public_origin = f"{public.scheme}://{public.netloc}" if settings.public_url else None
        self._others = frozenset(settings.cors_origins)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on with ``state.principal``, or answer for it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        try:
            self._check_origin(scope, headers)
            needed = role_needed(scope["method"], scope["path"])
            cookie = Request(scope).cookies.get(COOKIE)
            principal, signed_in = ANYONE, False
            if needed is not None:
                principal, signed_in = await run_in_threadpool(self._identify, headers, cookie)
            if signed_in:
                _check_own_page(scope, headers)
            if needed is not None:
                _check_may(principal, needed, scope["path"])
        except AssistantError as error:
            response = problem_of(Request(scope), error)
            if isinstance(error, Unauthenticated):
                response.headers["WWW-Authenticate"] = "Bearer"
            await response(scope, receive, send)
            return
        scope.setdefault("state", {}).update(principal=principal, signed_in=signed_in)
        with acting(current().request_id, principal.key_id):
            await self._app(scope, receive, send)

    def _identify(self, headers: Headers, cookie: str | None) -> tuple[Principal, bool]:
        """Who a request is from, and whether by a browser's session."""
        scheme, _, secret = headers.get("authorization", "").partition(" ")
        bearer = secret.strip() if scheme.lower() == "bearer" else ""
        if not self._keys.in_use() and self._local:
            self._check_host(headers)
            return ANYONE, False
        if bearer:
            return self._keys.principal(bearer), False
        if cookie and headers.get("origin") not in self._others:
            return self._keys.signed_in(cookie), True
        raise Unauthenticated("A key is needed.", "Send it as `Authorization: Bearer KEY`, or sign in on the page.")

    def _check_host(self, headers: Headers) -> None:
        # Without a key, a page elsewhere could make its own name point here and read everything (DNS rebinding).
        name = urlsplit(f"//{headers.get('host', '')}").hostname or ""
        if not is_loopback(name) and name != self._public_host:
            raise Refused(
                f"This server is not known as {name!r}.",
                "Ask it as 127.0.0.1, or name its address with ASSISTANT_PUBLIC_URL.",
            )

    def _check_origin(self, scope: Scope, headers: Headers) -> None:
        """Refuse what a page of somebody else makes a browser send (Fetch Metadata; Origin where it is missing)."""
        if scope["method"] in SAFE:
            return
        site, origin = headers.get("sec-fetch-site"), headers.get("origin")
        ours = {f"{scope['scheme']}://{headers.get('host', '')}", self._public_origin}
        foreign = site not in {"same-origin", "none"} if site is not None else origin is not None and origin not in ours
        if foreign and origin not in self._others:
            raise Refused("A page of another site may not write here.", "Use the assistant's own page, or a program.")


def _check_own_page(scope: Scope, headers: Headers) -> None:
    """A browser sends the cookie by itself, so a write that does not say which page it is from is refused."""
    if scope["method"] not in SAFE and headers.get("sec-fetch-site") is None and headers.get("origin") is None:
        raise Refused("This does not say which page it is from.", "Use the assistant's own page, or send a key.")


def _check_may(principal: Principal, needed: Role, path: str) -> None:
    hint = "Ask the administrator for a key that may do this."
    if not principal.role.includes(needed):
        raise Refused(f"This needs a key with the role {needed}; {principal.name!r} has {principal.role}.", hint)
    if principal.scope and path.startswith(WHOLE_PATHS):
        raise Refused(f"This concerns the whole corpus; the key {principal.name!r} is limited.", hint)


def _principal(request: Request) -> Principal:
    principal: Principal = request.state.principal
    return principal


PrincipalDep = Annotated[Principal, Depends(_principal)]
