"""A normal reality and a learner that smooths its rows with a kernel: collapse that inflates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from assay.core.errors import UsageError
from assay.lab.worlds.descent import Statistics, World, drawn, most_rows
from assay.lab.worlds.moments import moments
from assay.lab.worlds.regime import Regime


@dataclass(frozen=True, slots=True)
class Smoothed:
    """Rows (seeds, rows) and bandwidths (seeds,): a density of normal bumps."""

    points: np.ndarray
    bandwidth: np.ndarray


class Kernel(World):
    """Reality is N(0, variance) in one dimension; a generation is a kernel density of its rows.

    Parameters
    ----------
    bandwidth : float or 'silverman', default 'silverman'
        Standard deviation h of the normal kernel, or the normal reference rule (4 / (3 n))^(1/5) s, s^2 the unbiased variance.
    variance : float, default 1.0
        Reality's.
    rows : bool, default True
        Rows are always drawn: a kernel density has no other sufficient statistic.

    Notes
    -----
    Statistics: ``variance`` of the density (the rows' variance plus h^2), ``log_variance``, ``squared_error`` of its mean.

    References
    ----------
    Silverman, B. W. (1986). Density estimation for statistics and data analysis, section 3.4.2.
    """

    regimes: ClassVar[tuple[str, ...]] = ("replace", "accumulate", "accumulate_subsample", "mix", "fresh")

    def __init__(self, *, bandwidth: float | str = "silverman", variance: float = 1.0, rows: bool = True) -> None:
        number = isinstance(bandwidth, int | float) and not isinstance(bandwidth, bool) and 0 <= bandwidth < float("inf")
        if not number and bandwidth != "silverman":
            raise UsageError(f"bandwidth must be a number >= 0 or 'silverman'. Got {bandwidth!r}.")
        if not rows or not variance > 0:
            raise UsageError(
                f"rows must be True, as a kernel density keeps its rows, and variance > 0. Got {rows} and {variance}."
            )
        self.bandwidth, self.variance, self.rows = bandwidth, variance, rows

    def real(self, count: int, seeds: int, rng: np.random.Generator) -> np.ndarray:
        """Draw from reality."""
        return rng.standard_normal((seeds, count)) * np.sqrt(self.variance)

    def made(self, model: Smoothed, count: int, rng: np.random.Generator) -> np.ndarray:
        """Draw rows with replacement and move each by the kernel."""
        seeds, kept = model.points.shape
        rows = np.take_along_axis(model.points, rng.integers(0, kept, (seeds, count)), axis=1)
        rows += model.bandwidth[:, None] * rng.standard_normal((seeds, count))
        return rows

    def pooled(self, first: np.ndarray, second: np.ndarray) -> np.ndarray:
        """Lay together."""
        return np.concatenate([first, second], axis=1)

    def part(self, batch: np.ndarray, count: int, rng: np.random.Generator) -> np.ndarray:
        """Draw rows of a batch."""
        return np.take_along_axis(batch, drawn(batch, count, rng), axis=1)

    def fit(self, batch: np.ndarray) -> Smoothed:
        """Keep the rows and choose the bandwidth."""
        if isinstance(self.bandwidth, str):
            width = np.sqrt(reference(batch.shape[1]) * batch.var(axis=1, ddof=1))
        else:
            width = np.full(len(batch), float(self.bandwidth))
        return Smoothed(batch, width)

    def statistics(self, model: Smoothed) -> Statistics:
        """Measure against reality."""
        variance = model.points.var(axis=1) + model.bandwidth**2
        with np.errstate(divide="ignore"):  # without smoothing the last two values become one
            logs = np.log(variance)
        return {"variance": variance, "log_variance": logs, "squared_error": model.points.mean(axis=1) ** 2}

    def floats(self, sizes: Sequence[int], regime: Regime) -> int:
        """Give how many floats one seed holds at most."""
        return 5 * most_rows(sizes, regime)

    def expected(self, regime: Regime, sizes: Sequence[int]) -> Mapping[str, np.ndarray]:
        """Give the closed forms.

        Notes
        -----
        Under ``replace`` with fixed h, after g generations of n rows: (1 - 1/n)^g variance + n h^2 (1 - (1 - 1/n)^g), which rises
        where n h^2 > variance. With the reference rule the variance is multiplied by 1 - 1/n + (4 / (3 n))^(2/5) every
        generation.
        """
        if isinstance(self.bandwidth, str):
            # of the maximum likelihood variance v the density has v + reference * v n / (n - 1)
            variance, error = moments(regime, sizes, variance=self.variance, gain=_widened)
            rows = np.asarray(fitted_rows(regime, sizes))
            return {"variance": variance * np.array([_widened(int(count)) for count in rows]), "squared_error": error}
        variance, error = moments(regime, sizes, variance=self.variance, added=self.bandwidth**2)
        return {"variance": variance + self.bandwidth**2, "squared_error": error}


def reference(count: int) -> float:
    """Give the square of the bandwidth of the normal reference rule, in units of the unbiased variance."""
    return (4 / (3 * count)) ** 0.4


def fitted_rows(regime: Regime, sizes: Sequence[int]) -> list[int]:
    """Give the rows that each generation is fitted on."""
    return np.cumsum(sizes).tolist() if regime.name == "accumulate" else list(sizes)


def _widened(count: int) -> float:
    return 1 + reference(count) * count / (count - 1)
