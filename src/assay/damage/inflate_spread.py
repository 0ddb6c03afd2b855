"""One column's values move away from their mean."""

from __future__ import annotations

import numpy as np

from assay.core.protocols import Damage
from assay.damage._columns import drawn
from assay.damage._grid import even, on_grid, step_of
from assay.damage._ruled import free
from assay.data.ground import Ground, Planted, written


class InflateSpread(Damage):
    """Push the values of one column apart, away from their mean.

    Notes
    -----
    A value x becomes m + (x - m)(1 + s), so that the standard deviation is 1 + s times what it was. On a grid (whole numbers,
    cents) each value is first spread evenly over its step and rounded afterwards, so that no gaps arise that would be an
    artefact of their own. In a column without negative values those that would become negative are turned positive. Columns with
    heaps are left out.
    """

    harm = "a column varies more than in reality"
    mechanism = "variance_change"
    unit = "share of its own size by which the standard deviation grows"
    severities = (0.01, 0.05, 0.1, 0.15, 0.25, 0.5, 1.0)
    harmless = 0.01
    material = 0.25
    harmless_because = "a hundredth of the spread is under the noise of any model trained on 5,000 rows"
    material_because = (
        "a quarter more spread: thresholds at two standard deviations flag more than twice as many rows. Log ratio .22 against a "
        "margin of .095 and, for the column of heaviest tails, a simultaneous half-width of .06 and a standard error of .02"
    )
    touches = "cells"

    def plant(self, ground: Ground, rng: np.random.Generator) -> Planted:
        """Plant it; see `assay.core.protocols.Damage.plant`."""
        name = drawn(free(ground, even(ground)), "50 different numbers or more without heaps", rng)
        values, known = ground.sound.numbers(name), ground.spare.numbers(name)
        step = step_of(known)
        centre = np.nanmean(values)
        inside = step * (rng.random(len(values)) - 0.5)
        apart = on_grid(centre + (1 + self.severity) * (values + inside - centre), step)
        if np.nanmin(known) >= 0:
            apart = np.abs(apart)
        return Planted(
            ground.real,
            written(ground.sound, name, apart),
            ground.holdout,
            f"The standard deviation of {name!r} is {1 + self.severity:.0%} of what it was.",
            (name,),
            np.flatnonzero(~np.isnan(values)),
        )
