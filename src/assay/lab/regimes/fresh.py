"""New real rows come in with every generation."""

from __future__ import annotations

import numpy as np

from assay.data.dataset import Dataset
from assay.lab.regime import SharedRegime, State, pooled, some


class Fresh(SharedRegime):
    """Train on a share of real rows, new ones in every generation, and on the last generation's.

    Parameters
    ----------
    argument : str
        The share of the corpus that is real, in (0, 1).

    Notes
    -----
    The corpus has ``size`` rows: ``round(share * size)`` of the reserve, which no earlier generation has seen, and as many rows
    of the last generation, drawn without replacement, as make it full. Real rows are never given out twice: a loop whose reserve
    would be used up before its last generation is refused before it begins, since with repeats it would be another regime.
    Under a Gaussian with n rows a generation and share a, the variance of the mean settles at 1 / (1 - a + a n (2 - a)) of the
    population's.

    References
    ----------
    Alemohammad, S. et al. (2024). Self-consuming generative models go MAD (the fresh data loop). ICLR.
    """

    meaning = "a share of real rows, new ones every time, and rows of the generation before"
    usage = "fresh:SHARE, such as fresh:0.1"

    def fresh_rows(self, size: int) -> int:
        """Give the new real rows of each generation."""
        return self.real_rows(size)

    def corpus(self, state: State, rng: np.random.Generator) -> Dataset:
        """Give new real rows and some of the last generation."""
        rows = self.real_rows(state.size)
        state.note(real_rows=rows)
        return pooled([state.fresh(rows), some(state.last, state.size - rows, rng)])
