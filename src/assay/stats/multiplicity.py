"""Which of many hypotheses to name: step-up rules for p-values."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike


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
    rejected = np.zeros(len(order), dtype=bool)
    rejected[order[: int(passed[-1]) + 1 if len(passed) else 0]] = True
    return rejected


def benjamini_yekutieli(p_values: ArrayLike, error: float = 0.05) -> np.ndarray:
    """Reject with the expected share of false rejections at most `error`, under any dependence.

    Returns
    -------
    numpy.ndarray
        Booleans, True where rejected, in the order given.

    References
    ----------
    Benjamini and Yekutieli (2001), The control of the false discovery rate under dependency, Annals of Statistics 29.
    """
    p = _checked(p_values)
    return benjamini_hochberg(p, error / float(np.sum(1.0 / np.arange(1, len(p) + 1))) if len(p) else error)


def _checked(p_values: ArrayLike) -> np.ndarray:
    p = np.asarray(p_values, dtype=np.float64)
    if p.ndim != 1 or not np.all((p >= 0) & (p <= 1)):
        raise ValueError("p_values must be a list of numbers in [0, 1]. Got something else; pass one p-value per test.")
    return p
