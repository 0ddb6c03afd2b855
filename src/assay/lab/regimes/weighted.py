"""New real rows count for more than made ones: by how much, says the golden ratio."""

from __future__ import annotations

import math

import numpy as np

from assay.core.errors import UsageError
from assay.data.dataset import Dataset
from assay.lab.regime import Regime, State, pooled, some

MOST_COPIES = 3


class Weighted(Regime):
    """Train on as many new real rows as rows of the last generation, the real ones with the weight that is best.

    Parameters
    ----------
    argument : str
        ``golden``.

    Notes
    -----
    Of n new real and m made rows, k = n / m, the real ones together get the weight w* = (sqrt(k^2 + 4 k) - k) / 2: for n = m,
    half of ``size`` each here, that is 0.618, the inverse golden ratio. The variance of a mean settles at w* of what n real rows
    alone would give, against 0.667 where rows are pooled as in ``fresh:0.5``. Generators take no weights, so rows are repeated:
    real ones a times and made ones b times, at most three times each, a and b being those whole numbers that bring the weight
    nearest to w*; for n = m 3 and 2, a weight of 0.6 and a variance of 0.619. Whole copies add no noise; drawing rows by weight
    would cost more than the weight brings. The corpus has two and a half times ``size`` rows.
    What it cannot see: a generator that counts rows (the least rows of a leaf, a bandwidth) takes copies for evidence.

    References
    ----------
    He, H., Xu, S., Cheng, G. (2025). Golden ratio weighting prevents model collapse.
    """

    meaning = "half new real rows, half rows of the generation before, weighted by the golden ratio"
    usage = "weighted:golden"

    def __init__(self, argument: str | None = None) -> None:
        if argument != "golden":
            got = "none" if argument is None else repr(argument)
            raise UsageError(f"The regime {self.name} knows one weight, golden. Got {got}. Write: {self.usage}")

    @property
    def text(self) -> str:
        """The regime as it is written."""
        return "weighted:golden"

    def fresh_rows(self, size: int) -> int:
        """Give the new real rows of each generation: half of its size."""
        return size // 2

    def corpus(self, state: State, rng: np.random.Generator) -> Dataset:
        """Give new real rows and some of the last generation, each as many times as its weight says."""
        real = state.fresh(self.fresh_rows(state.size))
        made = some(state.last, state.size - len(real), rng)
        times, made_times = copies(len(real), len(made))
        state.note(real_rows=len(real), real_weight=times * len(real) / (times * len(real) + made_times * len(made)))
        return pooled([real] * times + [made] * made_times)


def best_weight(real: int, made: int) -> float:
    """Give the weight on the mean of so many real rows, against that of so many made ones, with which errors settle lowest.

    Examples
    --------
    >>> round(best_weight(100, 100), 3)
    0.618
    """
    k = real / made
    return (math.sqrt(k * k + 4 * k) - k) / 2


def copies(real: int, made: int) -> tuple[int, int]:
    """Give how often real and made rows are repeated to come nearest to the best weight.

    Examples
    --------
    >>> copies(100, 100)
    (3, 2)
    """
    wanted = best_weight(real, made)
    pairs = [(a, b) for a in range(1, MOST_COPIES + 1) for b in range(1, MOST_COPIES + 1)]
    return min(pairs, key=lambda pair: (abs(pair[0] * real / (pair[0] * real + pair[1] * made) - wanted), sum(pair)))
