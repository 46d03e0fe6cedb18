"""Which statements stand in a stretch of a document."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from assistant.models import Passage, Statement

Statements = Mapping[tuple[str, int], Sequence[Statement]]  # by document id and version


def said_between(statements: Statements, passage: Passage, start: int, end: int) -> list[Statement]:
    """The statements that reach into a stretch of a passage's version.

    Args:
        statements: those of its version, at least.
        passage: says which version.
        start: offset in the version's text.
        end: offset behind the stretch.
    """
    found = statements.get((passage.document_id, passage.version), ())
    return [statement for statement in found if statement.start < end and statement.end > start]


def joined(parts: Iterable[Statements]) -> Statements:
    """What several parts of an answer have of each version, each statement once, in reading order."""
    found: dict[tuple[str, int], dict[Statement, None]] = {}
    for part in parts:
        for version, said in part.items():
            found.setdefault(version, {}).update(dict.fromkeys(said))
    return {version: sorted(said, key=lambda statement: statement.start) for version, said in found.items()}
