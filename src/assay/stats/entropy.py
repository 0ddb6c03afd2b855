"""Entropy of pairs of columns, with what each row contributes."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

MOST_PAIRS = 300


class Entropy(NamedTuple):
    """Mean entropy over pairs in nats, and each row's mean surprise, shape (rows,)."""

    value: float
    surprise: np.ndarray


def pair_entropy(cells: Sequence[np.ndarray], sizes: Sequence[int], rows: np.ndarray) -> Entropy:
    """Estimate the mean entropy of the pairs of some columns.

    Parameters
    ----------
    cells : sequence of numpy.ndarray of int, shape (rows of all tables,)
        Cell of each row in each column.
    sizes : sequence of int
        Number of cells of each column.
    rows : numpy.ndarray of int or bool
        Rows to take.

    Notes
    -----
    ``H = -sum p log p + (occupied cells - 1) / 2n`` (Miller and Madow), over all pairs of columns, of which 300 at most are
    taken at even distances. The mean of the rows' surprise -log p is H without the correction, and its spread gives the error
    of H to first order, whatever the dependence between pairs.

    References
    ----------
    Miller (1955), Note on the bias of information estimates, in: Information Theory in Psychology.

    Examples
    --------
    >>> column = np.tile([0, 1], 500)
    >>> other = np.repeat([0, 1], 500)
    >>> round(pair_entropy([column, other], [2, 2], np.arange(1000)).value, 3)
    1.388
    """
    pairs = list(itertools.combinations(range(len(cells)), 2)) or [(0, 0)]
    pairs = [pairs[at] for at in np.unique(np.linspace(0, len(pairs) - 1, min(len(pairs), MOST_PAIRS)).astype(np.int64))]
    taken = [column[rows] for column in cells]
    n = len(taken[0])
    surprise, correction = np.zeros(n), 0.0
    for a, b in pairs:
        cell = taken[a] * sizes[b] + taken[b]
        counts = np.bincount(cell, minlength=sizes[a] * sizes[b])
        with np.errstate(divide="ignore"):
            surprise -= np.log(counts / n)[cell]
        correction += (np.count_nonzero(counts) - 1) / (2.0 * n)
    surprise /= len(pairs)
    return Entropy(float(surprise.mean() + correction / len(pairs)), surprise)
