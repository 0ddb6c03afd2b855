"""A rare class is a few rows with noise on them."""

from __future__ import annotations

import numpy as np

from assay.core.protocols import Damage
from assay.damage._repeats import jittered, overwritten, rare_part, refilled
from assay.data.ground import Ground, Planted

NOISE = 0.05


class RefillClassJittered(Damage):
    """Thin the rarest class out and fill it up again with repeats of the rows that were kept, a little noise on their numbers.

    Notes
    -----
    The class is the rarest with 100 rows or more; where the target has none, a slice of about 8% of the rows takes its place.
    Noise has a twentieth of each column's spread (half the distance between its 16% and 84% points), on whole numbers at least
    .6; levels and zeros stay. No two rows are equal, and nothing is known of the class but the rows that were kept.

    References
    ----------
    Chawla, Bowyer, Hall and Kegelmeyer (2002), SMOTE: synthetic minority over-sampling technique, JAIR 16 (what this does badly).
    """

    harm = "a rare class looks well fed and is the same few rows with a little noise"
    mechanism = "duplication"
    unit = "share of the class's rows that are repeats with noise"
    severities = (0.005, 0.02, 0.1, 0.25, 0.5, 0.8, 0.95)
    harmless = 0.005
    material = 0.8
    harmless_because = "one row of the class in two hundred comes twice; in all rows that is far under the margin of .5%"
    material_because = (
        "one row of the class in five is its own: the model that must know it learns from a fifth of the rows it seems to have, "
        "and finds the rest again when it validates. For a class of 2% of 5,000 rows: 1.6% of all rows, margin .005, "
        "simultaneous half-width .007, standard error .002"
    )
    touches = "rows"

    def plant(self, ground: Ground, rng: np.random.Generator) -> Planted:
        """Plant it; see `assay.core.protocols.Damage.plant`."""
        part = rare_part(ground, rng)
        places, sources = refilled(part, self.severity, rng)
        repeats = jittered(ground, ground.sound.take(sources), NOISE, rng)
        return Planted(
            ground.real,
            overwritten(ground.sound, places, repeats),
            ground.holdout,
            f"{len(places):,} of {len(part.rows):,} rows of {part.words} repeat the others with a little noise.",
            part.columns,
            np.sort(places),
        )
