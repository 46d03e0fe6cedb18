"""Briefs: made, read, taken along as files, and made again since a day.

    GET  /briefs         the form, and the briefs that are kept
    POST /briefs         writes one and goes to it
    GET  /briefs/{id}    one brief

Files are given out by the interface for programs, ``/api/v1/briefs/{id}.md|docx|pdf``.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Path, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from starlette.status import HTTP_303_SEE_OTHER

from assistant.answering.brief_model import SOURCES, BriefRequest
from assistant.answering.exports import EXPORTS
from assistant.answering.exports.wording import groups
from assistant.answering.topic import MAX_TOPIC_CHARS
from assistant.errors import AssistantError
from assistant.models import Filters
from assistant.server.brief_schemas import BriefOut
from assistant.server.dependencies import ServicesDep
from assistant.server.forms import day_or_none
from assistant.server.pages.parts import HoldingsDep, PagesDep
from assistant.server.presentation import as_name

router = APIRouter()

SHOWN = 30  # briefs in the list
SUGGESTED = 8  # topics

Field = Annotated[str, Form(max_length=MAX_TOPIC_CHARS * 4)]


@router.get("/briefs")
def briefs(pages: PagesDep, services: ServicesDep, holdings: HoldingsDep) -> HTMLResponse:
    """The form, topics that the corpus has, and the briefs that are kept."""
    return pages.page("briefs.html", _context(services, holdings, "", "", "", None))


@router.post("/briefs")
def write_brief(
    pages: PagesDep,
    services: ServicesDep,
    holdings: HoldingsDep,
    topic: Field = "",
    since: Field = "",
    as_of: Field = "",
) -> Response:
    """Write a brief and go to it; what cannot be briefed on is told above the form."""
    try:
        request = BriefRequest(topic, day_or_none(since), Filters(as_of=day_or_none(as_of)))
        brief = services.briefing.brief(request)
        services.briefing.keep(brief)
    except AssistantError as error:
        return pages.page("briefs.html", _context(services, holdings, topic, since, as_of, error), error.status)
    return RedirectResponse(f"/briefs/{brief.id}", HTTP_303_SEE_OTHER)


@router.get("/briefs/{brief_id}")
def brief(
    brief_id: Annotated[str, Path(max_length=64)], pages: PagesDep, services: ServicesDep, holdings: HoldingsDep
) -> HTMLResponse:
    """One brief, and whether the corpus has changed since it was written."""
    kept = services.briefing.kept(brief_id)
    context = {
        "brief": BriefOut.of(kept).model_dump(),
        "sections": [(s.heading, groups(s.items)) for s in kept.sections if s.heading != SOURCES],
        "files": list(EXPORTS),
        "outdated": kept.corpus_state != holdings.state,
    }
    return pages.page("brief.html", context)


def _context(
    services: ServicesDep, holdings: HoldingsDep, topic: str, since: str, as_of: str, problem: AssistantError | None
) -> dict[str, object]:
    return {
        "topic": topic,
        "since": since,
        "as_of": as_of,
        "problem": problem,
        "kept": services.briefing.recent(SHOWN),
        "topics": [as_name(name) for name in holdings.overview.topics[:SUGGESTED]],
        "longest": MAX_TOPIC_CHARS,
    }
