"""A privacy budget: what each part may spend, and what all parts spend together."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from math import log1p, sqrt

from scipy.stats import norm

from assay.core.errors import InputError

ORDERS = (*(1 + at / 10 for at in range(1, 20)), 3.5, 4.5, 5.5, 6.5, *range(3, 65), 80, 96, 128, 192, 256, 384, 512, 768, 1024)
LEAST, MOST = 0.125, 1e5  # noise multipliers
CLOSE = 1e-3  # how near to the smallest noise, as a ratio
THRESHOLDS = 0.1  # share of delta for levels that nobody declared


def spent(parts: list[tuple[float, float, int]], delta: float) -> float:
    """Give the epsilon that Gaussian mechanisms spend together.

    Parameters
    ----------
    parts : list of (float, float, int)
        Noise multiplier (standard deviation by sensitivity), probability with which a row takes part, and times.
    delta : float
        The delta that goes with it.

    Notes
    -----
    Renyi differential privacy of the subsampled Gaussian mechanism, summed over the parts at each order and turned into
    epsilon at the best one: an upper bound, for adding and for removing a row alike. Computed by Opacus.

    References
    ----------
    Mironov, I., Talwar, K., Zhang, L. (2019). Renyi differential privacy of the sampled Gaussian mechanism.
    Canonne, C., Kamath, G., Steinke, T. (2020). The discrete Gaussian for differential privacy, proposition 12. NeurIPS.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # its advice on orders: any order gives a bound
        from opacus.accountants import RDPAccountant

        accountant = RDPAccountant()
        accountant.history = parts
        return float(accountant.get_epsilon(delta, alphas=list(ORDERS)))


def least_noise(epsilon: Callable[[float], float], target: float) -> float:
    """Give the smallest noise multiplier that keeps to a target, within 0.1%, never below.

    Raises
    ------
    InputError
        If no noise does.
    """
    low = high = 1.0  # from here outwards: far from the answer sums take long
    if epsilon(high) <= target:
        while epsilon(low) <= target:
            if low <= LEAST:
                return low
            low, high = max(low / 2, LEAST), low
    else:
        while not epsilon(high) <= target:
            if high > MOST:
                message = f"No noise is known to keep to epsilon = {target:g}."
                raise InputError(message, fix="Take a larger epsilon (0.05 and more), or fewer epochs.")
            low, high = high, 2 * high
    while high > low * (1 + CLOSE):
        middle = sqrt(low * high)
        low, high = (low, middle) if epsilon(middle) <= target else (middle, high)
    return high


@lru_cache(256)
def _noises(target: float, delta: float, share: float, sampling: float, steps: int) -> tuple[float, float]:
    """Give the noise multipliers of all counts together and of a step."""
    counts = least_noise(lambda noise: spent([(noise, 1.0, 1)], delta), target) / sqrt(share)
    return counts, least_noise(lambda noise: spent([(counts, 1.0, 1), (noise, sampling, steps)], delta), target)


@dataclass(frozen=True, slots=True)
class Budget:
    """What the domain and the training may spend.

    Parameters
    ----------
    epsilon, delta : float
        The budget.
    share : float
        Share of the budget for the domain: its part of the inverse squared noise.
    touches : int
        Counts that one row is part of, at most, in all columns.
    open_columns : int
        Columns whose levels nobody declared.
    sampling : float
        Probability with which a row takes part in a step.
    steps : int
        Steps of the training.

    Attributes
    ----------
    count_noise : float
        Standard deviation of the noise on a count, in rows.
    threshold : float
        Noised rows that a level needs to be named.
    training_noise : float
        Noise multiplier of a step.

    Notes
    -----
    A row adds one to `touches` counts, which moves them by sqrt(touches) in all: one Gaussian mechanism. A level that nobody
    declared and only one row has is named with probability d = P[1 + noise > threshold] at most, in any such column; outside
    that event the level might as well not exist. So all is (e - log(1 - D), a + D) for D = d x open columns, where the counts
    and the steps are (e, a) together.

    References
    ----------
    Korolova, A. et al. (2009). Releasing search queries and clicks privately, section 4. WWW.
    Wilkins, A. et al. (2024). Exact privacy analysis of the Gaussian sparse histogram mechanism. J. Privacy Confidentiality 14.
    """

    epsilon: float
    delta: float
    share: float
    touches: int
    open_columns: int
    sampling: float
    steps: int
    count_noise: float = 0.0
    threshold: float = 0.0
    training_noise: float = 0.0

    @classmethod
    def made(
        cls, epsilon: float, delta: float, *, share: float, touches: int, open_columns: int, sampling: float, steps: int
    ) -> Budget:
        """Work out the noise."""
        named = THRESHOLDS * delta if open_columns else 0.0
        target, rest = epsilon + log1p(-named), delta - named
        if target <= 0:
            raise InputError(f"epsilon = {epsilon:g} is below delta = {delta:g}.", fix="Take a larger epsilon.")
        counts, training = _noises(target, rest, share, sampling, steps)
        deviation = counts * sqrt(touches)
        threshold = 1 + deviation * float(norm.isf(named / open_columns)) if open_columns else 0.0
        return cls(epsilon, delta, share, touches, open_columns, sampling, steps, deviation, threshold, training)

    def spent(self) -> float:
        """Give the epsilon that all parts spend together, at most `epsilon`."""
        named = self._named()
        parts = [(self.count_noise / sqrt(self.touches), 1.0, 1)] if self.touches else []
        return spent([*parts, (self.training_noise, self.sampling, self.steps)], self.delta - named) - log1p(-named)

    def _named(self) -> float:
        if not self.open_columns:
            return 0.0
        return self.open_columns * float(norm.sf((self.threshold - 1) / self.count_noise))
