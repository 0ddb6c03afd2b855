"""Intervals for distances: how large is the true difference, when noise alone already makes a distance?

A distance between two samples (total variation, Kolmogorov, area) is never below zero, so noise lifts it, and value minus
floor is not the effect. Here the effect is found by turning a test round: for every true size t the distance that would be
observed is simulated by adding the sampling errors of both samples to a difference of size t, and the interval holds the
sizes t under which the distance observed is an ordinary one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from assay.stats.distances import Quadratic
from assay.stats.resample import effective_tests, simultaneous_z

Z95 = 1.959963984540054
Z90 = 1.6448536269514722
STEP = 0.05
SIZES: np.ndarray = np.array([0.0, 0.15, 0.3, 0.45, 0.6, 0.8, 1.0, 1.3, 1.7, 2.4])


@dataclass(frozen=True)
class Curves:
    """Mean and spread of the observed distance as functions of the true one, for several items.

    Parameters
    ----------
    value : ndarray of shape (items,)
        Distances observed.
    sizes : ndarray of shape (sizes, items)
        True distances tried, from 0 upwards.
    mean, spread : ndarray of shape (sizes, items)
        Mean and standard deviation of the distance that would be observed.
    floor : ndarray of shape (draws, items)
        Distances between two real samples.
    at_effect : ndarray of shape (draws, items)
        Distances that would be observed if the point estimates were true.
    linear : ndarray of shape (draws, items)
        Linear part of the observed distances' errors, at the difference observed.
    skew : ndarray of shape (sizes, items)
        Skewness of the distance that would be observed.
    """

    value: np.ndarray
    sizes: np.ndarray
    mean: np.ndarray
    spread: np.ndarray
    floor: np.ndarray
    at_effect: np.ndarray
    linear: np.ndarray
    skew: np.ndarray

    def solve(self, z: float, value: np.ndarray | None = None) -> np.ndarray:
        """Find the true size under which the observed distance is at its quantile of normal level z, shape (items,).

        Quantiles are those of Cornish and Fisher (1938) to first order, ``mean + (z + (z^2 - 1) skewness / 6) spread``: a
        supremum or an area is skewed to the right where the true distance is small. A skew only ever widens a bound.
        """
        level = np.full_like(self.skew, z)
        if z:
            longer = np.maximum if z > 0 else np.minimum
            level = longer(level, z + (z * z - 1.0) * self.skew / 6.0)
        return _crossing(self.sizes, self.mean + level * self.spread, self.value if value is None else value)

    @property
    def effect(self) -> np.ndarray:
        """Point estimates: the true size whose mean is the distance observed."""
        return self.solve(0.0)

    def low(self, z: float = Z95) -> np.ndarray:
        """Lower bounds, one-sided at the normal quantile z."""
        return self.solve(z)

    def high(self, z: float = Z95) -> np.ndarray:
        """Upper bounds; a distance below its floor by luck claims no more than one at the floor."""
        return self.solve(-z, np.maximum(self.value, self.mean[0]))

    @property
    def score(self) -> np.ndarray:
        """How many standard deviations of the floor the distances lie above its mean."""
        return (self.value - self.mean[0]) / np.maximum(self.spread[0], 1e-12)


def distance_curves(
    difference: np.ndarray,
    noise: np.ndarray,
    null_noise: np.ndarray,
    norm: Callable[[np.ndarray], np.ndarray],
    owner: np.ndarray,
    null_norm: Callable[[np.ndarray], np.ndarray] | None = None,
) -> Curves:
    """Trace the observed distance as a function of the true one.

    Parameters
    ----------
    difference : ndarray of shape (cells,)
        Observed difference of shares, synthetic minus real.
    noise : ndarray of shape (draws, cells)
        Joint sampling errors of that difference.
    null_noise : ndarray of shape (draws, cells)
        The same for two real samples of the same sizes.
    norm : callable
        Seminorm of each item, from (..., cells) to (..., items); positively homogeneous.
    owner : ndarray of shape (cells,)
        Item to which each cell belongs.
    null_norm : callable, optional
        The seminorm as two real samples would have it, where its weights come from the samples.

    Notes
    -----
    The unknown shape of the true difference is the observed one, each cell shrunk by its noise as an empirical Bayes
    estimate would (`shrunken`): a difference that sits in few cells adds to the floor, one that is spread over all cells
    adds in squares, and the interval must know which. Where several places are nearly the furthest apart (a supremum), the
    simulated spread is that of the larger of them and too small; it is never taken below the spread of the distance's
    linear part at the difference observed.
    """
    value = norm(difference)
    floor = (null_norm or norm)(null_noise)
    spread = noise.std(axis=0)
    shape = shrunken(difference, spread, owner, len(value))
    length = norm(shape)
    weak = length < 1e-9
    if weak.any():
        shape = np.where(weak[owner], difference + 1e-9 * spread, shape)
        length = norm(shape)
    unit = shape / np.maximum(length, 1e-15)[owner]
    scale = np.maximum(value, floor.mean(axis=0))
    sizes = SIZES[:, None] * np.maximum(scale, 1e-9)
    along = _line(norm, noise, difference, owner)
    linear = (along(np.full(len(value), 1 / STEP)) - along(np.full(len(value), -1 / STEP))) / 2
    least = linear.std(axis=0)
    mean, deviation, skew = np.empty_like(sizes), np.empty_like(sizes), np.empty_like(sizes)
    mean[0], deviation[0], skew[0] = floor.mean(axis=0), floor.std(axis=0), _skewness(floor)
    observed = _line(norm, noise, unit, owner)
    for at in range(1, len(SIZES)):
        seen = observed(sizes[at])
        mean[at], deviation[at], skew[at] = seen.mean(axis=0), np.maximum(seen.std(axis=0), least), _skewness(seen)
    mean = np.maximum.accumulate(mean, axis=0)
    curves = Curves(value, sizes, mean, deviation, floor, floor, linear, skew)
    effect = curves.effect
    small = noise.dtype  # a wide table has 100,000 items of 300 draws each
    at_effect = observed(effect).astype(small)
    return Curves(value, sizes, mean, deviation, floor.astype(small), at_effect, linear.astype(small), skew)


def _line(
    norm: Callable[[np.ndarray], np.ndarray], noise: np.ndarray, direction: np.ndarray, owner: np.ndarray
) -> Callable[[np.ndarray], np.ndarray]:
    """Give the seminorm of ``noise + size * direction`` as a function of each item's size.

    A quadratic seminorm is a parabola under the root, so that the cells are gone through once and not for each size.
    """
    if not isinstance(norm, Quadratic):
        return lambda sizes: norm(noise + direction * sizes[owner])
    direction = direction.astype(noise.dtype)
    own, mixed, far = norm.inner(noise, noise), norm.inner(noise, direction), norm.inner(direction, direction)

    def along(sizes: np.ndarray) -> np.ndarray:
        seen = mixed * (2 * sizes).astype(noise.dtype)
        seen += own
        seen += (sizes * sizes * far).astype(noise.dtype)
        return np.sqrt(np.maximum(seen, 0.0, out=seen), out=seen)

    return along


def shrunken(difference: np.ndarray, spread: np.ndarray, owner: np.ndarray, items: int) -> np.ndarray:
    """Shrink each cell's difference by its noise: posterior mean under a spike of small and a slab of large differences.

    Parameters
    ----------
    difference, spread : ndarray of shape (cells,)
        Differences and their standard errors.
    owner : ndarray of shape (cells,)
        Item of each cell.
    items : int
        Number of items.

    Returns
    -------
    ndarray of shape (cells,)

    Notes
    -----
    Per item, in units of the standard error: a normal prior with variance ``max(mean(z^2 of the cells within 2.5) - 0.83, 0)``
    for the common cells, and none for those beyond 2.5 (0.83 is the variance of a standard normal cut at 2.5, rounded).
    """
    z = difference / np.maximum(spread, 1e-12)
    common = np.abs(z) < 2.5
    count = np.bincount(owner, weights=common.astype(float), minlength=items)
    power = np.bincount(owner, weights=np.where(common, z * z, 0.0), minlength=items) / np.maximum(count, 1.0)
    prior = np.maximum(power - 0.83, 0.0)
    factor = (prior / (1.0 + prior))[owner]
    large = np.maximum(1.0 - 1.0 / np.maximum(z * z, 1e-12), 0.0)
    return difference * np.where(common, factor, large)


def mean_curves(groups: list[Curves]) -> Curves:
    """Trace the root mean square over all items of all groups, drawn jointly, as one item.

    Parameters
    ----------
    groups : list of Curves
        Curves of one family, made from the same draws.

    Notes
    -----
    The mean square of observed distances is the mean square of the true ones plus that of the noise, however the true
    ones are spread over the items; the plain mean has no such pattern-free estimate.
    """
    count = sum(len(curves.value) for curves in groups)

    def root(parts: list[np.ndarray]) -> np.ndarray:
        return np.sqrt(np.sum([np.square(part).sum(axis=-1) for part in parts], axis=0) / count)

    value = root([curves.value for curves in groups])
    floor = root([curves.floor for curves in groups])
    seen = root([curves.at_effect for curves in groups])
    patterns = [curves.low(1.0) + 0.05 * curves.mean[0] for curves in groups]
    centre = max(float(root(patterns)), 1e-15)
    sizes = SIZES * max(float(value), float(floor.mean()), 1e-12)
    squares = np.zeros(len(sizes))
    for curves, pattern in zip(groups, patterns, strict=True):
        for at, size in enumerate(sizes):
            tried = pattern * (size / centre)
            squares[at] += np.square(_height(curves.sizes, curves.mean, tried)).sum()
            squares[at] += np.square(_height(curves.sizes, curves.spread, tried)).sum()
    share = np.clip(sizes / centre, 0.0, 1.0)
    linear = np.sum([(curves.linear * curves.value).sum(axis=1) for curves in groups], axis=0) / (
        count * max(float(value), 1e-15)
    )
    deviation = floor.std() + (max(seen.std(), linear.std()) - floor.std()) * share
    means = np.sqrt(np.maximum(squares / count - deviation**2, 0.0))
    means[0] = floor.mean()
    return Curves(
        np.array([value]),
        sizes[:, None],
        np.maximum.accumulate(means)[:, None],
        deviation[:, None],
        floor[:, None],
        seen[:, None],
        linear[:, None],
        (_skewness(floor) + (_skewness(seen) - _skewness(floor)) * share)[:, None],
    )


def family_z(groups: list[Curves], alpha: float) -> float:
    """Give the normal quantile at which all items' lower bounds hold together with error `alpha`."""
    maxima = None
    for curves in groups:
        z = (curves.floor - curves.mean[0]) / np.maximum(curves.spread[0], 1e-12)
        largest = z.max(axis=1)
        maxima = largest if maxima is None else np.maximum(maxima, largest)
    assert maxima is not None
    return simultaneous_z(effective_tests(maxima), alpha)


