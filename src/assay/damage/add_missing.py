"""Values of one column are missing at random."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from assay.core.protocols import Damage
from assay.damage._columns import drawn
from assay.damage._nested import first
from assay.data.ground import Ground, Planted, replaced

MOST_NULLS = 0.5


class AddMissing(Damage):
    """Leave out values of one column, whatever the row.

    Notes
    -----
    Missing completely at random (Rubin 1976), in a share of all rows on top of what is missing anyhow.

    References
    ----------
    Rubin (1976), Inference and missing data, Biometrika 63.
    """

    harm = "a column lacks values that it has in reality"
    mechanism = "missingness_change"
    unit = "share of the rows in which the value is gone"
    severities = (0.0002, 0.002, 0.01, 0.02, 0.05, 0.1, 0.3)
    harmless = 0.0002
    material = 0.05
    harmless_because = "one value of 5,000 is missing; the margin is .001 for a column that never misses any, .02 for others"
    material_because = (
        "one row in twenty is dropped, or filled with a guess, by whatever reads the column. Margin .02, simultaneous half-width "
        ".013 and standard error .004"
    )
    touches = "cells"

    def plant(self, ground: Ground, rng: np.random.Generator) -> Planted:
        """Plant it; see `assay.core.protocols.Damage.plant`."""
        sound = ground.sound
        names = [name for name in ground.schema.features if sound.nulls(name).mean() <= MOST_NULLS]
        name = drawn(names, "a value in half of the rows or more", rng)
        rows = first(rng.permutation(np.flatnonzero(~sound.nulls(name))), self.severity, len(sound))
        at = np.arange(len(sound))
        gone = np.zeros(len(sound), dtype=bool)
        gone[rows] = True
        cells = sound.table.column(name).combine_chunks().take(pa.array(at, mask=gone))
        return Planted(
            ground.real,
            replaced(sound, name, cells),
            ground.holdout,
            f"{len(rows):,} values of {name!r} are missing, at random.",
            (name,),
            np.sort(rows),
        )
