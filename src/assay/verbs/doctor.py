"""Say what is installed, what is missing, and the line that installs it."""

from __future__ import annotations

import os
import platform
import re
import subprocess
import sys
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, requires, version

import assay

EXTRAS = {
    "neural": "generators that train networks",
    "rules": "rows from rules of your own",
    "fast": "another search of exact neighbours",
    "demo": "the table of assay demo",
}
ASK_TORCH = (
    "import torch\n"
    "names = [torch.cuda.get_device_name(at) for at in range(torch.cuda.device_count())]\n"
    "print('; '.join(names) or 'no GPU that it can use: it computes on the CPU')\n"
)


@dataclass(frozen=True, slots=True)
class Package:
    """One package that Assay wants.

    Parameters
    ----------
    name, wanted : str
        Its name and the versions asked for.
    installed : str, optional
        The version there is, or None.
    extra : str
        The extra it belongs to; empty for the base.
    """

    name: str
    wanted: str
    installed: str | None
    extra: str = ""

    @property
    def healthy(self) -> bool:
        """Whether it is there in a version that is asked for."""
        return self.installed is not None and satisfies(self.installed, self.wanted)


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What there is on this machine.

    Parameters
    ----------
    assay, python, platform : str
        Versions and the system.
    cores : int
        Processor cores that may be used.
    packages : tuple of Package
        Of the base and of every extra.
    accelerator : str
        What torch can compute on; empty without torch.
    """

    assay: str
    python: str
    platform: str
    cores: int
    packages: tuple[Package, ...]
    accelerator: str = ""

    @property
    def base(self) -> tuple[Package, ...]:
        """What Assay cannot do without."""
        return tuple(package for package in self.packages if not package.extra)

    @property
    def healthy(self) -> bool:
        """Whether the base is whole."""
        return all(package.healthy for package in self.base)

    def missing(self, extra: str = "") -> tuple[Package, ...]:
        """Give the packages of an extra, or of the base, that are absent or of another version."""
        return tuple(package for package in self.packages if package.extra == extra and not package.healthy)


def doctor() -> Diagnosis:
    """Look at Python, the packages and the accelerator.

    Returns
    -------
    Diagnosis

    Notes
    -----
    torch is asked in a process of its own, so that a broken driver cannot take this one down. What it cannot see: whether a
    package works.
    """
    packages: list[Package] = []
    for line in requires("assay") or ():
        name, wanted, extra = requirement(line)
        if extra == "" or extra in EXTRAS:
            packages.append(Package(name, wanted, _installed(name), extra))
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    accelerator = _accelerator() if _installed("torch") else ""
    return Diagnosis(assay.__version__, platform.python_version(), platform.platform(), cores, tuple(packages), accelerator)


def requirement(line: str) -> tuple[str, str, str]:
    """Take a line of package metadata apart into name, versions and extra.

    Examples
    --------
    >>> requirement("torch==2.13.0; extra == 'neural'"), requirement("duckdb<2,>=1.4")
    (('torch', '==2.13.0', 'neural'), ('duckdb', '<2,>=1.4', ''))
    """
    found = re.match(r"([\w.-]+)(?:\[[^]]*\])?\s*\(?([^;)]*)\)?\s*(?:;(.*))?", line)
    assert found is not None
    extra = re.search(r"extra\s*==\s*['\"]([\w-]+)['\"]", found.group(3) or "")
    return found.group(1), found.group(2).strip(), extra.group(1) if extra else ""


def satisfies(installed: str, wanted: str) -> bool:
    """Tell whether a version lies in the bounds; bounds are ``>=``, ``<`` and ``==`` of plain release numbers.

    Examples
    --------
    >>> satisfies("1.5.6", ">=1.4,<2"), satisfies("2.0", ">=1.4,<2"), satisfies("2.13.0+cpu", "==2.13.0")
    (True, False, True)
    """
    have = _release(installed)
    for bound in filter(None, (part.strip() for part in wanted.split(","))):
        found = re.match(r"(>=|<|==)\s*(.+)", bound)
        if found is None:
            continue
        limit = _release(found.group(2))
        width = max(len(have), len(limit))
        ours, theirs = (part + (0,) * (width - len(part)) for part in (have, limit))
        if not {">=": ours >= theirs, "<": ours < theirs, "==": ours == theirs}[found.group(1)]:
            return False
    return True


def _release(text: str) -> tuple[int, ...]:
    found = re.match(r"\d+(?:\.\d+)*", text)
    return tuple(int(part) for part in found.group().split(".")) if found else ()


def _installed(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _accelerator() -> str:
    try:
        asked = subprocess.run([sys.executable, "-c", ASK_TORCH], capture_output=True, text=True, timeout=120, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return "torch did not answer"
    if asked.returncode != 0:
        last = asked.stderr.strip().splitlines()
        return f"torch cannot be used ({last[-1] if last else f'exit code {asked.returncode}'})"
    return asked.stdout.strip()
