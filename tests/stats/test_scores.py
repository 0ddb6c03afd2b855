"""Scores agree with scikit-learn's, and influences with what happens when a row's weight changes."""

import numpy as np
import pytest
from sklearn import metrics

from assay.stats import scores


@pytest.fixture
def sample() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    truth = (rng.random(600) < 0.2).astype(int)
    return truth, np.round(rng.normal(size=600) + truth, 1)  # rounded: ties


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (scores.roc_auc, metrics.roc_auc_score),
        (scores.average_precision, metrics.average_precision_score),
        (scores.r2, metrics.r2_score),
    ],
)
def test_scores_agree_and_influences_predict_a_doubled_row(sample, ours, theirs) -> None:
    truth, predicted = sample
    found = ours(truth, predicted)
    assert found.value == pytest.approx(theirs(truth, predicted))
    assert found.influence.mean() == pytest.approx(0, abs=1e-12)
    for row in range(0, 600, 60):
        doubled = np.append(np.arange(600), row)
        moved = (theirs(truth[doubled], predicted[doubled]) - found.value) * 601
        assert found.influence[row] == pytest.approx(moved, rel=0.05, abs=0.02)


def test_macro_auc_is_the_mean_over_classes_and_leaves_out_tiny_ones() -> None:
    rng = np.random.default_rng(1)
    truth = np.append(rng.integers(0, 3, 300), [3, 3])
    raw = rng.random((302, 4)) + np.eye(4)[truth]
    raw /= raw.sum(axis=1, keepdims=True)
    expected = np.mean([metrics.roc_auc_score(truth == code, raw[:, code]) for code in range(3)])
    assert scores.macro_auc(truth, raw).value == pytest.approx(expected)


def test_brier_log_loss_and_their_multiclass_forms() -> None:
    truth, probability = np.array([0, 1, 1]), np.array([0.2, 0.6, 0.9])
    both = np.stack([1 - probability, probability], axis=1)
    assert scores.brier(truth, probability).value == pytest.approx(metrics.brier_score_loss(truth, probability))
    assert scores.brier(truth, both).value == pytest.approx(scores.brier(truth, probability).value)
    assert scores.log_loss(truth, probability).value == pytest.approx(metrics.log_loss(truth, probability))
    assert scores.log_loss(truth, both).value == pytest.approx(metrics.log_loss(truth, probability))


def test_recalibration_loss_is_zero_for_a_line_and_what_a_wrong_slope_costs() -> None:
    rng = np.random.default_rng(3)
    x = rng.normal(size=50_000)
    truth = x + rng.normal(size=50_000)
    assert scores.recalibration_loss(truth, x).value < 0.001
    # twice the slope costs E[x^2] = 1 of a variance of 2
    assert scores.recalibration_loss(truth, 2 * x).value == pytest.approx(0.5, abs=0.02)


def test_standard_error_of_auc_is_delongs_and_grows_when_rows_repeat(sample) -> None:
    truth, predicted = sample
    found = scores.roc_auc(truth, predicted)
    rng = np.random.default_rng(4)
    drawn = [scores.roc_auc(truth[rows], predicted[rows]).value for rows in rng.integers(0, 600, (400, 600))]
    error = scores.standard_error(found.influence)
    assert error == pytest.approx(np.std(drawn), rel=0.12)
    twice = scores.roc_auc(np.repeat(truth, 2), np.repeat(predicted, 2))
    assert scores.standard_error(twice.influence, np.repeat(np.arange(600), 2)) == pytest.approx(error)


def test_one_class_scores_one_half_without_nan() -> None:
    assert scores.roc_auc(np.ones(5), np.arange(5.0)).value == 0.5
    assert scores.average_precision(np.zeros(5), np.arange(5.0)).value == 0.0
    assert scores.r2(np.ones(5), np.arange(5.0)).value == 0.0


def test_recall_at_a_rate_of_false_positives_has_its_sampling_error() -> None:
    def draw(seed: int) -> scores.Score:
        rng = np.random.default_rng(seed)
        truth = (np.arange(6000) % 10 == 0).astype(int)
        return scores.recall_at(truth, rng.normal(size=6000) + 2.0 * truth)

    found = [draw(seed) for seed in range(200)]
    values = np.array([score.value for score in found])
    # 1% of standard normals lie above 2.326; of those around 2, P(Z > .326) = .372
    assert values.mean() == pytest.approx(0.372, abs=0.01)
    assert np.mean([scores.standard_error(score.influence) for score in found]) == pytest.approx(values.std(), rel=0.2)


def test_the_area_without_influences_is_the_area() -> None:
    rng = np.random.default_rng(0)
    truth, score = rng.integers(0, 2, 500), rng.integers(0, 40, 500).astype(float)
    assert scores.roc_auc_value(truth, score) == pytest.approx(scores.roc_auc(truth, score).value, abs=1e-12)
    assert scores.roc_auc_value(np.ones(5), np.arange(5.0)) == 0.5
