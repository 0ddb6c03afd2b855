"""Columns that are bound to others by a rule: moving all their values would break it in all rows."""

from __future__ import annotations

from assay.data.constraints import mine
from assay.data.ground import Ground

BINDING = ("inequality", "functional", "sum")


def free(ground: Ground, names: list[str]) -> list[str]:
    """Leave out columns that a rule binds to another one.

    Parameters
    ----------
    ground : Ground
        Rules are those of its schema and those that all its real and sealed rows keep.
    names : list of str
        Columns.

    Notes
    -----
    Where a total is the sum of its parts, or a code says what a name says, no dose is harmless: every cell that moves is a row
    that cannot exist.
    """
    rules = (*ground.schema.constraints, *mine(ground.real, ground.holdout))
    bound = {name for rule in rules if rule.kind in BINDING for name in rule.columns}
    return [name for name in names if name not in bound]
