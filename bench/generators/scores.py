"""What a synthetic table is worth beside the rows it was learned from and sealed ones.

Shape and trend are SDMetrics' definitions (Kolmogorov-Smirnov distance and total variation of columns; half the difference of
Pearson correlations, and total variation of contingency tables with numbers in ten bins of equal width) as errors in percent.
The two-sample AUC is that of boosted trees, five folds, against the sealed rows. TSTR and TRTR are the ROC AUC (R2 for a number)
of boosted trees on the sealed rows.
"""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.metrics import r2_score, roc_auc_score
from sklearn.model_selection import cross_val_predict

from assay.checking.context import CheckContext
from assay.core.registry import get
from assay.data.codec import Codec
from assay.data.dataset import Dataset
from assay.judging.policy import load_policy

BINS = 10
MEASURES = ("membership", "mode_coverage")


class Judge:
    """Scores tables against one real table and its sealed rows.

    Sealed rows that equal a training row are left out first.
    """

    def __init__(self, train: Dataset, holdout: Dataset) -> None:
        self.train, self.schema = train, train.schema
        self.codec = Codec(train.schema).fit(train)
        self.names = train.schema.modelled
        self.numeric = [train.schema.column(name).ordered for name in self.names]
        self.target = self.names.index(str(train.schema.target))
        self.rows = self.codec.ordinal(train)
        self.known = {row.tobytes() for row in self.rows}
        sealed = self.codec.ordinal(holdout)
        copied = np.array([row.tobytes() in self.known for row in sealed])
        self.holdout, self.sealed = holdout.take(np.flatnonzero(~copied)), sealed[~copied]
        self.repeats = float(copied.mean())
        self.regression = self.numeric[self.target]
        self.attainable = self.downstream(self.rows)

    def scores(self, synthetic: Dataset, seed: int) -> dict[str, Any]:
        """Give every score of a table."""
        rows = self.codec.ordinal(synthetic)
        copied = float(np.mean([row.tobytes() in self.known for row in rows]))
        found = {**self.distances(rows), "copied_share": copied, "tstr": self.downstream(rows), "trtr": self.attainable}
        return {key: round(value, 5) for key, value in found.items()} | self.measured(synthetic, seed)

    def distances(self, rows: np.ndarray) -> dict[str, float]:
        """Give shape and trend error in percent, and the two-sample AUC against the sealed rows."""
        columns = range(len(self.names))
        pairs = itertools.combinations(columns, 2)
        return {
            "shape_error": 100 * float(np.mean([shape(self.rows[:, at], rows[:, at], self.numeric[at]) for at in columns])),
            "trend_error": 100 * float(np.mean([trend(self.rows, rows, self.numeric, *pair) for pair in pairs])),
            "two_sample_auc": self.two_sample(rows),
        }

    def two_sample(self, rows: np.ndarray) -> float:
        """Give the AUC of boosted trees that tell rows from sealed ones, five folds."""
        count, rng = min(len(rows), len(self.sealed)), np.random.default_rng(0)
        matrix = np.concatenate([part[rng.permutation(len(part))[:count]] for part in (self.sealed, rows)])
        labels = np.repeat([0, 1], count)
        learner = HistGradientBoostingClassifier(categorical_features=self._levels(range(len(self.names))), random_state=0)
        return float(roc_auc_score(labels, cross_val_predict(learner, matrix, labels, cv=5, method="predict_proba")[:, 1]))

    def downstream(self, rows: np.ndarray) -> float:
        """Give what a model trained on these rows reaches on the sealed ones."""
        use = [at for at in range(len(self.names)) if at != self.target]
        told, truth = rows[:, self.target], self.sealed[:, self.target]
        kind = HistGradientBoostingRegressor if self.regression else HistGradientBoostingClassifier
        learner = kind(categorical_features=self._levels(use), random_state=0)
        if len(np.unique(told)) < 2:
            return 0.0 if self.regression else 0.5
        learner.fit(rows[:, use], told)
        if self.regression:
            return float(r2_score(truth, learner.predict(self.sealed[:, use])))
        return float(roc_auc_score(truth, learner.predict_proba(self.sealed[:, use])[:, 1]))

    def measured(self, synthetic: Dataset, seed: int) -> dict[str, Any]:
        """Give the strongest membership attack and the coverage, each with its interval."""
        found: dict[str, Any] = {}
        policy = load_policy("train")
        with CheckContext(self.train, synthetic, self.holdout, seed=seed, jobs=2, alpha=policy.alpha) as context:
            for name in MEASURES:
                evidence = get("measure", name)().measure(context)
                items = [item for family in evidence.families for item in family.items]
                if name == "mode_coverage":
                    items = [item for item in items if item.facts.get("code") == "MODE03"] or items[:1]
                worst = max(items, key=lambda item: item.estimate.effect)
                found[name] = [round(worst.estimate.value, 4), round(worst.estimate.low, 4), round(worst.estimate.high, 4)]
        return found

    def _levels(self, columns: Any) -> list[bool]:
        """Mark the columns of levels that the trees can take as such: at most 255."""
        return [not self.numeric[at] and len(np.unique(self.rows[:, at])) <= 254 for at in columns]


def shape(first: np.ndarray, second: np.ndarray, numeric: bool) -> float:
    points = np.unique(np.concatenate([first, second]))
    if numeric:
        below = [np.searchsorted(np.sort(part), points, side="right") / len(part) for part in (first, second)]
        return float(np.abs(below[0] - below[1]).max())
    return distance(np.searchsorted(points, first), np.searchsorted(points, second))


def trend(first: np.ndarray, second: np.ndarray, numeric: list[bool], one: int, two: int) -> float:
    if numeric[one] and numeric[two]:
        return abs(correlation(first, one, two) - correlation(second, one, two)) / 2
    cells = [[binned(data[:, at], first[:, at], numeric[at]) for at in (one, two)] for data in (first, second)]
    width = max(int(pair[1].max()) for pair in cells) + 1
    return distance(*(pair[0] * width + pair[1] for pair in cells))


def correlation(rows: np.ndarray, one: int, two: int) -> float:
    both = ~np.isnan(rows[:, [one, two]]).any(axis=1)
    pair = rows[both][:, [one, two]]
    return float(np.corrcoef(pair.T)[0, 1]) if len(pair) > 2 and (pair.std(axis=0) > 0).all() else 0.0


def binned(column: np.ndarray, real: np.ndarray, numeric: bool) -> np.ndarray:
    if not numeric:
        return np.nan_to_num(column, nan=-1).astype(np.int64) + 1
    edges = np.histogram_bin_edges(real[~np.isnan(real)], BINS)[1:-1]
    return np.where(np.isnan(column), BINS, np.digitize(column, edges)).astype(np.int64)


def distance(first: np.ndarray, second: np.ndarray) -> float:
    values = np.unique(np.concatenate([first, second]))
    shares = [np.bincount(np.searchsorted(values, part), minlength=len(values)) / len(part) for part in (first, second)]
    return float(np.abs(shares[0] - shares[1]).sum() / 2)
