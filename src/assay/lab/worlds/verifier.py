"""Two classes, labels that are wrong at times, and a verifier that keeps right ones more often than wrong ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from scipy.special import ndtr

from assay.core.errors import UsageError
from assay.lab.worlds.descent import Statistics, World
from assay.lab.worlds.regime import Regime


@dataclass(frozen=True, slots=True)
class Direction:
    """What was learned: weights along the truth, their squared length across it, and the share of wrong labels kept."""

    along: np.ndarray
    across: np.ndarray
    wrong: np.ndarray


class Verifier(World):
    """Reality is x = y mu + N(0, identity), y = -1 or 1; a generation's weights are the mean of label times x.

    Parameters
    ----------
    flip : float
        p, the share of wrong labels that the first generation is offered.
    keep_right, keep_wrong : float, default 1.0
        phi and psi, the shares that the verifier keeps of rows with a right and with a wrong label; under ``replace`` nothing is
        thrown away.
    signal : float, default 2.0
        Length of mu.
    dimension : int, default 20
        Columns of x.
    rows : bool, default False
        Draw actual rows, offer them to the verifier one by one and go on until enough are kept.

    Notes
    -----
    `size` rows are kept in every generation. Later generations are offered labels that are wrong as often as the last
    generation's classifier is on reality, wherever that may be: its errors are not tied to places of x. Of n kept rows with B
    wrong labels the weights are normal around (1 - 2 B / n) mu, which is what is drawn; ``rows=True`` draws rows.

    Statistics: ``kept_wrong`` (share of wrong labels among the kept), ``alignment`` (of the weights with mu, 1 for the truth,
    negative for worse than chance), ``error`` of the classifier on reality.

    The loop improves on what it was offered for p below p* = 1 / (1 + psi / phi), where half of the kept labels are wrong;
    that is exact for many rows and a strong signal.

    References
    ----------
    Feng, Y., Dohmatob, E., Yang, P., Charton, F. & Kempe, J. (2025). Beyond model collapse: scaling up with synthesized data
    requires verification. ICLR, section 4.
    """

    regimes: ClassVar[tuple[str, ...]] = ("replace", "curated")

    def __init__(
        self,
        *,
        flip: float,
        keep_right: float = 1.0,
        keep_wrong: float = 1.0,
        signal: float = 2.0,
        dimension: int = 20,
        rows: bool = False,
    ) -> None:
        if not 0 <= flip <= 1 or not 0 < keep_right <= 1 or not 0 < keep_wrong <= 1:
            raise UsageError(
                "flip must lie in [0, 1], keep_right and keep_wrong in (0, 1]. "
                f"Got flip={flip}, keep_right={keep_right}, keep_wrong={keep_wrong}."
            )
        if not signal > 0 or dimension < 1:
            raise UsageError(f"signal must be > 0 and dimension >= 1. Got {signal} and {dimension}.")
        self.flip, self.keep_right, self.keep_wrong = flip, keep_right, keep_wrong
        self.signal, self.dimension, self.rows = signal, dimension, rows
        self.curated = True

    def adopt(self, regime: Regime, sizes: Sequence[int]) -> None:
        """Set the verifier to work, or not."""
        self.curated = regime.name == "curated"

    def real(self, count: int, seeds: int, rng: np.random.Generator) -> Direction:
        """Draw the rows of the first generation."""
        return self._kept(np.full(seeds, self.flip), count, rng)

    def made(self, model: Direction, count: int, rng: np.random.Generator) -> Direction:
        """Draw rows that are as often wrong as the models are."""
        return self._kept(self._error(model), count, rng)

    def _kept(self, flip: np.ndarray, count: int, rng: np.random.Generator) -> Direction:
        if self.rows:
            return self._kept_rows(flip, count, rng)
        wrong = rng.binomial(count, kept_wrong(flip, self.keep_right, self.keep_wrong) if self.curated else flip) / count
        along = (1 - 2 * wrong) * self.signal + rng.standard_normal(len(flip)) / np.sqrt(count)
        across = rng.chisquare(self.dimension - 1, len(flip)) / count if self.dimension > 1 else np.zeros(len(flip))
        return Direction(along, across, wrong)

    def _kept_rows(self, flip: np.ndarray, count: int, rng: np.random.Generator) -> Direction:
        seeds = len(flip)
        total, held = np.zeros((seeds, self.dimension)), np.zeros(seeds, dtype=np.int64)
        wrongs = np.zeros(seeds)
        keep = np.array([self.keep_right, self.keep_wrong]) if self.curated else np.ones(2)
        while (held < count).any():
            wrong = rng.random((seeds, count)) < flip[:, None]
            kept = rng.random((seeds, count)) < keep[wrong.astype(int)]
            kept &= held[:, None] + np.cumsum(kept, axis=1) <= count
            rows = rng.standard_normal((seeds, count, self.dimension))
            truth = np.where(rng.random((seeds, count)) < 0.5, -1.0, 1.0)
            rows[:, :, 0] += self.signal * truth
            label = np.where(wrong, -truth, truth)
            total += np.einsum("sn,snd->sd", label * kept, rows)
            wrongs += (wrong & kept).sum(axis=1)
            held += kept.sum(axis=1)
        total /= count
        return Direction(total[:, 0], (total[:, 1:] ** 2).sum(axis=1), wrongs / count)

    def _error(self, model: Direction) -> np.ndarray:
        length = np.sqrt(model.along**2 + model.across)
        return ndtr(-self.signal * model.along / length)

    def fit(self, batch: Direction) -> Direction:
        """Give the weights: the mean is the fit."""
        return batch

    def statistics(self, model: Direction) -> Statistics:
        """Measure against reality."""
        return {"kept_wrong": model.wrong, "alignment": model.along / self.signal, "error": self._error(model)}

    def floats(self, sizes: Sequence[int], regime: Regime) -> int:
        """Give how many floats one seed holds at most."""
        return 2 * max(sizes) * (self.dimension + 4) if self.rows else 10

    def expected(self, regime: Regime, sizes: Sequence[int]) -> Mapping[str, np.ndarray]:
        """Give the closed forms, which there are for one generation: q = psi p / (psi p + phi (1 - p)), alignment 1 - 2 q."""
        if len(sizes) > 1:
            return {}
        wrong = kept_wrong(self.flip, self.keep_right, self.keep_wrong) if regime.name == "curated" else self.flip
        return {"kept_wrong": np.array([wrong]), "alignment": np.array([1 - 2 * wrong])}


def kept_wrong(flip: np.ndarray | float, keep_right: float, keep_wrong: float) -> np.ndarray | float:
    """Give the share of wrong labels among those kept.

    Parameters
    ----------
    flip : float or numpy.ndarray
        Share of wrong labels offered.
    keep_right, keep_wrong : float
        Shares kept of right and of wrong ones.
    """
    return keep_wrong * flip / (keep_wrong * flip + keep_right * (1 - flip))


def breakdown(keep_right: float, keep_wrong: float) -> float:
    """Give p*, the share of wrong labels above which the filtered loop gets worse: 1 / (1 + keep_wrong / keep_right).

    Examples
    --------
    >>> breakdown(0.9, 0.3)
    0.75
    """
    return 1 / (1 + keep_wrong / keep_right)
