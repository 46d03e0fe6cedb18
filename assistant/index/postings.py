"""Full-text search in PostgreSQL: each passage's terms in one row, and how many passages have each term.

``tsvector`` holds positions, not counts, and ranks by neither bm25 nor how rare a word is. Here a GIN index over arrays
of FTS5's own terms finds the candidates, and bm25 is computed from stored counts exactly as FTS5 does.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, text

from assistant.index.scoping import is_narrowed
from assistant.index.tokens import PassageTerms, affordable, terms_of_passages, terms_of_words

K1, B = 1.2, 0.75  # as in FTS5
LEAST_IDF = 1e-6  # of a word that more than half of all passages have, as in FTS5
CANDIDATES = 3_000  # passages that are scored at most; those with the rarest words are taken first
MOST_TERMS = 200  # of a very long question only the rarest count
PAGE = 1_000  # passages that are cut into words at once

DDL = (
    """CREATE TABLE passages_terms (
        seq bigint PRIMARY KEY, terms text[] COLLATE "C" NOT NULL, weights real[] NOT NULL, length integer NOT NULL
    )""",
    "CREATE INDEX passages_terms_by_term ON passages_terms USING gin (terms)",
    """CREATE TABLE passages_vocabulary (
        term text COLLATE "C" PRIMARY KEY, passages bigint NOT NULL
    ) WITH (fillfactor = 70)""",
    "CREATE TABLE passages_totals (passages bigint NOT NULL, words bigint NOT NULL)",
    "INSERT INTO passages_totals VALUES (0, 0)",
)
TABLES = ("passages_totals", "passages_vocabulary", "passages_terms")

_ROWS = """
    SELECT p.seq AS seq, v.title AS title, p.headings AS headings, p.text AS text
    FROM passages p JOIN versions v ON v.document_id = p.document_id AND v.number = p.version WHERE p.live
"""
_OF_VERSION = text(f"{_ROWS} AND p.document_id = :document_id AND p.version = :version ORDER BY p.seq")
_PAGE_OF_LIVE = text(f"{_ROWS} AND p.seq > :after ORDER BY p.seq LIMIT {PAGE}")
_ADD = text("INSERT INTO passages_terms VALUES (:seq, :terms, :weights, :length)")
_COUNT_TERMS = """
    SELECT term, count(*) AS passages FROM passages_terms, unnest(terms) AS term WHERE seq = ANY(:seqs) GROUP BY term
"""
_RAISE_VOCABULARY = text(
    f"INSERT INTO passages_vocabulary AS known {_COUNT_TERMS} "
    "ON CONFLICT (term) DO UPDATE SET passages = known.passages + excluded.passages"
)
_LOWER_VOCABULARY = text(
    f"UPDATE passages_vocabulary AS known SET passages = known.passages - gone.passages FROM ({_COUNT_TERMS}) AS gone "
    "WHERE known.term = gone.term"
)
_LOWER_TOTALS = text("""
    UPDATE passages_totals AS known SET passages = known.passages - gone.passages, words = known.words - gone.words
    FROM (
        SELECT count(*) AS passages, coalesce(sum(length), 0) AS words FROM passages_terms WHERE seq = ANY(:seqs)
    ) AS gone
""")
_REMOVE = text("DELETE FROM passages_terms WHERE seq = ANY(:seqs)")
_RAISE_TOTALS = text("UPDATE passages_totals SET passages = passages + :passages, words = words + :words")
_KNOWN = text("""
    SELECT t.passages AS total, t.words, v.term, v.passages
    FROM passages_totals t LEFT JOIN passages_vocabulary v ON v.term = ANY(:terms) AND v.passages > 0
""")
# What the views of a narrowed snapshot have as well, but for which they would take every word of every passage apart.
_WITHIN = """
    SELECT term, passages FROM unnest(CAST(:terms AS text[])) AS term
    CROSS JOIN LATERAL (SELECT count(*) AS passages FROM passages_terms WHERE terms @> ARRAY[term COLLATE "C"]) AS found
    WHERE passages > 0
"""
_KNOWN_WITHIN = text(f"""
    SELECT t.passages AS total, t.words, v.term, v.passages
    FROM passages_totals t LEFT JOIN ({_WITHIN}) AS v ON TRUE
