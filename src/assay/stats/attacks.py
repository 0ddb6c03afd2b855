"""What an attack's scores give away: true-positive rate at a small false-positive rate, with the threshold's noise."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from scipy.special import betaincinv

from assay.stats.intervals import jeffreys, share_high, share_low

LEAST_BEYOND = 1.0


class Operating(NamedTuple):
    """True-positive rate at one false-positive rate.

    Parameters
    ----------
    rate : float
        Share of members found.
    false_positives : float
        Share of non-members wrongly accused.
    members, others : int
        Rows behind it.
    slope : float
        Members found per non-member accused, near the threshold: what the threshold's noise is multiplied with.
    """

    rate: float
    false_positives: float
    members: int
    others: int
    slope: float

    def low(self, error: float) -> float:
        """Give the one-sided lower bound."""
        miss = self.rate - float(share_low(self.rate * self.members, self.members, error=error))
        return max(self.rate - math.hypot(miss, self.slope * (self._accused(1.0 - error) - self.false_positives)), 0.0)

    def high(self, error: float) -> float:
        """Give the one-sided upper bound."""
        miss = float(share_high(self.rate * self.members, self.members, error=error)) - self.rate
        return min(self.rate + math.hypot(miss, self.slope * (self.false_positives - self._accused(error))), 1.0)

    def _accused(self, quantile: float) -> float:
        """Give a quantile of the share of non-members that really exceed the threshold."""
        place = self.false_positives * (self.others + 1)
        return float(betaincinv(place, self.others + 1 - place, quantile))


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
        None where there is nobody to accuse, or the rate cannot be resolved: ``false_positives (n + 1) < 1``.

    Notes
    -----
    The threshold lies at place ``f (n + 1)`` of the others' scores from above, f the false-positive rate, where a new
    non-member exceeds it with probability f in the mean; between two places the rates are interpolated. What really
    exceeds it is Beta(f (n + 1), (1 - f) (n + 1)) distributed. Bounds add the distance of the Clopper-Pearson bound and that of
    the Beta quantile, times the slope of the attack's curve, in quadrature (MOVER, Zou and Donner 2008). The slope is counted
    between a third and three times f and taken as at least 1. One-sided 95% bounds covered 95 to 98% without leakage and
    with copied members, 83 to 94% for curves that rise steeply at the threshold.

    References
    ----------
    Carlini et al. (2022), Membership inference attacks from first principles, IEEE S&P. Zou and Donner
    (2008), Construction of confidence limits about effect measures: a general approach, Statistics in Medicine 27.
    """
    m, n = len(members), len(others)
    place = false_positives * (n + 1)
    if m == 0 or n == 0 or place < LEAST_BEYOND - 1e-9:
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
    return Operating(share, false_positives, m, n, slope)


class Risk(NamedTuple):
    """What an attack finds beyond what the same attack finds about people whose rows nobody saw.

    Parameters
    ----------
    hits, rows : float
        Right guesses about training rows, and all guesses.
    control_hits, control_rows : float
        The same about holdout rows.

    Notes
    -----
    ``(attack - control) / (1 - control)``, both as shares: 0 where training rows are as safe as any, 1 where all are known. It is
    one minus the ratio of the shares of wrong guesses, so its bounds are those of a ratio of two binomial shares (MOVER with
    Jeffreys limits).

    References
    ----------
    Giomi, Boenisch, Wehmeyer and Tasnadi (2023), A unified framework for quantifying privacy risk in synthetic data, PETS.
    Donner and Zou (2012), Closed-form confidence intervals for functions of the normal mean and standard deviation,
    Statistical Methods in Medical Research 21 (the ratio).

    Examples
    --------
    >>> risk = Risk(600, 1000, 500, 1000)
    >>> round(risk.value, 3), round(risk.bound(0.025, upper=False), 3), round(risk.bound(0.025, upper=True), 3)
    (0.2, 0.118, 0.275)
    """

    hits: float
    rows: float
    control_hits: float
    control_rows: float

    @property
    def attack(self) -> float:
        """Share of training rows guessed right."""
        return self.hits / self.rows

    @property
    def control(self) -> float:
        """Share of holdout rows guessed right."""
        return self.control_hits / self.control_rows

    @property
    def value(self) -> float:
        """Risk over control; 0 where the control leaves nothing to find."""
        return 1.0 - (1.0 - self.attack) / (1.0 - self.control) if self.control < 1 else 0.0

    @property
    def score(self) -> float:
        """Difference in units of its standard error without leakage."""
        pooled = (self.hits + self.control_hits + 0.5) / (self.rows + self.control_rows + 1)
        return (self.attack - self.control) / math.sqrt(pooled * (1 - pooled) * (1 / self.rows + 1 / self.control_rows))

    def bound(self, error: float, *, upper: bool) -> float:
        """Give the one-sided bound of the value, in [-1, 1]."""
        wrong, spared = 1.0 - self.attack, 1.0 - self.control
        low, high = jeffreys(self.rows - self.hits, self.rows, error)
        spared_low, spared_high = jeffreys(self.control_rows - self.control_hits, self.control_rows, error)
        mean = wrong * spared
        # the value's upper bound is the ratio's lower one, and the reverse
        own, other = (low, spared_high) if upper else (high, spared_low)
        under = other * (2 * spared - other)
        if under <= 0:
            return 1.0 if upper else -1.0
        root = math.sqrt(max(mean**2 - own * other * (2 * wrong - own) * (2 * spared - other), 0.0))
        ratio = (mean - root if upper else mean + root) / under
        return min(max(1.0 - ratio, -1.0), 1.0)
