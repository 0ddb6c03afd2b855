"""Tails of the numbers: how many rows lie beyond the real 1% and 99% points, and how far out."""

from __future__ import annotations

import math

import numpy as np

from assay.core.errors import NotApplicable
from assay.lab.axes._axis import Axis, Point
from assay.lab.axes._scene import Scene
from assay.lab.axes.support import log_ratio

LEAST = 10


class TailMass(Axis):
    """Log ratio of the exceedances of the real 1% and 99% points of all ordered columns, and of each column.

    Notes
    -----
    ``log`` of the rate of values beyond a threshold among the measured rows over that among the sealed ones, all tails together;
    half an event is added to either. -0.69 = half of the tails is missing; tails may also grow. A tail is a side with at most 1%
    of all real rows beyond some value, and at least 14; of fewer than 1,400 real rows the 14 outermost ones.
    """

    name = "tail_mass"
    question = "Are the extremes there?"
    unit = "log ratio of shares"
    worse = "both"
    margin = 0.44
    margin_because = "The policy train's margin for all tails together (tail_mass): a third of the rare events missing."
    cannot_see = "One tail lost where another grows (its column shows it); tails of combinations of columns."
    needs = frozenset({"numbers"})
    rank = 30

    def measure(self, scene: Scene) -> list[Point]:
        """Count exceedances."""
        own, real, chosen = self._flags(scene)
        points = [log_ratio(own.sum(axis=1), real.sum(axis=1))]
        columns = np.array([scene.frame.tails[at].place for at in chosen])
        for place in np.unique(columns):
            mine = columns == place
            name = scene.frame.ordered_names[place]
            points.append(log_ratio(own[:, mine].sum(axis=1), real[:, mine].sum(axis=1), name))
        return points

    def _sides(self) -> tuple[bool, ...]:
        return True, False

    def _flags(self, scene: Scene) -> tuple[np.ndarray, np.ndarray, list[int]]:
        chosen = [at for at, tail in enumerate(scene.frame.tails) if tail.upper in self._sides()]
        if not chosen:
            raise NotApplicable("no column has such a tail: at least 14 real rows, and at most 1%, beyond some value")
        return scene.rows.get("beyond")[:, chosen], scene.holdout.get("beyond")[:, chosen], chosen


class UpperTailMass(TailMass):
    """As `TailMass`, of upper tails alone."""

    name = "upper_tail_mass"
    question = "Are the large values there?"
    cannot_see = "As tail_mass; lower tails."
    rank = 31

    def _sides(self) -> tuple[bool, ...]:
        return (True,)


class LowerTailMass(TailMass):
    """As `TailMass`, of lower tails alone."""

    name = "lower_tail_mass"
    question = "Are the small values there?"
    cannot_see = "As tail_mass; upper tails."
    rank = 32

    def _sides(self) -> tuple[bool, ...]:
        return (False,)


class TailIndex(Axis):
    """Log ratio of tail indices: how far out the values beyond the real 1% and 99% points lie.

    Notes
    -----
    A tail's index is the mean of ``log((x - median) / (point - median))`` over the rows beyond its point (Hill 1975), median and
    point those of all real rows. Each is taken in units of the real one, and the mean over all exceedances of the measured rows
    is divided by that of the sealed ones. Needs 10 exceedances on either side.

    References
    ----------
    Hill (1975), A simple general approach to inference about the tail of a distribution, Annals of Statistics 3.
    """

    name = "tail_index"
    question = "Do the extremes lie as far out?"
    unit = "log ratio of tail indices"
    worse = "both"
    margin = 0.405
    margin_because = "An index that falls by a third makes what is exceeded once in 1,000 rows as rare as once in 2,000 to 3,000."
    cannot_see = "How many rows are beyond the points (tail_mass does)."
    needs = frozenset({"numbers"})
    rank = 33

    def measure(self, scene: Scene) -> list[Point]:
        """Compare mean excesses."""
        means, variances = [], []
        for view, word in ((scene.rows, "measured"), (scene.holdout, "sealed")):
            flags, excess = view.get("beyond").sum(axis=1), view.get("excesses").sum(axis=1)
            count = int(flags.sum())
            if count < LEAST or excess.sum() <= 0:
                raise NotApplicable(f"fewer than {LEAST} values of the {word} rows lie beyond the real 1% and 99% points")
            mean = float(excess.sum()) / count
            means.append(mean)
            variances.append(float(np.sum((excess - mean * flags) ** 2)) / count**2 / mean**2)
        return [Point(math.log(means[0] / means[1]), math.sqrt(sum(variances)))]
