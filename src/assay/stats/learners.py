"""The learners behind classifier-based measures: cheap, seeded, single-threaded, and the way to ask them."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
from sklearn.base import clone
from sklearn.ensemble import ExtraTreesClassifier, HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.linear_model import LogisticRegression, Ridge

BUILT_IN = ("boosting", "linear")


def two_sample_learner(name: str, seed: int) -> Any:
    """Make a classifier that tells two samples apart.

    Parameters
    ----------
    name : {'boosted_trees', 'random_trees', 'copy_finder'}
        Boosted trees find shifts and most interactions; extremely randomised deep trees find interactions without any
        marginal trace (exclusive-or, parity), since their cuts don't wait for a gain; `copy_finder` goes down to leaves of
        two rows, where a copy meets its original.
    seed : int
        Seed of the fit.

    References
    ----------
    Geurts, Ernst and Wehenkel (2006), Machine Learning 63.
    """
    if name == "boosted_trees":
        make: Any = HistGradientBoostingClassifier
        return make(
            max_iter=60, learning_rate=0.15, max_leaf_nodes=15, min_samples_leaf=20, early_stopping=False, random_state=seed
        )
    leaf, trees, share = {"random_trees": (20, 40, 0.5), "copy_finder": (2, 15, 0.5)}[name]
    forest: Any = ExtraTreesClassifier
    return forest(trees, min_samples_leaf=leaf, max_features=share, random_state=seed, n_jobs=1)


def utility_learner(name: str, task: str, seed: int, classes: int = 2) -> Any:
    """Make a built-in learner of a family, ``boosting`` or ``linear``, for a task with so many classes."""
    if name == "boosting":
        make: Any = HistGradientBoostingRegressor if task == "regression" else HistGradientBoostingClassifier
        return make(
            max_iter=40 if task != "multiclass" else max(8, 80 // classes),
            learning_rate=0.2,
            max_leaf_nodes=15,
            min_samples_leaf=20,
            max_bins=127,
            early_stopping=False,
            random_state=seed,
        )
    if task == "regression":
        return Ridge(alpha=1.0)
    return LogisticRegression(C=1.0, max_iter=30)


def fresh(learner: Any, seed: int) -> Any:
    """Copy a user's estimator, unfitted, seeded wherever it can be and is not.

    Raises
    ------
    TypeError
        If it can be neither cloned nor copied.
    """
    try:
        copied: Any = clone(learner)
    except (TypeError, RuntimeError):  # it keeps its settings its own way
        try:
            copied = copy.deepcopy(learner)
        except Exception as error:
            raise TypeError(
                f"{type(learner).__name__} can be neither cloned nor copied ({error}), and every fit needs its own copy. "
                "Give it get_params and set_params, as scikit-learn's BaseEstimator has."
            ) from error
    if not hasattr(copied, "get_params"):
        if getattr(copied, "random_state", 0) is None:
            copied.random_state = seed
        return copied
    unset = [name for name, setting in copied.get_params().items() if name.split("__")[-1] == "random_state" and setting is None]
    return copied.set_params(**dict.fromkeys(unset, seed)) if unset else copied


def fit(learner: Any, features: np.ndarray, target: np.ndarray, weights: np.ndarray | None = None) -> Any:
    """Fit a learner, rows weighted if so asked; a target of one class, or no row, gives a constant model instead of an error."""
    if not len(target):
        return OneClass(0)
    if target.dtype.kind in "iu" and np.all(target == target[0]):
        return OneClass(int(target[0]))
    if weights is None:
        return learner.fit(features, target)
    if hasattr(learner, "max_bins"):
        learner = Coarse(learner)
    return learner.fit(features, target, sample_weight=weights)


def predict(model: Any, features: np.ndarray, classes: int) -> np.ndarray:
    """Ask a model.

    Parameters
    ----------
    model : estimator
        Fitted.
    features : numpy.ndarray, shape (rows, d)
        Rows.
    classes : int
        0 for a regression.

    Returns
    -------
    numpy.ndarray
        Shape (rows,): predictions of a regression or probability (or decision score) of the positive class of two;
        shape (rows, classes) for more. Classes the model has not seen score 0.
    """
    if classes == 0:
        return np.asarray(model.predict(features), dtype=np.float64).reshape(len(features))
    if hasattr(model, "predict_proba"):
        raw = np.asarray(model.predict_proba(features), dtype=np.float64)
    elif hasattr(model, "decision_function"):
        raw = np.asarray(model.decision_function(features), dtype=np.float64)
        if raw.ndim == 1:
            if classes == 2:
                return raw
            raw = np.stack([-raw, raw], axis=1)
    else:  # classes alone rank, too: those predicted above the others
        said = np.asarray(model.predict(features)).astype(np.int64).reshape(len(features))
        return (said == 1).astype(np.float64) if classes == 2 else (said[:, None] == np.arange(classes)).astype(np.float64)
    out = np.zeros((len(features), classes))
    out[:, np.asarray(getattr(model, "classes_", np.arange(raw.shape[1])), dtype=np.int64)] = raw
    return out[:, 1] if classes == 2 else out


def gives_probabilities(learner: Any) -> bool:
    """Whether a learner's scores are probabilities, so that calibration can be asked of it."""
    return hasattr(learner, "predict_proba")


class OneClass:
    """What training rows of a single class teach: that class, always."""

    def __init__(self, code: int) -> None:
        self.classes_ = np.array([code])

    def predict(self, features: np.ndarray) -> np.ndarray:
        """Give the class."""
        return np.full(len(features), self.classes_[0])

    def predict_proba(self, features: np.ndarray) -> np.ndarray:
        """Give probability one, shape (rows, 1)."""
        return np.ones((len(features), 1))


class Coarse:
    """Boosting on columns that were cut at quantiles beforehand.

    Parameters
    ----------
    model : estimator
        Of the histogram kind, with ``max_bins``.

    Notes
    -----
    Cuts are those that the model would make itself without weights. With weights it would ask for every percentile of every
    column one after the other, which takes ten times as long as the trees.
    """

    def __init__(self, model: Any) -> None:
        self.model = model

    def fit(self, features: np.ndarray, target: np.ndarray, sample_weight: np.ndarray) -> Coarse:
        """Cut, then fit."""
        bins = int(self.model.max_bins)
        self._cuts: list[np.ndarray] = []
        for column in features.T:
            values = np.unique(column[~np.isnan(column)])
            if len(values) > bins:
                shares = np.linspace(0.0, 1.0, bins + 1)[1:-1]
                values = np.unique(np.quantile(column[~np.isnan(column)], shares, method="averaged_inverted_cdf"))
            else:
                values = (values[1:] + values[:-1]) / 2.0
            self._cuts.append(values)
        self.model.fit(self._cut(features), target, sample_weight=sample_weight)
        if hasattr(self.model, "classes_"):
            self.classes_ = self.model.classes_
            self.predict_proba = self._probabilities
        return self

    def predict(self, features: np.ndarray) -> np.ndarray:
        """Predict."""
        return self.model.predict(self._cut(features))

    def _probabilities(self, features: np.ndarray) -> np.ndarray:
        return self.model.predict_proba(self._cut(features))

    def _cut(self, features: np.ndarray) -> np.ndarray:
        out = np.empty_like(features, dtype=np.float64)
        for at, cuts in enumerate(self._cuts):
            column = features[:, at]
            out[:, at] = np.where(np.isnan(column), np.nan, np.searchsorted(cuts, column, side="left"))
        return out
