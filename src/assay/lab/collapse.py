"""Model collapse by each of its published definitions, side by side, and what leaves reality first."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import numpy as np
from scipy.special import stdtrit

from assay.core.seeds import spawn
from assay.core.trajectory import Descent, Generation, Reading, Trajectory
from assay.lab.axes import axes, axis

Answer = Literal["yes", "no", "cannot_tell"]
DRAWS = 1_000
HALF = 0.5
FEWEST_FOR_DIVERGENCE, FEWEST_SIZES = 6, 3
SCALING_MARGIN = 0.1


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


class Collapse(NamedTuple):
    """By one definition: has this group collapsed, from which generation on, by which axis, and why."""

    definition: str
    answer: Answer
    generation: int | None
    axis: str
    reason: str


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
        A registered axis.
    reading : Reading
        Any reading of it with the floor.
    margin : float, optional
        Another margin than the axis' own.
    """
    kind = axis(axis_name)
    far = kind.margin if margin is None else margin
    low = min(reading.floor_low, reading.floor_median - far) if kind.worse != "up" else -math.inf
    high = max(reading.floor_high, reading.floor_median + far) if kind.worse != "down" else math.inf
    return Limits(low, high)


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


def any_risk_increase(group: Group) -> Collapse:
    """Any increase of risk: a model trained on the rows is worse on reality than one trained on as many real rows.

    Notes
    -----
    Axis ``tstr`` (risk = 1 - score); beyond the floor of train real, test real, with no margin on top: any increase counts.

    References
    ----------
    Schaeffer et al. (2025), Model collapse does not mean what you think, definition 'any increase in population risk'.
    """
    return _by_axes("any_risk_increase", group, (("tstr", "down"),), "risk on sealed rows above that of real rows", margin=0.0)


def catastrophic_increase(group: Group) -> Collapse:
    """Catastrophic increase of risk: half of what a model of real rows knows beyond chance is lost.

    Notes
    -----
    Axis ``tstr``: (score - chance) / (attainable - chance) under one half, over seeds; attainable is the floor's median. The
    published definition says 'critical and rapid degradation' and names no number; one half is ours.

    References
    ----------
    Schaeffer et al. (2025), definition 'catastrophic increase of population risk'.
    """
    name = "catastrophic_increase"
    readings = group.readings("tstr", 1)
    if not readings:
        return _unmeasured(name, "tstr")
    attainable = readings[0].floor_median
    if attainable - group.chance <= 2 * axis("tstr").margin:
        return Collapse(name, "cannot_tell", None, "tstr", "a model of real rows itself is hardly better than chance")
    loss = HALF * (attainable - group.chance)
    return _by_axes(name, group, (("tstr", "down"),), "half of what is attainable beyond chance is lost", margin=loss)


def diverging_risk(group: Group) -> Collapse:
    """Diverging risk: it goes on rising, generation after generation, no slower than it began.

    Notes
    -----
    Axis ``tstr``. Per seed the least-squares slope of the risk over the first and over the second half of the generations: yes if
    the later slope is above 0 and at least half of the earlier one, each over seeds (t interval); no if as many generations again
    at the upper bound of the later slope would stay inside the margin. A score is bounded and finitely many generations are
    seen: 'yes' says that nothing seen here bounds the risk. Needs 6 generations and 2 seeds.

    References
    ----------
    Schaeffer et al. (2025), definition 'asymptotically diverging population risk'; Gerstgrasser et al. (2024), Is model collapse
    inevitable?
    """
    name = "diverging_risk"
    risk = 1.0 - group.series("tstr")
    risk = risk[~np.isnan(risk).any(axis=1)]
    if risk.shape[1] < FEWEST_FOR_DIVERGENCE or len(risk) < 2:
        reason = f"needs {FEWEST_FOR_DIVERGENCE} generations of 2 whole lineages, has {risk.shape[1]} of {len(risk)}"
        return Collapse(name, "cannot_tell", None, "tstr", reason)
    half = risk.shape[1] // 2
    early, late = _slopes(risk[:, : half + 1]), _slopes(risk[:, -half - 1 :])
    low, high = _t_interval(late)
    slower = _t_interval(late - early / 2.0)[1] < 0
    told = f"risk rises by {late.mean():.4f} a generation in the second half (95% {low:.4f} to {high:.4f}), {early.mean():.4f} in the first"
    if low > 0 and not slower:
        return Collapse(name, "yes", risk.shape[1] - half, "tstr", told)
    if high * risk.shape[1] <= axis("tstr").margin:
        return Collapse(name, "no", None, "tstr", told)
    return Collapse(name, "cannot_tell", None, "tstr", told)


