"""The map of one axis: where the next generation stands given this one, learned from a few lineages, drawn forward."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np

PERSISTENCE = (0.0, 0.15, 0.3, 0.4, 0.5, 0.6, 0.7, 0.775, 0.85, 0.9, 0.95, 1.0, 1.05)
LAW = 0.5  # chance that the regime's law holds to the letter; else ...
RIDGE = 0.25  # ... standard deviation of the persistence about what the regime's law says
STEPS = (0.003, 0.03, 0.1, 0.3, 1.0, 3.0)  # variances, in units of the spread seen
STARTS = (0.03, 0.3, 1.0, 3.0)
NOISES = (0.05, 0.25, 0.75, 1.5)
CLOCKS: dict[str, tuple[float, ...]] = {"accumulate": (1.0, 2.0), "accumulate_subsample": (1.0, 2.0)}
STEADY = (0.0,)
LEAST_SPREAD = 1e-12


@dataclass(frozen=True)
class Regimen:
    """What is known of a regime before anything is seen.

    Parameters
    ----------
    persistence : float
        How much of a lineage's distance from reality the next generation keeps: 1 where it learns from the last one alone,
        1 - share where a share of its rows is real.
    clocks : tuple of float
        The steps of generation k are as (2 / (k + 1)) ** clock: 0 where every generation is as the one before; 1 and 2 where the
        corpus grows, for what the generator bends and for what sampling loses.
    anchored : bool
        Whether every lineage keeps real rows of its own, so that where it started stays with it.
    """

    persistence: float = 1.0
    clocks: tuple[float, ...] = STEADY
    anchored: bool = False

    @classmethod
    def of(cls, regime: str) -> Regimen:
        """Read it off the regime's name.

        Examples
        --------
        >>> Regimen.of("mix:0.1").persistence, Regimen.of("accumulate").clocks
        (0.9, (1.0, 2.0))
        """
        name, _, argument = regime.partition(":")
        if name in ("mix", "fresh"):
            return cls(1.0 - float(argument), STEADY, name == "mix")
        return cls(1.0, CLOCKS.get(name, STEADY))


@dataclass(frozen=True)
class Cells:
    """Candidate maps: all combinations of persistence, clock and variances. Arrays of shape (cells,)."""

    persistence: np.ndarray
    clock: np.ndarray
    step: np.ndarray
    start: np.ndarray
    noise: np.ndarray
    prior: np.ndarray
    anchored: bool

    @classmethod
    def of(cls, spread: float, noise: float, regimen: Regimen) -> Cells:
        """Lay the grid.

        Parameters
        ----------
        spread : float
            Variance between lineages within a generation, pooled.
        noise : float
            Variance of a reading, by its own interval.
        regimen : Regimen
            What is known of the regime.
        """
        law = regimen.persistence
        others = [each for each in PERSISTENCE if each != law]
        grid = np.array(list(itertools.product((law, *others), regimen.clocks, STEPS, STARTS, NOISES)))
        persistence, clock, step, start, own = grid.T
        ridge = np.exp(-0.5 * ((np.array(others) - law) / RIDGE) ** 2)
        prior = -0.5 * ((persistence - law) / RIDGE) ** 2 - np.log(ridge.sum())
        prior[persistence == law] = np.log(LAW / (1.0 - LAW))
        # the interval of a reading holds the sealed rows' error, too, which all lineages share: noise is at most about that
        prior = prior - 0.5 * np.log(np.maximum(own * spread / max(noise, LEAST_SPREAD), 1e-6)) ** 2 / 4.0
        return cls(persistence, clock, step * spread, start * spread, own * spread, prior, regimen.anchored)

    def take(self, at: np.ndarray) -> Cells:
        """Give some of them."""
        return Cells(
            self.persistence[at],
            self.clock[at],
            self.step[at],
            self.start[at],
            self.noise[at],
            self.prior[at],
            self.anchored,
        )

    def weights(self, generations: int) -> np.ndarray:
        """Give the size of each step, shape (cells, generations - 1), the first being 1."""
        k = np.arange(1, generations)
        return (2.0 / (k + 1.0)) ** self.clock[:, None]

    def shape(self, generations: int) -> np.ndarray:
        """Give how many first steps the mean has gone, shape (cells, generations)."""
        weights = self.weights(generations)
        gone = np.zeros((len(self.clock), generations))
        for k in range(generations - 1):
            gone[:, k + 1] = gone[:, k] + weights[:, k] * (1.0 + (self.persistence - 1.0) * gone[:, k])
        return gone

    def keeps(self, generations: int) -> np.ndarray:
        """Give what each step leaves of a lineage's distance from the mean, shape (cells, generations - 1)."""
        return 1.0 + self.weights(generations) * (self.persistence[:, None] - 1.0)

    def stays(self, generations: int) -> np.ndarray:
        """Give what is left of a lineage's first distance from the mean, shape (cells, generations)."""
        found = np.ones((len(self.clock), generations))
        if not self.anchored:
            found[:, 1:] = np.cumprod(self.keeps(generations), axis=1)
        return found

    def covariance(self, generations: int) -> np.ndarray:
        """Give the covariance of a lineage's readings, shape (cells, generations, generations)."""
        weights, keeps = self.weights(generations), self.keeps(generations)
        found = np.zeros((len(self.clock), generations, generations))
        for k in range(generations - 1):
            keep = keeps[:, k]
            found[:, k + 1, : k + 1] = found[:, : k + 1, k + 1] = keep[:, None] * found[:, k, : k + 1]
            found[:, k + 1, k + 1] = keep**2 * found[:, k, k] + weights[:, k] ** 2 * self.step
        stays = self.stays(generations)
        found += self.start[:, None, None] * stays[:, :, None] * stays[:, None, :]
        at = np.arange(generations)
        found[:, at, at] += self.noise[:, None]
        return found


