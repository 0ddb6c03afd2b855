"""Rows in which a number repeats another column's: a bill paid in full, a date of return that is the date of departure."""

# pyarrow makes its compute functions at import, where no type checker sees them.
# pyright: reportAttributeAccessIssue=false

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from assay.generators._values import ColumnValues, whole_numbers

LEAST_SHARE = 0.005  # of rows in which the two agree
LEAST_ROWS = 30
CHANCE = 5.0  # times as often as in rows paired at random
FEW_LEVELS = 64  # levels up to which trees tell values apart by themselves
COMMON = 0.01  # share of rows from which a value agrees by being common
MOST = 4
GLANCE = 4_000


def repeated(
    name: str, before: Sequence[str], codes: Mapping[str, np.ndarray], values: Mapping[str, ColumnValues]
) -> list[tuple[str, np.ndarray]]:
    """Find the columns whose number a column repeats more often than chance.

    Parameters
    ----------
    name : str
        The column.
    before : sequence of str
        Columns that may be repeated.
    codes : mapping of str to numpy.ndarray of int32, shape (rows,)
        Codes of all columns.
    values : mapping of str to ColumnValues
        Their values.

    Returns
    -------
    list of (str, numpy.ndarray)
        At most 4 columns, the one repeated most often first, each with the mask of shape (rows,) of the rows that repeat it and
        none before it.
    """
    own, cells = values[name], codes[name]
    if own.numbers is None or own.levels <= FEW_LEVELS:
        return []
    rare = np.concatenate([[False, False], own.counts[2:] < COMMON * len(cells)])[cells + 2]
    found: list[tuple[str, np.ndarray]] = []
    for other in before:
        known = values[other]
        if known.numbers is None or known.levels <= FEW_LEVELS or known.support.type != own.support.type:
            continue
        place = np.full(known.levels + 2, -9)
        place[2:] = pc.fill_null(pc.index_in(known.support, value_set=own.support), -9).to_numpy()
        theirs = place[codes[other][:GLANCE] + 2]
        if np.mean((theirs == cells[:GLANCE]) & rare[:GLANCE]) < LEAST_SHARE / 2:
            continue
        theirs = place[codes[other] + 2]
        same = (theirs == cells) & rare
        by_chance = np.mean((np.roll(theirs, 1) == cells) & rare)
        if same.mean() >= max(LEAST_SHARE, CHANCE * by_chance, LEAST_ROWS / len(cells)):
            found.append((other, same))
    chosen: list[tuple[str, np.ndarray]] = []
    taken = np.zeros(len(cells), dtype=bool)
    for other, same in sorted(found, key=lambda pair: -int(pair[1].sum())):
        left = same & ~taken
        if len(chosen) < MOST and left.sum() >= max(LEAST_SHARE * len(cells), LEAST_ROWS):
            chosen.append((other, left))
            taken |= left
    return chosen


def place_of(cells: pa.Array, values: ColumnValues) -> np.ndarray:
    """Give where numbers stand among a column's values, as float64 positions that may lie in between; cells without null."""
    return np.interp(_floats(cells), _floats(values.support), np.arange(values.levels))


def smeared(codes: np.ndarray, values: ColumnValues, rows: int, rng: np.random.Generator) -> np.ndarray:
    """Move rare values at random among their neighbours.

    Parameters
    ----------
    codes : numpy.ndarray of int, shape (n,)
        Codes; null and NaN stay.
    values : ColumnValues
        The column's values.
    rows : int
        Real rows that the values which one may become have together; a value that as many rows have stays.
    rng : numpy.random.Generator
        Randomness.

    Returns
    -------
    numpy.ndarray of float64, shape (n,)
        Positions in the support, between two values of it where a value was moved.
    """
    counts = values.counts[2:]
    middles = np.cumsum(counts) - counts / 2
    shifts = rows * (rng.random(len(codes)) - 0.5)
    moved = (codes >= 0) & (values.counts[codes + 2] < rows)
    places = codes.astype(np.float64)
    places[moved] = np.interp(middles[codes[moved]] + shifts[moved], middles, np.arange(len(counts)))
    return places


def _floats(cells: pa.Array) -> np.ndarray:
    if pa.types.is_floating(cells.type):
        return cells.to_numpy(zero_copy_only=False).astype(np.float64)
    whole = whole_numbers(cells)
    assert whole is not None  # only columns with numbers are repeated
    return whole.astype(np.float64)
