"""Signing in with a key, for browsers.

    GET  /sign-in     asks for the key
    POST /sign-in     begins a session: a cookie that no script reads and no other site's page makes a browser send
    POST /sign-out    ends it

The cookie is worth as much as the key while the session lasts, and ends with it. It is kept as a digest.
"""

from __future__ import annotations

from typing import Annotated, TypeVar

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse
from starlette.responses import Response
from starlette.status import HTTP_303_SEE_OTHER

from assistant.errors import AssistantError, Unauthenticated
from assistant.server.access import COOKIE
from assistant.server.dependencies import ServicesDep
from assistant.server.pages.parts import own_path
from assistant.server.viewer import Viewer
from assistant.server.web import web_of
from assistant.services import Services

router = APIRouter()

LONGEST_KEY, LONGEST_ADDRESS = 200, 4_000

Kept = TypeVar("Kept", bound=Response)
Next = Annotated[str, Query(max_length=LONGEST_ADDRESS)]


@router.get("/sign-in")
def ask_key(request: Request, services: ServicesDep, next: Next = "/") -> HTMLResponse:
    """The form; where there are no keys it says that none is needed."""
    return _page(request, services, next, None)


@router.post("/sign-in")
def sign_in(
    request: Request,
    services: ServicesDep,
    key: Annotated[str, Form(min_length=1, max_length=LONGEST_KEY)],
    next: Annotated[str, Form(max_length=LONGEST_ADDRESS)] = "/",
) -> Response:
    """Begin a session and go where the reader wanted to; a key that is not valid is told on the form."""
    hours = services.settings.session_hours
    try:
        cookie = services.keys.sign_in(key.strip(), hours)
    except Unauthenticated as error:
        return _page(request, services, next, error)
    response = RedirectResponse(own_path(next, "/"), HTTP_303_SEE_OTHER)
    response.set_cookie(
        COOKIE,
        cookie,
        max_age=max(1, int(hours * 3600)),
        httponly=True,
        samesite="strict",
        secure=_is_https(request, services),
    )
    return _unkept(response)


@router.post("/sign-out")
def sign_out(request: Request, services: ServicesDep) -> Response:
    """End the session of this browser."""
    cookie = request.cookies.get(COOKIE)
    if cookie:
        services.keys.sign_out(cookie)
    response = RedirectResponse("/sign-in", HTTP_303_SEE_OTHER)
    response.delete_cookie(COOKIE, httponly=True, samesite="strict", secure=_is_https(request, services))
    return _unkept(response)


def _page(request: Request, services: Services, goes_to: str, problem: AssistantError | None) -> HTMLResponse:
    context = {"next": own_path(goes_to, "/"), "problem": problem, "needed": services.keys.in_use()}
    page = web_of(request).page("sign_in.html", context, Viewer(None), problem.status if problem else 200)
    return _unkept(page)


def _unkept(response: Kept) -> Kept:
    response.headers["Cache-Control"] = "no-store"
    return response


def _is_https(request: Request, services: Services) -> bool:
    return request.url.scheme == "https" or (services.settings.public_url or "").startswith("https://")
