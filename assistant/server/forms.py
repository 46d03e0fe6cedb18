"""What the question form sends: the same names in the page's address, in the form and in the partial's address."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import Depends, Request
from starlette.datastructures import ImmutableMultiDict

from assistant.conversations import NEW
from assistant.dates import iso_date
from assistant.errors import InvalidInput
from assistant.models import Filters

MOST_FIELDS = 2_000  # of a form


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
    draft: str = ""  # a question to go on writing, which is not asked yet
    conversation: str = NEW  # where the answer is kept

    @classmethod
    def of(cls, given: ImmutableMultiDict[str, Any]) -> AskForm:
        """From an address or a form; what is left empty is not set."""

        def one(name: str) -> str:
            value = given.get(name)
            return value if isinstance(value, str) else ""

        def several(name: str) -> tuple[str, ...]:
            values = [value for value in given.getlist(name) if isinstance(value, str) and value]
            return tuple(dict.fromkeys(values))

        return cls(
            one("q") if "q" in given else None,
            one("as_of"),
            one("from"),
            one("to"),
            several("source"),
            several("kind"),
            several("topic"),
            several("document"),
            one("draft"),
            one("conversation") or NEW,
        )

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
            published_from=day_or_none(self.published_from),
            published_to=day_or_none(self.published_to),
            as_of=day_or_none(self.as_of),
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


def _ask_form(request: Request) -> AskForm:
    return AskForm.of(request.query_params)


async def _sent_form(request: Request) -> AskForm:
    async with request.form(max_files=0, max_fields=MOST_FIELDS) as form:
        return AskForm.of(form)


AskFormDep = Annotated[AskForm, Depends(_ask_form)]  # in the address
SentFormDep = Annotated[AskForm, Depends(_sent_form)]  # in the body


def day_or_none(value: str) -> str | None:
    """A date as it was written in a form, checked; None where the field was left empty.

    Raises:
        InvalidInput: it is no ISO year, month or day.
    """
    if not value:
        return None
    try:
        return iso_date(value)
    except ValueError as error:
        raise InvalidInput(f"{value!r} is not a date.", "Write dates as YYYY-MM-DD, such as 2025-12-15.") from error
