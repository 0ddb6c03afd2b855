"""What the rows are for: how models are trained on weighted rows and scored on real ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from scipy.stats import rankdata

from assay.core.errors import UsageError
from assay.data.amended import Amended
from assay.data.codec import Codec
from assay.data.dataset import Dataset
from assay.data.entities import entity_codes
from assay.mending.folds import Fold
from assay.stats import learners
from assay.stats.continued import go_on
from assay.stats.refits import Rule, measure_score
from assay.stats.scores import LEAST, Score

RARE_POSITIVES = 0.10
LEAST_ROWS, LEAST_OF_CLASS = 40, 10


class Lesson(NamedTuple):
    """Rows to train on: ``trees`` and ``wide`` features, target, weights, and entities if any, each of shape (rows, ...)."""

    trees: np.ndarray
    wide: np.ndarray
    target: np.ndarray
    weights: np.ndarray
    groups: np.ndarray | None = None

    def take(self, rows: np.ndarray) -> Lesson:
        """Give some rows."""
        return Lesson(*(part[rows] for part in self[:4]), groups=None if self.groups is None else self.groups[rows])

    def features(self, learner: str) -> np.ndarray:
        """Give the features that a built-in learner takes."""
        return self.trees if learner == "boosting" else self.wide

    def scaled(self, total: float) -> Lesson:
        """Scale the weights to a total."""
        return self._replace(weights=self.weights * (total / max(float(self.weights.sum()), 1e-300)))

    def plus(self, other: Lesson) -> Lesson:
        """Put rows of two lessons together, each with the weights it has; entities of two tables are not the same."""
        return Lesson(*(np.concatenate([mine, theirs]) for mine, theirs in zip(self[:4], other[:4], strict=True)))


class Staged(NamedTuple):
    """Rows to train on in two stages: a model of the ``first`` goes on with the ``then``."""

    first: Lesson
    then: Lesson


@dataclass(frozen=True)
class Task:
    """Encoder, metric and learners of one table's target.

    Parameters
    ----------
    codec : Codec
        Fitted on the real rows.
    rule : Rule
        Task and metric: average precision where positives are under 10% of the real rows, else ROC AUC; macro AUC; R2.
    centre, scale : float
        A regression's target is learned in standard deviations of the real rows.
    """

    codec: Codec
    rule: Rule
    centre: float = 0.0
    scale: float = 1.0

    @classmethod
    def of(cls, real: Dataset) -> Task:
        """Make the task of a real table.

        Raises
        ------
        UsageError
            Where the target cannot be learned from so few rows, or there is nothing to learn it from.
        """
        schema = real.schema
        codec = Codec(schema).fit(real)
        if not schema.features:
            raise UsageError("There is no column to predict the target from. Give a table with features.")
        target = codec.labels(real)
        if len(real) < LEAST_ROWS:
            raise UsageError(f"Mending needs at least {LEAST_ROWS} real rows. Got {len(real)}. Give more real rows.")
        if schema.task == "regression":
            known = target[~np.isnan(target)]
            scale = float(known.std()) if len(known) else 0.0
            if scale == 0:
                raise UsageError(
                    "The target is constant in the real rows: there is nothing to learn. Give rows in which it varies."
                )
            return cls(codec, Rule("regression", 0, "r2"), float(known.mean()), scale)
        counts = np.bincount(target[target >= 0], minlength=len(codec.classes_))
        if int((counts >= LEAST_OF_CLASS).sum()) < 2:
            raise UsageError(
                f"Two classes of the target need at least {LEAST_OF_CLASS} real rows each. "
                f"Got {int((counts >= LEAST_OF_CLASS).sum())} such classes. Give more real rows."
            )
        if schema.task == "binary":
            rare = counts[1] / counts.sum() < RARE_POSITIVES
            return cls(codec, Rule("binary", 2, "average_precision" if rare else "auc"))
        return cls(codec, Rule("multiclass", len(codec.classes_), "auc"))

    def lesson(self, rows: Dataset | Amended) -> Lesson:
        """Encode rows, those without a target left out; real rows weigh 1 each."""
        amended = rows if isinstance(rows, Amended) else Amended.of(rows)
        table, features = amended.table, self.codec.schema.features
        target = self.codec.labels(table)
        if self.rule.classes:
            usable = np.flatnonzero(target >= 0)
        else:
            target = np.clip((target - self.centre) / self.scale, -1e6, 1e6)
            usable = np.flatnonzero(~np.isnan(target))
        trees, wide = self.codec.ordinal(table, features), self.codec.onehot(table, features)
        whole = Lesson(trees, wide, target, amended.weights, entity_codes(table))
        return whole if len(usable) == len(table) else whole.take(usable)

    def usable(self, table: Dataset) -> np.ndarray:
        """Give the places of the rows whose target is known, and of a class that the real rows have."""
        target = self.codec.labels(table)
        return np.flatnonzero(target >= 0 if self.rule.classes else ~np.isnan(target))

    def cuts(self, real: Dataset, folds: Sequence[Fold]) -> list[tuple[np.ndarray, np.ndarray]]:
        """Give each fold's training and test rows as places among the rows that `lesson` gives."""
        usable = self.usable(real)
        place = np.full(len(real), -1)
        place[usable] = np.arange(len(usable))
        parts = [(place[fold.train], place[fold.test]) for fold in folds]
        return [(train[train >= 0], test[test >= 0]) for train, test in parts]

    def fit(self, name: str, lesson: Lesson, seed: int) -> Any:
        """Train a built-in learner on weighted rows."""
        kept = np.flatnonzero(lesson.weights > 0)
        if len(kept) < len(lesson.weights):
            lesson = lesson.take(kept)
        features = lesson.features(name)
        if name == "boosting":
            empty = np.isnan(features).all(axis=0)
            features = np.where(empty, 0.0, features) if empty.any() else features
        estimator: Any = learners.utility_learner(name, self.rule.task, seed, self.rule.classes)
        even = not len(lesson.weights) or np.ptp(lesson.weights) <= 1e-12 * max(float(lesson.weights.max()), 1.0)
        return learners.fit(estimator, features, lesson.target, None if even else lesson.weights)

    def ask(self, name: str, model: Any, asked: Lesson) -> np.ndarray:
        """Let a model predict."""
        return learners.predict(model, asked.features(name), self.rule.classes)

    def go_on(self, name: str, model: Any, then: Lesson, asked: Lesson, seed: int) -> np.ndarray:
        """Let a model go on learning from rows that it was not trained on, and predict; see `assay.stats.continued`."""
        said, further = self.ask(name, model, then), self.ask(name, model, asked)
        own = then.features(name), then.target, then.weights
        return go_on(name, said, *own, further, asked.features(name), self.rule.classes, seed, then.groups)

    def tells(self, target: np.ndarray) -> bool:
        """Whether rows with this target can score a model: two classes of ten rows, or ten numbers that differ."""
        if self.rule.classes:
            return int((np.bincount(target.astype(np.int64)) >= LEAST).sum()) >= 2
        return len(target) >= LEAST and float(np.ptp(target)) > 0

    def predict(self, name: str, lesson: Lesson | Staged, asked: Lesson, seed: int) -> np.ndarray:
        """Train a built-in learner, in two stages where it is so asked, and let it predict."""
        if isinstance(lesson, Staged):
            return self.go_on(name, self.fit(name, lesson.first, seed), lesson.then, asked, seed)
        return self.ask(name, self.fit(name, lesson, seed), asked)

    def score(self, truth: np.ndarray, predicted: np.ndarray) -> Score:
        """Score predictions, higher being better, with the influence of every row."""
        return measure_score(self.rule, truth, predicted)

    def ranked(self, predicted: np.ndarray) -> np.ndarray:
        """Give the ranks of one model's predictions among themselves, so that several models' can be put together.

        Predictions of a regression stay as they are.
        """
        if not self.rule.classes:
            return predicted
        return rankdata(predicted, axis=0) / max(len(predicted), 1)
