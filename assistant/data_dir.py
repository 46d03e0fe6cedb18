"""Who has the data directory: one process at a time, which says where it serves."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from filelock import FileLock, Timeout

from assistant.errors import DataDirectoryLocked, StorageFailed

if TYPE_CHECKING:
    from assistant.settings import Settings

LOCK = "lock"
OWNER = "owner.json"


@contextmanager
def own_data_dir(settings: Settings) -> Iterator[None]:
    """Hold the data directory's lock; where the catalog is on a server, there is nothing to hold.

    Raises:
        DataDirectoryLocked: another process holds it.
        StorageFailed: the directory cannot be made or written.
    """
    if settings.database_url is not None:
        yield
        return
    folder = settings.data_dir
    lock = FileLock(folder / LOCK, timeout=settings.lock_timeout)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock.acquire()
    except Timeout as error:
        raise DataDirectoryLocked(
            f"The data directory {folder} is in use{_owner(folder)}.",
            "Stop that process, ask it over HTTP, or choose another directory with --data-dir.",
        ) from error
    except OSError as error:
        raise StorageFailed(
            f"The data directory {folder} cannot be used: {error.strerror or error}.",
            "Choose a directory that this user may write to with --data-dir.",
        ) from error
    try:
        (folder / OWNER).write_text(json.dumps({"pid": os.getpid()}))
        yield
    finally:
        (folder / OWNER).unlink(missing_ok=True)
        lock.release()


def announce(settings: Settings, address: str) -> None:
    """Let other processes that want the same data directory know where this one serves."""
    if settings.database_url is None:
        (settings.data_dir / OWNER).write_text(json.dumps({"pid": os.getpid(), "address": address}))


def _owner(folder: Path) -> str:
    try:
        owner = json.loads((folder / OWNER).read_text())
        address = f", serving on {owner['address']}" if "address" in owner else ""
        return f" by process {owner['pid']}{address}"
    except (OSError, ValueError, KeyError):
        return " by another process"
