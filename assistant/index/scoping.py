"""One key's part of the corpus, as if there were nothing else in the catalog.

A narrowed snapshot has temporary views in the place of the tables that say what the corpus holds. SQLite looks a name
up among temporary tables first, so every query finds the view, also one that is written later: nobody has to remember
the scope, and there is no way of asking past it short of writing ``main.`` in front of a table.
"""

from __future__ import annotations

from sqlalchemy import Connection

from assistant.access_model import Principal

_MATCHES = """
    (NOT EXISTS (SELECT 1 FROM scope_topics)
     OR EXISTS (SELECT 1 FROM json_each(v.topics) AS t WHERE t.value IN (SELECT value FROM scope_topics)))
    AND (NOT EXISTS (SELECT 1 FROM scope_sources) OR v.source IN (SELECT value FROM scope_sources))
"""

# A document belongs where its current version does, or its last one once it is withdrawn; of its other versions those
# are seen that belong there too.
_TABLES = (
    "CREATE TEMP TABLE scope_topics (value TEXT PRIMARY KEY) WITHOUT ROWID",
    "CREATE TEMP TABLE scope_sources (value TEXT PRIMARY KEY) WITHOUT ROWID",
    "CREATE TEMP TABLE scope_key (id TEXT, name TEXT, since TEXT, label TEXT)",
    "CREATE TEMP TABLE scope_documents (id TEXT PRIMARY KEY) WITHOUT ROWID",
    """CREATE TEMP TABLE scope_versions (document_id TEXT, number INTEGER, PRIMARY KEY (document_id, number))
    WITHOUT ROWID""",
)
_FILL = (
    f"""INSERT INTO scope_documents SELECT d.id FROM main.documents AS d JOIN main.versions AS v
    ON v.document_id = d.id AND v.number = coalesce(d.current_version, (SELECT max(w.number) FROM main.versions AS w
    WHERE w.document_id = d.id AND w.state <> 'staged')) WHERE {_MATCHES}""",
    f"""INSERT INTO scope_versions SELECT v.document_id, v.number FROM main.versions AS v
    WHERE v.document_id IN (SELECT id FROM scope_documents) AND {_MATCHES}""",
)

_DOCUMENT = "{0} IN (SELECT id FROM scope_documents)"
_VERSION = "EXISTS (SELECT 1 FROM scope_versions AS s WHERE s.document_id = x.document_id AND s.number = x.{0})"
_MINE = "SELECT j.id FROM main.jobs AS j, scope_key AS k WHERE j.actor = k.name AND j.created_at >= k.since"
_OWN = "SELECT c.id FROM main.conversations AS c, scope_key AS k WHERE c.owner = k.id"

# What each table still holds. ``tests/security/test_scopes.py`` fails for a table that is neither here nor below.
VIEWS = {
    "documents": _DOCUMENT.format("x.id"),
    "versions": _VERSION.format("number"),
    "passages": _VERSION.format("version"),
    "statements": _VERSION.format("version"),
    "statement_marks": _VERSION.format("version"),
    "changes": _DOCUMENT.format("x.document_id") + f" AND (x.version IS NULL OR {_VERSION.format('version')})",
    "near_bands": _DOCUMENT.format("x.document_id"),
    # What others asked for would tell of it: a brief is seen by those with the scope that it was written in.
    "briefs": "EXISTS (SELECT 1 FROM json_each(x.scopes) AS t, scope_key AS k WHERE t.value = k.label) "
    "AND NOT EXISTS (SELECT 1 FROM main.brief_documents AS b WHERE b.brief_id = x.id AND b.document_id NOT IN "
    "(SELECT id FROM scope_documents))",
    "brief_documents": _DOCUMENT.format("x.document_id"),
    "jobs": f"x.id IN ({_MINE})",
    "job_items": f"x.job_id IN ({_MINE})",
    "conversations": f"x.id IN ({_OWN})",
    "messages": f"x.conversation_id IN ({_OWN})",
    "message_documents": _DOCUMENT.format("x.document_id"),
    "feedback": f"x.message_id IN (SELECT m.id FROM main.messages AS m WHERE m.conversation_id IN ({_OWN}))",
    "api_keys": "FALSE",
    "audit_log": "FALSE",
    "sessions": "FALSE",
    "idempotent_writes": "FALSE",
}

# They say nothing of the corpus, or are read only by the row number or digest of a passage that was found.
UNLIMITED = frozenset({"generations", "vectors", "index_garbage", "index_pending", "vector_collections"})


def narrow(connection: Connection, principal: Principal) -> None:
    """Hide from a snapshot what a key may not reach.

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
    who = (principal.key_id, principal.name, principal.since, principal.scope.label)
    connection.exec_driver_sql("INSERT INTO scope_key VALUES (?, ?, ?, ?)", who)
    for statement in _FILL:
        connection.exec_driver_sql(statement)
    for table, condition in VIEWS.items():
        view = f"CREATE TEMP VIEW {table} AS SELECT * FROM main.{table} AS x WHERE {condition}"
        connection.exec_driver_sql(view)
    connection.info["narrowed"] = True


def is_narrowed(connection: Connection) -> bool:
    """Whether a snapshot shows only a part of the corpus, so that what was made from all of it must not be used."""
    return bool(connection.info.get("narrowed"))
