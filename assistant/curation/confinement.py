"""What a process that parses strangers' files gives up before it opens the first one.

Memory, file size and descriptors are limited by the kernel. The network is left where the kernel lets us; that it
is not used, that no program is started and no file written, an audit hook sees to, which cannot be removed again.
"""

from __future__ import annotations

import contextlib
import os
import sys
from typing import Any

_FORBIDDEN = tuple("socket. subprocess. os.system os.exec os.posix_spawn os.fork os.spawn pty. ctypes.dlopen".split())
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_CLONE_NEWUSER, _CLONE_NEWNET = 0x10000000, 0x40000000


def confine(memory: int) -> None:
    """Give up for good what no parser needs.

    Args:
        memory: bytes of address space that are left, what is in use already included.
    """
    import resource

    _leave_network()
    for kind, most in (
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NOFILE, 64),
    ):
        with contextlib.suppress(ValueError, OSError):  # the platform may have a lower limit, or none of this kind
            resource.setrlimit(kind, (most, most))
    sys.addaudithook(_forbid)


def _leave_network() -> None:
    """Move into a network namespace without any interface, where the kernel lets us; the audit hook stands anyway."""
    import ctypes

    with contextlib.suppress(OSError, AttributeError):
        unshare = ctypes.CDLL(None, use_errno=True).unshare
        if unshare(_CLONE_NEWNET) != 0:
            unshare(_CLONE_NEWUSER | _CLONE_NEWNET)


def _forbid(event: str, arguments: tuple[Any, ...]) -> None:
    if event.startswith(_FORBIDDEN):
        raise PermissionError(f"{event} is not allowed while reading a document")
    if event == "open" and len(arguments) > 2 and isinstance(arguments[2], int) and arguments[2] & _WRITING:
        raise PermissionError("writing a file is not allowed while reading a document")


def allow_seconds(seconds: float) -> None:
    """Let the next file use that much CPU time from now; the hard limit stays where the system has it."""
    import resource

    used = resource.getrusage(resource.RUSAGE_SELF)
    soft = int(used.ru_utime + used.ru_stime + seconds) + 1
    hard = resource.getrlimit(resource.RLIMIT_CPU)[1]
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_CPU, (soft if hard < 0 else min(soft, hard), hard))
