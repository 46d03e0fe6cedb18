"""A brief as PDF, by WeasyPrint from the page in ``brief.html``.

WeasyPrint needs Pango and a font from the system (Debian: libpango-1.0-0, libpangoft2-1.0-0, libharfbuzz-subset0,
fonts-dejavu-core). The page names no file or address, and none would be fetched.
"""

from __future__ import annotations

import logging
from importlib.resources import files
from typing import NoReturn

from jinja2 import Environment, StrictUndefined

from assistant.answering.brief_model import Brief
from assistant.answering.exports.wording import address, groups, legal, note, stamp
from assistant.errors import Unavailable

TEMPLATE = "brief.html"


def render(brief: Brief) -> bytes:
    """The brief as a .pdf file.

    Raises:
        Unavailable: WeasyPrint or the libraries that it needs are not installed.
    """
    try:
        import weasyprint
        from weasyprint.urls import URLFetcher
    except (ImportError, OSError) as error:
        raise Unavailable(
            "PDF files cannot be made here: Pango, which lays out their text, is not installed.",
            "Install libpango-1.0-0, libpangoft2-1.0-0 and libharfbuzz-subset0, or ask for .docx or .md.",
        ) from error

    class NothingFetched(URLFetcher):  # type: ignore[misc]  # untyped base
        """The page is complete as it is; whatever else is asked for came from a document."""

        def fetch(self, url: str, headers: dict[str, str] | None = None) -> NoReturn:  # noqa: ARG002
            raise ValueError(f"{url} is not fetched.")

    logging.getLogger("weasyprint").setLevel(logging.ERROR)
    page = weasyprint.HTML(string=_page(brief), url_fetcher=NothingFetched())
    # The identifier would be random and the date today's; both follow from the brief instead.
    pdf: bytes = page.write_pdf(pdf_identifier=bytes.fromhex(brief.id) if brief.id else None, pdf_tags=True)
    return pdf


def _page(brief: Brief) -> str:
    environment = Environment(autoescape=True, undefined=StrictUndefined)
    environment.globals.update(groups=groups, note=note, address=address)
    source = files("assistant.answering.exports").joinpath(TEMPLATE).read_text(encoding="utf-8")
    return legal(environment.from_string(source).render(brief=brief, stamp=stamp(brief)))
