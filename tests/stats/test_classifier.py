"""Cross-fitted AUCs are unbiased between equal samples and their errors honest."""

import numpy as np
import pytest
from scipy.stats import norm

from assay.stats import classifier, scores


def test_delong_matches_the_binormal_model() -> None:
    rng = np.random.default_rng(0)
    truth = np.repeat([0, 1], 400)
    found = np.array([classifier.delong(truth, rng.normal(size=800) + truth) for _ in range(300)])
    assert found[:, 0].mean() == pytest.approx(norm.cdf(1 / np.sqrt(2)), abs=0.003)
    assert found[:, 1].mean() == pytest.approx(found[:, 0].std(), rel=0.12)


def test_paired_covariance_gives_the_error_of_a_difference() -> None:
    rng = np.random.default_rng(1)
    truth = np.repeat([0, 1], 300)
    common = rng.normal(size=600) + truth
    predicted = np.stack([common, common + 0.1 * rng.normal(size=600)], axis=1)
    covariance = classifier.paired_covariance(truth, predicted)
    paired = covariance[0, 0] + covariance[1, 1] - 2 * covariance[0, 1]
    assert paired < 0.1 * covariance[0, 0]
    first, second = (scores.roc_auc(truth, column) for column in predicted.T)
    assert np.sqrt(paired) == pytest.approx(scores.standard_error((first - second).influence))


def test_folds_are_even_within_classes_and_keep_groups() -> None:
    labels = np.repeat([0, 1], [40, 80])
    fold = classifier.stratified_folds(labels, 4, np.random.default_rng(0))
    assert all(np.bincount(fold[labels == label]).tolist() == [size] * 4 for label, size in ((0, 10), (1, 20)))
    groups = np.arange(120) // 3
    fold = classifier.stratified_folds(np.zeros(120, int), 4, np.random.default_rng(0), groups)
    assert all(len(set(fold[groups == group])) == 1 for group in range(40))


def test_mean_of_fold_aucs_is_one_half_where_pooled_scores_fall_below() -> None:
    """A score that only knows which class its fold lacks: the pooled AUC is biased, the mean over folds is not."""
    rng = np.random.default_rng(2)
    averaged, pooled = [], []
    for _ in range(200):
        labels = rng.integers(0, 2, 200)
        fold = rng.permutation(200) % 4
        predicted = np.array([labels[fold != part].mean() for part in range(4)])[fold] + 1e-9 * rng.random(200)
        averaged.append(classifier.cross_fitted_auc(labels, predicted, fold).value)
        pooled.append(scores.roc_auc(labels, predicted).value)
    assert np.mean(averaged) == pytest.approx(0.5, abs=0.01)
    assert np.mean(pooled) < 0.48


def test_perfect_separation_still_has_an_error() -> None:
    labels = np.repeat([0, 1], 40)
    found = classifier.cross_fitted_auc(labels, labels.astype(float), np.tile(np.arange(4), 20))
    assert found.value == 1.0
    assert found.error > 0


def test_column_aucs_see_a_spread_that_ranks_alone_do_not() -> None:
    rng = np.random.default_rng(3)
    labels = np.repeat([0, 1], 2000)
    matrix = rng.normal(size=(4000, 2))
    matrix[labels == 1, 0] *= 0.3
    codes = classifier.pooled_ranks(matrix)
    found = classifier.column_aucs(codes, labels, np.tile(np.arange(4), 1000)).alone
    assert found[0] > 0.7
    assert found[1] == pytest.approx(0.5, abs=0.03)
    assert scores.roc_auc(labels, codes[:, 0]).value == pytest.approx(0.5, abs=0.05)


def test_columns_together_add_up_but_do_not_see_what_only_pairs_show() -> None:
    rng = np.random.default_rng(11)
    labels = np.repeat([0, 1], 3000)
    moved = rng.random((6000, 4)) * 0.8 + 0.2 * labels[:, None] * rng.random((6000, 4))
    fold = np.tile(np.arange(4), 1500)
    several = classifier.column_aucs(classifier.pooled_ranks(moved), labels, fold)
    assert several.together > several.alone.max() + 0.03
    bits = rng.integers(0, 2, (6000, 2)).astype(float)
    bits[labels == 1, 1] = bits[labels == 1, 0]
    paired = classifier.column_aucs(classifier.pooled_ranks(bits), labels, fold)
    assert abs(paired.together - 0.5) < 0.03


def test_whole_folds_keep_groups_of_mixed_classes_together_and_spread_the_rare_class():
    rng = np.random.default_rng(0)
    groups = rng.integers(0, 150, 600)
    labels = (rng.random(600) < 0.1).astype(int)
    fold = classifier.whole_folds(labels, 4, np.random.default_rng(1), groups)
    assert all(len(np.unique(fold[groups == group])) == 1 for group in np.unique(groups))
    assert np.bincount(fold).min() > 110
    assert np.bincount(fold[labels == 1], minlength=4).min() > labels.sum() / 8


def test_whole_folds_are_stratified_ones_where_groups_have_one_class_or_there_are_none():
    labels = np.repeat([0, 1], [80, 40])
    groups = np.arange(120) // 4
    for given in (None, groups):
        whole, plain = (
            make(labels, 4, np.random.default_rng(3), given) for make in (classifier.whole_folds, classifier.stratified_folds)
        )
        assert np.array_equal(whole, plain)
