"""What a measurement says of the machine, of processes on it, and of times taken."""

from __future__ import annotations

import os
import platform
import statistics
from collections.abc import Sequence
from pathlib import Path
from typing import Any

MEGABYTE = 1_048_576
VECTOR_UNITS = ("avx2", "avx512f", "avx512_vnni", "avx_vnni")


def machine() -> dict[str, Any]:
    """Cores, processor and Python."""
    return {"cores": os.cpu_count(), "processor": processor(), "python": platform.python_version()}


def processor() -> str:
    """Its name and what decides the speed of whole numbers."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.machine()
    fields = dict(line.split(":", 1) for line in lines if ":" in line)
    fields = {name.strip(): value for name, value in fields.items()}
    flags = [flag for flag in VECTOR_UNITS if flag in fields.get("flags", "").split()]
    return f"{fields.get('model name', platform.machine()).strip()}, {' '.join(flags) or 'no vector units'}"


def load() -> float:
    """Of the last minute: processes that ran or waited for a core."""
    return round(os.getloadavg()[0], 1)


def percentiles(milliseconds: Sequence[float]) -> dict[str, float]:
    """Three of them."""
    cuts = statistics.quantiles(milliseconds, n=100, method="inclusive")
    return {"p50": round(cuts[49], 2), "p95": round(cuts[94], 2), "p99": round(cuts[98], 2)}


def resident(pid: int) -> int:
    """Megabytes in memory of a process and all that it started."""
    return round(sum(_resident(each) for each in _tree(pid)) / MEGABYTE)


def processor_seconds(pid: int) -> float:
    """What a process and all that it started and that still run have used of the cores."""
    return sum(_used(each) for each in _tree(pid)) / os.sysconf("SC_CLK_TCK")


def size_of(folder: Path) -> int:
    """Megabytes of the files in a folder."""
    return round(sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / MEGABYTE)


def _resident(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:  # it has just ended
        return 0


def _used(pid: int) -> int:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    except OSError:
        return 0
    return int(fields[11]) + int(fields[12])  # utime and stime; the state is field 0


def _tree(pid: int) -> list[int]:
    found = [pid]
    for each in found:
        for tasks in Path(f"/proc/{each}/task").glob("*/children"):
            try:
                found += [int(child) for child in tasks.read_text().split()]
            except OSError:
                continue
    return found
