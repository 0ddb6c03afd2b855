"""Levels with a long tail of rare ones in a shared corpus, held as counts of each part of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from scipy.special import xlog1py

from assay.lab.ecosystem_book import HUMAN, POOLS, Take, Written
from assay.lab.ecosystem_worlds import LARGE

MOST_EXACT = 1e8  # rows of a part from which on its levels are drawn independently of each other
FEW = 1e4  # drawn from so large a part, with or without replacement is the same
EXPECTED = (1.0, 3.0, 10.0, 30.0, 100.0)  # rows of a rare level in a first reading
EACH = 6  # rare levels of each kind
COMMON = 10
RAREST = 0.02  # a level below this share is rare


def long_tail(rows: int) -> np.ndarray:
    """Give the shares of levels, common ones by Zipf's law and rare ones with 1 to 100 expected rows in a reading.

    Parameters
    ----------
    rows : int
        Rows of a reading.

    Returns
    -------
    numpy.ndarray of shape (levels,)

    Examples
    --------
    >>> long_tail(10**6).shape, bool(np.isclose(long_tail(1_000).sum(), 1))
    ((40,), True)
    """
    rare = [c / rows for c in EXPECTED if c / rows <= RAREST / 2 for _ in range(EACH if c * EACH / rows < 0.1 else 1)]
    common = 1 / np.arange(1, COMMON + 1)
    return np.concatenate([common / common.sum() * (1 - sum(rare)), rare])


class Levels:
    """A generator refits the shares of the levels of what it reads; a level without a row is gone from its models.

    Parameters
    ----------
    values : mapping of str to numpy.ndarray of shape (lineages,)
        ``making.rare`` is used: made rows have so much of the share that the model gives to a rare level.
    generators : int
        How many.
    probabilities : sequence of float
        Reality's shares; those below 2% are rare.

    Notes
    -----
    Counts are drawn exactly (multinomial when written, hypergeometric when drawn without replacement) in parts of up to 1e8
    rows. In larger ones each level is drawn by itself (Poisson, binomial): the sum then is what it should be but for its square
    root; up to 1e4 rows of so large a part are drawn with replacement.

    Axes of what is learned from, means over generators: ``rare_levels``, the rare levels with a row in it, as a multiple of those
    that as many human rows as were read (not as were wanted) would have, sum 1 - (1 - p)^n; ``rare_mass``, the share of rows that
    have one, and ``heterozygosity``, 1 - sum p^2, both as multiples of reality's. Where no level is rare the first two are left
    out.

    References
    ----------
    Ewens, W. J. (2004). Mathematical population genetics, 2nd edition, section 3.2.
    """

    def __init__(self, values: Mapping[str, np.ndarray], generators: int, *, probabilities: Sequence[float] | np.ndarray) -> None:
        self.real = np.asarray(probabilities, dtype=float)
        self.rare = self.real < RAREST
        factor = np.where(self.rare, values["making.rare"][:, None], 1.0)
        self.factor, self.generators = factor, generators
        self.mixed = 1 - float(self.real @ self.real)
        self.counts = np.zeros((len(factor), POOLS, len(self.real)), dtype=np.int64)
        self.models: dict[int, np.ndarray] = {}
        self.alive: dict[int, np.ndarray] = {}

    def start(self, count: np.ndarray, rng: np.random.Generator) -> None:
        """Lay in the human stock."""
        self.counts[:, HUMAN] = self._drawn(count, self.real, rng)

    def _drawn(self, count: np.ndarray, shares: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        shares = np.broadcast_to(shares, (len(count), len(self.real)))
        few = count < LARGE
        if few.all():
            return rng.multinomial(count.astype(np.int64), shares)
        drawn = rng.poisson(count[:, None] * shares)
        drawn[few] = rng.multinomial(count[few].astype(np.int64), shares[few])
        return drawn

    def retain(self, before: np.ndarray, kept: np.ndarray, rng: np.random.Generator) -> None:
        """Keep some rows of each part."""
        for part in range(POOLS):
            self.counts[:, part] = sample(self.counts[:, part], before[:, part], kept[:, part], rng)

    def write(self, before: np.ndarray, written: Written, rng: np.random.Generator) -> None:
        """Add rows."""
        self.counts[:, HUMAN] += self._drawn(written.human, self.real, rng)
        for part in (0, 1):
            made = written.made[:, :, part]
            large = made.max(axis=1) >= LARGE
            rates = np.zeros((int(large.sum()), len(self.real)))
            for at in range(self.generators):
                shares = self._made(at)
                rates += made[large, at][:, None] * shares[large]
                if not large.all():
                    self.counts[~large, part + 1] += self._drawn(made[~large, at], shares[~large], rng)
            self.counts[large, part + 1] += rng.poisson(rates)

    def _made(self, at: int) -> np.ndarray:
        """Give the shares of the levels that a generator makes; those of its model where it would make none."""
        shares = self.models[at] * self.factor
        total = shares.sum(axis=1, keepdims=True)
        return np.divide(shares, total, out=self.models[at].copy(), where=total > 0)

    def learn(self, model: int, take: Take, rng: np.random.Generator) -> None:
        """Refit the shares."""
        if model >= self.generators:
            return
        parts = (sample(self.counts[:, part], take.there[:, part], take.counts[:, part], rng) for part in range(POOLS))
        read = sum(parts, np.zeros_like(self.counts[:, 0]))
        self.models[model] = read / read.sum(axis=1, keepdims=True)
        self.alive[model] = (read[:, self.rare] > 0).sum(axis=1) / expected_alive(self.real[self.rare], take.rows)

    def axes(self, weights: np.ndarray) -> dict[str, np.ndarray]:
        """Measure what was learned from."""
        alive, mass, mixed = (np.zeros(len(self.factor)) for _ in range(3))
        for at, weight in enumerate(weights):
            shares = self.models[at]
            mixed += weight * (1 - np.einsum("sl,sl->s", shares, shares)) / self.mixed
            if self.rare.any():
                alive += weight * self.alive[at]
                mass += weight * shares[:, self.rare].sum(axis=1) / float(self.real[self.rare].sum())
        return ({"rare_levels": alive, "rare_mass": mass} if self.rare.any() else {}) | {"heterozygosity": mixed}


def expected_alive(shares: np.ndarray, rows: np.ndarray | int) -> np.ndarray:
    """Give how many levels with these shares have a row among so many, on average, for every number of rows.

    Examples
    --------
    >>> expected_alive(np.array([0.5, 0.5]), np.array([2, 10**6])).tolist()
    [1.5, 2.0]
    """
    return np.maximum(1e-12, -np.expm1(xlog1py(np.asarray(rows, dtype=float)[..., None], -shares)).sum(axis=-1))


def sample(counts: np.ndarray, whole: np.ndarray, kept: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Draw rows of a part without replacement.

    Parameters
    ----------
    counts : numpy.ndarray of int64, shape (lineages, levels)
        Rows of each level.
    whole, kept : numpy.ndarray of shape (lineages,)
        Rows of the part, and rows drawn of it.
    """
    if np.array_equal(whole, kept):
        return counts.copy()
    if not kept.any():
        return np.zeros_like(counts)
    share = np.divide(kept, whole, out=np.zeros_like(kept), where=whole > 0)
    left = counts.sum(axis=1)  # where levels were written each by itself, not quite the rows of the part
    large = left >= MOST_EXACT
    few = large & (kept <= FEW)
    taken = np.zeros_like(counts)
    taken[large] = rng.binomial(counts[large], share[large, None])
    taken[few] = rng.multinomial(kept[few].astype(np.int64), counts[few] / left[few, None])
    small = counts[~large]
    left = left[~large]
    wanted = np.rint(left * share[~large]).astype(np.int64)
    for level in range(counts.shape[1]):
        left = left - small[:, level]
        small[:, level] = rng.hypergeometric(small[:, level], left, wanted)
        wanted = wanted - small[:, level]
    taken[~large] = small
    return taken
