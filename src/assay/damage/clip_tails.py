"""Values beyond a quantile of one column are clipped to it."""

from __future__ import annotations

import numpy as np

from assay.core.protocols import Damage
from assay.damage._columns import drawn, numeric
from assay.data.ground import Ground, Planted, written


class ClipTails(Damage):
    """Clip one column at a quantile, at the end where its tail is longer.

    Notes
    -----
    What generators do whose output layer or post-processing is bounded. The rows stay, their extreme values do not: nothing
    lies beyond the quantile, and on it stands a spike of the rows clipped. ``artefact`` says the same of it, seen from there.
    Only columns are taken in which half of the material share or more lies beyond its quantile, as top-coded ones do not.
    """

    harm = "the extreme values of a column are cut down to a limit"
    mechanism = "tail_loss"
    also = frozenset({"artefact"})
    unit = "share of the rows, at one end of the column, whose values are clipped"
    severities = (0.0005, 0.002, 0.005, 0.01, 0.02, 0.03, 0.06)
    harmless = 0.0005
    material = 0.02
    harmless_because = (
        "a twentieth of the extreme 1% stands at the point it began beyond; none of the mass beyond the 99% is lost"
    )
    material_because = (
        "nothing lies beyond the real 99% point: a model never sees the values it is asked to flag. With 50 rows expected there "
        "at 5,000, their absence is beyond the margin of one half by four standard errors, and the synthetic table's 98% point "
        "is under the real 99% point by four more"
    )
    touches = "cells"

    def plant(self, ground: Ground, rng: np.random.Generator) -> Planted:
        """Plant it; see `assay.core.protocols.Damage.plant`."""
        names = [name for name in numeric(ground) if _beyond(ground.spare.numbers(name), self.material) >= self.material / 2]
        name = drawn(names, "50 different numbers or more with a tail", rng)
        values = ground.sound.numbers(name)
        upper = _upper(ground.spare.numbers(name), self.material)
        limit = np.nanquantile(values, 1 - self.severity if upper else self.severity, method="higher" if upper else "lower")
        clipped = np.minimum(values, limit) if upper else np.maximum(values, limit)
        end = "upper" if upper else "lower"
        return Planted(
            ground.real,
            written(ground.sound, name, clipped),
            ground.holdout,
            f"The {end} {self.severity:.2%} of {name!r} is clipped to where it begins.",
            (name,),
            np.flatnonzero(values > limit if upper else values < limit),
        )


def _upper(values: np.ndarray, share: float) -> bool:
    """Whether the upper tail is the longer one, or both are equally long."""
    low, middle, high = np.nanquantile(values, (share, 0.5, 1 - share))
    return bool(high - middle >= middle - low)


def _beyond(values: np.ndarray, share: float) -> float:
    """Give the share of the rows beyond the quantile that holds `share` of them, at the longer end."""
    if _upper(values, share):
        return float(np.mean(values > np.nanquantile(values, 1 - share, method="higher")))
    return float(np.mean(values < np.nanquantile(values, share, method="lower")))
