"""Levels with a power law, and a generator that knows reality but never says the rare: what no number of its rows teaches."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

import numpy as np

from assay.core.errors import UsageError
from assay.lab.worlds.categories import Categories
from assay.lab.worlds.regime import Regime


class Tails(Categories):
    """Reality has levels of rank i with probability i^-exponent, up to a constant; made rows stop at a rank.

    Parameters
    ----------
    exponent : float, default 1.5
        b, above 1.
    cut : int, optional
        Rank k after which made rows have nothing; by default nothing is cut.
    levels : int, default 10,000
        How many there are at all.
    rows : bool, default False
        Draw actual rows.

    Notes
    -----
    The first generation learns from real rows; every further one from rows of the cut reality, of the sizes given: a scaling
    law is read off one run with growing sizes. Statistics as in `Categories`; ``missing_mass`` is the test error.

    It falls as T^(-(b - 1) / b) with T rows, and with a cut no lower than about k^-(b - 1), which it reaches at T of about k^b.

    References
    ----------
    Dohmatob, E., Feng, Y., Yang, P., Charton, F. & Kempe, J. (2024). A tale of tails: model collapse as a change of scaling
    laws. ICML, section 3.
    """

    regimes: ClassVar[tuple[str, ...]] = ("replace",)

    def __init__(self, *, exponent: float = 1.5, cut: int | None = None, levels: int = 10_000, rows: bool = False) -> None:
        if not exponent > 1 or levels < 2 or not 1 <= (cut or levels) <= levels:
            raise UsageError(f"exponent must be > 1 and cut in [1, levels]. Got exponent={exponent}, cut={cut}, levels={levels}.")
        shares = np.arange(1.0, levels + 1) ** -exponent
        super().__init__(probabilities=shares / shares.sum(), rows=rows)
        self.exponent, self.cut = exponent, cut or levels
        self.kept = np.where(np.arange(levels) < self.cut, self.probabilities, 0.0)
        self.kept /= self.kept.sum()

    def made(self, model: np.ndarray, count: int, rng: np.random.Generator) -> np.ndarray:
        """Draw counts from the cut reality, whatever was learned."""
        return self._draw(np.broadcast_to(self.kept, model.shape), count, rng)

    def expected(self, regime: Regime, sizes: Sequence[int]) -> Mapping[str, np.ndarray]:
        """Give the closed forms: sum p_i (1 - q_i)^T with q the cut shares, and the number of levels met."""
        unmet = np.stack([np.exp(count * np.log1p(-(self.kept if at else self.probabilities))) for at, count in enumerate(sizes)])
        return {"missing_mass": unmet @ self.probabilities, "survivors": (1 - unmet).sum(axis=1)}
