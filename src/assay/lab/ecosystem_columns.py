"""Normal columns in a shared corpus, held as mean and scatter of each part of it."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from scipy.special import betainc, ndtr, ndtri

from assay.core.errors import UsageError
from assay.lab.ecosystem_book import HUMAN, POOLS, Take, Written
from assay.lab.ecosystem_worlds import LARGE

MANY = 1e5  # rows from which on they lie as the normal distribution does
MOST_VARIANCE = 1e100  # of reality's: what is wider soon leaves the range of numbers
NOTHING = 1e-300  # variance of what has shrunk to a point, so that it has a logarithm
ROUNDING = 1e-13  # of a variance: what is left of it after other columns, if it is one of them
BEYOND = 0.01  # a tail: what lies beyond reality's quantiles at this and at one minus this


class Columns:
    """Reality is N(0, identity); a generator refits mean and (unbiased) covariance of what it reads.

    Parameters
    ----------
    values : mapping of str to numpy.ndarray of shape (lineages,)
        ``making.spread`` is used: made rows have so much of their model's covariance.
    generators : int
        How many.
    dimension : int, default 2
        Columns d.

    Notes
    -----
    Each part of the corpus is held as mean and scatter S of its V rows. k of them, drawn at random, have the mean m + X z (1/k -
    1/V)^(1/2) and the scatter X B X', with X = S^(1/2) (z z' + B + C)^(-1/2), z normal, B and C Wishart with k - 1 and V - k - 1
    degrees of freedom: exact for the rows of one normal distribution. For rows of several it has the right expectations of
    mean, variance of the mean, and scatter. Two readers' draws from one part are independent given its mean and scatter,
    which gives the right covariance of what they learn up to second moments. From 1e8 rows on, draws have no error. Columns may
    shrink to a line or to a point, with a variance of 1e-300; above 1e100 the run ends with an error.

    Axes of what is learned from, means over generators: ``log_variance`` (mean over columns, 0 for reality) and ``tail_mass``
    (rows beyond reality's 1% and 99% points, as a multiple of 2%; each part of the corpus taken as normal).

    What it cannot see: dependence (all that refits does is affine), shapes other than the normal.

    References
    ----------
    Gupta, A. K. & Nagar, D. K. (2000). Matrix variate distributions, chapter 5 (matrix-variate beta).
    Smith, W. B. & Hocking, R. R. (1972). Algorithm AS 53: Wishart variate generator. Applied Statistics 21(3).
    """

    def __init__(self, values: Mapping[str, np.ndarray], generators: int, *, dimension: int = 2) -> None:
        self.spread = values["making.spread"]
        self.generators, self.dimension = generators, dimension
        lineages, d = len(self.spread), dimension
        self.mean = np.zeros((lineages, POOLS, d))
        self.scatter = np.zeros((lineages, POOLS, d, d))
        self.models: dict[int, tuple[np.ndarray, np.ndarray]] = {}
        self.seen: dict[int, tuple[np.ndarray, np.ndarray]] = {}

    def start(self, count: np.ndarray, rng: np.random.Generator) -> None:
        """Lay in the human stock."""
        self.mean[:, HUMAN], self.scatter[:, HUMAN] = self._human(count, rng)

    def _human(self, count: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        root = np.broadcast_to(np.eye(self.dimension), (len(count), self.dimension, self.dimension))
        return draw(np.zeros((len(count), self.dimension)), root, count, rng)

    def retain(self, before: np.ndarray, kept: np.ndarray, rng: np.random.Generator) -> None:
        """Keep some rows of each part."""
        for part in range(POOLS):
            self.mean[:, part], self.scatter[:, part] = subset(
                self.mean[:, part], self.scatter[:, part], before[:, part], kept[:, part], rng
            )

    def write(self, before: np.ndarray, written: Written, rng: np.random.Generator) -> None:
        """Add rows."""
        count = before.copy()
        coming = [(HUMAN, written.human, None), *((part + 1, None, part) for part in (0, 1))]
        for pool, human, part in coming:
            if human is not None:
                self._add(pool, count, human, *self._human(human, rng))
                continue
            for at in range(self.generators):
                mean, root = self.models[at]
                rows = written.made[:, at, part]
                made = draw(mean, np.sqrt(self.spread)[:, None, None] * root, rows, rng)
                self._add(pool, count, rows, *made)

    def _add(self, pool: int, count: np.ndarray, rows: np.ndarray, mean: np.ndarray, scatter: np.ndarray) -> None:
        joined = together(count[:, pool], self.mean[:, pool], self.scatter[:, pool], rows, mean, scatter)
        count[:, pool], self.mean[:, pool], self.scatter[:, pool] = joined

    def learn(self, model: int, take: Take, rng: np.random.Generator) -> None:
        """Refit mean and covariance.

        Raises
        ------
        UsageError
            If a variance is above 1e100.
        """
        if model >= self.generators:
            return
        d = self.dimension
        count, mean, scatter = np.zeros(len(take.rows)), np.zeros_like(self.mean[:, 0]), np.zeros_like(self.scatter[:, 0])
        beyond = np.zeros(len(take.rows))
        for part in range(POOLS):
            rows = take.counts[:, part]
            one, own = subset(self.mean[:, part], self.scatter[:, part], take.there[:, part], rows, rng)
            squares = np.diagonal(self.scatter[:, part], axis1=1, axis2=2)
            beyond += rows / take.rows * tails(self.mean[:, part], squares, take.there[:, part])
            count, mean, scatter = together(count, mean, scatter, rows, one, own)
        covariance = scatter / (take.rows - 1)[:, None, None]
        variances = np.diagonal(covariance, axis1=1, axis2=2)
        if not variances.max() <= MOST_VARIANCE:
            raise UsageError(
                f"The variance of what generators learn from is above {MOST_VARIANCE:g} times reality's in {take.year:g}. "
                "Lower making.spread, or end the scenario earlier."
            )
        self.models[model] = mean, root_of(covariance) if d > 1 else np.sqrt(covariance)
        self.seen[model] = np.log(np.maximum(variances, NOTHING)).mean(axis=1), beyond

    def axes(self, weights: np.ndarray) -> dict[str, np.ndarray]:
        """Measure what was learned from."""
        logs = sum(w * self.seen[at][0] for at, w in enumerate(weights))
        beyond = sum(w * self.seen[at][1] for at, w in enumerate(weights))
        return {"log_variance": np.asarray(logs), "tail_mass": np.asarray(beyond)}


def tails(mean: np.ndarray, squares: np.ndarray, count: np.ndarray) -> np.ndarray:
    """Give the mass that rows with this mean and sum of squares have beyond reality's 1% and 99% points.

    Parameters
    ----------
    mean, squares : numpy.ndarray of shape (lineages, d)
        Of `count` normal rows, and of their distances from that mean.
    count : numpy.ndarray of shape (lineages,)
        V.

    Returns
    -------
    numpy.ndarray of shape (lineages,)
        As a multiple of 2%, mean over columns.

    Notes
    -----
    Given mean and sum of squares S, a row lies at mean + (S (1 - 1/V))^(1/2) b with b^2 ~ Beta(1/2, (V - 2) / 2), whatever the
    normal distribution was: no estimate of its variance comes in.
    """
    rows = np.maximum(count, 2)[:, None]
    scale = np.sqrt(np.maximum(squares, NOTHING) * (1 - 1 / rows))
    both = np.zeros_like(mean)
    for at in (ndtri(BEYOND) - mean, ndtri(BEYOND) + mean):
        # below the lower point, and by symmetry above the upper one
        place = np.clip(at / scale, -1.0, 1.0)
        few = betainc(0.5, np.maximum((np.minimum(rows, MANY) - 2) / 2, 1e-9), place**2)
        both += np.where(rows < MANY, (1 + np.sign(place) * few) / 2, ndtr(at / scale * np.sqrt(rows - 1)))
    return both.mean(axis=1) / (2 * BEYOND)


def wishart_root(freedom: np.ndarray, dimension: int, rng: np.random.Generator) -> np.ndarray:
    """Draw A with A A' Wishart, each of its own degrees of freedom (Bartlett; a trapezoid where they are fewer than columns).

    Parameters
    ----------
    freedom : numpy.ndarray of shape (lineages,)
        Whole numbers; below 1 gives zero.
    dimension : int
        d.

    Returns
    -------
    numpy.ndarray of shape (lineages, d, d), lower triangular
    """
    root = np.zeros((len(freedom), dimension, dimension))
    for at in range(dimension):
        left = freedom - at
        root[:, at, at] = np.sqrt(np.where(left > 0, rng.chisquare(np.maximum(left, 1)), 0.0))
        below = rng.standard_normal((len(freedom), dimension - at - 1))
        root[:, at + 1 :, at] = np.where((left > 0)[:, None], below, 0.0)
    return root


def root_of(matrices: np.ndarray) -> np.ndarray:
    """Give A, lower triangular, with A A' each of these; a column of zeros where rounding leaves nothing for it.

    Parameters
    ----------
    matrices : numpy.ndarray of shape (lineages, d, d)
        Symmetric, with no negative eigenvalue but by rounding.

    Examples
    --------
    >>> root_of(np.array([[[4.0, 2.0], [2.0, 1.0]]])).tolist()
    [[[2.0, 0.0], [1.0, 0.0]]]
    """
    try:
        return np.linalg.cholesky(matrices)
    except np.linalg.LinAlgError:
        root = np.zeros_like(matrices)
    for at in range(matrices.shape[1]):
        left = matrices[:, at:, at] - np.einsum("sij,sj->si", root[:, at:, :at], root[:, at, :at])
        own = matrices[:, at, at]
        some = (left[:, 0] > ROUNDING * own) & (own > NOTHING)
        root[some, at:, at] = left[some] / np.sqrt(left[some, :1])
    return root


def draw(mean: np.ndarray, root: np.ndarray, count: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Draw mean and scatter of `count` normal rows; zero where there are none."""
    d = mean.shape[1]
    if (count >= LARGE).all():
        return mean.copy(), root @ root.swapaxes(1, 2) * count[:, None, None]
    some = count > 0
    centre = mean + (root @ rng.standard_normal((len(count), d, 1)))[:, :, 0] / np.sqrt(np.maximum(count, 1))[:, None]
    spread = root @ wishart_root(count - 1, d, rng)
    return np.where(some[:, None], centre, 0.0), np.where(some[:, None, None], spread @ spread.swapaxes(1, 2), 0.0)


def together(
    first: np.ndarray,
    mean: np.ndarray,
    scatter: np.ndarray,
    second: np.ndarray,
    other_mean: np.ndarray,
    other_scatter: np.ndarray,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Give count, mean and scatter of two sets of rows laid together."""
    count = first + second
    safe = np.maximum(count, 1)
    apart = other_mean - mean
    weight = (second / safe)[:, None]
    between = apart[:, :, None] * apart[:, None, :] * (first * second / safe)[:, None, None]
    return count, mean + apart * weight, scatter + other_scatter + between


def subset(
    mean: np.ndarray, scatter: np.ndarray, count: np.ndarray, kept: np.ndarray, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Draw mean and scatter of `kept` of `count` rows with these, without replacement.

    Notes
    -----
    See `Columns`. Of at most d + 1 rows, and from 1e8 on, the part drawn is taken to be like the whole.
    """
    d = mean.shape[1]
    share = np.where(count > 0, kept / np.maximum(count, 1), 0.0)
    new_mean, new_scatter = mean.copy(), scatter * share[:, None, None]
    drawn = np.flatnonzero((kept > 0) & (kept < count) & (kept < LARGE) & (count > d + 1))
    if len(drawn):
        k, whole = kept[drawn], count[drawn]
        z = rng.standard_normal((len(drawn), d, 1))
        inner = wishart_root(k - 1, d, rng)
        outer = wishart_root(whole - k - 1, d, rng)
        total = z @ z.swapaxes(1, 2) + inner @ inner.swapaxes(1, 2) + outer @ outer.swapaxes(1, 2)
        if d == 1:
            turn = np.sqrt(scatter[drawn] / total)
        else:
            root = np.linalg.cholesky(total)
            own = root_of(scatter[drawn])
            turn = np.linalg.solve(root.swapaxes(1, 2), own.swapaxes(1, 2)).swapaxes(1, 2)
        new_mean[drawn] += (turn @ z)[:, :, 0] * np.sqrt(1 / k - 1 / whole)[:, None]
        part = turn @ inner
        new_scatter[drawn] = part @ part.swapaxes(1, 2)
    return new_mean, new_scatter
