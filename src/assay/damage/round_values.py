"""One column is rounded."""

from __future__ import annotations

import numpy as np

from assay.core.protocols import Damage
from assay.damage._columns import drawn, numeric
from assay.damage._grid import on_grid, step_of
from assay.data.ground import Ground, Planted, written

FINEST = 4096
LEAST_STEPS = 8


class RoundValues(Damage):
    """Round the values of one column to multiples of a step.

    Notes
    -----
    Steps are the column's own grid, or a 4,096th of its interquartile range where it has none, times a power of two: the largest
    that is not above the severity. So each step divides the next, and what a fine rounding leaves in its place a coarse one
    may move, never the reverse. Columns are taken whose interquartile range has eight steps of their grid.
    """

    harm = "a column has lost its digits"
    mechanism = "artefact"
    unit = "step, as a share of the interquartile range"
    severities = (1 / 1024, 1 / 256, 1 / 64, 1 / 16, 1 / 8, 1 / 4, 1 / 2)
    harmless = None
    material = 1 / 4
    harmless_because = (
        "none is: a finer rounding loses less, but lost digits mark every row as synthetic; the margin is two rows in a hundred"
    )
    material_because = (
        "an eighth to a quarter of the middle half becomes one value: thresholds inside it are lost, and 3% to 6% of the rows "
        "lie on the wrong side of one. Nearly all rows change their digits, against a margin of .02, a half-width of .04 and an "
        "error of .01"
    )
    touches = "cells"

    def plant(self, ground: Ground, rng: np.random.Generator) -> Planted:
        """Plant it; see `assay.core.protocols.Damage.plant`."""
        names = [name for name in numeric(ground) if _range(ground.spare.numbers(name)) > 0]
        names = [name for name in names if _fine(ground.spare.numbers(name))]
        name = drawn(names, "50 different numbers or more that could be rounded", rng)
        known, values = ground.spare.numbers(name), ground.sound.numbers(name)
        middle = _range(known)
        unit = step_of(known) or middle / FINEST
        times = 2.0 ** max(np.floor(np.log2(self.severity * middle / unit * (1 + 1e-9))), 0)
        rounded = values if step_of(known) and times == 1 else on_grid(values, unit * times)
        return Planted(
            ground.real,
            written(ground.sound, name, rounded),
            ground.holdout,
            f"Values of {name!r} are rounded to steps of {unit * times / middle:.2g} interquartile ranges.",
            (name,),
            np.flatnonzero((rounded != values) & ~np.isnan(values)),
        )


def _range(values: np.ndarray) -> float:
    """Give the interquartile range."""
    return float(np.diff(np.nanquantile(values, (0.25, 0.75)))[0])


def _fine(values: np.ndarray) -> bool:
    return LEAST_STEPS * step_of(values) <= _range(values)
