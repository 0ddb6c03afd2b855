"""How strongly an outcome follows a prediction, with an error that asks nothing of its variance."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from assay.stats.scores import standard_error


class Slope(NamedTuple):
    """Slope of outcomes on predictions, its standard error, and the variance of the predictions that it rests on."""

    value: float
    error: float
    spread: float


def slope(outcome: np.ndarray, predicted: np.ndarray, groups: np.ndarray | None = None) -> Slope:
    """Fit a line of outcomes on predictions, with one slope for all columns.

    Parameters
    ----------
    outcome, predicted : numpy.ndarray, shape (rows, columns)
        For several classes one column each.
    groups : numpy.ndarray of int, shape (rows,), optional
        Rows that belong together.

    Returns
    -------
    Slope
        All zero where the predictions do not vary.

    Notes
    -----
    b = sum cov(y_k, f_k) / sum var(f_k) over columns k. The error is that of its influences (White 1980), summed by group.

    Examples
    --------
    >>> slope(np.array([[0.0], [2.0], [4.0]]), np.array([[0.0], [1.0], [2.0]])).value
    2.0
    """
    moved = predicted - predicted.mean(axis=0)
    centred = outcome - outcome.mean(axis=0)
    spread = float(np.mean(np.sum(moved**2, axis=1)))
    if spread <= 0.0:
        return Slope(0.0, 0.0, 0.0)
    value = float(np.mean(np.sum(moved * centred, axis=1))) / spread
    influence = np.sum(moved * (centred - value * moved), axis=1) / spread
    return Slope(value, standard_error(influence, groups), spread)
