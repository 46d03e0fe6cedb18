"""A new generation of passages and vectors, made while the old one serves."""

from __future__ import annotations

import threading
from collections.abc import Callable

from assistant.curation import vectorizing
from assistant.curation.ahead import ahead
from assistant.curation.pipeline import Pipeline, Prepared
from assistant.engines import Engine, Engines
from assistant.errors import NotFound
from assistant.index import audit_log, generations, writer
from assistant.index.catalog import documents_without, get_version
from assistant.index.database import Database
from assistant.models import Version

REEMBED = "reembed"  # the lock of the process that fills a generation
TURN_SECONDS = 5.0

Progress = Callable[[int, int], None]  # documents done, documents in all


def reembed(
    database: Database, engines: Engines, pipeline: Pipeline, engine: Engine, progress: Progress | None = None
) -> int:
    """Fill ``engine``'s generation from the current versions and make it current.

    Documents may be written meanwhile; the last ones are caught up with while writers wait, and the switch is one
    commit. A run that is interrupted goes on where it was.

    Args:
        database: the catalog.
        engines: where the old engine is retired.
        pipeline: makes the passages, and is paused for the switch.
        engine: the new one, opened on its own generation.
        progress: called after each document.

    Returns:
        how many passages the encoder read.
    """
    embedded = _fill(database, pipeline, engine, progress)
    with pipeline.paused():
        old, empty = None, None
        while old is None:  # other processes go on writing
            embedded += _fill(database, pipeline, engine, None)
            engine.index.wait_ready()
            with database.write() as connection:
                waiting = documents_without(connection, engine.generation)
                if not waiting or waiting == empty:  # of some documents no passage can be made
                    old = generations.current_generation(connection).id
                    if old == engine.generation:
                        return embedded  # another process has switched already
                    generations.switch_generation(connection, engine.generation)
                    detail = {"fingerprint": engine.fingerprint}
                    audit_log.note(connection, "corpus.embedded", by="local", detail=detail)
                empty = waiting
        with database.write() as connection:
            generations.drop_generation(connection, old)
    engines.retire(old)
    return embedded


def take_turns(database: Database, engines: Engines, pipeline: Pipeline, engine: Engine, stop: threading.Event) -> int:
    """As ``reembed``, by one of all processes; the others change over when it has, or go on where it ended.

    Returns:
        how many passages this process's encoder read.
    """
    while True:
        with database.read() as connection:
            current = generations.current_generation(connection).id
        if current == engine.generation:
            engines.retire_others(current)
            return 0
        with database.alone(REEMBED) as mine:
            if mine:
                return reembed(database, engines, pipeline, engine)
        if stop.wait(TURN_SECONDS):
            return 0


def _fill(database: Database, pipeline: Pipeline, engine: Engine, progress: Progress | None) -> int:
    with database.read() as connection:
        waiting = documents_without(connection, engine.generation)

    def prepare(document_id: str) -> tuple[Version, Prepared] | None:
        try:
            with database.read() as connection:
                version = get_version(connection, document_id)
        except NotFound:
            return None  # withdrawn meanwhile
        return version, pipeline.prepare_again(engine, version)

    embedded = 0
    for done, (document_id, prepared) in enumerate(ahead(prepare, waiting), 1):
        found = prepared()
        if found is None:
            continue
        version, made = found
        drafts = vectorizing.drafts(version.text, made.chunks)
        with database.write() as connection:
            seqs = writer.stage_passages(connection, document_id, version.number, drafts, generation=engine.generation)
        vectorizing.index(database, engine, seqs, drafts)
        embedded += made.embedded
        if progress is not None:
            progress(done, len(waiting))
    return embedded
