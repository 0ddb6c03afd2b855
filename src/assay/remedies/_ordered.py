"""One ordered column of a scene: known values, weights, grid, and the single values that hold much of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from assay.data.entities import entity_codes
from assay.data.scene import Scene
from assay.remedies._steps import even_step, step_of
from assay.stats.smooth_test import FEWEST, Smooth, smooth_test

BEHIND = 10  # real rows behind every number that is kept
HEAVY, STANDS_OUT, BESIDE = 0.1, 3.0, 3


@dataclass(frozen=True)
class Ordered:
    """Known values of one column in both tables.

    Parameters
    ----------
    name : str
        Column.
    real, synthetic : numpy.ndarray, shapes (n,) and (m,)
        Values without nulls.
    weights : numpy.ndarray, shape (m,)
        How much each synthetic one counts.
    groups, synthetic_groups : numpy.ndarray of int, optional
        Rows that belong together.
    """

    name: str
    real: np.ndarray
    synthetic: np.ndarray
    weights: np.ndarray
    groups: np.ndarray | None = None
    synthetic_groups: np.ndarray | None = None

    @cached_property
    def step(self) -> float:
        """Decimal step of the real values, 0 where they lie on none."""
        return step_of(self.real)

    @cached_property
    def synthetic_step(self) -> float:
        """Step between synthetic values, 0 where they are not evenly spaced or hardly meet."""
        return even_step(self.synthetic)[0]

    @cached_property
    def stay(self) -> np.ndarray:
        """Heavy single values that are about as heavy in both tables."""
        return np.array([v for v in heavy(self.real) if _share(self, v) >= 0.5 * float(np.mean(self.real == v))])

    @cached_property
    def moved(self) -> list[tuple[float, float]]:
        """Heavy single values of the synthetic rows, each with the real one that it should be, in order."""
        here = [v for v in heavy(self.real) if v not in self.stay]
        there = [v for v in heavy(self.synthetic, self.weights) if v not in self.stay]
        pairs: list[tuple[float, float]] = []
        for want, got in zip(here, there, strict=False) if len(here) == len(there) else ():
            if 0.5 < _share(self, got) / float(np.mean(self.real == want)) < 2.0:
                pairs.append((float(got), float(want)))
        return pairs

    @cached_property
    def body(self) -> Ordered:
        """The same without the heavy values that stay."""
        return self.without(self.stay, self.stay) if len(self.stay) else self

    def without(self, real: np.ndarray, synthetic: np.ndarray) -> Ordered:
        """Leave out some single values of either table."""
        a, b = ~np.isin(self.real, real), ~np.isin(self.synthetic, synthetic)
        return Ordered(
            self.name,
            self.real[a],
            self.synthetic[b],
            self.weights[b],
            None if self.groups is None else self.groups[a],
            None if self.synthetic_groups is None else self.synthetic_groups[b],
        )

    def with_synthetic(self, values: np.ndarray) -> Ordered:
        """Give other synthetic values for the same rows."""
        return Ordered(self.name, self.real, values, self.weights, self.groups, self.synthetic_groups)

    def sparse(self, most: int = 5000) -> Ordered:
        """Give the same with fewer synthetic rows, evenly chosen, for what need not be exact."""
        chosen = np.unique(np.linspace(0, len(self.synthetic) - 1, min(most, len(self.synthetic))).astype(np.int64))
        groups = None if self.synthetic_groups is None else self.synthetic_groups[chosen]
        return Ordered(self.name, self.real, self.synthetic[chosen], self.weights[chosen], self.groups, groups)

    def test(self, order: int) -> Smooth:
        """Compare both tables' values."""
        return smooth_test(
            self.real,
            self.synthetic,
            self.weights,
            order=order,
            groups=self.groups,
            synthetic_groups=self.synthetic_groups,
        )


def columns(scene: Scene, names: tuple[str, ...] | None = None) -> list[Ordered]:
    """Read the ordered columns of a scene that vary in both tables and have 20 known rows in each."""
    groups, synthetic_groups = entity_codes(scene.real), entity_codes(scene.synthetic)
    found: list[Ordered] = []
    for name in scene.numeric if names is None else names:
        real, synthetic = scene.real.numbers(name), scene.synthetic.numbers(name)
        a, b = np.isfinite(real), np.isfinite(synthetic) & (scene.rows.weights > 0)
        if a.sum() < FEWEST or b.sum() < FEWEST or np.ptp(real[a]) == 0 or np.ptp(synthetic[b]) == 0:
            continue
        if max(np.abs(real[a]).max(), np.abs(synthetic[b]).max()) > 1e150:
            continue
        found.append(
            Ordered(
                name,
                real[a],
                synthetic[b],
                scene.rows.weights[b],
                None if groups is None else groups[a],
                None if synthetic_groups is None else synthetic_groups[b],
            )
        )
    return found


def foremost_and_all(names: Sequence[str]) -> list[list[str]]:
    """Give the first name alone and all together: the two ways to mend that are tried.

    Examples
    --------
    >>> foremost_and_all(["a", "b"]), foremost_and_all(["a"]), foremost_and_all([])
    ([['a'], ['a', 'b']], [['a']], [])
    """
    return [list(names[:count]) for count in sorted({1, len(names)}) if names]


def heavy(values: np.ndarray, weights: np.ndarray | None = None) -> list[float]:
    """Give the single values that hold a tenth of the rows and stand out threefold from the next ones on either side.

    Examples
    --------
    >>> heavy(np.concatenate([np.zeros(90), np.arange(1, 31)]))
    [0.0]
    """
    found, place, times = np.unique(values, return_inverse=True, return_counts=True)
    mass = times if weights is None else np.bincount(place, weights=weights)
    share = mass / max(float(mass.sum()), 1e-300)
    chosen: list[float] = []
    for at in np.flatnonzero((share >= HEAVY) & (times >= BEHIND)):
        beside = np.concatenate([share[max(at - BESIDE, 0) : at], share[at + 1 : at + 1 + BESIDE]])
        if not len(beside) or share[at] >= STANDS_OUT * beside.max():
            chosen.append(float(found[at]))
    return chosen


def quantiles(values: np.ndarray, weights: np.ndarray, at: np.ndarray) -> np.ndarray:
    """Give weighted quantiles: the inverse, by linear interpolation, of the distribution function at mid-ranks."""
    order = np.argsort(values, kind="stable")
    mass = weights[order]
    middle = (np.cumsum(mass) - mass / 2.0) / max(float(mass.sum()), 1e-300)
    return np.interp(at, middle, values[order])


def backed_quantiles(values: np.ndarray, at: Sequence[float]) -> np.ndarray:
    """Give quantiles that tell of no row: values that ten rows share, else means of the ten sorted values around.

    Parameters
    ----------
    values : numpy.ndarray of float64, shape (n,)
        Known values; fewer than ten have one mean.
    at : sequence of float
        Shares of the rows, from 0 to 1.
    """
    ordered = np.sort(values)
    found: list[float] = []
    for share in at:
        place = share * (len(ordered) - 1)
        value = ordered[round(place)]
        if np.searchsorted(ordered, value, side="right") - np.searchsorted(ordered, value) < BEHIND:
            start = int(np.clip(np.ceil(place) - BEHIND // 2, 0, max(len(ordered) - BEHIND, 0)))
            value = ordered[start : start + BEHIND].mean()
        found.append(float(value))
    return np.array(found)


def _share(column: Ordered, value: float) -> float:
    return float(column.weights[column.synthetic == value].sum() / column.weights.sum())
