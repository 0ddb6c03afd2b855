"""Distances between two tables of shares, as seminorms of their difference."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

Norm = Callable[[np.ndarray], np.ndarray]


class Quadratic:
    """A seminorm whose square is a weighted sum of squares over the cells of each table.

    Parameters
    ----------
    weights : ndarray of shape (cells,)
        Weight of each cell's square.
    starts : ndarray of shape (tables,)
        First cell of each table.
    """

    def __init__(self, weights: np.ndarray, starts: np.ndarray) -> None:
        self.weights, self.starts = weights, starts

    def __call__(self, difference: np.ndarray) -> np.ndarray:
        """Give the seminorm of each table, shape (..., tables)."""
        return np.sqrt(self.inner(difference, difference))

    def inner(self, left: np.ndarray, right: np.ndarray) -> np.ndarray:
        """Give the inner product of each table, shape (..., tables)."""
        product = left * right
        product *= self.weights.astype(product.dtype)
        return np.add.reduceat(product, self.starts, axis=-1)


def le_cam(weights: np.ndarray, starts: np.ndarray) -> Quadratic:
    """Make the Le Cam distance of several tables laid end to end.

    Parameters
    ----------
    weights : ndarray of shape (cells,)
        p + q of each cell, positive.
    starts : ndarray of shape (tables,)
        First cell of each table.

    Returns
    -------
    Quadratic
        From differences q - p of shape (..., cells) to distances of shape (..., tables).

    Notes
    -----
    ``sqrt(1/2 sum (p - q)^2 / (p + q))``, the square root of the triangular discrimination: a metric between 0 and 1,
    never below the total variation distance ``1/2 sum |p - q|`` and equal to it when all cells differ in the same
    proportion. Unlike total variation its square has an unbiased estimate, whatever the shape of the difference, so that
    ``sqrt(value^2 - floor^2)`` estimates the true distance without bias, and a rare cell that vanishes weighs more.

    References
    ----------
    Le Cam (1986), Asymptotic Methods in Statistical Decision Theory, section 4.2. Topsoe (2000), Some inequalities for
    information divergence and related measures of discrimination, IEEE Transactions on Information Theory 46.

    Examples
    --------
    >>> import numpy as np
    >>> p, q = np.array([0.5, 0.5]), np.array([0.4, 0.6])
    >>> round(float(le_cam(p + q, np.array([0]))(q - p)[0]), 4)
    0.1005
    """
    return Quadratic(0.5 / weights, starts)


def total_variation(difference: np.ndarray, starts: np.ndarray) -> np.ndarray:
    """Give ``1/2 sum |p - q|`` of tables laid end to end, shape (..., tables)."""
    return 0.5 * np.add.reduceat(np.abs(difference), starts, axis=-1)


def kolmogorov(widths: list[int]) -> Norm:
    """Make the largest gap between distribution functions of columns laid end to end, each of some number of cells."""
    bounds = np.concatenate([[0], np.cumsum(widths)])

    def norm(difference: np.ndarray) -> np.ndarray:
        return np.stack(
            [np.abs(np.cumsum(difference[..., bounds[j] : bounds[j + 1]], axis=-1)).max(axis=-1) for j in range(len(widths))],
            axis=-1,
        )

    return norm


def area(lengths: list[np.ndarray]) -> Norm:
    """Make the area between distribution functions of columns laid end to end.

    Parameters
    ----------
    lengths : list of ndarray of shape (cells,)
        For each cell of a column the length of the axis over which the distribution function up to and with that cell
        holds, in units of the column's scale; zero outside the range looked at.

    Notes
    -----
    On one axis this area is the first Wasserstein distance (Vallender 1974).
    """
    bounds = np.concatenate([[0], np.cumsum([len(length) for length in lengths])])

    def norm(difference: np.ndarray) -> np.ndarray:
        return np.stack(
            [
                np.abs(np.cumsum(difference[..., bounds[j] : bounds[j + 1]], axis=-1)) @ length.astype(difference.dtype)
                for j, length in enumerate(lengths)
            ],
            axis=-1,
        )

    return norm


def debiased(value: float, floor: float) -> float:
    """Give the distance with the noise of sampling taken out, ``sqrt(max(value^2 - floor^2, 0))``.

    Examples
    --------
    >>> debiased(0.5, 0.3)
    0.4
    """
    return float(np.sqrt(max(value * value - floor * floor, 0.0)))


def pooled(counts: np.ndarray, least: float) -> np.ndarray:
    """Give each cell of one table a number; those with fewer than `least` counts share the last one, shape (cells,)."""
    small = counts < least
    numbers = np.cumsum(~small) - 1
    return np.where(small, numbers[-1] + 1 if small.any() else 0, numbers).astype(np.int64)
