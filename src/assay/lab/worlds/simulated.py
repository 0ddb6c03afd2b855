"""What a simulation gives: every statistic of every generation and seed, and its distance from a law in standard errors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from assay.core.errors import UnknownNameError


@dataclass(frozen=True, slots=True)
class Simulated:
    """Lineages of a toy world.

    Parameters
    ----------
    world, regime : str
        What was simulated.
    sizes : tuple of int
        Rows of each generation.
    statistics : mapping of str to numpy.ndarray of shape (generations, seeds)
        The first row is the generation that learned from real rows alone.
    """

    world: str
    regime: str
    sizes: tuple[int, ...]
    statistics: Mapping[str, np.ndarray]

    def __getitem__(self, name: str) -> np.ndarray:
        """Give one statistic, of shape (generations, seeds)."""
        if name not in self.statistics:
            raise UnknownNameError("statistic", name, self.statistics)
        return self.statistics[name]

    @property
    def seeds(self) -> int:
        """Number of lineages."""
        return next(iter(self.statistics.values())).shape[1]

    def mean(self, name: str) -> np.ndarray:
        """Give the mean over the seeds, of shape (generations,)."""
        return self[name].mean(axis=1)

    def standard_error(self, name: str) -> np.ndarray:
        """Give the Monte-Carlo standard error of the mean, of shape (generations,).

        Notes
        -----
        From the spread of the seeds themselves. It says too little where few lineages carry the mean, so that no seed has met
        them: the mean of the variance after many more generations than rows.
        """
        return self[name].std(axis=1, ddof=1) / np.sqrt(self.seeds)

    def z(self, name: str, expected: np.ndarray) -> np.ndarray:
        """Give (mean - expected) / standard error, of shape (generations,); 0 where both are equal without any spread."""
        apart, error = self.mean(name) - expected, self.standard_error(name)
        rounding = 1e-12 * np.maximum(1.0, np.abs(expected))
        return np.divide(apart, error, out=np.where(np.abs(apart) <= rounding, 0.0, np.inf), where=error > rounding)

    def first_below(self, name: str, limit: float) -> np.ndarray:
        """Give the generation at which a statistic is first at most `limit`, of shape (seeds,); 0 where it never is."""
        met = self[name] <= limit
        return np.where(met.any(axis=0), met.argmax(axis=0) + 1, 0)
