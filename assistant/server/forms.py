"""What the question form sends: the same names in the page's address, in the form and in the partial's address."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated
from urllib.parse import urlencode

from fastapi import Depends, Query

from assistant.dates import iso_date
from assistant.errors import InvalidInput
from assistant.models import Filters

Several = Annotated[list[str] | None, Query(max_length=1_000)]


@dataclass(frozen=True, slots=True)
class AskForm:
    """A question and its limits as they were written; nothing is checked before ``filters`` is called."""

    q: str | None = None  # None: nothing has been asked yet
    as_of: str = ""
    published_from: str = ""
    published_to: str = ""
    sources: tuple[str, ...] = ()
    source_types: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()
    document_ids: tuple[str, ...] = ()

    @property
    def limited(self) -> bool:
        """Whether anything but the question is set."""
        return bool(
            self.as_of
            or self.published_from
            or self.published_to
            or self.sources
            or self.source_types
            or self.topics
            or self.document_ids
        )

    def filters(self) -> Filters:
        """The limits as the inside knows them.

        Raises:
            InvalidInput: a date is not one.
        """
        return Filters(
            document_ids=self.document_ids,
            sources=self.sources,
            source_types=self.source_types,
            topics=self.topics,
            published_from=_date(self.published_from),
            published_to=_date(self.published_to),
            as_of=_date(self.as_of),
        )

    def address(self) -> str:
        """The address of the page that shows this question's answer."""
        return f"/?{urlencode(self._pairs())}"

    def without_limits(self) -> str:
        """The address of the same question with nothing left out."""
        return AskForm(self.q).address()

    def _pairs(self) -> list[tuple[str, str]]:
        single = [("q", self.q or ""), ("as_of", self.as_of), ("from", self.published_from), ("to", self.published_to)]
        several = [("source", self.sources), ("kind", self.source_types)]
        several += [("topic", self.topics), ("document", self.document_ids)]
        return [pair for pair in single if pair[1]] + [(name, value) for name, values in several for value in values]


def _ask_form(
    q: str | None = None,
    as_of: str = "",
    published_from: Annotated[str, Query(alias="from")] = "",
    published_to: Annotated[str, Query(alias="to")] = "",
    source: Several = None,
    kind: Several = None,
    topic: Several = None,
    document: Several = None,
) -> AskForm:
    return AskForm(
        q, as_of, published_from, published_to, _given(source), _given(kind), _given(topic), _given(document)
    )


AskFormDep = Annotated[AskForm, Depends(_ask_form)]


def _given(values: list[str] | None) -> tuple[str, ...]:
    return tuple(dict.fromkeys(value for value in values or () if value))


def _date(value: str) -> str | None:
    if not value:
        return None
    try:
        return iso_date(value)
    except ValueError as error:
        raise InvalidInput(f"{value!r} is not a date.", "Write dates as YYYY-MM-DD, such as 2025-12-15.") from error
