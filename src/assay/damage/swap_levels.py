"""Two levels of a column are exchanged in some rows."""

from __future__ import annotations

import itertools

import numpy as np
import pyarrow as pa

from assay.core.errors import NotApplicable
from assay.core.protocols import Damage
from assay.damage._binned import apart, partners
from assay.damage._columns import codes
from assay.damage._ruled import free
from assay.data.ground import Ground, Planted, replaced

LEAST_SHARE = 0.08
LEAST_MOVED, MOST_APART = 0.22, 0.95


class SwapLevels(Damage):
    """Exchange two levels of one column in some of the rows, as many of the one as of the other.

    Notes
    -----
    All shares of levels stay exactly as they were. Two levels are taken, with at least 8% of the rows each, between which some
    other column differs: with D the total variation between its distributions in either and p the share of the rarer,
    ``2 p D`` of the joint table moves when all of the rarer are exchanged, and that must be .22 or more. No levels are taken
    that another column tells apart in nearly all rows, and no column that a rule binds: there no exchange is harmless.
    """

    harm = "two levels of a column are taken for each other"
    mechanism = "broken_dependence"
    unit = "share of the rows of the rarer level that are exchanged with as many of the other"
    severities = (0.01, 0.05, 0.1, 0.2, 0.35, 0.5, 1.0)
    harmless = 0.01
    material = 0.5
    harmless_because = "one row in a hundred of a level says the other: at most a hundredth of the joint table moves, margin .06"
    material_because = (
        "half of the rarer level are others: what the column said of the difference is gone, and a model treats either as their "
        "mean. .11 of a joint table and more against a margin of .06, a simultaneous half-width of .03 and an error of .01"
    )
    touches = "cells"

    def plant(self, ground: Ground, rng: np.random.Generator) -> Planted:
        """Plant it; see `assay.core.protocols.Damage.plant`."""
        name, first, second = _chosen(ground, rng)
        sound = ground.sound
        own = codes(ground.spare, name)[: len(sound)]
        sides = [rng.permutation(np.flatnonzero(own == level)) for level in (first, second)]
        count = round(self.severity * min(len(side) for side in sides))
        at = np.arange(len(sound))
        one, other = (side[:count] for side in sides)
        at[one], at[other] = other, one
        cells = sound.table.column(name).combine_chunks().take(pa.array(at))
        return Planted(
            ground.real,
            replaced(sound, name, cells),
            ground.holdout,
            f"Two levels of {name!r} are exchanged in {2 * count:,} rows.",
            (name,),
            np.sort(np.concatenate([one, other])),
        )


def _chosen(ground: Ground, rng: np.random.Generator) -> tuple[str, int, int]:
    """Draw a column and two of its levels."""
    levelled = [name for name in ground.schema.of_kind("categorical", "boolean") if name in ground.schema.features]
    found: dict[str, list[tuple[int, int]]] = {}
    for name in free(ground, levelled):
        own = codes(ground.spare, name)
        share = np.bincount(own[own >= 0], minlength=1) / max(len(own), 1)
        large = np.flatnonzero(share >= LEAST_SHARE)
        others = partners(ground, name)
        for one, other in itertools.combinations(large.tolist(), 2):
            rows = own == one, own == other
            gap = max((apart(column, *rows) for column in others.values()), default=0.0)
            if gap <= MOST_APART and 2 * min(share[one], share[other]) * gap >= LEAST_MOVED:
                found.setdefault(name, []).append((one, other))
    if not found:
        raise NotApplicable("no column has two common levels between which other columns differ enough")
    name = str(rng.choice(list(found)))
    return name, *found[name][rng.integers(len(found[name]))]
