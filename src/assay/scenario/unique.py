"""Values that may not come twice: repeated draws are drawn again, as long as there is hope."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from assay.scenario.cells import Cells, numbers
from assay.scenario.fill import RowFault
from assay.scenario.formula import Literal
from assay.scenario.identifiers import counts_up
from assay.scenario.model import Arrivals, Clock, Draw, Formula, Identifier, Numbering, Path, Planted, Rule, Series

ROUNDS = 2_000
DENSE = 4  # values for each row below which whole numbers are drawn without replacement
PATIENCE = 100  # rounds without progress
WHOLE = Arrivals | Clock | Planted | Series  # drawn for a whole table at once: not again for some rows


def made_unique(
    cells: Cells,
    rule: Rule,
    path: Path,
    again: Callable[[np.ndarray, int], Cells],
    rng: np.random.Generator,
    fixed: np.ndarray,
) -> Cells:
    """Draw repeated values again until none is left.

    Parameters
    ----------
    cells : Cells
        The column.
    rule : Rule
        Its rule: what counts up never repeats, a formula is not drawn again.
    path : path
        Where it stands, for errors.
    again : callable
        Gives new cells for some rows in a round.
    rng : numpy.random.Generator
        For whole numbers of a narrow range, which are drawn without replacement instead.
    fixed : numpy.ndarray of bool, shape (rows,)
        Values that events have set, which are not drawn again.

    Raises
    ------
    RowFault
        If values still repeat when 100 rounds have mended none: there are too few different ones. If events set one twice.
    """
    if isinstance(rule, Identifier) and counts_up(rule.pattern):
        return cells
    if isinstance(rule, Numbering) and bool((np.diff(cells.data) > 0).all()):
        return cells
    rounds = 0 if isinstance(rule, Formula | Numbering | WHOLE) else ROUNDS
    repeated = _repeated(cells, fixed)
    if fixed[repeated].any():
        twice = int(fixed[repeated].sum())
        raise RowFault(path, f"must be unique, but events set {twice:,} of its values to one that is there: draw them, too.")
    if len(repeated) and not fixed.any() and (ends := _narrow(rule, len(cells))) is not None:
        return numbers(ends[0] + rng.choice(ends[1] - ends[0] + 1, len(cells), replace=False))
    fewest, best = len(repeated), 0
    for attempt in range(rounds):
        if not len(repeated) or attempt - best > PATIENCE:
            break
        cells = cells.put(repeated, again(repeated, attempt))
        repeated = _repeated(cells, fixed)
        if len(repeated) < fewest:
            fewest, best = len(repeated), attempt
    if not len(repeated):
        return cells
    told = f"must be unique, but {len(repeated):,} of {len(cells):,} values repeat"
    if isinstance(rule, Formula):
        raise RowFault(path, f"{told}: let the formula use a column that is unique.")
    if isinstance(rule, WHOLE):
        raise RowFault(path, f"{told}: take a column of ids or numbers for that.")
    if isinstance(rule, Numbering):
        raise RowFault(path, f"{told}, because its type does not hold all whole numbers. Take int64.")
    raise RowFault(path, f"{told} however often they are drawn: there are too few different values.")


def _narrow(rule: Rule, n: int) -> tuple[int, int] | None:
    """Give the ends of evenly drawn whole numbers of which there are enough for n rows, but not many more."""
    if not isinstance(rule, Draw) or rule.family != "integers" or rule.at_least is not None or rule.at_most is not None:
        return None
    ends = [part.node.value for part in (rule.parameters["low"], rule.parameters["high"]) if isinstance(part.node, Literal)]
    if len(ends) < 2 or not all(isinstance(end, float) for end in ends):
        return None
    low, high = (int(float(end or 0)) for end in ends)
    return (low, high) if n <= high - low + 1 <= DENSE * n else None


def _repeated(cells: Cells, fixed: np.ndarray) -> np.ndarray:
    """Give the rows whose value an earlier row has, or one that is fixed; nulls may repeat."""
    keys = cells.keys()
    order = np.lexsort((~fixed, keys)) if fixed.any() else np.argsort(keys, kind="stable")
    same = np.zeros(len(keys), dtype=bool)
    same[order[1:]] = keys[order[1:]] == keys[order[:-1]]
    return np.flatnonzero(same & ~cells.missing)
