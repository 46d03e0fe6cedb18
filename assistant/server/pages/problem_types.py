"""What each type of problem means: where the ``type`` of a problem leads.

    GET /problems          all of them
    GET /problems/{code}   one

The text is docs/problems.md, which ships with the package.
"""

from __future__ import annotations

import re
from functools import cache
from html import escape

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse
from markupsafe import Markup

from assistant.errors import InvalidConfiguration, NotFound
from assistant.paths import shipped
from assistant.server.viewer import Viewer
from assistant.server.web import web_of

router = APIRouter()

_SECTION = re.compile(r"^## (\S+)\n(.*?)(?=^## |\Z)", re.MULTILINE | re.DOTALL)


@cache
def problem_types() -> dict[str, tuple[Markup, ...]]:
    """The paragraphs of each type, by its code.

    Raises:
        InvalidConfiguration: the installation lacks the text.
    """
    try:
        text = (shipped("docs") / "problems.md").read_text(encoding="utf-8")
    except OSError as error:
        raise InvalidConfiguration(f"{error}.", "Install the package again.") from error
    return {code: tuple(map(_marked_up, body.strip().split("\n\n"))) for code, body in _SECTION.findall(text)}


@router.get("/problems")
def problems(request: Request) -> HTMLResponse:
    """Every type of problem."""
    return web_of(request).page("problems.html", {"types": problem_types(), "one": None}, Viewer(None))


@router.get("/problems/{code}")
def problem(code: str, request: Request) -> HTMLResponse:
    """One type of problem."""
    types = problem_types()
    if code not in types:
        raise NotFound(f"There is no type of problem {code[:40]!r}.", "See /problems for those that there are.")
    return web_of(request).page("problems.html", {"types": {code: types[code]}, "one": code}, Viewer(None))


def _marked_up(paragraph: str) -> Markup:
    """A paragraph as HTML: our own text, whose only markup is code."""
    return Markup(re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(paragraph)))  # noqa: S704  # escaped, and ours
