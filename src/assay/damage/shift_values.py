"""One column moves as a whole."""

from __future__ import annotations

import numpy as np

from assay.core.protocols import Damage
from assay.damage._columns import drawn
from assay.damage._grid import even, half_width, on_grid, step_of
from assay.damage._ruled import free
from assay.data.ground import Ground, Planted, written


class ShiftValues(Damage):
    """Add a constant to all values of one column.

    Notes
    -----
    Its size is in units of half the distance between the 16% and the 84% point: the standard deviation of a normal column, which
    outliers don't stretch. It is rounded to the column's grid, so that no digit changes its meaning. A column without negative
    values moves up, another one either way. Columns with heaps are left out: a moved heap is an artefact, however small the move.
    """

    harm = "all values of a column are too high or too low"
    mechanism = "covariate_shift"
    unit = "standard deviations (of a normal column as wide) that the column moves by"
    severities = (0.01, 0.05, 0.1, 0.2, 0.4, 0.8, 1.5)
    harmless = 0.01
    material = 0.4
    harmless_because = "four rows in a thousand change the side of the median, less than two samples differ by; margin .05"
    material_because = (
        "from 11% of the rows (uniform column) to 16% (normal) lie on the wrong side of a threshold, and the mean that people "
        "report is off by .4 standard deviations. Largest gap of distribution functions .11 against a margin of .05, a "
        "simultaneous half-width of .035 and a standard error of .01"
    )
    touches = "cells"

    def plant(self, ground: Ground, rng: np.random.Generator) -> Planted:
        """Plant it; see `assay.core.protocols.Damage.plant`."""
        name = drawn(free(ground, even(ground)), "50 different numbers or more without heaps", rng)
        down = rng.random() < 0.5
        known = ground.spare.numbers(name)
        values = ground.sound.numbers(name)
        size = float(on_grid(np.array([self.severity * half_width(known)]), step_of(known))[0])
        if down and np.nanmin(known) < 0:
            size = -size
        return Planted(
            ground.real,
            written(ground.sound, name, values + size),
            ground.holdout,
            f"All values of {name!r} are {'lower' if size < 0 else 'higher'} by {self.severity:.2f} standard deviations.",
            (name,),
            np.flatnonzero(~np.isnan(values)) if size else np.empty(0, dtype=np.int64),
        )
