"""Dates as people may write them to us: ISO 8601, as precise as they know them."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta

_SHAPE = re.compile(r"\d{4}(-\d{2}(-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2})?)?)?)?")


def iso_date(value: str) -> str:
    """An ISO 8601 year, month, day or moment that exists, as given.

    Raises:
        ValueError: it is none of these.
    """
    if not _SHAPE.fullmatch(value):
        raise ValueError("write a date as YYYY-MM-DD")
    if len(value) > len("2025-12-15"):
        datetime.fromisoformat(value)
    else:
        date.fromisoformat((value + "-01-01")[: len("2025-12-15")])
    return value


def end_of_day(value: str) -> str:
    """The first moment after a day, in UTC as the catalog writes times.

    Raises:
        ValueError: it is not a day, written YYYY-MM-DD.
    """
    following = date.fromisoformat(value) + timedelta(days=1)
    return f"{following.isoformat()}T00:00:00.000000Z"
