"""Tell two samples apart with a cross-fitted classifier, and say how sure the AUC is."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.special import ndtr, ndtri

from assay.stats import scores

# Each fold's model was trained on the other folds' rows, so a chance pattern that links two folds raises the AUC of both: a
# score that is a symmetric kernel mean, summed over ordered pairs of folds, has twice the variance of independent terms.
# Away from one half a row also moves the AUC through the models it trains (to first order up to four times the variance);
# 2.8 is what simulation shows (bench/coverage.py).
DEPENDENCE, DEPENDENCE_AFAR = 2.0, 2.8
AFAR = 4.0  # null standard errors from one half at which the second factor holds in full


class Auc(NamedTuple):
    """A cross-fitted AUC: estimate, standard error, and standard error between two samples of one distribution."""

    value: float
    error: float
    null_error: float


def delong(truth: np.ndarray, predicted: np.ndarray, groups: np.ndarray | None = None) -> tuple[float, float]:
    """Give an AUC and its DeLong standard error, rows of a group counted as one.

    Examples
    --------
    >>> value, error = delong(np.array([0, 0, 0, 1, 1, 1]), np.array([1.0, 2.0, 4.0, 3.0, 5.0, 6.0]))
    >>> round(value, 4), round(error, 3)
    (0.8889, 0.128)
    """
    found = scores.roc_auc(truth, predicted)
    return found.value, scores.standard_error(found.influence, groups)


def paired_covariance(truth: np.ndarray, predicted: np.ndarray) -> np.ndarray:
    """Give the DeLong covariance, shape (k, k), of the AUCs of k scores on the same rows, ``predicted`` of shape (rows, k)."""
    influence = np.stack([scores.roc_auc(truth, column).influence for column in predicted.T])
    return influence @ influence.T / influence.shape[1] ** 2


def stratified_folds(labels: np.ndarray, folds: int, rng: np.random.Generator, groups: np.ndarray | None = None) -> np.ndarray:
    """Assign rows to folds, evenly within each class; the rows of one group and class stay together.

    For labels that say which sample a row is of: a group of one sample is another than that of the other. Where labels may differ
    within a group, as those of a target, see `whole_folds`.

    Parameters
    ----------
    labels : numpy.ndarray of int, shape (rows,)
        Classes.
    folds : int
        How many.
    rng : numpy.random.Generator
        Source of the assignment.
    groups : numpy.ndarray of int, shape (rows,), optional
        Rows that belong together.

    Returns
    -------
    numpy.ndarray of int, shape (rows,)
        Fold of each row.
    """
    fold = np.empty(len(labels), dtype=np.int64)
    for label in np.unique(labels):
        rows = np.flatnonzero(labels == label)
        unit = np.arange(len(rows)) if groups is None else np.unique(groups[rows], return_inverse=True)[1]
        units = int(unit.max()) + 1
        fold[rows] = (rng.permutation(units) % folds)[unit]
    return fold


def whole_folds(labels: np.ndarray, folds: int, rng: np.random.Generator, groups: np.ndarray | None = None) -> np.ndarray:
    """Assign rows to folds, evenly within each class as far as groups allow; the rows of one group stay together, whatever class.

    Parameters
    ----------
    labels : numpy.ndarray of int, shape (rows,)
        Classes.
    folds : int
        How many.
    rng : numpy.random.Generator
        Source of the assignment.
    groups : numpy.ndarray of int, shape (rows,), optional
        Rows that belong together.

    Returns
    -------
    numpy.ndarray of int, shape (rows,)
        Fold of each row. A group counts as one of the rarest class that it has, so that rare classes are spread evenly; without
        groups, or where each has one class, the folds of `stratified_folds`.

    Examples
    --------
    >>> groups = np.repeat(np.arange(20), 2)
    >>> fold = whole_folds(np.tile([0, 1], 20), 4, np.random.default_rng(0), groups)
    >>> np.bincount(fold), all(len(set(fold[groups == group])) == 1 for group in range(20))
    (array([10, 10, 10, 10]), True)
    """
    if groups is None:
        return stratified_folds(labels, folds, rng)
    _, code, count = np.unique(labels, return_inverse=True, return_counts=True)
    rank = np.argsort(np.argsort(count, kind="stable"), kind="stable")[code]  # 0 for the rarest class
    unit = np.unique(groups, return_inverse=True)[1]
    rarest = np.full(int(unit.max()) + 1 if len(unit) else 0, len(count), dtype=np.int64)
    np.minimum.at(rarest, unit, rank)
    if np.array_equal(rarest[unit], rank):
        return stratified_folds(labels, folds, rng, groups)
    return stratified_folds(rarest, folds, rng)[unit]


def cross_fitted_auc(labels: np.ndarray, predicted: np.ndarray, fold: np.ndarray, groups: np.ndarray | None = None) -> Auc:
    """Average the AUCs within folds.

    Parameters
    ----------
    labels : numpy.ndarray of {0, 1}, shape (rows,)
        Which sample.
    predicted : numpy.ndarray, shape (rows,)
        Held-out score of each row.
    fold : numpy.ndarray of int, shape (rows,)
        Fold of each row; its score comes from a model trained on the others.
    groups : numpy.ndarray of int, shape (rows,), optional
        Rows that belong together.

    Notes
    -----
    Pooling scores over folds is biased below one half between equal samples (each model is shifted by the rows it lacks);
    the mean of within-fold AUCs is exactly one half there, because labels within a fold are exchangeable given the
    training folds. DeLong's variance takes the folds as independent; they are not, and it is multiplied by 2.0 near one half,
    rising to 2.8 at four null standard errors from it. The interval is for the AUC of classifiers trained on this many rows.

    References
    ----------
    DeLong et al. (1988), Biometrics 44; Lopez-Paz and Oquab (2017), ICLR; Nadeau and Bengio (2003), Machine Learning 52.
    """
    values, variances, nulls = [], [], []
    for part in range(int(fold.max()) + 1):
        rows = fold == part
        n1 = int(labels[rows].sum())
        n0 = int(rows.sum()) - n1
        if n1 == 0 or n0 == 0:
            continue
        value, error = delong(labels[rows], predicted[rows], None if groups is None else groups[rows])
        null = (n0 + n1 + 1) / (12.0 * n0 * n1)
        if groups is not None:  # rows of a group say less than as many independent rows, between equal samples too
            null *= max(error**2 / max(delong(labels[rows], predicted[rows])[1] ** 2, 1e-12), 1.0)
        values.append(value)
        variances.append(error**2)
        nulls.append(null)
    value = float(np.mean(values))
    null_error = float(np.sqrt(np.mean(nulls) * DEPENDENCE / len(values)))
    away = min(abs(value - 0.5) / (AFAR * null_error), 1.0) ** 2
    spread = (DEPENDENCE + (DEPENDENCE_AFAR - DEPENDENCE) * away) / len(values)
    # an error of nearly nothing (perfect separation in a small sample) is not believed beyond the null's own smallest share
    error = np.sqrt(max(np.mean(variances), 1e-4 * np.mean(nulls)) * spread)
    return Auc(value, float(error), null_error)


class ColumnAucs(NamedTuple):
    """AUC of each column by itself, shape (columns,), and of the columns as if they were independent of each other."""

    alone: np.ndarray
    together: float


def column_aucs(codes: np.ndarray, labels: np.ndarray, fold: np.ndarray, bins: int = 32) -> ColumnAucs:
    """Tell the samples apart by one column at a time: cross-fitted AUC of the ratio of binned counts.

    Parameters
    ----------
    codes : numpy.ndarray, shape (rows, columns), values in [0, 1] or negative for null
        Ranks of the pooled values.
    labels, fold : numpy.ndarray, shape (rows,)
        As in `cross_fitted_auc`; even and odd folds take turns.
    bins : int
        Bins of equal count.

    Returns
    -------
    ColumnAucs
        Unlike rank AUCs they see a change of spread. ``together`` is that of the product of the columns' ratios: what it
        reaches needs no dependence between columns.
    """
    turn = fold % 2
    found = np.empty(codes.shape[1])
    odds = np.zeros(len(labels))
    for column in range(codes.shape[1]):
        cell = np.clip((codes[:, column] * bins).astype(np.int64), -1, bins - 1) + 1
        cell[codes[:, column] < 0] = 0
        values = []
        for held_out in (0, 1):
            train, test = turn != held_out, turn == held_out
            ones = np.bincount(cell[train], weights=labels[train], minlength=bins + 1) + 0.5
            alls = np.bincount(cell[train], minlength=bins + 1) + 1.0
            share = (ones / alls)[cell[test]]
            odds[test] += np.log(share / (1.0 - share))
            values.append(scores.roc_auc(labels[test], share).value)
        found[column] = np.mean(values)
    together = [scores.roc_auc(labels[turn == side], odds[turn == side]).value for side in (0, 1)]
    return ColumnAucs(found, float(np.mean(together)))


def pooled_ranks(matrix: np.ndarray) -> np.ndarray:
    """Replace each column by its mid-ranks in [0, 1], nulls by -0.1, so that random cuts fall where the rows are.

    Parameters
    ----------
    matrix : numpy.ndarray, shape (rows, columns)
        Numbers, NaN where null.

    Returns
    -------
    numpy.ndarray of float32, shape (rows, columns)
        Ranks; equal values have equal ranks.

    Examples
    --------
    >>> pooled_ranks(np.array([[5.0], [7.0], [np.nan], [7.0]]))[:, 0].astype(float).round(2).tolist()
    [0.17, 0.67, -0.1, 0.67]
    """
    out = np.full(matrix.shape, -0.1, dtype=np.float32)
    for column in range(matrix.shape[1]):
        known = ~np.isnan(matrix[:, column])
        if known.any():
            _, place, counts = np.unique(matrix[known, column], return_inverse=True, return_counts=True)
            out[known, column] = ((np.cumsum(counts) - counts / 2.0) / known.sum())[place]
    return out


def normal_bound(error: float, share: float) -> float:
    """Give the one-sided normal half-width at an error share.

    Examples
    --------
    >>> round(normal_bound(1.0, 0.05), 3)
    1.645
    """
    return float(-ndtri(share) * error)


def normal_tail(z: float) -> float:
    """Give P(Z >= z) of a standard normal Z.

    Examples
    --------
    >>> round(normal_tail(1.6449), 3)
    0.05
    """
    return float(ndtr(-z))


def repeated_share(matrix: np.ndarray) -> float:
    """Give the share of rows that repeat an earlier row of the same matrix.

    Examples
    --------
    >>> repeated_share(np.array([[1.0, np.nan], [1.0, np.nan], [2.0, 0.0], [2.0, 1.0]]))
    0.25
    """
    order = np.lexsort(np.nan_to_num(matrix, nan=np.inf).T)
    ordered = matrix[order]
    same = (ordered[1:] == ordered[:-1]) | (np.isnan(ordered[1:]) & np.isnan(ordered[:-1]))
    return float(same.all(axis=1).sum() / max(len(matrix), 1))
