"""A rare class is a few rows, again and again."""

from __future__ import annotations

import numpy as np

from assay.core.protocols import Damage
from assay.damage._repeats import overwritten, rare_part, refilled
from assay.data.ground import Ground, Planted


class RefillClass(Damage):
    """Thin the rarest class out and fill it up again with exact repeats of the rows that were kept.

    Notes
    -----
    The class is the rarest with 100 rows or more; where the target has none, a slice of about 8% of the rows takes its place.
    Every count of the table stays as it was; identifiers are new ones.
    """

    harm = "a rare class looks well fed and is the same few rows again and again"
    mechanism = "duplication"
    unit = "share of the class's rows that are repeats"
    severities = (0.005, 0.02, 0.1, 0.25, 0.5, 0.8, 0.95)
    harmless = 0.005
    material = 0.5
    harmless_because = "one row of the class in two hundred weighs double; a quarter of the margin of 2% of a class"
    material_because = (
        "half of the class is repeats: the model that must know it learns from half of the rows it seems to have, and finds the "
        "other half again when it validates. For a class of 100 rows: margin .02, simultaneous half-width .18, standard error .05"
    )
    touches = "rows"

    def plant(self, ground: Ground, rng: np.random.Generator) -> Planted:
        """Plant it; see `assay.core.protocols.Damage.plant`."""
        part = rare_part(ground, rng)
        places, sources = refilled(part, self.severity, rng)
        return Planted(
            ground.real,
            overwritten(ground.sound, places, ground.sound.take(sources)),
            ground.holdout,
            f"{len(places):,} of {len(part.rows):,} rows of {part.words} are exact repeats of the others.",
            part.columns,
            np.sort(places),
        )
