"""Fill a new index folder with a generation's vectors from the catalog.

Chroma holds the interpreter's lock while it works, and every reader of the process waits for it: questions in the
middle of a large rebuild took seconds. So all but small indexes are filled by a process of their own
(``python -m assistant.index.building CATALOG GENERATION FOLDER``), which also keeps a crash in there from ending the
assistant. It ends by itself when the process that started it does.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path

from assistant.errors import StorageFailed
from assistant.index.catalog import count_indexable, stream_vectors
from assistant.index.database import Database
from assistant.index.vectors import ChromaIndex, IndexFailed
from assistant.own_process import NICENESS, command_of, environment

APART = 2_000  # passages; fewer are filled in sooner than a process starts
PAGE = 1_000  # passages between two looks at whether to stop
_POLL_SECONDS = 0.2


def fill(database: Database, generation: int, folder: Path, stop: threading.Event) -> None:
    """Put the vectors that the catalog holds now into ``folder``, or a part of them when ``stop`` is set.

    Raises:
        IndexFailed: Chroma could not take them.
        StorageFailed: the catalog could not be read.
        OSError: no process could be started.
    """
    with database.read() as connection:
        passages = count_indexable(connection, generation)
    if passages > APART:
        _fill_apart(database.path, generation, folder, stop)
    else:
        _fill_here(database, generation, folder, stop)


def _fill_here(database: Database, generation: int, folder: Path, stop: threading.Event) -> None:
    with database.read() as connection:
        index = ChromaIndex(folder, expected=count_indexable(connection, generation))
        try:
            for seqs, matrix in stream_vectors(connection, generation, page=PAGE, indexable=True):
                if stop.is_set():
                    return
                index.upsert(seqs, matrix)
            index.filled()
        finally:
            index.close()


def _fill_apart(catalog: Path, generation: int, folder: Path, stop: threading.Event) -> None:
    arguments = [str(catalog.resolve()), str(generation), str(folder.resolve())]
    lifeline, ours = os.pipe()
    try:
        with subprocess.Popen(  # noqa: S603 - our own module, no shell
            command_of(__name__, *arguments),
            env=environment(),
            stdin=lifeline,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
        ) as process:
            output = ""
            while process.returncode is None:
                with suppress(subprocess.TimeoutExpired):
                    output = process.communicate(timeout=_POLL_SECONDS)[1]
                if stop.is_set():
                    process.kill()
    finally:
        os.close(lifeline)
        os.close(ours)
    if process.returncode and not stop.is_set():
        reason = output.strip().splitlines()[-1:] or ["it gave no reason"]
        raise IndexFailed(f"filling it ended with status {process.returncode}: {reason[0][:300]}")


def _end_with_the_parent() -> None:
    os.read(0, 1)  # nothing is ever written; it returns when the other end is closed
    os._exit(1)


def main() -> None:
    """Fill the folder that the arguments name."""
    threading.Thread(target=_end_with_the_parent, daemon=True).start()
    os.nice(NICENESS)
    catalog, generation, folder = sys.argv[1:]
    database = Database(Path(catalog))
    try:
        _fill_here(database, int(generation), Path(folder), threading.Event())
    except (IndexFailed, StorageFailed) as error:
        sys.exit(str(error))
    finally:
        database.close()


if __name__ == "__main__":
    main()
