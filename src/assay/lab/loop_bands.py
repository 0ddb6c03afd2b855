"""An axis over the generations: median and range over lineages, beside the floor; and the columns that moved most."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from assay.core.trajectory import Reading, Trajectory


class Stop(NamedTuple):
    """One generation of a band: median over lineages, the least and the largest, and how many lineages."""

    generation: int
    median: float
    low: float
    high: float
    lineages: int


@dataclass(frozen=True, slots=True)
class Band:
    """One axis of whole tables under one generator and regime.

    Parameters
    ----------
    generator, regime, axis : str
        Which.
    stops : tuple of Stop
        Its generations in order.
    floor_low, floor_median, floor_high : float
        Floor of the first reading: what real samples of this size show.
    """

    generator: str
    regime: str
    axis: str
    stops: tuple[Stop, ...]
    floor_low: float
    floor_median: float
    floor_high: float


def bands(trajectory: Trajectory) -> tuple[Band, ...]:
    """Give every axis of whole tables, by generator and regime, in the order measured.

    Notes
    -----
    The range over lineages is no interval: with five lineages the median of all possible ones lies within it in 94 of 100
    cases, with two in 50. Lineages that ended early are missing from later generations.
    """
    found: dict[tuple[str, str, str], dict[int, list[Reading]]] = defaultdict(lambda: defaultdict(list))
    for descent, number, reading in trajectory.points():
        if not reading.column:
            found[descent.generator, descent.regime, reading.axis][number].append(reading)
    out: list[Band] = []
    for key, numbers in found.items():
        stops: list[Stop] = []
        for number in sorted(numbers):
            values = [reading.value for reading in numbers[number]]
            stops.append(Stop(number, float(np.median(values)), min(values), max(values), len(values)))
        floor = numbers[stops[0].generation][0]
        out.append(Band(*key, tuple(stops), floor.floor_low, floor.floor_median, floor.floor_high))
    return tuple(out)


def moved(trajectory: Trajectory, generator: str, among: Collection[str]) -> tuple[str, ...]:
    """Give columns in the order of how far one generator's last generations left their floors, by any axis, the furthest first.

    Parameters
    ----------
    trajectory : Trajectory
        With readings of columns.
    generator : str
        Whose.
    among : collection of str
        Columns to choose from; those without a reading come last, in this order.

    Notes
    -----
    How far: beyond the floor's end, in widths of the floor; the mean over lineages, the largest of axes and regimes. Floors of no
    width are left out.
    """
    last: dict[tuple[str, int], int] = {}
    for descent, number, _ in trajectory.points():
        if descent.generator == generator:
            last[descent.regime, descent.seed] = max(number, last.get((descent.regime, descent.seed), 0))
    found: dict[tuple[str, str, str], list[float]] = defaultdict(list)
    for descent, number, reading in trajectory.points():
        width = reading.floor_high - reading.floor_low
        if reading.column and width > 0 and descent.generator == generator and last[descent.regime, descent.seed] == number:
            beyond = max(reading.value - reading.floor_high, reading.floor_low - reading.value, 0.0) / width
            found[reading.column, reading.axis, descent.regime].append(beyond)
    furthest: dict[str, float] = {}
    for (column, _, _), beyond in found.items():
        furthest[column] = max(float(np.mean(beyond)), furthest.get(column, 0.0))
    names = list(among)
    return tuple(sorted(names, key=lambda name: -furthest.get(name, -1.0)))
