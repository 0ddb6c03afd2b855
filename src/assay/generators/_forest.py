"""Randomised trees whose leaves hold donors: ask one tree, draw from its leaf."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import NamedTuple, Self

import numpy as np
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from assay.core.seeds import integer_seed, spawn


class Donors(NamedTuple):
    """Codes drawn, each with the code of the next donor of its leaf; arrays of shape (rows,)."""

    codes: np.ndarray
    others: np.ndarray


@dataclass(frozen=True, slots=True)
class Growth:
    """How trees are grown.

    Parameters
    ----------
    trees : int
        Trees per column.
    subsample : float
        Share of rows that a tree's splits are chosen on.
    features : float
        Share of predictors tried at each split.
    leaf : int
        Least rows of the subsample in a leaf.
    rows : int
        Most rows a tree reads and keeps as donors.
    """

    trees: int
    subsample: float
    features: float
    leaf: int
    rows: int


@dataclass(frozen=True, slots=True)
class DonorForest:
    """Trees of one column in flat arrays.

    Parameters
    ----------
    roots : numpy.ndarray of int32, shape (trees,)
        Node where each tree begins.
    feature : numpy.ndarray of int32, shape (nodes,)
        Predictor asked, -1 in leaves.
    threshold : numpy.ndarray of float64, shape (nodes,)
        Rows at most this go left.
    left, right : numpy.ndarray of int32, shape (nodes,)
        Children.
    start, end : numpy.ndarray of int64, shape (nodes,)
        A leaf's part of `donors`.
    donors : numpy.ndarray of int32, shape (donors,)
        Codes of the real cells in each leaf, ascending.
    """

    roots: np.ndarray
    feature: np.ndarray
    threshold: np.ndarray
    left: np.ndarray
    right: np.ndarray
    start: np.ndarray
    end: np.ndarray
    donors: np.ndarray

    @classmethod
    def alone(cls, codes: np.ndarray) -> Self:
        """Make the forest of a column without predictors: one leaf with all its cells."""
        zero, leaf = np.zeros(1, np.int32), np.full(1, -1, np.int32)
        ends = np.array([len(codes)], dtype=np.int64)
        return cls(zero, leaf, np.zeros(1), leaf, leaf, np.zeros(1, np.int64), ends, np.sort(codes).astype(np.int32))

    @classmethod
    def grow(cls, matrix: np.ndarray, wanted: np.ndarray, codes: np.ndarray, growth: Growth, *task: int) -> Self:
        """Grow trees that tell the rows of `wanted` apart.

        Parameters
        ----------
        matrix : numpy.ndarray of float32, shape (rows, predictors)
            Predictors, without NaN.
        wanted : numpy.ndarray, shape (rows,) or (rows, outputs)
            Integer classes, or numbers.
        codes : numpy.ndarray of int32, shape (rows,)
            What the leaves keep.
        growth : Growth
            How.
        *task : int
            Seed, then the task's numbers.
        """
        parts = [_tree(matrix, wanted, codes, growth, *task, at) for at in range(growth.trees)]
        nodes = np.concatenate([[0], np.cumsum([len(part.feature) for part in parts])])
        donors = np.concatenate([[0], np.cumsum([len(part.donors) for part in parts])])
        moved = [
            cls(
                np.array([offset], np.int32),
                part.feature,
                part.threshold,
                np.where(part.left < 0, -1, part.left + offset).astype(np.int32),
                np.where(part.right < 0, -1, part.right + offset).astype(np.int32),
                part.start + shift,
                part.end + shift,
                part.donors,
            )
            for part, offset, shift in zip(parts, nodes[:-1], donors[:-1], strict=True)
        ]
        return cls(*(np.concatenate([getattr(part, field.name) for part in moved]) for field in fields(cls)))

    def draw(self, matrix: np.ndarray, rng: np.random.Generator) -> Donors:
        """Give a donor to each row: one random tree, its leaf, a random cell there.

        Parameters
        ----------
        matrix : numpy.ndarray of float32, shape (rows, predictors)
            Predictors, as in `grow`.
        rng : numpy.random.Generator
            Randomness.
        """
        rows = len(matrix)
        node = self.roots[rng.integers(0, len(self.roots), rows)]
        active = np.arange(rows)
        while active.size:
            here = node[active]
            feature = self.feature[here]
            inner = feature >= 0
            active, here, feature = active[inner], here[inner], feature[inner]
            low = matrix[active, feature] <= self.threshold[here]
            node[active] = np.where(low, self.left[here], self.right[here])
        start, end = self.start[node], self.end[node]
        spot = start + (rng.random(rows) * (end - start)).astype(np.int64)
        beside = np.where(spot + 1 < end, spot + 1, np.maximum(spot - 1, start))
        return Donors(self.donors[spot], self.donors[beside])


def _tree(matrix: np.ndarray, wanted: np.ndarray, codes: np.ndarray, growth: Growth, seed: int, *task: int) -> DonorForest:
    rng = spawn(seed, "tree", *task)
    rows = rng.permutation(len(codes))[: growth.rows]
    grown = np.sort(rows[: max(int(np.ceil(growth.subsample * len(rows))), 1)])
    rows.sort()
    if np.issubdtype(wanted.dtype, np.integer) and 2 * len(np.unique(wanted[grown])) > len(grown):
        wanted = np.eye(int(wanted.max()) + 1)[wanted]  # the same criterion; the classifier warns of few rows of many classes
    learner = DecisionTreeClassifier if np.issubdtype(wanted.dtype, np.integer) else DecisionTreeRegressor
    model = learner(
        max_features=growth.features,
        min_samples_leaf=min(growth.leaf, len(grown)),
        random_state=integer_seed(seed, "splits", *task),
    )
    tree = model.fit(matrix[grown], wanted[grown], check_input=False).tree_
    inner = tree.children_left >= 0
    leaves = tree.apply(matrix if len(rows) == len(matrix) else matrix[rows]).astype(np.int64)
    width = int(codes.max()) + 3  # codes begin at -2
    sorted_keys = np.sort(leaves * width + codes[rows] + 2)
    of_leaf, donors = np.divmod(sorted_keys, width)
    every = np.arange(tree.node_count)
    return DonorForest(
        np.zeros(1, np.int32),
        np.where(inner, tree.feature, -1).astype(np.int32),
        tree.threshold.copy(),
        tree.children_left.astype(np.int32),
        tree.children_right.astype(np.int32),
        np.searchsorted(of_leaf, every, side="left"),
        np.searchsorted(of_leaf, every, side="right"),
        (donors - 2).astype(np.int32),
    )
