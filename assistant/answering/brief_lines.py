"""How a brief words its lines: the source's own sentence, with who says it and when before or after it."""

from __future__ import annotations

from collections.abc import Sequence

from assistant.answering.disagreement import Agreement, Disagreement
from assistant.answering.position_model import Position
from assistant.models import Metadata
from assistant.stances import StanceBook

_MONTHS = "January February March April May June July August September October November December".split()


def shown_date(value: str) -> str:
    """An ISO year, month or day in words: "15 December 2025"."""
    parts = value[: len("2025-12-15")].split("-")
    if len(parts) == 1:
        return parts[0]
    month = _MONTHS[int(parts[1]) - 1]
    return f"{int(parts[2])} {month} {parts[0]}" if len(parts) > 2 else f"{month} {parts[0]}"


def flat(text: str) -> str:
    """Text on one line."""
    return " ".join(text.split())


def when(position: Position) -> str:
    """The date of a position, told apart from the date of its report."""
    if position.stated_at is None:
        return "date unknown"
    day = shown_date(position.stated_at)
    return day if position.dated_by == "text" else f"reported {day}"


def label(stances: StanceBook, position: Position) -> str:
    """The stance in a word or two, marked where it is not the actor's own plain statement."""
    stance = stances.get(position.stance)
    words = stance.label if stance else position.stance
    teller = position.speaker or position.source.retrieved.metadata.source or "the source"
    if position.modality == "negated":
        words = f"{words} (taken back)"
    elif position.modality == "conditional":
        words = f"{words} (on a condition)"
    elif position.modality == "asked":
        words = f"{words} (asked)"
    if position.modality == "expected":
        return f"{words}, as expected by {flat(teller)}"
    return words if position.own else f"{words}, according to {flat(teller)}"


def told(position: Position) -> str:
    """The sentence with its speaker and date."""
    who = ""
    if position.own and position.speaker and position.speaker != position.holder:
        who = f"{flat(position.speaker)}, "
    return f"{flat(position.text)} ({who}{when(position)})"


def position_line(stances: StanceBook, positions: Sequence[Position]) -> str:
    """One line for everything that one sentence says of one actor."""
    labels = list(dict.fromkeys(label(stances, position) for position in positions))
    words = "; ".join(labels)
    return f"{words[:1].upper()}{words[1:]}: {told(positions[0])}"


def disagreement_line(stances: StanceBook, item: Disagreement) -> str:
    """Both sides, each in its own words."""
    sides = _side_by_side(stances, (item.one, item.other))
    return sides if item.kind == "actors" else f"Sources differ on {item.one.holder}. {sides}"


def agreement_line(stances: StanceBook, item: Agreement) -> str:
    """The actors that point the same way, each in its own words."""
    return _side_by_side(stances, item.positions)


def new_line(stances: StanceBook, position: Position) -> str:
    """A position with its holder."""
    return f"{position.holder} {label(stances, position)}: {told(position)}"


def change_line(stances: StanceBook, earlier: Position, later: Position) -> str:
    """What was held until, and what is held since."""
    until = shown_date(later.stated_at) if later.stated_at else "later"
    return (
        f"Until {until}, {earlier.holder} {label(stances, earlier)}: {told(earlier)} — "
        f"since then {label(stances, later)}: {told(later)}"
    )


def event_line(day: str, text: str) -> str:
    """A dated sentence after its date, which is not repeated where the sentence begins with it."""
    return flat(text) if flat(text).startswith(day) else f"{day}: {flat(text)}"


def _side_by_side(stances: StanceBook, positions: Sequence[Position]) -> str:
    """Each position in its own words; those that one sentence holds share it."""
    by_text: dict[str, list[Position]] = {}
    for position in positions:
        by_text.setdefault(flat(position.text), []).append(position)
    parts = []
    for held in by_text.values():
        sides = ", ".join(f"{position.holder} {label(stances, position)}" for position in held)
        parts.append(f"{sides}: {told(held[0])}")
    return " — ".join(parts)


def source_line(metadata: Metadata, document_id: str, version: int) -> str:
    """A document as the list of sources names it."""
    published = f"published {shown_date(metadata.published_at)}" if metadata.published_at else "undated"
    parts = [part for part in (metadata.source, metadata.source_type, published) if part]
    return f"{flat(metadata.title) or document_id} ({', '.join(map(flat, parts))}; {document_id}, version {version})"
