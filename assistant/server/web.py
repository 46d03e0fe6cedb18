"""The pages' templates, words and static files, loaded once when the application is built."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from assistant.server import presentation
from assistant.server.viewer import Viewer
from assistant.server.words import load_words

STATIC = "/static"
UNCHANGING = "public, max-age=31536000, immutable"
ASK_AGAIN = "no-cache"


@dataclass(frozen=True, slots=True)
class Web:
    """What pages are made of.

    Args:
        environment: the templates; everything put into them is escaped, and what is missing is an error.
        words: the words of the interface.
        fingerprint: names the state of the static files in their addresses, so that browsers may keep them.
    """

    environment: Environment
    words: SimpleNamespace
    fingerprint: str

    @classmethod
    def load(cls, folder: Path) -> Web:
        """From the ``web`` folder.

        Raises:
            InvalidConfiguration: the words cannot be read.
        """
        words = load_words(folder / "words" / "en.toml")
        fingerprint = _digest(folder / "static")
        environment = Environment(
            loader=FileSystemLoader(folder / "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        environment.filters.update(presentation.filters(words))
        environment.globals.update(words=words, static=f"{STATIC}/{fingerprint}")
        return cls(environment, words, fingerprint)

    def page(self, template: str, context: Mapping[str, object], viewer: Viewer, status: int = 200) -> HTMLResponse:
        """A template as a response that nobody else may keep, because the corpus changes."""
        html = self.render(template, context, viewer)
        return HTMLResponse(html, status, headers={"Cache-Control": f"private, {ASK_AGAIN}"})

    def render(self, template: str, context: Mapping[str, object], viewer: Viewer) -> str:
        """A template as HTML."""
        return self.environment.get_template(template).render(context, viewer=viewer)

    def macros(self, template: str) -> Any:
        """The macros of a template, to be called by their names."""
        return self.environment.get_template(template).module


def web_of(request: Request) -> Web:
    """The pages' parts of the application that serves ``request``."""
    web: Web = request.app.state.web
    return web


class FingerprintedFiles(StaticFiles):
    """Static files at ``/static/<fingerprint>/<name>``, kept for ever, and at ``/static/<name>``, asked for again."""

    def __init__(self, folder: Path, fingerprint: str) -> None:
        super().__init__(directory=folder)
        self._fingerprint = fingerprint

    async def get_response(self, path: str, scope: Scope) -> Response:
        """The file, with its ETag and how long it may be kept."""
        fingerprint, _, name = path.partition(os.sep)
        current = fingerprint == self._fingerprint
        response = await super().get_response(name if current else path, scope)
        response.headers["Cache-Control"] = UNCHANGING if current else ASK_AGAIN
        return response


def _digest(folder: Path) -> str:
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            digest.update(path.relative_to(folder).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:12]
