"""How values read on a page: dates, addresses, counts and links, as filters of the templates."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from types import SimpleNamespace
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from assistant.answering.citations import CONTEXT_CHARS
from assistant.models import Citation, RetrievedPassage
from assistant.server.forms import AskForm
from assistant.server.words import counted

_DATE = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2})(?:T(\d{2}:\d{2}))?)?)?")
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*")

PASSAGE_ANCHOR = "p"  # the id of the marked passage on a document's page


def document_url(document_id: str, **query: int | str | None) -> str:
    """The page of a document; whatever its id holds stays one part of the path."""
    given = {name: value for name, value in query.items() if value is not None}
    return f"/documents/{quote(document_id, safe='')}" + (f"?{urlencode(given)}" if given else "")


def curate_url(document_id: str, action: str = "document", **query: int | str | None) -> str:
    """The curators' page of a document, or what its forms are sent to."""
    given = {name: value for name, value in query.items() if value is not None}
    return f"/curate/{action}/{quote(document_id, safe='')}" + (f"?{urlencode(given)}" if given else "")


def citation_url(citation: Citation) -> str:
    """The document's page at the cited words."""
    place = document_url(citation.document_id, version=citation.version, start=citation.start, end=citation.end)
    return f"{place}#{PASSAGE_ANCHOR}"


def place_url(place: Mapping[str, Any]) -> str:
    """The document's page at a citation or a passage as it is served to programs."""
    at = document_url(place["document_id"], version=place["version"], start=place["start"], end=place["end"])
    return f"{at}#{PASSAGE_ANCHOR}"


def passage_url(retrieved: RetrievedPassage) -> str:
    """The document's page at a passage."""
    passage = retrieved.passage
    place = document_url(passage.document_id, version=passage.version, start=passage.start, end=passage.end)
    return f"{place}#{PASSAGE_ANCHOR}"


def web_url(url: str | None) -> str | None:
    """``url`` if a browser can follow it to a web page and do nothing else; None for every other scheme."""
    if not url or any(character.isspace() or not character.isprintable() for character in url):
        return None
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    return url if parts.scheme in {"http", "https"} and parts.hostname else None


def language_tag(language: str | None) -> str | None:
    """``language`` where it is shaped like a BCP 47 tag."""
    return language if language and _LANGUAGE.fullmatch(language) else None


def by_number(citations: Iterable[Mapping[str, Any]]) -> dict[int, Mapping[str, Any]]:
    """Citations by the number that sentences cite them with."""
    return {citation["number"]: citation for citation in citations}


def before(prefix: str) -> str:
    """A citation's prefix from its first whole word on, because it begins wherever its length ends."""
    if len(prefix) < CONTEXT_CHARS:
        return prefix
    _, space, rest = prefix.partition(" ")
    return f"… {rest}" if space else ""


def after(suffix: str) -> str:
    """A citation's suffix up to its last whole word."""
    if len(suffix) < CONTEXT_CHARS:
        return suffix
    rest, space, _ = suffix.rpartition(" ")
    return f"{rest} …" if space else ""


def as_name(topic: str) -> str:
    """A topic's key as a reader would write it: "security-guarantees" reads "security guarantees"."""
    return topic.replace("-", " ").replace("_", " ")


def fill(text: str, /, **values: object) -> str:
    """``text`` with its {names} replaced; the words are ours, the values are shown as they are."""
    return text.format(**values)


def day_writer(words: SimpleNamespace) -> Callable[[str | None], str]:
    """What writes an ISO 8601 date as precisely as it is known, and an unknown one as "undated"."""

    def written(value: str | None) -> str:
        if not value:
            return str(words.dates.undated)
        match = _DATE.match(value)
        if match is None:
            return value
        year, month, day, time = match.groups()
        if month is None or not 1 <= int(month) <= len(words.months.long):
            return year
        name = words.months.long[int(month) - 1]
        if day is None:
            return str(words.dates.month.format(month=name, year=year))
        date = words.dates.day.format(day=int(day), month=name, year=year)
        return str(words.dates.moment.format(date=date, time=time) if time else date)

    return written


def short_day_writer(words: SimpleNamespace) -> Callable[[str], str]:
    """What writes a date of an axis in little room: "5 Dec", "Dec 2025", "2025"."""

    def written(value: str) -> str:
        year, *rest = value.split("-")
        if not rest:
            return year
        name = words.months.short[int(rest[0]) - 1]
        form = words.dates.short_day if len(rest) > 1 else words.dates.month
        return str(form.format(day=int(rest[-1]), month=name, year=year))

    return written


def as_precise(day: str, precision: str) -> str:
    """The part of an ISO day that is known: its year, its month, or the whole."""
    return day[: {"year": len("2025"), "month": len("2025-12")}.get(precision)]


def limits_writer(words: SimpleNamespace) -> Callable[[AskForm], str]:
    """What tells the limits of a question in one line."""
    day = day_writer(words)

    def written(form: AskForm) -> str:
        dates = (
            (words.turn.limit_as_of, form.as_of),
            (words.turn.limit_from, form.published_from),
            (words.turn.limit_to, form.published_to),
        )
        told = [str(text.format(date=day(value))) for text, value in dates if value]
        told += [*form.sources, *map(as_name, form.source_types + form.topics), *form.document_ids]
        return " · ".join(told)

    return written


def filters(words: SimpleNamespace) -> dict[str, Callable[..., Any]]:
    """Every filter by the name that templates use."""
    return {
        "after": after,
        "as_name": as_name,
        "as_precise": as_precise,
        "before": before,
        "by_number": by_number,
        "curate_url": curate_url,
        "counted": lambda n, forms: counted(forms, n),
        "day": day_writer(words),
        "document_url": document_url,
        "fill": fill,
        "language_tag": language_tag,
        "limits": limits_writer(words),
        "place_url": place_url,
        "short_day": short_day_writer(words),
        "web_url": web_url,
    }
