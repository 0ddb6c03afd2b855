"""One column is in another unit."""

from __future__ import annotations

import numpy as np

from assay.core.protocols import Damage
from assay.damage._columns import drawn
from assay.damage._grid import even, half_width, on_grid, step_of
from assay.damage._ruled import free
from assay.data.ground import Ground, Planted, written

FARTHEST = 3.0


class ChangeUnits(Damage):
    """Multiply all values of one column by a factor: inches for centimetres, thousands for units.

    Notes
    -----
    On a grid (whole numbers, cents) each value is first spread evenly over its step and rounded afterwards; zeros stay. Columns
    with heaps apart from zero are left out, and those whose median is more than three times their spread away from zero, for
    which no factor would be harmless. ``variance_change`` and ``covariate_shift`` say the same: a factor is a change of
    scale, to the log of which the log of the spread and that of every quantile are equal, and no look at the values can tell a
    unit from it.
    """

    harm = "a column is in another unit than in reality"
    mechanism = "artefact"
    also = frozenset({"variance_change", "covariate_shift"})
    unit = "factor by which all values are multiplied"
    severities = (1.01, 1.1, 1.25, 2.54, 12.0, 100.0, 1000.0)
    harmless = 1.01
    material = 2.54
    harmless_because = "a hundredth more of everything moves no quantile by more than .03 of the spread; its log ratio is .01"
    material_because = (
        "inches for centimetres: every threshold is wrong, and what a model learned of the column does not hold. Log ratio of "
        "spreads .93 against a margin of .095, a simultaneous half-width of .06 and a standard error of .02"
    )
    touches = "cells"

    def plant(self, ground: Ground, rng: np.random.Generator) -> Planted:
        """Plant it; see `assay.core.protocols.Damage.plant`."""
        names = [name for name in free(ground, even(ground, zero=False)) if _near_zero(ground.spare.numbers(name))]
        name = drawn(names, "50 different numbers or more without heaps, not far from zero", rng)
        values = ground.sound.numbers(name)
        step = step_of(ground.spare.numbers(name))
        inside = np.where(values == 0, 0.0, step * (rng.random(len(values)) - 0.5))
        return Planted(
            ground.real,
            written(ground.sound, name, on_grid(self.severity * (values + inside), step)),
            ground.holdout,
            f"All values of {name!r} are multiplied by {self.severity:g}.",
            (name,),
            np.flatnonzero(~np.isnan(values)),
        )


def _near_zero(values: np.ndarray) -> bool:
    return bool(abs(np.nanmedian(values)) <= FARTHEST * half_width(values))
