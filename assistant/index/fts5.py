"""Full-text search in SQLite: an FTS5 table.

The table is contentless: it holds the words of live passages only and no text of its own. A contentless row is
deleted by handing FTS5 the very words that went in, which is safe here because versions never change.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from functools import partial

from sqlalchemy import Connection, TextClause, text

from assistant.index import counts, scoped_lexical
from assistant.index.fts5_table import TOKENIZER, WEIGHTS
from assistant.index.scoping import is_narrowed
from assistant.index.tokens import affordable, terms_by_word

CANDIDATES = 5_000  # passages that are scored at most; those with the rarest words are taken first
MOST_TOGETHER = 4  # common words that a passage must have all of

_ROWS = """
    SELECT p.seq AS seq, v.title AS title, p.headings AS headings, p.text AS text
    FROM passages p JOIN versions v ON v.document_id = p.document_id AND v.number = p.version
"""


_OF_VERSION = "WHERE p.document_id = :document_id AND p.version = :version AND p.live"
_FIELDS = "title, headings, text"
_SCORED = "SELECT rowid, -bm25(passages_fts, :title, :headings, :text) AS score FROM passages_fts"
_BEST = "ORDER BY score DESC, rowid LIMIT :limit"
# The plus keeps SQLite from asking the full-text table for each of these rows anew, which takes milliseconds a row.
_ONLY = "AND +rowid IN (SELECT value FROM json_each(:within))"
_NEWEST = f"{_SCORED.replace('rowid,', 'rowid AS seq,')} WHERE passages_fts MATCH {{}} ORDER BY rowid DESC LIMIT :most"

SEARCH = text(f"{_SCORED} WHERE passages_fts MATCH :query {_BEST}")
SEARCH_WITHIN = text(f"{_SCORED} WHERE passages_fts MATCH :query {_ONLY} {_BEST}")
# bm25 is a sum over the words of a query. Only passages that match ``chosen`` are scored where ``both`` asks for them
# and for any word beside; what they score for ``chosen`` is counted twice then, and taken off again.
SEARCH_CHOSEN = text(f"""
    WITH chosen AS MATERIALIZED ({_NEWEST.format(":chosen")}), twice AS MATERIALIZED ({_NEWEST.format(":both")})
    SELECT seq AS rowid, twice.score - chosen.score AS score FROM twice JOIN chosen USING (seq)
    ORDER BY score DESC, rowid LIMIT :limit
""")
FREQUENCIES = text("SELECT term, doc FROM passages_vocabulary WHERE term IN (SELECT value FROM json_each(:stems))")
ADD_VERSION = text(f"INSERT INTO passages_fts(rowid, {_FIELDS}) SELECT seq, {_FIELDS} FROM ({_ROWS} {_OF_VERSION})")
REMOVE_VERSION = text(
    f"INSERT INTO passages_fts(passages_fts, rowid, {_FIELDS}) "
    f"SELECT 'delete', seq, {_FIELDS} FROM ({_ROWS} {_OF_VERSION})"
)
REMOVE_ALL = text("INSERT INTO passages_fts(passages_fts) VALUES ('delete-all')")
ADD_LIVE = text(f"INSERT INTO passages_fts(rowid, {_FIELDS}) SELECT seq, {_FIELDS} FROM ({_ROWS} WHERE p.live)")


def match_expression(words: Iterable[str], between: str = "OR") -> str:
    """An FTS5 query for any of ``words``, or all; each is quoted, so no word can act as an operator."""
    return f" {between} ".join('"' + word.replace('"', '""') + '"' for word in words)


def search(
    connection: Connection, words: Sequence[str], limit: int, within: Sequence[int] | None = None
) -> list[tuple[int, float]]:
    """As ``lexical.search``, except that of very many matches those that have none of the rarer words are left out."""
    if is_narrowed(connection):
        return scoped_lexical.search(connection, words, limit, within, WEIGHTS, TOKENIZER)
    known = _how_many_have(connection, words)
    if not known:
        return []
    rarest_first = sorted(known, key=lambda word: (known[word], word))
    any_word = match_expression(rarest_first)
    parameters: dict[str, object] = {"query": any_word, "limit": limit, "most": CANDIDATES, **WEIGHTS}
    if within is not None:
        return _run(connection, SEARCH_WITHIN, {**parameters, "within": json.dumps(list(within))})
    if sum(known.values()) <= 2 * CANDIDATES:  # scoring all of them takes no longer than choosing
        return _run(connection, SEARCH, parameters)

    def among(chosen: str) -> list[tuple[int, float]]:
        return _run(connection, SEARCH_CHOSEN, {**parameters, "chosen": chosen, "both": f"({chosen}) AND ({any_word})"})

    chosen = list(affordable(rarest_first, known, CANDIDATES))
    if chosen:
        return among(match_expression(chosen))
    # Every word is common: the passages that have most of them at once are looked at, and the newest of those.
    for together in range(min(len(rarest_first), MOST_TOGETHER), 1, -1):
        found = among(match_expression(rarest_first[:together], "AND"))
        if len(found) >= limit:
            return found
    return among(match_expression(rarest_first[:1]))


def _how_many_have(connection: Connection, words: Sequence[str]) -> dict[str, int]:
    """In how many passages each word occurs, for those that do."""
    terms = dict(zip(words, terms_by_word(words), strict=True))
    known = document_frequencies(connection, sorted({term for each in terms.values() for term in each}))
    counts = {word: min((known.get(term, 0) for term in each), default=0) for word, each in terms.items()}
    return {word: count for word, count in counts.items() if count}


def _run(connection: Connection, query: TextClause, parameters: Mapping[str, object]) -> list[tuple[int, float]]:
    return [(row.rowid, row.score) for row in connection.execute(query, parameters)]


def document_frequencies(connection: Connection, stems: Sequence[str]) -> dict[str, int]:
    """In how many live passages each stem occurs; stems are as Porter's algorithm gives them."""
    if is_narrowed(connection):
        return scoped_lexical.document_frequencies(connection, stems, TOKENIZER)
    return counts.counted(connection, stems, partial(_counted, connection))


def _counted(connection: Connection, stems: Sequence[str]) -> dict[str, int]:
    rows = connection.execute(FREQUENCIES, {"stems": json.dumps(list(stems))})
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
