"""The correlation of latent Gaussians of which only intervals are known."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.special import ndtr, ndtri

NARROW = 1e-3  # intervals of at most this probability are taken as their middle
WORK = 4e8  # multiplications of one sweep at most, by taking fewer rows
FEWEST = 500
RIDGE = 1e-3


class Bounds(NamedTuple):
    """Probabilities between which each row's latent lies, arrays of shape (rows,)."""

    low: np.ndarray
    high: np.ndarray


def correlation(bounds: list[Bounds], sweeps: int, rng: np.random.Generator) -> np.ndarray:
    """Estimate the correlation matrix.

    Parameters
    ----------
    bounds : list of Bounds
        One per latent, all of the same rows.
    sweeps : int
        Sweeps over all latents; the matrices of the second half are averaged.
    rng : numpy.random.Generator
        Randomness.

    Returns
    -------
    numpy.ndarray of float64, shape (latents, latents)
        Positive definite: an average of correlation matrices, with a ridge of 0.001.

    Notes
    -----
    Stochastic expectation-maximisation on the extended rank likelihood (Hoff 2007): each sweep draws every latent from its
    conditional Gaussian, truncated to its interval, and takes the correlation of all rows drawn.
    """
    latents = len(bounds)
    if latents < 2:
        return np.eye(latents)
    rows = int(min(len(bounds[0].low), max(WORK / latents**2, FEWEST)))
    low, high = (np.stack([getattr(part, side)[:rows] for part in bounds]) for side in ("low", "high"))
    normals = ndtri(np.clip((low + high) / 2, 1e-12, 1 - 1e-12))
    loose = np.flatnonzero((high - low).max(axis=1) > NARROW)
    floor, ceiling = ndtri(low[loose]), ndtri(high[loose])
    average = np.zeros((latents, latents))
    current = _correlated(normals)
    begin = sweeps // 2
    for sweep in range(sweeps):
        precision = np.linalg.inv(current)
        for at, latent in enumerate(loose):
            spread = 1.0 / np.sqrt(precision[latent, latent])
            weights = -precision[latent] / precision[latent, latent]
            weights[latent] = 0.0
            centre = weights @ normals
            start, end = ndtr((floor[at] - centre) / spread), ndtr((ceiling[at] - centre) / spread)
            spot = np.clip(start + rng.random(rows) * (end - start), 1e-12, 1 - 1e-12)
            normals[latent] = np.clip(centre + spread * ndtri(spot), floor[at], ceiling[at])
        current = _correlated(normals)
        if sweep >= begin:
            average += current
    return average / (sweeps - begin)


def _correlated(normals: np.ndarray) -> np.ndarray:
    """Give the correlation of the rows, a constant one uncorrelated to all others, with a ridge."""
    centred = normals - normals.mean(axis=1, keepdims=True)
    spread = np.sqrt((centred**2).mean(axis=1, keepdims=True))
    standard = centred / np.where(spread > 1e-9, spread, 1.0)
    matrix = standard @ standard.T / normals.shape[1]
    np.fill_diagonal(matrix, 1.0)
    return (matrix + RIDGE * np.eye(len(matrix))) / (1.0 + RIDGE)
