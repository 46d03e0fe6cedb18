"""Secrets are taken out of whatever is logged, wherever they stand in it."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from typing import Any

REDACTED = "[redacted]"
SHORTEST = 8  # characters of a secret that is looked for as it is; shorter ones would hit words

_MARKED = r"(?:[\w-]*(?:api[_-]?key|secret|token|passw(?:or)?d|authorization|cookie)|key|sig|signature)"
_NAMED = re.compile(_MARKED, re.IGNORECASE)
_VARIABLES = re.compile(r"(?:KEY|TOKEN|SECRET|PASSWORD|CREDENTIALS)$")
_PATTERNS = (
    # keys of ours, and those of the providers that mark theirs
    (re.compile(r"\bbrief_[\w-]{8,}"), REDACTED),
    (re.compile(r"\b(?:sk|pk|rk|xox[abp]|gh[opsu]|hf|AKIA|AIza)[-_]?[\w-]{12,}"), REDACTED),
    (re.compile(r"\beyJ[\w-]+\.[\w-]+\.[\w-]+"), REDACTED),
    # what HTTP carries them in
    (re.compile(r"\b(bearer|basic)\s+[^\s,;'\"]+", re.IGNORECASE), rf"\1 {REDACTED}"),
    (re.compile(r"((?:set-)?cookie['\"]?\s*[:=]\s*)[^\s'\"}\]][^\n'\"}\]]*", re.IGNORECASE), rf"\1{REDACTED}"),
    # addresses: user:password@, ?token=
    (re.compile(r"(\w[\w+.-]*://)[^\s/@?#]+@"), rf"\1{REDACTED}@"),
    (re.compile(rf"([?&;]{_MARKED}=)[^\s&#'\";]+", re.IGNORECASE), rf"\1{REDACTED}"),
    # "api_key": "…", password=…
    (re.compile(rf"(['\"]{_MARKED}\\*['\"]\s*[:=,]\s*b?\\*['\"])[^'\"\\]+", re.IGNORECASE), rf"\1{REDACTED}"),
    (re.compile(r"\b((?:api[_-]?key|password|secret|token)\s*=\s*['\"]?)[^\s'\",)]+", re.IGNORECASE), rf"\1{REDACTED}"),
)


class Redactor:
    """Takes secrets out of texts and of what holds texts.

    Args:
        known: secrets that are to be found as they are, whatever they look like.
    """

    def __init__(self, known: Iterable[str] = ()) -> None:
        # The longest first, so that no part of one is left behind by another.
        self._known = sorted({secret for secret in known if len(secret) >= SHORTEST}, key=len, reverse=True)

    @classmethod
    def of_environment(cls, known: Iterable[str] = ()) -> Redactor:
        """Also with what the environment's variables hold whose names say that they are secret."""
        return cls([*known, *(value for name, value in os.environ.items() if _VARIABLES.search(name.upper()))])

    def text(self, text: str) -> str:
        """The text without secrets."""
        for secret in self._known:
            text = text.replace(secret, REDACTED)
        for pattern, put in _PATTERNS:
            text = pattern.sub(put, text)
        return text

    def value(self, value: Any) -> Any:
        """The same for anything that can be logged; of what a name marks as secret nothing is left."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, bytes):
            return self.text(value.decode("utf-8", "replace"))
        if isinstance(value, Mapping):
            return {
                str(name): REDACTED if item and _NAMED.fullmatch(str(name)) else self.value(item)
                for name, item in value.items()
            }
        if isinstance(value, list | tuple | set | frozenset):
            return [self.value(item) for item in value]
        return value if isinstance(value, int | float | bool | None) else self.text(str(value))
