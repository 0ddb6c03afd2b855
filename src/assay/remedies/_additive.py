"""A small additive model of a target that is written down as JSON: bends of numbers, levels, nulls, and no row."""

# pyright: reportAttributeAccessIssue=false
# pyarrow.compute makes its functions at import, unseen by type checkers

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from assay.data.dataset import Dataset
from assay.data.target import level_texts

KNOTS = (0.01, 0.1, 0.3, 0.5, 0.7, 0.9, 0.99)
LEVELS = 20
LEAST_BEHIND = 10  # real rows behind every level that is named
STEPS = 8  # of Newton's method
BOUNDED_STEPS = 40  # with a bound in the place of the curvature


@dataclass(frozen=True)
class Basis:
    """What each column is turned into.

    Parameters
    ----------
    parts : tuple of mapping
        JSON, one a column: its ``column``, and ``knots`` (a number bends there, and is flat beyond) with ``nulls`` (whether they
        have a weight), or ``levels``.
    """

    parts: tuple[Mapping[str, Any], ...]

    @classmethod
    def of(cls, rows: Dataset, real: Dataset) -> Basis:
        """Choose bends at quantiles of the synthetic rows, and the levels that ten real rows have."""
        parts: list[Mapping[str, Any]] = []
        for name in real.schema.features:
            if real.schema.column(name).ordered:
                numbers = rows.numbers(name)
                known = numbers[np.isfinite(numbers)]
                if len(known):
                    knots = np.unique(np.quantile(known, KNOTS))
                    nulls = bool(rows.nulls(name).any() or real.nulls(name).any())
                    parts.append({"column": name, "knots": [float(knot) for knot in knots], "nulls": nulls})
            else:
                levels = named_levels(real, name)[:LEVELS]
                if levels:
                    parts.append({"column": name, "levels": levels})
        return cls(tuple(parts))

    def matrix(self, rows: Dataset) -> np.ndarray:
        """Give one row of numbers a row, the first being 1."""
        blocks = [np.ones((len(rows), 1))]
        for part in self.parts:
            name = str(part["column"])
            if "knots" in part:
                numbers = rows.numbers(name)
                null = np.isnan(numbers)
                hats = _hats(np.where(null, part["knots"][0], numbers), np.array(part["knots"]))
                blocks.append(np.column_stack([hats, null]) if part["nulls"] else hats)
            else:
                codes = text_codes(rows, name, part["levels"])
                blocks.append((codes[:, None] == np.arange(len(part["levels"]))).astype(np.float64))
        return np.ascontiguousarray(np.concatenate(blocks, axis=1))


@dataclass(frozen=True)
class Additive:
    """A fitted model.

    Parameters
    ----------
    basis : Basis
        Its features.
    weights : numpy.ndarray, shape (features, outcomes)
        One outcome for two classes and for a regression.
    task : str
        ``binary``, ``multiclass`` or ``regression``.
    """

    basis: Basis
    weights: np.ndarray
    task: str

    def expected(self, rows: Dataset) -> np.ndarray:
        """Give chances, or the number expected, of shape (rows, outcomes)."""
        return self.of_matrix(self.basis.matrix(rows))

    def of_matrix(self, matrix: np.ndarray) -> np.ndarray:
        """Give the same for rows of `Basis.matrix`."""
        return _expected(matrix @ self.weights, self.task)

    def to_json(self) -> dict[str, Any]:
        """Write it down."""
        return {"parts": [dict(part) for part in self.basis.parts], "weights": self.weights.tolist(), "task": self.task}

    @classmethod
    def from_json(cls, written: Mapping[str, Any]) -> Additive:
        """Read it back."""
        return cls(Basis(tuple(written["parts"])), np.array(written["weights"], dtype=np.float64), str(written["task"]))


