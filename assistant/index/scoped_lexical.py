"""Full-text search in a part of the corpus, weighed as if that were all there is.

FTS5's own bm25 counts words in every passage, so that a score would tell how often a word occurs in what the reader may
not see. Here the same formula (docs of FTS5, section 5.1.1) is computed from the full-text index over that part alone.
"""

from __future__ import annotations

import json
import math
from collections import Counter, defaultdict
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, text

K1, B = 1.2, 0.75
LEAST_IDF = 1e-6  # as FTS5 has it for a word that most passages hold

_SETUP = (
    "CREATE VIRTUAL TABLE IF NOT EXISTS temp.scope_instances USING fts5vocab(main, passages_fts, instance)",
    "CREATE VIRTUAL TABLE IF NOT EXISTS temp.scope_words USING fts5(word, tokenize='{tokenizer}')",
    "CREATE VIRTUAL TABLE IF NOT EXISTS temp.scope_word_terms USING fts5vocab(temp, scope_words, instance)",
)
_LIVE = "(SELECT seq FROM passages WHERE live)"
_TERMS = text("SELECT term FROM scope_word_terms")
_INSTANCES = text(
    f"SELECT doc, col, count(*) AS times FROM scope_instances WHERE term = :term AND doc IN {_LIVE} GROUP BY doc, col"
)
_FREQUENCIES = text(
    "SELECT term, count(DISTINCT doc) AS documents FROM scope_instances "
    f"WHERE term IN (SELECT value FROM json_each(:stems)) AND doc IN {_LIVE} GROUP BY term"
)
_SIZES = text(f"SELECT id, sz FROM passages_fts_docsize WHERE id IN {_LIVE} ORDER BY id")


def search(
    connection: Connection,
    words: Sequence[str],
    limit: int,
    within: Sequence[int] | None,
    weights: dict[str, float],
    tokenizer: str,
) -> list[tuple[int, float]]:
    """The best ``limit`` passages of a narrowed snapshot as (seq, bm25), best first; larger is better.

    Args:
        connection: the snapshot to read.
        words: any of these must occur.
        limit: most passages to return.
        within: only these passages, where a filter left few.
        weights: of the columns.
        tokenizer: as the full-text table has it.
    """
    terms = _terms(connection, words, tokenizer)
    sizes = _sizes(connection)
    if not terms or not sizes:
        return []
    mean = sum(sizes.values()) / len(sizes)
    scores: dict[int, float] = defaultdict(float)
    for term, asked in terms.items():
        found: dict[int, float] = defaultdict(float)
        for row in connection.execute(_INSTANCES, {"term": term}):
            found[row.doc] += weights[row.col] * row.times
        if not found:
            continue
        idf = max(math.log((len(sizes) - len(found) + 0.5) / (len(found) + 0.5)), LEAST_IDF)
        for seq, times in found.items():
            norm = K1 * (1 - B + B * sizes[seq] / mean)
            scores[seq] += asked * idf * times * (K1 + 1) / (times + norm)
    kept = scores if within is None else {seq: scores[seq] for seq in within if seq in scores}
    return sorted(kept.items(), key=lambda item: (-item[1], item[0]))[:limit]


def document_frequencies(connection: Connection, stems: Sequence[str], tokenizer: str) -> dict[str, int]:
    """In how many passages of a narrowed snapshot each stem occurs."""
    _set_up(connection, tokenizer)
    rows = connection.execute(_FREQUENCIES, {"stems": json.dumps(list(stems))})
    return {row.term: row.documents for row in rows}


def _terms(connection: Connection, words: Sequence[str], tokenizer: str) -> Counter[str]:
    """What the full-text table's own tokenizer makes of the words, and how often each is asked for."""
    _set_up(connection, tokenizer)
    connection.exec_driver_sql("DELETE FROM scope_words")
    connection.exec_driver_sql("INSERT INTO scope_words(word) VALUES (?)", (" ".join(words),))
    return Counter(connection.scalars(_TERMS))


def _sizes(connection: Connection) -> dict[int, int]:
    """How many words each passage has."""
    rows = connection.execute(_SIZES).all()
    if not rows:
        return {}
    starts = np.cumsum([0, *(len(row.sz) for row in rows[:-1])])
    values = _decoded(np.frombuffer(b"".join(row.sz for row in rows), dtype=np.uint8))
    return dict(zip((row.id for row in rows), np.add.reduceat(values, starts).tolist(), strict=True))


def _decoded(data: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Per byte of SQLite's variable-length integers what it adds: seven bits, the most significant byte first."""
    ends = np.flatnonzero(data < 0x80)
    places = np.arange(len(data))
    following = ends[np.searchsorted(ends, places)] - places
    return (data & 0x7F).astype(np.int64) << (7 * following)


def _set_up(connection: Connection, tokenizer: str) -> None:
    for statement in _SETUP:
        connection.exec_driver_sql(statement.format(tokenizer=tokenizer))