""")
_FREQUENCIES = text("SELECT term, passages FROM passages_vocabulary WHERE term = ANY(:terms) AND passages > 0")
_FREQUENCIES_WITHIN = text(_WITHIN)
_FROM_ANY = "passages_terms WHERE terms && CAST(:chosen AS text[])"
_FROM_ALL = "passages_terms WHERE terms @> CAST(:chosen AS text[]) LIMIT :candidates"
_FROM_WITHIN = "passages_terms WHERE seq = ANY(:within) AND terms && CAST(:chosen AS text[])"


def search(
    connection: Connection, words: Sequence[str], limit: int, within: Sequence[int] | None = None
) -> list[tuple[int, float]]:
    """As ``lexical.search``, except that of very many matches those that have none of the rarer words are left out."""
    terms = terms_of_words(words)
    rows = connection.execute(_KNOWN_WITHIN if is_narrowed(connection) else _KNOWN, {"terms": terms}).all()
    known = {row.term: row.passages for row in rows if row.term is not None}
    if not known:
        return []
    passages, length = rows[0].total, rows[0].words
    rarest_first = sorted(known, key=lambda term: (known[term], term))[:MOST_TERMS]
    parameters: dict[str, Any] = {"k1": K1, "b": B, "average": length / passages, "limit": limit}
    for number, term in enumerate(rarest_first):
        parameters |= {f"term{number}": term, f"idf{number}": _idf(passages, known[term]) * (K1 + 1)}
    terms_asked = len(rarest_first)
    if within is not None:
        query = _scored(terms_asked, _FROM_WITHIN)
        return _run(connection, query, {**parameters, "within": list(within), "chosen": rarest_first})
    chosen = list(affordable(rarest_first, known, CANDIDATES))
    if chosen:
        return _run(connection, _scored(terms_asked, _FROM_ANY), {**parameters, "chosen": chosen})
    # Every word is common: the passages that have most of them at once are looked at.
    query = _scored(terms_asked, _FROM_ALL)
    for together in range(terms_asked, 0, -1):
        options = {"chosen": rarest_first[:together], "candidates": CANDIDATES}
        found = _run(connection, query, {**parameters, **options})
        if len(found) >= limit or together == 1:
            return found
    return []


@lru_cache(maxsize=200)
def _scored(terms: int, candidates: str) -> Any:
    """bm25 of each candidate for so many terms, in one expression: rows for each term took twice as long."""
    own = ", ".join(
        f'CAST(weights[array_position(terms, CAST(:term{n} AS text) COLLATE "C")] AS float8) AS own{n}'
        for n in range(terms)
    )
    score = " + ".join(f"coalesce(:idf{n} * own{n} / (own{n} + norm), 0)" for n in range(terms))
    return text(
        f"SELECT seq, {score} AS score FROM (SELECT seq, :k1 * (1 - :b + :b * length / :average) AS norm, {own} "
        # Without OFFSET 0 each term would be looked for twice.
        f"FROM (SELECT * FROM {candidates}) AS candidates OFFSET 0) AS weighed ORDER BY score DESC, seq LIMIT :limit"
    )


def document_frequencies(connection: Connection, stems: Sequence[str]) -> dict[str, int]:
    """In how many live passages each stem occurs."""
    query = _FREQUENCIES_WITHIN if is_narrowed(connection) else _FREQUENCIES
    return {row.term: row.passages for row in connection.execute(query, {"terms": list(stems)})}


def add_version(connection: Connection, document_id: str, version: int) -> None:
    """Make the live passages of one version searchable by word."""
    _add(connection, connection.execute(_OF_VERSION, {"document_id": document_id, "version": version}).all())


def remove_version(connection: Connection, document_id: str, version: int) -> None:
    """Take the passages of one version out again, while they are still live."""
    seqs = [row.seq for row in connection.execute(_OF_VERSION, {"document_id": document_id, "version": version})]
    for statement in (_LOWER_VOCABULARY, _LOWER_TOTALS, _REMOVE):
        connection.execute(statement, {"seqs": seqs})


def rebuild(connection: Connection) -> None:
    """Empty the tables and fill them from the live passages, a page at a time."""
    connection.execute(text("DELETE FROM passages_terms"))
    connection.execute(text("DELETE FROM passages_vocabulary"))
    connection.execute(text("UPDATE passages_totals SET passages = 0, words = 0"))
    after = 0
    while rows := connection.execute(_PAGE_OF_LIVE, {"after": after}).all():
        _add(connection, rows)
        after = rows[-1].seq


def count(connection: Connection) -> int:
    """How many passages can be found by their words."""
    return connection.scalar(text("SELECT count(*) FROM passages_terms")) or 0


def _add(connection: Connection, rows: Sequence[Any]) -> None:
    for start in range(0, len(rows), PAGE):
        part = rows[start : start + PAGE]
        terms = terms_of_passages([(row.title, row.headings, row.text) for row in part])
        connection.execute(_ADD, list(_stored([row.seq for row in part], terms)))
        connection.execute(_RAISE_VOCABULARY, {"seqs": [row.seq for row in part]})
        connection.execute(_RAISE_TOTALS, {"passages": len(part), "words": sum(item.length for item in terms)})


def _stored(seqs: Iterable[int], terms: Iterable[PassageTerms]) -> Iterator[dict[str, Any]]:
    for seq, passage in zip(seqs, terms, strict=True):
        yield {
            "seq": seq,
            "terms": list(passage.weights),
            "weights": list(passage.weights.values()),
            "length": passage.length,
        }


def _idf(passages: int, having: int) -> float:
    return max(math.log((passages - having + 0.5) / (having + 0.5)), LEAST_IDF)


def _run(connection: Connection, query: Any, parameters: dict[str, Any]) -> list[tuple[int, float]]:
    return [(row.seq, row.score) for row in connection.execute(query, parameters)]
