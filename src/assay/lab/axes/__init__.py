"""What is measured of every generation: one axis or a few that share their statistic per file, found by being there."""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache

from assay.core.errors import UnknownNameError
from assay.lab.axes._axis import Axis


@cache
def axes() -> tuple[type[Axis], ...]:
    """List the axes in the order in which they are told.

    Examples
    --------
    >>> [axis.name for axis in axes()][:2]
    ['log_variance', 'log_determinant']
    """
    found: dict[str, type[Axis]] = {}
    for module in pkgutil.iter_modules(__path__):
        if module.name.startswith("_"):
            continue
        for each in vars(importlib.import_module(f"{__name__}.{module.name}")).values():
            if isinstance(each, type) and issubclass(each, Axis) and each.__module__.endswith(f".{module.name}"):
                found[each.name] = each
    return tuple(sorted(found.values(), key=lambda axis: (axis.rank, axis.name)))


def axis(name: str) -> type[Axis]:
    """Give one axis by its name.

    Raises
    ------
    UnknownNameError
        If there is none.
    """
    for each in axes():
        if each.name == name:
            return each
    raise UnknownNameError("axis", name, tuple(each.name for each in axes()))
