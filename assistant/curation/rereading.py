"""Statements of documents that other rules were read by: the actors, the stances or the code have changed since."""

from __future__ import annotations

import threading
from collections.abc import Callable

from assistant.curation.pipeline import Pipeline
from assistant.errors import NotFound
from assistant.index.database import Database
from assistant.index.statement_queries import documents_read_otherwise

Progress = Callable[[int, int], None]  # documents done, documents in all


def reread(
    database: Database, pipeline: Pipeline, progress: Progress | None = None, stop: threading.Event | None = None
) -> int:
    """Find the statements of such documents again, one transaction each; a run that is interrupted goes on later.

    Args:
        database: the catalog.
        pipeline: knows the rules.
        progress: called after each document.
        stop: ends it early when set.

    Returns:
        how many documents were read.
    """
    with database.read() as connection:
        waiting = documents_read_otherwise(connection, pipeline.rules)
    for done, document_id in enumerate(waiting, 1):
        if stop is not None and stop.is_set():
            return done - 1
        try:
            pipeline.reread(document_id)
        except NotFound:
            continue  # withdrawn meanwhile
        if progress is not None:
            progress(done, len(waiting))
    return len(waiting)
