"""Rows that the generator was trained on are in the holdout."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from assay.core.errors import NotApplicable
from assay.core.protocols import Damage
from assay.damage._nested import first
from assay.data.dataset import Dataset
from assay.data.ground import Ground, Planted

FEWEST = 20


class LeakHoldout(Damage):
    """Put rows of `real` in the place of rows of the holdout.

    Notes
    -----
    The synthetic rows are sound: what is damaged is the proof. Whatever copies its training rows is then judged by rows that it
    has seen.

    References
    ----------
    Kapoor and Narayanan (2023), Leakage and the reproducibility crisis in machine-learning-based science, Patterns 4.
    """

    harm = "the sealed rows are not sealed, and every score on them is too good"
    mechanism = "evaluation_leakage"
    unit = "share of the holdout that comes from the real rows"
    severities = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5)
    harmless = None
    material = 0.05
    harmless_because = "the margin is nought: one row too many that is in both shows that the two were not parted"
    material_because = (
        "a twentieth of the examination was handed out before. With 2,500 sealed rows 125 are in both, where honest parts share "
        "what their own repeats predict; all beyond that counts"
    )
    touches = "holdout"

    def plant(self, ground: Ground, rng: np.random.Generator) -> Planted:
        """Plant it; see `assay.core.protocols.Damage.plant`."""
        real, holdout = ground.real, ground.holdout
        if min(len(real), len(holdout)) < FEWEST:
            raise NotApplicable(f"real rows and holdout must have {FEWEST} rows each")
        order = rng.permutation(len(holdout))
        source = rng.permutation(len(real))
        rows = first(order, self.severity)[: len(source)]
        at = np.arange(len(holdout))
        at[rows] = len(holdout) + source[: len(rows)]
        both = pa.concat_tables([holdout.table, real.table])
        return Planted(
            real,
            ground.sound,
            Dataset(both.take(pa.array(at)), holdout.schema, name=holdout.name),
            f"{len(rows):,} rows of the holdout are rows of the real table.",
            (),
            np.sort(rows),
        )
