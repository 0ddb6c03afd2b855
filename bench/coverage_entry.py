"""One interval and the truth that it should hold."""

from __future__ import annotations

from typing import NamedTuple

from assay.core.estimate import Estimate


class Entry(NamedTuple):
    """One interval on the effect scale.

    Parameters
    ----------
    measure : str
        Family.
    part : {'item', 'mean', 'reported'}
        Which estimate of the family.
    key : str
        Where it looked; equal keys of several repetitions share one truth.
    low, effect, high : float
        The interval.
    source : str
        Where the truth comes from: 'populations' (the measure on the populations' counts), 'planted' (the rate planted),
        or 'mean' (of this effect over all repetitions, where there is no closed form).
    truth : float, optional
        None for the mean, known only when all repetitions are done.
    """

    measure: str
    part: str
    key: str
    low: float
    effect: float
    high: float
    source: str
    truth: float | None = None


def entry(measure: str, part: str, key: str, estimate: Estimate, source: str, truth: float | None = None) -> Entry:
    """Take the interval of an estimate."""
    return Entry(measure, part, key, estimate.low, estimate.effect, estimate.high, source, truth)
