"""Rows that are the same as others, and whether they stand alone with that."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from assay.stats.rowhash import column_digests


class Alike(NamedTuple):
    """Which rows of a table are the same, and which differ from others in one column only.

    Parameters
    ----------
    kind : numpy.ndarray of int64, shape (rows,)
        Number of the row's kind: equal numbers, equal rows.
    first : numpy.ndarray of bool, shape (rows,)
        Whether the row is the one of its kind that stays: the first that has weight, or the first where none has.
    times : numpy.ndarray of int64, shape (kinds,)
        How often each kind occurs.
    alone : numpy.ndarray of bool, shape (kinds,)
        Whether no other kind agrees with it in all columns but one.
    missed : numpy.ndarray of int64, shape (columns,)
        How many kinds agree with one before them in all columns but this one.
    """

    kind: np.ndarray
    first: np.ndarray
    times: np.ndarray
    alone: np.ndarray
    missed: np.ndarray

    @property
    def again(self) -> np.ndarray:
        """Rows that repeat the one of their kind that stays while no other row is nearly like it, of shape (rows,)."""
        return ~self.first & self.alone[self.kind]


def alike(codes: Sequence[np.ndarray], without: int | None = None, weights: np.ndarray | None = None) -> Alike:
    """Compare rows in all columns, and in all but one.

    Parameters
    ----------
    codes : sequence of numpy.ndarray of int64, each of shape (rows,)
        Values as `assay.data.coded.table_codes` gives them.
    without : int, optional
        A column that is not looked at.
    weights : numpy.ndarray, shape (rows,), optional
        How much each row counts: of equal rows the first that counts stays. All count by default.

    Notes
    -----
    Where chance makes equal rows it makes many more that differ in one column: in d columns with agreement a_j given the others
    there are ``sum over j of (1 - a_j) / a_j`` pairs of those for each pair of equals. A kind that occurs twice by chance
    therefore has neighbours, and one that was repeated where nothing is like it has none. Rows are compared by 64-bit digests.
    """
    used = [at for at in range(len(codes)) if at != without]
    digests = [column_digests(codes[at], at) for at in used]
    with np.errstate(over="ignore"):
        total = np.add.reduce(digests)
    _, first, kind, times = np.unique(total, return_index=True, return_inverse=True, return_counts=True)
    kept = first.copy()
    if weights is not None and not weights.all():
        counted = np.flatnonzero(weights > 0)
        kept[kind[counted[::-1]]] = counted[::-1]  # of several the last one written, which is the first, stays
    is_first = np.zeros(len(total), dtype=bool)
    is_first[kept] = True
    alone = np.ones(len(first), dtype=bool)
    missed = np.zeros(len(codes), dtype=np.int64)
    for at, digest in zip(used, digests, strict=True):
        with np.errstate(over="ignore"):
            rest = (total - digest)[first]
        rising = np.sort(rest)
        twice = rising[1:][rising[1:] == rising[:-1]]
        missed[at] = len(twice)
        if len(twice):
            place = np.minimum(np.searchsorted(twice, rest), len(twice) - 1)
            alone &= twice[place] != rest
    return Alike(kind.astype(np.int64), is_first, times, alone, missed)
