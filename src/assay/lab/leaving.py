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
Place = Literal["beyond", "across", "back", "within", "unknown"]
DRAWS = 1_000
EQUAL = 1e-9  # floors are differences of rounded numbers


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
    lost : int
        Those of them that have no generation at all, and are not among `lineages`.
    task : str
        Of the target, as margins of scores depend on it; empty where there is none.
    """

    generator: str
    regime: str
    lineages: Mapping[Descent, tuple[Generation, ...]]
    chance: float = 0.5
    broken: int = 0
    lost: int = 0
    task: str = ""

    @property
    def begun(self) -> int:
        """Number of the lineages begun, those that made nothing among them."""
        return len(self.lineages) + self.lost

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

    def margin(self, axis_name: str) -> float:
        """Give the margin of an axis for this task, 0 for one that is not Assay's."""
        return _margin(axis_name, self.task)

    def unmeasured(self, axis_name: str) -> int | None:
        """Give the generation from which on no lineage has an axis though some got there; None where it has it to the end."""
        reached = max((number for number in range(1, self.last + 1) if self.readings(axis_name, number)), default=0)
        return reached + 1 if reached < self.last else None

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
    within the generations in which it was measured: ``unmeasured`` is the first of those in which it was not, if there are any
    at the end, and of these nothing is said.
    """

    generator: str
    regime: str
    axis: str
    direction: Literal["up", "down"]
    generation: int | None
    crossing: int | None
    low: int | None
    high: int | None
    unmeasured: int | None = None


class Limits(NamedTuple):
    """Where an axis is left: below ``low`` or above ``high``, infinite where that direction is not worse."""

    low: float
    high: float


def groups(trajectory: Trajectory) -> tuple[Group, ...]:
    """Give the lineages by generator and regime, in their order; of which no lineage made a generation comes last."""
    found: dict[tuple[str, str], dict[Descent, tuple[Generation, ...]]] = {}
    for descent in trajectory.lineages():
        found.setdefault((descent.generator, descent.regime), {})[descent] = trajectory.of(descent)
    broken: dict[tuple[str, str], dict[Descent, None]] = {}
    for descent, _, _ in trajectory.unfinished:
        found.setdefault((descent.generator, descent.regime), {})
        broken.setdefault((descent.generator, descent.regime), {})[descent] = None
    task = str(trajectory.real.get("task") or "")
    chance = 0.0 if task == "regression" else 0.5
    return tuple(
        Group(*key, lineages, chance, len(broken.get(key, {})), len(broken.get(key, {}).keys() - lineages.keys()), task)
        for key, lineages in found.items()
    )


def limits(axis_name: str, reading: Reading, *, margin: float | None = None, task: str | None = None) -> Limits:
    """Give where an axis is left: beyond what real samples score, and further than the margin from their median.

    Parameters
    ----------
    axis_name : str
        Its name; one that is not Assay's has no margin and gets worse both ways.
    reading : Reading
        Any reading of it with the floor.
    margin : float, optional
        Another margin than the axis' own.
    task : str, optional
        Of the target, on which the margin of a score depends.
    """
    far = margin if margin is not None else _margin(axis_name, task)
    worse = _worse(axis_name)
    low = min(reading.floor_low, reading.floor_median - far) if worse != "up" else -math.inf
    high = max(reading.floor_high, reading.floor_median + far) if worse != "down" else math.inf
    return Limits(low, high)


def _margin(axis_name: str, task: str | None) -> float:
    kind = _known(axis_name)
    return 0.0 if kind is None else kind.margin_for(task)


def _worse(axis_name: str) -> str:
    kind = _known(axis_name)
    return "both" if kind is None else kind.worse


def blurred(group: Group, axis_name: str, side: str = "both", *, margin: float | None = None) -> tuple[float, float] | None:
    """Give how far real samples of this size lie from their median, and the margin, where the former is more.

    Then no table of this size, and be it real, can be shown to lie inside the margin. None where that is not so, and for an axis
    that is not Assay's, whose floor is its margin.
    """
    readings = [each for number in range(1, group.last + 1) for each in group.readings(axis_name, number)]
    if not readings or (_known(axis_name) is None and margin is None):
        return None
    far = margin if margin is not None else group.margin(axis_name)
    worse, one = _worse(axis_name), readings[0]
    up = one.floor_high - one.floor_median if side != "down" and worse != "down" else 0.0
    down = one.floor_median - one.floor_low if side != "up" and worse != "up" else 0.0
    return (max(up, down), far) if max(up, down) > far + EQUAL else None


def _known(axis_name: str) -> type[Axis] | None:
    """Give the axis of this name, None where Assay has none."""
    return next((kind for kind in axes() if kind.name == axis_name), None)


def over_seeds(readings: list[Reading]) -> tuple[float, float, float]:
    """Give the mean of an axis over seeds with its 95% interval.

    Notes
    -----
    Student's t over seeds: it holds the spread between lineages and the noise of their rows; that of the sealed rows is common
    to all of them and stands in the floor. Of one lineage alone it is the reading's own interval, which knows of no other. An
    interval ends where values do: no share is above 1.
    """
    values = np.array([each.value for each in readings])
    if len(values) == 1:
        return readings[0].value, readings[0].low, readings[0].high
    reach = float(stdtrit(len(values) - 1, 0.975) * values.std(ddof=1) / math.sqrt(len(values)))
    kind, mean = _known(readings[0].axis), float(values.mean())
    least, largest = (-math.inf, math.inf) if kind is None else kind.bounds
    return mean, min(max(mean - reach, least), mean), max(min(mean + reach, largest), mean)


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
        ``yes`` if the interval over seeds lies beyond the limits, ``no`` if it lies inside the margin about the floor's median
        and real samples do so as well, else (or where fewer than half of the lineages begun have a reading) ``cannot_tell``.

    Notes
    -----
    The limit of ``yes`` is the larger of floor and margin, so that real rows are seldom said to have left. That of ``no`` is the
    margin alone: the fewer the rows the wider the floor, and what lies somewhere inside a wide floor may have lost anything.
    """
    place = _place(group, axis_name, generation, side, margin)
    if place == "beyond":
        return "yes"
    return "no" if place == "within" and _inside(group, axis_name, generation, side, margin) else "cannot_tell"


