"""Find the ball of rows that a sample fills most too rarely, on half of the rows, and count it on the others."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from assay.stats.regions import WORTH, Ratio, deflated

FOLDS = 2
CENTRES = 240
MOST_TRAINED = 8_000
SIZES = (0.02, 0.03, 0.045, 0.07)
LEAST_ROWS = 20
DEPENDENCE = 1.0  # each half learns from rows that the other does not: between two samples the variance was .9 of the binomial's


class Space(NamedTuple):
    """Points of all rows, shape (rows, d), and which of them take part, shape (rows,): all, or those of one class."""

    points: np.ndarray
    part: np.ndarray


class Ball(NamedTuple):
    """The balls that the folds found, counted in the rows that did not find them.

    ``rows`` marks them; ``counts`` are rows of the first and of the second sample, ``ratio`` theirs by effective counts, and
    ``share`` the second sample's share in them.
    """

    rows: np.ndarray
    counts: tuple[int, int]
    ratio: Ratio
    share: float


class _Found(NamedTuple):
    score: float
    space: int
    centre: np.ndarray
    radius: float


def emptiest_ball(
    spaces: Sequence[Space], first: np.ndarray, fold: np.ndarray, rng: np.random.Generator, groups: np.ndarray | None = None
) -> Ball | None:
    """Search the ball around a row of the second sample in which the first sample is most too rare.

    Parameters
    ----------
    spaces : sequence of Space
        Where distances are taken.
    first : numpy.ndarray of bool, shape (rows,)
        Rows of the first sample.
    fold : numpy.ndarray of {0, 1}, shape (rows,)
        Halves, rows of a group in one.
    rng : numpy.random.Generator
        Draws the centres.
    groups : numpy.ndarray of int, shape (rows,), optional
        Rows that belong together.

    Returns
    -------
    Ball or None
        None where no ball has 20 rows expected.

    Notes
    -----
    Around 240 rows of each space, balls that hold 2% to 7% of all rows are tried on one half (8,000 rows of it at most); the
    one with the largest standardised distance below a ratio of .8 is counted on the other half, and the other way round. Given
    their sum the rows of the first sample are binomial. A scan statistic made honest by splitting.

    References
    ----------
    Kulldorff (1997), A spatial scan statistic, Communications in Statistics: Theory and Methods 26.
    """
    rate = float(first.sum() / max((~first).sum(), 1))
    rows = np.zeros(len(first), dtype=bool)
    for part in range(FOLDS):
        train = np.flatnonzero(fold != part)
        train = np.sort(rng.permutation(train)[:MOST_TRAINED])
        tries = [_best(space, at, train, first, rate, rng) for at, space in enumerate(spaces)]
        found = max((one for one in tries if one is not None), key=lambda one: one.score, default=None)
        if found is None:
            continue
        space = spaces[found.space]
        test = np.flatnonzero((fold == part) & space.part)
        rows[test[_squared(space.points[test], found.centre[None])[:, 0] <= found.radius]] = True
    counts = int((rows & first).sum()), int((rows & ~first).sum())
    if counts[1] * rate < LEAST_ROWS:
        return None
    by = deflated(groups, rows, DEPENDENCE)
    return Ball(rows, counts, Ratio(counts[0] / by, counts[1] / by, 1.0 / rate), counts[1] / int((~first).sum()))


def _best(space: Space, at: int, train: np.ndarray, first: np.ndarray, rate: float, rng: np.random.Generator) -> _Found | None:
    own = train[space.part[train]]
    centres = own[~first[own]]
    if len(centres) < LEAST_ROWS:
        return None
    centres = rng.permutation(centres)[:CENTRES]
    least = LEAST_ROWS * (1.0 + 1.0 / rate)  # so many that 20 of the first sample are expected among them
    sizes = np.unique([round(size * len(train)) for size in SIZES if least <= round(size * len(train)) < len(own)])
    if len(sizes) == 0:
        return None
    away = _squared(space.points[centres], space.points[own])
    near = np.argpartition(away, sizes[-1], axis=1)[:, : sizes[-1] + 1]
    near = np.take_along_axis(near, np.argsort(np.take_along_axis(away, near, axis=1), axis=1, kind="stable"), axis=1)
    hits = np.cumsum(first[own][near], axis=1)[:, sizes - 1].astype(np.float64)
    expected = (sizes - hits) * rate
    score = (WORTH * expected - hits) / np.sqrt(np.maximum(WORTH * expected + expected * rate * WORTH**2, 1.0))
    row, size = np.unravel_index(int(np.argmax(score)), score.shape)
    radius = float(away[row, near[row, sizes[size] - 1]])
    return _Found(float(score[row, size]), at, space.points[centres[row]], radius)


def _squared(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Give squared distances, shape (first rows, second rows)."""
    norms = np.einsum("ij,ij->i", first, first)[:, None] + np.einsum("ij,ij->i", second, second)[None, :]
    return norms - 2.0 * (first @ second.T)
