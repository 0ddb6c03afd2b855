"""Rows with a rare level are never made."""

from __future__ import annotations

import numpy as np

from assay.core.protocols import Damage
from assay.damage._rare import rare_column
from assay.data.ground import Ground, Planted


class DropRareLevels(Damage):
    """Leave out rows that have a rare level in one column: one under 2% of which 25 rows and more would be expected.

    Notes
    -----
    Which of these rows go is drawn at random, over all rare levels of the column alike; at severity 1 there are none. Rows left
    out are made up for by others.
    """

    harm = "rows with rare levels of a column are missing"
    mechanism = "rare_level_loss"
    unit = "share of the rows with a rare level of the column that is never made"
    severities = (0.05, 0.15, 0.3, 0.5, 0.75, 1.0)
    harmless = 0.05
    material = 1.0
    harmless_because = "one rare row in twenty is less than two samples differ by at random; a fifth of the margin"
    material_because = (
        "the rare diagnosis does not exist for whoever learns from these rows. With at least 25 rows expected none by chance has "
        "a probability under 1e-9; margin .25, half-width and standard errors about .3"
    )
    touches = "rows"

    def plant(self, ground: Ground, rng: np.random.Generator) -> Planted:
        """Plant it; see `assay.core.protocols.Damage.plant`."""
        name, rare = rare_column(ground, rng)
        gone = rare & (rng.random(len(rare)) < self.severity)
        return Planted(
            ground.real,
            ground.without(gone),
            ground.holdout,
            f"{self.severity:.0%} of the rows with a rare level of {name!r} are missing.",
            (name,),
        )
