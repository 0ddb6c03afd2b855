"""A verifier trained on real rows: which labels does it believe, and how often is it right about right and wrong ones?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from assay.core.errors import InputError
from assay.data.codec import Codec
from assay.data.dataset import Dataset
from assay.data.entities import entity_codes
from assay.lab.fitting import fit
from assay.stats import learners
from assay.stats.classifier import whole_folds

FOLDS = 5
WRONG = 0.1  # share of rows with right labels that may be turned away, in each class
FEW = 20  # rows of a class below which its own threshold would hang on one or two of them
LEAST = 40


@dataclass(frozen=True)
class Verifier:
    """Accepts rows whose label real rows make plausible.

    Parameters
    ----------
    codec : Codec
        Rows to features and labels, learned on real rows.
    models : tuple of estimators
        One for each fold, trained on the real rows outside it.
    thresholds : tuple of numpy.ndarray, each of shape (classes,), or (1,) for a regression
        Least plausibility that each model's rows need, by class, from the rows outside its fold.
    keep_good : float
        Share of real rows accepted by models and thresholds that they had no part in.
    keep_bad : float
        The same of these rows with wrong labels: another class drawn at random, or another row's number.

    Notes
    -----
    Plausible is the probability of the row's own class given its other columns, or minus the distance of its number from the one
    predicted; thresholds are quantiles of it by class, so that rare classes are not turned away for being rare (class-conditional
    cross-conformal prediction). Each row is judged by one of the models, in turn, as each real row was: so the rates measured are
    the rates of what is used. What it cannot see: features that are wrong together with a label that fits them.

    References
    ----------
    Feng, Y. et al. (2025). Beyond model collapse: scaling up with synthesized data requires verification. ICLR.
    Vovk, V. (2015). Cross-conformal predictors. Annals of Mathematics and Artificial Intelligence 74.
    """

    codec: Codec
    models: tuple[Any, ...]
    thresholds: tuple[np.ndarray, ...]
    keep_good: float
    keep_bad: float

    @classmethod
    def trained(cls, real: Dataset, rng: np.random.Generator) -> Verifier:
        """Train on real rows with a target, and measure both rates on rows held out fold by fold.

        Raises
        ------
        InputError
            If fewer than 40 rows have a label.
        """
        codec = Codec(real.schema).fit(real)
        labels = codec.labels(real)
        there = ~np.isnan(labels) if labels.dtype.kind == "f" else labels >= 0
        if there.sum() < LEAST:
            fix = "Give more rows, or take another regime."
            raise InputError(f"A verifier needs {LEAST} real rows with a label. Got {int(there.sum())}.", fix=fix)
        real, labels = real.take(np.flatnonzero(there)), labels[there]
        features = codec.ordinal(real, real.schema.features)
        classes = len(codec.classes_)
        strata = labels if classes else np.zeros(len(labels), dtype=np.int64)
        fold = whole_folds(strata, FOLDS, rng, entity_codes(real))
        wrong = _wrong(labels, classes, rng)
        seed = int(rng.integers(2**31 - 1))
        models, right_scores, wrong_scores = [], np.empty(len(labels)), np.empty(len(labels))
        for at in range(FOLDS):
            held = fold == at
            learner = learners.utility_learner("boosting", real.schema.task or "regression", seed, max(classes, 2))
            model = fit(learner, features[~held], labels[~held])
            models.append(model)
            right_scores[held] = _plausible(model, features[held], labels[held], classes)
            wrong_scores[held] = _plausible(model, features[held], wrong[held], classes)
        thresholds = tuple(_thresholds(right_scores[fold != at], labels[fold != at], classes) for at in range(FOLDS))
        good = bad = 0
        for at in range(FOLDS):
            held = fold == at
            good += int(_met(right_scores[held], labels[held], thresholds[at]).sum())
            bad += int(_met(wrong_scores[held], wrong[held], thresholds[at]).sum())
        return cls(codec, tuple(models), thresholds, good / len(labels), bad / len(labels))

    def accepts(self, rows: Dataset) -> np.ndarray:
        """Give the mask of rows accepted, of shape (rows,); a row without a label or with an unknown class is not."""
        labels = self.codec.labels(rows)
        known = ~np.isnan(labels) if labels.dtype.kind == "f" else labels >= 0
        accepted = np.zeros(len(rows), dtype=bool)
        features = self.codec.ordinal(rows, rows.schema.features)
        turn = np.arange(len(rows)) % len(self.models)
        for at, (model, thresholds) in enumerate(zip(self.models, self.thresholds, strict=True)):
            own = np.flatnonzero(known & (turn == at))
            if len(own):
                scores = _plausible(model, features[own], labels[own], len(self.codec.classes_))
                accepted[own] = _met(scores, labels[own], thresholds)
        return accepted


def _wrong(labels: np.ndarray, classes: int, rng: np.random.Generator) -> np.ndarray:
    """Give each row a label that is not its own."""
    if classes:
        return (labels + rng.integers(1, max(classes, 2), len(labels))) % max(classes, 2)
    return rng.permutation(labels)


def _plausible(model: Any, features: np.ndarray, labels: np.ndarray, classes: int) -> np.ndarray:
    if not classes:
        return -np.abs(learners.predict(model, features, 0) - labels)
    chances = learners.predict(model, features, max(classes, 2))
    if chances.ndim == 1:
        chances = np.stack([1 - chances, chances], axis=1)
    return chances[np.arange(len(labels)), labels]


def _thresholds(scores: np.ndarray, labels: np.ndarray, classes: int) -> np.ndarray:
    overall = float(np.quantile(scores, WRONG, method="lower"))
    own = [scores[labels == at] for at in range(classes)] or [scores]
    return np.array([np.quantile(part, WRONG, method="lower") if len(part) >= FEW else overall for part in own])


def _met(scores: np.ndarray, labels: np.ndarray, thresholds: np.ndarray) -> np.ndarray:
    if labels.dtype.kind == "f":
        return scores >= thresholds[0]
    return scores >= thresholds[np.minimum(labels, len(thresholds) - 1)]
