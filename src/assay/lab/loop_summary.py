"""A trajectory in short: every axis at the first and the last generation, and when it left its margin."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from assay.core.trajectory import Reading, Trajectory
from assay.lab.leaving import Group, believed, departures, groups, over_seeds


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
        At the first and the last generation in which any lineage has it.
    generation : int
        That last one.
    floor_low, floor_high : float
        The floor at the first generation: where real samples of this size lie in 95 of 100 cases.
    left : int or None
        The generation from which on the mean over lineages lies beyond floor and margin (`assay.lab.leaving.departures`); None
        if it never does where it was measured, came back, or looks at rows at hand.
    sure : int or None
        The generation from which on the 95% interval over lineages does, where the mean has left.
    began : int
        The generation of `first`.
    unmeasured : int or None
        The generation from which on it was not measured, though lineages got there; None where it was measured to the end.
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
    sure: int | None
    began: int = 1
    unmeasured: int | None = None


def courses(trajectory: Trajectory) -> tuple[Course, ...]:
    """Give the course of every axis of whole tables, by generator and regime, what left its margin first in front.

    Notes
    -----
    Intervals are Student's, over lineages: seeds that share real rows are not independent, so they are too narrow where the first
    real part is most of the table.
    """
    return tuple(each for group in groups(trajectory) for each in _courses(group))


def _courses(group: Group) -> list[Course]:
    out = [_course(group, one.axis, one.crossing, one.generation if one.crossing else None) for one in departures(group)]
    return out + [_course(group, name, None, None) for name in group.axes if believed(name)]


def _course(group: Group, axis: str, left: int | None, sure: int | None) -> Course:
    numbers = [at for at in range(1, group.last + 1) if group.readings(axis, at)]
    first, last = group.readings(axis, numbers[0]), group.readings(axis, numbers[-1])
    low, high = first[0].floor_low, first[0].floor_high
    return Course(
        group.generator,
        group.regime,
        axis,
        level(first),
        level(last),
        numbers[-1],
        low,
        high,
        left,
        sure,
        numbers[0],
        group.unmeasured(axis),
    )


def level(readings: Sequence[Reading]) -> Level:
    """Give the mean over lineages with its 95% interval by Student's t, which ends where values do."""
    mean, low, high = over_seeds(list(readings))
    return Level(mean, None, None, 1) if len(readings) < 2 else Level(mean, low, high, len(readings))
