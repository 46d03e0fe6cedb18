"""What the routes of pages ask for: templates that know the viewer, and what the corpus holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import Depends, Request
from fastapi.responses import HTMLResponse

from assistant.server.dependencies import ServicesDep
from assistant.server.suggestions import Holdings, HoldingsCache
from assistant.server.viewer import Viewer, viewer_of
from assistant.server.web import Web, web_of


@dataclass(frozen=True, slots=True)
class Pages:
    """The templates, for one viewer."""

    web: Web
    viewer: Viewer

    def page(self, template: str, context: Mapping[str, object], status: int = 200) -> HTMLResponse:
        """A template as a response."""
        return self.web.page(template, context, self.viewer, status)


def _pages(request: Request) -> Pages:
    return Pages(web_of(request), viewer_of(request))


PagesDep = Annotated[Pages, Depends(_pages)]


def _cache(request: Request) -> HoldingsCache:
    cache: HoldingsCache = request.app.state.holdings
    return cache


CacheDep = Annotated[HoldingsCache, Depends(_cache)]


def _holdings(cache: CacheDep, services: ServicesDep) -> Holdings:
    return cache.read(services.database)


HoldingsDep = Annotated[Holdings, Depends(_holdings)]


def own_path(address: str, otherwise: str) -> str:
    """``address`` where it is a path of this server, for going back to; else ``otherwise``."""
    parts = urlsplit(address)
    own = address.startswith("/") and not address.startswith(("//", "/\\")) and not (parts.scheme or parts.netloc)
    return address if own and address.isprintable() else otherwise
