"""Numbers of a sign that the column does not have."""

from __future__ import annotations

import numpy as np

from assay.core.protocols import Damage
from assay.damage._columns import drawn, numeric
from assay.data.ground import Ground, Planted, written

LEAST_POSITIVE = 0.25


class ImpossibleValues(Damage):
    """Turn some positive numbers negative in a column that has no negative ones.

    Notes
    -----
    Ages, amounts and counts under zero, as generators make them that know no limits. ``constraint_violation`` says the same: a
    number that cannot be breaks the rule of what can.
    """

    harm = "a column has negative numbers, which it cannot have"
    mechanism = "artefact"
    also = frozenset({"constraint_violation"})
    unit = "share of the rows with a negative number"
    severities = (0.0004, 0.002, 0.005, 0.02, 0.06, 0.15)
    harmless = 0.0004
    material = 0.02
    harmless_because = "two rows of 5,000: under half of the margin of .1%, and no mean or model moves"
    material_because = (
        "one row of fifty cannot exist: a logarithm fails on it, a mean is off by twice what it would add, a model learns it. "
        "Margin .001, simultaneous half-width .007, standard error .002"
    )
    touches = "cells"

    def plant(self, ground: Ground, rng: np.random.Generator) -> Planted:
        """Plant it; see `assay.core.protocols.Damage.plant`."""
        names = [name for name in numeric(ground, distinct=10, heaviest=0.75) if _never_negative(ground, name)]
        name = drawn(names, "ten different numbers or more and none below zero", rng)
        values = ground.sound.numbers(name).copy()
        places = rng.permutation(np.flatnonzero(values > 0))[: round(self.severity * len(values))]
        values[places] *= -1
        return Planted(
            ground.real,
            written(ground.sound, name, values),
            ground.holdout,
            f"{len(places):,} numbers of {name!r} are negative.",
            (name,),
            np.sort(places),
        )


def _never_negative(ground: Ground, name: str) -> bool:
    if ground.schema.column(name).dtype.startswith("uint"):
        return False
    parts = [part.numbers(name) for part in (ground.real, ground.spare, ground.holdout)]
    lowest = min(float(np.nanmin(part, initial=np.inf)) for part in parts)
    return lowest >= 0 and float(np.mean(ground.spare.numbers(name) > 0)) >= LEAST_POSITIVE
