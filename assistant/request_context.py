"""On whose behalf something is done, for logs and the audit log, which are far from the request that caused it."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

_WELL_FORMED = re.compile(r"[A-Za-z0-9._:-]{8,64}")


@dataclass(frozen=True, slots=True)
class Acting:
    """The request that is being answered, and the key it came with; both are None outside of requests."""

    request_id: str | None = None
    key_id: str | None = None


_NOBODY = Acting()
_CURRENT: ContextVar[Acting] = ContextVar("acting", default=_NOBODY)


def current() -> Acting:
    """The request of this moment."""
    return _CURRENT.get()


@contextmanager
def acting(request_id: str | None, key_id: str | None = None) -> Iterator[None]:
    """What is done inside is done for this request."""
    token = _CURRENT.set(Acting(request_id, key_id))
    try:
        yield
    finally:
        _CURRENT.reset(token)


def request_id_of(given: str | None) -> str:
    """The id that a client or proxy gave its request, where it is fit for logs; else a new one."""
    if given is not None and _WELL_FORMED.fullmatch(given):
        return given
    return secrets.token_hex(8)
