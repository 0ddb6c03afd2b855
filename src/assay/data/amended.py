"""Synthetic rows on their way to being mended: cells, weights, and which of them real rows were used for."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa

from assay.data.dataset import Dataset


@dataclass(frozen=True)
class Amended:
    """Rows with weights.

    Parameters
    ----------
    table : Dataset
        The rows.
    weights : numpy.ndarray of float64, shape (rows,)
        How much each counts; not negative, mean 1 when all is done.
    anchored : numpy.ndarray of bool, shape (rows,)
        Rows made from real ones; they stand behind all others.
    """

    table: Dataset
    weights: np.ndarray
    anchored: np.ndarray

    @classmethod
    def of(cls, table: Dataset) -> Amended:
        """Give rows as they are, each of weight 1."""
        return cls(table, np.ones(len(table)), np.zeros(len(table), dtype=bool))

    def __len__(self) -> int:
        return len(self.table)

    @property
    def effective(self) -> float:
        """Kish's effective sample size, (sum of weights)^2 / sum of squared weights."""
        return float(self.weights.sum() ** 2 / max(float(np.sum(self.weights**2)), 1e-300))

    def take(self, rows: np.ndarray) -> Amended:
        """Give some rows."""
        return Amended(self.table.take(rows), self.weights[rows], self.anchored[rows])

    def with_table(self, table: Dataset) -> Amended:
        """Give other cells for the same rows."""
        return replace(self, table=table)

    def weighed(self, factor: np.ndarray) -> Amended:
        """Multiply weights, of shape (rows,), and scale them to mean 1."""
        weights = self.weights * factor
        return replace(self, weights=weights * (len(weights) / max(float(weights.sum()), 1e-300)))

    def joined(self, table: Dataset, weights: np.ndarray) -> Amended:
        """Append rows made from real ones, with weights on the scale of these, and scale all to mean 1."""
        both = pa.concat_tables([self.table.table, table.table.cast(self.table.table.schema)])
        added = np.concatenate([self.weights, weights])
        return Amended(
            Dataset(both, self.table.schema, name=self.table.name, lineage=self.table.lineage),
            added * (len(added) / max(float(added.sum()), 1e-300)),
            np.concatenate([self.anchored, np.ones(len(table), dtype=bool)]),
        )

    def thinned(self, rng: np.random.Generator) -> Dataset:
        """Draw rows so that each stays with a chance in proportion to its weight, the heaviest percent capped.

        Notes
        -----
        For whoever cannot use weights. A row is never repeated; with weights of which the effective sample size is small, few
        rows are left.
        """
        most = float(np.quantile(self.weights, 0.99)) if len(self.weights) else 1.0
        kept = rng.random(len(self.weights)) < self.weights / max(most, 1e-300)
        return self.table.take(np.flatnonzero(kept))
