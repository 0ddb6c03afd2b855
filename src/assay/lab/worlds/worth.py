"""What synthetic rows can be worth: a mean estimated from few real rows and many biased ones, weighted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

import numpy as np

from assay.core.errors import UsageError
from assay.lab.worlds.descent import Statistics, World
from assay.lab.worlds.regime import Regime

NODES = 2_001
WORDS = ("known", "estimated", "debiased", "own")


class Worth(World):
    """Reality is N(0, variance); synthetic rows have the mean `delta` and the same variance.

    Parameters
    ----------
    delta : float, default 0.0
        Bias of the synthetic rows.
    made : int
        Synthetic rows m beside `size` real ones.
    variance : float, default 1.0
        Of a row.
    rows : bool, default False
        Draw actual rows.

    Notes
    -----
    Regimes: ``weighted:known`` weights with the bias known; ``weighted:estimated`` puts the square of the observed difference D
    of the two means in its place, ``weighted:debiased`` max(0, D^2 - 1/n - 1/m); ``weighted:own`` uses D^2 too, with rows drawn
    around the mean of the very same real rows (delta has no part in it); ``weighted:0.8`` gives real rows the weight .8. One
    generation: nothing is handed on. Means are drawn, exactly; ``rows=True`` draws rows.

    Statistics: ``squared_error`` and ``weight`` (of the synthetic mean). Variance over the mean squared error is the number of
    real rows that would do as well; `effective_rows` gives it for a known bias.
    """

    regimes: ClassVar[tuple[str, ...]] = ("weighted",)

    def __init__(self, *, made: int, delta: float = 0.0, variance: float = 1.0, rows: bool = False) -> None:
        if made < 1 or not variance > 0:
            raise UsageError(f"made must be >= 1 and variance > 0. Got {made} and {variance}.")
        self.delta, self.made_rows, self.variance, self.rows = delta, made, variance, rows
        self.argument = "known"

    def adopt(self, regime: Regime, sizes: Sequence[int]) -> None:
        """Take the way of weighting; nothing is handed on, so there is one generation."""
        if len(sizes) != 1:
            raise UsageError(f"World 'worth' has one generation. Got {len(sizes)}.")
        if regime.argument not in WORDS:
            regime.share  # noqa: B018 - a word that is none is told now
        self.argument = regime.argument

    def real(self, count: int, seeds: int, rng: np.random.Generator) -> np.ndarray:
        """Draw what is learned: error and weight, of shape (2, seeds)."""
        real = self._mean(count, seeds, rng)
        made = self._mean(self.made_rows, seeds, rng) + (real if self.argument == "own" else self.delta)
        weight = self._weight(made - real, count)
        return np.stack([real + weight * (made - real), np.broadcast_to(weight, seeds)])

    def _mean(self, count: int, seeds: int, rng: np.random.Generator) -> np.ndarray:
        spread = np.sqrt(self.variance)
        if self.rows:
            return spread * rng.standard_normal((seeds, count)).mean(axis=1)
        return spread / np.sqrt(count) * rng.standard_normal(seeds)

    def _weight(self, apart: np.ndarray, count: int) -> np.ndarray | float:
        if self.argument not in WORDS:
            return 1 - Regime("weighted", self.argument).share
        square = np.square(self.delta if self.argument == "known" else apart) / self.variance
        return self._best(square, count)

    def _best(self, square: np.ndarray | float, count: int) -> np.ndarray | float:
        noise = 1 / count + 1 / self.made_rows
        if self.argument == "debiased":
            square = np.maximum(square - noise, 0.0)
        return best_weight(np.sqrt(square), count, self.made_rows)

    def made(self, model: np.ndarray, count: int, rng: np.random.Generator) -> np.ndarray:
        """Refuse: there is one generation."""
        raise NotImplementedError

    def fit(self, batch: np.ndarray) -> np.ndarray:
        """Give it as it is."""
        return batch

    def statistics(self, model: np.ndarray) -> Statistics:
        """Measure against reality."""
        return {"squared_error": model[0] ** 2, "weight": model[1].copy()}

    def floats(self, sizes: Sequence[int], regime: Regime) -> int:
        """Give how many floats one seed holds at most."""
        return max(*sizes, self.made_rows) if self.rows else 8

    def expected(self, regime: Regime, sizes: Sequence[int]) -> Mapping[str, np.ndarray]:
        """Give the closed forms.

        Notes
        -----
        With n real rows and bias delta in standard deviations, known: weight (1/n) / (1/n + 1/m + delta^2), squared error
        variance / n_eff with n_eff = n + 1 / (1/m + delta^2) <= n + 1 / delta^2. A fixed weight w: (1 - w)^2 / n + w^2 (1/m +
        delta^2). With an estimate from D in place of delta the error of the weighted mean is a normal residual, independent of D,
        and a function of D, integrated numerically: n = 50, m = 1,000 and delta = .3 are worth 61 rows with delta known, 42 with
        D^2 and 35 with the debiased square. Around the mean of the same real rows it is 1/n + E (w(D) D)^2, never below 1/n.
        """
        real, made, unit = 1 / sizes[0], 1 / self.made_rows, self.variance
        delta = self.delta / np.sqrt(unit)
        if self.argument in ("estimated", "debiased", "own"):
            own = self.argument == "own"
            centre, spread = (0.0, np.sqrt(made)) if own else (delta, np.sqrt(real + made))
            at = np.linspace(-9, 9, NODES)
            density = np.exp(-(at**2) / 2)
            density /= density.sum()
            apart = centre + spread * at
            moved = self._best(apart**2, sizes[0])
            shift = moved * apart if own else moved * apart - real / (real + made) * (apart - delta)
            rest = real if own else real * made / (real + made)
            found = {"squared_error": unit * (rest + density @ shift**2), "weight": float(density @ moved)}
        else:
            weight = float(self._weight(np.zeros(1), sizes[0]))
            error = unit * ((1 - weight) ** 2 * real + weight**2 * (made + delta**2))
            found = {"squared_error": error, "weight": weight}
        return {name: np.array([each]) for name, each in found.items()}


def best_weight(delta: np.ndarray | float, real: int, made: int) -> np.ndarray | float:
    """Give the weight of the SYNTHETIC mean with the least error, for a bias in standard deviations of a row.

    Examples
    --------
    >>> round(float(best_weight(0.3, 50, 1000)), 3)
    0.18
    """
    return (1 / real) / (1 / real + 1 / made + np.square(delta))


def effective_rows(delta: float, real: int, made: int) -> float:
    """Give n_eff: the real rows that weigh as much as `real` of them and `made` biased ones, the bias known.

    Examples
    --------
    >>> round(effective_rows(0.3, 50, 1000))
    61
    """
    return real + 1 / (1 / made + delta**2)
