"""A draft that somebody wrote, checked against the corpus: each sentence with its verdict beside its evidence.

    GET  /drafts     the form
    POST /drafts     the form again, with the verdicts

The draft is pasted or sent as a file; it is not kept.
"""

from __future__ import annotations

from collections import Counter
from pathlib import PurePath
from typing import Any, get_args

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile

from assistant.answering.grounding.checking import Verdict
from assistant.errors import AssistantError, InvalidDocument, InvalidInput
from assistant.models import Block, Filters
from assistant.server.dependencies import ServicesDep
from assistant.server.forms import day_or_none
from assistant.server.pages.parts import HoldingsDep, PagesDep
from assistant.server.verify import VerificationOut
from assistant.services import Services
from assistant.verifying import VerifyRequest

router = APIRouter()

KINDS = (".txt", ".text", ".md", ".markdown", ".docx")
MOST_FIELDS = 20


@router.get("/drafts")
def draft(pages: PagesDep, services: ServicesDep, holdings: HoldingsDep) -> HTMLResponse:
    """The form."""
    return pages.page("drafts.html", _context(services, holdings, "", "", None, None))


@router.post("/drafts")
async def check_draft(request: Request, pages: PagesDep, services: ServicesDep, holdings: HoldingsDep) -> HTMLResponse:
    """The draft with a verdict on every sentence; what cannot be checked is told above the form."""
    async with request.form(max_files=1, max_fields=MOST_FIELDS) as form:
        text, as_of, upload = form.get("text"), form.get("as_of"), form.get("file")
        data = await upload.read() if isinstance(upload, UploadFile) else b""
        name = (upload.filename or "") if isinstance(upload, UploadFile) else ""
    text, as_of = text if isinstance(text, str) else "", as_of if isinstance(as_of, str) else ""
    checked, problem = None, None
    try:
        checked = await run_in_threadpool(_checked, services, text, as_of, name if data else "", data)
    except AssistantError as error:
        problem = error
    context = _context(services, holdings, text, as_of, checked, problem)
    return pages.page("drafts.html", context, problem.status if problem else 200)


def _checked(services: Services, text: str, as_of: str, name: str, data: bytes) -> dict[str, Any]:
    filters = Filters(as_of=day_or_none(as_of))
    blocks: tuple[Block, ...] | None = None
    if data:
        if PurePath(name).suffix.lower() not in KINDS:
            raise InvalidInput(f"{name} is not text, Markdown or DOCX.", "Save the draft as one of these.")
        loaded = services.sandbox.load(data, name=name)
        if len(loaded) != 1:
            raise InvalidDocument(f"{name} holds {len(loaded)} documents.", "Check one draft at a time.")
        text, blocks = loaded[0].text, loaded[0].blocks
    found = services.verifier.verify(VerifyRequest(text, filters, blocks))
    return {**VerificationOut.of(found).model_dump(), "name": name}


def _context(
    services: Services,
    holdings: object,
    text: str,
    as_of: str,
    checked: dict[str, Any] | None,
    problem: AssistantError | None,
) -> dict[str, object]:
    counts = Counter(sentence["verdict"] for sentence in checked["sentences"]) if checked else Counter()
    return {
        "holdings": holdings,
        "text": text,
        "as_of": as_of,
        "checked": checked,
        "problem": problem,
        "verdicts": {verdict: counts[verdict] for verdict in get_args(Verdict)},
        "kinds": ",".join(KINDS),
        "longest": services.settings.max_draft_chars,
    }
