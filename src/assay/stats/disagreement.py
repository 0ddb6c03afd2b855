"""Find where two samples' losses differ most, on some folds, and measure the difference on the others."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from assay.stats.axes import Axis
from assay.stats.refits import Spread
from assay.stats.subgroups import Counts, Subgroup

FOLDS = 4
LEAST_SHARE = 0.016  # a slice of 2% of the rows may hold this share of a sample
LEAST_ROWS = 20
WORTH = 0.05  # differences that a slice must show to be worth its size
PRIOR = 5.0  # rows' worth of the whole sample's variance that a slice's variance is drawn towards
DEPENDENCE = 1.4  # times the variance of independent folds: a chance pattern that links two folds shows in both
SEEN = 5.5  # standard errors from which the search finds a slice nearly always


class Disagreement(NamedTuple):
    """A slice, and how far the samples differ in the slices that the folds found.

    Parameters
    ----------
    axes : list of Axis
        Columns searched.
    where : Subgroup
        The slice with the highest score in the search.
    outcome : int
        Which of the values differs there.
    effect : float
        Mean of first minus second sample in the slices, in rows that had no part in finding them, in the direction found.
    direction : int
        1 where the first sample's values are the larger ones, else -1.
    spread : Spread
        Its error.
    unseen : float
        Difference in a slice of 2% up to which the search may have overlooked it.
    rows : tuple of int
        Rows of each sample in the slice.
    share : float
        Share of the second sample's rows in it.
    """

    axes: list[Axis]
    where: Subgroup
    outcome: int
    effect: float
    direction: int
    spread: Spread
    unseen: float
    rows: tuple[int, int]
    share: float


def disagreement(
    axes: Sequence[Axis], values: np.ndarray, first: np.ndarray, fold: np.ndarray, groups: np.ndarray | None = None
) -> Disagreement | None:
    """Search slices in which the mean of some value differs between two samples, cross-fitted.

    Parameters
    ----------
    axes : sequence of Axis
        Columns in cells, both samples' rows.
    values : numpy.ndarray, shape (outcomes, rows)
        What is compared; the outcome that differs most is chosen with the slice.
    first : numpy.ndarray of bool, shape (rows,)
        Rows of the first sample.
    fold : numpy.ndarray of int, shape (rows,)
        Folds.
    groups : numpy.ndarray of int, shape (rows,), optional
        Rows that belong together.

    Returns
    -------
    Disagreement or None
        None where no slice has rows enough.

    Notes
    -----
    For each fold the slice of at least 2% with the largest ``(|d| - .05) / se(d)`` is found on all other folds, d being the
    difference of means; d is then measured on the fold. The result is the mean of the folds' d, in the directions found, weighted
    by rows: an unbiased mean difference over the slices found, and so no larger than the worst slice's. Its variance is that
    of independent folds times 1.4, the ratio that permuted samples show.

    References
    ----------
    Athey and Imbens (2016), Recursive partitioning for heterogeneous causal effects, PNAS 113 (honest splitting).
    """
    best: tuple[float, Subgroup, int, int] | None = None
    least = [max(LEAST_SHARE * count, LEAST_ROWS) for count in (int(first.sum()), int((~first).sum()))]
    share = 1.0 - 1.0 / (int(fold.max()) + 1)
    overall = values.var(axis=1)
    parts: list[tuple[float, float, float, float]] = []
    held: dict[int, tuple[float, Subgroup, int]] = {}
    sizes = np.stack([first, ~first]).astype(np.float64)
    kept_axes: list[Axis] = []
    for outcome, value in enumerate(values):
        weights = np.concatenate([sizes, sizes * value, [value**2]])
        counts = Counts(axes, weights, fold)
        kept_axes = counts.axes
        promise, final = _scores(least[0] * share, least[1] * share, float(overall[outcome]))
        for part in range(counts.folds):
            found = counts.search(promise, final, part)
            if found is not None and (part not in held or found.score > held[part][0]):
                held[part] = (found.score, found, outcome)
    for part, (score, found, outcome) in held.items():
        inside, value = found.rows(kept_axes), values[outcome]
        test = inside & (fold == part)
        train = inside & (fold != part)
        direction = 1 if value[train & first].mean() >= value[train & ~first].mean() else -1
        n1, n2 = int((test & first).sum()), int((test & ~first).sum())
        if best is None or score > best[0]:
            best = (score, found, outcome, direction)
        if min(n1, n2) < 2:
            continue
        variance = sum(_variance(value, rows, float(overall[outcome]), groups) for rows in (test & first, test & ~first))
        parts.append(
            (direction * (value[test & first].mean() - value[test & ~first].mean()), variance, n1 * n2 / (n1 + n2), n1 + n2)
        )
    if best is None or not parts:
        return None
    effects, variances, sizes_of, rows_of = np.array(parts).T
    weight = sizes_of / sizes_of.sum()
    error = float(np.sqrt(DEPENDENCE * np.sum(weight**2 * variances)))
    _, where, outcome, direction = best
    inside = where.rows(kept_axes)
    smallest = 1.0 / least[0] + 1.0 / least[1]
    return Disagreement(
        axes=kept_axes,
        where=where,
        outcome=outcome,
        effect=float(np.sum(weight * effects)),
        direction=direction,
        spread=Spread(error, float(max(rows_of.sum() - 2 * len(parts), 2.0))),
        unseen=SEEN * float(np.sqrt(overall.max() * smallest / share)),
        rows=(int((inside & first).sum()), int((inside & ~first).sum())),
        share=float((inside & ~first).sum() / max((~first).sum(), 1)),
    )


def _scores(least_first: float, least_second: float, overall: float):
    """Make the two scores of a slice from the sums: rows of each sample, values of each, and squares of all."""

    def parts(sums: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        n1, n2 = np.maximum(sums[0], 1.0), np.maximum(sums[1], 1.0)
        n = n1 + n2
        mean = (sums[2] + sums[3]) / n
        variance = (np.maximum(sums[4] - n * mean**2, 0.0) + 2 * PRIOR * overall) / (n + 2 * PRIOR)
        enough = (sums[0] >= least_first) & (sums[1] >= least_second)
        return enough, np.abs(sums[2] / n1 - sums[3] / n2), np.sqrt(np.maximum(variance, 1e-300) * (1.0 / n1 + 1.0 / n2))

    def promise(sums: np.ndarray) -> np.ndarray:
        enough, difference, error = parts(sums)
        return np.where(enough, difference / error, -np.inf)

    def final(sums: np.ndarray) -> np.ndarray:
        enough, difference, error = parts(sums)
        return np.where(enough, (difference - WORTH) / error, -np.inf)

    return promise, final


def _variance(value: np.ndarray, rows: np.ndarray, overall: float, groups: np.ndarray | None) -> float:
    """Give the variance of a slice's mean, drawn a little towards that of the whole sample."""
    own = value[rows]
    count = len(own)
    deviation = own - own.mean()
    variance = (float(np.sum(deviation**2)) * count / max(count - 1, 1) + PRIOR * overall) / (count + PRIOR)
    if groups is not None:
        within = np.bincount(np.unique(groups[rows], return_inverse=True)[1], weights=deviation)
        variance = max(variance, float(np.sum(within**2)) / count)
    return variance / count
