"""Reading files into documents: one small module a format, chosen by content.

    load(bytes) → detect the kind → its loader → LoadedDocument(text, blocks, metadata, notes)

Loaders parse what strangers wrote. ``assistant.curation.sandbox`` runs them in a process of their own under
limits of memory and time; call ``load`` directly only for text that the caller trusts.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module

from assistant.curation.loaders.detection import detect
from assistant.curation.loaders.limits import Limits
from assistant.curation.loaders.source import Loader, Source
from assistant.curation.loaders.text import blocks_of_text, clean_text
from assistant.errors import AssistantError, InvalidDocument, TooLarge, Unavailable
from assistant.models import LoadedDocument

__all__ = ["KINDS", "Limits", "Source", "blocks_of_text", "clean_text", "load"]


def _deferred(module: str) -> Loader:
    """A loader whose module, and the library behind it, is imported when the first file of its kind comes."""

    def loader(source: Source) -> tuple[LoadedDocument, ...]:
        read: Callable[[Source], tuple[LoadedDocument, ...]] = import_module(f"{__name__}.{module}").load
        return read(source)

    return loader


KINDS: dict[str, Loader] = {
    "markdown": _deferred("markdown"),
    "text": _deferred("text"),
    "jsonl": _deferred("jsonl"),
    "html": _deferred("html"),
    "pdf": _deferred("pdf"),
    "docx": _deferred("docx"),
    "odt": _deferred("odt"),
    "epub": _deferred("epub"),
    "csv": _deferred("csv_table"),
    "email": _deferred("mail"),
    "feed": _deferred("feed"),
}


def load(
    data: bytes, *, name: str | None = None, media_type: str | None = None, limits: Limits | None = None
) -> tuple[LoadedDocument, ...]:
    """The documents a file holds.

    Args:
        data: the file.
        name: what it is called; shown in messages and a hint among text formats, never opened.
        media_type: as the sender states it, with a ``charset`` where there is one; a hint too.
        limits: caps of bytes, pages, characters, documents and blocks; time and memory are the sandbox's.

    Raises:
        InvalidDocument: empty, damaged, encrypted, not a format that is read, or without any text.
        TooLarge: over one of the limits.
    """
    source = Source(data, name, media_type, limits or Limits())
    if len(data) > source.limits.bytes:
        raise TooLarge(
            f"{source.label} has {len(data):,} bytes; at most {source.limits.bytes:,} are read.", "Split the document."
        )
    kind = detect(source)
    try:
        documents = KINDS[kind](source)
    except AssistantError:
        raise
    except ImportError as error:
        raise Unavailable(
            f"The library that reads {kind} is not installed ({error}).", "Install the assistant again."
        ) from error
    except MemoryError as error:
        raise TooLarge(f"Reading {source.label} takes more memory than allowed.", "Split the document.") from error
    except RecursionError as error:
        raise InvalidDocument(f"{source.label} is nested too deep to be read.", "Save it again more simply.") from error
    except Exception as error:  # parsers raise whatever their input drives them to; all of it means one thing
        reason = " ".join(f"{type(error).__name__}: {error}".split())[:160]
        raise InvalidDocument(
            f"{source.label} cannot be read as {kind} ({reason}).", "Save the document again and add the new file."
        ) from error
    return _within_limits(documents, source)


def _within_limits(documents: tuple[LoadedDocument, ...], source: Source) -> tuple[LoadedDocument, ...]:
    if not any(document.blocks for document in documents):
        raise InvalidDocument(f"{source.label} holds no text.", "Add a file that has text in it.")
    characters = sum(len(document.text) for document in documents)
    if characters > source.limits.characters:
        raise TooLarge(
            f"{source.label} has {characters:,} characters; at most {source.limits.characters:,} are kept.",
            "Split it into several documents.",
        )
    blocks = sum(len(document.blocks) for document in documents)
    if blocks > source.limits.blocks:
        raise TooLarge(
            f"{source.label} has {blocks:,} paragraphs; at most {source.limits.blocks:,} are kept.",
            "Split it into several documents.",
        )
    return documents
