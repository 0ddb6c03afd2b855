"""Gradient boosted trees for the classes of one column: a sharper law than leaves of donors give."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np

BINS = 128
DEPTH = 5
ROUNDS = 80
RATE = 0.15
PENALTY = 5.0
LIGHTEST = 1.0  # least sum of second derivatives in a node
WORK = 4e8  # row-predictor-level-tree steps at most, by taking fewer rows
FEWEST = 10_000


@dataclass(frozen=True, slots=True)
class Boosted:
    """Log-odds of classes as sums of trees of depth 5.

    Parameters
    ----------
    edges : numpy.ndarray of float32, shape (predictors, 63)
        Upper ends of each predictor's bins, infinite where there are fewer.
    prior : numpy.ndarray of float64, shape (classes,)
        Log shares.
    feature, cut : numpy.ndarray of int16, shape (rounds, classes, 31)
        Predictor asked in each inner node, and the last bin that goes left.
    value : numpy.ndarray of float64, shape (rounds, classes, 32)
        What each leaf adds.
    """

    edges: np.ndarray
    prior: np.ndarray
    feature: np.ndarray
    cut: np.ndarray
    value: np.ndarray

    @classmethod
    def fit(cls, matrix: np.ndarray, classes: np.ndarray, rng: np.random.Generator, rounds: int = ROUNDS) -> Self:
        """Fit by gradient boosting of the multinomial deviance.

        Parameters
        ----------
        matrix : numpy.ndarray of float32, shape (rows, predictors)
            Predictors, without NaN.
        classes : numpy.ndarray of int64, shape (rows,)
            Classes 0, 1, ..., each with a row at least.
        rng : numpy.random.Generator
            Chooses rows where there are too many.
        rounds : int
            Trees per class.
        """
        counts = np.bincount(classes)
        outputs = len(counts) if len(counts) > 2 else 1
        most = max(int(WORK / (rounds * outputs * DEPTH * matrix.shape[1])), FEWEST)
        prior = np.log(counts / len(classes))
        if most < len(classes):
            chosen = np.sort(rng.permutation(len(classes))[:most])
            matrix, classes = matrix[chosen], classes[chosen]
        rows, width = matrix.shape
        edges = np.stack([_edges(matrix[:, at]) for at in range(width)])
        binned = _binned(matrix, edges)
        prior = prior if outputs > 1 else prior[1:] - prior[:1]
        odds = np.repeat(prior[:, None], rows, axis=1)
        truth = np.stack([classes == at for at in range(outputs)]) if outputs > 1 else (classes == 1)[None]
        inner = 2**DEPTH - 1
        feature = np.zeros((rounds, outputs, inner), dtype=np.int16)
        cut = np.full((rounds, outputs, inner), BINS, dtype=np.int16)
        value = np.zeros((rounds, outputs, inner + 1))
        for at in range(rounds):
            shares = _shares(odds)
            for output in range(outputs):
                said = shares[output]
                grown = _grow(binned, said - truth[output], said * (1 - said))
                feature[at, output], cut[at, output], value[at, output] = grown
                odds[output] += value[at, output][_leaves(binned, grown[0], grown[1])]
        return cls(edges, prior, feature, cut, value)

    def __call__(self, matrix: np.ndarray) -> np.ndarray:
        """Give the probability of each class, as float64 of shape (classes, rows)."""
        binned = _binned(matrix, self.edges)
        odds = np.repeat(self.prior[:, None], len(matrix), axis=1)
        for feature, cut, value in zip(self.feature, self.cut, self.value, strict=True):
            for output in range(len(odds)):
                odds[output] += value[output][_leaves(binned, feature[output], cut[output])]
        shares = _shares(odds)
        return shares if len(shares) > 1 else np.concatenate([1 - shares, shares])


def _edges(column: np.ndarray) -> np.ndarray:
    """Cut so that bins hold alike many rows; a heavy value takes one bin and leaves the others to the rest."""
    values, counts = np.unique(column, return_counts=True)
    edges = np.full(BINS - 1, np.inf, dtype=np.float32)
    weights = np.minimum(counts, len(column) / BINS)
    bins = np.minimum((BINS * (np.cumsum(weights) - weights / 2) / weights.sum()).astype(np.int64), BINS - 1)
    if len(values) <= BINS:
        bins = np.arange(len(values))
    last = np.flatnonzero(np.diff(bins))
    edges[: len(last)] = ((values[last].astype(np.float64) + values[last + 1]) / 2).astype(np.float32)
    return edges


def _binned(matrix: np.ndarray, edges: np.ndarray) -> np.ndarray:
    return np.stack([np.searchsorted(edges[at], matrix[:, at]) for at in range(matrix.shape[1])]).astype(np.intp)


def _shares(odds: np.ndarray) -> np.ndarray:
    if len(odds) == 1:
        return 1 / (1 + np.exp(-odds))
    raised = np.exp(odds - odds.max(axis=0))
    return raised / raised.sum(axis=0)


def _grow(binned: np.ndarray, gradient: np.ndarray, weight: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Grow one tree level by level on histograms."""
    width, rows = binned.shape
    feature, cut = np.zeros(2**DEPTH - 1, dtype=np.int16), np.full(2**DEPTH - 1, BINS, dtype=np.int16)
    node, everyone = np.zeros(rows, dtype=np.intp), np.arange(rows)
    for level in range(DEPTH):
        nodes = 2**level
        best, place, winner = np.full(nodes, 1e-9), np.full(nodes, BINS), np.zeros(nodes, dtype=np.intp)
        offset = node * BINS
        for at in range(width):
            key = offset + binned[at]
            slope = np.bincount(key, weights=gradient, minlength=nodes * BINS).reshape(nodes, BINS).cumsum(axis=1)
            curve = np.bincount(key, weights=weight, minlength=nodes * BINS).reshape(nodes, BINS).cumsum(axis=1)
            gain = _gain(slope, curve)
            spot = gain.argmax(axis=1)
            found = gain[np.arange(nodes), spot]
            better = found > best
            best[better], place[better], winner[better] = found[better], spot[better], at
        first = nodes - 1
        feature[first : first + nodes], cut[first : first + nodes] = winner, place
        node = 2 * node + (binned[winner[node], everyone] > place[node])
    slope = np.bincount(node, weights=gradient, minlength=2**DEPTH)
    curve = np.bincount(node, weights=weight, minlength=2**DEPTH)
    return feature, cut, -RATE * slope / (curve + PENALTY)


def _gain(slope: np.ndarray, curve: np.ndarray) -> np.ndarray:
    total, mass = slope[:, -1:], curve[:, -1:]
    gain = slope**2 / (curve + PENALTY) + (total - slope) ** 2 / (mass - curve + PENALTY) - total**2 / (mass + PENALTY)
    return np.where((curve >= LIGHTEST) & (mass - curve >= LIGHTEST), gain, 0.0)


def _leaves(binned: np.ndarray, feature: np.ndarray, cut: np.ndarray) -> np.ndarray:
    everyone = np.arange(binned.shape[1])
    node = np.zeros(binned.shape[1], dtype=np.intp)
    for _ in range(DEPTH):
        node = 2 * node + 1 + (binned[feature[node], everyone] > cut[node])
    return node - (2**DEPTH - 1)
