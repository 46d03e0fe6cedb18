"""Pages for people: the chat, the documents and the passages that citations open.

    /?q=…                     the chat, with an answer where a question is asked
    /partials/answer?q=…      the same answer alone, for the script that adds it to the page
    /documents                the documents
    /documents/{id}           one document, a passage of it marked where ``start`` and ``end`` say
    /partials/documents/{id}  the same document alone, for the panel beside an answer

Every page works without a script, and partials are made by the templates that make the pages.
"""

from __future__ import annotations

import threading
from typing import Annotated

from fastapi import APIRouter, Depends, FastAPI, Query, Request
from fastapi.responses import HTMLResponse
from starlette.concurrency import run_in_threadpool
from starlette.middleware.gzip import GZipMiddleware

from assistant.answering.chat_model import Cancelled
from assistant.asking import AskRequest
from assistant.errors import AssistantError
from assistant.index import catalog
from assistant.models import Answer
from assistant.paths import shipped
from assistant.server.dependencies import ServicesDep
from assistant.server.forms import AskForm, AskFormDep
from assistant.server.highlight import Span, show
from assistant.server.leaving import while_connected
from assistant.server.suggestions import Holdings, HoldingsCache
from assistant.server.web import STATIC, FingerprintedFiles, Web, web_of
from assistant.services import Services

router = APIRouter(include_in_schema=False)

DOCUMENTS_A_PAGE = 50
PASSAGES_READ = 10  # ranked passages shown with an answer
LARGEST = 2**31 - 1

WebDep = Annotated[Web, Depends(web_of)]
Offset = Annotated[int | None, Query(ge=0, le=LARGEST)]
Number = Annotated[int | None, Query(ge=1, le=LARGEST)]


def mount_static(app: FastAPI) -> None:
    """Load the templates and serve the static files.

    Raises:
        InvalidConfiguration: the installation lacks them.
    """
    folder = shipped("web")
    app.state.web = web = Web.load(folder)
    app.state.holdings = HoldingsCache(web.words)
    files = FingerprintedFiles(folder / "static", web.fingerprint)
    app.mount(STATIC, GZipMiddleware(files, minimum_size=500), name="static")


def _cache(request: Request) -> HoldingsCache:
    cache: HoldingsCache = request.app.state.holdings
    return cache


CacheDep = Annotated[HoldingsCache, Depends(_cache)]


def _holdings(cache: CacheDep, services: ServicesDep) -> Holdings:
    return cache.read(services.database)


HoldingsDep = Annotated[Holdings, Depends(_holdings)]


def _shown(
    document_id: str, services: ServicesDep, version: Number = None, start: Offset = None, end: Offset = None
) -> dict[str, object]:
    """What the templates of a document need: one version, and what is marked in it."""
    with services.database.read() as connection:
        found = catalog.get_version(connection, document_id, version)
        current = catalog.get_document(connection, document_id)
        history = catalog.list_versions(connection, document_id)
    span = None if start is None or end is None else Span(start, end)
    return {
        "document": current,
        "version": found,
        "history": history,
        "title": found.metadata.title or document_id,
        "groups": show(found.text, found.blocks, span),
        "misplaced": span is not None and not span.inside(found.text),
        "marked": span is not None and span.inside(found.text),
    }


ShownDep = Annotated[dict[str, object], Depends(_shown)]


@router.get("/")
async def chat(
    request: Request, form: AskFormDep, web: WebDep, services: ServicesDep, holdings: HoldingsDep, cache: CacheDep
) -> HTMLResponse:
    """The chat; with ``q`` the answer is on the page. A question that cannot be read is told in its place."""
    answer, problem = None, None
    if form.q is not None:
        try:
            answer = await _answer(request, services, form)
        except AssistantError as error:
            problem = error
    context = {
        "form": form,
        "answer": answer,
        "problem": problem,
        "holdings": holdings,
        "questions": await run_in_threadpool(cache.questions, services.asker, holdings) if form.q is None else (),
        "longest": services.settings.max_question_chars,
        "turn": 1,
    }
    return web.page("chat.html", context, problem.status if problem else 200)


@router.get("/partials/answer")
async def answer_partial(
    request: Request,
    form: AskFormDep,
    web: WebDep,
    services: ServicesDep,
    turn: Annotated[int, Query(ge=1, le=LARGEST)] = 1,
) -> HTMLResponse:
    """One turn of the conversation; ``turn`` keeps its ids apart from those of other turns on the page."""
    answer = await _answer(request, services, form)
    return web.page("_turn.html", {"form": form, "answer": answer, "problem": None, "turn": turn})


@router.get("/documents")
def documents(
    web: WebDep,
    services: ServicesDep,
    holdings: HoldingsDep,
    q: Annotated[str, Query(max_length=200)] = "",
    after: Annotated[str | None, Query(max_length=200)] = None,
) -> HTMLResponse:
    """The documents in the order of their ids, a page at a time."""
    wanted = q.strip()
    with services.database.read() as connection:
        found = catalog.list_documents(connection, after=after, limit=DOCUMENTS_A_PAGE + 1, contains=wanted or None)
    shown = found[:DOCUMENTS_A_PAGE]
    following = shown[-1].document.id if len(found) > DOCUMENTS_A_PAGE else None
    context = {"found": shown, "q": wanted, "after": after, "following": following, "holdings": holdings}
    return web.page("documents.html", context)


@router.get("/documents/{document_id:path}")
def document(shown: ShownDep, web: WebDep) -> HTMLResponse:
    """A document, or an earlier version of it, with the cited passage marked."""
    return web.page("document.html", {**shown, "heading": 1})


@router.get("/partials/documents/{document_id:path}")
def document_partial(shown: ShownDep, web: WebDep) -> HTMLResponse:
    """The document as the panel shows it, below the heading of the page that it stands on."""
    return web.page("_document.html", {**shown, "heading": 2})


async def _answer(request: Request, services: Services, form: AskForm) -> Answer | None:
    """The answer; a model that writes it stops when the browser leaves, and then there is none."""
    asked, cancelled = AskRequest(form.q or "", form.filters(), retrieve=PASSAGES_READ), threading.Event()
    try:
        return await while_connected(request, cancelled, lambda: services.asker.ask(asked, cancelled))
    except Cancelled:
        return None
