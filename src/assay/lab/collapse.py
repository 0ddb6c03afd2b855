"""Model collapse by each of its eight published definitions, side by side."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

import numpy as np
from scipy.special import stdtrit

from assay.lab.leaving import Answer, Departure, Group, blurred, departure, first, groups, left, onset, over_seeds

HALF = 0.5
FEWEST_FOR_DIVERGENCE, FEWEST_SIZES = 6, 3
SCALING_MARGIN = 0.1
NEGLIGIBLE = 0.1  # of the margin of use: a loss that is no loss


class Collapse(NamedTuple):
    """By one definition: has this group collapsed, from which generation on, by which axis, and why."""

    definition: str
    answer: Answer
    generation: int | None
    axis: str
    reason: str


def any_risk_increase(group: Group) -> Collapse:
    """Any increase of risk: a model trained on the rows is worse on reality than one trained on as many real rows.

    Notes
    -----
    Axis ``tstr`` (risk = 1 - score); yes if it lies beyond the floor of train real, test real, with no margin on top: any
    increase counts. No finite table shows that there is none. What can be told is how large a loss is excluded: the floor's upper
    end, which the easiest of sealed rows would give real rows, minus the lower end of the interval over seeds. No if that is at
    most a tenth of the margin of use (.002 of an AUC, .003 of R2), else cannot tell.

    References
    ----------
    Schaeffer et al. (2025), Position: Model collapse does not mean what you think.
    """
    name, what = "any_risk_increase", "risk on sealed rows above that of real rows"
    found = _by_axes(name, group, (("tstr", "down"),), what, margin=0.0)
    readings = group.readings("tstr", group.last)
    if found.answer == "yes" or "tstr" not in group.axes:
        return found
    if not readings or 2 * len(readings) < group.begun:
        few = f"{len(readings)} of {group.begun} lineages have it at generation {group.last}"
        return Collapse(name, "cannot_tell", None, "tstr", few + _notes(group))
    loss = max(readings[0].floor_high - over_seeds(readings)[1], 0.0)
    small = loss <= NEGLIGIBLE * group.margin("tstr") and not group.broken
    reason = (
        f"no loss is shown at generation {group.last}, and one of more than {loss:.3g} is excluded "
        f"(the margin is {group.margin('tstr'):.3g}){_notes(group)}"
    )
    return Collapse(name, "no" if small else "cannot_tell", None, "tstr", reason)


def catastrophic_increase(group: Group) -> Collapse:
    """Catastrophic increase of risk: half of what a model of real rows knows beyond chance is lost.

    Notes
    -----
    Axis ``tstr``: (score - chance) / (attainable - chance) under one half, over seeds; attainable is the floor's median. The
    published definition says 'critical and rapid degradation' and names no number; one half is ours.

    References
    ----------
    Schaeffer et al. (2025).
    """
    name = "catastrophic_increase"
    readings = group.readings("tstr", 1)
    if not readings:
        return _unmeasured(name, "tstr")
    attainable = readings[0].floor_median
    if attainable - group.chance <= 2 * group.margin("tstr"):
        return Collapse(name, "cannot_tell", None, "tstr", "a model of real rows itself is hardly better than chance")
    loss = HALF * (attainable - group.chance)
    return _by_axes(name, group, (("tstr", "down"),), "half of what is attainable beyond chance is lost", margin=loss)


def diverging_risk(group: Group) -> Collapse:
    """Diverging risk: it goes on rising, generation after generation, no slower than it began.

    Notes
    -----
    Axis ``tstr``. Per seed the least-squares slope of the risk over the first and over the second half of the generations: yes if
    the later slope is above 0 and at least half of the earlier one, each over seeds (t interval), and the risk has left its floor
    at the end; no if as many generations again at the upper bound of the later slope would stay inside the margin. A score is
    bounded and finitely many generations are seen: 'yes' says that nothing seen here bounds the risk. Needs 6 generations and
    2 seeds.

    References
    ----------
    Schaeffer et al. (2025); Gerstgrasser et al. (2024), Is model collapse
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
    told = (
        f"risk rises by {late.mean():.4f} a generation in the second half (95% {low:.4f} to {high:.4f}), "
        f"{early.mean():.4f} in the first"
    )
    rising = low > 0 and not slower
    if rising and left(group, "tstr", group.last, "down", margin=0.0) == "yes":
        return Collapse(name, "yes", risk.shape[1] - half, "tstr", told)
    if rising:
        return Collapse(name, "cannot_tell", None, "tstr", f"{told}, but is not yet beyond what real rows show")
    if high * risk.shape[1] <= group.margin("tstr"):
        return Collapse(name, "no", None, "tstr", told)
    return Collapse(name, "cannot_tell", None, "tstr", told)


