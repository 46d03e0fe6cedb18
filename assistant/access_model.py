"""Who may do what: roles, keys, and whoever a request is from."""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from assistant.models import Metadata

KeyState = Literal["active", "expired", "revoked"]


class Role(StrEnum):
    """What a key allows; each role includes those before it."""

    READER = "reader"  # ask, search, read
    CURATOR = "curator"  # add, change and withdraw documents
    ADMIN = "admin"  # make and revoke keys

    def includes(self, other: Role) -> bool:
        """Whether this role may do what ``other`` may."""
        order = list(Role)
        return order.index(self) >= order.index(other)


@dataclass(frozen=True, slots=True)
class Scope:
    """The part of the corpus that a key is limited to; what is outside of it does not exist for whoever has the key.

    Args:
        topics: a document has to have one of these; any will do where there are none.
        sources: a document has to be from one of these; any will do where there are none.
    """

    topics: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        """Whether it limits anything."""
        return bool(self.topics or self.sources)

    def __str__(self) -> str:
        """In words, as refusals and lists of keys have it."""
        named = (("topics", self.topics), ("sources", self.sources))
        return " and ".join(f"{name} {', '.join(values)}" for name, values in named if values) or "nothing"

    @property
    def label(self) -> str:
        """The same text for the same scope."""
        return json.dumps([sorted(self.topics), sorted(self.sources)], ensure_ascii=False)

    def holds(self, metadata: Metadata) -> bool:
        """Whether a document with this metadata may be read."""
        topical = not self.topics or any(topic in self.topics for topic in metadata.topics)
        return topical and (not self.sources or metadata.source in self.sources)

    def owns(self, metadata: Metadata) -> bool:
        """Whether it may be written: it is also in nobody else's part, by another of its topics."""
        return self.holds(metadata) and (not self.topics or set(metadata.topics) <= set(self.topics))


WHOLE = Scope()


@dataclass(frozen=True, slots=True)
class ApiKey:
    """What is known of a key; times are UTC as the catalog writes them."""

    id: str
    name: str
    role: Role
    created_at: str
    created_by: str
    expires_at: str | None = None
    last_used_at: str | None = None
    revoked_at: str | None = None
    scope: Scope = WHOLE

    def state(self, at: str) -> KeyState:
        """Whether it is valid at a time."""
        if self.revoked_at is not None:
            return "revoked"
        return "expired" if self.expires_at is not None and self.expires_at <= at else "active"


@dataclass(frozen=True, slots=True)
class Principal:
    """Whoever a request is from."""

    name: str  # a key's name, as the history of documents shows it
    role: Role
    key_id: str | None = None  # None while there are no keys
    scope: Scope = WHOLE
    since: str = ""  # when the key was made: what an earlier key of the same name did is not its own
