"""How long a variance takes to fall: an inverse-Gaussian law, and the exact distribution that it stands for."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import gammaln, ndtr

from assay.core.errors import UsageError

OVERSHOOT = 0.583  # mean excess of a normal walk over a far barrier, in standard deviations of a step


@dataclass(frozen=True, slots=True)
class CollapseTime:
    """The generation at which the variance of a refitted normal has fallen by a factor, under ``replace``.

    Parameters
    ----------
    size : int
        Rows a generation, M.
    fall : float
        a: the variance falls to e^-a of reality's.

    Notes
    -----
    The log variance is a random walk with steps ln(chi^2 / (M - 1)), M - 1 degrees, of mean about -1 / (M - 1) and variance about
    s^2 = 2 / (M - 1). A walk passes a barrier by .583 s on average, so it is held against a diffusion that has to fall by b = a +
    .583 s: its time is inverse-Gaussian with mean b (M - 1) and shape b^2 (M - 1) / 2, read at t + 1/2 as generations are whole.
    With a in place of b in the shape it would be off by up to .055 (M = 20, a = 1), so by less than .01. Times spread so widely
    that one lineage says little.

    References
    ----------
    Siegmund, D. (1985). Sequential analysis, chapter X.
    Chhikara, R. & Folks, J. (1989). The inverse Gaussian distribution, section 2.

    Examples
    --------
    >>> law = CollapseTime(50, np.log(10))
    >>> [round(float(each)) for each in (law.mean, law.quantile(0.1), law.quantile(0.5), law.quantile(0.9))]
    [119, 31, 84, 245]
    """

    size: int
    fall: float

    def __post_init__(self) -> None:
        if self.size < 3 or not self.fall > 0:
            raise UsageError(f"size must be >= 3 and fall > 0. Got {self.size} and {self.fall}.")

    @property
    def mean(self) -> float:
        """Mean of the law, in generations."""
        return self._barrier * (self.size - 1)

    @property
    def shape(self) -> float:
        """Shape of the law."""
        return self._barrier**2 * (self.size - 1) / 2

    @property
    def _barrier(self) -> float:
        return self.fall + OVERSHOOT * np.sqrt(2 / (self.size - 1))

    def reached(self, generations: np.ndarray | float) -> np.ndarray:
        """Give the probability that it has fallen so far by then, by the law."""
        t = np.asarray(generations, dtype=float) + 0.5
        root = np.sqrt(self.shape / t)
        return ndtr(root * (t / self.mean - 1)) + np.exp(2 * self.shape / self.mean) * ndtr(-root * (t / self.mean + 1))

    def quantile(self, probability: float) -> float:
        """Give a quantile of the law by bisection, in generations."""
        low, high = 0.0, self.mean
        while self.reached(high) < probability:
            high *= 2
        for _ in range(100):
            middle = (low + high) / 2
            low, high = (middle, high) if self.reached(middle) < probability else (low, middle)
        return high

    def exact(self, generations: int) -> np.ndarray:
        """Give the probability that it has fallen so far by each generation, without the law.

        Parameters
        ----------
        generations : int
            How many.

        Returns
        -------
        numpy.ndarray of shape (generations,)

        Notes
        -----
        The density of log variance among the lineages that have not passed yet, convolved with the density of a step and cut
        at -a, again and again, on a grid of s / 20; the error falls as the square of its width. A walk with this drift is ever
        above x with a chance of about e^-x, so the grid ends at 16 and some steps.
        """
        spread, half = np.sqrt(2 / (self.size - 1)), (self.size - 1) / 2
        width = spread / 20
        cells = int(np.ceil((self.fall + spread * min(12 + 6 * np.sqrt(generations), 12 + 16 / spread)) / width))
        padded = 2 ** int(np.ceil(np.log2(3 * cells)))

        def step(change: np.ndarray) -> np.ndarray:
            return width * np.exp(half * (np.log(half) + change - np.exp(np.minimum(change, 50.0))) - gammaln(half))

        kernel = np.fft.rfft(step(width * np.arange(-cells + 1, cells)), padded)
        density = step(width * (np.arange(cells) + 0.5) - self.fall)
        alive = np.empty(generations)
        for at in range(generations):
            alive[at] = density.sum()
            density = np.fft.irfft(np.fft.rfft(density, padded) * kernel, padded)[cells - 1 : 2 * cells - 1]
        return np.clip(1 - alive, 0.0, 1.0)
