"""Rows of one entity are torn apart: what is alike within an entity is not any more."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from assay.core.errors import NotApplicable
from assay.core.protocols import Damage
from assay.damage._columns import codes, ranks
from assay.damage._nested import first, rotated
from assay.data.dataset import Dataset
from assay.data.entities import entity_codes
from assay.data.ground import Ground, Planted

GROUPS = 8
FEWEST_PAIRS = 50


class BreakEntities(Damage):
    """Let entity labels change places in a share of the rows of entities with several rows.

    Notes
    -----
    Every entity has as many rows as before. A column is at fault where two rows of one entity agree (in its level, or in its
    eighth of the numbers) more often than two rows at random, by .2 or more; without such a column there is nothing to break.
    """

    harm = "the rows of one person are rows of several"
    mechanism = "broken_dependence"
    unit = "share of the rows of entities with several rows that belong to another entity"
    severities = (0.01, 0.05, 0.1, 0.2, 0.5, 1.0)
    harmless = 0.01
    material = 0.5
    harmless_because = "one row in a hundred is another person's, as after any merging of records; agreement falls by .02 at most"
    material_because = (
        "only one pair of rows in four is still one person's: whatever is learned from histories is noise. Agreement within "
        "entities falls by three quarters of .2 or more, .15, with a standard error of .02 for 500 pairs; margin of a pair .06"
    )
    touches = "cells"
    needs = frozenset({"entity"})

    least_agreement: ClassVar[float] = 0.2

    def plant(self, ground: Ground, rng: np.random.Generator) -> Planted:
        """Plant it; see `assay.core.protocols.Damage.plant`."""
        sound, entity = ground.sound, ground.schema.entity
        own = entity_codes(sound)
        if entity is None or own is None:
            raise NotApplicable("no entity has several rows")
        _, own, counts = np.unique(own, return_inverse=True, return_counts=True)
        several = np.flatnonzero(counts[own] > 1)
        order = several[np.argsort(own[several], kind="stable")]
        same = np.flatnonzero(np.diff(own[order]) == 0)
        if len(same) < FEWEST_PAIRS:
            raise NotApplicable(f"fewer than {FEWEST_PAIRS} pairs of rows belong to one entity")
        alike = {name: _agreement(sound, name, order[same], order[same + 1], rng) for name in sound.schema.modelled}
        columns = sorted((name for name in alike if alike[name] >= self.least_agreement), key=lambda name: -alike[name])
        if not columns:
            raise NotApplicable("no column is alike within an entity")
        rows = first(rng.permutation(several), self.severity)
        return Planted(
            ground.real,
            rotated(sound, entity, rows),
            ground.holdout,
            f"{len(rows):,} rows have another row's {entity!r}.",
            (entity, *columns),
            np.sort(rows),
        )


def _agreement(dataset: Dataset, name: str, one: np.ndarray, other: np.ndarray, rng: np.random.Generator) -> float:
    """Say how much more often rows of one entity agree than rows at random."""
    if dataset.schema.column(name).ordered:
        values = dataset.numbers(name)
        groups = np.minimum(ranks(values, rng) * GROUPS, GROUPS - 1).astype(np.int64)
        groups[np.isnan(values)] = -1
    else:
        groups = codes(dataset, name)
    chance = float(np.sum((np.unique(groups, return_counts=True)[1] / len(groups)) ** 2))
    return float((groups[one] == groups[other]).mean()) - chance
