"""One key's part of the corpus on PostgreSQL: views named like the tables, in a schema that is looked into first.

They are made when the catalog is opened, and look for the scope in a setting that ends with the transaction in which
it was set. A connection for readers with limits finds only them by its names, whoever had it before, and without the
setting none of them can be read.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, text

from assistant.access_model import Principal
from assistant.errors import StorageFailed
from assistant.index.scoping import KEY_COLUMNS, documents_within, key_of, versions_within, views

SCHEMA = "assistant_scoped"
WHOLE_STATE = f"SELECT state FROM {SCHEMA}.whole_state"  # of all changes, whoever looks

_TEXTS = "json_array_elements_text(({0})::json)"
_SCOPE = "current_setting('assistant.scope')::json"  # an error where there is none, or none any more
_PASSAGES_TERMS = f"EXISTS (SELECT 1 FROM {SCHEMA}.passages AS p WHERE p.seq = x.seq)"
_LOOK = f"""
    obj_description(to_regnamespace('{SCHEMA}'), 'pg_namespace') AS made,
    (SELECT quote_ident(s) FROM unnest(current_schemas(false)) AS s WHERE s <> '{SCHEMA}' LIMIT 1) AS whole
"""
_LOOKED = text(f"SELECT {_LOOK}")
_LIMIT = text(f"SELECT set_config('assistant.scope', :scope, true), {_LOOK}")


def is_made(connection: Connection) -> bool:
    """Whether the views are there, and are those of this version."""
    row = connection.execute(_LOOKED).one()
    return bool(row.made == _digest(row.whole))


def drop(connection: Connection) -> None:
    """Remove the views: columns that a view shows cannot be altered."""
    connection.exec_driver_sql(f"DROP SCHEMA IF EXISTS {SCHEMA} CASCADE")


def make(connection: Connection) -> None:
    """Make the views anew; part of a migration."""
    drop(connection)
    whole = connection.execute(_LOOKED).one().whole
    path = connection.scalar(text("SELECT current_setting('search_path')"))
    connection.exec_driver_sql(f"CREATE SCHEMA {SCHEMA}")
    connection.exec_driver_sql(f"SET LOCAL search_path = {SCHEMA}")  # what a view names is looked up when it is made
    for name, query in _views(whole):
        connection.exec_driver_sql(f"CREATE VIEW {name} AS {query}")
    connection.exec_driver_sql(f"SET LOCAL search_path = {path}")
    connection.exec_driver_sql(f"COMMENT ON SCHEMA {SCHEMA} IS '{_digest(whole)}'")


def look_here_first(connection: Any, _record: object) -> None:
    """Make a new connection of the driver one for readers with limits."""
    path = f"set_config('search_path', '{SCHEMA}, ' || current_setting('search_path'), false)"
    connection.execute(f"SELECT {path}")
    connection.commit()


def limit(connection: Connection, principal: Principal) -> None:
    """Hide from a snapshot what a key may not reach.

    Args:
        connection: one that ``look_here_first`` has seen, in a transaction.
        principal: whose key it is.

    Raises:
        StorageFailed: the views are not there, or not those of this version.
    """
    scope = {
        "topics": principal.scope.topics,
        "sources": principal.scope.sources,
        **dict(zip(KEY_COLUMNS, key_of(principal), strict=True)),
    }
    row = connection.execute(_LIMIT, {"scope": json.dumps(scope)}).one()
    if row.made != _digest(row.whole):
        raise StorageFailed(
            "The views that limit keys are not those of this version.", "Start the processes again, all of one version."
        )
    connection.info["narrowed"] = True


def _views(whole: str) -> Iterator[tuple[str, str]]:
    """Every view and its query, each after those that it looks at."""
    for name, kind in (("scope_topics", "topics"), ("scope_sources", "sources")):
        yield name, f"SELECT value FROM json_array_elements_text({_SCOPE} -> '{kind}')"
    columns = ", ".join(f"{_SCOPE} ->> '{name}' AS {name}" for name in KEY_COLUMNS)
    yield "scope_key", f"SELECT {columns}"
    yield "scope_documents", documents_within(whole, _TEXTS)
    yield "scope_versions", versions_within(whole, _TEXTS)
    for table, condition in {**views(whole, _TEXTS), "passages_terms": _PASSAGES_TERMS}.items():
        yield table, f"SELECT * FROM {whole}.{table} AS x WHERE {condition}"
    # The weights of words come from the part alone.
    totals = f"SELECT count(*) AS passages, coalesce(sum(length), 0) AS words FROM {SCHEMA}.passages_terms"
    yield "passages_totals", totals
    by_term = f"FROM {SCHEMA}.passages_terms, unnest(terms) AS term GROUP BY term"
    yield "passages_vocabulary", f"SELECT term, count(*) AS passages {by_term}"
    yield "whole_state", f"SELECT coalesce(max(id), 0) AS state FROM {whole}.changes"


@lru_cache(maxsize=8)
def _digest(whole: str) -> str:
    return hashlib.sha256(json.dumps([*_views(whole)]).encode()).hexdigest()
