"""Labels are what a model thinks likeliest, not what happened."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from assay.core.errors import NotApplicable
from assay.core.protocols import Damage
from assay.damage._nested import first
from assay.damage._teacher import taught
from assay.data.ground import Ground, Planted, replaced, written


class SharpenLabels(Damage):
    """Replace labels by the most probable class of a model trained on the real rows, which has not seen these.

    Notes
    -----
    Pseudo-labelling: what was likely becomes certain, so that a student finds no more doubt than its teacher had errors. In a
    regression targets are replaced by predictions. `label_shift` is right too: the rarer class is seldom the likeliest, and its
    share falls. So is `variance_change` for a regression: predictions vary less than what they predict. `label_noise` is not:
    its remedy, labels from a model, is what did the harm.

    References
    ----------
    Lee (2013), Pseudo-label, ICML workshop on challenges in representation learning; Guo et al. (2017), On calibration of modern
    neural networks, ICML.
    """

    harm = "labels are surer than reality, and so is every model trained on them"
    mechanism = "overconfidence"
    also = frozenset({"label_shift", "variance_change"})
    unit = "share of the rows whose label a model gave"
    severities = (0.02, 0.1, 0.25, 0.5, 0.75, 1.0)
    harmless = 0.02
    material = 1.0
    harmless_because = "100 of 5,000 labels come from a model that is right for 80 or more of them; no probability moves by .02"
    material_because = (
        "a model says 'certain' where one in five is otherwise. Expected calibration error of .1 to .3, the mean chance of the "
        "less likely class, against a margin of .02 and noise of .06"
    )
    touches = "cells"
    needs = frozenset({"target"})

    def plant(self, ground: Ground, rng: np.random.Generator) -> Planted:
        """Plant it; see `assay.core.protocols.Damage.plant`."""
        lesson = taught(ground)
        sound, target = ground.sound, ground.schema.target
        if target is None:
            raise NotApplicable("the table has no target")
        rows = first(rng.permutation(lesson.known), self.severity)
        if lesson.expected.ndim == 1:
            values = sound.numbers(target).copy()
            values[rows] = lesson.expected[rows] * lesson.unit
            synthetic = written(sound, target, values)
        else:
            likeliest = lesson.examples[np.argmax(lesson.expected, axis=1)]
            both = pa.chunked_array([*sound.table.column(target).chunks, *ground.real.table.column(target).chunks])
            at = np.arange(len(sound))
            at[rows] = len(sound) + likeliest[rows]
            synthetic = replaced(sound, target, both.combine_chunks().take(pa.array(at)))
        return Planted(
            ground.real,
            synthetic,
            ground.holdout,
            f"{len(rows):,} labels of {target!r} are a model's most probable class.",
            (target,),
            np.sort(rows),
        )
