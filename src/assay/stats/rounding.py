"""How far float products may be from the distances they stand for."""

from __future__ import annotations

from typing import NamedTuple, Self

import numpy as np

FAR = 1e30  # farther than any scaled reference: padding


class Side(NamedTuple):
    """References as one factor of the product ``|r|^2 - 2 q.r``, and the precision of its type.

    Parameters
    ----------
    right : numpy.ndarray, shape (n, d + 1)
        Centred and scaled rows, each with its squared norm behind.
    unit, least : float
        Unit roundoff and least normal number.
    """

    right: np.ndarray
    unit: float
    least: float

    @classmethod
    def of(cls, right: np.ndarray) -> Self:
        """Look up the precision."""
        facts = np.finfo(right.dtype)
        return cls(right, float(facts.eps) / 2, float(facts.tiny))


class Bounds:
    """What the products' values say of distances from a block of queries, and the reverse.

    Parameters
    ----------
    moved : numpy.ndarray, shape (q, d)
        Queries, centred and scaled as the references are, rounded to the products' type.
    side : Side
        The references' factor.

    Notes
    -----
    With q a query, D a distance and ``s = |q| + D``, a reference r at that distance has ``|r| <= s``, and what float arithmetic
    gives for ``|r|^2 - 2 q.r`` is off from ``D^2 - |q|^2`` by at most

        ``E = u ((d + 6) (2 |q| s + s^2) + 3 (|q| + s)^2) + 8 (d + 4) w (1 + |q| + s)``,

    u the unit roundoff and w the least normal number: a product of d + 1 terms in any order of summation, the rounding of the
    squared norm and of the centred values, and underflow.

    References
    ----------
    Higham (2002), Accuracy and Stability of Numerical Algorithms, section 3.1 (error of an inner product).
    """

    def __init__(self, moved: np.ndarray, side: Side) -> None:
        wide = moved.astype(np.float64)
        self.left = np.ascontiguousarray(np.column_stack([-2 * moved, np.ones(len(moved), dtype=moved.dtype)]).T)
        self._square = np.einsum("ij,ij->i", wide, wide)
        self._norm = np.sqrt(self._square)
        self._unit, self._width = side.unit, moved.shape[1]
        self._least = 8 * (self._width + 4) * side.least

    def squares(self, values: np.ndarray) -> np.ndarray:
        """Bound from above the squared distances of references that have these values: ``E <= e (|q|^2 + D^2)``."""
        e = 1.03 * self._unit * (6 * self._width + 60) + self._least
        return np.maximum(values + self._square * (1 + e) + self._least * (2 + 2 * self._norm), 0.0) / (1 - e)

    def apart(self, squares: np.ndarray) -> np.ndarray:
        """Bound from above ``|q|^2 + |r|^2 - 2 q.r`` of references within these squared distances, summed in any order."""
        own, reach = self._norm, (self._norm + np.sqrt(squares)) * (1 + 1e-6) + self._least
        return squares + 1.01 * self._unit * (self._width + 12) * (own + reach) ** 2 + self._least * (1 + own + reach)

    def limit(self, squares: np.ndarray) -> np.ndarray:
        """Bound from above the values of references within these squared distances: ``D^2 - |q|^2 + E``."""
        own, reach = self._norm, (self._norm + np.sqrt(squares)) * (1 + 1e-6) + self._least
        slack = self._unit * ((self._width + 6) * (2 * own * reach + reach**2) + 3 * (own + reach) ** 2)
        slack += self._least * (1 + own + reach) + (self._width + 8) * 2.3e-16 * (squares + self._square)
        high = np.minimum(squares - self._square + 1.01 * slack, 2 * FAR).astype(self.left.dtype)
        return np.nextafter(high, np.inf, dtype=high.dtype)
