"""Resampling of blocks of rows: one draw of block weights resamples every cell of a profile jointly."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class BlockDraws:
    """Weights of one sample's blocks, drawn with replacement.

    Parameters
    ----------
    weights : ndarray of shape (draws, blocks)
        How often each block is drawn.
    rows : ndarray of shape (blocks,)
        Rows in each block.

    Notes
    -----
    Drawing blocks keeps the dependence between all cells of all columns and, where blocks hold whole entities, within
    entities. With B blocks variances come out (B - 1)/B of their size; `errors` scales that back.

    References
    ----------
    Efron and Tibshirani (1993), An Introduction to the Bootstrap, section 8.6.
    """

    weights: np.ndarray
    rows: np.ndarray

    @classmethod
    def make(cls, rows: np.ndarray, draws: int, rng: np.random.Generator) -> BlockDraws:
        """Draw block weights.

        Parameters
        ----------
        rows : ndarray of shape (blocks,)
            Rows in each block.
        draws : int
            Number of draws.
        rng : numpy.random.Generator
            Source of randomness.
        """
        blocks = len(rows)
        weights = rng.multinomial(blocks, np.full(blocks, 1.0 / blocks), size=draws)
        return cls(weights.astype(np.float32), np.asarray(rows, dtype=np.float64))

    def errors(self, counts: np.ndarray) -> np.ndarray:
        """Give the sampling errors of the shares of rows.

        Parameters
        ----------
        counts : ndarray of shape (blocks, ...)
            Counts per block.

        Returns
        -------
        ndarray of shape (draws, ...)
            Share of rows in each draw minus the share observed.
        """
        blocks = len(self.rows)
        flat = counts.reshape(blocks, -1)
        share = flat.sum(axis=0, dtype=np.float64) / self.rows.sum()
        # Centring every block on the overall share before the product makes the ratio's error first-order exact.
        centred = flat - self.rows[:, None] * share
        drawn = self.weights @ centred.astype(np.float32)
        drawn *= (np.sqrt(blocks / (blocks - 1)) / (self.weights @ self.rows.astype(np.float32)))[:, None]
        return drawn.reshape(len(self.weights), *counts.shape[1:])

    def sums(self, summands: np.ndarray) -> np.ndarray:
        """Give resampled totals of additive quantities, shape (draws, ...), for summands of shape (blocks, ...)."""
        flat = summands.reshape(len(self.rows), -1)
        return (self.weights.astype(np.float64) @ flat).reshape(len(self.weights), *summands.shape[1:])


def clustering(counts: np.ndarray) -> np.ndarray:
    """Measure how much rarer independent cases are than rows, where rows of an entity share a block.

    Parameters
    ----------
    counts : ndarray of shape (blocks, items)
        Rows per block, with whole entities in one block.

    Returns
    -------
    ndarray of shape (items,)
        Index of dispersion over blocks, at least 1: the factor by which counts vary more than those of independent rows.

    References
    ----------
    Kish (1965), Survey Sampling, section 5.4 (design effect).

    Examples
    --------
    >>> import numpy as np
    >>> clustering(np.array([[6], [0], [0], [6], [0], [0]])).round(1)
    array([4.8])
    """
    mean = counts.mean(axis=0)
    return np.maximum(counts.var(axis=0, ddof=1) / np.maximum(mean, 1e-12), 1.0)


def effective_tests(maxima: np.ndarray, level: float = 0.90) -> float:
    """Find how many independent normal tests have the same largest value as these dependent ones.

    Parameters
    ----------
    maxima : ndarray of shape (draws,)
        Largest standardised deviation of each joint draw.
    level : float
        Quantile at which the two are matched; well inside the draws, so that few draws suffice.

    Returns
    -------
    float
        At least 1.

    Examples
    --------
    >>> import numpy as np
    >>> z = np.random.default_rng(0).standard_normal((20_000, 10)).max(axis=1)
    >>> 8 < effective_tests(z) < 12
    True
    """
    from scipy.special import ndtr  # not before a check has begun to read: it takes a while

    tail = float(ndtr(np.quantile(maxima, level)))
    return float(max(1.0, np.log(level) / np.log(min(tail, 1 - 1e-12))))


def simultaneous_z(tests: float, alpha: float) -> float:
    """Give the normal quantile at which `tests` independent one-sided tests err at `alpha` in all.

    Examples
    --------
    >>> round(simultaneous_z(1, 0.05), 3)
    1.645
    """
    from scipy.special import ndtri  # not before a check has begun to read: it takes a while

    return float(-ndtri(-np.expm1(np.log1p(-alpha) / tests)))


@dataclass(frozen=True)
class Draws:
    """Joint draws of a check: the real sample, a second real sample of the synthetic size, and the synthetic sample.

    Every measure of one check uses the same draws, so that items of all families are resampled jointly.
    """

    real: BlockDraws
    again: BlockDraws
    synthetic: BlockDraws

    @classmethod
    def make(cls, real_rows: np.ndarray, synthetic_rows: np.ndarray, draws: int, rng: np.random.Generator) -> Draws:
        """Draw the weights for blocks of these sizes."""
        return cls(
            BlockDraws.make(real_rows, draws, rng),
            BlockDraws.make(real_rows, draws, rng),
            BlockDraws.make(synthetic_rows, draws, rng),
        )

    def over(self, real_rows: np.ndarray, synthetic_rows: np.ndarray, rng: np.random.Generator) -> Draws:
        """Draw as many weights for other blocks of the same rows."""
        return type(self)(
            type(self.real).make(real_rows, len(self.real.weights), rng),
            type(self.again).make(real_rows, len(self.again.weights), rng),
            type(self.synthetic).make(synthetic_rows, len(self.synthetic.weights), rng),
        )

    @property
    def sizes(self) -> float:
        """Factor from errors at the real size to errors at the synthetic size."""
        return float(np.sqrt(self.real.rows.sum() / self.synthetic.rows.sum()))

    def noise(self, real_counts: np.ndarray, synthetic_counts: np.ndarray) -> np.ndarray:
        """Give joint errors of (synthetic share - real share), shape (draws, ...), for counts of shape (blocks, ...)."""
        return self.synthetic.errors(synthetic_counts) - self.real.errors(real_counts)

    def null_noise(self, real_counts: np.ndarray) -> np.ndarray:
        """Give joint errors of the difference between two real samples of the same two sizes."""
        return self.sizes * self.again.errors(real_counts) - self.real.errors(real_counts)

    def own_noise(self, real_counts: np.ndarray) -> np.ndarray:
        """Give joint errors of a sample of the synthetic size drawn from the real rows themselves, with replacement."""
        return self.sizes * self.again.errors(real_counts)
