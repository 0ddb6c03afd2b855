"""Cells of a column, fixed from the real table: where each value is counted."""

# pyright: reportAttributeAccessIssue=false
# pyarrow.compute makes its functions at import, unseen by type checkers

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from assay.checking.digits import NO_GRID, Grid
from assay.checking.encoded import Encoded, encode
from assay.engines.protocol import Engine

FINE_QUANTILES: tuple[float, ...] = (0.001, 0.005, *(k / 100 for k in range(1, 100)), 0.995, 0.999)
MAX_LEVELS = 2_000
MAX_HEAVY = 150
LEAST_COARSE, LEAST_RARE = 0.05, 0.01


@dataclass(frozen=True, slots=True)
class Cells:
    """The cells of one column: fine ones for its own distribution, coarse groups of them for pairs.

    Parameters
    ----------
    name : str
        The column.
    edges : ndarray of shape (edges,), optional
        For ordered columns: cell k holds edges[k - 1] <= x < edges[k]. A heavy value v stands alone between the edges v
        and the next float.
    levels : pyarrow.Array, optional
        For levelled columns: cell k holds levels[k], most frequent first; then one cell for every other level.
    count : int
        Number of fine cells; the last one holds nulls.
    groups : ndarray of shape (count,)
        Coarse group of each fine cell; the last group holds nulls.
    scales : ndarray of shape (transforms, 4), for ordered columns
        Clip low, clip high, centre and spread of each transform of `spreads`.
    coarse : ndarray of shape (count,)
        Group of each fine cell in triples, two to five of them; one only where the column does not vary.
    grid : Grid
        Where the digits of an ordered column are counted.
    shares : ndarray of shape (count,), for ordered columns
        Share of the real rows in each fine cell.
    ends : tuple of float
        Real 1% point, median and 99% point of an ordered column.
    """

    name: str
    edges: np.ndarray | None
    levels: pa.Array | None
    count: int
    groups: np.ndarray
    scales: np.ndarray | None = None
    coarse: np.ndarray = field(default_factory=lambda: np.zeros(1, dtype=np.int64))
    grid: Grid = NO_GRID
    shares: np.ndarray | None = None
    ends: tuple[float, float, float] = (np.nan, np.nan, np.nan)

    @property
    def ordered(self) -> bool:
        """Whether the cells have an order."""
        return self.edges is not None

    @property
    def null(self) -> int:
        """Cell of nulls."""
        return self.count - 1

    @property
    def unseen(self) -> int:
        """Cell of levels that have none of their own."""
        return self.count - 2

    @property
    def group_count(self) -> int:
        """Number of coarse groups, the group of nulls included."""
        return int(self.groups[-1]) + 1

    @property
    def coarse_count(self) -> int:
        """Number of groups in triples."""
        return int(self.coarse.max()) + 1

    @property
    def alone(self) -> np.ndarray:
        """Cells that hold one value only, for ordered columns."""
        assert self.edges is not None
        return 1 + np.flatnonzero(np.nextafter(self.edges[:-1], np.inf) == self.edges[1:])

    def code(self, column: pa.Array | np.ndarray) -> np.ndarray:
        """Give the fine cell of each value, int64 of shape (rows,)."""
        if isinstance(column, pa.DictionaryArray):
            codes = np.append(self.code(column.dictionary), self.null)
            return codes.take(np.asarray(pc.fill_null(column.indices, len(codes) - 1)))
        if self.edges is not None:
            numbers = np.asarray(column, dtype=np.float64)
            codes = np.searchsorted(self.edges, numbers, side="right")
            codes[np.isnan(numbers)] = self.null
            return codes
        assert self.levels is not None
        if column.type != self.levels.type:
            column = column.cast(self.levels.type)
        codes = np.asarray(pc.fill_null(pc.index_in(column, value_set=self.levels), self.unseen)).astype(np.int64)
        if column.null_count:
            codes[np.asarray(pc.is_null(column))] = self.null
        return codes


class Batch(NamedTuple):
    """Rows as cells: fine cells of each column (uint16), the ordered columns as numbers, and the entity's hash."""

    codes: list[np.ndarray]
    numbers: list[Encoded]
    hashes: np.ndarray | None


