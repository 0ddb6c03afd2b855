"""Cut a table into slices that a person can name: levels, ranges and nulls of single columns."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

LEAST_ROWS = 50
LEAST_SHARE = 0.02
PARTS = 4  # ranges of equal count per number


class Slice(NamedTuple):
    """Rows of one table, named by column and level or range."""

    column: str
    name: str
    rows: np.ndarray


def level_slices(column: str, codes: np.ndarray, levels: list[str]) -> list[Slice]:
    """Cut by the levels of a column: ``codes`` of shape (rows,) as `Dataset.codes` gives, negative where null."""
    counts = np.bincount(codes + 1, minlength=len(levels) + 2)
    found = []
    for code in np.flatnonzero(counts >= least(len(codes))) - 1:
        if code < len(levels):
            name = f"{column} is null" if code < 0 else f"{column} = {levels[code]}"
            found.append(Slice(column, name, np.flatnonzero(codes == code)))
    return found


def range_slices(column: str, numbers: np.ndarray, reference: np.ndarray, named: bool = True) -> list[Slice]:
    """Cut by ranges between rounded quantiles of a reference sample.

    Parameters
    ----------
    column : str
        Name.
    numbers, reference : numpy.ndarray, shape (rows,)
        Values to cut, and those whose quartiles give the cuts, rounded to three significant digits so that a name
        discloses nobody; NaN where null.
    named : bool
        Whether the ranges are named by their ends; else by their number (dates in seconds say nothing).

    Examples
    --------
    >>> [part.name for part in range_slices("x", np.arange(400.0), np.arange(400.0))]
    ['x < 99.8', '99.8 <= x < 200', '200 <= x < 299', 'x >= 299']
    """
    known = reference[~np.isnan(reference)]
    if known.size == 0:
        return []
    cuts = np.unique([float(f"{cut:.3g}") if named else cut for cut in np.quantile(known, np.arange(1, PARTS) / PARTS)])
    null = np.isnan(numbers)
    part = np.where(null, -1, np.searchsorted(cuts, numbers, side="right"))
    found = []
    for at in range(-1, len(cuts) + 1):
        rows = np.flatnonzero(part == at)
        if len(rows) < least(len(numbers)) or (len(rows) == len(numbers)):
            continue
        if at < 0:
            name = f"{column} is null"
        elif not named:
            name = f"{column} in part {at + 1} of {len(cuts) + 1}"
        elif at == 0:
            name = f"{column} < {cuts[0]:g}"
        elif at == len(cuts):
            name = f"{column} >= {cuts[-1]:g}"
        else:
            name = f"{cuts[at - 1]:g} <= {column} < {cuts[at]:g}"
        found.append(Slice(column, name, rows))
    return found


def least(rows: int) -> int:
    """Rows a slice needs: a fiftieth of the table and at least fifty."""
    return max(LEAST_ROWS, int(np.ceil(LEAST_SHARE * rows)))
