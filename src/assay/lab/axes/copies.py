"""Rows that are real ones, and rows that are there twice."""

from __future__ import annotations

import math

import numpy as np

from assay.core.errors import NotApplicable
from assay.lab.axes._axis import Axis, Point
from assay.lab.axes._scene import Scene
from assay.stats.intervals import clopper_pearson


class ExactCopies(Axis):
    """Share of the rows that equal a real training row in every modelled column.

    Notes
    -----
    The floor is how many sealed rows equal a training row: honest twins in discrete data don't count.
    """

    name = "exact_copies"
    question = "Are the rows somebody's?"
    unit = "share of the rows"
    bounds = (0.0, 1.0)
    worse = "up"
    margin = 0.005
    margin_because = "The policy train's margin (exact_copies)."
    cannot_see = "Copies with a little noise on them."
    rank = 80

    def measure(self, scene: Scene) -> list[Point]:
        """Look rows up among the training rows."""
        found = np.isin(scene.rows.get("digests"), scene.training.get("digests"))
        return [_share(int(found.sum()), len(found))]

    def between(self, scene: Scene) -> list[Point]:
        """Look sealed rows up among the others."""
        return self.measure(scene.with_rows(scene.holdout))


class Duplicates(Axis):
    """Share of the rows that repeat an earlier row of the same table."""

    name = "duplicates"
    question = "Are rows there twice?"
    unit = "share of the rows"
    bounds = (0.0, 1.0)
    worse = "up"
    margin = 0.005
    margin_because = "The policy train's margin (duplicate_rows), beyond what real rows repeat themselves."
    cannot_see = "Rows repeated with a little noise on them."
    rank = 81

    def measure(self, scene: Scene) -> list[Point]:
        """Count repeats."""
        digests = scene.rows.get("digests")
        if not len(digests):
            raise NotApplicable("there are no rows")
        return [_share(len(digests) - len(np.unique(digests)), len(digests))]


def _share(hits: int, rows: int) -> Point:
    share = hits / rows
    low, high = clopper_pearson(hits, rows)
    return Point(share, math.sqrt(share * (1.0 - share) / rows), "", float(low), float(high))
