"""Use: what a model trained on the rows is worth on sealed ones, and what one would have believed."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import ClassVar

from assay.lab.axes._axis import Axis, Point
from assay.lab.axes._models import model, score
from assay.lab.axes._scene import Scene
from assay.stats.scores import standard_error

MARGIN: float = 0.02


class Tstr(Axis):
    """Train on the rows, test on sealed ones: ROC AUC, the mean over classes of it, or R2.

    Notes
    -----
    Boosted trees on three quarters of the rows. The floor is train real, test real at the same number of rows: its median is what
    is attainable. The interval adds what refits on other real rows add between real samples. R2 has no least value; where it is
    lower it is told as -1, so below that no two tables are told apart.
    """

    name = "tstr"
    question = "What is a model worth that learns from the rows?"
    unit = "ROC AUC, macro AUC or R2"
    bounds = (-1.0, 1.0)
    worse = "down"
    margin = MARGIN
    margins: ClassVar[Mapping[str, float]] = {"regression": 0.03}
    margin_because = "The policy train's margins for use (utility): .02 of an AUC, .03 of R2."
    cannot_see = "What other learners lose; the groups that lose most; how far R2 lies below -1."
    needs = frozenset({"target"})
    rank = 70

    def measure(self, scene: Scene) -> list[Point]:
        """Score on sealed rows."""
        found = score(scene, model(scene).sealed)
        return [Point(found.value, standard_error(found.influence))]


class IllusionGap(Axis):
    """Score on further rows of the same table minus score on sealed ones: what one would have believed too much.

    Notes
    -----
    TSTS - TSTR of one model, trained on three quarters of the rows: the other quarter against the sealed rows. Of scores as they
    are; only their difference is clipped, at 2 either way.
    """

    name = "illusion_gap"
    question = "How much better does a model look on rows like its own than it is?"
    unit = "difference of scores"
    bounds = (-2.0, 2.0)
    worse = "up"
    margin = 0.04
    margins: ClassVar[Mapping[str, float]] = {"regression": 0.06}
    margin_because = "The policy train's margins (illusion_gap): .04 of an AUC, .06 of R2."
    cannot_see = "Scores that fall on both."
    needs = frozenset({"target"})
    rank = 71

    def measure(self, scene: Scene) -> list[Point]:
        """Compare the scores on own and on sealed rows."""
        found = model(scene)
        own, sealed = score(scene, found.own), score(scene, found.sealed)
        error = math.hypot(standard_error(own.influence), standard_error(sealed.influence))
        return [Point(own.value - sealed.value, error)]


class BelievedScore(Tstr):
    """The same model scored on the generation before, or on the training rows in the first: what somebody would report.

    Notes
    -----
    Its floor is that of `Tstr`: a model of real rows, tested on real rows.
    """

    name = "believed_score"
    question = "What would somebody believe a model is worth who tests it on the generation before?"
    margin_because = "As for tstr, beside which it stands."
    cannot_see = "What reality would say: that is its point."
    rank = 91
    believed: ClassVar[bool] = True

    def measure(self, scene: Scene) -> list[Point]:
        """Score on the rows at hand."""
        found = score(scene, model(scene).previous)
        return [Point(found.value, standard_error(found.influence))]
