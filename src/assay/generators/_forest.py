"""Randomised trees whose leaves hold donors: ask one tree, draw from its leaf."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Self

import numpy as np
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from assay.core.seeds import integer_seed, spawn

LEAST_ALIKE = 3  # donors of a row's own class from which a leaf's other donors are left aside


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
    cuts : numpy.ndarray of int64, shape (nodes, classes + 1)
        Range of each leaf's donors, from the first number to the last, cut by their class; one class where there is no target.
    donors : numpy.ndarray of int32, shape (donors,)
        Codes of the real cells in each leaf, by class, then ascending.
    """

    roots: np.ndarray
    feature: np.ndarray
    threshold: np.ndarray
    left: np.ndarray
    right: np.ndarray
    cuts: np.ndarray
    donors: np.ndarray

    @classmethod
    def alone(cls, codes: np.ndarray) -> Self:
        """Make the forest of a column without predictors: one leaf with all its cells."""
        zero, leaf = np.zeros(1, np.int32), np.full(1, -1, np.int32)
        ends = np.array([[0, len(codes)]], dtype=np.int64)
        return cls(zero, leaf, np.zeros(1), leaf, leaf, ends, np.sort(codes).astype(np.int32))

    @classmethod
    def grow(
        cls,
        matrix: np.ndarray,
        wanted: np.ndarray,
        codes: np.ndarray,
        growth: Growth,
        *task: int,
        classes: np.ndarray | None = None,
    ) -> Self:
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
        classes : numpy.ndarray of int64, shape (rows,), optional
            Classes 0, 1, ... of the table's target, by which leaves are cut.
        """
        classes = np.zeros(len(codes), dtype=np.int64) if classes is None else classes
        parts = [_tree(matrix, wanted, codes, classes, growth, *task, at) for at in range(growth.trees)]
        nodes = np.concatenate([[0], np.cumsum([len(part.feature) for part in parts])])
        donors = np.concatenate([[0], np.cumsum([len(part.donors) for part in parts])])
        moved = [
            cls(
                np.array([offset], np.int32),
                part.feature,
                part.threshold,
                np.where(part.left < 0, -1, part.left + offset).astype(np.int32),
                np.where(part.right < 0, -1, part.right + offset).astype(np.int32),
                part.cuts + shift,
                part.donors,
            )
            for part, offset, shift in zip(parts, nodes[:-1], donors[:-1], strict=True)
        ]
        return cls(*(np.concatenate([getattr(part, field.name) for part in moved]) for field in fields(cls)))

    def draw(self, matrix: np.ndarray, rng: np.random.Generator, classes: np.ndarray | None = None) -> np.ndarray:
        """Give the code of a donor to each row: one random tree, its leaf, a random cell there, of the row's class if any.

        Parameters
        ----------
        matrix : numpy.ndarray of float32, shape (rows, predictors)
            Predictors, as in `grow`.
        rng : numpy.random.Generator
            Randomness.
        classes : numpy.ndarray of int64, shape (rows,), optional
            The target's classes, where the leaves are cut by them.
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
        start, end = self.cuts[node, 0], self.cuts[node, -1]
        if classes is not None and self.cuts.shape[1] > 2:
            low, high = self.cuts[node, classes], self.cuts[node, classes + 1]
            alike = high - low >= LEAST_ALIKE
            start, end = np.where(alike, low, start), np.where(alike, high, end)
        return self.donors[start + (rng.random(rows) * (end - start)).astype(np.int64)]


def _tree(
    matrix: np.ndarray, wanted: np.ndarray, codes: np.ndarray, classes: np.ndarray, growth: Growth, seed: int, *task: int
) -> DonorForest:
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
    width, kinds = int(codes.max()) + 3, int(classes.max()) + 1  # codes begin at -2
    cells, donors = np.divmod(np.sort((leaves * kinds + classes[rows]) * width + codes[rows] + 2), width)
    starts = np.searchsorted(cells, np.arange(tree.node_count * kinds + 1)).astype(np.int64)
    return DonorForest(
        np.zeros(1, np.int32),
        np.where(inner, tree.feature, -1).astype(np.int32),
        tree.threshold.copy(),
        tree.children_left.astype(np.int32),
        tree.children_right.astype(np.int32),
        np.lib.stride_tricks.sliding_window_view(starts, kinds + 1)[::kinds].copy(),
        (donors - 2).astype(np.int32),
    )
