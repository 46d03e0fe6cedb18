"""The same problem as a page, for those who came with a browser."""

from __future__ import annotations

from urllib.parse import urlencode

from fastapi import Request
from starlette.responses import Response
from starlette.status import HTTP_401_UNAUTHORIZED

from assistant.server.viewer import viewer_of
from assistant.server.web import Web

MACHINE_PATHS = ("/api/", "/v1/", "/mcp", "/partials/", "/static/", "/healthz", "/readyz", "/metrics")


def problem_page(request: Request, status: int, title: str, detail: str, hint: str | None = None) -> Response | None:
    """The problem as HTML; None where the client is a program, or asks for something else than a page.

    Args:
        request: the request that failed.
        status: HTTP status.
        title: what kind of problem it is.
        detail: what went wrong.
        hint: what to do now.
    """
    web: Web | None = getattr(request.app.state, "web", None)
    wants_page = "text/html" in request.headers.get("accept", "") and not request.url.path.startswith(MACHINE_PATHS)
    if web is None or not wants_page:
        return None
    query = f"?{request.url.query}" if request.url.query else ""
    here = request.url.path + query if request.method == "GET" else "/"
    sign_in = f"/sign-in?{urlencode({'next': here})}" if status == HTTP_401_UNAUTHORIZED else None
    context = {"status": status, "title": title, "detail": detail, "hint": hint, "sign_in": sign_in}
    return web.page("problem.html", context, viewer_of(request), status)