@dataclass(frozen=True)
class Paths:
    """Drawn lineages.

    Parameters
    ----------
    readings : numpy.ndarray, shape (draws, generations)
        What would be read of new lineages, on the forecast scale.
    means : numpy.ndarray, shape (draws, generations)
        Where the mean over lineages would be: its spread is what is not known of the map.
    cells : numpy.ndarray, shape (draws,)
        The candidate each was drawn from.
    """

    readings: np.ndarray
    means: np.ndarray
    cells: np.ndarray


class AxisMap:
    """A state-dependent map of one axis, pooled over lineages.

    Parameters
    ----------
    values : numpy.ndarray, shape (lineages, generations)
        Readings on the forecast scale, NaN where there is none.
    noise : float
        Variance of one reading, by its own interval.
    regimen : Regimen
        What is known of the regime.
    least : float
        Variance below which the spread between lineages is not taken to be: an axis that pilots read as constant is not sure to
        stay so.

    Notes
    -----
    State x, reading y of lineage i at generation k::

        x_1 = m + N(0, v),   x_k+1 = x_k + w_k (d + (b - 1)(x_k - m) + N(0, q)),   y_k = x_k + N(0, r)

    with w_k = (2 / (k + 1)) ** clock; under ``mix``, where a lineage keeps real rows of its own, its first distance from m stays
    whole and b acts on what came later. The map is monotone (b >= 0) and shrunk towards what the regime's law says of b
    (`Regimen`). m and d have flat priors and are integrated out, b, clock, q, v and r over a grid, so that what a few pilots do
    not tell widens the forecast. It cannot see a change of the map that no pilot has reached: a generator that breaks down later.

    References
    ----------
    Durbin and Koopman (2012), Time Series Analysis by State Space Methods, section 2 (local level); Hoerl and Kennard (1970),
    Technometrics 12 (ridge).
    """

    def __init__(self, values: np.ndarray, noise: float, regimen: Regimen, *, least: float = LEAST_SPREAD) -> None:
        self.values = values
        self.generations = values.shape[1]
        known = ~np.isnan(values)
        counts = known.sum(axis=0)
        filled = np.where(known, values, 0.0)
        centred = np.where(known, values - filled.sum(axis=0) / np.maximum(counts, 1), 0.0)
        freedom = max(int(np.maximum(counts - 1, 0).sum()), 1)
        self.spread = max(float((centred**2).sum() / freedom), least, 1e-4 * noise)
        self.noise = max(noise, NOISES[0] * least)
        self.cells = Cells.of(self.spread, self.noise, regimen)
        self._sums = self._likelihoods()

    def _likelihoods(self) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Give, by cell and over all lineages: information, score, squares, log determinant."""
        cells = len(self.cells.prior)
        information, score = np.zeros((cells, 2, 2)), np.zeros((cells, 2))
        squares, determinant = np.zeros(cells), np.zeros(cells)
        covariance, gone = self.cells.covariance(self.generations), self.cells.shape(self.generations)
        patterns = ~np.isnan(self.values)
        for pattern in np.unique(patterns, axis=0):
            at = np.flatnonzero(pattern)
            if not len(at):
                continue
            lower = np.linalg.cholesky(covariance[:, at[:, None], at])
            design = np.stack([np.ones((cells, len(at))), gone[:, at]], axis=2)
            white = np.linalg.solve(lower, design)
            rows = np.flatnonzero((patterns == pattern).all(axis=1))
            seen = np.linalg.solve(lower, np.broadcast_to(self.values[np.ix_(rows, at)].T, (cells, len(at), len(rows))))
            information += len(rows) * np.einsum("cgi,cgj->cij", white, white)
            score += np.einsum("cgi,cgl->ci", white, seen)
            squares += np.einsum("cgl,cgl->c", seen, seen)
            determinant += len(rows) * np.log(np.diagonal(lower, axis1=1, axis2=2)).sum(axis=1)
        return information, score, squares, determinant

    def posterior(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Give the weight of each candidate, and mean and covariance of (m, d) in it."""
        information, score, squares, determinant = self._sums
        covariance = np.linalg.inv(information)
        mean = np.einsum("cij,cj->ci", covariance, score)
        fit = squares - np.einsum("ci,ci->c", score, mean)
        log = self.cells.prior - determinant - 0.5 * fit - 0.5 * np.linalg.slogdet(information)[1]
        weight = np.exp(log - log.max())
        return weight / weight.sum(), mean, covariance

    def draw(self, generations: int, draws: int, rng: np.random.Generator, *, each: int = 1) -> Paths:
        """Draw new lineages.

        Parameters
        ----------
        generations : int
            How many, from the first on.
        draws : int
            Maps drawn from what is known.
        rng : numpy.random.Generator
            Draws.
        each : int
            Lineages drawn from every map, next to each other in the result.
        """
        weight, mean, covariance = self.posterior()
        cells = np.sort(rng.choice(len(weight), draws, p=weight))
        lower = np.linalg.cholesky(covariance[cells])
        start, step = (mean[cells] + np.einsum("nij,nj->ni", lower, rng.normal(size=(draws, 2)))).T
        cells, start, step = (np.repeat(part, each) for part in (cells, start, step))
        draws *= each
        used, place = np.unique(cells, return_inverse=True)
        mine = self.cells
        some = mine.take(used)
        means = start[:, None] + step[:, None] * some.shape(generations)[place]
        weights, keeps = some.weights(generations)[place], some.keeps(generations)[place]
        first = np.sqrt(mine.start[cells]) * rng.normal(size=draws)
        apart = np.zeros((draws, generations))
        for k in range(generations - 1):
            apart[:, k + 1] = keeps[:, k] * apart[:, k] + weights[:, k] * np.sqrt(mine.step[cells]) * rng.normal(size=draws)
        apart += first[:, None] * some.stays(generations)[place]
        noise = np.sqrt(mine.noise[cells])[:, None] * rng.normal(size=(draws, generations))
        return Paths(means + apart + noise, means, cells)
