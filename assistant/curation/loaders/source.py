"""A file as the loaders get it: bytes, what it is called, and what may be spent on it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from assistant.curation.loaders.limits import Limits
from assistant.models import LoadedDocument

MAX_LABEL = 80
_SEPARATORS = re.compile(r"[/\\]")


@dataclass(frozen=True, slots=True)
class Source:
    """Bytes with their labels. ``name`` is only ever shown or read as a hint, never opened."""

    data: bytes
    name: str | None = None
    media_type: str | None = None
    limits: Limits = field(default_factory=Limits)

    @property
    def label(self) -> str:
        """How messages call the file: the last part of its name, printable and short."""
        last = _SEPARATORS.split(self.name or "")[-1]
        shown = "".join(c for c in last if c.isprintable())[:MAX_LABEL].strip()
        return shown or "The file"

    @property
    def extension(self) -> str:
        """The part of the name after its last dot, in lower case; empty when there is none."""
        stem, dot, extension = _SEPARATORS.split(self.name or "")[-1].rpartition(".")
        return extension.lower() if dot and stem else ""

    @property
    def declared_media_type(self) -> str:
        """The media type without its parameters, in lower case; empty when none was given."""
        return (self.media_type or "").partition(";")[0].strip().lower()

    @property
    def declared_charset(self) -> str | None:
        """The ``charset`` parameter of the media type, where there is one."""
        match = re.search(r"charset\s*=\s*[\"']?([\w.:-]+)", self.media_type or "", re.IGNORECASE)
        return match[1] if match else None

    @property
    def title(self) -> str:
        """A title made from the name, for documents that state none; empty when there is no name."""
        last = _SEPARATORS.split(self.name or "")[-1]
        stem, dot, extension = last.rpartition(".")
        words = stem if dot and stem and len(extension) <= 8 else last
        printable = "".join(c if c.isprintable() else " " for c in words)
        return " ".join(re.sub(r"[_-]+", " ", printable).split())[:200]


Loader = Callable[[Source], tuple[LoadedDocument, ...]]