def _skewness(draws: np.ndarray) -> np.ndarray:
    """Give the skewness over the draws, cut at 2: few draws cannot tell more."""
    draws = draws.reshape(len(draws), -1)
    centred = draws - draws.mean(axis=0)
    spread = np.maximum(np.sqrt(np.einsum("di,di->i", centred, centred) / len(draws)), 1e-15)
    return np.clip(np.einsum("di,di,di->i", centred, centred, centred) / len(draws) / spread**3, -2.0, 2.0)


def _crossing(sizes: np.ndarray, heights: np.ndarray, value: np.ndarray) -> np.ndarray:
    """Find where each column of `heights` reaches `value`; 0 below the first, slope one beyond the last."""
    heights = np.maximum.accumulate(heights, axis=0)
    above = heights > value
    last = len(sizes) - 1
    first = np.where(above.any(axis=0), above.argmax(axis=0), last + 1)
    columns = np.arange(heights.shape[1])
    right = np.clip(first, 1, last)
    low_h, high_h = heights[right - 1, columns], heights[right, columns]
    low_s, high_s = sizes[right - 1, columns], sizes[right, columns]
    inside = low_s + (value - low_h) * (high_s - low_s) / np.maximum(high_h - low_h, 1e-15)
    beyond = sizes[last] + (value - heights[last])
    return np.where(first == 0, 0.0, np.where(first > last, beyond, inside))


def _height(sizes: np.ndarray, heights: np.ndarray, at: np.ndarray) -> np.ndarray:
    """Interpolate each column of `heights` at its own size."""
    last = len(sizes) - 1
    right = np.clip((sizes < at).sum(axis=0), 1, last)
    columns = np.arange(heights.shape[1])
    low_h, high_h = heights[right - 1, columns], heights[right, columns]
    low_s, high_s = sizes[right - 1, columns], sizes[right, columns]
    slope = (high_h - low_h) / np.maximum(high_s - low_s, 1e-15)
    return np.where(at > sizes[last], heights[last] + (at - sizes[last]), low_h + slope * (at - low_s))
