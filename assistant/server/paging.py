"""Lists a page at a time: each page says what to send as ``after`` for the one that follows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Annotated, TypeVar

from fastapi import Query
from pydantic import Field

from assistant.errors import InvalidInput

LARGEST_PAGE = 500
LONGEST_CURSOR = 20

T = TypeVar("T")

NEXT = Field(default=None, description="What to send as `after` for the page that follows; null on the last one.")
LimitQuery = Annotated[int | None, Query(ge=1, le=LARGEST_PAGE, description="Most items; all where it is left out.")]
AfterQuery = Annotated[str | None, Query(max_length=200, description="`next` of the page before.")]


def page_of(
    items: Sequence[T], limit: int | None, after: str | None, place: Callable[[T], int]
) -> tuple[list[T], str | None]:
    """A page of a list that is at hand as a whole, and the cursor of the page after it.

    Args:
        items: all of them, in the order of their places.
        limit: most items; None for all.
        after: the cursor that the page before gave.
        place: a number of each item, which grows and does not change.

    Raises:
        InvalidInput: ``after`` is no such cursor.
    """
    left = list(items) if after is None else [item for item in items if place(item) > cursor(after)]
    if limit is None or len(left) <= limit:
        return left, None
    return left[:limit], str(place(left[limit - 1]))


def cursor(after: str) -> int:
    """The place that a cursor stands for.

    Raises:
        InvalidInput: it is none.
    """
    if not (after.isascii() and after.isdigit() and len(after) < LONGEST_CURSOR):
        raise InvalidInput(f"{after[:40]!r} is not the end of a page.", "Give the `next` of the page before.")
    return int(after)
