"""Pilots of a forecast: the readings of one axis over all lineages of a generator and regime, on the axis' forecast scale."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from assay.core.errors import UnknownNameError
from assay.core.trajectory import Descent, Generation, Reading, Trajectory
from assay.lab.axes import axis
from assay.lab.forecast_failures import MOST_UNFINISHED, ended_early, failed, told
from assay.lab.forecast_map import LEAST_SPREAD, AxisMap, Regimen
from assay.lab.forecast_scale import Scale
from assay.lab.leaving import Limits, limits

LEAST_LINEAGES, LEAST_GENERATIONS = 3, 3
LEAST_SHARE = 0.2  # of the margin: lineages are not taken to differ by less
Key = tuple[str, str, str, int]


@dataclass(frozen=True)
class Pilot:
    """One axis of the lineages of one generator under one regime.

    Parameters
    ----------
    generator, regime, axis : str
        Which.
    rows : int
        Rows of a generation.
    values : numpy.ndarray, shape (lineages, generations)
        Readings in the axis' unit, NaN where there is none.
    replicates : tuple of str
        The real rows that each lineage began with: lineages of one replicate share them under all generators and regimes.
    scale : Scale
        On which it is forecast.
    noises : numpy.ndarray, shape (lineages, generations)
        Variance of each reading on that scale, by its own interval; NaN where there is none.
    limits : Limits
        Where the axis is left, in its unit; infinite where no value can be.
    endless : Limits
        Where it would be left with endless rows, whose floor is a point: the margin alone.
    least : float
        Variance between lineages, on that scale, that is taken to be there at least.
    begun, unfinished : int
        Lineages that were begun, and those of them that failed or lack a generation that others have.
    """

    generator: str
    regime: str
    axis: str
    rows: int
    values: np.ndarray
    replicates: tuple[str, ...]
    scale: Scale
    noises: np.ndarray
    limits: Limits
    endless: Limits
    least: float = LEAST_SPREAD
    begun: int = 0
    unfinished: int = 0

    @property
    def noise(self) -> float:
        """Mean variance of a reading."""
        return float(np.nanmean(self.noises))

    @property
    def lineages(self) -> int:
        """Number of lineages that were read at all."""
        return self.values.shape[0]

    @property
    def generations(self) -> int:
        """Generations that any lineage reached."""
        return self.values.shape[1]

    @property
    def broken(self) -> bool:
        """Whether so many lineages are unfinished that those left may be the lucky ones."""
        return self.unfinished > MOST_UNFINISHED * self.begun

    @property
    def regimen(self) -> Regimen:
        """What is known of the regime."""
        return Regimen.of(self.regime)

    @cached_property
    def scaled(self) -> np.ndarray:
        """The values on the forecast scale."""
        return self.scale.to(self.values)

    @cached_property
    def map(self) -> AxisMap:
        """What is learned from all lineages."""
        return AxisMap(self.scaled, self.noise, self.regimen, least=self.least)

    def outside(self, scaled: np.ndarray) -> np.ndarray:
        """Give how far beyond the limits values lie, on the forecast scale; negative inside."""
        low, high = self.limits
        above = scaled - self.scale.to(high) if np.isfinite(high) else np.full(scaled.shape, -np.inf)
        below = self.scale.to(low) - scaled if np.isfinite(low) else np.full(scaled.shape, -np.inf)
        return np.maximum(above, below)

    def cut(self, generations: int) -> Pilot:
        """Give the first generations only."""
        return replace(self, values=self.values[:, :generations], noises=self.noises[:, :generations])


def pilots(trajectories: Sequence[Trajectory]) -> tuple[dict[Key, Pilot], dict[str, str]]:
    """Gather what can be learned from.

    Parameters
    ----------
    trajectories : sequence of Trajectory
        Loops of the same real rows, of one size each.

    Returns
    -------
    found : dict
        By generator, regime, axis and rows; axes that look at rows at hand (`believed`) are left out.
    untold : dict of str to str
        What cannot be forecast, and lineages that ended early, with the reason.
    """
    found: dict[Key, Pilot] = {}
    untold: dict[str, str] = {}
    for trajectory in trajectories:
        rows = int(trajectory.settings.get("size", 0))
        groups: dict[tuple[str, str], dict[Descent, list[Generation]]] = {}
        for each in trajectory.generations:
            groups.setdefault((each.descent.generator, each.descent.regime), {}).setdefault(each.descent, []).append(each)
        early = ended_early(trajectory)
        for (generator, regime), ends in early.items():
            begun = len({*groups.get((generator, regime), {}), *ends})
            untold[f"{generator}, {regime}, {rows} rows"] = told(ends, begun)
        for (generator, regime), lineages in groups.items():
            ends = early.get((generator, regime), {})
            begun = {**lineages, **{descent: [] for descent in ends if descent not in lineages}}
            for name in trajectory.axes():
                seed, task = f"{trajectory.settings.get('seed', 0)}", trajectory.real.get("task")
                made = _pilot(begun, name, rows, seed, task, failed(ends))
                if made is None:
                    continue
                why = _lacks(made)
                if not why:
                    found[generator, regime, name, rows] = made
                    if made.unfinished > len(ends):
                        why = f"{made.unfinished - len(ends)} of {made.begun} lineages lack a reading that others have"
                if why:
                    untold[f"{generator}, {regime}, {name}, {rows} rows"] = why
    return found, untold


def _lacks(pilot: Pilot) -> str:
    """Say why a forecast cannot be made of a pilot; empty where it can."""
    whole = int((~np.isnan(pilot.values)).all(axis=1).sum())
    if pilot.generations < LEAST_GENERATIONS or whole < LEAST_LINEAGES:
        return (
            f"needs {LEAST_LINEAGES} lineages of {LEAST_GENERATIONS} generations, got {whole} whole ones of {pilot.generations}: "
            "one lineage or one step cannot be extrapolated"
        )
    return ""


def _pilot(
    lineages: dict[Descent, list[Generation]], name: str, rows: int, seed: str, task: str | None, gone: frozenset[Descent]
) -> Pilot | None:
    series: dict[Descent, dict[int, Reading]] = {
        descent: {each.number: one for each in own if (one := each.reading(name)) is not None}
        for descent, own in lineages.items()
    }
    readings = [one for own in series.values() for one in own.values()]
    try:
        kind = axis(name)
    except UnknownNameError:  # of a gauge of somebody's own: its floor is its margin
        bounds, margin = (-np.inf, np.inf), 0.0
    else:
        if kind.believed:
            return None
        bounds, margin = kind.bounds, kind.margin_for(task)
    if not readings:
        return None
    last = max(max(own, default=0) for own in series.values())
    unfinished = sum(descent in gone or len(own) < last for descent, own in series.items())
    read = [descent for descent, own in series.items() if own]
    scale = Scale.of(bounds, readings)
    values, noises = np.full((2, len(read), last), np.nan)
    for at, descent in enumerate(read):
        for number, reading in series[descent].items():
            values[at, number - 1], noises[at, number - 1] = reading.value, scale.variance(reading)
    first = readings[0]
    around = limits(name, first, task=task)
    endless = _reachable(_endless(around, first, margin), bounds)
    return Pilot(
        read[0].generator,
        read[0].regime,
        name,
        rows,
        values,
        tuple(f"{seed}:{descent.seed}" for descent in read),
        scale,
        noises,
        _reachable(around, bounds),
        endless,
        _least(scale, first, endless),
        len(series),
        unfinished,
    )


def _reachable(found: Limits, bounds: tuple[float, float]) -> Limits:
    """Make a limit infinite that no value can lie beyond."""
    return Limits(found.low if found.low > bounds[0] else -np.inf, found.high if found.high < bounds[1] else np.inf)


def _endless(around: Limits, reading: Reading, margin: float) -> Limits:
    """Give the limits that are left of a floor that shrinks to its median; those there are where there is no margin."""
    if not margin:
        return around
    low = reading.floor_median - margin if np.isfinite(around.low) else -np.inf
    return Limits(low, reading.floor_median + margin if np.isfinite(around.high) else np.inf)


def _least(scale: Scale, reading: Reading, around: Limits) -> float:
    """Give the variance of a fifth of the margin, on the forecast scale."""
    middle = float(scale.to(reading.floor_median))
    ways = [abs(float(scale.to(one)) - middle) for one in around if np.isfinite(one)]
    return max((LEAST_SHARE * min(ways)) ** 2 if ways else 0.0, LEAST_SPREAD)
