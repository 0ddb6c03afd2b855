"""Labels are wrong anywhere."""

from __future__ import annotations

import numpy as np

from assay.core.errors import NotApplicable
from assay.core.protocols import Damage
from assay.damage._columns import codes
from assay.damage._nested import first, moved, rotated
from assay.data.ground import Ground, Planted


class FlipLabels(Damage):
    """Give a share of the rows, whatever they are, the label of another class.

    Notes
    -----
    Symmetric noise: each wrong class is as likely as any other. With two classes and a share s, a model of these rows learns
    s + (1 - 2s) p where the truth is p. Targets of a regression change places. `label_shift` is right too: where classes are
    unequal more labels leave the common class than the rare one, and the rare one's share rises, by .15 for a class of a tenth at
    the material severity.

    References
    ----------
    Frénay and Verleysen (2014), Classification in the presence of label noise: a survey, IEEE TNNLS 25.
    """

    harm = "labels are wrong"
    mechanism = "label_noise"
    also = frozenset({"label_shift"})
    unit = "share of the rows whose label is wrong"
    severities = (0.005, 0.02, 0.05, 0.1, 0.2, 0.3, 0.45)
    harmless = 0.005
    material = 0.3
    harmless_because = "one label in 200 is wrong: a tenth of what people get wrong, and no probability moves by more than .005"
    material_because = (
        "probabilities are drawn two thirds of the way back from certainty to .3, so that decisions at a threshold turn. "
        "Expected calibration error .13 where classes are even, .2 where one is rare, against a margin of .02 and noise of .06"
    )
    touches = "cells"
    needs = frozenset({"target"})

    def plant(self, ground: Ground, rng: np.random.Generator) -> Planted:
        """Plant it; see `assay.core.protocols.Damage.plant`."""
        sound, target = ground.sound, ground.schema.target
        if target is None:
            raise NotApplicable("the table has no target")
        order = rng.permutation(np.flatnonzero(~sound.nulls(target)))
        rows = first(order, self.severity)
        if ground.schema.task == "regression":
            synthetic = rotated(sound, target, rows)
        else:
            own = codes(sound, target)
            examples = np.unique(own[own >= 0], return_index=True)[1]
            examples = np.flatnonzero(own >= 0)[examples]
            if len(examples) < 2:
                raise NotApplicable("the target has fewer than two classes")
            other = (own + rng.integers(1, len(examples), len(own))) % len(examples)
            synthetic = moved(sound, target, rows, examples[other[rows]])
        return Planted(
            ground.real,
            synthetic,
            ground.holdout,
            f"{len(rows):,} labels of {target!r} are wrong, anywhere.",
            (target,),
            np.sort(rows),
        )
