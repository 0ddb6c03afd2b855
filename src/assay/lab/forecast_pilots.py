"""Pilots of a forecast: the readings of one axis over all lineages of a generator and regime, on the axis' forecast scale."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from assay.core.errors import UnknownNameError
from assay.core.trajectory import Descent, Trajectory
from assay.lab.axes import axis
from assay.lab.forecast_map import AxisMap, Regimen
from assay.lab.forecast_scale import Scale
from assay.lab.leaving import Limits, limits

LEAST_LINEAGES, LEAST_GENERATIONS = 3, 3


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
    scale : Scale
        On which it is forecast.
    noise : float
        Mean variance of a reading on that scale, by its own interval.
    limits : Limits
        Where the axis is left, in its unit.
    """

    generator: str
    regime: str
    axis: str
    rows: int
    values: np.ndarray
    scale: Scale
    noise: float
    limits: Limits

    @property
    def lineages(self) -> int:
        """Number of lineages."""
        return self.values.shape[0]

    @property
    def generations(self) -> int:
        """Generations that any lineage reached."""
        return self.values.shape[1]

    @property
    def name(self) -> str:
        """Generator, regime and size in one."""
        return f"{self.generator}|{self.regime}|{self.rows}"

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
        return AxisMap(self.scaled, self.noise, self.regimen)

    def outside(self, scaled: np.ndarray) -> np.ndarray:
        """Give how far beyond the limits values lie, on the forecast scale; negative inside."""
        low, high = self.limits
        above = scaled - self.scale.to(high) if np.isfinite(high) else np.full(scaled.shape, -np.inf)
        below = self.scale.to(low) - scaled if np.isfinite(low) else np.full(scaled.shape, -np.inf)
        return np.maximum(above, below)

    def cut(self, generations: int) -> Pilot:
        """Give the first generations only."""
        return Pilot(
            self.generator,
            self.regime,
            self.axis,
            self.rows,
            self.values[:, :generations],
            self.scale,
            self.noise,
            self.limits,
        )


def pilots(trajectories: Sequence[Trajectory]) -> tuple[dict[tuple[str, str, str, int], Pilot], dict[str, str]]:
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
        What cannot be forecast, with the reason.
    """
    found: dict[tuple[str, str, str, int], Pilot] = {}
    untold: dict[str, str] = {}
    for trajectory in trajectories:
        rows = int(trajectory.settings.get("size", 0))
        groups: dict[tuple[str, str], list[Descent]] = {}
        for descent in trajectory.lineages():
            groups.setdefault((descent.generator, descent.regime), []).append(descent)
        for (generator, regime), descents in groups.items():
            for name in trajectory.axes():
                made = _pilot(trajectory, descents, name, rows)
                if made is None:
                    continue
                why = _lacks(made)
                if why:
                    untold[f"{generator}, {regime}, {name}, {rows} rows"] = why
                else:
                    found[generator, regime, name, rows] = made
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


def _pilot(trajectory: Trajectory, descents: Sequence[Descent], name: str, rows: int) -> Pilot | None:
    series: Mapping[Descent, dict[int, float]] = {descent: {} for descent in descents}
    readings = []
    for descent in descents:
        for each in trajectory.of(descent):
            reading = each.reading(name)
            if reading is not None:
                series[descent][each.number] = reading.value
                readings.append(reading)
    try:
        kind = axis(name)
    except UnknownNameError:  # of a gauge of somebody's own: its floor is its margin
        bounds, left = (-np.inf, np.inf), None
    else:
        if kind.believed:
            return None
        bounds, left = kind.bounds, kind
    if not readings:
        return None
    last = max(max(each, default=0) for each in series.values())
    values = np.full((len(descents), last), np.nan)
    for at, descent in enumerate(descents):
        for number, value in series[descent].items():
            values[at, number - 1] = value
    scale = Scale.of(bounds, readings)
    around = (
        Limits(readings[0].floor_low, readings[0].floor_high)
        if left is None
        else limits(name, readings[0], task=trajectory.real.get("task"))
    )
    noise = float(np.mean([scale.variance(each) for each in readings]))
    return Pilot(descents[0].generator, descents[0].regime, name, rows, values, scale, noise, around)
