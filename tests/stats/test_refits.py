"""Refits: half-sample variances, combined spreads, constant targets and users' scorers."""

import numpy as np
import pytest
from scipy.stats import t as student
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import make_scorer, roc_auc_score

from assay.stats import refits
from assay.stats.refits import Rule, Table


def table(rows: int, seed: int) -> Table:
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(rows, 3))
    return Table(x, x.astype(np.float32), (rng.random(rows) < 1 / (1 + np.exp(-2 * x[:, 0]))).astype(np.int64))


def test_half_variance_of_a_mean_is_its_sampling_variance() -> None:
    rng = np.random.default_rng(0)
    values = rng.normal(size=1000)
    pairs = refits.halves(1000, 300, rng)
    first, second = (np.array([values[pair[side]].mean() for pair in pairs]) for side in (0, 1))
    assert refits.half_variance(first, second) == pytest.approx(values.var() / 1000, rel=0.2)


def test_halves_are_complementary_and_keep_groups() -> None:
    groups = np.arange(100) // 4
    for first, second in refits.halves(100, 3, np.random.default_rng(0), groups):
        assert sorted([*first, *second]) == list(range(100))
        assert not set(groups[first]) & set(groups[second])


def test_combined_spread_has_the_t_quantile_of_its_weakest_part() -> None:
    assert refits.combine(0.0, [1.0], 4).bound(0.025) == pytest.approx(student.ppf(0.975, 7) * np.sqrt(0.5))
    assert refits.combine(0.0, [1.0], 4, effect=9.0).bound(0.025) == pytest.approx(student.ppf(0.975, 7))
    assert refits.combine(1.0, [0.0], 4).bound(0.025) == pytest.approx(1.96, abs=0.001)
    assert refits.combine(0.0, [0.0], 4).bound(0.025) == 0.0
    assert refits.combine(1.0, [0.0], 4, freedom=19).bound(0.025) == pytest.approx(student.ppf(0.975, 19))
    assert refits.combine(1.0, [0.0], 4, freedom=np.inf) == refits.combine(1.0, [0.0], 4)


@pytest.mark.parametrize("learner", ["boosting", "linear", LogisticRegression()])
def test_learners_learn(learner) -> None:
    trial = refits.fit_and_score(learner, 0, Rule("binary", 2, "auc"), table(1000, 0), None, [(table(1000, 1), None)])[0]
    assert trial.score.value > 0.8
    assert trial.predicted.shape == (1000,)


def test_training_rows_of_one_class_give_a_constant_model() -> None:
    train, test = table(100, 0), table(200, 1)
    trial = refits.fit_and_score(
        "boosting", 0, Rule("binary", 2, "auc"), train._replace(target=np.zeros(100, int)), None, [(test, None)]
    )
    assert trial[0].score.value == 0.5
    assert (trial[0].predicted == 0).all()


def test_a_class_the_training_rows_lack_scores_zero() -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(200, 2))
    train = Table(x, x, rng.integers(0, 2, 200))
    trial = refits.fit_and_score("linear", 0, Rule("multiclass", 3, "auc"), train, None, [(train, None)])[0]
    assert (trial.predicted[:, 2] == 0).all()


def test_a_users_scorer_is_asked_and_gets_a_jackknife_error() -> None:
    test = table(2000, 1)
    scorer = make_scorer(roc_auc_score, response_method="predict_proba")
    asked = refits.fit_and_score("linear", 0, Rule("binary", 2, "auc", scorer), table(500, 0), None, [(test, None)])[0].score
    plain = refits.fit_and_score("linear", 0, Rule("binary", 2, "auc"), table(500, 0), None, [(test, None)])[0].score
    assert asked.value == pytest.approx(plain.value)
    assert np.sqrt(np.mean(asked.influence**2)) == pytest.approx(np.sqrt(np.mean(plain.influence**2)), rel=0.5)


def test_a_column_without_a_value_among_the_training_rows_is_no_obstacle() -> None:
    train, test = table(300, 0), table(200, 1)
    empty = train._replace(trees=np.column_stack([train.trees, np.full(300, np.nan)]))
    full = test._replace(trees=np.column_stack([test.trees, np.arange(200.0)]))
    rule = Rule("binary", 2, "auc")
    (with_empty,) = refits.fit_and_score("boosting", 0, rule, empty, None, [(full, None)])
    (without,) = refits.fit_and_score("boosting", 0, rule, train, None, [(test, None)])
    np.testing.assert_allclose(with_empty.predicted, without.predicted)
