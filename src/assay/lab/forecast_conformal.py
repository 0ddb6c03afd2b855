"""How much wider than the map's own spread an interval must be: scaled conformal scores, lineages left out one by one."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from assay.lab.forecast_map import AxisMap, Paths, Regimen

LEVEL = 0.9
TRUST = 10  # lineages at which the scores weigh as much as what was known before
LEAST_ORIGIN = 2
DRAWS = 600
LEAST_HALF = 1e-9


class Score(NamedTuple):
    """How far a reading lay from its forecast, in half-widths of the map's own 90% interval.

    ``lineage`` names whose it is (all scores of one lineage hang together), ``ahead`` counts generations beyond those learned
    from.
    """

    lineage: str
    ahead: int
    score: float


class Interval(NamedTuple):
    """Middle and bounds at every generation, on the forecast scale, each of shape (generations,)."""

    middle: np.ndarray
    low: np.ndarray
    high: np.ndarray


def interval(paths: Paths, *, factor: float = 1.0, level: float = LEVEL) -> Interval:
    """Give equal-tailed intervals of new readings, stretched about their median.

    Parameters
    ----------
    paths : Paths
        Drawn lineages.
    factor : float
        By how much; see `factor`.
    level : float
        Of the unstretched interval.
    """
    low, middle, high = np.quantile(paths.readings, ((1.0 - level) / 2.0, 0.5, (1.0 + level) / 2.0), axis=0)
    return Interval(middle, middle - factor * (middle - low), middle + factor * (high - middle))


def simultaneous(paths: Paths, start: int, *, level: float = LEVEL) -> float:
    """Give the stretch at which an interval holds a whole lineage.

    Parameters
    ----------
    paths : Paths
        Drawn lineages.
    start : int
        Number of the first generation that counts.
    level : float
        Share of lineages that must be inside at every generation.

    Notes
    -----
    The level's quantile over draws of the largest score over generations.
    """
    own = interval(paths)
    return max(float(np.quantile(distances(paths.readings, own)[:, start - 1 :].max(axis=1), level)), 1.0)


def distances(readings: np.ndarray, own: Interval) -> np.ndarray:
    """Give the scores of readings, shape (..., generations): 1 is at the bound of the interval."""
    half = np.where(readings > own.middle, own.high - own.middle, own.middle - own.low)
    return np.abs(readings - own.middle) / np.maximum(half, LEAST_HALF)


def scores_within(
    values: np.ndarray, noise: float, regimen: Regimen, rng: np.random.Generator, *, name: str, draws: int = DRAWS
) -> list[Score]:
    """Forecast every lineage from the others, from each generation on that leaves something to forecast.

    Parameters
    ----------
    values, noise, regimen
        See `AxisMap`.
    rng : numpy.random.Generator
        Draws.
    name : str
        Whose lineages they are.
    draws : int
        Lineages drawn for each.

    Returns
    -------
    list of Score
        Empty with fewer than three lineages or generations.
    """
    lineages, generations = values.shape
    found: list[Score] = []
    if lineages < 3:
        return found
    for origin in range(LEAST_ORIGIN, generations):
        learned = AxisMap(values[:, :origin], noise, regimen)
        for at in range(lineages):
            own = interval(learned.draw(generations, draws, rng, without=at))
            apart = distances(values[at], own)[origin:]
            found.extend(Score(f"{name}:{at}", k + 1, float(each)) for k, each in enumerate(apart) if np.isfinite(each))
    return found


def factor(scores: Iterable[Score], *, known: float = 1.0, level: float = LEVEL) -> float:
    """Give the stretch at which intervals cover.

    Parameters
    ----------
    scores : iterable of Score
        Of lineages left out.
    known : float
        The stretch that other tables have shown to be needed; 1 where nothing is known.
    level : float
        Coverage wanted.

    Notes
    -----
    q is the (1 + 1 / L) level quantile of the scores, every one of L lineages having the same weight. Of fewer lineages than that
    quantile needs (9 for 90%) it is the largest score, and never below `known`. As few lineages tell little, the stretch is
    known ** (10 / (L + 10)) q ** (L / (L + 10)).

    References
    ----------
    Lei et al. (2018), Distribution-free predictive inference for regression, JASA 113, section 5.2 (scaled scores); Dunn,
    Wasserman and Ramdas (2023), Distribution-free prediction sets for two-layer hierarchical models, JASA 118 (groups of scores).

    Examples
    --------
    >>> factor([])
    1.0
    >>> factor([Score(str(at), 1, 2.0) for at in range(90)])
    1.866
    """
    grouped: dict[str, list[float]] = {}
    for each in scores:
        grouped.setdefault(each.lineage, []).append(each.score)
    lineages = len(grouped)
    if not lineages:
        return known
    values = np.concatenate([np.asarray(each) for each in grouped.values()])
    weights = np.concatenate([np.full(len(each), 1.0 / len(each)) for each in grouped.values()])
    wanted = level * (1.0 + 1.0 / lineages)
    q = max(weighted_quantile(values, weights, wanted), known if wanted > 1.0 + 1e-9 else 1e-3)
    share = lineages / (lineages + TRUST)
    return round(float(known ** (1.0 - share) * q**share), 3)


def weighted_quantile(values: np.ndarray, weights: np.ndarray, level: float) -> float:
    """Give the least value at or below which lies this share of the weight; the largest where `level` is beyond 1."""
    order = np.argsort(values, kind="stable")
    gone = np.cumsum(weights[order]) / weights.sum()
    return float(values[order][min(int(np.searchsorted(gone, level - 1e-12)), len(values) - 1)])
