"""Users' estimators: cloned or copied, seeded where unset, never handed our own arrays, and named where they fail."""

from __future__ import annotations

import threading
from typing import Any

import numpy as np
import pytest
from sklearn.ensemble import ExtraTreesClassifier, RandomForestRegressor
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC

from assay.stats import learners
from assay.stats.refits import Rule, Table, Trial, fit_and_score

BINARY, NUMBER = Rule("binary", 2, "auc"), Rule("regression", 0, "r2")


def table(rows: int, seed: int, task: str = "binary") -> Table:
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(rows, 3))
    y = (
        (rng.random(rows) < 1 / (1 + np.exp(-2 * x[:, 0]))).astype(np.int64)
        if task == "binary"
        else x[:, 0] + rng.normal(size=rows)
    )
    return Table(x, x.astype(np.float32), y)


def tried(learner: Any, rule: Rule = BINARY, seed: int = 0) -> Trial:
    return fit_and_score(learner, seed, rule, table(400, 0, rule.task), None, [(table(300, 1, rule.task), None)])[0]


class Own:
    """An estimator without get_params: a threshold on the first column."""

    def __init__(self) -> None:
        self.random_state = None

    def fit(self, features, target):
        self.cut_ = features[target == 1, 0].mean() / 2
        self.seed_ = self.random_state
        return self

    def predict(self, features):
        return (features[:, 0] > self.cut_).astype(int)


class Careless(Own):
    """Writes into what it is given."""

    def fit(self, features, target):
        super().fit(features, target)
        features[:] = 0
        target[:] = 0
        return self

    def predict(self, features):
        said = super().predict(features)
        features[:] = 0
        return said


class Failing(Own):
    def fit(self, features, target):
        raise KeyError("no such thing")


class Silent(Own):
    def predict_proba(self, features):
        return np.full((len(features), 2), np.nan)


class Locked(Own):
    def __init__(self) -> None:
        super().__init__()
        self.lock = threading.Lock()


@pytest.mark.parametrize(
    "learner", [make_pipeline(StandardScaler(), LogisticRegression()), LinearSVC(), Own(), ExtraTreesClassifier(20)]
)
def test_classifiers_of_all_kinds_learn(learner: Any) -> None:
    assert tried(learner).score.value > 0.7


@pytest.mark.parametrize("learner", [Ridge(), make_pipeline(StandardScaler(), Ridge()), RandomForestRegressor(20)])
def test_regressors_learn(learner: Any) -> None:
    assert tried(learner, NUMBER).score.value > 0.3


def test_classes_alone_rank_several_classes() -> None:
    class Nearest(Own):
        def fit(self, features, target):
            self.means_ = np.array([features[target == code].mean(axis=0) for code in range(3)])
            return self

        def predict(self, features):
            return np.argmin(((features[:, None, :] - self.means_) ** 2).sum(axis=2), axis=1)

    rng = np.random.default_rng(0)
    code = rng.integers(0, 3, 600)
    x = rng.normal(size=(600, 2)) + 3.0 * np.eye(3, 2)[code]
    trial = fit_and_score(Nearest(), 0, Rule("multiclass", 3, "auc"), Table(x, x, code), None, [(Table(x, x, code), None)])[0]
    assert trial.score.value > 0.85


def test_seeds_are_set_where_none_is_and_nowhere_else() -> None:
    forest = ExtraTreesClassifier(10)
    assert np.array_equal(tried(forest, seed=1).predicted, tried(forest, seed=1).predicted)
    assert not np.array_equal(tried(forest, seed=1).predicted, tried(forest, seed=2).predicted)
    assert forest.random_state is None
    fixed = ExtraTreesClassifier(10, random_state=5)
    assert np.array_equal(tried(fixed, seed=1).predicted, tried(fixed, seed=2).predicted)
    nested = learners.fresh(make_pipeline(StandardScaler(), ExtraTreesClassifier(10)), 7)
    assert nested[-1].random_state == 7
    assert learners.fresh(Own(), 7).random_state == 7


def test_a_learner_that_writes_into_its_rows_harms_nobody() -> None:
    train, test = table(400, 0), table(300, 1)
    before = [part.copy() for part in (*train, *test)]
    (trial,) = fit_and_score(Careless(), 0, BINARY, train, None, [(test, None)])
    assert trial.score.value > 0.7
    assert all(np.array_equal(part, old) for part, old in zip((*train, *test), before, strict=True))


@pytest.mark.parametrize(
    ("learner", "words"),
    [
        (Failing(), "Failing failed in fit: KeyError"),
        (Silent(), "300|600 of its predictions are not finite|Silent failed when asked"),
        (Locked(), "neither cloned nor copied"),
    ],
)
def test_what_fails_is_named(learner: Any, words: str) -> None:
    with pytest.raises(RuntimeError, match=words):
        tried(learner)


def test_a_score_that_is_no_number_is_an_error() -> None:
    with pytest.raises(RuntimeError, match="not a finite number"):
        tried(LogisticRegression(), Rule("binary", 2, "auc", lambda model, features, target: float("nan")))


def test_boosting_with_weights_makes_the_cuts_that_it_makes_without():
    rng = np.random.default_rng(0)
    features = np.column_stack([rng.normal(size=3_000), rng.integers(0, 5, 3_000), rng.exponential(size=3_000)])
    features[rng.random(features.shape) < 0.05] = np.nan
    target = (np.nan_to_num(features[:, 0]) + rng.normal(size=3_000) > 0).astype(np.int64)
    plain = learners.fit(learners.utility_learner("boosting", "binary", 0), features, target)
    even = learners.fit(learners.utility_learner("boosting", "binary", 0), features, target, np.ones(3_000))
    assert np.allclose(learners.predict(even, features, 2), learners.predict(plain, features, 2))
    doubled = np.concatenate([np.arange(3_000), np.arange(1_500)])
    heavy = learners.fit(learners.utility_learner("boosting", "binary", 0), features, target, np.repeat([2.0, 1.0], 1_500))
    twice = learners.fit(learners.utility_learner("boosting", "binary", 0), features[doubled], target[doubled])
    assert np.corrcoef(learners.predict(heavy, features, 2), learners.predict(twice, features, 2))[0, 1] > 0.98
    numbers = learners.fit(learners.utility_learner("boosting", "regression", 0), features, target * 1.0, np.ones(3_000))
    assert not hasattr(numbers, "predict_proba")
