"""A reality of levels, and a learner that remembers their shares: the Wright-Fisher model of drift."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

import numpy as np
from scipy.special import gammaln, xlog1py, xlogy

from assay.core.errors import UsageError
from assay.lab.worlds.descent import Statistics, World
from assay.lab.worlds.moments import moments
from assay.lab.worlds.regime import Regime

EXACT = 1_000  # rows up to which survival is computed on the whole chain of counts


class Categories(World):
    """Levels with given probabilities; a generation is refitted to the shares of its rows.

    Parameters
    ----------
    probabilities : sequence of float
        Of the levels, adding up to 1.
    rows : bool, default False
        Draw actual rows.

    Notes
    -----
    Counts are sufficient and are drawn, exactly: multinomial, or hypergeometric where rows of a pool are drawn without
    replacement. With ``rows=True`` every row draws its level.

    Statistics: ``heterozygosity`` (the chance that two rows differ, 1 - sum p^2), ``squared_error`` (sum of squared differences
    of the shares from reality's), ``survivors`` (levels with a share above zero) and ``missing_mass`` (reality's probability of
    the levels that are gone: the test error of a learner that only remembers).

    References
    ----------
    Ewens, W. J. (2004). Mathematical population genetics, 2nd edition, section 3.2.
    """

    regimes: ClassVar[tuple[str, ...]] = ("replace", "accumulate", "accumulate_subsample", "mix", "fresh")

    def __init__(self, *, probabilities: Sequence[float] | np.ndarray, rows: bool = False) -> None:
        self.probabilities = np.asarray(probabilities, dtype=float)
        if self.probabilities.ndim != 1 or not (self.probabilities >= 0).all() or not np.isclose(self.probabilities.sum(), 1):
            raise UsageError("probabilities must be numbers >= 0 that add up to 1.")
        self.rows = rows

    def real(self, count: int, seeds: int, rng: np.random.Generator) -> np.ndarray:
        """Draw counts from reality."""
        return self._draw(np.broadcast_to(self.probabilities, (seeds, len(self.probabilities))), count, rng)

    def made(self, model: np.ndarray, count: int, rng: np.random.Generator) -> np.ndarray:
        """Draw counts from the models."""
        return self._draw(model, count, rng)

    def _draw(self, shares: np.ndarray, count: int, rng: np.random.Generator) -> np.ndarray:
        if not self.rows:
            return rng.multinomial(count, shares)
        seeds, levels = shares.shape
        bounds = np.cumsum(shares, axis=1)
        bounds /= bounds[:, -1:]
        # one sorted sequence for all seeds: seed s has its bounds in (s, s + 1]
        ends = (bounds + np.arange(seeds)[:, None]).ravel()
        found = np.searchsorted(ends, (rng.random((seeds, count)) + np.arange(seeds)[:, None]).ravel(), side="right")
        own = np.repeat(np.arange(seeds) * levels, count)
        places = np.clip(found, own, own + levels - 1)
        return np.bincount(places, minlength=seeds * levels).reshape(seeds, levels)

    def pooled(self, first: np.ndarray, second: np.ndarray) -> np.ndarray:
        """Lay together."""
        return first + second

    def part(self, batch: np.ndarray, count: int, rng: np.random.Generator) -> np.ndarray:
        """Draw rows of a pool without replacement, level by level."""
        taken = np.zeros_like(batch)
        left, wanted = batch.sum(axis=1), np.full(len(batch), count)
        for level in range(batch.shape[1]):
            own = batch[:, level]
            left = left - own
            taken[:, level] = rng.hypergeometric(own, left, wanted)
            wanted = wanted - taken[:, level]
        return taken

    def fit(self, batch: np.ndarray) -> np.ndarray:
        """Give the shares."""
        return batch / batch.sum(axis=1, keepdims=True)

    def statistics(self, model: np.ndarray) -> Statistics:
        """Measure against reality."""
        alive = model > 0
        return {
            "heterozygosity": 1 - np.einsum("sl,sl->s", model, model),
            "squared_error": ((model - self.probabilities) ** 2).sum(axis=1),
            "survivors": alive.sum(axis=1).astype(float),
            "missing_mass": np.where(alive, 0.0, self.probabilities).sum(axis=1),
        }

    def floats(self, sizes: Sequence[int], regime: Regime) -> int:
        """Give how many floats one seed holds at most."""
        return 5 * len(self.probabilities) + (4 * max(sizes) if self.rows else 0)

    def expected(self, regime: Regime, sizes: Sequence[int]) -> Mapping[str, np.ndarray]:
        """Give the closed forms.

        Notes
        -----
        Heterozygosity and squared error are variance and error of `assay.lab.worlds.moments` with maximum likelihood, as the
        shares are means of rows of zeros and ones: under ``replace`` (1 - 1/N) a generation. Survivors: under ``accumulate``
        those of the first rows; under ``replace`` by `survival`.
        """
        p = self.probabilities
        mixed = 1 - float(p @ p)
        variance, error = moments(regime, sizes, variance=mixed)
        found = {"heterozygosity": variance, "squared_error": error}
        alive: np.ndarray | None = None
        if regime.name == "accumulate":
            alive = np.tile(-np.expm1(xlog1py(sizes[0], -p)), (len(sizes), 1))
        elif regime.name == "replace" and len(set(sizes)) == 1:
            alive = survival(p, len(sizes), sizes[0])
        if alive is not None:
            found |= {"survivors": alive.sum(axis=1), "missing_mass": ((1 - alive) * p).sum(axis=1)}
        return found


def survival(probabilities: np.ndarray, generations: int, size: int) -> np.ndarray:
    """Give the chance that each level is still there, under ``replace``.

    Parameters
    ----------
    probabilities : numpy.ndarray of shape (levels,)
        Reality's.
    generations, size : int
        How often, and to how many rows, it is refitted.

    Returns
    -------
    numpy.ndarray of shape (generations, levels)

    Notes
    -----
    Up to 1,000 rows exactly, on the Markov chain of a level's count. Above by `branching`, which is right for levels with few
    rows; a level with an expected count of a tenth of the rows and more is held for safe, which is wrong after some
    tenths of `size` generations.
    """
    if size <= EXACT:
        counts = np.arange(size + 1)
        chain = _binomial(size, counts / size)
        first = _binomial(size, probabilities)
        gone = (counts == 0).astype(float)
        alive = np.empty((generations, len(probabilities)))
        for at in range(generations):
            alive[at] = 1 - first @ gone
            gone = chain @ gone
        return np.clip(alive, 0.0, 1.0)
    alive = branching(size * probabilities, generations)
    alive[:, probabilities >= 0.1] = 1.0
    return alive


def branching(expected_count: np.ndarray, generations: int) -> np.ndarray:
    """Give the survival of levels that are rare among the rows, as a branching process with Poisson offspring.

    Parameters
    ----------
    expected_count : numpy.ndarray of shape (levels,)
        c, the expected number of rows with the level in the first generation.
    generations : int
        How many.

    Returns
    -------
    numpy.ndarray of shape (generations, levels)
        1 - exp(-c (1 - s_{k-1})), with s_0 = 0 and s_k = exp(s_{k-1} - 1).

    Notes
    -----
    About 1 - exp(-2 c / k) for large k and c; the median extinction is then at 2 c / ln 2. It needs c much
    smaller than the number of rows.

    Examples
    --------
    >>> branching(np.array([20.0]), 100)[[0, 57, 99], 0].round(2).tolist()
    [1.0, 0.49, 0.32]
    """
    extinct, alive = 0.0, np.empty((generations, len(expected_count)))
    for at in range(generations):
        alive[at] = -np.expm1(-expected_count * (1 - extinct))
        extinct = float(np.exp(extinct - 1))
    return alive


def _binomial(size: int, chances: np.ndarray) -> np.ndarray:
    """Give the binomial probabilities of all counts, of shape (chances, size + 1)."""
    counts = np.arange(size + 1)
    choices = gammaln(size + 1) - gammaln(counts + 1) - gammaln(size - counts + 1)
    return np.exp(choices + xlogy(counts, chances[:, None]) + xlog1py(size - counts, -chances[:, None]))
