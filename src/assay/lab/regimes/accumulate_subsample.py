"""Nothing is thrown away, but a generation is trained on as many rows as any other."""

from __future__ import annotations

import numpy as np

from assay.data.dataset import Dataset
from assay.lab.regime import Regime, State, pooled


class AccumulateSubsample(Regime):
    """Train on a fixed number of rows, drawn anew from the whole history.

    Notes
    -----
    ``size`` rows are drawn without replacement from the real rows and those of all generations, each row as likely as any other:
    the expected share of real rows in the corpus of generation n is 1 / n. The cost of a fit does not grow. For least squares
    the error reaches a plateau, slowly; drawing from a reservoir of a fixed size instead would have none.

    References
    ----------
    Kazdan, J. et al. (2024). Collapse or thrive? Perils and promises of synthetic data in a self-generating world.
    """

    meaning = "as many rows as ever, drawn anew from the first real rows and everything made since"
    usage = "accumulate_subsample"
    reads = "all"

    def corpus(self, state: State, rng: np.random.Generator) -> Dataset:
        """Draw from the real rows and every generation's."""
        sizes = [len(state.real), *([state.size] * (state.number - 1))]
        drawn = np.sort(rng.choice(sum(sizes), state.size, replace=False))
        starts = np.cumsum([0, *sizes])
        tables = (state.real, *state.generations())
        parts = [
            table.take(drawn[(drawn >= start) & (drawn < start + size)] - start)
            for table, start, size in zip(tables, starts[:-1], sizes, strict=True)
        ]
        state.note(real_rows=len(parts[0]))
        return pooled(parts)
