"""How much memory there is: the least of the machine's, the container's and the process's own limit."""

from __future__ import annotations

import os
import sys
from pathlib import Path

MIB = 2**20
CGROUPS = ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes")
HELD = 600 * MIB  # Python, numpy, pyarrow, sklearn and their threads' stacks, as address space


def available() -> int:
    """Give the bytes that this process may still come to hold.

    Notes
    -----
    The least of: what the machine says is available, the container's limit (cgroup), and the process's own limit of address
    space (``ulimit -v``) less what it has mapped already.
    """
    limits = [_machine()]
    for path in CGROUPS:
        try:
            limits.append(int(Path(path).read_text()))
        except (OSError, ValueError):
            continue
    limits.append(_own())
    return max(min(limits), 64 * MIB)


def engine_memory() -> int:
    """Give the bytes that the engine may hold: a quarter of what there is, at most 4 GiB."""
    return min(available() // 4, 4096 * MIB)


def _machine() -> int:
    try:
        for line in Path("/proc/meminfo").read_text().splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024
    except OSError:
        pass
    if hasattr(os, "sysconf") and "SC_PHYS_PAGES" in os.sysconf_names:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return sys.maxsize


def _own() -> int:
    try:
        import resource
    except ImportError:  # not on Windows
        return sys.maxsize
    soft, _ = resource.getrlimit(resource.RLIMIT_AS)
    if soft == resource.RLIM_INFINITY:
        return sys.maxsize
    try:
        mapped = int(Path("/proc/self/statm").read_text().split()[0]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError):
        mapped = HELD
    return soft - mapped
