"""Keys: made once, shown once, kept as digests, and looked up with every request.

A key is 256 random bits, so a plain SHA-256 of it cannot be reversed by guessing, unlike that of a password
(NIST SP 800-63B, 5.1.2.2, asks for salting and stretching only below 112 bits).
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from assistant.access_model import WHOLE, ApiKey, Principal, Role, Scope
from assistant.errors import Conflict, InvalidConfiguration, InvalidInput, NotFound, Unauthenticated
from assistant.index import audit_log, key_store, session_store
from assistant.index.database import Database
from assistant.index.records import now, stamp
from assistant.loopback import is_loopback

PREFIX = "brief_"  # lets scanners of repositories and logs tell what they have found
SECRET_BYTES = 32
LONGEST_NAME = 100
MOST_VALUES, LONGEST_VALUE = 100, 200  # of a scope
MINUTE = len("2026-01-01T00:00")


@dataclass(frozen=True, slots=True)
class KeyRing:
    """The keys of a corpus.

    Args:
        database: the catalog.
    """

    database: Database

    def add(self, name: str, role: Role, expires_at: str | None, by: str, scope: Scope = WHOLE) -> tuple[ApiKey, str]:
        """Make a key; the text returned beside it is the only copy.

        Args:
            name: who has it; shown in the history of documents.
            role: what it allows.
            expires_at: the first moment at which it is no longer valid, UTC; None is never.
            by: who makes it.
            scope: the part of the corpus that it is limited to.

        Raises:
            InvalidInput: the name is empty, too long or not printable, the time is past, or the scope is no scope.
            Conflict: a key that is not revoked has this name.
        """
        name, at = name.strip(), now()
        if not name or len(name) > LONGEST_NAME or not name.isprintable():
            raise InvalidInput(f"{name[:LONGEST_NAME]!r} cannot name a key.", f"Use 1 to {LONGEST_NAME} characters.")
        if expires_at is not None and expires_at <= at:
            raise InvalidInput(f"The key would have expired on {expires_at[:10]}.", "Choose a day in the future.")
        if scope and role is Role.ADMIN:
            raise InvalidInput(
                "An administrator's key cannot be limited: it can make keys without limits.", "Make a curator's key."
            )
        secret = PREFIX + secrets.token_urlsafe(SECRET_BYTES)
        key = ApiKey(secrets.token_hex(4), name, role, at, by, expires_at, scope=_checked(scope))
        with self.database.write() as connection:
            if key_store.unrevoked(connection, name) is not None:
                raise Conflict(f"There is a key {name!r} already.", "Revoke it first, or choose another name.")
            key_store.add(connection, key, _digest(secret))
            detail = {"name": name, "role": role.value, "expires_at": expires_at}
            audit_log.note(connection, "key.made", by=by, subject=key.id, detail=detail)
        return key, secret

    def all(self) -> list[ApiKey]:
        """Every key, revoked ones too, oldest first."""
        with self.database.read() as connection:
            return key_store.every(connection)

    def revoke(self, name_or_id: str, by: str = "local") -> ApiKey:
        """End a key now.

        Args:
            name_or_id: which one.
            by: who ends it.

        Raises:
            NotFound: no key that is not revoked has this name or id.
        """
        with self.database.write() as connection:
            key = key_store.unrevoked(connection, name_or_id)
            if key is None:
                raise NotFound(f"There is no key {name_or_id!r} to revoke.", "List them with `assistant keys list`.")
            key_store.set_revoked(connection, key.id, now())
            session_store.remove_of(connection, key.id)
            audit_log.note(connection, "key.revoked", by=by, subject=key.id, detail={"name": key.name})
        return key

    def in_use(self) -> bool:
        """Whether keys are needed: one has been made and not revoked. That it has expired opens nothing."""
        with self.database.read() as connection:
            return key_store.any_unrevoked(connection)

    def principal(self, secret: str) -> Principal:
        """Whose key this is; notes, to the minute, that it was used.

        Raises:
            Unauthenticated: it is unknown, revoked or expired.
        """
        with self.database.read() as connection:
            key = key_store.by_digest(connection, _digest(secret))
        if key is None or key.state(now()) != "active":
            # Which of these it is would tell a stranger that a guessed key once existed.
            raise Unauthenticated("The key is not valid.", "Ask the administrator for another one.")
        return self._used(key)

    def sign_in(self, secret: str, hours: float) -> str:
        """Begin a session with a key.

        Args:
            secret: the key.
            hours: how long it lasts at most; it ends with the key.

        Returns:
            the only copy of what the browser's cookie holds.

        Raises:
            Unauthenticated: the key is unknown, revoked or expired.
        """
        principal = self.principal(secret)
        if principal.key_id is None:
            raise TypeError("a key that was found has an id")
        cookie, ends = secrets.token_urlsafe(SECRET_BYTES), datetime.now(UTC) + timedelta(hours=hours)
        with self.database.write() as connection:
            session_store.add(connection, _digest(cookie), principal.key_id, now(), stamp(ends))
        return cookie

    def signed_in(self, cookie: str) -> Principal:
        """Whose session this is; notes, to the minute, that the key was used.

        Raises:
            Unauthenticated: it has ended, or its key has been revoked or has expired.
        """
        at = now()
        with self.database.read() as connection:
            key_id = session_store.key_of(connection, _digest(cookie), at)
            key = None if key_id is None else key_store.by_id(connection, key_id)
        if key is None or key.state(at) != "active":
            raise Unauthenticated("You are not signed in, or no longer.", "Sign in with your key.")
        return self._used(key)

    def sign_out(self, cookie: str) -> None:
        """End a session, if it is one."""
        with self.database.write() as connection:
            session_store.remove(connection, _digest(cookie))

    def _used(self, key: ApiKey) -> Principal:
        at = now()
        if key.last_used_at is None or key.last_used_at[:MINUTE] != at[:MINUTE]:
            with self.database.write() as connection:
                key_store.set_used(connection, key.id, at)
        return _holder(key)

    def check_bind(self, host: str) -> None:
        """Refuse to serve everybody.

        Raises:
            InvalidConfiguration: others could reach the address, and there is no valid key.
        """
        if is_loopback(host) or any(key.state(now()) == "active" for key in self.all()):
            return
        raise InvalidConfiguration(
            f"Anyone who reaches {host or 'this machine'} could read and change the corpus: there is no valid key.",
            "Make one with `assistant keys add NAME --role admin`, or listen on 127.0.0.1.",
        )


def _holder(key: ApiKey) -> Principal:
    return Principal(key.name, key.role, key.id, key.scope, key.created_at)


def _checked(scope: Scope) -> Scope:
    """The scope with each value once and without surrounding space."""
    kinds = []
    for values in (scope.topics, scope.sources):
        named = tuple(sorted({value.strip() for value in values}))
        if len(named) > MOST_VALUES or any(not v or len(v) > LONGEST_VALUE or not v.isprintable() for v in named):
            raise InvalidInput(
                "That is no scope.",
                f"Name at most {MOST_VALUES} topics and sources of 1 to {LONGEST_VALUE} characters.",
            )
        kinds.append(named)
    return Scope(*kinds)


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
