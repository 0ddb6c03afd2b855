"""Counts the rows of generations in bins that are learned from real rows, ten of them at least in each."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from typing import Any

import numpy as np

from assay.checking.disclosure import LEAST, backed_edges
from assay.core.seeds import spawn
from assay.core.threads import one_thread
from assay.data.codec import Codec
from assay.data.dataset import Dataset
from assay.lab.portrait import Bins, Layout, Plane, Portrait
from assay.stats.clusters import Axes, main_axes

BINS, LEVELS, COLUMNS, ROUNDED = 24, 10, 60, 100
SIDES, TOLD = (18, 16, 14, 12, 10, 8, 6), 0.9
MOST_ROWS, WIDTH = 20_000, 400
BY_ROWS = 1 / 3  # of a bin's room
REST, MISSING = "all others", "missing"


class Portrayer:
    """Counts rows in bins learned from real ones.

    Parameters
    ----------
    real : Dataset
        Real rows, in memory; 20,000 of them at most are looked at.
    seed : int
        Of the choice of those.

    Attributes
    ----------
    layout : Layout
        The bins.

    Notes
    -----
    Edges of a number cut the mean of two scales into equal parts, from the 1% to the 99% point: its own and that of its ranks.
    They are rounded to three digits of that range at most, and left out until ten real rows are between any two; of a column of
    few values those become edges that ten rows have. Levels of fewer than ten rows are counted together. The plane is that of
    the first two principal axes of rows encoded by `assay.data.codec.Codec.distance`.

    What no bin holds can be told from the number of all real rows, and so is never one to nine rows: so few nulls of a number are
    counted in its fullest bin, and cells of the plane are left untold, the emptiest first, until the rest is none or ten.

    It cannot see what happens inside a bin, above all in the two outer ones, nor in columns beyond the first 60.
    """

    def __init__(self, real: Dataset, *, seed: int) -> None:
        with one_thread():  # sums in another order would put rows beside an edge into another cell
            if len(real) > MOST_ROWS:
                real = real.take(np.sort(spawn(seed, "portrait").permutation(len(real))[:MOST_ROWS]))
            self._codec = Codec(real.schema).fit(real)
            self._edges: dict[str, np.ndarray] = {}
            self._cells: dict[str, np.ndarray] = {}
            self._wide: tuple[str, ...] = ()
            bins = [self._binned(real, name) for name in real.schema.modelled[:COLUMNS]]
            self.layout = Layout(tuple(one for one in bins if one is not None), self._spread(real))

    def __call__(self, rows: Dataset) -> Portrait:
        """Count rows, in milliseconds."""
        with one_thread():
            columns = {one.column: tuple(self._counted(rows, one.column, len(one.real)).tolist()) for one in self.layout.bins}
            if self.layout.plane is None:
                return Portrait(columns, (), 0)
            counts = self._placed(rows, self.layout.plane.side)
            told = [int(counts[cell]) for cell in self.layout.plane.cells]
            return Portrait(columns, tuple(told), len(rows) - sum(told))

    def _binned(self, real: Dataset, name: str) -> Bins | None:
        column = real.schema.column(name)
        if column.ordered:
            known = np.sort(real.numbers(name))
            known = known[np.isfinite(known)]
            edges = _edges(known)
            if not len(edges):
                return None
            self._edges[name] = edges
            labels = tuple(_text(edge, date=column.kind == "datetime") for edge in edges)
            counts = self._counted(real, name, len(edges) + 1)
            if 0 < len(real) - counts.sum() < LEAST:
                counts[np.argmax(counts)] = len(real) - counts.sum() + counts.max()
            return Bins(name, "number", labels, tuple(counts.tolist()), _widths(edges, counts, few=len(np.unique(known)) <= BINS))
        levels = self._codec.levels_[name]
        counts = np.bincount(_level(real, name, levels), minlength=len(levels) + 2)
        named = [int(at) for at in np.argsort(-counts, kind="stable")[:LEVELS] if counts[at] >= LEAST and at != len(levels)]
        while named and 0 < counts.sum() - counts[named].sum() < LEAST:
            named.pop()  # or the rest could be told from the total
        if not named:
            return None
        self._cells[name] = np.full(len(levels) + 2, len(named))
        self._cells[name][named] = np.arange(len(named))
        told = {str(levels[at].as_py()) for at in named if at < len(levels)}
        labels = [_unlike(MISSING, told) if at > len(levels) else str(levels[at].as_py()) for at in named]
        rest = [_unlike(REST, told)] if counts.sum() > counts[named].sum() else []
        found = self._counted(real, name, len(named) + len(rest))
        return Bins(name, "level", (*labels, *rest), tuple(found.tolist()), (round(1 / len(found), 4),) * len(found))

    def _counted(self, rows: Dataset, name: str, bins: int) -> np.ndarray:
        """Count rows in the bins of a column; what belongs to none is left out."""
        if name in self._edges:
            numbers = rows.numbers(name)
            cells = np.searchsorted(self._edges[name], numbers[~np.isnan(numbers)], side="right")
        else:
            cells = self._cells[name][_level(rows, name, self._codec.levels_[name])]
        return np.bincount(cells, minlength=bins)[:bins]

    def _spread(self, real: Dataset) -> Plane | None:
        """Find the plane and its cells: as many as leave nine in ten real rows in cells of ten or more."""
        starts, taken = self._codec.places(), 0
        for name in real.schema.modelled:
            taken += starts[name].stop - starts[name].start
            if taken > WIDTH:
                break
            self._wide = (*self._wide, name)
        if len(self._wide) < 2 or len(real) < 2 * LEAST:
            return None
        near = self._codec.distance(real, self._wide)
        axes = main_axes(near)
        self._axes = Axes(axes.centre, axes.directions[:, :2])
        points = self._axes.place(near)
        low, high = np.quantile(points, (0.01, 0.99), axis=0)
        if points.shape[1] < 2 or not (high - low > 1e-6).all():
            return None
        self._lines = {side: [_cut(np.sort(axis), side + 1)[1:-1] for axis in points.T] for side in SIDES}
        side = next((each for each in SIDES if self._told(real, each) >= TOLD), SIDES[-1])
        counts = self._placed(real, side)
        told = counts >= LEAST
        while told.any() and 0 < counts[~told].sum() < LEAST:
            emptiest = np.argmin(np.where(told, counts, len(real) + 1))
            told.flat[emptiest] = False  # or the rest could be told from the total
        if not told.any():
            return None
        cells = tuple((int(at), int(up)) for at, up in np.argwhere(told))
        return Plane(self._mainly(), side, cells, tuple(counts[told].tolist()), int(counts[~told].sum()))

    def _told(self, real: Dataset, side: int) -> float:
        counts = self._placed(real, side)
        return float(counts[counts >= LEAST].sum()) / len(real)

    def _placed(self, rows: Dataset, side: int) -> np.ndarray:
        points = self._axes.place(self._codec.distance(rows, self._wide))
        first, second = (np.searchsorted(lines, axis) for lines, axis in zip(self._lines[side], points.T, strict=True))
        return np.bincount(first * side + second, minlength=side * side).reshape(side, side)

    def _mainly(self) -> tuple[tuple[str, ...], ...]:
        """Name the two columns that make most of each direction, or one that makes two thirds."""
        starts = self._codec.places()
        offsets = np.cumsum([0, *(starts[name].stop - starts[name].start for name in self._wide)])
        found: list[tuple[str, ...]] = []
        for direction in self._axes.directions.T:
            weights = np.add.reduceat(direction**2, offsets[:-1])
            first = np.argsort(-weights, kind="stable")
            found.append(tuple(self._wide[at] for at in first[: 1 if weights[first[0]] > 2 / 3 else 2]))
        return tuple(found)


def _level(rows: Dataset, name: str, levels: Any) -> np.ndarray:
    """Give each row's level, then unseen ones, then null."""
    codes = rows.codes(name, levels)
    return np.where(codes < 0, len(levels) + 1, codes)


