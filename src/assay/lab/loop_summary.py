"""A trajectory in short: every axis at the first and the last generation, and when it left its floor."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import stdtrit

from assay.core.trajectory import Reading, Trajectory

OUTSIDE = 0.5  # share of lineages that must be outside the floor


@dataclass(frozen=True, slots=True)
class Level:
    """The mean of an axis over lineages, with its 95% interval; without bounds where there is one lineage only."""

    mean: float
    low: float | None
    high: float | None
    lineages: int


@dataclass(frozen=True, slots=True)
class Course:
    """What became of one axis under one generator and regime.

    Parameters
    ----------
    generator, regime, axis : str
        Which.
    first, last : Level
        At generation 1, and at the last one that any lineage reached.
    generation : int
        That last one.
    floor_low, floor_high : float
        The floor at the first generation: where real samples of this size lie in 95 of 100 cases.
    left : int or None
        The generation from which on more than half of the lineages were outside their floors; None if they never were, or came
        back.
    """

    generator: str
    regime: str
    axis: str
    first: Level
    last: Level
    generation: int
    floor_low: float
    floor_high: float
    left: int | None


def courses(trajectory: Trajectory) -> tuple[Course, ...]:
    """Give the course of every axis of whole tables, by generator and regime, what left its floor first in front.

    Notes
    -----
    Intervals are Student's, over lineages: seeds that share real rows are not independent, so they are too narrow where the first
    real part is most of the table. One reading in twenty is outside its floor by chance; hence more than half of the lineages,
    and for good.
    """
    found: dict[tuple[str, str, str], dict[int, list[Reading]]] = defaultdict(lambda: defaultdict(list))
    for descent, number, reading in trajectory.points():
        if not reading.column:
            found[descent.generator, descent.regime, reading.axis][number].append(reading)
    out = [_course(*key, dict(sorted(numbers.items()))) for key, numbers in found.items()]
    groups = list(dict.fromkeys((one.generator, one.regime) for one in out))
    return tuple(
        sorted(out, key=lambda one: (groups.index((one.generator, one.regime)), math.inf if one.left is None else one.left))
    )


def _course(generator: str, regime: str, axis: str, numbers: dict[int, list[Reading]]) -> Course:
    first, last = min(numbers), max(numbers)
    left = None
    for number, readings in sorted(numbers.items(), reverse=True):
        outside = [not reading.floor_low <= reading.value <= reading.floor_high for reading in readings]
        if np.mean(outside) <= OUTSIDE:
            break
        left = number
    floor = numbers[first][0]
    return Course(
        generator, regime, axis, level(numbers[first]), level(numbers[last]), last, floor.floor_low, floor.floor_high, left
    )


def level(readings: Sequence[Reading]) -> Level:
    """Give the mean over lineages with its 95% interval by Student's t."""
    values = np.array([reading.value for reading in readings])
    mean = float(values.mean())
    if len(values) < 2:
        return Level(mean, None, None, len(values))
    half = float(stdtrit(len(values) - 1, 0.975) * values.std(ddof=1) / math.sqrt(len(values)))
    return Level(mean, mean - half, mean + half, len(values))
