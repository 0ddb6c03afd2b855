"""What an attack's scores give away: true-positive rate at a small false-positive rate, with the threshold's noise."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from assay.stats.intervals import clopper_pearson, effective_counts, share_high, share_low

LEAST_BEYOND = 1.0


class Operating(NamedTuple):
    """True-positive rate at one false-positive rate: the estimate, and hits and trials of equal noise."""

    rate: float
    hits: float
    trials: float

    def interval(self, error: float = 0.05) -> tuple[float, float]:
        """Give the two-sided Clopper-Pearson interval."""
        return clopper_pearson(self.hits, self.trials, error=error)

    def low(self, error: float) -> float:
        """Give the one-sided lower bound."""
        return float(share_low(self.hits, self.trials, error=error))

    def high(self, error: float) -> float:
        """Give the one-sided upper bound."""
        return float(share_high(self.hits, self.trials, error=error))


def operating_point(
    members: np.ndarray, others: np.ndarray, false_positives: float, rng: np.random.Generator
) -> Operating | None:
    """Measure how many members an attack finds when it wrongly accuses a given share of non-members.

    Parameters
    ----------
    members, others : numpy.ndarray, shape (m,) and (n,)
        The attack's scores, higher is more suspicious.
    false_positives : float
        The false-positive rate, such as 0.01.
    rng : numpy.random.Generator
        Breaks ties between equal scores.

    Returns
    -------
    Operating or None
        None where the rate cannot be resolved: ``false_positives (n + 1) < 1``.

    Notes
    -----
    The threshold lies at place ``false_positives (n + 1)`` of the others' scores from above, where a new non-member
    exceeds it with just that probability in the mean; between two places the rates are interpolated. The threshold is itself
    noisy, so the variance is ``t (1 - t) / m + s^2 f (1 - f) / n`` with s the slope of the attack's curve, estimated from the
    members between a third and three times f and taken as at least 1. Hits and trials are those of a binomial sample
    with this variance, so that Clopper-Pearson bounds on them count both.

    References
    ----------
    Carlini et al. (2022), Membership inference attacks from first principles, IEEE S&P. Hsieh and Turnbull (1996),
    Nonparametric and semiparametric estimation of the receiver operating characteristic curve, Annals of Statistics 24.
    """
    m, n = len(members), len(others)
    place = false_positives * (n + 1)
    if m == 0 or place < LEAST_BEYOND:
        return None
    ties = rng.permutation(m + n)
    order = np.lexsort((ties, -np.concatenate([members, others])))
    is_member = order < m
    found = np.cumsum(is_member)[~is_member] / m  # share of members above the j-th other

    def rate(at: float) -> float:
        at = min(max(at, 1.0), float(n))
        left = math.floor(at)
        right = min(left + 1, n)
        return float(found[left - 1] + (at - left) * (found[right - 1] - found[left - 1]))

    share = rate(place)
    below, above = max(place / 3, 1.0), min(place * 3, float(n))
    slope = max((rate(above) - rate(below)) * (n + 1) / (above - below), 1.0) if above > below else 1.0
    spread = max(share * (1.0 - share), false_positives * (1.0 - false_positives) if share < 0.5 else 0.0)
    variance = spread / m + slope**2 * false_positives * (1.0 - false_positives) / n
    base = share if 0.0 < share < 1.0 else (false_positives if share == 0.0 else 1.0 - false_positives)
    _, trials = effective_counts(base, variance, m)
    return Operating(share, share * trials, trials)
