"""Who may do what: roles, keys, and whoever a request is from."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

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
