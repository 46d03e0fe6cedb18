"""How loaded documents cross from the process that parses to the one that keeps: JSON, checked on arrival.

The parsing process may have been taken over by the file it read, so nothing it sends is trusted: every type, span
and length is checked, and only the errors listed here can be raised.
"""

from __future__ import annotations

import json
from typing import Any, get_args

from assistant.curation.loaders.limits import Limits
from assistant.errors import AssistantError, InvalidDocument, TooLarge, Unavailable
from assistant.models import Block, BlockKind, LoadedDocument, Metadata

_KINDS: tuple[BlockKind, ...] = get_args(BlockKind)
_ERRORS: dict[str, type[AssistantError]] = {error.code: error for error in (InvalidDocument, TooLarge, Unavailable)}
_METADATA = ("title", "source", "source_type", "author", "url", "language", "published_at")
_MAX_MESSAGE, _MAX_NOTES, _MAX_LEVEL = 1_000, 200, 100
_PLAIN = (_KINDS.index("paragraph"), 0, 0)  # kind, level and page of most blocks
_SURROGATES = range(0xD800, 0xE000)


class BadReply(ValueError):
    """A reply that is not what a loader sends."""


def encode_documents(documents: tuple[LoadedDocument, ...]) -> bytes:
    """Documents as one JSON array."""
    return json.dumps({"documents": [_encoded(document) for document in documents]}, ensure_ascii=False).encode()


def encode_error(error: AssistantError) -> bytes:
    """A typed error, by its code."""
    code = error.code if error.code in _ERRORS else InvalidDocument.code
    detail, hint = error.detail[:_MAX_MESSAGE], (error.hint or "")[:_MAX_MESSAGE]
    return json.dumps({"error": code, "detail": detail, "hint": hint}).encode()


def decode(reply: bytes | bytearray, limits: Limits) -> tuple[LoadedDocument, ...]:
    """The documents of a reply.

    Raises:
        InvalidDocument, TooLarge, Unavailable: the error that the loader raised.
        BadReply: the reply is not what a loader sends.
    """
    try:
        message = json.loads(reply)
    except (ValueError, RecursionError) as error:
        raise BadReply("not JSON") from error
    if not isinstance(message, dict):
        raise BadReply("not an object")
    if "error" in message:
        kind = _ERRORS.get(message["error"]) if isinstance(message["error"], str) else None
        detail, hint = message.get("detail"), message.get("hint")
        if kind is None or not isinstance(detail, str) or not isinstance(hint, str):
            raise BadReply("not an error")
        raise kind(_printable(detail), _printable(hint) or None)
    documents = message.get("documents")
    if not isinstance(documents, list) or not documents or len(documents) > limits.documents:
        raise BadReply("not a list of documents")
    decoded = tuple(_decoded(document) for document in documents)
    if sum(len(document.text) for document in decoded) > limits.characters:
        raise BadReply("too many characters")
    if sum(len(document.blocks) for document in decoded) > limits.blocks:
        raise BadReply("too many blocks")
    return decoded


def _encoded(document: LoadedDocument) -> dict[str, Any]:
    metadata = document.metadata
    return {
        "text": document.text,
        "blocks": _encoded_blocks(document.blocks),
        "metadata": {name: getattr(metadata, name) for name in _METADATA} | {"topics": metadata.topics},
        "id": document.id,
        "media_type": document.media_type,
        "notes": [note[:_MAX_MESSAGE] for note in document.notes[:_MAX_NOTES]],
    }


def _encoded_blocks(blocks: tuple[Block, ...]) -> list[tuple[int, ...]]:
    """Each block as its distance from the one before and its length; kind, level and page only where they say more."""
    encoded: list[tuple[int, ...]] = []
    position = 0
    for block in blocks:
        distance, length = block.start - position, block.end - block.start
        rest = (_KINDS.index(block.kind), block.level, block.page or 0)
        encoded.append((distance, length) if rest == _PLAIN else (distance, length, *rest))
        position = block.end
    return encoded


def _decoded(value: Any) -> LoadedDocument:
    if not isinstance(value, dict):
        raise BadReply("not a document")
    text = _text(value.get("text"))
    fields = value.get("metadata")
    if not isinstance(fields, dict) or not isinstance(value.get("blocks"), list):
        raise BadReply("not a document")
    return LoadedDocument(
        text=text,
        blocks=_blocks(value["blocks"], len(text)),
        metadata=Metadata(
            title=_text(fields.get("title")),
            source=_optional(fields.get("source")),
            source_type=_optional(fields.get("source_type")),
            author=_optional(fields.get("author")),
            url=_optional(fields.get("url")),
            language=_optional(fields.get("language")),
            published_at=_optional(fields.get("published_at")),
            topics=_texts(fields.get("topics")),
        ),
        id=_optional(value.get("id")),
        media_type=_text(value.get("media_type")),
        notes=tuple(_printable(note) for note in _texts(value.get("notes"))),
    )


def _blocks(values: list[Any], length: int) -> tuple[Block, ...]:
    """Blocks in order, inside the text and never overlapping."""
    blocks: list[Block] = []
    position = 0
    for value in values:
        if not isinstance(value, list) or len(value) not in (2, 5) or not all(type(n) is int and n >= 0 for n in value):
            raise BadReply("not a block")
        distance, size = value[:2]
        kind, level, page = value[2:] or _PLAIN
        start, end = position + distance, position + distance + size
        if not (start < end <= length and kind < len(_KINDS) and level <= _MAX_LEVEL):
            raise BadReply("a block outside its text")
        blocks.append(Block(start, end, _KINDS[kind], level, page or None))
        position = end
    return tuple(blocks)


def _text(value: Any) -> str:
    if not isinstance(value, str) or (not value.isascii() and any(ord(c) in _SURROGATES for c in value)):
        raise BadReply("not text")
    return value


def _optional(value: Any) -> str | None:
    return None if value is None else _text(value)


def _texts(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or len(value) > _MAX_NOTES:
        raise BadReply("not a list of texts")
    return tuple(_text(item) for item in value)


def _printable(message: str) -> str:
    return "".join(c for c in message[:_MAX_MESSAGE] if c.isprintable())