def _place(group: Group, axis_name: str, generation: int, side: str, margin: float | None) -> Place:
    """Say where the interval over seeds lies of the limits, the larger of floor and margin: ``back`` if its mean is inside."""
    readings = group.readings(axis_name, generation)
    if not readings or 2 * len(readings) < group.begun:
        return "unknown"
    bounds = limits(axis_name, readings[0], margin=margin, task=group.task)
    mean, low, high = over_seeds(readings)

    def over(lower: float, upper: float) -> bool:
        return (side != "down" and upper > bounds.high) or (side != "up" and lower < bounds.low)

    if (side != "down" and low > bounds.high) or (side != "up" and high < bounds.low):
        return "beyond"
    if not over(low, high):
        return "within"
    return "across" if over(mean, mean) else "back"


def _inside(group: Group, axis_name: str, generation: int, side: str, margin: float | None) -> bool:
    """Whether the interval over seeds, which is within the limits, is inside the margin alone, and real samples are, too."""
    if blurred(group, axis_name, side, margin=margin) is not None:
        return False
    if _known(axis_name) is None and margin is None:
        return True
    far, worse = group.margin(axis_name) if margin is None else margin, _worse(axis_name)
    readings = group.readings(axis_name, generation)
    _, low, high = over_seeds(readings)
    middle = readings[0].floor_median
    up = side == "down" or worse == "down" or high <= middle + far + EQUAL
    down = side == "up" or worse == "up" or low >= middle - far - EQUAL
    return up and down


def onset(group: Group, axis_name: str, side: str = "both", *, margin: float | None = None) -> tuple[Answer, int | None]:
    """Say from which generation on an axis has left: the first whose interval lies beyond, while all later means do.

    Returns
    -------
    answer : {'yes', 'no', 'cannot_tell'}
        ``no`` if the last generation lies inside the margin (see `left`).
    generation : int or None
    """
    places = [_place(group, axis_name, each, side, margin) for each in range(1, group.last + 1)]
    since = max((at + 1 for at, place in enumerate(places) if place in ("within", "back")), default=0)
    beyond = [at + 1 for at, place in enumerate(places) if place == "beyond" and at >= since]
    if beyond:
        return "yes", beyond[0]
    return ("no" if places and left(group, axis_name, group.last, side, margin=margin) == "no" else "cannot_tell"), None


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
    bounds = limits(axis_name, readings[0], task=group.task)
    rng = spawn(0, "collapse", group.generator, group.regime, axis_name)
    drawn = series[rng.integers(0, len(series), size=(DRAWS, len(series)))]
    means = np.concatenate([_mean(series)[None], [_mean(each) for each in drawn]])
    crossings = [_crossing(each, bounds) for each in means]
    last = group.last + 1
    low, high = np.quantile([each or last for each in crossings[1:]], (0.025, 0.975), method="inverted_cdf")
    means = _mean(series)
    end = means[~np.isnan(means)][-1]
    direction = "up" if bounds.high - end < end - bounds.low else "down"

    def seen(number: Any) -> int | None:
        return int(number) if number < last else None

    return Departure(
        group.generator,
        group.regime,
        axis_name,
        direction,
        onset(group, axis_name)[1],
        crossings[0],
        seen(low),
        seen(high),
        group.unmeasured(axis_name),
    )


def _mean(series: np.ndarray) -> np.ndarray:
    """Give the mean over the lineages that have a generation, shape (generations,)."""
    known = ~np.isnan(series)
    return np.where(known, series, 0.0).sum(axis=0) / np.where(known.any(axis=0), known.sum(axis=0), np.nan)


def _crossing(means: np.ndarray, bounds: Limits) -> int | None:
    """Give the first generation from which on the mean, where it was measured, stays beyond the limits."""
    beyond = (means > bounds.high) | (means < bounds.low)
    within = np.flatnonzero(~beyond & ~np.isnan(means))
    since = int(within[-1]) + 1 if len(within) else 0
    found = np.flatnonzero(beyond[since:])
    return since + int(found[0]) + 1 if len(found) else None
