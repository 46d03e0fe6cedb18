"""Briefs as files: Markdown, Word and PDF, each with its notes, and the same bytes for the same brief.

The text of documents goes in as text only: it can form no link, image, field or markup in any of them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module

from assistant.answering.brief_model import Brief


@dataclass(frozen=True, slots=True)
class Export:
    """A file format: its media type and the module that writes it, imported when it is first used."""

    media_type: str
    module: str

    def render(self, brief: Brief) -> bytes:
        """The brief as a file.

        Raises:
            Unavailable: a library that the format needs is not installed.
        """
        write: Callable[[Brief], bytes] = import_module(self.module).render
        return write(brief)


EXPORTS = {
    "md": Export("text/markdown; charset=utf-8", "assistant.answering.exports.markdown"),
    "docx": Export(
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document", "assistant.answering.exports.docx"
    ),
    "pdf": Export("application/pdf", "assistant.answering.exports.pdf"),
}
