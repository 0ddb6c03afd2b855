"""A fixed set of real rows stays in the corpus of every generation."""

from __future__ import annotations

import numpy as np

from assay.data.dataset import Dataset
from assay.lab.regime import SharedRegime, State, pooled, some


class Mix(SharedRegime):
    """Train on a share of real rows, always the same ones, and on the last generation's.

    Parameters
    ----------
    argument : str
        The share of the corpus that is real, in (0, 1).

    Notes
    -----
    The corpus has ``size`` rows: ``round(share * size)`` of the first real part, drawn once for a lineage, and as many rows of
    the last generation, drawn without replacement, as make it full. A level that the fixed set lacks can be lost for good.

    References
    ----------
    Bertrand, Q. et al. (2024). On the stability of iterative retraining of generative models on their own data. ICLR.
    """

    meaning = "a fixed share of real rows, always the same ones, and rows of the generation before"
    usage = "mix:SHARE, such as mix:0.1"

    def corpus(self, state: State, rng: np.random.Generator) -> Dataset:
        """Give the fixed real rows and some of the last generation."""
        rows = self.real_rows(state.size)
        kept = some(state.real, rows, state.rng("mix", rows))
        state.note(real_rows=len(kept))
        return pooled([kept, some(state.last, state.size - rows, rng)])
