"""The tasks of a two-sample classifier: one fold's fit, its held-out scores and which columns they hang on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from assay.stats import learners, scores
from assay.stats.classifier import Auc, ColumnAucs, column_aucs, cross_fitted_auc, stratified_folds

FOLDS = 4
TELLING = 4.0  # null standard errors of a fold's AUC beyond which it is asked which columns it hangs on
CELLS = 30_000  # rows times columns of one permutation pass: wide tables are asked on fewer rows


class Discrimination(NamedTuple):
    """What one learner found.

    ``importance`` is the mean loss of AUC when a column is shuffled, shape (columns,), zeros where the AUC is near one half;
    ``predicted`` and ``fold`` give each row's held-out score and fold.
    """

    learner: str
    auc: Auc
    importance: np.ndarray
    predicted: np.ndarray
    fold: np.ndarray


def discriminate(
    codes: np.ndarray,
    labels: np.ndarray,
    names: Sequence[str],
    rng: np.random.Generator,
    mapped: Callable[..., list[Any]],
    groups: np.ndarray | None = None,
) -> tuple[list[Discrimination], ColumnAucs]:
    """Cross-fit learners that tell two samples apart.

    Parameters
    ----------
    codes : numpy.ndarray of float32, shape (rows, columns)
        Pooled ranks, as `assay.stats.classifier.pooled_ranks` gives.
    labels : numpy.ndarray of {0, 1}, shape (rows,)
        1 = synthetic.
    names : sequence of str
        Learners, as `assay.stats.learners.two_sample_learner` knows them.
    rng : numpy.random.Generator
        Source of the folds and of the learners' seeds.
    mapped : callable
        ``mapped(function, tasks, apart=True)``, on all jobs; `apart` as the tasks hold the interpreter.
    groups : numpy.ndarray of int, shape (rows,), optional
        Rows that belong together.

    Returns
    -------
    list of Discrimination, ColumnAucs
        One per learner, and what the columns tell by themselves.
    """
    fold = stratified_folds(labels, FOLDS, rng, groups)
    seeds = [int(seed) for seed in rng.integers(2**31 - 1, size=FOLDS)]
    tasks = [(codes, labels, fold, part, name, seeds[part]) for name in names for part in range(FOLDS)]
    parts = mapped(fit_fold, tasks, apart=True)
    found = []
    for at, name in enumerate(names):
        own = parts[at * FOLDS : (at + 1) * FOLDS]
        predicted = np.empty(len(labels))
        for part, (held_out, _) in enumerate(own):
            predicted[fold == part] = held_out
        importance = np.mean(
            [importance for _, importance in own if importance is not None] or [np.zeros(codes.shape[1])], axis=0
        )
        found.append(Discrimination(name, cross_fitted_auc(labels, predicted, fold, groups), importance, predicted, fold))
    return found, column_aucs(codes, labels, fold)


def fit_fold(
    codes: np.ndarray, labels: np.ndarray, fold: np.ndarray, part: int, name: str, seed: int
) -> tuple[np.ndarray, np.ndarray | None]:
    """Fit on the other folds and score this one; the first two folds also shuffle columns where the AUC is telling."""
    train, test = fold != part, fold == part
    held_out = codes[test]
    model = learners.fit(learners.two_sample_learner(name, seed), codes[train], labels[train])
    predicted = learners.predict(model, held_out, 2)
    if part > 1:
        return predicted, None
    truth = labels[test]
    n1 = int(truth.sum())
    null_error = np.sqrt((len(truth) + 1) / (12.0 * max(n1, 1) * max(len(truth) - n1, 1)))
    if scores.roc_auc(truth, predicted).value < 0.5 + TELLING * null_error:
        return predicted, None
    rng = np.random.default_rng(seed)
    rows = rng.permutation(len(truth))[: max(300, min(2000, CELLS // codes.shape[1]))]
    probe, truth = held_out[rows], truth[rows]
    base = scores.roc_auc(truth, predicted[rows]).value
    importance = np.empty(codes.shape[1])
    for column in range(codes.shape[1]):
        kept = probe[:, column].copy()
        probe[:, column] = rng.permutation(kept)
        importance[column] = base - scores.roc_auc(truth, learners.predict(model, probe, 2)).value
        probe[:, column] = kept
    return predicted, np.maximum(importance, 0.0)