def coded(
    engine: Engine,
    source: Any,
    columns: Sequence[Cells],
    rows: int,
    *,
    every: int = 1,
    entity: str | None = None,
    each: Any = map,
) -> Iterator[Batch]:
    """Stream a table as fine cells.

    Parameters
    ----------
    engine : Engine
        Where the table is read.
    source : pyarrow.Table or Parquet path
        The table.
    columns : sequence of Cells
        What to code.
    rows : int
        Rows in a batch.
    every : int
        Give each so many-th row only.
    entity : str, optional
        Column to be hashed.
    each : callable
        A ``map``, such as that of a pool of threads.
    """
    ordered = [cells.name for cells in columns if cells.ordered]
    other = [cells.name for cells in columns if not cells.ordered]
    place = {name: at for at, name in enumerate([*ordered, *other])}

    def column(cells: Cells, array: pa.Array) -> tuple[np.ndarray, Encoded | None]:
        if not cells.ordered:
            return cells.code(array).astype(np.uint16), None
        numbers = encode(np.asarray(array.to_numpy(zero_copy_only=False), dtype=np.float64), cells.grid.step)
        return numbers.spread(cells.code(numbers.values).astype(np.uint16)), numbers

    first = 0
    for batch in engine.batches(source, ordered, other, rows=rows, hashed=entity):
        taken = batch if every == 1 else batch.take(pa.array(np.arange(-first % every, len(batch), every)))
        first += len(batch)
        arrays: list[pa.Array] = list(taken.columns)
        found = list(each(column, columns, [arrays[place[cells.name]] for cells in columns]))
        codes = [codes for codes, _ in found]
        numbers = [numbers for _, numbers in found if numbers is not None]
        yield Batch(codes, numbers, None if entity is None else arrays[-1].to_numpy(zero_copy_only=False).astype(np.uint64))


TRANSFORMS: tuple[str, ...] = ("trimmed", "log", "non-zero part", "logs of the positive part")


def transformed(numbers: np.ndarray, scales: np.ndarray) -> list[np.ndarray | None]:
    """Give each transform's standardised values, NaN where it takes no row.

    ``trimmed`` clips at the real 0.5% and 99.5% points; ``log`` takes logarithms of positive columns before it clips;
    ``non-zero part`` leaves zeros out, and so does ``logs of the positive part`` before it clips. A transform that does not
    fit the column has NaN scales and gives None.
    """
    out: list[np.ndarray | None] = []
    for name, (low, high, centre, spread) in zip(TRANSFORMS, scales, strict=True):
        if np.isnan(spread):
            out.append(None)
            continue
        values = numbers
        if name == "log":
            values = np.log(np.maximum(numbers, np.exp(low)))
        elif name == "non-zero part":
            values = np.where(numbers == 0, np.nan, numbers)
        elif name == "logs of the positive part":
            values = np.log(np.where(numbers > 0, numbers, np.nan))
        out.append((np.clip(values, low, high) - centre) / spread)
    return out


def ordered_edges(quantiles: np.ndarray, heavy: np.ndarray) -> np.ndarray:
    """Merge quantiles and heavy values to cell edges."""
    return np.unique(np.concatenate([quantiles, heavy, np.nextafter(heavy, np.inf)]))


def spreads(quantiles: np.ndarray, zero_share: float) -> np.ndarray:
    """Fix clip points, centre and spread of each transform from the real quantiles at `FINE_QUANTILES`."""
    scales = np.full((len(TRANSFORMS), 4), np.nan)
    if quantiles.size == 0:
        return scales
    at = {p: float(q) for p, q in zip(FINE_QUANTILES, quantiles, strict=True)}
    low, high = at[0.005], at[0.995]
    if not math.isfinite(high - low):  # wider than a float holds: no spread is a number
        return scales
    if high > low:
        scales[0] = low, high, at[0.5], max(at[0.84] - at[0.16], (high - low) / 20)
    if at[0.001] > 0 and high > low:
        logs = np.log([low, high, at[0.5], at[0.84], at[0.16]])
        if logs[1] - logs[0] > 1.0:
            scales[1] = logs[0], logs[1], logs[2], max(logs[3] - logs[4], (logs[1] - logs[0]) / 20)
    if 0.05 < zero_share < 0.98 and high > low:
        scales[2] = low, high, (low + high) / 2, (high - low) / 4
    positive = quantiles[quantiles > 0]
    if zero_share > 0.05 and at[0.001] >= 0 and len(positive) >= 2 and positive[-1] > positive[0]:
        logs = np.log([positive[0], positive[-1]])
        scales[3] = logs[0], logs[1], logs.mean(), (logs[1] - logs[0]) / 4
    return scales


def level_groups(shares: np.ndarray, most: int) -> np.ndarray:
    """Group levels (most frequent first, then unseen, then null): the common ones alone, the rest together."""
    count = len(shares)
    own = min(int((shares[: count - 2] >= 0.01).sum()), most - 2)
    groups = np.full(count, own, dtype=np.int64)
    groups[:own] = np.arange(own)
    groups[-1] = own + 1
    return groups


