"""Families of whole numbers: counts, ranks and integers, exact far out in their tails as well."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

import numpy as np
from scipy import special

from assay.scenario.family import Array, Family, beyond, from_above

LARGEST_TABLE = 1_000_000  # levels of a Zipf distribution
LARGEST_MEAN = 1e9
TINY_CHANCE = 1e-9  # below it, 1 - chance keeps too few of its digits


def _integers_below(x: Array, low: Array, high: Array) -> Array:
    return np.clip((np.floor(x) - low + 1.0) / (high - low + 1.0), 0.0, 1.0)


def _integers_quantile(p: Array, low: Array, high: Array) -> Array:
    return np.minimum(low + np.floor(p * (high - low + 1.0)), high)


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


def _far(above: Callable[..., Array], quantile: Callable[..., Array]) -> Callable[..., Array]:
    """Make the upper quantiles of whole numbers: where 1 - chance loses its digits, by halving on the exact chance above."""

    def upper(chance: Array, *given: Array) -> Array:
        chance = np.asarray(chance, dtype=np.float64)
        found = np.broadcast_to(quantile(1.0 - chance, *given), chance.shape).copy()
        far = np.flatnonzero(chance < TINY_CHANCE)
        if not len(far):
            return found
        q, parts = chance[far], [part if part.size == 1 else part[far] for part in given]
        low, high = np.full(len(far), -1.0), np.maximum(found[far], 1.0)
        while (short := above(high, *parts) > q).any():
            high = np.where(short, 2.0 * high, high)
        while (open_ := high - low > 1.0).any():
            middle = np.floor((low + high) / 2.0)
            enough = above(middle, *parts) <= q
            low, high = np.where(open_ & ~enough, middle, low), np.where(open_ & enough, middle, high)
        found[far] = high
        return found

    return upper


def _poisson_above(x: Array, mean: Array) -> Array:
    return np.where(x < 0, 1.0, special.pdtrc(np.floor(np.maximum(x, 0.0)), mean))


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


def _binomial_above(x: Array, trials: Array, p: Array) -> Array:
    x = np.floor(x)
    inside = np.clip(x, 0.0, np.maximum(trials - 1.0, 0.0))
    return np.where(x < 0, 1.0, np.where(x >= trials, 0.0, special.betainc(inside + 1.0, np.maximum(trials - inside, 1e-300), p)))


_binomial_quantile = _stepped(_binomial_below, lambda chance, trials, p: special.bdtrik(chance, trials, p))


def _zipf_table(exponent: Array, levels: Array) -> Array:
    weights = np.arange(1.0, levels.item() + 1.0) ** -exponent.item()
    return np.cumsum(weights) / weights.sum()


def _zipf_below(x: Array, exponent: Array, levels: Array) -> Array:
    table = np.concatenate([[0.0], _zipf_table(exponent, levels)])
    return table[np.clip(np.floor(x), 0, levels.item()).astype(np.int64)]


def _zipf_quantile(p: Array, exponent: Array, levels: Array) -> Array:
    return np.minimum(np.searchsorted(_zipf_table(exponent, levels), p) + 1.0, levels.item())


COUNTS: Mapping[str, Family] = MappingProxyType(
    {
        "integers": Family(
            {"low": (None, "whole"), "high": (None, "whole")},
            _integers_below,
            beyond(_integers_below),
            _integers_quantile,
            from_above(_integers_quantile),
            "Any whole number from `low` to `high`, both included.",
            discrete=True,
            check=lambda low, high: high >= low,
            asked="high must be at least low",
        ),
        "poisson": Family(
            {"mean": (None, "positive")},
            _poisson_below,
            _poisson_above,
            _poisson_quantile,
            _far(_poisson_above, _poisson_quantile),
            "Counts of independent events.",
            discrete=True,
            check=lambda mean: mean <= LARGEST_MEAN,
            asked=f"mean must be at most {LARGEST_MEAN:,.0f}, beyond which a normal distribution tells no difference",
        ),
        "binomial": Family(
            {"trials": (None, "whole"), "p": (None, "share")},
            _binomial_below,
            _binomial_above,
            _binomial_quantile,
            _far(_binomial_above, _binomial_quantile),
            "Successes in so many `trials`.",
            discrete=True,
            check=lambda trials, p: (trials >= 0) & (trials <= LARGEST_MEAN) & (p < 1) & (p > 0),
            asked=f"trials must be from 0 to {LARGEST_MEAN:,.0f} and p between 0 and 1, neither included",
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
            beyond(_zipf_below),
            _zipf_quantile,
            from_above(_zipf_quantile),
            "Ranks from 1 to `levels`: the chance of rank k goes with k^-exponent. Parameters are the same in all rows.",
            discrete=True,
            check=lambda exponent, levels: (levels >= 1) & (levels <= LARGEST_TABLE),
            asked=f"levels must be from 1 to {LARGEST_TABLE:,}",
        ),
    }
)
