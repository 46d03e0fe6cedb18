"""Full-text search in SQLite: an FTS5 table.

The table is contentless: it holds the words of live passages only and no text of its own. A contentless row is
deleted by handing FTS5 the very words that went in, which is safe here because versions never change.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence

from sqlalchemy import Connection, text

from assistant.index import scoped_lexical
from assistant.index.scoping import is_narrowed

TOKENIZER = "porter unicode61 remove_diacritics 2"

DDL = f"""
CREATE VIRTUAL TABLE passages_fts USING fts5(
    title, headings, text, content='', tokenize='{TOKENIZER}'
)
"""

# bm25 column weights: a match in the text counts most; title and headings say what the passage is about.
WEIGHTS = {"title": 0.5, "headings": 0.5, "text": 1.0}

VOCABULARY_DDL = "CREATE VIRTUAL TABLE passages_vocabulary USING fts5vocab(passages_fts, row)"

_ROWS = """
    SELECT p.seq AS seq, v.title AS title, p.headings AS headings, p.text AS text
    FROM passages p JOIN versions v ON v.document_id = p.document_id AND v.number = p.version
"""


_OF_VERSION = "WHERE p.document_id = :document_id AND p.version = :version AND p.live"
_FIELDS = "title, headings, text"
_SCORED = "SELECT rowid, -bm25(passages_fts, :title, :headings, :text) AS score FROM passages_fts"
_BEST = "ORDER BY score DESC, rowid LIMIT :limit"
_ONLY = "AND rowid IN (SELECT value FROM json_each(:within))"

SEARCH = text(f"{_SCORED} WHERE passages_fts MATCH :query {_BEST}")
SEARCH_WITHIN = text(f"{_SCORED} WHERE passages_fts MATCH :query {_ONLY} {_BEST}")
ADD_VERSION = text(f"INSERT INTO passages_fts(rowid, {_FIELDS}) SELECT seq, {_FIELDS} FROM ({_ROWS} {_OF_VERSION})")
REMOVE_VERSION = text(
    f"INSERT INTO passages_fts(passages_fts, rowid, {_FIELDS}) "
    f"SELECT 'delete', seq, {_FIELDS} FROM ({_ROWS} {_OF_VERSION})"
)
REMOVE_ALL = text("INSERT INTO passages_fts(passages_fts) VALUES ('delete-all')")
ADD_LIVE = text(f"INSERT INTO passages_fts(rowid, {_FIELDS}) SELECT seq, {_FIELDS} FROM ({_ROWS} WHERE p.live)")


def match_expression(words: Iterable[str]) -> str:
    """An FTS5 query for any of ``words``; each is quoted, so no word can act as an operator."""
    return " OR ".join('"' + word.replace('"', '""') + '"' for word in words)


def search(
    connection: Connection, words: Sequence[str], limit: int, within: Sequence[int] | None = None
) -> list[tuple[int, float]]:
    """As ``lexical.search``; FTS5 returns bm25 negated."""
    if is_narrowed(connection):
        return scoped_lexical.search(connection, words, limit, within, WEIGHTS, TOKENIZER)
    parameters: dict[str, object] = {"query": match_expression(words), "limit": limit, **WEIGHTS}
    if within is None:
        rows = connection.execute(SEARCH, parameters)
    else:
        rows = connection.execute(SEARCH_WITHIN, {**parameters, "within": json.dumps(list(within))})
    return [(row.rowid, row.score) for row in rows]


def document_frequencies(connection: Connection, stems: Sequence[str]) -> dict[str, int]:
    """In how many live passages each stem occurs; stems are as Porter's algorithm gives them."""
    if is_narrowed(connection):
        return scoped_lexical.document_frequencies(connection, stems, TOKENIZER)
    rows = connection.execute(
        text("SELECT term, doc FROM passages_vocabulary WHERE term IN (SELECT value FROM json_each(:stems))"),
        {"stems": json.dumps(list(stems))},
    )
    return {row.term: row.doc for row in rows}


def add_version(connection: Connection, document_id: str, version: int) -> None:
    """Make the live passages of one version searchable by word."""
    connection.execute(ADD_VERSION, {"document_id": document_id, "version": version})


def remove_version(connection: Connection, document_id: str, version: int) -> None:
    """Take the passages of one version out again, while they are still live."""
    connection.execute(REMOVE_VERSION, {"document_id": document_id, "version": version})


def rebuild(connection: Connection) -> None:
    """Empty the table and fill it from the live passages."""
    connection.execute(REMOVE_ALL)
    connection.execute(ADD_LIVE)


def count(connection: Connection) -> int:
    """How many passages the table holds."""
    return connection.scalar(text("SELECT count(*) FROM passages_fts_docsize")) or 0
