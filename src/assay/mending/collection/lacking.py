"""Without a target: the slice of real rows that the synthetic ones lack most."""

from __future__ import annotations

import numpy as np

from assay.core.mended import Measured
from assay.core.seeds import spawn
from assay.data.amended import Amended
from assay.data.dataset import Dataset
from assay.data.entities import entity_codes
from assay.mending.collection.slices import axes_of
from assay.mending.collection.slopes import LEAST_ROWS, LEAST_SHARE, MOST_SHARE
from assay.mending.folds import Fold
from assay.mending.judge import DEPENDENCE
from assay.stats.scores import standard_error
from assay.stats.subgroups import Counts

Z = 1.959964
WORTH = 0.8  # of the real share; a slice that has as much is not lacking


def lacking(
    real: Dataset, made: Amended, folds: tuple[Fold, ...], *, seed: int
) -> tuple[str, tuple[str, ...], Measured, Measured, Measured]:
    """Search the slice with the fewest synthetic rows for its real ones, and count it in folds that had no part in the search.

    Parameters
    ----------
    real : Dataset
        Real rows.
    made : Amended
        Synthetic rows.
    folds : tuple of Fold
        Of the real rows.
    seed : int
        Seed.

    Returns
    -------
    tuple
        Condition and columns (empty where there is none), the share of rows collected there that the synthetic rows lack, the
        same of random rows, and the difference, each with its interval.

    Notes
    -----
    With shares p of the real and s of the synthetic rows, the slice is the one with the largest ``(.8 p - s) / sqrt(p)``. Of the
    rows in it 1 - s / p are lacking, of random rows p - s.
    """
    count = len(real)
    axes = axes_of(real, made.table, real.schema.modelled)
    own, parts = np.zeros(count, dtype=np.int64), len(folds)
    for at, fold in enumerate(folds):
        own[fold.test] = at
    groups = entity_codes(real)
    zero = Measured(0.0, 0.0, 0.0)
    total = float(made.weights.sum())
    if not axes or total <= 0:
        return "", (), zero, zero, zero
    fold = np.concatenate([own, spawn(seed, "mend", "lacking").permutation(len(made)) % parts])
    first = np.arange(len(fold)) < count
    weights = np.stack([first.astype(np.float64), np.concatenate([np.zeros(count), made.weights * (count / total)])])
    counts = Counts(axes, weights, fold)

    def score(sums: np.ndarray) -> np.ndarray:
        share = sums[0] / count
        enough = (sums[0] >= LEAST_ROWS) & (share >= LEAST_SHARE) & (share <= MOST_SHARE)
        return np.where(enough, (WORTH * sums[0] - sums[1]) / np.sqrt(np.maximum(sums[0], 1.0)), -np.inf)

    def search(without: int | None):
        return counts.search(lambda sums: np.full(sums.shape[1:], -np.inf), score, without)

    held, lack = np.zeros(count), np.zeros(count)
    for at in range(parts):
        found = search(at)
        if found is None:
            continue
        inside = found.rows(counts.axes)
        here = own == at
        held[here] = inside[:count][here]
        lack[here] = held[here] - weights[1, inside].sum() / count
    best = search(None)
    share = float(held.mean())
    if best is None or share <= 0:
        return "", (), zero, zero, zero
    factor = Z * float(np.sqrt(DEPENDENCE))
    value = float(lack.mean())
    ratio = value / share
    random = factor * standard_error(lack - value, groups)
    reach = factor * standard_error((lack - ratio * held) / share, groups)  # linearised ratio of means
    ahead = factor * standard_error((lack - ratio * held) / share - (lack - value), groups)
    return (
        best.name(counts.axes),
        best.columns(counts.axes),
        Measured(ratio, ratio - reach, ratio + reach),
        Measured(value, value - random, value + random),
        Measured(ratio - value, ratio - value - ahead, ratio - value + ahead),
    )
