"""Values that may not come twice: repeated draws are drawn again, as long as there is hope."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from assay.scenario.cells import Cells
from assay.scenario.fill import RowFault
from assay.scenario.identifiers import counts_up
from assay.scenario.model import Formula, Identifier, Numbering, Path, Rule

ROUNDS = 50


def made_unique(cells: Cells, rule: Rule, path: Path, again: Callable[[np.ndarray, int], Cells]) -> Cells:
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

    Raises
    ------
    RowFault
        If values still repeat after 50 rounds: there are too few different ones.
    """
    if isinstance(rule, Numbering) or (isinstance(rule, Identifier) and counts_up(rule.pattern)):
        return cells
    rounds = 0 if isinstance(rule, Formula) else ROUNDS
    for attempt in range(rounds + 1):
        repeated = _repeated(cells)
        if not len(repeated):
            return cells
        if attempt < rounds:
            cells = cells.put(repeated, again(repeated, attempt))
    repeated = _repeated(cells)
    told = f"must be unique, but {len(repeated):,} of {len(cells):,} values repeat"
    if isinstance(rule, Formula):
        raise RowFault(path, f"{told}: let the formula use a column that is unique.")
    raise RowFault(path, f"{told} after {ROUNDS} rounds of drawing again: there are too few different values.")


def _repeated(cells: Cells) -> np.ndarray:
    """Give the rows whose value an earlier row has; nulls may repeat."""
    keys = cells.keys()
    order = np.argsort(keys, kind="stable")
    same = np.zeros(len(keys), dtype=bool)
    same[order[1:]] = keys[order[1:]] == keys[order[:-1]]
    return np.flatnonzero(same & ~cells.missing)
