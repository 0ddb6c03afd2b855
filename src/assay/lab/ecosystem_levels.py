"""Levels with a long tail of rare ones in a shared corpus, held as counts of each part of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from scipy.special import xlog1py

from assay.lab.ecosystem_book import HUMAN, POOLS, Take, Written
from assay.lab.ecosystem_worlds import LARGE

MOST_EXACT = 1e8  # rows of a part from which on its levels are drawn independently of each other
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
    rows : sequence of int
        For each generator, the rows of a reading of reality that survival is compared with.
    probabilities : sequence of float
        Reality's shares; those below 2% are rare.

    Notes
    -----
    Counts are drawn exactly (multinomial when written, hypergeometric when drawn without replacement) in parts of up to 1e8
    rows. In larger ones each level is drawn by itself (Poisson, binomial): the sum then is what it should be but for its square
    root.

    Axes of what is learned from, means over generators: ``rare_levels``, the rare levels with a row in it, as a multiple of those
    that a reading of as many human rows would have, sum 1 - (1 - p)^n; ``rare_mass``, the share of rows that have one, and
    ``heterozygosity``, 1 - sum p^2, both as multiples of reality's.

    References
    ----------
    Ewens, W. J. (2004). Mathematical population genetics, 2nd edition, section 3.2.
    """

    def __init__(
        self, values: Mapping[str, np.ndarray], rows: Sequence[int], *, probabilities: Sequence[float] | np.ndarray
    ) -> None:
        self.real = np.asarray(probabilities, dtype=float)
        self.rare = self.real < RAREST
        factor = np.where(self.rare, values["making.rare"][:, None], 1.0)
        self.factor, self.generators = factor, len(rows)
        self.usual = [expected_alive(self.real[self.rare], each) for each in rows]
        self.mixed = 1 - float(self.real @ self.real)
        self.counts = np.zeros((len(factor), POOLS, len(self.real)), dtype=np.int64)
        self.models: dict[int, np.ndarray] = {}

    def start(self, count: np.ndarray, rng: np.random.Generator) -> None:
        """Lay in the human stock."""
        self.counts[:, HUMAN] = self._drawn(count, self.real, rng)

    def _drawn(self, count: np.ndarray, shares: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        shares = np.broadcast_to(shares, (len(count), len(self.real)))
        if count.max() >= LARGE:
            return rng.poisson(count[:, None] * shares)
        return rng.multinomial(count.astype(np.int64), shares)

    def retain(self, before: np.ndarray, kept: np.ndarray, rng: np.random.Generator) -> None:
        """Keep some rows of each part."""
        for part in range(POOLS):
            self.counts[:, part] = sample(self.counts[:, part], before[:, part], kept[:, part], rng)

    def write(self, before: np.ndarray, written: Written, rng: np.random.Generator) -> None:
        """Add rows."""
        self.counts[:, HUMAN] += self._drawn(written.human, self.real, rng)
        large = written.made.max() >= LARGE
        for part in (0, 1):
            rates = np.zeros_like(self.factor)
            for at in range(self.generators):
                shares = self.models[at] * self.factor
                shares /= shares.sum(axis=1, keepdims=True)
                if large:
                    rates += written.made[:, at, part][:, None] * shares
                else:
                    self.counts[:, part + 1] += self._drawn(written.made[:, at, part], shares, rng)
            if large:
                self.counts[:, part + 1] += rng.poisson(rates)

    def learn(self, model: int, take: Take, rng: np.random.Generator) -> None:
        """Refit the shares."""
        if model >= self.generators:
            return
        parts = (sample(self.counts[:, part], take.there[:, part], take.counts[:, part], rng) for part in range(POOLS))
        read = sum(parts, np.zeros_like(self.counts[:, 0]))
        self.models[model] = read / read.sum(axis=1, keepdims=True)

    def axes(self, weights: np.ndarray) -> dict[str, np.ndarray]:
        """Measure what was learned from."""
        alive, mass, mixed = (np.zeros(len(self.factor)) for _ in range(3))
        for at, weight in enumerate(weights):
            shares = self.models[at]
            alive += weight * (shares[:, self.rare] > 0).sum(axis=1) / self.usual[at]
            mass += weight * shares[:, self.rare].sum(axis=1) / max(1e-300, float(self.real[self.rare].sum()))
            mixed += weight * (1 - np.einsum("sl,sl->s", shares, shares)) / self.mixed
        return {"rare_levels": alive, "rare_mass": mass, "heterozygosity": mixed}


def expected_alive(shares: np.ndarray, rows: int) -> float:
    """Give how many levels with these shares have a row among so many, on average.

    Examples
    --------
    >>> expected_alive(np.array([0.5, 0.5]), 2)
    1.5
    """
    return max(1e-12, float(-np.expm1(xlog1py(rows, -shares)).sum()))


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
    if left.max() >= MOST_EXACT:
        return rng.binomial(counts, share[:, None])
    taken = np.zeros_like(counts)
    wanted = np.rint(left * share).astype(np.int64)
    for level in range(counts.shape[1]):
        own = counts[:, level]
        left = left - own
        taken[:, level] = rng.hypergeometric(own, left, wanted)
        wanted = wanted - taken[:, level]
    return taken
