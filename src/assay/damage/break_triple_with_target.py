"""What two columns say of the target together, and neither alone, is lost."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from assay.core.errors import NotApplicable
from assay.core.protocols import Damage
from assay.damage._added import crossed, fresh_name, lost, split, with_joint
from assay.damage._columns import drawn
from assay.damage._nested import first, rotated
from assay.data.ground import Ground, Planted


class BreakTripleWithTarget(Damage):
    """Destroy an interaction of two features with the target in a share of the rows; all pairs stay as they are.

    Notes
    -----
    All three parts get a column that depends on a feature's half and the target jointly only, as in `BreakTriple`: alone it says
    nothing of the target, with the feature it turns the odds. The target is parted by the class that holds nearest to half of
    the rows, a number at its median. In the synthetic rows at fault the cells of the added column change places.

    References
    ----------
    Bishop, Fienberg and Holland (1975), Discrete Multivariate Analysis, chapter 2: the three-way interaction.
    """

    harm = "an interaction that predicts the target is not there"
    mechanism = "broken_dependence"
    unit = "share of the rows in which the interaction is lost"
    severities = (0.01, 0.05, 0.1, 0.2, 0.4, 0.7, 1.0)
    harmless = 0.01
    material = 1.0
    harmless_because = "an effect that is a hundredth weaker moves the joint table by .02 at most, the margin is .06"
    material_because = (
        "a model trained on these rows lacks a pattern that predicts the target, as it does from any generator of pairs. The "
        "joint table moves by .165 (Le Cam) or more, against a margin of .06, a simultaneous half-width of .07 and a standard "
        "error of .02"
    )
    touches = "cells"
    needs = frozenset({"target"})

    strength: ClassVar[float] = 0.45
    least_moved: ClassVar[float] = 0.165

    def plant(self, ground: Ground, rng: np.random.Generator) -> Planted:
        """Plant it; see `assay.core.protocols.Damage.plant`."""
        target = ground.schema.target
        if target is None:
            raise NotApplicable("the table has no target")
        label, _ = split(ground, target)
        labels = label(ground.real)
        splits = {name: split(ground, name)[0] for name in ground.schema.features}
        tables = {name: crossed(side(ground.real), labels) for name, side in splits.items()}
        wanted = [
            name
            for name, shares in tables.items()
            if shares.min() > 0 and lost(shares, self.strength, self.material) >= self.least_moved
        ]
        feature = drawn(wanted, "halves so even, in either class, that an interaction could show", rng)
        name = fresh_name(ground, "joint")
        real, sound, holdout = with_joint(ground, name, splits[feature], label, tables[feature], self.strength, rng)
        rows = first(rng.permutation(len(sound)), self.severity)
        return Planted(
            real,
            rotated(sound, name, rows),
            holdout,
            f"Column {name!r}, added to all three tables, depends on {feature!r} and {target!r} jointly only; in "
            f"{len(rows):,} synthetic rows it does not.",
            (name, feature, target),
            np.sort(rows),
        )
