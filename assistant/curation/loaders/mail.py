"""E-mail messages (.eml): the body a reader sees first, and what the headers state."""

from __future__ import annotations

import email
import email.policy
from email.message import EmailMessage, MIMEPart
from email.utils import parseaddr

from assistant.curation.loaders.markup import html_blocks
from assistant.curation.loaders.metadata import BadField, checked_id, one_line, stated
from assistant.curation.loaders.source import Source
from assistant.curation.loaders.text import blocks_of_text, clean_text, cleaning_notes, decode
from assistant.errors import InvalidDocument, TooLarge
from assistant.models import LoadedDocument

MEDIA_TYPE = "message/rfc822"
_MAX_PARTS = 1_000
_SHOWN_ATTACHMENTS = 20


def load(source: Source) -> tuple[LoadedDocument, ...]:
    """One document: the plain-text body, or the HTML body where there is no other. Attachments are only named.

    Raises:
        InvalidDocument: a message without text, or an encrypted one.
    """
    message = email.message_from_bytes(source.data, policy=email.policy.default)
    assert isinstance(message, EmailMessage)  # noqa: S101 -- what the policy makes
    if sum(1 for _ in message.walk()) > _MAX_PARTS:
        raise TooLarge(f"{source.label} has more than {_MAX_PARTS:,} parts.", "Add its text alone.")
    if message.get_content_type() == "multipart/encrypted":
        raise InvalidDocument(f"{source.label} is encrypted.", "Add the decrypted message.")
    body = message.get_body(("plain", "html"))
    if body is None:
        raise InvalidDocument(f"{source.label} is a message without text.", "Add its attachment instead.")
    raw, notes = _content(body, source)
    if body.get_content_type() == "text/html":
        text, blocks = html_blocks(raw, source.limits, source.label)
    else:
        text = clean_text(raw)
        blocks, notes = blocks_of_text(text), (*notes, *cleaning_notes(raw, text))
    metadata, metadata_notes = stated(
        title=_header(message, "subject") or source.title,
        author=_author(message),
        language=_header(message, "content-language"),
        published_at=_header(message, "date"),
    )
    return (
        LoadedDocument(
            text, blocks, metadata, _identifier(message), MEDIA_TYPE, (*notes, *metadata_notes, *_attachments(message))
        ),
    )


def _content(body: MIMEPart, source: Source) -> tuple[str, tuple[str, ...]]:
    """A part's characters in the charset it declares, checked like that of any file."""
    payload = body.get_payload(decode=True)
    if not isinstance(payload, bytes) or not payload.strip():
        return "", ()
    charset = body.get_content_charset()
    part = Source(payload, source.name, f"text/plain; charset={charset}" if charset else None, source.limits)
    return decode(part)


def _header(message: EmailMessage, name: str) -> str | None:
    """A header's words; ``None`` where it is missing or too broken to be parsed."""
    try:
        value = message.get(name)
        return None if value is None else str(value)
    except (ValueError, IndexError, TypeError, AttributeError, LookupError):  # the parser trips over some headers
        return None


def _author(message: EmailMessage) -> str | None:
    name, address = parseaddr(_header(message, "from") or "")
    return one_line(name) or one_line(address) or None


def _identifier(message: EmailMessage) -> str | None:
    try:
        return checked_id((_header(message, "message-id") or "").strip().strip("<>"))
    except BadField:
        return None


def _attachments(message: EmailMessage) -> tuple[str, ...]:
    names = [one_line(part.get_filename() or part.get_content_type())[:80] for part in message.iter_attachments()]
    if not names:
        return ()
    more = f" and {len(names) - _SHOWN_ATTACHMENTS} more" if len(names) > _SHOWN_ATTACHMENTS else ""
    return (f"attachments not read: {', '.join(names[:_SHOWN_ATTACHMENTS])}{more}",)
