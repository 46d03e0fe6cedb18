"""One key's part of the corpus, as if there were nothing else in the catalog.

A narrowed snapshot has views in the place of the tables that say what the corpus holds. Both databases look a name up
among them first, so every query finds the view, also one that is written later: nobody has to remember the scope, and
there is no way of asking past it short of writing the whole catalog's name in front of a table. On SQLite they are
temporary views of a connection that is used once; on PostgreSQL they are those of ``scoped_schema.py``.
"""

from __future__ import annotations

from sqlalchemy import Connection

from assistant.access_model import Principal

# Each of the views may look at these, which say what the scope is.
KEY_COLUMNS = ("id", "name", "since", "label")


def documents_within(whole: str, texts: str) -> str:
    """The ids of the documents in the scope: where the current version is, or the last one of what is withdrawn.

    Args:
        whole: the schema of the tables.
        texts: makes rows with a ``value`` of a JSON list of texts.
    """
    return f"""SELECT d.id FROM {whole}.documents AS d JOIN {whole}.versions AS v
        ON v.document_id = d.id AND v.number = coalesce(d.current_version, (SELECT max(w.number)
        FROM {whole}.versions AS w WHERE w.document_id = d.id AND w.state <> 'staged')) WHERE {_matches(texts)}"""


def versions_within(whole: str, texts: str) -> str:
    """The versions of these documents that belong to the scope themselves, as ``documents_within``."""
    return f"""SELECT v.document_id, v.number FROM {whole}.versions AS v
        WHERE v.document_id IN (SELECT id FROM scope_documents) AND {_matches(texts)}"""


def _matches(texts: str) -> str:
    return f"""
        (NOT EXISTS (SELECT 1 FROM scope_topics)
         OR EXISTS (SELECT 1 FROM {texts.format("v.topics")} AS t WHERE t.value IN (SELECT value FROM scope_topics)))
        AND (NOT EXISTS (SELECT 1 FROM scope_sources) OR v.source IN (SELECT value FROM scope_sources))
    """


def views(whole: str, texts: str) -> dict[str, str]:
    """What each table, as ``x``, still holds; the arguments are those of ``documents_within``.

    ``tests/security/test_scopes.py`` fails for a table that is neither here nor in ``UNLIMITED``.
    """
    document = "{0} IN (SELECT id FROM scope_documents)".format
    seen = "SELECT 1 FROM scope_versions AS s WHERE s.document_id = x.document_id AND s.number = x.{0}"
    version = f"EXISTS ({seen})".format
    mine = f"SELECT j.id FROM {whole}.jobs AS j, scope_key AS k WHERE j.actor = k.name AND j.created_at >= k.since"
    own = f"SELECT c.id FROM {whole}.conversations AS c, scope_key AS k WHERE c.owner = k.id"
    return {
        "documents": document("x.id"),
        "versions": version("number"),
        "passages": version("version"),
        "statements": version("version"),
        "statement_marks": version("version"),
        "changes": f"{document('x.document_id')} AND (x.version IS NULL OR {version('version')})",
        "near_bands": document("x.document_id"),
        # What others asked for would tell of it: a brief is seen by those with the scope that it was written in.
        "briefs": f"EXISTS (SELECT 1 FROM {texts.format('x.scopes')} AS t, scope_key AS k WHERE t.value = k.label) "
        f"AND NOT EXISTS (SELECT 1 FROM {whole}.brief_documents AS b WHERE b.brief_id = x.id AND b.document_id NOT IN "
        "(SELECT id FROM scope_documents))",
        "brief_documents": document("x.document_id"),
        "jobs": f"x.id IN ({mine})",
        "job_items": f"x.job_id IN ({mine})",
        "conversations": f"x.id IN ({own})",
        "messages": f"x.conversation_id IN ({own})",
        "message_documents": document("x.document_id"),
        "feedback": f"x.message_id IN (SELECT m.id FROM {whole}.messages AS m WHERE m.conversation_id IN ({own}))",
        "api_keys": "FALSE",
        "audit_log": "FALSE",
        "sessions": "FALSE",
        "idempotent_writes": "FALSE",
    }


# They say nothing of the corpus, or are read only by the row number or digest of a passage that was found.
UNLIMITED = frozenset({"generations", "vectors", "index_garbage", "index_pending", "vector_collections"})

_WHOLE, _TEXTS = "main", "json_each({0})"
_TABLES = (
    "CREATE TEMP TABLE scope_topics (value TEXT PRIMARY KEY) WITHOUT ROWID",
    "CREATE TEMP TABLE scope_sources (value TEXT PRIMARY KEY) WITHOUT ROWID",
    f"CREATE TEMP TABLE scope_key ({', '.join(f'{name} TEXT' for name in KEY_COLUMNS)})",
    "CREATE TEMP TABLE scope_documents (id TEXT PRIMARY KEY) WITHOUT ROWID",
    """CREATE TEMP TABLE scope_versions (document_id TEXT, number INTEGER, PRIMARY KEY (document_id, number))
    WITHOUT ROWID""",
)
_FILL = (
    f"INSERT INTO scope_documents {documents_within(_WHOLE, _TEXTS)}",
    f"INSERT INTO scope_versions {versions_within(_WHOLE, _TEXTS)}",
)


def key_of(principal: Principal) -> tuple[str | None, ...]:
    """The values of ``KEY_COLUMNS``."""
    return principal.key_id, principal.name, principal.since, principal.scope.label


def narrow(connection: Connection, principal: Principal) -> None:
    """Hide from a snapshot of SQLite what a key may not reach.

    Args:
        connection: of a reader, never to be used by another one.
        principal: whose key it is.
    """
    for statement in _TABLES:
        connection.exec_driver_sql(statement)
    for table, values in (("scope_topics", principal.scope.topics), ("scope_sources", principal.scope.sources)):
        if values:
            insertion = f"INSERT OR IGNORE INTO {table} VALUES (?)"
            connection.exec_driver_sql(insertion, [(value,) for value in values])
    connection.exec_driver_sql("INSERT INTO scope_key VALUES (?, ?, ?, ?)", key_of(principal))
    for statement in _FILL:
        connection.exec_driver_sql(statement)
    for table, condition in views(_WHOLE, _TEXTS).items():
        view = f"CREATE TEMP VIEW {table} AS SELECT * FROM {_WHOLE}.{table} AS x WHERE {condition}"
        connection.exec_driver_sql(view)
    connection.info["narrowed"] = True


def is_narrowed(connection: Connection) -> bool:
    """Whether a snapshot shows only a part of the corpus, so that what was made from all of it must not be used."""
    return bool(connection.info.get("narrowed"))
