"""What a loop does to mean and variance, exactly: one recursion for every world that refits first and second moments."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np

from assay.core.errors import UsageError
from assay.lab.worlds.regime import Regime

Gain = Callable[[int], float]


def moments(
    regime: Regime,
    sizes: Sequence[int],
    *,
    variance: float = 1.0,
    freedom: int = 0,
    gain: float | Gain = 1.0,
    added: float = 0.0,
    beside: int | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """Give the expected variance of a generation's model and the expected squared error of its mean.

    Parameters
    ----------
    regime : Regime
        ``replace``, ``accumulate``, ``accumulate_subsample``, ``mix``, ``fresh`` or ``weighted``.
    sizes : sequence of int
        Rows per generation.
    variance : float
        Reality's variance.
    freedom : {0, 1}
        What is taken off the number of rows when the sum of squares is divided: 0 for maximum likelihood, 1 for the unbiased
        estimate.
    gain, added : float, or for the gain a function of the number of rows fitted on
        Made rows have the variance gain * estimate + added: a sampling bias (gain), a kernel's smoothing (added), a variance
        that is known (gain 0).
    beside : int, optional
        Rows made under ``weighted``, besides the real ones; as many as real ones by default.

    Returns
    -------
    variance : numpy.ndarray of shape (generations,)
        Expected estimate, before gain and added.
    squared_error : numpy.ndarray of shape (generations,)
        Expected squared distance of the model's mean from reality's.

    Notes
    -----
    With u the variance of made rows, S a sum of squares, N and n the rows kept and new, each regime is a linear recursion,
    because rows enter through E x and E x x' only. So it holds for any distribution with these moments, for vectors (sum over
    their coordinates) and for shares of levels (with variance 1 - sum p^2). For accumulated rows,

        S' = S + (n - 1) u + N u / (N + n),    E(mu' - mu)^2 = E(mu - mu_0)^2 + n u / (N + n)^2,

    which for maximum likelihood and equal sizes is prod_k (1 - 1 / (n k^2)), with the limit sin(pi / sqrt n) / (pi / sqrt n).
    Under ``fresh`` with share a the fixed point is 1 - 1/D and the error 1/D, D = 1 - a + a n (2 - a), times reality's variance.
    Under ``accumulate_subsample`` the mean with known variance has the plateau (pi^2 / 2 - 2) variance / n.

    It cannot see the median: a mean of the variance that stays is compatible with a variance that goes to 0 almost surely.

    References
    ----------
    Shumailov, I. et al. (2024). AI models collapse when trained on recursively generated data. Nature 631, Theorem 3.1.
    Kazdan, J. et al. (2025). Collapse or thrive? Perils and promises of synthetic data in a self-generating world. ICML.
    """
    recursion = _Recursion(regime, variance, freedom, gain if callable(gain) else (lambda _: float(gain)), added, beside)
    found = [recursion.start(sizes[0]), *(recursion.step(count) for count in sizes[1:])]
    return np.array([each[0] for each in found]), np.array([each[1] for each in found])


class _Recursion:
    def __init__(self, regime: Regime, variance: float, freedom: int, gain: Gain, added: float, beside: int | None) -> None:
        self.regime, self.variance, self.freedom = regime, variance, freedom
        self.gain, self.added, self.beside = gain, added, beside

    def start(self, count: int) -> tuple[float, float]:
        """Learn from real rows alone."""
        self.kept, self.squares, self.error = count, (count - 1) * self.variance, self.variance / count
        if self.regime.name == "mix":
            # distance of the mean from the held rows' mean, and its covariance with the error of that one
            self.real = self.regime.real_rows(count)
            rest = count - self.real
            self.apart = (rest / count) ** 2 * (self.variance / rest + self.variance / self.real)
            self.shared = -(rest / count) * self.variance / self.real
        self.away = 0.0  # of a drawn part's mean from the mean of all that is kept
        return self._fitted(count, self.squares, self.error)

    def step(self, count: int) -> tuple[float, float]:
        """Learn from what the regime offers."""
        made = self.made
        if self.regime.name == "replace":
            self.error += made / count
            return self._fitted(count, (count - 1) * made, self.error)
        if self.regime.name in ("accumulate", "accumulate_subsample"):
            return self._accumulated(count, made)
        if self.regime.name in ("mix", "fresh"):
            return self._joined(count, made)
        weight = golden(self.regime, count, self.beside or count)
        self.error = weight**2 * self.variance / count + (1 - weight) ** 2 * (self.error + made / (self.beside or count))
        return self._told(count, weight * self.variance + (1 - weight) * made, self.error)

    def _accumulated(self, count: int, made: float) -> tuple[float, float]:
        kept, both = self.kept, self.kept + count
        new = made / count + self.away
        self.squares += (count - 1) * made + kept * count / both * new
        self.error += (count / both) ** 2 * new
        self.kept = both
        if self.regime.name == "accumulate":
            return self._fitted(both, self.squares, self.error)
        within = self.squares / (both - 1)
        self.away = within / count * (1 - count / both)
        return self._fitted(count, (count - 1) * within, self.error + self.away)

    def _joined(self, count: int, made: float) -> tuple[float, float]:
        real = self.real if self.regime.name == "mix" else self.regime.real_rows(count)
        rest = count - real
        if self.regime.name == "mix":
            between = self.apart + made / rest
            self.apart, self.shared = (rest / count) ** 2 * between, rest / count * self.shared
            self.error = self.variance / real + 2 * self.shared + self.apart
        else:
            between = self.variance / real + self.error + made / rest
            self.error = (real / count) ** 2 * self.variance / real + (rest / count) ** 2 * (self.error + made / rest)
        squares = (real - 1) * self.variance + (rest - 1) * made + real * rest / count * between
        return self._fitted(count, squares, self.error)

    def _fitted(self, count: int, squares: float, error: float) -> tuple[float, float]:
        return self._told(count, squares / (count - self.freedom), error)

    def _told(self, count: int, estimate: float, error: float) -> tuple[float, float]:
        self.made = self.gain(count) * estimate + self.added
        return estimate, error


def golden(regime: Regime, real: int, made: int) -> float:
    """Give the weight of the real estimate under the regime ``weighted``.

    Notes
    -----
    Of ``golden`` it is the one with the least error of the mean in the long run, (sqrt(k^2 + 4 k) - k) / 2 with
    k = real / made: for k = 1 the golden ratio, .618.

    References
    ----------
    He, H., Xu, S. & Cheng, G. (2025). Golden ratio weighting prevents model collapse. arXiv 2502.18049.

    Examples
    --------
    >>> round(golden(Regime.parse("weighted:golden"), 10, 10), 3)
    0.618
    """
    if regime.argument == "golden":
        k = real / made
        return (math.sqrt(k * k + 4 * k) - k) / 2
    try:
        return regime.share
    except UsageError:
        message = f"Regime {str(regime)!r} is not known here. Expected weighted:golden, or the weight of real rows in (0, 1)."
        raise UsageError(message) from None