def changed_scaling_law(group: Group, by_size: Mapping[int, Group] | None = None) -> Collapse:
    """Tell a changed scaling law: more rows lower the risk by less than they did for real rows.

    Parameters
    ----------
    group : Group
        Lineages of one size.
    by_size : mapping of int to Group, optional
        The same generator and regime at three or more numbers of rows, with the same seeds.

    Notes
    -----
    Axis ``tstr``. Per seed the slope of log risk on log rows, at the first and at each later generation; yes if the difference
    lies above 0.1 over seeds (t interval). The first generation stands for real rows. Cannot be told from one size.

    References
    ----------
    Schaeffer et al. (2025); Dohmatob et al. (2024), A tale of tails.
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
    Schaeffer et al. (2025); Alemohammad et al. (2024), Self-consuming generative models go MAD.
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
    Schaeffer et al. (2025); Shumailov et al. (2024), Nature 631.
    """
    return _by_axes(
        "mode_entanglement", group, (("between_modes", "up"),), "more rows lie between the modes than the margin allows"
    )


def tail_disappearance(group: Group) -> Collapse:
    """Disappearance of real tail data: extremes or rare levels are going.

    Notes
    -----
    Axes ``tail_mass``, ``upper_tail_mass``, ``lower_tail_mass``, ``rare_survival`` and ``rare_mass``, downwards; the first to
    leave.

    References
    ----------
    Schaeffer et al. (2025); Dohmatob et al. (2024), A tale of tails.
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
    Schaeffer et al. (2025).
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
    notes = _notes(group)
    gone = {name: number for name, (answer, number) in found.items() if answer == "yes" and number is not None}
    if gone:
        name = min(gone, key=lambda each: gone[each])
        return Collapse(definition, "yes", gone[name], name, f"{name}: {what} from generation {gone[name]} on{notes}")
    unsure = {name: side for name, side in sides if name in found and found[name][0] != "no"}
    names = ", ".join(unsure or found)
    if not unsure and not group.broken:
        return Collapse(definition, "no", None, names, f"inside the margin at generation {group.last}{notes}")
    wide = {name: doubt for name, side in unsure.items() if (doubt := blurred(group, name, side, margin=margin)) is not None}
    if wide:
        name = max(wide, key=lambda each: wide[each][0] / max(wide[each][1], 1e-12))
        spread, far = wide[name]
        reason = f"{name}: real samples of this size differ by up to {spread:.3g}, the margin is {far:.3g}; give more rows"
    elif unsure:
        reason = "the interval over seeds reaches across the limit, or too few lineages have it"
    else:
        reason = f"those that are left are inside the margin at generation {group.last}"
    return Collapse(definition, "cannot_tell", None, names, reason + notes)


def _notes(group: Group) -> str:
    """Say what an answer does not rest on."""
    broken = f"; {group.broken} lineages did not reach the end" if group.broken else ""
    return ("; one lineage says nothing of others" if group.begun == 1 else "") + broken


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


__all__ = [
    "DEFINITIONS",
    "Collapse",
    "Departure",
    "Group",
    "any_risk_increase",
    "by_all_definitions",
    "catastrophic_increase",
    "changed_scaling_law",
    "departure",
    "diverging_risk",
    "first",
    "groups",
    "hallucinated_data",
    "mode_entanglement",
    "tail_disappearance",
    "variance_collapse",
]