def changed_scaling_law(group: Group, by_size: Mapping[int, Group] | None = None) -> Collapse:
    """Changed scaling law: more rows lower the risk by less than they did for real rows.

    Parameters
    ----------
    group : Group
        Lineages of one size.
    by_size : mapping of int to Group, optional
        The same generator and regime at three or more numbers of rows, with the same seeds.

    Notes
    -----
    Axis ``tstr``. Per seed the slope of log risk on log rows, at the first and at each later generation; yes if the difference lies
    above 0.1 over seeds (t interval). The first generation stands for real rows. Cannot be told from one size.

    References
    ----------
    Schaeffer et al. (2025), definition 'change in scaling law'; Dohmatob et al. (2024), A tale of tails.
    """
    name = "changed_scaling_law"
    if by_size is None or len(by_size) < FEWEST_SIZES:
        return Collapse(name, "cannot_tell", None, "tstr", f"needs loops at {FEWEST_SIZES} or more numbers of rows")
    sizes = sorted(by_size)
    last = min(each.last for each in by_size.values())
    seeds = set.intersection(*({each.seed for each in by_size[size].lineages} for size in sizes))
    risk = np.stack([_by_seed(by_size[size], sorted(seeds), last) for size in sizes], axis=2)
    risk = risk[~np.isnan(risk).any(axis=(1, 2))]
    if len(risk) < 2 or last < 2:
        return Collapse(name, "cannot_tell", None, "tstr", "needs two seeds and two generations at every size")
    moved = np.log(sizes) - np.mean(np.log(sizes))
    slopes = np.log(np.maximum(risk, 1e-6)) @ moved / float(moved @ moved)
    bounds = [_t_interval(slopes[:, at] - slopes[:, 0]) for at in range(1, last)]
    told = f"the slope of log risk on log rows changed by {slopes[:, -1].mean() - slopes[:, 0].mean():.3f} in {last} generations"
    beyond = [
        at + 2 for at, (low, _) in enumerate(bounds) if low > SCALING_MARGIN and all(h > SCALING_MARGIN for _, h in bounds[at:])
    ]
    if beyond:
        return Collapse(name, "yes", beyond[0], "tstr", told)
    return Collapse(name, "no" if bounds[-1][1] <= SCALING_MARGIN else "cannot_tell", None, "tstr", told)


def variance_collapse(group: Group) -> Collapse:
    """Variance collapse: the spread of the numbers shrinks.

    Notes
    -----
    Axes ``log_variance`` and ``log_determinant``, downwards only. A spread that grows is no collapse by this definition.

    References
    ----------
    Schaeffer et al. (2025), definition 'collapsing variance'; Alemohammad et al. (2024), Self-consuming generative models go MAD.
    """
    sides = (("log_variance", "down"), ("log_determinant", "down"))
    return _by_axes("variance_collapse", group, sides, "the spread is smaller than the margin allows")


def mode_entanglement(group: Group) -> Collapse:
    """Mode entanglement: kinds of rows that reality keeps apart run into each other.

    Notes
    -----
    Axis ``between_modes``: rows between the clusters beyond as many again as reality has.

    References
    ----------
    Schaeffer et al. (2025), definition 'entanglement of real modes'; Shumailov et al. (2024), Nature 631.
    """
    return _by_axes(
        "mode_entanglement", group, (("between_modes", "up"),), "more rows lie between the modes than the margin allows"
    )


def tail_disappearance(group: Group) -> Collapse:
    """Disappearance of real tail data: extremes or rare levels are going.

    Notes
    -----
    Axes ``tail_mass``, ``upper_tail_mass``, ``lower_tail_mass``, ``rare_survival`` and ``rare_mass``, downwards; the first to leave.

    References
    ----------
    Schaeffer et al. (2025), definition 'disappearance of real tail data'; Dohmatob et al. (2024), A tale of tails.
    """
    names = ("rare_survival", "rare_mass", "tail_mass", "upper_tail_mass", "lower_tail_mass")
    return _by_axes(
        "tail_disappearance", group, tuple((name, "down") for name in names), "rare events are missing beyond the margin"
    )


