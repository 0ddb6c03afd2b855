"""Which assumption of a scenario matters: one at a time, and by its share of the variance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from assay.core.ecosystem import Effect
from assay.lab.ecosystem_scenario import Quantity, Scenario, middles

FEWEST_A_BIN, MOST_BINS = 10, 20


def ends(scenario: Scenario, seeds: int) -> dict[str, np.ndarray]:
    """Give the quantities of a one-at-a-time design.

    Parameters
    ----------
    scenario : Scenario
        Whose ranges.
    seeds : int
        Lineages at each end of each range.

    Returns
    -------
    dict of str to numpy.ndarray of shape (2 * ranged quantities * seeds,)
        For each ranged quantity in turn, at its low end and at its high end, all others in the middle of their ranges.
    """
    ranged = scenario.ranged
    values = middles(scenario, 2 * len(ranged) * seeds)
    for at, each in enumerate(ranged):
        start = 2 * at * seeds
        values[each.name][start : start + seeds] = each.low
        values[each.name][start + seeds : start + 2 * seeds] = each.high
    return values


def effects(
    axis: str,
    year: float,
    ranged: Sequence[Quantity],
    values: Mapping[str, np.ndarray],
    sampled: np.ndarray,
    at_ends: np.ndarray,
) -> list[Effect]:
    """Tell what each quantity does to an axis in a year.

    Parameters
    ----------
    axis : str
        Which.
    year : float
        When.
    ranged : sequence of Quantity
        The quantities with a range.
    values : mapping of str to numpy.ndarray of shape (draws,)
        What was drawn from the ranges.
    sampled : numpy.ndarray of shape (draws, seeds)
        The axis for these.
    at_ends : numpy.ndarray of shape (ranged, 2, seeds)
        The axis at either end of each range.

    Returns
    -------
    list of Effect
        The largest swing first.
    """
    found: list[Effect] = []
    for at, each in enumerate(ranged):
        low, high = at_ends[at].mean(axis=1)
        error = float(np.sqrt(at_ends[at].var(axis=1, ddof=1).sum() / at_ends.shape[2]))
        share = first_order(values[each.name], sampled.mean(axis=1))
        found.append(Effect(axis, each.name, year, float(low), float(high), error, share))
    return sorted(found, key=lambda effect: (-effect.swing, effect.quantity))


def first_order(given: np.ndarray, result: np.ndarray) -> float:
    """Estimate the first-order share of variance Var(E[y | x]) / Var(y) from draws that were made anyway.

    Parameters
    ----------
    given, result : numpy.ndarray of shape (draws,)
        x and y.

    Returns
    -------
    float
        From 0 to 1; 0 where y does not vary, or where there are fewer than 20 draws.

    Notes
    -----
    Draws are cut into bins of equal size by x; the variance between the bins' means, less what it would be without any
    effect, (bins - 1) times the variance within, over the total (Kelley's epsilon squared). Its error is about sqrt(2 (bins -
    1)) / draws where there is no effect. What x does only together with other quantities is not in it.

    References
    ----------
    Saltelli, A. et al. (2008). Global sensitivity analysis: the primer, section 1.2.
    Plischke, E., Borgonovo, E. & Smith, C. L. (2013). Global sensitivity measures from given data. European Journal of
    Operational Research 226(3).

    Examples
    --------
    >>> x = np.linspace(0, 1, 400)
    >>> round(first_order(x, x**2), 1), first_order(x, np.ones(400))
    (1.0, 0.0)
    """
    draws = len(given)
    bins = min(MOST_BINS, draws // FEWEST_A_BIN)
    total = float(((result - result.mean()) ** 2).sum())
    if bins < 2 or total <= 1e-24 * draws * max(1.0, float(result.mean()) ** 2):
        return 0.0
    parts = np.array_split(result[np.argsort(given, kind="stable")], bins)
    within = sum(float(((part - part.mean()) ** 2).sum()) for part in parts)
    between = total - within - (bins - 1) * within / (draws - bins)
    return float(np.clip(between / total, 0.0, 1.0))


def from_ranges(sampled: np.ndarray) -> float | None:
    """Tell which share of the variance comes from the ranges, and not from seeds.

    Parameters
    ----------
    sampled : numpy.ndarray of shape (draws, seeds)
        An axis at one time.

    Returns
    -------
    float or None
        None where nothing varies.

    Notes
    -----
    Var(y) = Var(E[y | draw]) + E[Var(y | draw)]; the first is the variance of the means over seeds, less its share of the second.
    """
    within = float(sampled.var(axis=1, ddof=1).mean())
    between = max(0.0, float(sampled.mean(axis=1).var(ddof=1)) - within / sampled.shape[1])
    scale = max(1.0, float(np.abs(sampled).max()))
    return None if between + within <= 1e-24 * scale**2 else between / (between + within)
