"""New real rows come in every generation: what was made is mended with them, and both are learned from."""

from __future__ import annotations

import numpy as np

from assay.core.seeds import integer_seed
from assay.data.amended import Amended
from assay.data.dataset import Dataset
from assay.lab.regime import SharedRegime, State, pooled, some
from assay.mending.run import select
from assay.mending.task import LEAST_ROWS


class Mended(SharedRegime):
    """Train on a share of new real rows and on the last generation's, mended with these.

    Parameters
    ----------
    argument : str
        The share of the corpus that is real, in (0, 1).

    Notes
    -----
    As ``fresh``, and before the last generation's rows are learned from, remedies that their signs speak for and that real rows
    bear out are done to them (`assay.mending.choose.choose`). The new real rows have been seen by no generator, so selection on
    them is valid. Weights are spent by drawing: each row stays with a chance in proportion to its weight. On the record stand
    ``remedies``, how many were kept, ``told``, the AUC that tells real rows from mended ones, and ``kept``, the mended rows that
    are left, which may be fewer than asked for. With fewer than 40 new real rows nothing is mended, and the regime is ``fresh``.

    What it cannot see: which remedy would have helped the generations to come; each is judged by its own.
    """

    meaning = "a share of new real rows in every generation, and the generation before, mended with them"
    usage = "mended:SHARE, such as mended:0.1"

    def fresh_rows(self, size: int) -> int:
        """Give the new real rows that each generation takes."""
        return self.real_rows(size)

    def corpus(self, state: State, rng: np.random.Generator) -> Dataset:
        """Give new real rows and the last generation's, mended."""
        rows = self.real_rows(state.size)
        real, last = state.fresh(rows), state.last
        mended = Amended.of(last)
        if rows >= LEAST_ROWS:
            chosen = select(real, last, seed=integer_seed(state.seed, "regime", "mended", state.number))
            mended = chosen.rows
            state.note(remedies=len(chosen.steps), told=chosen.last.apart.value)
        state.note(real_rows=rows)
        kept = some(mended.thinned(rng), state.size - rows, rng)
        state.note(kept=len(kept))
        return pooled([real, Dataset(kept.table, kept.schema, name=last.name, lineage=last.lineage)])
