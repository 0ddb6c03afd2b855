"""Labels are wrong in one small slice of the rows, and its prevalence is right."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from assay.core.errors import NotApplicable
from assay.core.protocols import Damage
from assay.damage._nested import first, moved, swaps
from assay.damage._slices import Slice, slices
from assay.damage._teacher import taught
from assay.data.ground import Ground, Planted

FEWEST_ROWS = 20


class FlipLabelsInSlice(Damage):
    """Exchange labels between rows of different classes in a slice of 2% to 4% of the rows.

    Parameters
    ----------
    severity : float, optional
        Share of the slice's labels that are wrong.

    Attributes
    ----------
    margin, noise : float
        Slices of n rows are drawn among those in which the material share of wrong labels raises the mean squared residual of a
        model trained on real rows by ``margin + noise / sqrt(n)``: elsewhere labels follow from nothing, and wrong ones harm
        nobody, or too few rows tell.

    Notes
    -----
    The slice is a level, a range, or two of these together. As many positives become negatives as the reverse, so that neither
    the share of the classes nor that of any level moves. With D the mean probability that a model gives the positives of the
    slice minus that of the negatives (Tjur 2009), a share s of wrong labels raises the mean squared residual by s D. In a
    regression the targets of the slice are mirrored: the upper half is exchanged with the lower.

    References
    ----------
    Tjur (2009), Coefficients of determination in logistic regression models, The American Statistician 63.
    """

    harm = "labels are wrong in a small part of the rows, and no average shows it"
    mechanism = "label_noise"
    unit = "share of the slice's labels that are wrong"
    severities = (0.02, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8)
    harmless = 0.02
    material = 0.8
    harmless_because = "two or three labels of 5,000 are wrong: fewer than any table that people filled in"
    material_because = (
        "a model learns the opposite of what is true of these people. The mean squared residual of 150 rows rises by .30 or "
        "more: margin .10, and a standard error of .035 (.43 over the root of the rows), of which the simultaneous half-width "
        "takes 3.8, folds included, and power two"
    )
    touches = "cells"
    needs = frozenset({"target"})

    least_share: ClassVar[float] = 0.02
    most_share: ClassVar[float] = 0.04
    margin: ClassVar[float] = 0.1
    noise: ClassVar[float] = 5.8 * 0.43

    def plant(self, ground: Ground, rng: np.random.Generator) -> Planted:
        """Plant it; see `assay.core.protocols.Damage.plant`."""
        lesson = taught(ground)
        sound, target = ground.sound, ground.schema.target
        assert target is not None
        known = np.zeros(len(sound), dtype=bool)
        known[lesson.known] = True
        suitable: list[tuple[Slice, np.ndarray]] = []
        for found in slices(sound, rng, least=self.least_share, most=self.most_share):
            rows = found.rows[known[found.rows]]
            if len(rows) < FEWEST_ROWS:
                continue
            pairs = swaps(lesson.labels, rows, rng)
            to, source = pairs.ravel(), pairs[:, ::-1].ravel()
            if len(to) < self.severities[-1] * len(rows):
                continue
            if self.material * lesson.harm(to, source).mean() >= self.margin + self.noise / np.sqrt(len(rows)):
                suitable.append((found, pairs))
        if not suitable:
            raise NotApplicable(
                "no slice of 2% to 4% of the rows has classes in like numbers and labels that follow from the other columns"
            )
        chosen, pairs = suitable[int(rng.integers(len(suitable)))]
        pairs = first(pairs, self.severity / 2, len(chosen.rows))
        wrong = pairs.ravel()
        return Planted(
            ground.real,
            moved(sound, target, wrong, pairs[:, ::-1].ravel()),
            ground.holdout,
            f"{len(wrong)} of {len(chosen.rows)} labels of {target!r} are wrong in a slice of "
            f"{' and '.join(repr(name) for name in chosen.columns)}; its prevalence is as it was.",
            (target, *chosen.columns),
            np.sort(wrong),
        )
