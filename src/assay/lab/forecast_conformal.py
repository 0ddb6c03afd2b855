"""How far lineages lie from their forecast, in units of the map's own intervals: scaled scores, lineages left out one by one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from assay.lab.forecast_map import LEAST_SPREAD, AxisMap, Paths, Regimen

LEVEL = 0.9
LEAST_ORIGIN = 2
DRAWS = 600
LEAST_HALF = 1e-9


class Score(NamedTuple):
    """How far a reading lay from its forecast, in half-widths of the map's own 90% interval.

    ``replicate`` names the real rows that its lineage began with: all scores of a replicate hang together, under whichever
    generator and regime. ``ahead`` counts generations beyond those learned from.
    """

    replicate: str
    ahead: int
    score: float


class Interval(NamedTuple):
    """Middle and bounds at every generation, on the forecast scale, each of shape (generations,)."""

    middle: np.ndarray
    low: np.ndarray
    high: np.ndarray


def interval(paths: Paths, *, factor: float | np.ndarray = 1.0, level: float = LEVEL) -> Interval:
    """Give equal-tailed intervals of new readings, stretched about their median.

    Parameters
    ----------
    paths : Paths
        Drawn lineages.
    factor : float or numpy.ndarray, shape (generations,)
        By how much; see `assay.lab.forecast_stretch.Stretch`.
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
    values: np.ndarray,
    noise: float | np.ndarray,
    regimen: Regimen,
    rng: np.random.Generator,
    *,
    replicates: Sequence[str],
    least: float = LEAST_SPREAD,
    draws: int = DRAWS,
) -> list[Score]:
    """Forecast every lineage from the others, from each generation on that leaves something to forecast.

    Parameters
    ----------
    values, regimen, least
        See `AxisMap`.
    noise : float or numpy.ndarray, shape (lineages, generations)
        Variance of each reading, by its own interval.
    rng : numpy.random.Generator
        Draws.
    replicates : sequence of str, one for each lineage
        The real rows that it began with.
    draws : int
        Lineages drawn for each.

    Returns
    -------
    list of Score
        Empty with fewer than three lineages or generations.

    Notes
    -----
    The map of a lineage is built without it and without later generations, grid and noise included. Pilots of three generations
    are scored one generation ahead and no farther.
    """
    lineages, generations = values.shape
    found: list[Score] = []
    if lineages < 3:
        return found
    noises = np.broadcast_to(noise, values.shape)
    for origin in range(LEAST_ORIGIN, generations):
        for at in range(lineages):
            others, own = (np.delete(part, at, axis=0)[:, :origin] for part in (values, noises))
            learned = AxisMap(others, float(np.nanmean(own)), regimen, least=least)
            apart = distances(values[at], interval(learned.draw(generations, draws, rng)))[origin:]
            found.extend(Score(replicates[at], k + 1, float(each)) for k, each in enumerate(apart) if np.isfinite(each))
    return found
