"""What a loop gives: every axis at every generation of every lineage, each with interval and floor."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple


class Descent(NamedTuple):
    """One lineage: who is trained again and again, under which regime, with which seed.

    Parameters
    ----------
    generator : str
        Registry name.
    regime : str
        As given, such as ``"replace"`` or ``"mix:0.1"``.
    seed : int
        The replicate's number, from 0.
    """

    generator: str
    regime: str
    seed: int


@dataclass(frozen=True, slots=True)
class Reading:
    """One axis of one table, measured against sealed real rows.

    Parameters
    ----------
    axis : str
        Name of the axis, such as ``"two_sample_auc"``.
    value : float
        The statistic in the axis' own unit.
    low, high : float
        95% interval of the value, from the rows of this one table: it does not hold the spread between lineages.
    floor_low, floor_median, floor_high : float
        2.5%, 50% and 97.5% points of the value between two REAL samples of these sizes.
    column : str
        The column concerned, empty for the whole table.

    Raises
    ------
    ValueError
        If a number is not finite, or interval or floor are out of order.
    """

    axis: str
    value: float
    low: float
    high: float
    floor_low: float
    floor_median: float
    floor_high: float
    column: str = ""

    def __post_init__(self) -> None:
        numbers = (self.value, self.low, self.high, self.floor_low, self.floor_median, self.floor_high)
        if not all(math.isfinite(number) for number in numbers):
            raise ValueError(f"Reading of {self.axis} needs finite numbers. Got {numbers}.")
        if not self.low <= self.high or not self.floor_low <= self.floor_median <= self.floor_high:
            raise ValueError(f"Reading of {self.axis} needs an ordered interval and floor. Got {numbers}.")


@dataclass(frozen=True, slots=True)
class Generation:
    """What one generation of a lineage scored.

    Parameters
    ----------
    descent : Descent
        Whose.
    number : int
        1 for the rows of a generator that learned from real rows alone.
    readings : tuple of Reading
        Its axes.
    seconds : mapping of str to float
        What ``fit``, ``sample`` and ``measure`` took; the only numbers that differ between two runs.
    """

    descent: Descent
    number: int
    readings: tuple[Reading, ...]
    seconds: Mapping[str, float] = field(default_factory=dict)

    def reading(self, axis: str, column: str = "") -> Reading | None:
        """Give one reading, None where it was not measured."""
        return next((each for each in self.readings if each.axis == axis and each.column == column), None)


@dataclass(frozen=True, slots=True)
class Trajectory:
    """All lineages of a loop.

    Parameters
    ----------
    generations : tuple of Generation
        Sorted by lineage and number.
    real : mapping
        Rows and digests of the real parts: ``rows``, ``holdout_rows``, ``sha256``, ``target``.
    settings : mapping
        What was asked: generators with their settings, regimes, generations, seeds, size, seed.
    unfinished : tuple of (Descent, int, str)
        Generations that could not be made or measured, each with the reason: they are not read as sound.
    """

    generations: tuple[Generation, ...]
    real: Mapping[str, Any] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)
    unfinished: tuple[tuple[Descent, int, str], ...] = ()

    def lineages(self) -> tuple[Descent, ...]:
        """Give the lineages in their order."""
        return tuple(dict.fromkeys(each.descent for each in self.generations))

    def of(self, descent: Descent) -> tuple[Generation, ...]:
        """Give the generations of one lineage in their order."""
        return tuple(each for each in self.generations if each.descent == descent)

    def axes(self) -> tuple[str, ...]:
        """Give the names of the axes of whole tables, in the order measured."""
        return tuple(dict.fromkeys(r.axis for each in self.generations for r in each.readings if not r.column))

    def points(self) -> Iterator[tuple[Descent, int, Reading]]:
        """Give every reading with its lineage and generation."""
        for each in self.generations:
            for reading in each.readings:
                yield each.descent, each.number, reading
