"""Keys of other tables: which row of the other table each row refers to."""

from __future__ import annotations

import numpy as np

from assay.scenario.fill import RowFault, Scope, uniform, value_of
from assay.scenario.model import Event, Reference
from assay.scenario.planting import first_of_group, is_last
from assay.scenario.skeleton import Skeleton


def referred(rule: Reference, n: int, rows: int, scope: Scope, rng: np.random.Generator) -> np.ndarray:
    """Draw rows of another table.

    Parameters
    ----------
    rule : Reference
        Names the weight, a formula of the other table's columns; without one all rows are alike.
    n : int
        How many to draw.
    rows : int
        Rows of the other table.
    scope : callable
        Gives the cells of the other table's names.
    rng : numpy.random.Generator
        Draws.

    Returns
    -------
    numpy.ndarray of int64, shape (n,)

    Raises
    ------
    RowFault
        If weights are negative, not finite, or all 0.
    """
    if n == 0:
        return np.zeros(0, dtype=np.int64)
    if rows == 0:
        raise RowFault(rule.path, f"{rule.table!r} has no row that {n:,} rows could refer to.")
    if rule.weight is None:
        return rng.integers(0, rows, n)
    cells = value_of(rule.weight, scope).spread(rows)
    weights = np.where(cells.missing, 0.0, cells.data.astype(np.float64))
    if not np.isfinite(weights).all() or (weights < 0).any() or not weights.sum() > 0:
        raise RowFault(rule.weight.path, f"must be numbers from 0 on, not all 0, for the {rows:,} rows of {rule.table!r}.")
    reached = np.cumsum(weights)
    last = int(np.flatnonzero(weights)[-1])
    return np.minimum(np.searchsorted(reached, uniform(n, rng) * reached[-1], side="right"), last)


def referred_by_event(
    referred_rows: np.ndarray,
    event: Event,
    place: int,
    name: str,
    skeleton: Skeleton,
    rows: int,
    scope: Scope,
    rng: np.random.Generator,
) -> np.ndarray:
    """Change the rows referred to where an event was planted: drawn anew, like the first of a burst, or anew in its last row."""
    mine = np.flatnonzero(skeleton.event == place)
    out = referred_rows.copy()
    rule = event.values.get(name)
    if isinstance(rule, Reference):
        out[mine] = referred(rule, len(mine), rows, scope, rng)
    if name in event.same:
        out[mine] = out[first_of_group(skeleton, mine)]
    rule = event.last.get(name)
    if isinstance(rule, Reference):
        last = mine[is_last(skeleton, mine)]
        out[last] = referred(rule, len(last), rows, scope, rng)
    return out
