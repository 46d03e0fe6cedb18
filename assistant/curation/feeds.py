"""Polling a feed: fetch it if it has changed, and read its entries in the sandbox."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from assistant.curation.fetching import Fetched, fetch
from assistant.curation.loaders.feed import MEDIA_TYPE
from assistant.curation.sandbox import Sandbox
from assistant.errors import InvalidDocument
from assistant.models import LoadedDocument


@dataclass(frozen=True, slots=True)
class FeedState:
    """A feed's address and what its server said of the copy that was read last."""

    url: str
    etag: str | None = None
    last_modified: str | None = None


def poll(
    state: FeedState, sandbox: Sandbox, fetch: Callable[..., Fetched] = fetch
) -> tuple[tuple[LoadedDocument, ...], FeedState]:
    """The entries of a feed, none where it has not changed, and the state to poll with next time.

    Raises:
        InvalidDocument: the address holds no feed, or a damaged one.
        Refused, TooLarge, Unavailable: as from ``fetching.fetch``.
    """
    fetched = fetch(state.url, sandbox.limits, etag=state.etag, last_modified=state.last_modified)
    if fetched.not_modified:
        return (), state
    documents = sandbox.load(fetched.data, name=fetched.final_url, media_type=fetched.media_type)
    if any(document.media_type != MEDIA_TYPE for document in documents):
        raise InvalidDocument(f"{state.url} is a document, not a feed.", "Add it as a document.")
    return documents, replace(state, etag=fetched.etag, last_modified=fetched.last_modified)
