"""One column's values move towards their mean."""

from __future__ import annotations

import numpy as np

from assay.core.protocols import Damage
from assay.damage._columns import drawn
from assay.damage._grid import even
from assay.damage._ruled import free
from assay.data.ground import Ground, Planted, written


class ShrinkSpread(Damage):
    """Draw the values of one column together around their mean.

    Notes
    -----
    A value x becomes m + (x - m)(1 - s), so that the standard deviation is 1 - s times what it was. Whole numbers are rounded
    again. Left out are columns with heaps, which would move, and those bound by a rule, which would be broken: other harms.
    """

    harm = "a column varies less than in reality"
    mechanism = "variance_change"
    unit = "share of the standard deviation that is lost"
    severities = (0.01, 0.05, 0.1, 0.15, 0.2, 0.3, 0.5)
    harmless = 0.01
    material = 0.2
    harmless_because = "a hundredth of the spread is under the noise of any model trained on 5,000 rows"
    material_because = (
        "a fifth of the spread is gone: thresholds at two standard deviations flag half as many rows. Log ratio .22 against a "
        "margin of .095 and, for the column of heaviest tails, a simultaneous half-width of .06 and a standard error of .02"
    )
    touches = "cells"

    def plant(self, ground: Ground, rng: np.random.Generator) -> Planted:
        """Plant it; see `assay.core.protocols.Damage.plant`."""
        name = drawn(free(ground, even(ground)), "50 different numbers or more without heaps", rng)
        values = ground.sound.numbers(name)
        centre = np.nanmean(values)
        synthetic = written(ground.sound, name, centre + (1 - self.severity) * (values - centre))
        return Planted(
            ground.real,
            synthetic,
            ground.holdout,
            f"The standard deviation of {name!r} is {1 - self.severity:.0%} of what it was.",
            (name,),
            np.flatnonzero(~np.isnan(values)),
        )
