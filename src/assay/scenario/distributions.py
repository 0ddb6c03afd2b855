"""Distributions by their quantiles: any of them can be cut off at both ends without drawing in vain."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np
from scipy import special

from assay.scenario.counts import COUNTS
from assay.scenario.family import Array, Family, beyond

SMALLEST_MASS = 1e-290


def draw(family: str, parameters: Mapping[str, Array], low: Array | None, high: Array | None, u: Array) -> Array:
    """Draw by quantiles.

    Parameters
    ----------
    family : str
        A name of `FAMILIES`.
    parameters : mapping of str to numpy.ndarray
        Each of length 1 or of shape (rows,).
    low, high : numpy.ndarray or None
        Ends, included, at which the distribution is cut off.
    u : numpy.ndarray of float64, shape (rows,)
        Uniform in (0, 1): one for each row.

    Returns
    -------
    numpy.ndarray of float64, shape (rows,)
        Values; NaN where no chance lies between the ends.

    Notes
    -----
    x = Q(F(low) + u (F(high) - F(low))), with 1 - F in place of F where the ends lie in the upper half, so that far tails stay
    exact. Of discrete distributions the chance below `low` is F(low - 1).

    Examples
    --------
    >>> draw("normal", {"mean": np.zeros(1), "sd": np.ones(1)}, np.array([8.0]), None, np.array([0.5])).round(3)
    array([8.085])
    """
    chosen = FAMILIES[family]
    given = [parameters[name] for name in chosen.parameters]
    with np.errstate(all="ignore"):
        if low is None and high is None:
            return np.broadcast_to(chosen.quantile(u, *given), u.shape)
        first = -np.inf if low is None else np.ceil(low) - 1.0 if chosen.discrete else low
        last = np.inf if high is None else np.floor(high) if chosen.discrete else high
        first, last = np.broadcast_to(first, u.shape), np.broadcast_to(last, u.shape)
        lowest = np.where(np.isneginf(first), 0.0, chosen.below(first, *given))
        over = np.where(np.isneginf(first), 1.0, chosen.above(first, *given))
        highest = np.where(np.isposinf(last), 1.0, chosen.below(last, *given))
        left = np.where(np.isposinf(last), 0.0, chosen.above(last, *given))
        upper = lowest > 0.5
        mass = np.where(upper, over - left, highest - lowest)
        low_end = np.where(np.isneginf(first), -np.inf, first + 1.0 if chosen.discrete else first)
        found = np.where(
            upper,
            chosen.upper(left + (1.0 - u) * (over - left), *given),
            chosen.quantile(lowest + u * (highest - lowest), *given),
        )
        found = np.minimum(np.maximum(found, low_end), last)
        return np.where(mass > SMALLEST_MASS, found, np.nan)


# -- the families


def _normal_below(x: Array, mean: Array, sd: Array) -> Array:
    return special.ndtr((x - mean) / sd)


def _normal_above(x: Array, mean: Array, sd: Array) -> Array:
    return special.ndtr((mean - x) / sd)


def _log(x: Array) -> Array:
    return np.log(np.maximum(x, 0.0))


def _exponential_above(x: Array, mean: Array) -> Array:
    return np.exp(-np.maximum(x, 0.0) / mean)


def _pareto_above(x: Array, alpha: Array, least: Array) -> Array:
    return np.power(np.maximum(x / least, 1.0), -alpha)


def _weibull_above(x: Array, shape: Array, scale: Array) -> Array:
    return np.exp(-np.power(np.maximum(x, 0.0) / scale, shape))


def _uniform_below(x: Array, low: Array, high: Array) -> Array:
    return np.clip((x - low) / (high - low), 0.0, 1.0)


def _triangular_below(x: Array, low: Array, mode: Array, high: Array) -> Array:
    x = np.clip(x, low, high)
    rising = (x - low) ** 2 / ((high - low) * np.maximum(mode - low, 1e-300))
    falling = 1.0 - (high - x) ** 2 / ((high - low) * np.maximum(high - mode, 1e-300))
    return np.where(x < mode, rising, falling)


def _triangular_above(x: Array, low: Array, mode: Array, high: Array) -> Array:
    falling = (high - np.clip(x, low, high)) ** 2 / ((high - low) * np.maximum(high - mode, 1e-300))
    return np.where(x < mode, 1.0 - _triangular_below(x, low, mode, high), falling)


def _triangular_upper(q: Array, low: Array, mode: Array, high: Array) -> Array:
    far = high - np.sqrt(q * (high - low) * (high - mode))
    return np.where(q < (high - mode) / (high - low), far, _triangular_quantile(1.0 - q, low, mode, high))


def _triangular_quantile(p: Array, low: Array, mode: Array, high: Array) -> Array:
    turn = (mode - low) / (high - low)
    rising = low + np.sqrt(p * (high - low) * (mode - low))
    return np.where(p < turn, rising, high - np.sqrt((1.0 - p) * (high - low) * (high - mode)))


def _gamma_scale(shape: Array, mean: Array) -> Array:
    return mean / shape


FAMILIES: Mapping[str, Family] = MappingProxyType(
    {
        "normal": Family(
            {"mean": (0.0, "any"), "sd": (1.0, "positive")},
            _normal_below,
            _normal_above,
            lambda p, mean, sd: mean + sd * special.ndtri(p),
            lambda q, mean, sd: mean - sd * special.ndtri(q),
            "The bell curve.",
        ),
        "lognormal": Family(
            {"median": (1.0, "positive"), "sigma": (1.0, "positive")},
            lambda x, median, sigma: _normal_below(_log(x), np.log(median), sigma),
            lambda x, median, sigma: _normal_above(_log(x), np.log(median), sigma),
            lambda p, median, sigma: median * np.exp(sigma * special.ndtri(p)),
            lambda q, median, sigma: median * np.exp(-sigma * special.ndtri(q)),
            "Its logarithm is normal, with the standard deviation `sigma`: amounts, durations.",
        ),
        "gamma": Family(
            {"shape": (None, "positive"), "mean": (None, "positive")},
            lambda x, shape, mean: special.gammainc(shape, np.maximum(x, 0.0) / _gamma_scale(shape, mean)),
            lambda x, shape, mean: special.gammaincc(shape, np.maximum(x, 0.0) / _gamma_scale(shape, mean)),
            lambda p, shape, mean: special.gammaincinv(shape, p) * _gamma_scale(shape, mean),
            lambda q, shape, mean: special.gammainccinv(shape, q) * _gamma_scale(shape, mean),
            "Positive, skewed the more the smaller `shape` is.",
        ),
        "beta": Family(
            {"a": (None, "positive"), "b": (None, "positive")},
            lambda x, a, b: special.betainc(a, b, np.clip(x, 0.0, 1.0)),
            lambda x, a, b: special.betaincc(a, b, np.clip(x, 0.0, 1.0)),
            lambda p, a, b: special.betaincinv(a, b, p),
            lambda q, a, b: special.betainccinv(a, b, q),
            "Shares between 0 and 1, with the mean a / (a + b).",
        ),
        "exponential": Family(
            {"mean": (1.0, "positive")},
            lambda x, mean: -np.expm1(-np.maximum(x, 0.0) / mean),
            _exponential_above,
            lambda p, mean: -mean * np.log1p(-p),
            lambda q, mean: -mean * np.log(q),
            "Waiting times without memory.",
        ),
        "pareto": Family(
            {"alpha": (None, "positive"), "least": (1.0, "positive")},
            beyond(_pareto_above),
            _pareto_above,
            lambda p, alpha, least: least * np.exp(-np.log1p(-p) / alpha),
            lambda q, alpha, least: least * np.exp(-np.log(q) / alpha),
            "A power tail from `least` on: the chance above x is (least / x)^alpha.",
        ),
        "weibull": Family(
            {"shape": (None, "positive"), "scale": (1.0, "positive")},
            beyond(_weibull_above),
            _weibull_above,
            lambda p, shape, scale: scale * np.power(-np.log1p(-p), 1.0 / shape),
            lambda q, shape, scale: scale * np.power(-np.log(q), 1.0 / shape),
            "Lifetimes; `shape` below 1 for early failures, above 1 for wear.",
        ),
        "student_t": Family(
            {"df": (None, "positive"), "mean": (0.0, "any"), "scale": (1.0, "positive")},
            lambda x, df, mean, scale: special.stdtr(df, (x - mean) / scale),
            lambda x, df, mean, scale: special.stdtr(df, (mean - x) / scale),
            lambda p, df, mean, scale: mean + scale * special.stdtrit(df, p),
            lambda q, df, mean, scale: mean - scale * special.stdtrit(df, q),
            "Bell-shaped with heavy tails, heavier the smaller `df` is.",
        ),
        "uniform": Family(
            {"low": (0.0, "any"), "high": (1.0, "any")},
            _uniform_below,
            beyond(_uniform_below),
            lambda p, low, high: low + p * (high - low),
            lambda q, low, high: high - q * (high - low),
            "Any number between `low` and `high`.",
            check=lambda low, high: high > low,
            asked="high must be more than low",
        ),
        "triangular": Family(
            {"low": (None, "any"), "mode": (None, "any"), "high": (None, "any")},
            _triangular_below,
            _triangular_above,
            _triangular_quantile,
            _triangular_upper,
            "From `low` to `high`, most often near `mode`.",
            check=lambda low, mode, high: (low < high) & (low <= mode) & (mode <= high),
            asked="low <= mode <= high must hold, low < high",
        ),
        **COUNTS,
    }
)