def _unlike(label: str, told: set[str]) -> str:
    """Give a label for what is no level, in brackets where a level that is told has that name."""
    while label in told:
        label = f"({label})"
    return label


def _edges(known: np.ndarray) -> np.ndarray:
    """Give the edges between the bins of sorted numbers."""
    if len(known) < 2 * LEAST:
        return np.empty(0)
    distinct, counts = np.unique(known, return_counts=True)
    if len(distinct) <= BINS:
        return backed_edges(distinct[counts >= LEAST], known)
    low, high = np.quantile(known, (0.01, 0.99))
    if not (np.isfinite(high - low) and high > low):
        return np.empty(0)
    cut = _cut(known, BINS - 1)
    step = 10.0 ** math.floor(math.log10((high - low) / ROUNDED))
    if (known == np.floor(known)).all():
        cut, step = np.ceil(cut), max(step, 1.0)  # the same bins, and no edge between two whole numbers
    return backed_edges(np.unique([float(f"{round(edge / step) * step:.12g}") for edge in cut]), known)


def _cut(known: np.ndarray, points: int) -> np.ndarray:
    """Give so many points from the 1% to the 99% one of sorted numbers, evenly on the mean of their scale and of their ranks'."""
    low, high = np.quantile(known, (0.01, 0.99))
    tried = np.unique(np.concatenate([np.linspace(low, high, 200), np.quantile(known, np.linspace(0.01, 0.99, 200))]))
    ranks = np.searchsorted(known, tried, side="left") / len(known)
    halfway = (tried - low) / (high - low) + (ranks - ranks[0]) / max(ranks[-1] - ranks[0], 1e-9)
    return np.interp(np.linspace(0, halfway[-1], points), halfway, tried)


def _widths(edges: np.ndarray, counts: np.ndarray, *, few: bool) -> tuple[float, ...]:
    """Give the room of bins: equal where values are few, else two thirds by width (the open ones have the others' mean)."""
    if few or len(edges) < 2:
        return (round(1 / len(counts), 4),) * len(counts)
    inner = np.diff(edges)
    lengths = np.concatenate([[inner.mean()], inner, [inner.mean()]])
    return tuple(np.round((1 - BY_ROWS) * lengths / lengths.sum() + BY_ROWS * counts / counts.sum(), 4).tolist())


def _text(edge: float, *, date: bool) -> str:
    if date:
        try:
            return datetime.fromtimestamp(edge, UTC).date().isoformat()
        except (OverflowError, ValueError, OSError):
            return f"{edge:.3g}"
    return f"{edge:.3g}" if abs(edge) >= 1e7 else f"{edge:,.6g}" if abs(edge) < 1e6 else f"{edge:,.0f}"
