"""Two columns of like range have exchanged their values in some rows."""

from __future__ import annotations

import itertools
from typing import ClassVar

import numpy as np

from assay.core.errors import NotApplicable
from assay.core.protocols import Damage
from assay.damage._columns import numeric
from assay.damage._nested import first
from assay.data.ground import Ground, Planted, written


class SwapColumns(Damage):
    """Exchange the values of two columns of numbers in a share of the rows.

    Notes
    -----
    What a wrong mapping of fields does in one of several sources: each value is possible in its new column, and no row is right.
    Two columns are of like range where nine tenths of either lie between the ends of the other, the extreme hundredths apart,
    and they differ where their distribution functions are .3 apart or more. These are right too: `covariate_shift`, for either
    distribution moves towards the other's; `broken_dependence`, for what went with the one goes with the other;
    `constraint_violation`, where one is a bound of the other.
    """

    harm = "values stand in the wrong column"
    mechanism = "artefact"
    also = frozenset({"covariate_shift", "broken_dependence", "constraint_violation"})
    unit = "share of the rows in which two columns are exchanged"
    severities = (0.002, 0.02, 0.05, 0.1, 0.2, 0.4, 1.0)
    harmless = None
    material = 0.4
    harmless_because = "where one column bounds the other, every exchanged row is impossible"
    material_because = (
        "two rows in five speak of other quantities than they say. Distribution functions move by .12 or more, against a margin "
        "of .05, a simultaneous half-width of .03 and a standard error of .01"
    )
    touches = "cells"

    least_apart: ClassVar[float] = 0.3

    def plant(self, ground: Ground, rng: np.random.Generator) -> Planted:
        """Plant it; see `assay.core.protocols.Damage.plant`."""
        sound = ground.sound
        numbers = {name: sound.numbers(name) for name in numeric(ground, distinct=10)}
        kinds = {name: sound.table.schema.field(name).type for name in numbers}
        pairs = [
            (one, other)
            for one, other in itertools.combinations(numbers, 2)
            if kinds[one] == kinds[other] and _alike(numbers[one], numbers[other], self.least_apart)
        ]
        if not pairs:
            raise NotApplicable("no two columns of numbers have like ranges and unlike distributions")
        one, other = pairs[int(rng.integers(len(pairs)))]
        rows = first(rng.permutation(len(sound)), self.severity)
        left, right = numbers[one].copy(), numbers[other].copy()
        left[rows], right[rows] = numbers[other][rows], numbers[one][rows]
        return Planted(
            ground.real,
            written(written(sound, one, left), other, right),
            ground.holdout,
            f"{one!r} and {other!r} are exchanged in {len(rows):,} rows.",
            (one, other),
            np.sort(rows),
        )


def _alike(one: np.ndarray, other: np.ndarray, apart: float) -> bool:
    one, other = np.sort(one[~np.isnan(one)]), np.sort(other[~np.isnan(other)])
    for inner, outer in ((one, other), (other, one)):
        low, high = np.quantile(outer, (0.01, 0.99))
        if ((inner >= low) & (inner <= high)).mean() < 0.9:
            return False
    both = np.concatenate([one, other])
    steps = np.searchsorted(one, both, "right") / len(one) - np.searchsorted(other, both, "right") / len(other)
    return bool(np.abs(steps).max() >= apart)
