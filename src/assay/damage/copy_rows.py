"""Training rows are given out as they are."""

from __future__ import annotations

import numpy as np

from assay.core.protocols import Damage
from assay.damage._repeats import enough, overwritten
from assay.data.ground import Ground, Planted


class CopyRows(Damage):
    """Put exact copies of real rows in the place of some synthetic ones.

    Notes
    -----
    No real row is copied twice. Identifiers and the entity stay those of the place: what was memorised is the rest of the row.

    References
    ----------
    Carlini et al. (2023), Extracting training data from diffusion models, USENIX Security.
    """

    harm = "synthetic rows are rows of the training table"
    mechanism = "memorisation"
    unit = "share of the rows that are copies of real ones"
    severities = (0.001, 0.005, 0.01, 0.03, 0.1, 0.3, 0.8)
    harmless = 0.001
    material = 0.03
    harmless_because = (
        "one row in a thousand cannot change what a model learns or how it validates, and is a fifth of the margin of .5%"
    )
    material_because = (
        "three rows in a hundred disclose somebody's record, and whoever validates on them is told what the generator knew by "
        "heart. Margin .005, simultaneous half-width .008, standard error .0025"
    )
    touches = "rows"

    def plant(self, ground: Ground, rng: np.random.Generator) -> Planted:
        """Plant it; see `assay.core.protocols.Damage.plant`."""
        n = enough(ground)
        places, sources = rng.permutation(n), rng.permutation(len(ground.real))
        count = min(round(self.severity * n), len(sources))
        copies = ground.real.take(sources[:count])
        return Planted(
            ground.real,
            overwritten(ground.sound, places[:count], copies, entity=False),
            ground.holdout,
            f"{count:,} of {n:,} rows are exact copies of real ones.",
            rows=np.sort(places[:count]),
        )
