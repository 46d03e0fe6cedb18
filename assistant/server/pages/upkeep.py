"""What keeps the corpus in order: the index, and the files that say who is known and which words take which stance.

GET  /curate/index            how the index is
POST /curate/index            checked, or rebuilt, by the button that was pressed
GET  /curate/actors           the actors and the stances
POST /curate/actors/{name}    the file of one of them, checked and written where it is the curator's own

A file that was written takes effect at the next start, because statements are found by it.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Form
from fastapi.responses import HTMLResponse, RedirectResponse
from starlette.responses import Response
from starlette.status import HTTP_303_SEE_OTHER

from assistant.actors import ActorBook
from assistant.errors import AssistantError, InvalidConfiguration, Refused
from assistant.index import audit_log
from assistant.paths import actors_path, stances_path
from assistant.server.access import PrincipalDep
from assistant.server.dependencies import ServicesDep
from assistant.server.index import AuditOut, check_index, get_index, rebuild_index
from assistant.server.pages.parts import PagesDep
from assistant.services import Services
from assistant.settings import Settings
from assistant.stances import StanceBook
from assistant.yamlfile import MAX_BYTES

router = APIRouter(prefix="/curate")


FileName = Literal["actors", "stances"]


@router.get("/index")
def index(pages: PagesDep, services: ServicesDep) -> HTMLResponse:
    """How the index is."""
    return _index_page(pages, services, None)


@router.post("/index")
def look_after_index(
    pages: PagesDep, services: ServicesDep, principal: PrincipalDep, do: Annotated[Literal["check", "rebuild"], Form()]
) -> Response:
    """Audit the index, or begin to rebuild it; questions are answered meanwhile."""
    if do == "check":
        return _index_page(pages, services, check_index(services))
    rebuild_index(services, principal)
    return RedirectResponse("/curate/index", HTTP_303_SEE_OTHER)


@router.get("/actors")
def actors(pages: PagesDep, services: ServicesDep, saved: Literal["", "actors", "stances"] = "") -> HTMLResponse:
    """Who is known by which names, and which words take which stance."""
    return pages.page("actors.html", _context(services, saved, {}, None))


@router.post("/actors/{name}")
def write_file(
    name: FileName,
    pages: PagesDep,
    services: ServicesDep,
    principal: PrincipalDep,
    text: Annotated[str, Form(max_length=MAX_BYTES)],
) -> Response:
    """Check a file and write it; what is wrong with it is told, and nothing is written."""
    path = own_file(services.settings, name)
    if path is None:
        setting = f"ASSISTANT_{name.upper()}_FILE"
        raise Refused(f"The {name} are those that ship.", f"Name a file of your own that can be written: {setting}.")
    try:
        replace_checked(path, text.replace("\r\n", "\n"), name)
    except AssistantError as error:
        return pages.page("actors.html", _context(services, "", {name: text}, error), error.status)
    with services.database.write() as connection:
        audit_log.note(connection, "file.written", by=principal.name, subject=name)
    return RedirectResponse(f"/curate/actors?saved={name}", HTTP_303_SEE_OTHER)


def own_file(settings: Settings, name: FileName) -> Path | None:
    """The curator's own file, where there is one that can be written."""
    path = settings.actors_file if name == "actors" else settings.stances_file
    return path if path is not None and path.is_file() and os.access(path, os.W_OK) else None


def replace_checked(path: Path, text: str, name: FileName) -> None:
    """Put ``text`` in the place of a file at once, if it can be read as one.

    Raises:
        InvalidConfiguration: it cannot, and the file stays as it is.
    """
    read = ActorBook.load if name == "actors" else StanceBook.load
    handle, draft = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    written = Path(draft)
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        try:
            read(written)
        except InvalidConfiguration as error:
            raise InvalidConfiguration(error.detail.replace(str(written), path.name), error.hint) from error
        written.chmod(path.stat().st_mode)
        written.replace(path)
    finally:
        written.unlink(missing_ok=True)


def _index_page(pages: PagesDep, services: ServicesDep, audit: AuditOut | None) -> HTMLResponse:
    context = {"index": get_index(services).model_dump(), "audit": audit.model_dump() if audit else None}
    return pages.page("index.html", context)


def _context(services: Services, saved: str, drafts: dict[str, str], problem: AssistantError | None) -> dict[str, Any]:
    settings, finder = services.settings, services.briefing.finder
    files = {"actors": actors_path(settings.actors_file), "stances": stances_path(settings.stances_file)}
    curated = [actor for actor in finder.actors if actor.aliases or actor.metonyms or actor.kind != "state"]
    return {
        "actors": curated,
        "stances": list(finder.stances),
        "own": {name: own_file(settings, name) is not None for name in ("actors", "stances")},
        "texts": {name: drafts.get(name) or path.read_text(encoding="utf-8") for name, path in files.items()},
        "saved": saved,
        "problem": problem,
    }
