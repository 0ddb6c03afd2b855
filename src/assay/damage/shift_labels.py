"""The classes of the target have other shares than in reality."""

from __future__ import annotations

import numpy as np

from assay.core.errors import NotApplicable
from assay.core.protocols import Damage
from assay.damage._resample import class_marks, resampled, room, side
from assay.data.ground import Ground, Planted


class ShiftLabels(Damage):
    """Change the share of one class by taking other real rows; within each class rows are as they should be.

    Notes
    -----
    P(y) changes and P(x | y) does not. The class is the rarer one of two, or any of more; of a regression's target, the half
    above its median. It gains or loses, whichever the spare rows allow, by chance where they allow both.

    References
    ----------
    Saerens, Latinne and Decaestecker (2002), Adjusting the outputs of a classifier to new a priori probabilities, Neural
    Computation 14. Lipton, Wang and Smola (2018), Detecting and correcting for label shift with black box predictors, ICML.
    """

    harm = "one class is more frequent, or rarer, than in reality"
    mechanism = "label_shift"
    unit = "change of the class's share"
    severities = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.3)
    harmless = 0.005
    material = 0.1
    harmless_because = (
        "half a point in a hundred is less than two real samples of 5,000 rows differ by; the margin is five points"
    )
    material_because = (
        "every probability a model gives is off by about as much: ten points of the population. Margin .05, simultaneous "
        "half-width .03 and standard error .01 for even classes, less for others"
    )
    touches = "rows"
    needs = frozenset({"target"})

    def plant(self, ground: Ground, rng: np.random.Generator) -> Planted:
        """Plant it; see `assay.core.protocols.Damage.plant`."""
        marks = class_marks(ground.spare, rng)
        rows = len(ground.sound)
        down, up = room(marks, rows)
        sign = side(down, up, self.material, rng)
        if self.severity > (up if sign > 0 else down):
            raise NotApplicable("the classes leave no room for so large a change of their shares")
        target = ground.schema.target
        what = "The upper half" if ground.schema.task == "regression" else "One class"
        return Planted(
            ground.real,
            ground.spare.take(resampled(marks, rows, sign * self.severity), name="synthetic"),
            ground.holdout,
            f"{what} of {target!r} holds {100 * self.severity:g} points {'more' if sign > 0 else 'less'} of the rows.",
            () if target is None else (target,),
        )
