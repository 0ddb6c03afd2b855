"""Two columns that go together in reality do not, and each alone is right."""

from __future__ import annotations

import itertools
from typing import ClassVar

import numpy as np

from assay.core.errors import NotApplicable
from assay.core.protocols import Damage
from assay.damage._columns import codes
from assay.damage._nested import first, rotated
from assay.data.constraints import mine
from assay.data.dataset import Dataset
from assay.data.ground import Ground, Planted

GROUPS = 8
LEVELS = 60
FEWEST_ROWS = 200


class BreakPair(Damage):
    """Let the cells of one column change places in a share of the rows, of two that depend strongly on each other.

    Notes
    -----
    Dependence is the total variation distance between the joint table of two features (eight groups of a number, levels as they
    are) and the product of its margins. With a share s of the rows at fault the joint table moves by s times that. The column
    that changes places is in no rule of the table, so that only a dependence is broken.
    """

    harm = "two columns that go together in reality are less related"
    mechanism = "broken_dependence"
    unit = "share of the rows in which the two are unrelated"
    severities = (0.02, 0.05, 0.1, 0.2, 0.35, 0.5, 1.0)
    harmless = 0.02
    material = 0.5
    harmless_because = "a joint table of which a fiftieth is blurred moves by .01 to .02, the margin is .06"
    material_because = (
        "a slope learned from these rows is half of the true one. The joint table moves by .15 or more, against a margin of .06, "
        "a simultaneous half-width of .06 and a standard error of .015"
    )
    touches = "cells"

    least_dependence: ClassVar[float] = 0.3

    def plant(self, ground: Ground, rng: np.random.Generator) -> Planted:
        """Plant it; see `assay.core.protocols.Damage.plant`."""
        sound = ground.sound
        if len(sound) < FEWEST_ROWS:
            raise NotApplicable(f"fewer than {FEWEST_ROWS} rows do not show which columns depend on each other")
        groups = {name: found for name in sound.schema.features if (found := _groups(sound, name)) is not None}
        ruled = {name for rule in mine(ground.real, ground.holdout) for name in rule.columns}
        ruled |= {name for rule in ground.schema.constraints for name in rule.columns}
        strong = [
            pair
            for one, other in itertools.combinations(groups, 2)
            if dependence(groups[one], groups[other]) >= self.least_dependence
            for pair in ((one, other), (other, one))
            if pair[0] not in ruled
        ]
        if not strong:
            raise NotApplicable("no two features outside the rules depend strongly on each other")
        name, other = strong[int(rng.integers(len(strong)))]
        rows = first(rng.permutation(len(sound)), self.severity)
        return Planted(
            ground.real,
            rotated(sound, name, rows),
            ground.holdout,
            f"Cells of {name!r} have changed places in {len(rows):,} rows: it says nothing of {other!r} there.",
            (name, other),
            np.sort(rows),
        )


def dependence(first: np.ndarray, second: np.ndarray) -> float:
    """Give the total variation distance between the joint shares of two codes and the product of their margins."""
    shape = (int(first.max()) + 1, int(second.max()) + 1)
    joint = np.bincount(first * shape[1] + second, minlength=shape[0] * shape[1]).reshape(shape) / len(first)
    return float(0.5 * np.abs(joint - joint.sum(axis=1, keepdims=True) * joint.sum(axis=0, keepdims=True)).sum())


def _groups(dataset: Dataset, name: str) -> np.ndarray | None:
    """Give each row the group of its value, nulls last; None where it has too many levels or only one group."""
    if dataset.schema.column(name).ordered:
        values = dataset.numbers(name)
        gone = np.isnan(values)
        if gone.all():
            return None
        cuts = np.unique(np.quantile(values[~gone], np.arange(1, GROUPS) / GROUPS))
        found = np.where(gone, len(cuts) + 1, np.searchsorted(cuts, values, side="right"))
    else:
        own = codes(dataset, name)
        if own.max() >= LEVELS:
            return None
        found = np.where(own < 0, own.max() + 1, own)
    return found if len(np.unique(found)) > 1 else None
