"""A seal over an index folder: proof that its files are as the last finished write left them.

Chroma writes its files in place, so a process that dies while writing leaves them torn, and a torn file may be
noticed late, silently or by a crash. The seal is removed before a write and renewed after it; a folder without a
matching seal is not opened but rebuilt from the catalog.
"""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import Any

SEAL = "SEAL.json"


def seal(folder: Path, deleted: int = 0) -> None:
    """Record size and SHA-256 of every file in ``folder``; durable when it returns.

    Args:
        folder: what to seal.
        deleted: how many entries were ever deleted from it, which Chroma does not tell.

    Raises:
        OSError: the folder cannot be read or written.
    """
    body = json.dumps({"files": _manifest(folder), "deleted": deleted}, sort_keys=True).encode()
    temporary = folder / (SEAL + ".new")
    with temporary.open("wb") as file:
        file.write(body)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(folder / SEAL)
    _sync_folder(folder)


def unseal(folder: Path) -> None:
    """Remove the seal: from here on a crash makes the folder suspect."""
    if (folder / SEAL).exists():
        (folder / SEAL).unlink()
        _sync_folder(folder)


def is_sealed(folder: Path) -> bool:
    """Whether the folder has a seal."""
    return (folder / SEAL).exists()


def is_intact(folder: Path) -> bool:
    """Whether the folder has a seal and every file is still as sealed."""
    try:
        return bool(_recorded(folder)["files"] == _manifest(folder))
    except (OSError, ValueError, LookupError, TypeError):
        return False


def deleted_entries(folder: Path) -> int:
    """How many entries had been deleted when the folder was sealed; its seal must be intact."""
    return int(_recorded(folder)["deleted"])


def stamp(folder: Path) -> dict[str, tuple[int, int]]:
    """Size and time of change (ns) of every file: a quick look for changes that were not ours.

    Raises:
        OSError: the folder cannot be read.
    """
    return {str(path.relative_to(folder)): (path.stat().st_size, path.stat().st_mtime_ns) for path in _files(folder)}


def _recorded(folder: Path) -> dict[str, Any]:
    recorded: dict[str, Any] = json.loads((folder / SEAL).read_bytes())
    return recorded


def _manifest(folder: Path) -> dict[str, list[object]]:
    return {str(path.relative_to(folder)): [path.stat().st_size, _digest(path)] for path in _files(folder)}


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file() and not path.name.startswith(SEAL))


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