def fit(
    matrix: np.ndarray,
    outcomes: np.ndarray,
    task: str,
    *,
    weights: np.ndarray | None = None,
    ridge: float = 1.0,
    start: np.ndarray | None = None,
) -> np.ndarray:
    """Fit the weights of an additive model.

    Parameters
    ----------
    matrix : numpy.ndarray, shape (rows, features)
        From `Basis.matrix`.
    outcomes : numpy.ndarray, shape (rows, outcomes)
        0 or 1, one column for two classes, else one a class; a number for a regression.
    task : {'binary', 'multiclass', 'regression'}
        What they are.
    weights : numpy.ndarray, shape (rows,), optional
        Of rows.
    ridge : float
        Pull of every weight but the first towards `start`, in rows.
    start : numpy.ndarray, shape (features, outcomes), optional
        Default zeros.

    Notes
    -----
    Two classes by Newton's method, more by steps with the bound (1/2) X'X on the curvature (Böhning 1992), numbers by least
    squares.

    References
    ----------
    Böhning (1992), Multinomial logistic regression algorithm, Annals of the Institute of Statistical Mathematics 44.
    """
    rows, features = matrix.shape
    weights = np.ones(rows) if weights is None else weights
    aim = np.zeros((features, outcomes.shape[1])) if start is None else start
    pull = np.full(features, ridge)
    pull[0] = min(ridge, 1e-3)
    if task == "regression":
        return aim + _step(matrix, weights, pull, matrix.T @ (weights[:, None] * (outcomes - matrix @ aim)))
    found = aim.copy()
    if task == "binary":
        for _ in range(STEPS):
            chance = _expected(matrix @ found, task)
            slope = matrix.T @ (weights[:, None] * (outcomes - chance)) - pull[:, None] * (found - aim)
            curve = weights * np.maximum((chance * (1 - chance))[:, 0], 1e-3)
            change = _step(matrix, curve, pull, slope)
            found = found + change * min(1.0, 4.0 / max(float(np.abs(change).max()), 1e-9))
            if float(np.abs(change).max()) < 1e-3:
                break
        return found
    inverse = np.linalg.inv(0.5 * (matrix * weights[:, None]).T @ matrix + np.diag(pull + 1e-6))
    for _ in range(BOUNDED_STEPS):
        left = matrix.T @ (weights[:, None] * (outcomes - _expected(matrix @ found, task))) - pull[:, None] * (found - aim)
        found = found + inverse @ left
    return found


def named_levels(real: Dataset, name: str, least: int = LEAST_BEHIND) -> list[str]:
    """List the levels, as text, that at least ten real rows have, the most frequent first."""
    texts = level_texts(real.table.column(name)).drop_null()
    counted = texts.combine_chunks().value_counts()
    pairs = zip(counted.field("counts").to_pylist(), counted.field("values").to_pylist(), strict=True)
    return [text for times, text in sorted(pairs, key=lambda pair: (-pair[0], pair[1])) if times >= least]


def text_codes(rows: Dataset, name: str, levels: Sequence[str]) -> np.ndarray:
    """Give each row's place in a list of levels as text: ``len(levels)`` where it is another, -1 where null."""
    texts = level_texts(rows.table.column(name))
    found = pc.fill_null(pc.index_in(texts, value_set=pa.array(list(levels), pa.string())), len(levels))
    codes = np.asarray(found.combine_chunks()).astype(np.int64)
    codes[np.asarray(pc.is_null(texts).combine_chunks())] = -1
    return codes


def _hats(numbers: np.ndarray, knots: np.ndarray) -> np.ndarray:
    """Give a hat function a knot but the first: 1 at its knot, 0 at its neighbours', the last one flat beyond."""
    found = np.zeros((len(numbers), len(knots)))
    if len(knots) > 1:
        at = np.clip(np.searchsorted(knots, numbers, side="right") - 1, 0, len(knots) - 2)
        along = np.clip((numbers - knots[at]) / (knots[at + 1] - knots[at]), 0.0, 1.0)
        rows = np.arange(len(numbers))
        found[rows, at], found[rows, at + 1] = 1.0 - along, along
    return found[:, 1:]


def _expected(scores: np.ndarray, task: str) -> np.ndarray:
    if task == "regression":
        return scores
    if task == "binary":
        return 1.0 / (1.0 + np.exp(-np.clip(scores, -30.0, 30.0)))
    raised = np.exp(scores - scores.max(axis=1, keepdims=True))
    return raised / raised.sum(axis=1, keepdims=True)


def _step(matrix: np.ndarray, curve: np.ndarray, pull: np.ndarray, slope: np.ndarray) -> np.ndarray:
    return np.linalg.solve((matrix * curve[:, None]).T @ matrix + np.diag(pull + 1e-6), slope)
