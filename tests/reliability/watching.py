"""Notice at once that files below a folder are being written (inotify), to strike in the middle of it."""

from __future__ import annotations

import ctypes
import os
import select
import struct
import time
from pathlib import Path

_IN_MODIFY, _IN_CLOSE_WRITE, _IN_MOVED_TO, _IN_CREATE = 0x2, 0x8, 0x80, 0x100
_MASK = _IN_MODIFY | _IN_CLOSE_WRITE | _IN_MOVED_TO | _IN_CREATE
_EVENT = struct.Struct("iIII")


class FolderWatch:
    """Watches a folder with all that is in it or will be."""

    def __init__(self, folder: Path) -> None:
        self._libc = ctypes.CDLL(None, use_errno=True)
        self._descriptor = self._libc.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
        if self._descriptor < 0:
            raise OSError(ctypes.get_errno(), "inotify is not available")
        self._folders: dict[int, Path] = {}
        self._add(folder)

    def __enter__(self) -> FolderWatch:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._descriptor)

    def wait_for(self, names: frozenset[str], seconds: float) -> str | None:
        """The name of the first of ``names`` that is written from now on; None when the time is over."""
        self._read()  # what was written before does not count
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            select.select([self._descriptor], [], [], left)
            for name in self._read():
                if name in names:
                    return name
        return None

    def _read(self) -> list[str]:
        try:
            data = os.read(self._descriptor, 1 << 16)
        except BlockingIOError:
            return []
        names, position = [], 0
        while position < len(data):
            watch, mask, _, length = _EVENT.unpack_from(data, position)
            position += _EVENT.size
            name = data[position : position + length].rstrip(b"\0").decode()
            position += length
            names.append(name)
            if mask & _IN_CREATE and (made := self._folders[watch] / name).is_dir():
                self._add(made)
        return names

    def _add(self, folder: Path) -> None:
        watch = self._libc.inotify_add_watch(self._descriptor, os.fsencode(folder), _MASK)
        if watch < 0:
            return  # gone already
        self._folders[watch] = folder
        for inner in folder.iterdir():
            if inner.is_dir():
                self._add(inner)
