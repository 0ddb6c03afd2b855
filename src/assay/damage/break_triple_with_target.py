"""What two columns say of the target together, and neither alone, is lost."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
import pyarrow as pa

from assay.core.errors import NotApplicable
from assay.core.protocols import Damage
from assay.damage._added import crossed, fresh_name, joint_only, split, with_column
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
    severities = (0.02, 0.05, 0.1, 0.2, 0.4, 0.8, 1.0)
    harmless = 0.02
    material = 0.8
    harmless_because = "an effect that is a fiftieth weaker moves the joint table by .013 at most, the margin is .06"
    material_because = (
        "a model trained on these rows lacks a pattern that turns the odds of the target by four and more. With a class of 10% "
        "the joint table moves by .13 and with one of 50% by .4, against a margin of .06, a half-width of .04 there and "
        "a standard error of .015"
    )
    touches = "cells"
    needs = frozenset({"target"})

    least_cell: ClassVar[float] = 0.05

    def plant(self, ground: Ground, rng: np.random.Generator) -> Planted:
        """Plant it; see `assay.core.protocols.Damage.plant`."""
        target = ground.schema.target
        if target is None:
            raise NotApplicable("the table has no target")
        label, _ = split(ground, target)
        labels = label(ground.real)
        splits = {name: split(ground, name)[0] for name in ground.schema.features}
        tables = {name: crossed(side(ground.real), labels) for name, side in splits.items()}
        wanted = [name for name, shares in tables.items() if shares.min() >= self.least_cell]
        feature = drawn(wanted, "both halves in 5% of the rows or more of either class", rng)
        name = fresh_name(ground, "joint")
        real, sound, holdout = (
            with_column(part, name, pa.array(joint_only(splits[feature](part), label(part), tables[feature], rng)), "numeric")
            for part in (ground.real, ground.sound, ground.holdout)
        )
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
