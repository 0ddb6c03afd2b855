"""Rare levels become the most common one."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from assay.core.protocols import Damage
from assay.damage._columns import codes
from assay.damage._rare import rare_column
from assay.data.ground import Ground, Planted, replaced


class MergeRareLevels(Damage):
    """Rename the rare levels of one column, those under 2% of which 25 rows and more would be expected, to its most common one.

    Notes
    -----
    What generators do that answer the likeliest level when unsure. The rows stay and say something else. Which cells are
    renamed is drawn at random, over all rare levels of the column alike; at severity 1 all are. Columns are left out that a
    rule binds to others: it would be broken first of all.
    """

    harm = "rare levels of a column are called by its most common one"
    mechanism = "rare_level_loss"
    unit = "share of the cells with a rare level of the column that is renamed"
    severities = (0.05, 0.15, 0.3, 0.5, 0.75, 1.0)
    harmless = 0.05
    material = 1.0
    harmless_because = "one rare cell in twenty is less than two samples differ by at random; a fifth of the margin"
    material_because = (
        "the rare diagnosis does not exist for whoever learns from these rows, and its patients are taught as ordinary. With at "
        "least 25 expected none by chance has a probability under 1e-9; margin .25, half-width and standard errors about .3"
    )
    touches = "cells"

    def plant(self, ground: Ground, rng: np.random.Generator) -> Planted:
        """Plant it; see `assay.core.protocols.Damage.plant`."""
        name, rare = rare_column(ground, rng, bound=False)
        sound = ground.sound
        own = codes(ground.spare, name)
        common = int(np.flatnonzero(own == np.argmax(np.bincount(own[own >= 0])))[0])
        renamed = rare[: len(sound)] & (rng.random(len(rare))[: len(sound)] < self.severity)
        cells = ground.spare.table.column(name).take(pa.array(np.where(renamed, common, np.arange(len(sound)))))
        return Planted(
            ground.real,
            replaced(sound, name, cells.combine_chunks()),
            ground.holdout,
            f"{int(renamed.sum()):,} cells of {name!r} have its most common level for a rare one.",
            (name,),
            np.flatnonzero(renamed),
        )
