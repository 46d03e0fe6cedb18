"""Pages for people, one module for each kind; every page works without a script.

    chat          /  /partials/answer          questions and answers
    conversations /conversations/…             those that are kept, and what readers think of answers
    standpoints   /positions  /timeline        who stands where, and what happened when
    drafts        /drafts                      a draft checked sentence by sentence
    briefs        /briefs  /briefs/{id}        structured reports
    adding        /curate/add  /curate/jobs    documents handed in, and how far that is
    curating      /curate/document/{id}        a document corrected, restored, withdrawn, its statements marked
    upkeep        /curate/index  /curate/actors   the index, the actors and the stances
    reading       /documents/…                 the documents and the passages that citations open
    problem_types /problems  /problems/{code}  what each type of problem means
    signing       /sign-in  /sign-out          a session for a browser, begun with a key

Partials are made by the templates that make the pages.
"""

from __future__ import annotations

from fastapi import APIRouter, FastAPI
from starlette.middleware.gzip import GZipMiddleware

from assistant.paths import shipped
from assistant.server.pages import (
    adding,
    briefs,
    chat,
    conversations,
    curating,
    drafts,
    problem_types,
    reading,
    signing,
    standpoints,
    upkeep,
)
from assistant.server.pages.standpoints import MatrixCache
from assistant.server.suggestions import HoldingsCache
from assistant.server.web import STATIC, FingerprintedFiles, Web

router = APIRouter(include_in_schema=False)
for _module in (
    chat,
    conversations,
    standpoints,
    drafts,
    briefs,
    adding,
    curating,
    upkeep,
    problem_types,
    reading,
    signing,
):
    router.include_router(_module.router)


def mount_static(app: FastAPI) -> None:
    """Load the templates and serve the static files.

    Raises:
        InvalidConfiguration: the installation lacks them.
    """
    folder = shipped("web")
    app.state.web = web = Web.load(folder)
    app.state.matrices = MatrixCache()
    app.state.holdings = HoldingsCache(web.words)
    files = FingerprintedFiles(folder / "static", web.fingerprint)
    app.mount(STATIC, GZipMiddleware(files, minimum_size=500), name="static")
