"""Bounds on shares: exact for one, nominal for the difference of two, and what a risk certificate rests on."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import bdtr, betaincinv, xlog1py, xlogy


def clopper_pearson(k: ArrayLike, n: ArrayLike, *, error: float = 0.05) -> tuple[Any, Any]:
    """Give the exact two-sided interval of a share.

    Parameters
    ----------
    k, n : array_like
        Hits and trials; real numbers are allowed (effective counts).
    error : float
        Both tails together: 0.05 gives a 95% interval.

    Returns
    -------
    low, high : numpy.ndarray or float
        ``share_low(k, n, error=error / 2)`` and ``share_high(k, n, error=error / 2)``.

    References
    ----------
    Clopper and Pearson (1934), The use of confidence or fiducial limits illustrated in the case of the binomial,
    Biometrika 26.

    Examples
    --------
    >>> low, high = clopper_pearson(3, 100)
    >>> round(low, 4), round(high, 4)
    (0.0062, 0.0852)
    """
    return share_low(k, n, error=error / 2), share_high(k, n, error=error / 2)


def share_high(k: ArrayLike, n: ArrayLike, *, error: float = 0.05) -> Any:
    """Give the one-sided upper bound of a share, BetaInv(1 - error; k + 1, n - k).

    A risk is certified to be at most r iff this bound on it is at most r.

    Examples
    --------
    >>> round(share_high(0, 59), 6)
    0.049508
    """
    k, n = np.asarray(k, dtype=np.float64), np.asarray(n, dtype=np.float64)
    bound = np.where(k >= n, 1.0, betaincinv(k + 1.0, np.maximum(n - k, 1e-9), 1.0 - error))
    return _plain(bound)


def share_low(k: ArrayLike, n: ArrayLike, *, error: float = 0.05) -> Any:
    """Give the one-sided lower bound of a share, BetaInv(error; k, n - k + 1), 0 for no hit."""
    k, n = np.asarray(k, dtype=np.float64), np.asarray(n, dtype=np.float64)
    bound = np.where(k <= 0, 0.0, betaincinv(np.maximum(k, 1e-9), n - k + 1.0, error))
    return _plain(bound)


def rows_to_certify(
    risk: float, limit: float, *, power: float = 0.8, error: float = 0.05, most: int = 100_000
) -> tuple[int, int]:
    """Count the holdout rows that certify `risk` to be at most `limit` with the given chance.

    Parameters
    ----------
    risk, limit : float
        True risk and the limit to certify, ``0 <= risk < limit < 1``.
    power : float
        Chance wanted.
    error : float
        Error of the certificate.
    most : int
        Largest number of rows looked at; the chance must hold on its whole second half.

    Returns
    -------
    least, steady : int
        The least n that has the chance, and the n from which on all have it: the chance is a saw-tooth in n, because the
        number of errors allowed is whole.

    Raises
    ------
    ValueError
        If `most` rows do not suffice.

    Examples
    --------
    >>> rows_to_certify(0.05, 0.10)
    (179, 203)
    """
    reach = 512
    while True:
        rows = np.arange(1, min(reach, most) + 1)
        allowed = _errors_allowed(rows, limit, error)
        enough = (allowed >= 0) & (bdtr(np.maximum(allowed, 0), rows, risk) >= power)
        short = np.flatnonzero(~enough)
        if len(short) == 0 or short[-1] < len(rows) // 2:
            return int(rows[np.argmax(enough)]), int(rows[short[-1]] + 1) if len(short) else 1
        if reach >= 2 * most:
            raise ValueError(
                f"rows_to_certify needs more than {most} rows for a risk of {risk} under the limit {limit}. "
                "Raise most, or choose a limit further from the risk."
            )
        reach *= 2


def _errors_allowed(rows: np.ndarray, limit: float, error: float) -> np.ndarray:
    """Give for each n the largest k with share_high(k, n) <= limit, that is with P[Bin(n, limit) <= k] <= error; -1 if none."""
    low, high = np.full(len(rows), -1), rows.copy()
    while np.any(high - low > 1):
        middle = (low + high) // 2
        good = (middle >= 0) & (bdtr(np.maximum(middle, 0), rows, limit) <= error)
        low, high = np.where(good, middle, low), np.where(good, high, np.maximum(middle, low + 1))
    return low


def hoeffding_bentkus(risk: float, n: int, limit: float) -> float:
    """Give the p-value of 'the true risk is above `limit`' for a mean loss `risk` of n losses in [0, 1].

    Notes
    -----
    ``min{exp(-n h1(min(R, a), a)), e P[Bin(n, a) <= ceil(n R)]}`` with ``h1(x, a) = x log(x/a) + (1-x) log((1-x)/(1-a))``.

    References
    ----------
    Bates, Angelopoulos, Lei, Malik and Jordan (2021), Distribution-free, risk-controlling prediction sets, J. ACM 68.

    Examples
    --------
    >>> round(hoeffding_bentkus(0.08, 1000, 0.10), 7)
    0.0478732
    """
    x = min(risk, limit)
    divergence = float(xlogy(x, x / limit) + xlog1py(1.0 - x, -x) - xlog1py(1.0 - x, -limit))
    errors = np.ceil(np.round(n * risk, 9))
    return float(min(np.exp(-n * divergence), np.e * bdtr(errors, n, limit), 1.0))


def difference_bound(k1: ArrayLike, n1: ArrayLike, k2: ArrayLike, n2: ArrayLike, *, error: float, upper: bool) -> Any:
    """Bound the difference of two shares p1 - p2 on one side.

    Parameters
    ----------
    k1, n1, k2, n2 : array_like
        Hits and trials of each sample; real numbers are allowed (effective counts of clustered rows).
    error : float
        Chance to err on this side.
    upper : bool
        Upper bound, or lower.

    Returns
    -------
    numpy.ndarray or float
        In [-1, 1].

    Notes
    -----
    ``p1 - p2 + sqrt((u1 - p1)^2 + (p2 - l2)^2)`` with u and l the one-sided Jeffreys limits of each share (Clopper-Pearson
    where a sample has no hit or no miss), and mirrored below. Errs as often as it says for rare shares too, where intervals
    around the estimate (Wald) collapse and score intervals (Miettinen-Nurminen) err up to twice as often.

    References
    ----------
    Zou and Donner (2008), Construction of confidence limits about effect measures: a general approach, Statistics in
    Medicine 27. Brown, Cai and DasGupta (2001), Interval estimation for a binomial proportion, Statistical Science 16.

    Examples
    --------
    >>> round(difference_bound(10, 1000, 5, 1000, error=0.05, upper=True), 4)
    0.0118
    """
    if not upper:
        mirrored = difference_bound(k2, n2, k1, n1, error=error, upper=True)
        return -mirrored
    k1, n1, k2, n2 = (np.asarray(part, dtype=np.float64) for part in (k1, n1, k2, n2))
    above = _jeffreys_high(k1, n1, error) - k1 / n1
    below = k2 / n2 - (1.0 - _jeffreys_high(n2 - k2, n2, error))
    return _plain(np.asarray(k1 / n1 - k2 / n2 + np.hypot(above, below)))


def _jeffreys_high(k: np.ndarray, n: np.ndarray, error: float) -> np.ndarray:
    limit = betaincinv(k + 0.5, np.maximum(n - k, 0.0) + 0.5, 1.0 - error)
    exact = np.asarray(share_high(k, n, error=error))
    return np.where((k <= 0) | (k >= n), exact, limit)


def jeffreys(k: float, n: float, error: float) -> tuple[float, float]:
    """Give both one-sided limits of a share, each with this error; Clopper-Pearson where there is no hit or no miss.

    References
    ----------
    Brown, Cai and DasGupta (2001), Interval estimation for a binomial proportion, Statistical Science 16.
    """
    hits, trials = np.asarray(k, dtype=np.float64), np.asarray(n, dtype=np.float64)
    return 1.0 - float(_jeffreys_high(trials - hits, trials, error)), float(_jeffreys_high(hits, trials, error))


def difference_interval(k1: ArrayLike, n1: ArrayLike, k2: ArrayLike, n2: ArrayLike, *, error: float = 0.05) -> tuple[Any, Any]:
    """Give the two-sided interval of the difference of two shares; see `difference_bound`."""
    low = difference_bound(k1, n1, k2, n2, error=error / 2, upper=False)
    return low, difference_bound(k1, n1, k2, n2, error=error / 2, upper=True)


def effective_counts(share: float, variance: float, n: float) -> tuple[float, float]:
    """Give hits and trials of the binomial sample that has this share and this variance of the share.

    All `n` rows count where the variance is no larger than theirs, or where the share is of less than one hit or is 1.

    Examples
    --------
    >>> effective_counts(0.1, 0.0009, 1000)
    (10.0, 100.0)
    """
    spread = share * (1.0 - share)
    rows = n if share * n < 1 or spread <= 0 or variance <= 0 else min(spread / variance, n)
    rows = float(np.round(max(rows, 1.0), 9))
    return share * rows, rows


def _plain(bound: np.ndarray) -> Any:
    return float(bound) if bound.ndim == 0 else bound


def permutation_p(observed: float, permuted: ArrayLike) -> float:
    """Give the p-value of a permutation test, ``(1 + #{T_b >= T}) / (B + 1)``.

    References
    ----------
    Phipson and Smyth (2010), Permutation p-values should never be zero, Statistical Applications in Genetics 9.

    Examples
    --------
    >>> permutation_p(2.0, [1.0, 3.0, 0.5])
    0.5
    """
    permuted = np.asarray(permuted, dtype=np.float64)
    return float((1 + np.count_nonzero(permuted >= observed)) / (len(permuted) + 1))


def dkw_high(distance: float, n: int, m: int, *, error: float = 0.05) -> float:
    """Bound the sup-distance of two distribution functions from above, given the empirical one.

    Notes
    -----
    ``D + sqrt(ln(4 / error) / 2n) + sqrt(ln(4 / error) / 2m)``, at most 1.

    References
    ----------
    Massart (1990), The tight constant in the Dvoretzky-Kiefer-Wolfowitz inequality, Annals of Probability 18.

    Examples
    --------
    >>> round(dkw_high(0.02, 5000, 5000), 4)
    0.0619
    """
    reach = np.log(4.0 / error) / 2.0
    return float(min(distance + np.sqrt(reach / n) + np.sqrt(reach / m), 1.0))
