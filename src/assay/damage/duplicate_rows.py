"""Rows come twice."""

from __future__ import annotations

import numpy as np

from assay.core.protocols import Damage
from assay.damage._repeats import enough, overwritten
from assay.data.ground import Ground, Planted


class DuplicateRows(Damage):
    """Put exact repeats of other synthetic rows in the place of some rows, anywhere in the table.

    Notes
    -----
    Repeats are drawn with replacement from a half of the rows that is never overwritten. Identifiers stay those of the place,
    as a generator numbers its rows afresh.
    """

    harm = "synthetic rows are repeats of other synthetic rows"
    mechanism = "duplication"
    unit = "share of the rows that are repeats"
    severities = (0.002, 0.005, 0.01, 0.02, 0.05, 0.15, 0.4)
    harmless = 0.002
    material = 0.05
    harmless_because = "one row in five hundred weighs double: no average and no model moves by a measurable amount; margin .5%"
    material_because = (
        "one row in twenty repeats another: a validation split at random has seen one in twenty-five of its rows in training, so "
        "that it rewards memorising, and there is less data than it seems. Margin .005, simultaneous half-width .009, standard "
        "error .003"
    )
    touches = "rows"

    def plant(self, ground: Ground, rng: np.random.Generator) -> Planted:
        """Plant it; see `assay.core.protocols.Damage.plant`."""
        n = enough(ground)
        order = rng.permutation(n)
        sources = order[n // 2 + rng.integers(0, n - n // 2, n)]
        count = round(self.severity * n)
        places = order[:count]
        return Planted(
            ground.real,
            overwritten(ground.sound, places, ground.sound.take(sources[:count])),
            ground.holdout,
            f"{count:,} of {n:,} rows are exact repeats of others.",
            rows=np.sort(places),
        )
