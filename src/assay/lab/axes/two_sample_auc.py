"""Can a classifier tell the rows from sealed real ones, and from those somebody has at hand?"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier

from assay.core.errors import NotApplicable
from assay.lab.axes._axis import Axis, Point
from assay.lab.axes._scene import Scene, View
from assay.lab.fitting import fit
from assay.stats import learners
from assay.stats.classifier import DEPENDENCE, cross_fitted_auc, stratified_folds

MOST, LEAST, FOLDS = 2_500, 20, 2


class TwoSampleAuc(Axis):
    """AUC of boosted trees that tell the rows from the sealed ones, cross-fitted on two halves.

    Notes
    -----
    Up to 2,500 rows of either table. DeLong's error within each half, times what the shared rows of the two models add; between
    real samples 1/2, with the error of a rank sum.

    References
    ----------
    Lopez-Paz and Oquab (2017), Revisiting classifier two-sample tests, ICLR; DeLong et al. (1988), Biometrics 44.
    """

    name = "two_sample_auc"
    question = "Can a classifier tell the rows from real ones?"
    unit = "AUC"
    bounds = (0.0, 1.0)
    worse = "up"
    margin = 0.05
    margin_because = "The policy train's margin (two_sample)."
    cannot_see = "What trees of few splits on 2,500 rows do not learn (parities); copies of the training rows."
    needs = frozenset({"columns"})
    rank = 60
    by_law = True

    def measure(self, scene: Scene) -> list[Point]:
        """Cross-fit the classifier."""
        return [self._tell(scene, scene.holdout)]

    def between(self, scene: Scene) -> list[Point]:
        """Give 1/2 and the error of the rank sums."""
        return [_by_ranks(len(scene.rows), len(scene.holdout))]

    def _tell(self, scene: Scene, other: View) -> Point:
        if min(len(scene.rows), len(other)) < LEAST:
            raise NotApplicable(f"a classifier needs at least {LEAST} rows of both tables")
        rng = scene.rng(self.name)
        parts = [view.get("ordinal")[rng.permutation(len(view))[:MOST]] for view in (scene.rows, other)]
        codes = np.concatenate(parts)
        labels = np.repeat([1, 0], [len(part) for part in parts])
        fold = stratified_folds(labels, FOLDS, rng)
        predicted = np.empty(len(labels))
        for part in range(FOLDS):
            train = fold != part
            learner = _learner(scene.integer_seed(self.name, part))
            predicted[~train] = learners.predict(fit(learner, codes[train], labels[train]), codes[~train], 2)
        found = cross_fitted_auc(labels, predicted, fold)
        return Point(found.value, found.error)


def _by_ranks(first: int, second: int) -> Point:
    """Give 1/2 and the error of the mean of two within-half AUCs, each with a quarter of the pairs."""
    ones, zeros = (max(min(rows, MOST) / FOLDS, 1.0) for rows in (first, second))
    return Point(0.5, math.sqrt(DEPENDENCE / FOLDS * (ones + zeros + 1.0) / (12.0 * ones * zeros)))


def _learner(seed: int) -> Any:
    """Make boosted trees that cost half of those of a check and fall .01 short of their AUC."""
    make: Any = HistGradientBoostingClassifier
    return make(
        max_iter=30,
        learning_rate=0.25,
        max_leaf_nodes=15,
        min_samples_leaf=20,
        max_bins=127,
        early_stopping=False,
        random_state=seed,
    )


class BelievedAuc(TwoSampleAuc):
    """The same against the generation before, or the training rows in the first: what somebody without sealed rows would see.

    Notes
    -----
    Its floor is for two tables as large as a generation, since that is what is compared.
    """

    name = "believed_auc"
    question = "Would somebody who compares each generation with the one before notice?"
    cannot_see = "How far both generations are from reality: that is its point."
    rank = 90
    believed = True

    def measure(self, scene: Scene) -> list[Point]:
        """Cross-fit the classifier against the rows at hand."""
        return [self._tell(scene, scene.previous)]

    def between(self, scene: Scene) -> list[Point]:
        """Give 1/2 and the error of the rank sums of two tables of one generation's size."""
        return [_by_ranks(len(scene.rows), len(scene.rows))]
