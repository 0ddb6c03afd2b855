"""Linear regression on real rows and on rows whose labels come from other weights: strong collapse, which no rows mend."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

import numpy as np

from assay.core.errors import UsageError
from assay.lab.worlds.descent import Statistics, World
from assay.lab.worlds.gaussian import bartlett
from assay.lab.worlds.regime import Regime


class Shifted(World):
    """Reality is y = w'x + noise; made rows follow y = (w + delta)'x + noise, in every generation anew.

    Parameters
    ----------
    dimension : int, default 10
        Features d, x ~ N(0, identity).
    noise : float, default 1.0
        Its standard deviation.
    shift : float, default 1.0
        Length of delta.
    rows : bool, default False
        Draw actual rows.

    Notes
    -----
    Nothing is handed on: what made the rows stays as it is, and every generation after the first is one more draw of the same.
    Normal equations are drawn, exactly; ``rows=True`` draws rows. Statistic: ``risk``, the squared distance from w.

    References
    ----------
    Dohmatob, E., Feng, Y., Subramonian, A. & Kempe, J. (2025). Strong model collapse. ICLR, Theorem 1.
    """

    regimes: ClassVar[tuple[str, ...]] = ("fresh",)

    def __init__(self, *, dimension: int = 10, noise: float = 1.0, shift: float = 1.0, rows: bool = False) -> None:
        if dimension < 1 or min(noise, shift) < 0:
            raise UsageError(f"dimension must be >= 1, noise and shift >= 0. Got {dimension}, {noise} and {shift}.")
        self.dimension, self.noise, self.shift, self.rows = dimension, noise, shift, rows

    def real(self, count: int, seeds: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """Draw X'X and X'(y - Xw) of real rows."""
        return self._draw(count, seeds, 0.0, rng)

    def made(self, model: np.ndarray, count: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """Draw the same of made rows."""
        return self._draw(count, len(model), self.shift, rng)

    def _draw(self, count: int, seeds: int, shift: float, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        d = self.dimension
        root = rng.standard_normal((seeds, d, count)) if self.rows else bartlett(count, d, seeds, rng)
        gram = root @ root.swapaxes(1, 2)
        noise = self.noise * (root @ rng.standard_normal((seeds, root.shape[2], 1)))[:, :, 0]
        return gram, shift * gram[:, :, 0] + noise

    def pooled(
        self, first: tuple[np.ndarray, np.ndarray], second: tuple[np.ndarray, np.ndarray]
    ) -> tuple[np.ndarray, np.ndarray]:
        """Lay together."""
        return first[0] + second[0], first[1] + second[1]

    def fit(self, batch: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
        """Give the error of the weights."""
        return np.linalg.solve(batch[0], batch[1][:, :, None])[:, :, 0]

    def statistics(self, model: np.ndarray) -> Statistics:
        """Measure against reality."""
        return {"risk": np.einsum("sd,sd->s", model, model)}

    def floats(self, sizes: Sequence[int], regime: Regime) -> int:
        """Give how many floats one seed holds at most."""
        return self.dimension * (8 * self.dimension + (3 * max(sizes) if self.rows else 0))

    def expected(self, regime: Regime, sizes: Sequence[int]) -> Mapping[str, np.ndarray]:
        """Give the closed form, `floor` and what more rows mend.

        Notes
        -----
        With n rows, a share p2 of them made, B ~ Beta_d(p2 n / 2, p1 n / 2) and S ~ W_d(n), independent of each other, the error
        is S^(-1/2) B S^(1/2) delta plus noise, so that exactly

            E risk = s^2 d / (n - d - 1) + shift^2 (E B_11^2 + E B_12^2 ((n d - 2) / (n - d - 1) - 1)),

        which for n and d large with d / n = phi is s^2 phi / (1 - phi) + shift^2 (p2^2 + p1 p2 phi / (1 - phi)): the floor
        p2^2 shift^2 stays however many rows there are.
        """
        d = self.dimension
        found = list[float]()
        for at, count in enumerate(sizes):
            if count <= d + 1:
                return {}
            made = count - regime.real_rows(count) if at else 0
            a, n = made / 2, count / 2
            square = a * (a + 1) / (n * (n + 1))
            minor = a / n * (a - 0.5) / (n - 0.5)  # E (B_11 B_22 - B_12^2), and B_11^2 = B_11 B_22 + 2 B_12^2 in expectation
            across = (square - minor) / 3
            spread = (count * d - 2) / (count - d - 1) - 1
            found.append(self.noise**2 * d / (count - d - 1) + self.shift**2 * (square + across * spread))
        return {"risk": np.array(found)}