def hallucinated_data(group: Group) -> Collapse:
    """Appearance of hallucinated data: rows where reality has none.

    Notes
    -----
    Axis ``hallucinated``: rows further from all sealed real rows than 95% of real rows are.

    References
    ----------
    Schaeffer et al. (2025), definition 'appearance of hallucinated data'.
    """
    return _by_axes(
        "hallucinated_data", group, (("hallucinated", "up"),), "more rows are far from any real one than the margin allows"
    )


DEFINITIONS: tuple[Callable[[Group], Collapse], ...] = (
    any_risk_increase,
    diverging_risk,
    catastrophic_increase,
    changed_scaling_law,
    variance_collapse,
    mode_entanglement,
    tail_disappearance,
    hallucinated_data,
)


def by_all_definitions(group: Group, by_size: Mapping[int, Group] | None = None) -> tuple[Collapse, ...]:
    """Give what each of the eight published definitions says of one group, in their order."""
    return tuple(changed_scaling_law(group, by_size) if each is changed_scaling_law else each(group) for each in DEFINITIONS)


def first(trajectory: Trajectory) -> tuple[Departure, ...]:
    """Say what leaves its margin first, and when, for each generator and regime.

    Returns
    -------
    tuple of Departure
        By generator and regime, the earliest first, then what has not left. Axes that look at rows at hand (`believed`) are left out.

    Notes
    -----
    The mean over seeds is followed until it crosses the limit (floor and margin, see `limits`) and stays beyond it; seeds are drawn
    anew 1,000 times for the interval. With few seeds such intervals are too narrow (five seeds: about 80% instead of 95%), so
    the generation that the t interval bears out stands beside it.
    """
    found: list[Departure] = []
    for group in groups(trajectory):
        told = [each for kind in axes() if not kind.believed and (each := departure(group, kind.name)) is not None]
        last = group.last + 1
        found.extend(sorted(told, key=lambda d: (d.crossing or last, d.generation or last, d.low or last)))
    return tuple(found)


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


def _by_axes(
    definition: str, group: Group, sides: Iterable[tuple[str, str]], what: str, *, margin: float | None = None
) -> Collapse:
    """Answer by the first of some axes to leave: yes if one has, no if all lie within."""
    found = {
        name: onset(group, name, side, margin=margin)
        for name, side in sides
        if any(group.readings(name, number) for number in range(1, group.last + 1))
    }
    if not found:
        return _unmeasured(definition, ", ".join(name for name, _ in sides))
    broken = f"; {group.broken} lineages did not reach the end" if group.broken else ""
    alone = "; one lineage says nothing of others" if len(group.lineages) == 1 else ""
    gone = {name: number for name, (answer, number) in found.items() if answer == "yes" and number is not None}
    if gone:
        name = min(gone, key=lambda each: gone[each])
        return Collapse(definition, "yes", gone[name], name, f"{name}: {what} from generation {gone[name]} on{alone}{broken}")
    inside = all(answer == "no" for answer, _ in found.values())
    names = ", ".join(name for name, (answer, _) in found.items() if inside or answer != "no")
    if inside and not group.broken:
        return Collapse(definition, "no", None, names, f"within floor and margin at generation {group.last}{alone}")
    return Collapse(
        definition, "cannot_tell", None, names, f"the interval over seeds reaches across the limit, or too few have it{broken}"
    )


def _unmeasured(definition: str, names: str) -> Collapse:
    return Collapse(definition, "cannot_tell", None, names, "the axis was not measured")


def _slopes(series: np.ndarray) -> np.ndarray:
    moved = np.arange(series.shape[1]) - (series.shape[1] - 1) / 2.0
    return series @ moved / float(moved @ moved)


def _t_interval(values: np.ndarray) -> tuple[float, float]:
    reach = float(stdtrit(len(values) - 1, 0.975) * values.std(ddof=1) / math.sqrt(len(values)))
    return float(values.mean()) - reach, float(values.mean()) + reach


def _by_seed(group: Group, seeds: list[int], last: int) -> np.ndarray:
    series = {descent.seed: row for descent, row in zip(group.lineages, 1.0 - group.series("tstr"), strict=True)}
    return np.stack([series[seed][:last] for seed in seeds]) if seeds else np.zeros((0, last))


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
