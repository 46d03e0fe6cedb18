"""How a module of this project is run in a process of its own, however the assistant was installed."""

from __future__ import annotations

import os
import sys

NICENESS = 5  # of what works in the background: questions come first where there are few cores


def command_of(module: str, *arguments: str) -> list[str]:
    """The command that runs a module with this interpreter."""
    return [sys.executable, "-P", "-m", module, *arguments]


def environment() -> dict[str, str]:
    """The environment in which it imports what this process can."""
    return {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
