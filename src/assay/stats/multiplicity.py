"""Which of many hypotheses to name: step-up and step-down rules for p-values, and the one for e-values."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike


def holm(p_values: ArrayLike, error: float = 0.05) -> np.ndarray:
    """Reject with the chance of any false rejection at most `error`, under any dependence.

    Returns
    -------
    numpy.ndarray
        Booleans, True where rejected, in the order given.

    References
    ----------
    Holm (1979), A simple sequentially rejective multiple test procedure, Scandinavian Journal of Statistics 6.

    Examples
    --------
    >>> holm([0.001, 0.04, 0.03]).tolist()
    [True, False, False]
    """
    p = _checked(p_values)
    order = np.argsort(p, kind="stable")
    passed = p[order] <= error / (len(p) - np.arange(len(p)))
    return _first(order, int(len(p) if passed.all() else np.argmin(passed)))


def benjamini_hochberg(p_values: ArrayLike, error: float = 0.05) -> np.ndarray:
    """Reject with the expected share of false rejections at most `error`, for independent or positively dependent tests.

    Returns
    -------
    numpy.ndarray
        Booleans, True where rejected, in the order given.

    References
    ----------
    Benjamini and Hochberg (1995), Controlling the false discovery rate, JRSS B 57.

    Examples
    --------
    >>> benjamini_hochberg([0.01, 0.04, 0.03, 0.9]).tolist()
    [True, False, False, False]
    """
    p = _checked(p_values)
    order = np.argsort(p, kind="stable")
    passed = np.flatnonzero(p[order] <= error * np.arange(1, len(p) + 1) / max(len(p), 1))
    return _first(order, int(passed[-1]) + 1 if len(passed) else 0)


def benjamini_yekutieli(p_values: ArrayLike, error: float = 0.05) -> np.ndarray:
    """Reject with the expected share of false rejections at most `error`, under any dependence.

    References
    ----------
    Benjamini and Yekutieli (2001), The control of the false discovery rate under dependency, Annals of Statistics 29.
    """
    p = _checked(p_values)
    return benjamini_hochberg(p, error / float(np.sum(1.0 / np.arange(1, len(p) + 1))) if len(p) else error)


def e_benjamini_hochberg(e_values: ArrayLike, error: float = 0.05) -> np.ndarray:
    """Reject the k largest e-values for the largest k with ``e_(k) >= m / (error k)``; valid under any dependence.

    References
    ----------
    Wang and Ramdas (2022), False discovery rate control with e-values, JRSS B 84.

    Examples
    --------
    >>> e_benjamini_hochberg([100.0, 1.0, 30.0]).tolist()
    [True, False, True]
    """
    e = np.asarray(e_values, dtype=np.float64)
    if e.ndim != 1 or np.isnan(e).any() or (e < 0).any():
        raise ValueError("e_values must be a list of numbers of at least 0. Got something else; pass one e-value per test.")
    order = np.argsort(-e, kind="stable")
    passed = np.flatnonzero(e[order] * np.arange(1, len(e) + 1) * error >= len(e))
    return _first(order, int(passed[-1]) + 1 if len(passed) else 0)


def _checked(p_values: ArrayLike) -> np.ndarray:
    p = np.asarray(p_values, dtype=np.float64)
    if p.ndim != 1 or not np.all((p >= 0) & (p <= 1)):
        raise ValueError("p_values must be a list of numbers in [0, 1]. Got something else; pass one p-value per test.")
    return p


def _first(order: np.ndarray, count: int) -> np.ndarray:
    rejected = np.zeros(len(order), dtype=bool)
    rejected[order[:count]] = True
    return rejected
