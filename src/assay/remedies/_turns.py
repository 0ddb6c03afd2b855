"""Linear maps of some standardised columns that give all columns other correlations."""

from __future__ import annotations

import numpy as np

from assay.core.threads import one_thread

RIDGE = 1e-3
LEAST = 0.02


def shrunk(real: np.ndarray, synthetic: np.ndarray, error: np.ndarray, sure: float) -> np.ndarray:
    """Draw real correlations towards the synthetic ones: all the way where they differ by less than some errors.

    Examples
    --------
    >>> shrunk(np.array([0.5, 0.1]), np.zeros(2), np.array([0.1, 0.1]), 2.0).round(2).tolist()
    [0.42, 0.0]
    """
    gap = real - synthetic
    return synthetic + gap * np.maximum(0.0, 1.0 - (sure * error / np.where(gap == 0, 1.0, gap)) ** 2)


def turned(old: np.ndarray, new: np.ndarray, inside: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Give ``(turn, pull)`` so that ``x turn + f pull`` has, with the fixed columns f, the correlations `new`.

    Parameters
    ----------
    old, new : numpy.ndarray, shape (k, k)
        Correlations as they are and as they should be; those among fixed columns stay as they are.
    inside : numpy.ndarray of bool, shape (k,)
        Columns x that may move.

    Notes
    -----
    With ``b = F^-1 C`` the regression of x on f and S the covariance of its residuals: ``x' = f b' + (x - f b) T``, T the
    symmetric map from S to S' (Olkin and Pukelsheim 1982). A covariance that is none is made one by lifting its eigenvalues.
    """
    with one_thread():
        x, f = np.flatnonzero(inside), np.flatnonzero(~inside)
        among = old[np.ix_(f, f)] + RIDGE * np.eye(len(f))
        b_old, b_new = (np.linalg.solve(among, c[np.ix_(f, x)]) if len(f) else np.zeros((0, len(x))) for c in (old, new))
        left_old, left_new = (_positive(c[np.ix_(x, x)] - c[np.ix_(x, f)] @ b) for c, b in ((old, b_old), (new, b_new)))
        root, inverse = _power(left_old, 0.5), _power(left_old, -0.5)
        turn = inverse @ _power(root @ left_new @ root, 0.5) @ inverse
        return turn, b_new - b_old @ turn


def _positive(matrix: np.ndarray) -> np.ndarray:
    values, vectors = np.linalg.eigh((matrix + matrix.T) / 2.0)
    return (vectors * np.maximum(values, LEAST)) @ vectors.T


def _power(matrix: np.ndarray, power: float) -> np.ndarray:
    values, vectors = np.linalg.eigh((matrix + matrix.T) / 2.0)
    return (vectors * np.maximum(values, 1e-12) ** power) @ vectors.T
