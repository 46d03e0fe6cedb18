"""The one tree of errors, and the one shape they take on the wire and on a terminal.

    AssistantError
    ├── InvalidInput            what was asked or sent cannot be used (422)
    │   ├── InvalidQuestion
    │   ├── InvalidDocument     cannot be read as a document
    │   ├── InvalidConfiguration (exit 2)
    │   ├── KeyReused           an idempotency key that was used for another request (422)
    │   └── TooLarge            over a limit (413)
    ├── NotFound                no such document, version, job, … (404)
    ├── Conflict                the write would contradict what is stored (409)
    ├── Moved                   the document is not the one that the write was meant for (412)
    ├── ConditionRequired       the write does not say which version it is meant for (428)
    ├── Unauthenticated         no key, or one that is not valid (401)
    ├── Refused                 not allowed: an unsafe address, a missing right (403)
    ├── TooManyRequests         more than one client may ask for at a time (429)
    └── Unavailable             the service cannot do it now (503)
        ├── DataDirectoryLocked another process owns the data directory
        ├── ModelUnavailable    the encoder is missing, damaged or unsafe to load
        ├── Stopping            the server is about to stop
        └── StorageFailed       disk full, read-only, or a damaged catalog (507)
            └── CatalogUnreachable  the database server is away or takes no more connections (503)

Every error carries a stable ``code`` (the last part of its problem type), a ``detail`` that says what
happened and a ``hint`` that says what to do about it.
"""

from __future__ import annotations

from typing import ClassVar


class AssistantError(Exception):
    """Base of every error the assistant raises on purpose.

    Args:
        detail: one sentence: what went wrong, with the value that caused it.
        hint: one sentence: what the reader can do now.
    """

    code: ClassVar[str] = "error"
    title: ClassVar[str] = "The assistant could not do this"
    status: ClassVar[int] = 500
    exit_status: ClassVar[int] = 1
    retry_after: int | None = None  # seconds after which it is worth asking again, where that is known

    def __init__(self, detail: str, hint: str | None = None) -> None:
        super().__init__(detail)
        self.detail = detail
        self.hint = hint

    def __str__(self) -> str:
        """One line for a terminal: what happened, then what to do."""
        return f"{self.detail} {self.hint}" if self.hint else self.detail

    def __reduce__(self) -> tuple[type[AssistantError], tuple[str, str | None]]:
        """Keep ``hint`` when the error crosses a process boundary."""
        return type(self), (self.detail, self.hint)


class InvalidInput(AssistantError):
    """What was asked or sent cannot be used as it is."""

    code = "invalid-input"
    title = "The request cannot be used"
    status = 422
    exit_status = 2


class InvalidQuestion(InvalidInput):
    """The question is empty, too long or not text."""

    code = "invalid-question"
    title = "The question cannot be answered as asked"


class InvalidDocument(InvalidInput):
    """A document that cannot be read: unreadable front matter, a broken file, no text."""

    code = "invalid-document"
    title = "The document cannot be read"


class InvalidConfiguration(InvalidInput):
    """A setting, prompt, actor file or stance file that cannot be used."""

    code = "invalid-configuration"
    title = "The configuration cannot be used"


class TooLarge(InvalidInput):
    """Something is over its limit of bytes, pages, characters or items."""

    code = "too-large"
    title = "Too large"
    status = 413


class KeyReused(InvalidInput):
    """An idempotency key stands for one request, and this is another one."""

    code = "idempotency-key-reused"
    title = "The idempotency key belongs to another request"


class NotFound(AssistantError):
    """No document, version, passage or job has that name."""

    code = "not-found"
    title = "Not found"
    status = 404


class Conflict(AssistantError):
    """The write contradicts what is stored: a duplicate, or a version that has moved on."""

    code = "conflict"
    title = "Conflicts with what is stored"
    status = 409


class Moved(AssistantError):
    """The document is no longer, or not yet, what ``If-Match`` or ``If-None-Match`` says."""

    code = "precondition-failed"
    title = "The document has changed"
    status = 412


class ConditionRequired(AssistantError):
    """A change is accepted only with ``If-Match`` here, so that nobody overwrites what they have not seen."""

    code = "precondition-required"
    title = "The version to change has to be named"
    status = 428


class Unauthenticated(AssistantError):
    """Who asks is not known: no key was given, or one that is unknown, revoked or expired."""

    code = "unauthenticated"
    title = "A key is needed"
    status = 401


class Refused(AssistantError):
    """Understood and not allowed, such as an address inside the private network."""

    code = "refused"
    title = "Not allowed"
    status = 403


class TooManyRequests(AssistantError):
    """A client asks for more at a time than it may.

    Args:
        detail: what there is too much of.
        retry_after: seconds until it may ask again.
    """

    code = "too-many-requests"
    title = "Too many requests"
    status = 429

    def __init__(self, detail: str, retry_after: int) -> None:
        super().__init__(detail, f"Ask again in {retry_after} second{'' if retry_after == 1 else 's'}.")
        self.retry_after = retry_after


class Unavailable(AssistantError):
    """The service cannot do this now; the same request may succeed later."""

    code = "unavailable"
    title = "Not available right now"
    status = 503


class DataDirectoryLocked(Unavailable):
    """Another process owns the data directory."""

    code = "data-directory-locked"
    title = "The data directory is in use"
    exit_status = 3


class ModelUnavailable(Unavailable):
    """The encoder is missing, damaged, or would have to run code to load."""

    code = "model-unavailable"
    title = "The embedding model cannot be used"
    exit_status = 4


class Stopping(Unavailable):
    """The server is about to stop and begins nothing new."""

    code = "stopping"
    title = "The server is about to stop"
    retry_after = 5

    def __init__(self) -> None:
        super().__init__("The server is about to stop and begins nothing new.", "Ask again in a few seconds.")


class StorageFailed(Unavailable):
    """The disk is full or read-only, or the catalog is damaged; nothing acknowledged is lost."""

    code = "storage-failed"
    title = "The corpus could not be read or written"
    status = 507
    exit_status = 5


class CatalogUnreachable(StorageFailed):
    """The database server that holds the catalog does not answer; the same request succeeds once it does."""

    code = "catalog-unreachable"
    title = "The catalog cannot be reached"
    status = 503


def first_line(error: BaseException) -> str:
    """What a library's error says, short enough for one line of ours."""
    lines = str(error).strip().splitlines()
    return lines[0][:200] if lines else type(error).__name__
