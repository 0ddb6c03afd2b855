"""Marginals as they are, dependence as one Gaussian correlation matrix."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pyarrow as pa
from scipy.special import ndtr, ndtri

from assay.core.threads import one_thread
from assay.data.where import Condition
from assay.generators._base import TEXT, Cells, TableGenerator
from assay.generators._latent import Bounds, correlation
from assay.generators._recode import level_order
from assay.generators._settings import Rule, Whole

POINTS = 64  # of the latent of presence, to average over


@dataclass(frozen=True, slots=True)
class _Latent:
    """One Gaussian behind a column: its cells by the order of their codes and the probabilities that cut the line."""

    column: str
    presence: bool  # of null, NaN or a value, for numbers and dates with nulls
    codes: np.ndarray  # int64, shape (states,), in the order of the line
    cuts: np.ndarray  # float64, shape (states + 1,), from 0 to 1


class GaussianCopula(TableGenerator):
    """Draw correlated Gaussians and turn each into its column through the column's own quantile function.

    Parameters
    ----------
    heavy : int, default 20
        Occurrences from which a number is kept as it is; between rarer ones the quantile function is linear.
    sweeps : int, default 30
        Sweeps of the estimation over all latent variables; the second half is averaged.
    rows : int, default 10000
        Most rows the correlations are estimated on.
    text : {'refuse', 'null'}, default 'refuse'
        What to do with free text columns.

    Attributes
    ----------
    correlation_ : numpy.ndarray of float64, shape (latents, latents)
        Positive definite, ones on the diagonal.
    latents_ : list
        What stands behind each row of it: a latent per column, a second one for presence where a number can be null.

    Notes
    -----
    z ~ N(0, C); a number is F^-1(Phi(z)) with F the real distribution; a category is the interval of the line that z falls in,
    its levels ordered along the first principal component of what they mean for the other columns, null a level among them.
    C is estimated from ranks alone by stochastic expectation-maximisation: latent values are drawn within the intervals that
    the ranks leave them, given all others, and C is the correlation of what was drawn, averaged. So ties, zeros in heaps and
    categories do not weaken correlations, and no outlier can rule them. Conditions are drawn on the latents of their columns
    alone, the others given these exactly.

    It cannot see dependence that is not monotone, interactions, or more than one direction of association between two
    nominal columns.

    References
    ----------
    Hoff, P. D. (2007). Extending the rank likelihood for semiparametric copula estimation. Annals of Applied Statistics 1(1).
    Celeux, G., Diebolt, J. (1985). The SEM algorithm. Computational Statistics Quarterly 2.

    Examples
    --------
    >>> import pyarrow as pa
    >>> from assay.data.dataset import Dataset
    >>> from assay.data.schema import Column, Schema
    >>> schema = Schema((Column("x", "numeric", "int64"), Column("y", "numeric", "int64")))
    >>> real = Dataset(pa.table({"x": list(range(100)), "y": list(range(0, 200, 2))}), schema)
    >>> synthetic = GaussianCopula().fit(real, seed=0).sample(50, seed=1)
    >>> bool(np.corrcoef(synthetic.numbers("x"), synthetic.numbers("y"))[0, 1] > 0.9)
    True
    """

    rules: ClassVar[dict[str, Rule]] = {"heavy": Whole(1), "sweeps": Whole(1), "rows": Whole(10), "text": TEXT}

    def __init__(self, *, heavy: int = 20, sweeps: int = 30, rows: int = 10_000, text: str = "refuse") -> None:
        self.heavy = heavy
        self.sweeps = sweeps
        self.rows = rows
        self.text = text

    def _learn(self, codes: dict[str, np.ndarray], rng: np.random.Generator) -> None:
        self.latents_: list[_Latent] = []
        bounds: list[Bounds] = []
        chosen = np.sort(rng.permutation(self.rows_)[: self.rows])
        known = [(codes[name][chosen], values) for name, values in self.values_.items()]
        with one_thread():
            for at, (name, values) in enumerate(self.values_.items()):
                missing = values.counts[:2].any()
                if not values.ordered:
                    others = known[:at] + known[at + 1 :]
                    states = level_order(codes[name][chosen], values, others)
                    self._add(bounds, _Latent(name, False, states - 2, _cuts(values.counts[states])), codes[name][chosen])
                    continue
                if missing:
                    present = np.array([values.counts[0], values.counts[1], values.counts[2:].sum()])
                    kinds = np.flatnonzero(present)
                    latent = _Latent(name, True, kinds - 2, _cuts(present[kinds]))
                    self._add(bounds, latent, np.minimum(codes[name][chosen], 0))
                if values.levels:
                    latent = _Latent(name, False, np.arange(values.levels), _cuts(values.counts[2:]))
                    self._add(bounds, latent, codes[name][chosen])
            self.correlation_ = correlation(bounds, self.sweeps, rng)

    def _add(self, bounds: list[Bounds], latent: _Latent, codes: np.ndarray) -> None:
        place = np.full(int(max(latent.codes.max(), codes.max())) + 3, -1, dtype=np.int64)
        place[latent.codes + 2] = np.arange(len(latent.codes))
        spot = place[codes + 2]
        free = spot < 0  # null where the latent is that of the value
        low, high = latent.cuts[np.maximum(spot, 0)], latent.cuts[np.maximum(spot, 0) + 1]
        bounds.append(Bounds(np.where(free, 0.0, low), np.where(free, 1.0, high)))
        self.latents_.append(latent)

    def _draw(self, n: int, rng: np.random.Generator) -> Cells:
        return self._given({}, n, rng)

    def _draw_where(self, n: int, condition: Condition, rng: np.random.Generator) -> Cells:
        columns = set(condition.columns)
        asked = [at for at, latent in enumerate(self.latents_) if latent.column in columns]
        if not asked:
            return self._given({}, n, rng)

        def prefix(count: int) -> Cells:
            with one_thread():
                if len(asked) == 1:
                    normals = self._within(self.latents_[asked[0]], condition, count, rng)[:, None]
                else:
                    normals = (
                        rng.standard_normal((count, len(asked))) @ np.linalg.cholesky(self.correlation_[np.ix_(asked, asked)]).T
                    )
            drawn = {at: normals[:, place] for place, at in enumerate(asked)}
            cells = self._decoded(drawn, [name for name in self.values_ if name in columns], count)
            return {**cells, **{f"{at}\x00": pa.array(normal) for at, normal in drawn.items()}}

        cells = self._rejected(n, condition, prefix)
        return self._given({at: cells[f"{at}\x00"].to_numpy() for at in asked}, n, rng)

    def _within(self, latent: _Latent, condition: Condition, n: int, rng: np.random.Generator) -> np.ndarray:
        """Draw one latent where its column meets the condition at a real value, or anywhere if that leaves nothing."""
        allowed = self._allowed(latent.column, condition)[latent.codes + 2]
        widths = np.where(allowed, np.diff(latent.cuts), 0.0)
        if not widths.any():
            return rng.standard_normal(n)
        ends = np.cumsum(widths)
        spot = rng.random(n) * ends[-1]
        state = np.minimum(np.searchsorted(ends, spot, side="right"), np.flatnonzero(widths)[-1])
        within = np.clip((spot - (ends[state] - widths[state])) / widths[state], 1e-9, 1 - 1e-9)
        return ndtri(latent.cuts[state] + within * widths[state])

    def _given(self, drawn: dict[int, np.ndarray], n: int, rng: np.random.Generator) -> Cells:
        """Draw the latents that are not drawn yet, given those that are, and decode all."""
        asked = sorted(drawn)
        rest = [at for at in range(len(self.latents_)) if at not in drawn]
        with one_thread():
            within = self.correlation_[np.ix_(rest, rest)]
            centre = 0.0
            if asked and rest:
                across = self.correlation_[np.ix_(asked, rest)]
                weights = np.linalg.solve(self.correlation_[np.ix_(asked, asked)], across)
                within = within - across.T @ weights
                centre = np.column_stack([drawn[at] for at in asked]) @ weights
            normals = centre + rng.standard_normal((n, len(rest))) @ np.linalg.cholesky(within).T if rest else np.empty((n, 0))
        every = {**drawn, **{at: normals[:, place] for place, at in enumerate(rest)}}
        return self._decoded(every, list(self.values_), n)

    def _decoded(self, normals: dict[int, np.ndarray], names: list[str], n: int) -> Cells:
        cells: Cells = {}
        codes = {name: np.full(n, -1, dtype=np.int64) for name in names}
        fraction: dict[str, np.ndarray] = {}
        presence: dict[str, np.ndarray] = {}
        shown: dict[str, int] = {}
        for at, latent in enumerate(self.latents_):
            if latent.column not in codes:
                continue
            spot = self._shares(at, shown.get(latent.column), normals[at])
            state = np.clip(np.searchsorted(latent.cuts, spot, side="right") - 1, 0, len(latent.codes) - 1)
            if latent.presence:
                presence[latent.column] = latent.codes[state]
                shown[latent.column] = at
                continue
            codes[latent.column] = latent.codes[state]
            width = latent.cuts[state + 1] - latent.cuts[state]
            fraction[latent.column] = np.clip((spot - latent.cuts[state]) / np.where(width > 0, width, 1.0), 0.0, 1.0)
        for name in names:
            kind = presence.get(name)
            if kind is not None:
                codes[name] = np.where(kind < 0, kind, codes[name])
            cells[name] = self._cells(name, codes[name], fraction.get(name))
        return cells

    def _shares(self, at: int, shown: int | None, normal: np.ndarray) -> np.ndarray:
        """Give the share of the line below each z: of all rows, or of those with a value where the column can be null.

        The latter is the average of Phi((z - r p) / sqrt(1 - r^2)) over the latents p of presence where there is a value.
        """
        if shown is None:
            return ndtr(normal)
        low, high = self.latents_[shown].cuts[-2:]  # values stand last, after NaN and null
        r = self.correlation_[shown, at]
        total = np.zeros(len(normal))
        for point in ndtri(low + (high - low) * (np.arange(POINTS) + 0.5) / POINTS):
            total += ndtr((normal - r * point) / np.sqrt(1.0 - r * r))
        return total / POINTS

    def _cells(self, name: str, codes: np.ndarray, fraction: np.ndarray | None) -> pa.Array:
        """Turn codes into cells; a light value moves up to halfway to its light neighbour on the side where z lies."""
        values = self.values_[name]
        if fraction is None or values.numbers is None or values.levels < 2:
            return values.decode(codes)
        light = values.counts[2:] < self.heavy
        up = (fraction >= 0.5) & (codes < values.levels - 1) | (codes == 0)
        others = np.where(codes < 0, codes, codes + np.where(up, 1, -1))
        both = (codes >= 0) & light[np.maximum(codes, 0)] & light[np.maximum(others, 0)]
        return values.decode(codes, np.where(both, others, codes), np.abs(fraction - 0.5))

    def _state(self) -> dict[str, np.ndarray]:
        place = {name: at for at, name in enumerate(self.values_)}
        about = np.array([(place[latent.column], latent.presence) for latent in self.latents_], dtype=np.int64).reshape(-1, 2)
        state = {"correlation": self.correlation_, "latents": about}
        for at, latent in enumerate(self.latents_):
            state |= {f"{at}.codes": latent.codes, f"{at}.cuts": latent.cuts}
        return state

    def _restore(self, state: dict[str, np.ndarray]) -> None:
        names = tuple(self.values_)
        self.correlation_ = state["correlation"]
        self.latents_ = [
            _Latent(names[place], bool(presence), state[f"{at}.codes"], state[f"{at}.cuts"])
            for at, (place, presence) in enumerate(state["latents"].tolist())
        ]


def _cuts(counts: np.ndarray) -> np.ndarray:
    """Give the probabilities that cut the line into states with these counts."""
    sums = np.concatenate([[0], np.cumsum(counts)])
    return sums / max(int(sums[-1]), 1)