def ordered_groups(shares: np.ndarray, most: int) -> np.ndarray:
    """Group ordered cells (null last) to about equal shares; a value that outweighs a group stands alone."""
    body = shares[:-1]
    total = body.sum()
    groups = np.zeros(len(shares), dtype=np.int64)
    if total > 0:
        alone = body >= total / most
        rest = np.where(alone, 0.0, body)
        parts = max(2, most - 1 - int(alone.sum()))
        middle = (np.cumsum(rest) - rest / 2) / max(rest.sum(), 1e-300)
        key = np.minimum((middle * parts).astype(np.int64), parts - 1)
        step = (np.diff(key) != 0) | alone[1:] | alone[:-1]
        groups[1:-1] = np.cumsum(step)
        groups[:-1] = _merge_empty(groups[:-1], body)
    groups[-1] = groups[-2] + 1 if len(groups) > 1 else 0
    return groups


def _merge_empty(groups: np.ndarray, shares: np.ndarray) -> np.ndarray:
    """Give groups without real rows to their left neighbour (the first to its right one)."""
    mass = np.bincount(groups, weights=shares)
    keep = mass > 0
    keep[0] = True
    return (np.cumsum(keep) - 1)[groups]


def coarse_numbers(shares: np.ndarray, most: int) -> np.ndarray:
    """Group ordered cells (null last) for triples.

    Cuts lie at the cell edges nearest to the quartiles (to the median where `most` is under 4: thirds would not see what
    changes sign at the middle), none leaving a group under 5% of the rows; where that leaves one group, the most even cut with
    at least 1% on either side. Nulls stand alone from 5% of the rows, else with the largest group.
    """
    body = shares[:-1]
    cumulative = np.cumsum(body)
    total = float(cumulative[-1]) if len(body) else 0.0
    parts = most if most >= 4 else 2
    cuts: list[int] = []
    if total > 0:
        below = np.concatenate([[0.0], cumulative]) / total
        wanted = sorted(range(1, parts), key=lambda part: abs(2 * part - parts))  # the median first
        for part in wanted:
            at = int(np.argmin(np.abs(below - part / parts)))
            ends = sorted({0, len(body), at, *cuts})
            if 0 < at < len(body) and at not in cuts and np.diff(below[ends]).min() >= LEAST_COARSE:
                cuts.append(at)
        if not cuts:
            at = int(np.argmax(np.minimum(below, 1.0 - below)))
            cuts = [at] if min(below[at], 1.0 - below[at]) >= LEAST_RARE else []
    groups = np.zeros(len(shares), dtype=np.int64)
    for at in cuts:
        groups[at:-1] += 1
    return _with_nulls(groups, shares)


def coarse_levels(shares: np.ndarray, most: int) -> np.ndarray:
    """Group levels (most frequent first, then unseen, then null) for triples: each to the group that is lightest so far.

    Groups under 5% of the rows join the next lightest, where that leaves one group only down to 1%. Nulls stand alone from 5%
    of the rows, else with the largest group.
    """
    mass = np.zeros(most)
    groups = np.zeros(len(shares), dtype=np.int64)
    for at, share in enumerate(shares[:-1]):
        groups[at] = np.argmin(mass)
        mass[groups[at]] += share
    while (mass > 0).sum() > 2 and np.min(mass[mass > 0]) < LEAST_COARSE * mass.sum():
        light, next_light = np.argsort(np.where(mass > 0, mass, np.inf))[:2]
        groups[groups == light] = next_light
        mass[next_light] += mass[light]
        mass[light] = 0.0
    if (mass > 0).sum() == 2 and np.min(mass[mass > 0]) < LEAST_RARE * mass.sum():
        mass[:] = 0.0
    if (mass > 0).sum() < 2:
        groups[:] = 0
    else:
        groups[~np.isin(groups, np.flatnonzero(mass > 0))] = np.argmin(np.where(mass > 0, mass, np.inf))
        groups = np.unique(groups, return_inverse=True)[1]
    return _with_nulls(groups, shares)


def _with_nulls(groups: np.ndarray, shares: np.ndarray) -> np.ndarray:
    """Give nulls a group of their own, or the largest one."""
    mass = np.bincount(groups[:-1], weights=shares[:-1])
    own = shares[-1] >= LEAST_COARSE and mass.sum() >= LEAST_COARSE
    groups[-1] = len(mass) if own else np.argmax(mass)
    return groups


def log_excess(numbers: np.ndarray, ends: tuple[float, float, float], *, upper: bool) -> tuple[np.ndarray, np.ndarray]:
    """Give the rows beyond the real 1% or 99% point, and ``log((x - median) / (point - median))`` of each."""
    low, centre, high = ends
    point = high if upper else low
    # Halves, for the difference of the largest doubles is more than a double holds; that of the smallest may be none.
    span = abs(point / 2 - centre / 2)
    if span == 0.0 or not (high > centre if upper else low < centre):
        return np.zeros(0, dtype=np.int64), np.zeros(0)
    rows = np.flatnonzero(numbers > point if upper else numbers < point)
    return rows, np.log(np.abs(numbers[rows] / 2 - centre / 2)) - np.log(span)
