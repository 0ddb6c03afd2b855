"""What two columns say together of a third, and neither alone, is lost."""

from __future__ import annotations

import itertools
from typing import ClassVar

import numpy as np

from assay.core.errors import NotApplicable
from assay.core.protocols import Damage
from assay.damage._added import crossed, fresh_name, split, with_joint
from assay.damage._nested import first, rotated
from assay.data.ground import Ground, Planted


class BreakTriple(Damage):
    """Destroy an interaction of three features in a share of the rows; all pairs stay as they are.

    Notes
    -----
    Real tables seldom hold a strong interaction that no pair shows, so all three parts get a column that depends on the halves
    of two features jointly only (exclusive-or with noise: the odds of its sign are up to nine to one). In the synthetic rows
    at fault its cells change places. Its own values, and all pairs with the two, are what they were.

    References
    ----------
    Bishop, Fienberg and Holland (1975), Discrete Multivariate Analysis, chapter 2: the three-way interaction.
    """

    harm = "three columns do not go together as in reality, although any two of them do"
    mechanism = "broken_dependence"
    unit = "share of the rows in which the interaction is lost"
    severities = (0.02, 0.05, 0.1, 0.2, 0.35, 0.5, 1.0)
    harmless = 0.02
    material = 0.5
    harmless_because = "an effect that is a fiftieth weaker moves the joint table by .013 at most, the margin is .06"
    material_because = (
        "what one column means for another given the third (a drug that harms one sex) is halved. The joint table moves by .17 "
        "to .25, against a margin of .06, a simultaneous half-width of .07 and a standard error of .02"
    )
    touches = "cells"

    least_cell: ClassVar[float] = 0.18
    strength: ClassVar[float] = 0.4

    def plant(self, ground: Ground, rng: np.random.Generator) -> Planted:
        """Plant it; see `assay.core.protocols.Damage.plant`."""
        splits = {name: split(ground, name) for name in ground.schema.features}
        marks = {name: side(ground.real) for name, (side, share) in splits.items() if 0.3 <= share <= 0.7}
        pairs = [
            pair for pair in itertools.combinations(marks, 2) if crossed(marks[pair[0]], marks[pair[1]]).min() >= self.least_cell
        ]
        if not pairs:
            raise NotApplicable("no two features part the rows in four like parts")
        one, other = pairs[int(rng.integers(len(pairs)))]
        shares = crossed(marks[one], marks[other])
        name = fresh_name(ground, "joint")
        real, sound, holdout = with_joint(ground, name, splits[one][0], splits[other][0], shares, self.strength, rng)
        rows = first(rng.permutation(len(sound)), self.severity)
        return Planted(
            real,
            rotated(sound, name, rows),
            holdout,
            f"Column {name!r}, added to all three tables, depends on {one!r} and {other!r} jointly only; in "
            f"{len(rows):,} synthetic rows it does not.",
            (name, one, other),
            np.sort(rows),
        )
