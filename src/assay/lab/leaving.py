"""When an axis leaves reality: beyond what real samples score and beyond its margin, over the seeds of a group."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import numpy as np
from scipy.special import stdtrit

from assay.core.seeds import spawn
from assay.core.trajectory import Descent, Generation, Reading, Trajectory
from assay.lab.axes import axes
from assay.lab.axes._axis import Axis

Answer = Literal["yes", "no", "cannot_tell"]
DRAWS = 1_000


@dataclass(frozen=True)
class Group:
    """The lineages of one generator under one regime, over their seeds.

    Parameters
    ----------
    generator, regime : str
        Whose.
    lineages : mapping of Descent to tuple of Generation
        Each lineage in order.
    chance : float
        Score of a model that knows nothing: 0.5 for an AUC, 0 for R2.
    broken : int
        Lineages that did not reach the end.
    """

    generator: str
    regime: str
    lineages: Mapping[Descent, tuple[Generation, ...]]
    chance: float = 0.5
    broken: int = 0

    @property
    def last(self) -> int:
        """Number of the last generation that any lineage reached."""
        return max((each.number for lineage in self.lineages.values() for each in lineage), default=0)

    @property
    def axes(self) -> tuple[str, ...]:
        """Names of the axes of the whole table, in the order measured."""
        return Trajectory(tuple(each for lineage in self.lineages.values() for each in lineage)).axes()

    def readings(self, axis_name: str, generation: int) -> list[Reading]:
        """Give the readings of the whole table of one axis at one generation, over the seeds that have it."""
        found = [each.reading(axis_name) for lineage in self.lineages.values() for each in lineage if each.number == generation]
        return [reading for reading in found if reading is not None]

    def series(self, axis_name: str) -> np.ndarray:
        """Give the values of one axis, shape (seeds, generations), NaN where not measured."""
        found = np.full((len(self.lineages), self.last), np.nan)
        for row, lineage in enumerate(self.lineages.values()):
            for each in lineage:
                reading = each.reading(axis_name)
                if reading is not None:
                    found[row, each.number - 1] = reading.value
        return found


class Departure(NamedTuple):
    """When one axis leaves its margin.

    ``generation`` is the first from which on the interval over seeds lies beyond floor and margin, None where there is none.
    ``crossing`` is where the mean over seeds crosses, with ``low`` and ``high`` from seeds drawn anew (95%); None means not
    within the generations there are.
    """

    generator: str
    regime: str
    axis: str
    direction: Literal["up", "down"]
    generation: int | None
    crossing: int | None
    low: int | None
    high: int | None


class Limits(NamedTuple):
    """Where an axis is left: below ``low`` or above ``high``, infinite where that direction is not worse."""

    low: float
    high: float


def groups(trajectory: Trajectory) -> tuple[Group, ...]:
    """Give the lineages by generator and regime, in their order."""
    found: dict[tuple[str, str], dict[Descent, tuple[Generation, ...]]] = {}
    for descent in trajectory.lineages():
        found.setdefault((descent.generator, descent.regime), {})[descent] = trajectory.of(descent)
    broken = {descent for descent, _, _ in trajectory.unfinished}
    chance = 0.0 if trajectory.real.get("task") == "regression" else 0.5
    return tuple(
        Group(generator, regime, lineages, chance, sum((each.generator, each.regime) == (generator, regime) for each in broken))
        for (generator, regime), lineages in found.items()
    )


def limits(axis_name: str, reading: Reading, *, margin: float | None = None) -> Limits:
    """Give where an axis is left: beyond what real samples score, and further than the margin from their median.

    Parameters
    ----------
    axis_name : str
        Its name; one that is not Assay's has no margin and gets worse both ways.
    reading : Reading
        Any reading of it with the floor.
    margin : float, optional
        Another margin than the axis' own.
    """
    kind = _known(axis_name)
    far = margin if margin is not None else 0.0 if kind is None else kind.margin
    worse = "both" if kind is None else kind.worse
    low = min(reading.floor_low, reading.floor_median - far) if worse != "up" else -math.inf
    high = max(reading.floor_high, reading.floor_median + far) if worse != "down" else math.inf
    return Limits(low, high)


def _known(axis_name: str) -> type[Axis] | None:
    """Give the axis of this name, None where Assay has none."""
    return next((kind for kind in axes() if kind.name == axis_name), None)


def over_seeds(readings: list[Reading]) -> tuple[float, float, float]:
    """Give the mean of an axis over seeds with its 95% interval.

    Notes
    -----
    Student's t over seeds: it holds the spread between lineages and the noise of their rows; that of the sealed rows is common
    to all of them and stands in the floor. Of one lineage alone it is the reading's own interval, which knows of no other.
    """
    values = np.array([each.value for each in readings])
    if len(values) == 1:
        return readings[0].value, readings[0].low, readings[0].high
    reach = float(stdtrit(len(values) - 1, 0.975) * values.std(ddof=1) / math.sqrt(len(values)))
    return float(values.mean()), float(values.mean()) - reach, float(values.mean()) + reach


def left(group: Group, axis_name: str, generation: int, side: str = "both", *, margin: float | None = None) -> Answer:
    """Say whether an axis lies beyond floor and margin at one generation.

    Parameters
    ----------
    group : Group
        Lineages.
    axis_name : str
        Which axis.
    generation : int
        Which generation, from 1.
    side : {'up', 'down', 'both'}
        Direction looked at, of those in which the axis gets worse.
    margin : float, optional
        Another margin than the axis' own.

    Returns
    -------
    {'yes', 'no', 'cannot_tell'}
        ``yes`` if the interval over seeds lies beyond, ``no`` if it lies within, else (or where fewer than half of the lineages
        have a reading) ``cannot_tell``.
    """
    readings = group.readings(axis_name, generation)
    if not readings or 2 * len(readings) < len(group.lineages):
        return "cannot_tell"
    bounds = limits(axis_name, readings[0], margin=margin)
    _, low, high = over_seeds(readings)
    beyond_up, beyond_down = side != "down" and low > bounds.high, side != "up" and high < bounds.low
    if beyond_up or beyond_down:
        return "yes"
    within_up, within_down = side == "down" or high <= bounds.high, side == "up" or low >= bounds.low
    return "no" if within_up and within_down else "cannot_tell"


def onset(group: Group, axis_name: str, side: str = "both", *, margin: float | None = None) -> tuple[Answer, int | None]:
    """Say from which generation on an axis has left: the first that lies beyond with no later one within.

    Returns
    -------
    answer : {'yes', 'no', 'cannot_tell'}
        ``no`` if the last generation lies within.
    generation : int or None
    """
    answers = [left(group, axis_name, each, side, margin=margin) for each in range(1, group.last + 1)]
    since = max((at + 1 for at, answer in enumerate(answers) if answer == "no"), default=0)
    beyond = [at + 1 for at, answer in enumerate(answers) if answer == "yes" and at >= since]
    if beyond:
        return "yes", beyond[0]
    return ("no" if answers and answers[-1] == "no" else "cannot_tell"), None


def first(trajectory: Trajectory) -> tuple[Departure, ...]:
    """Say what leaves its margin first, and when, for each generator and regime: the `departures` of all groups."""
    return tuple(each for group in groups(trajectory) for each in departures(group))


def departures(group: Group) -> tuple[Departure, ...]:
    """Say what leaves its margin first, and when, under one generator and regime.

    Returns
    -------
    tuple of Departure
        The earliest first, then what has not left. Axes that look at rows at hand (`believed`) are left out.

    Notes
    -----
    The mean over seeds is followed until it crosses the limit (floor and margin, see `limits`) and stays beyond it; seeds are
    drawn anew 1,000 times for the interval. With few seeds such intervals are too narrow (five seeds: about 80% instead of 95%),
    so the generation that the t interval bears out stands beside it.
    """
    last = group.last + 1
    told = [each for name in group.axes if not believed(name) and (each := departure(group, name)) is not None]
    return tuple(sorted(told, key=lambda one: (one.crossing or last, one.generation or last, one.low or last)))


def believed(axis_name: str) -> bool:
    """Whether an axis looks at rows at hand, as people do who have no sealed ones."""
    kind = _known(axis_name)
    return kind is not None and kind.believed


def departure(group: Group, axis_name: str) -> Departure | None:
    """Say when one axis leaves its margin, None where it was not measured."""
    series = group.series(axis_name)
    series = series[~np.isnan(series).all(axis=1)]
    readings = [each for number in range(1, group.last + 1) for each in group.readings(axis_name, number)]
    if not readings or not len(series):
        return None
    bounds = limits(axis_name, readings[0])
    rng = spawn(0, "collapse", group.generator, group.regime, axis_name)
    drawn = series[rng.integers(0, len(series), size=(DRAWS, len(series)))]
    means = np.concatenate([_mean(series)[None], [_mean(each) for each in drawn]])
    crossings = [_crossing(each, bounds) for each in means]
    last = group.last + 1
    low, high = np.quantile([each or last for each in crossings[1:]], (0.025, 0.975), method="inverted_cdf")
    end = _mean(series)[-1]
    direction = "up" if bounds.high - end < end - bounds.low else "down"

    def seen(number: Any) -> int | None:
        return int(number) if number < last else None

    return Departure(
        group.generator, group.regime, axis_name, direction, onset(group, axis_name)[1], crossings[0], seen(low), seen(high)
    )


def _mean(series: np.ndarray) -> np.ndarray:
    """Give the mean over the lineages that have a generation, shape (generations,)."""
    known = ~np.isnan(series)
    return np.where(known, series, 0.0).sum(axis=0) / np.where(known.any(axis=0), known.sum(axis=0), np.nan)


def _crossing(means: np.ndarray, bounds: Limits) -> int | None:
    """Give the first generation from which on the mean stays beyond the limits."""
    beyond = (means > bounds.high) | (means < bounds.low) | np.isnan(means)
    within = np.flatnonzero(~beyond)
    at = int(within[-1]) + 1 if len(within) else 0
    return at + 1 if at < len(means) and not np.isnan(means[at:]).all() else None
