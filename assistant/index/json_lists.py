"""A condition on columns that hold a JSON list of texts, in the words of each database."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Boolean, ColumnElement, literal
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.elements import ClauseList
from sqlalchemy.sql.functions import FunctionElement


class SharesText(FunctionElement[bool]):
    """Whether a column's list and another list, both as JSON, have a text in common."""

    inherit_cache = True
    name = "shares_text"
    type = Boolean()

    def __init__(self, column: ColumnElement[Any], texts: str) -> None:
        super().__init__(column, literal(texts))


@compiles(SharesText, "sqlite")
def _sqlite(element: SharesText, compiler: Any, **options: Any) -> str:
    column, texts = _sides(element, compiler, options)
    return (
        f"(EXISTS (SELECT 1 FROM json_each({column}) AS one WHERE one.value IN (SELECT value FROM json_each({texts}))))"
    )


@compiles(SharesText, "postgresql")
def _postgresql(element: SharesText, compiler: Any, **options: Any) -> str:
    column, texts = _sides(element, compiler, options)
    return f"(CAST({column} AS jsonb) ?| ARRAY(SELECT json_array_elements_text(CAST({texts} AS json))))"


def _sides(element: SharesText, compiler: Any, options: dict[str, Any]) -> tuple[str, str]:
    clauses: ClauseList = element.clauses
    column, texts = (compiler.process(clause, **options) for clause in clauses)
    return column, texts
