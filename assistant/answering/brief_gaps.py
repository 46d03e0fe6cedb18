"""What a brief cannot say, and what weakens what it says."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection

from assistant.answering import brief_lines as lines
from assistant.answering.brief_model import BriefItem, BriefRequest
from assistant.answering.citations import CitationList
from assistant.answering.position_model import Position
from assistant.answering.positions import PositionFinder
from assistant.index.statement_queries import leading_holders

ACTORS = 8  # of whom a position could be expected: those with the most positions in the corpus


def gap_items(
    connection: Connection,
    finder: PositionFinder,
    positions: Sequence[Position],
    request: BriefRequest,
    citations: CitationList,
    *,
    changed: bool,
) -> list[BriefItem]:
    """The lines of the section on gaps.

    Args:
        connection: the snapshot of the brief.
        finder: knows who is a party, of whom a position could be expected, and who an observer.
        positions: what was found on the topic.
        request: what was asked for.
        citations: what the brief has cited so far.
        changed: whether anything changed since the date asked about.
    """
    items = []
    for actor in leading_holders(connection, request.filters, ACTORS):
        held = [p for p in positions if p.holder == actor]
        known = finder.actors.named(actor)
        if known is not None and known.kind != "person" and not any(p.own for p in held):
            items.append(_unheard(actor, held, citations))
    if request.since is not None and not changed:
        items.append(BriefItem(f"Nothing on the topic is dated after {lines.shown_date(request.since)}.", ()))
    items += _about_sources(citations)
    if request.filters.as_of is not None:
        day = lines.shown_date(request.filters.as_of)
        items.append(BriefItem(f"Documents published after {day} and undated documents were left out.", ()))
    return items


def _unheard(actor: str, held: Sequence[Position], citations: CitationList) -> BriefItem:
    if not held:
        return BriefItem(f"No position of {actor} on this topic was found in the corpus.", ())
    tellers = sorted({lines.flat(p.speaker) for p in held if p.speaker})
    told_by = f": what is said of it comes from {', '.join(tellers)}" if tellers else ""
    return BriefItem(
        f"No statement by {actor} itself on this topic was found in the corpus{told_by}.",
        tuple(dict.fromkeys(citations.cite(p.source) for p in held)),
    )


def _about_sources(citations: CitationList) -> list[BriefItem]:
    cited = citations.all()
    items = []
    undated = [c for c in cited if c.metadata.published_at is None]
    if undated:
        titles = "; ".join(dict.fromkeys(lines.flat(c.metadata.title) or c.document_id for c in undated))
        items.append(BriefItem(f"Undated sources were used: {titles}.", tuple(c.number for c in undated)))
    publishers = {c.metadata.source for c in cited}
    if len(cited) > 1 and len(publishers) == 1 and None not in publishers:
        source = lines.flat(cited[0].metadata.source or "")
        items.append(BriefItem(f"Every source is from one publisher: {source}.", ()))
    return items
