"""A linear reality with noise, and a learner by least squares or ridge whose predictions become the next labels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from assay.core.errors import UsageError
from assay.lab.worlds.descent import Statistics, World, drawn, most_rows
from assay.lab.worlds.gaussian import bartlett
from assay.lab.worlds.moments import moments
from assay.lab.worlds.regime import Regime


@dataclass(frozen=True, slots=True)
class Normal:
    """Rows through their normal equations: number, X'X (seeds, d, d), X'y (seeds, d), and a root A of X'X = A A'."""

    count: int
    gram: np.ndarray
    moment: np.ndarray
    root: np.ndarray


@dataclass(frozen=True, slots=True)
class Labelled:
    """Rows: features (seeds, rows, d) and labels (seeds, rows)."""

    features: np.ndarray
    labels: np.ndarray


@dataclass(frozen=True, slots=True)
class Linear:
    """Weights (seeds, d), and the root of the design that they were learned from."""

    weights: np.ndarray
    root: np.ndarray | None


class Regression(World):
    """Reality is y = w'x + noise with x ~ N(0, identity); models label new rows, with the same noise.

    Parameters
    ----------
    dimension : int, default 5
        Features d.
    noise : float, default 1.0
        Its standard deviation, in reality and in what models label.
    length : float, default 1.0
        Of w.
    ridge : float, default 0.0
        Penalty: w = (X'X + ridge * identity)^-1 X'y. With 0 least squares, of least length where rows are fewer than features.
    design : {'fresh', 'same', 'orthogonal'}, default 'fresh'
        Features drawn anew every time, drawn once and labelled again and again, or with X'X = rows * identity.
    rows : bool, default False
        Draw actual rows.

    Notes
    -----
    The normal equations are drawn, exactly: X'X is Wishart, X'y given it is normal. Actual rows are drawn with ``rows=True``, and
    always under ``accumulate_subsample``, for the design 'fresh' only.

    Statistics: ``risk``, the squared distance of the weights from w, which is the excess of the test error over the noise, and
    ``length_squared`` of the weights.

    References
    ----------
    Gerstgrasser, M. et al. (2024). Is model collapse inevitable? Breaking the curse of recursion by accumulating real and
    synthetic data. COLM, section 3.
    """

    regimes: ClassVar[tuple[str, ...]] = ("replace", "accumulate", "accumulate_subsample", "mix", "fresh")

    def __init__(
        self,
        *,
        dimension: int = 5,
        noise: float = 1.0,
        length: float = 1.0,
        ridge: float = 0.0,
        design: str = "fresh",
        rows: bool = False,
    ) -> None:
        if design not in ("fresh", "same", "orthogonal"):
            raise UsageError(f"design must be 'fresh', 'same' or 'orthogonal'. Got {design!r}.")
        if dimension < 1 or min(noise, length, ridge) < 0:
            raise UsageError(
                "dimension must be >= 1; noise, length and ridge >= 0. "
                f"Got dimension={dimension}, noise={noise}, length={length}, ridge={ridge}."
            )
        self.dimension, self.noise, self.length, self.ridge = dimension, noise, length, ridge
        self.design, self.rows = design, rows
        self.truth = np.zeros(dimension)
        self.truth[0] = length

    def adopt(self, regime: Regime, sizes: Sequence[int]) -> None:
        """Draw rows where parts of them are drawn again."""
        self.rows = self.rows or regime.name == "accumulate_subsample"
        if self.rows and self.design != "fresh":
            raise UsageError(f"Rows, which accumulate_subsample needs, are drawn for design='fresh' only. Got {self.design!r}.")
        if self.design == "same" and regime.name not in ("replace", "accumulate"):
            raise UsageError(f"design='same' goes with replace and accumulate only. Got {str(regime)!r}.")

    def real(self, count: int, seeds: int, rng: np.random.Generator) -> Normal | Labelled:
        """Draw rows that reality labels."""
        return self._label(np.broadcast_to(self.truth, (seeds, self.dimension)), None, count, rng)

    def made(self, model: Linear, count: int, rng: np.random.Generator) -> Normal | Labelled:
        """Draw rows that the models label."""
        return self._label(model.weights, model.root if self.design == "same" else None, count, rng)

    def _label(self, weights: np.ndarray, root: np.ndarray | None, count: int, rng: np.random.Generator) -> Normal | Labelled:
        seeds, d = weights.shape
        if self.rows:
            features = rng.standard_normal((seeds, count, d))
            labels = (features @ weights[:, :, None])[:, :, 0] + self.noise * rng.standard_normal((seeds, count))
            return Labelled(features, labels)
        if root is None:
            orthogonal = self.design == "orthogonal"
            root = np.broadcast_to(np.sqrt(count) * np.eye(d), (seeds, d, d)) if orthogonal else bartlett(count, d, seeds, rng)
        gram = root @ root.swapaxes(1, 2)
        noise = root @ rng.standard_normal((seeds, root.shape[2], 1))
        return Normal(count, gram, (gram @ weights[:, :, None] + self.noise * noise)[:, :, 0], root)

    def pooled(self, first: Normal | Labelled, second: Normal | Labelled) -> Normal | Labelled:
        """Lay together."""
        if isinstance(first, Labelled) and isinstance(second, Labelled):
            features = np.concatenate([first.features, second.features], axis=1)
            return Labelled(features, np.concatenate([first.labels, second.labels], axis=1))
        assert isinstance(first, Normal)
        assert isinstance(second, Normal)
        count, gram = first.count + second.count, first.gram + second.gram
        return Normal(count, gram, first.moment + second.moment, second.root)  # the root is read for one design alone

    def part(self, batch: Normal | Labelled, count: int, rng: np.random.Generator) -> Labelled:
        """Draw rows of a batch."""
        assert isinstance(batch, Labelled)
        at = drawn(batch.labels, count, rng)
        features = np.take_along_axis(batch.features, at[:, :, None], axis=1)
        return Labelled(features, np.take_along_axis(batch.labels, at, axis=1))

    def fit(self, batch: Normal | Labelled) -> Linear:
        """Solve the normal equations."""
        if isinstance(batch, Labelled):
            across = batch.features.swapaxes(1, 2)
            batch = Normal(batch.labels.shape[1], across @ batch.features, (across @ batch.labels[:, :, None])[:, :, 0], across)
        moment = batch.moment[:, :, None]
        if batch.count < self.dimension and not self.ridge:
            rank = np.linalg.pinv(batch.gram, hermitian=True, rcond=1e-10)
            return Linear((rank @ moment)[:, :, 0], batch.root)
        gram = batch.gram + self.ridge * np.eye(self.dimension) if self.ridge else batch.gram
        return Linear(np.linalg.solve(gram, moment)[:, :, 0], batch.root)

    def statistics(self, model: Linear) -> Statistics:
        """Measure against reality."""
        apart = model.weights - self.truth
        return {
            "risk": np.einsum("sd,sd->s", apart, apart),
            "length_squared": np.einsum("sd,sd->s", model.weights, model.weights),
        }

    def floats(self, sizes: Sequence[int], regime: Regime) -> int:
        """Give how many floats one seed holds at most."""
        d = self.dimension
        return 3 * (d + 1) * most_rows(sizes, regime) if self.rows else 8 * d * (d + 1)

    def expected(self, regime: Regime, sizes: Sequence[int]) -> Mapping[str, np.ndarray]:
        """Give the closed forms.

        Notes
        -----
        With T rows a generation, s the noise, d features and T > d + 1: under ``replace`` n s^2 d / (T - d - 1); under
        ``accumulate`` s^2 d sum_i 1 / (i (i T - d - 1)), with the same design s^2 d / (T - d - 1) sum_i 1 / i^2; under
        ``accumulate_subsample`` s^2 d / (T - d - 1) times a sum with the plateau pi^2 / 2 - 2, that of a mean: exact in the first
        generation, later for T much larger than d only (2% too low at T = 10 d). T < d without noise, under ``replace``: length^2
        (1 - (T / d)^n). With an orthogonal design least squares is d means of known variance, see `assay.lab.worlds.moments`, and
        ridge has closed forms under ``replace`` and ``accumulate``.
        """
        d, unit = self.dimension, self.noise**2
        counts = np.asarray(sizes, dtype=float)
        steady = len(set(sizes)) == 1
        orthogonal = self.design == "orthogonal"
        if self.ridge:
            return self._shrunk(regime, sizes) if orthogonal and regime.name in ("replace", "accumulate") else {}
        if counts.min() <= d + 1 and not orthogonal:
            known = regime.name == "replace" and self.design == "fresh" and not self.noise and counts.max() < d
            return {"risk": self.length**2 * (1 - np.cumprod(counts / d))} if known else {}
        if orthogonal or regime.name == "accumulate_subsample":
            risk = d * moments(regime, sizes, variance=unit, gain=0.0, added=unit)[1]
            return {"risk": risk if orthogonal else risk * counts / (counts - d - 1)}
        if regime.name == "replace" and (steady or self.design == "fresh"):
            return {"risk": np.cumsum(unit * d / (counts - d - 1))}
        if regime.name == "accumulate" and steady:
            at = np.arange(1, len(sizes) + 1)
            same = self.design == "same"
            return {"risk": np.cumsum(unit * d / (at**2 * (counts - d - 1) if same else at * (at * counts - d - 1)))}
        return {}

    def _shrunk(self, regime: Regime, sizes: Sequence[int]) -> dict[str, np.ndarray]:
        """Give the risk of ridge with X'X = rows * identity: labels average to `mean` times w, with `variance` a coordinate."""
        mean, variance, kept, found = 1.0, 0.0, 0, list[float]()
        factor = 1.0  # of the last fit
        for count in sizes:
            if regime.name == "replace":
                kept, mean, variance = count, factor * mean, factor**2 * variance + self.noise**2 / count
            else:
                both = kept + count
                share = (kept + count * factor) / both
                mean, variance, kept = share * mean, share**2 * variance + self.noise**2 * count / both**2, both
            factor = kept / (kept + self.ridge)
            found.append(self.length**2 * (1 - factor * mean) ** 2 + self.dimension * factor**2 * variance)
        return {"risk": np.array(found)}
