"""Rows of the rare class look like rows of the common one."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from assay.core.errors import NotApplicable
from assay.core.protocols import Damage
from assay.damage._columns import smallest_class
from assay.damage._nested import first
from assay.damage._teacher import taught
from assay.data.dataset import Dataset
from assay.data.ground import Ground, Planted

FEWEST = 20
LEAST_SLOPE = 0.2


class BlurRareClass(Damage):
    """Give rows of the rarest class the features of rows of other classes that are nowhere else in the table.

    Notes
    -----
    The share of the class stays; what distinguishes it fades, as with a generator that is conditioned on a label it hardly saw.
    Each row stays possible. `label_noise` is right too: seen from the features, these are rows of another class with a wrong
    label; so is `label_shift`, for where the rare class belongs it is rarer, given the other columns, and where it does not
    belong more frequent. Planted where the mean chance a model gives the rarest class differs by .2 between its rows and others.
    """

    harm = "the cases that matter look like any other"
    mechanism = "broken_dependence"
    also = frozenset({"label_noise", "label_shift"})
    unit = "share of the rare class's rows that have another class's features"
    severities = (0.01, 0.05, 0.1, 0.2, 0.4, 0.6, 1.0)
    harmless = 0.01
    material = 0.6
    harmless_because = "one case in a hundred is unlike its class, fewer than are misdiagnosed; odds fall by a hundredth"
    material_because = (
        "probabilities of the rare class are less than half of what they should be, and thresholds miss every second case. "
        "Labels fit a model of reality worse in three fifths of the class: by .12 or more of its mean probability of .2, "
        "margin .1 in a slice, standard error .01 for 500 rows"
    )
    touches = "rows"
    needs = frozenset({"target"})

    def plant(self, ground: Ground, rng: np.random.Generator) -> Planted:
        """Plant it; see `assay.core.protocols.Damage.plant`."""
        target = ground.schema.target
        rare = smallest_class(ground.spare)
        sound = ground.sound
        own = rng.permutation(np.flatnonzero(rare[: len(sound)]))
        donors = rng.permutation(np.flatnonzero(~rare & ~ground.spare.nulls(str(target))))
        donors = donors[donors >= len(sound)]
        if target is None or len(own) < FEWEST or len(donors) < len(own):
            raise NotApplicable("the rarest class has too few rows, or the others none to spare")
        lesson = taught(ground)
        column = lesson.expected[:, lesson.labels[own[0]]]
        if column[own].mean() - np.delete(column, own).mean() < LEAST_SLOPE:
            raise NotApplicable("the rarest class hardly follows from the other columns")
        rows = first(own, self.severity)
        at = np.arange(len(sound))
        at[rows] = donors[: len(rows)]
        features = ground.spare.table.take(pa.array(at))
        place = features.column_names.index(target)
        table = features.set_column(place, features.schema.field(target), sound.table.column(target))
        return Planted(
            ground.real,
            Dataset(table, sound.schema, name=sound.name),
            ground.holdout,
            f"{len(rows):,} of {len(own):,} rows of the rarest class of {target!r} have the features of other classes.",
            (target,),
            np.sort(rows),
        )
