"""Plug-ins by name: a built-in is found by its file's stem, a third party's by its entry point.

A file ``measures/tail_mass.py`` holds the class ``TailMass`` and needs no other line anywhere. Another distribution
offers one through the entry-point group ``assay.measures`` (or ``assay.generators``, ``assay.damage``, ...).
"""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache
from importlib.metadata import entry_points
from typing import Any

from assay.core.errors import MissingDependencyError, UnknownNameError

PACKAGES: dict[str, str] = {
    "generator": "assay.generators",
    "measure": "assay.measures",
    "damage": "assay.damage",
    "remedy": "assay.remedies",
    "regime": "assay.lab.regimes",
}
EXTRAS = {
    "torch": "neural",
    "safetensors": "neural",
    "opacus": "neural",
    "faker": "rules",
}  # packages that plug-ins may lack, and what brings them


@cache
def names(kind: str) -> tuple[str, ...]:
    """List the registered names of one kind, sorted."""
    return tuple(sorted({*_stems(kind), *(point.name for point in entry_points(group=PACKAGES[kind]))}))


@cache
def get(kind: str, name: str) -> Any:
    """Give the class registered under a name.

    Parameters
    ----------
    kind : {'generator', 'measure', 'damage', 'remedy', 'regime'}
        The room.
    name : str
        File stem or entry-point name.

    Raises
    ------
    UnknownNameError
        If nothing has that name; the message suggests the nearest.
    MissingDependencyError
        If it needs a package that is not installed.
    """
    if name in _stems(kind):
        try:
            module = importlib.import_module(f"{PACKAGES[kind]}.{name}")
        except ModuleNotFoundError as error:
            if error.name not in EXTRAS:
                raise
            raise MissingDependencyError(f"The {kind} {name!r}", error.name, EXTRAS[error.name]) from error
        return getattr(module, "".join(part.capitalize() for part in name.split("_")))
    for point in entry_points(group=PACKAGES[kind]):
        if point.name == name:
            return point.load()
    raise UnknownNameError(kind, name, names(kind))


@cache
def _stems(kind: str) -> frozenset[str]:
    try:
        package = importlib.import_module(PACKAGES[kind])
    except ModuleNotFoundError:
        return frozenset()
    return frozenset(module.name for module in pkgutil.iter_modules(package.__path__) if not module.name.startswith("_"))
