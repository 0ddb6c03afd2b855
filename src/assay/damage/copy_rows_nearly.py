"""Training rows are given out with a little noise."""

from __future__ import annotations

import numpy as np

from assay.core.protocols import Damage
from assay.damage._repeats import enough, jittered, overwritten
from assay.data.ground import Ground, Planted

NOISE = 0.001


class CopyRowsNearly(Damage):
    """Put copies of real rows in the place of some synthetic ones, with tiny noise on their numbers.

    Notes
    -----
    Noise has a thousandth of each column's spread (half the distance between its 16% and 84% points), on whole numbers at least
    .6; levels and zeros stay. No real row is copied twice. Identifiers and the entity stay those of the place.

    References
    ----------
    Carlini et al. (2023), Extracting training data from diffusion models, USENIX Security, section 4 (near copies).
    """

    harm = "synthetic rows are rows of the training table with a little noise"
    mechanism = "memorisation"
    unit = "share of the rows that are near copies of real ones"
    severities = (0.001, 0.005, 0.01, 0.05, 0.1, 0.3, 0.8)
    harmless = 0.001
    material = 0.05
    harmless_because = (
        "one row in a thousand cannot change what a model learns or how it validates, and is a fifth of the margin of .5%"
    )
    material_because = (
        "one row in twenty is somebody's record: noise of a thousandth of the spread protects nobody, and whoever validates on "
        "these rows is told what the generator knew by heart. Against a hundredth of honest rows that lie as near: margin .005, "
        "simultaneous half-width .016, standard error .004"
    )
    touches = "rows"

    def plant(self, ground: Ground, rng: np.random.Generator) -> Planted:
        """Plant it; see `assay.core.protocols.Damage.plant`."""
        n = enough(ground)
        places, sources = rng.permutation(n), rng.permutation(len(ground.real))
        count = min(round(self.severity * n), len(sources))
        copies = jittered(ground, ground.real.take(sources[:count]), NOISE, rng)
        return Planted(
            ground.real,
            overwritten(ground.sound, places[:count], copies, entity=False),
            ground.holdout,
            f"{count:,} of {n:,} rows are real ones with a little noise.",
            rows=np.sort(places[:count]),
        )
