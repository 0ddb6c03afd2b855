"""A normal reality in one or more dimensions, and a learner that refits mean and covariance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from scipy.special import gammaln, psi

from assay.core.errors import UsageError
from assay.lab.worlds.descent import Statistics, World, drawn, most_rows
from assay.lab.worlds.moments import golden, moments
from assay.lab.worlds.regime import Regime


@dataclass(frozen=True, slots=True)
class Batch:
    """Rows through what is sufficient of them: their number, mean (seeds, d) and a lower triangular root of their scatter.

    The root is carried rather than the scatter: after many generations the scatter itself is singular to sixteen digits.
    """

    count: int
    mean: np.ndarray
    root: np.ndarray


@dataclass(frozen=True, slots=True)
class Model:
    """Mean (seeds, d) and a lower triangular root of the covariance (seeds, d, d)."""

    mean: np.ndarray
    root: np.ndarray


class Gaussian(World):
    """Reality is N(0, variance * identity); a generation is refitted to mean and covariance.

    Parameters
    ----------
    dimension : int, default 1
        Columns d. Refitting is affine, so no other covariance of reality would behave otherwise.
    variance : float, default 1.0
        Of each column.
    estimator : {'unbiased', 'mle'}, default 'unbiased'
        Sum of squares over rows - 1, or over rows.
    bias : float, default 1.0
        Made rows have this times the covariance of the model: below 1 for sampling that prefers the likely.
    beside : int, optional
        Rows made under ``weighted``, besides `size` real ones; as many by default.
    rows : bool, default False
        Draw actual rows.

    Notes
    -----
    Sufficient statistics are drawn, exactly: the mean of n normal rows is N(mu, C / n), their scatter C^(1/2) W C^(1/2)' with W
    Wishart of n - 1 degrees (Bartlett's decomposition; chi-square for d = 1). Actual rows are drawn with ``rows=True``, and
    always under ``accumulate_subsample``, where later draws come from the same finite rows. Under ``weighted`` the unbiased
    covariances of the two samples are weighted as the means are.

    Statistics: ``squared_error`` of the mean, ``variance`` (mean over the columns), ``w2_squared`` (Wasserstein-2 distance from
    reality), ``log_determinant``, and for d = 1 ``mean`` and ``log_variance``.

    References
    ----------
    Shumailov, I. et al. (2024). AI models collapse when trained on recursively generated data. Nature 631, Theorem 3.1.
    Smith, W. B. & Hocking, R. R. (1972). Algorithm AS 53: Wishart variate generator. Applied Statistics 21(3).
    """

    regimes: ClassVar[tuple[str, ...]] = ("replace", "accumulate", "accumulate_subsample", "mix", "fresh", "weighted")

    def __init__(
        self,
        *,
        dimension: int = 1,
        variance: float = 1.0,
        estimator: str = "unbiased",
        bias: float = 1.0,
        beside: int | None = None,
        rows: bool = False,
    ) -> None:
        if estimator not in ("unbiased", "mle"):
            raise UsageError(f"estimator must be 'unbiased' or 'mle'. Got {estimator!r}.")
        if dimension < 1 or not variance > 0 or not bias > 0:
            raise UsageError(
                f"dimension must be >= 1, variance and bias > 0. Got dimension={dimension}, variance={variance}, bias={bias}."
            )
        self.dimension, self.variance, self.estimator, self.bias, self.rows = dimension, variance, estimator, bias, rows
        self.made_rows = beside
        self.freedom = int(estimator == "unbiased")

    def adopt(self, regime: Regime, sizes: Sequence[int]) -> None:
        """Draw rows where parts of them are drawn again, and refuse what cannot be fitted or weighted."""
        self.rows = self.rows or regime.name == "accumulate_subsample"
        if min(sizes) <= self.dimension:
            raise UsageError(f"A covariance needs more rows than columns. Got {min(sizes)} rows and dimension={self.dimension}.")
        if regime.name == "weighted":
            golden(regime, 1, 1)

    def real(self, count: int, seeds: int, rng: np.random.Generator) -> Batch | np.ndarray:
        """Draw from reality."""
        d = self.dimension
        root = np.broadcast_to(np.sqrt(self.variance) * np.eye(d), (seeds, d, d))
        return self._draw(np.zeros((seeds, d)), root, count, rng)

    def made(self, model: Model, count: int, rng: np.random.Generator) -> Batch | np.ndarray:
        """Draw from the models."""
        return self._draw(model.mean, np.sqrt(self.bias) * model.root, count, rng)

    def _draw(self, mean: np.ndarray, root: np.ndarray, count: int, rng: np.random.Generator) -> Batch | np.ndarray:
        seeds, d = mean.shape
        if self.rows:
            rows = rng.standard_normal((seeds, count, d))
            if d == 1:
                rows *= root
            else:
                rows = rows @ root.swapaxes(1, 2)
            rows += mean[:, None, :]
            return rows
        centre = mean + _times(root, rng.standard_normal((seeds, d))) / np.sqrt(count)
        return Batch(count, centre, _product(root, bartlett(count - 1, d, seeds, rng)))

    def pooled(self, first: Batch | np.ndarray, second: Batch | np.ndarray) -> Batch | np.ndarray:
        """Lay together."""
        if isinstance(first, np.ndarray) or isinstance(second, np.ndarray):
            return np.concatenate([first, second], axis=1)  # type: ignore[list-item]
        count = first.count + second.count
        apart = second.mean - first.mean
        mean = first.mean + apart * (second.count / count)
        between = apart[:, :, None] * apart[:, None, :] * (first.count * second.count / count)
        return Batch(count, mean, factor(_square(first.root) + _square(second.root) + between))

    def part(self, batch: Batch | np.ndarray, count: int, rng: np.random.Generator) -> np.ndarray:
        """Draw rows of a batch."""
        assert isinstance(batch, np.ndarray)
        return np.take_along_axis(batch, drawn(batch, count, rng)[:, :, None], axis=1)

    def fit(self, batch: Batch | np.ndarray) -> Model:
        """Refit mean and covariance."""
        batch = summed(batch)
        return Model(batch.mean, batch.root / np.sqrt(batch.count - self.freedom))

    def weighted(self, real: Batch | np.ndarray, made: Batch | np.ndarray, regime: Regime) -> Model:
        """Weight the means and the unbiased covariances."""
        first, second = summed(real), summed(made)
        weight = golden(regime, first.count, second.count)
        both = weight / (first.count - 1) * _square(first.root) + (1 - weight) / (second.count - 1) * _square(second.root)
        return Model(weight * first.mean + (1 - weight) * second.mean, factor(both))

    def beside(self, count: int) -> int:
        """Give the rows made for `count` real ones."""
        return self.made_rows or count

    def statistics(self, model: Model) -> Statistics:
        """Measure against reality."""
        spread = np.sqrt(self.variance)
        error = np.einsum("sd,sd->s", model.mean, model.mean)
        ends = np.abs(np.diagonal(model.root, axis1=1, axis2=2))
        with np.errstate(divide="ignore"):  # a variance below the smallest number has vanished
            logs = 2 * np.log(ends).sum(axis=1)
        if self.dimension == 1:
            found = {"mean": model.mean[:, 0], "squared_error": error, "variance": ends[:, 0] ** 2, "log_variance": logs}
            return found | {"log_determinant": logs, "w2_squared": error + (ends[:, 0] - spread) ** 2}
        values = np.linalg.svd(model.root, compute_uv=False)
        return {
            "squared_error": error,
            "variance": (values**2).mean(axis=1),
            "log_determinant": logs,
            "w2_squared": error + ((values - spread) ** 2).sum(axis=1),
        }

    def floats(self, sizes: Sequence[int], regime: Regime) -> int:
        """Give how many floats one seed holds at most."""
        d = self.dimension
        return 3 * d * most_rows(sizes, regime) if self.rows else 8 * d * d

    def expected(self, regime: Regime, sizes: Sequence[int]) -> Mapping[str, np.ndarray]:
        """Give the closed forms.

        Notes
        -----
        Under ``replace``, with c4(n) = sqrt(2 / (n - 1)) G(n / 2) / G((n - 1) / 2) and sizes M: E(mu - mu_0)^2 = sum 1 / M_t,
        E W2^2 = E(mu - mu_0)^2 + E var + 1 - 2 prod c4, in units of the variance; the log determinant falls by
        sum_i psi((M - i) / 2) - ln((M - 1) / 2) a generation, i = 1..d. A bias L enters from the second generation on. Other
        regimes: see `assay.lab.worlds.moments`.
        """
        d = self.dimension
        if regime.name == "weighted" and not self.freedom:
            return {}
        variance, error = moments(
            regime, sizes, variance=self.variance, freedom=self.freedom, gain=self.bias, beside=self.made_rows
        )
        found = {"variance": variance, "squared_error": d * error}
        if regime.name != "replace":
            return found
        counts = np.asarray(sizes, dtype=float)
        biased = np.arange(len(counts)) * np.log(self.bias)
        steps = sum(psi((counts - i) / 2) for i in range(1, d + 1)) - d * np.log((counts - self.freedom) / 2)
        logs = np.cumsum(steps) + d * (biased + np.log(self.variance))
        found["log_determinant"] = logs
        if d == 1:
            deviation = np.exp(np.cumsum(log_c4(counts) + 0.5 * np.log((counts - 1) / (counts - self.freedom))) + biased / 2)
            found["log_variance"] = logs
            found["mean"] = np.zeros(len(counts))
            found["w2_squared"] = error + variance + self.variance * (1 - 2 * deviation)
        return found


def log_c4(counts: np.ndarray) -> np.ndarray:
    """Give the log of c4: the mean of the standard deviation of unit normal rows, divided by rows - 1."""
    return 0.5 * np.log(2 / (counts - 1)) + gammaln(counts / 2) - gammaln((counts - 1) / 2)


def bartlett(freedom: int, dimension: int, seeds: int, rng: np.random.Generator) -> np.ndarray:
    """Draw A with A A' Wishart: lower triangular for enough degrees of freedom, else a plain normal matrix.

    Parameters
    ----------
    freedom : int
        Degrees of freedom, from 0 on.
    dimension, seeds : int
        Shape.

    Returns
    -------
    numpy.ndarray of shape (seeds, dimension, dimension), or (seeds, dimension, freedom) where freedom < dimension
    """
    if freedom < dimension:
        return rng.standard_normal((seeds, dimension, freedom)) if freedom else np.zeros((seeds, dimension, 1))
    if dimension == 1:
        return np.sqrt(rng.chisquare(freedom, seeds))[:, None, None]
    root = np.zeros((seeds, dimension, dimension))
    below = np.tril_indices(dimension, -1)
    root[:, below[0], below[1]] = rng.standard_normal((seeds, len(below[0])))
    ends = np.arange(dimension)
    root[:, ends, ends] = np.sqrt(rng.chisquare(freedom - ends, (seeds, dimension)))
    return root


def summed(batch: Batch | np.ndarray) -> Batch:
    """Give what is sufficient of rows."""
    if isinstance(batch, Batch):
        return batch
    mean = batch.mean(axis=1)
    if batch.shape[2] == 1:
        apart = batch[:, :, 0] - mean
        return Batch(batch.shape[1], mean, np.sqrt(np.einsum("sn,sn->s", apart, apart))[:, None, None])
    upper = np.asarray(np.linalg.qr(batch - mean[:, None, :], mode="r"))
    return Batch(batch.shape[1], mean, upper.swapaxes(1, 2))


def factor(covariance: np.ndarray) -> np.ndarray:
    """Give a lower triangular root."""
    return np.sqrt(covariance) if covariance.shape[1] == 1 else np.linalg.cholesky(covariance)


def _square(root: np.ndarray) -> np.ndarray:
    return root * root if root.shape[1:] == (1, 1) else root @ root.swapaxes(1, 2)


def _product(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    return first * second if first.shape[1] == 1 and second.shape[2] == 1 else first @ second


def _times(root: np.ndarray, vector: np.ndarray) -> np.ndarray:
    return root[:, :, 0] * vector if root.shape[1] == 1 else (root @ vector[:, :, None])[:, :, 0]
