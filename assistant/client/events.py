"""Server-sent events, read a line at a time (https://html.spec.whatwg.org/multipage/server-sent-events.html)."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Event:
    """One event of a stream: ``name`` says what ``data`` is, ``id`` is where to go on after it."""

    id: str
    name: str
    data: Any


class EventReader:
    """Makes events of lines."""

    def __init__(self) -> None:
        self._fields: dict[str, list[str]] = {}
        self.last_id = ""

    def line(self, line: str) -> Event | None:
        """Take a line without its end; an event where that ended one."""
        if line:
            name, _, value = line.partition(":")
            if name:  # a line that begins with a colon is a sign of life
                self._fields.setdefault(name, []).append(value.removeprefix(" "))
            return None
        fields, self._fields = self._fields, {}
        self.last_id = fields.get("id", [self.last_id])[-1]
        if "data" not in fields:
            return None
        data = json.loads("\n".join(fields["data"]))
        return Event(self.last_id, fields.get("event", ["message"])[-1], data)
