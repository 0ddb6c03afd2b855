"""Distributions by their quantiles: any of them can be cut off at both ends without drawing in vain."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from scipy import special

Array = np.ndarray
SMALLEST_MASS = 1e-290
LARGEST_TABLE = 1_000_000  # levels of a Zipf distribution


@dataclass(frozen=True, slots=True)
class Family:
    """A family of distributions.

    Parameters
    ----------
    parameters : mapping of str to (default or None, rule)
        What must or may be given; None where there is no default. The rule is one of ``any``, ``positive``, ``share``
        (between 0 and 1), ``whole``.
    below, above : callable
        The chance of a value at most, and of one above x, from x and the parameters.
    quantile : callable
        The smallest value with at least so much chance at or below it, from the chance and the parameters.
    upper : callable
        The value with so much chance above it; exact where the chance is tiny.
    discrete : bool
        Whether values are whole numbers.
    meaning : str
        What it is, for the documentation.
    ends : callable
        Lowest and highest value, from the parameters, where there are ends.
    """

    parameters: Mapping[str, tuple[float | None, str]]
    below: Callable[..., Array]
    above: Callable[..., Array]
    quantile: Callable[..., Array]
    upper: Callable[..., Array]
    meaning: str
    discrete: bool = False
    check: Callable[..., Array] | None = None
    asked: str = ""


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
        beyond = np.where(np.isneginf(first), 1.0, chosen.above(first, *given))
        highest = np.where(np.isposinf(last), 1.0, chosen.below(last, *given))
        left = np.where(np.isposinf(last), 0.0, chosen.above(last, *given))
        upper = lowest > 0.5
        mass = np.where(upper, beyond - left, highest - lowest)
        low_end = np.where(np.isneginf(first), -np.inf, first + 1.0 if chosen.discrete else first)
        found = np.where(
            upper,
            chosen.upper(left + (1.0 - u) * (beyond - left), *given),
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


def _integers_below(x: Array, low: Array, high: Array) -> Array:
    return np.clip((np.floor(x) - low + 1.0) / (high - low + 1.0), 0.0, 1.0)


def _integers_quantile(p: Array, low: Array, high: Array) -> Array:
    return np.minimum(low + np.floor(p * (high - low + 1.0)), high)


def _triangular_below(x: Array, low: Array, mode: Array, high: Array) -> Array:
    x = np.clip(x, low, high)
    rising = (x - low) ** 2 / ((high - low) * np.maximum(mode - low, 1e-300))
    falling = 1.0 - (high - x) ** 2 / ((high - low) * np.maximum(high - mode, 1e-300))
    return np.where(x < mode, rising, falling)


def _triangular_quantile(p: Array, low: Array, mode: Array, high: Array) -> Array:
    turn = (mode - low) / (high - low)
    rising = low + np.sqrt(p * (high - low) * (mode - low))
    return np.where(p < turn, rising, high - np.sqrt((1.0 - p) * (high - low) * (high - mode)))


def _geometric_above(x: Array, p: Array) -> Array:
    return np.exp(np.maximum(np.floor(x), 0.0) * np.log1p(-p))


def _geometric_upper(chance: Array, p: Array) -> Array:
    return np.maximum(np.ceil(np.log(chance) / np.log1p(-p) - 1e-12), 1.0)


def _stepped(below: Callable[..., Array], guess: Callable[..., Array]) -> Callable[..., Array]:
    """Make the quantiles of whole numbers from a continuous solution, mended by a step where rounding went astray."""

    def quantile(p: Array, *given: Array) -> Array:
        found = np.maximum(np.ceil(guess(p, *given) - 1e-9), 0.0)
        found = np.where(np.isfinite(found), found, 0.0)
        for _ in range(2):
            found = np.where((found > 0) & (below(found - 1.0, *given) >= p), found - 1.0, found)
            found = np.where(below(found, *given) < p, found + 1.0, found)
        return found

    return quantile


def _poisson_below(x: Array, mean: Array) -> Array:
    return np.where(np.floor(x) < 0, 0.0, special.pdtr(np.floor(np.maximum(x, 0.0)), mean))


def _poisson_quantile(p: Array, mean: Array) -> Array:
    if mean.size == 1 and mean.item() <= 5_000:
        most = int(mean.item() + 12.0 * np.sqrt(mean.item()) + 40.0)
        return np.searchsorted(special.pdtr(np.arange(most + 1.0), mean), p).astype(float)
    return _stepped(_poisson_below, special.pdtrik)(p, mean)


def _binomial_below(x: Array, trials: Array, p: Array) -> Array:
    x = np.minimum(np.floor(x), trials)
    return np.where(x < 0, 0.0, special.bdtr(np.maximum(x, 0.0), trials.astype(np.int64), p))


def _zipf_table(exponent: Array, levels: Array) -> Array:
    weights = np.arange(1.0, levels.item() + 1.0) ** -exponent.item()
    return np.cumsum(weights) / weights.sum()


def _zipf_below(x: Array, exponent: Array, levels: Array) -> Array:
    table = np.concatenate([[0.0], _zipf_table(exponent, levels)])
    return table[np.clip(np.floor(x), 0, levels.item()).astype(np.int64)]


def _zipf_quantile(p: Array, exponent: Array, levels: Array) -> Array:
    return np.minimum(np.searchsorted(_zipf_table(exponent, levels), p) + 1.0, levels.item())


def _beyond(below: Callable[..., Array]) -> Callable[..., Array]:
    return lambda x, *given: 1.0 - below(x, *given)


def _from_above(quantile: Callable[..., Array]) -> Callable[..., Array]:
    return lambda chance, *given: quantile(1.0 - chance, *given)


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
            _beyond(_pareto_above),
            _pareto_above,
            lambda p, alpha, least: least * np.exp(-np.log1p(-p) / alpha),
            lambda q, alpha, least: least * np.exp(-np.log(q) / alpha),
            "A power tail from `least` on: the chance above x is (least / x)^alpha.",
        ),
        "weibull": Family(
            {"shape": (None, "positive"), "scale": (1.0, "positive")},
            _beyond(_weibull_above),
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
            _beyond(_uniform_below),
            lambda p, low, high: low + p * (high - low),
            lambda q, low, high: high - q * (high - low),
            "Any number between `low` and `high`.",
            check=lambda low, high: high > low,
            asked="high must be more than low",
        ),
        "triangular": Family(
            {"low": (None, "any"), "mode": (None, "any"), "high": (None, "any")},
            _triangular_below,
            _beyond(_triangular_below),
            _triangular_quantile,
            _from_above(_triangular_quantile),
            "From `low` to `high`, most often near `mode`.",
            check=lambda low, mode, high: (low < high) & (low <= mode) & (mode <= high),
            asked="low <= mode <= high must hold, low < high",
        ),
        "integers": Family(
            {"low": (None, "whole"), "high": (None, "whole")},
            _integers_below,
            _beyond(_integers_below),
            _integers_quantile,
            _from_above(_integers_quantile),
            "Any whole number from `low` to `high`, both included.",
            discrete=True,
            check=lambda low, high: high >= low,
            asked="high must be at least low",
        ),
        "poisson": Family(
            {"mean": (None, "positive")},
            _poisson_below,
            lambda x, mean: np.where(x < 0, 1.0, special.pdtrc(np.floor(np.maximum(x, 0.0)), mean)),
            _poisson_quantile,
            _from_above(_poisson_quantile),
            "Counts of independent events.",
            discrete=True,
        ),
        "binomial": Family(
            {"trials": (None, "whole"), "p": (None, "share")},
            _binomial_below,
            _beyond(_binomial_below),
            _stepped(_binomial_below, lambda chance, trials, p: special.bdtrik(chance, trials, p)),
            _from_above(_stepped(_binomial_below, lambda chance, trials, p: special.bdtrik(chance, trials, p))),
            "Successes in so many `trials`.",
            discrete=True,
            check=lambda trials, p: (trials >= 0) & (p < 1) & (p > 0),
            asked="trials must be at least 0 and p between 0 and 1, neither included",
        ),
        "geometric": Family(
            {"p": (None, "share")},
            lambda x, p: 1.0 - _geometric_above(x, p),
            _geometric_above,
            lambda chance, p: _geometric_upper(1.0 - chance, p),
            _geometric_upper,
            "Trials up to and with the first success: 1, 2, 3, ...; its mean is 1 / p.",
            discrete=True,
            check=lambda p: (p > 0) & (p < 1),
            asked="p must be between 0 and 1, neither included",
        ),
        "zipf": Family(
            {"exponent": (1.0, "positive"), "levels": (None, "whole")},
            _zipf_below,
            _beyond(_zipf_below),
            _zipf_quantile,
            _from_above(_zipf_quantile),
            "Ranks from 1 to `levels`: the chance of rank k goes with k^-exponent. Parameters are the same in all rows.",
            discrete=True,
            check=lambda exponent, levels: (levels >= 1) & (levels <= LARGEST_TABLE),
            asked=f"levels must be from 1 to {LARGEST_TABLE:,}",
        ),
    }
)
