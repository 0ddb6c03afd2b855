"""Cells of a column, fixed from the real table: where each value is counted."""

# pyright: reportAttributeAccessIssue=false
# pyarrow.compute makes its functions at import, unseen by type checkers

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

FINE_QUANTILES: tuple[float, ...] = (0.001, 0.005, *(k / 100 for k in range(1, 100)), 0.995, 0.999)
MAX_LEVELS = 2_000
MAX_HEAVY = 150


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
    """

    name: str
    edges: np.ndarray | None
    levels: pa.Array | None
    count: int
    groups: np.ndarray
    scales: np.ndarray | None = None

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

    def code(self, column: pa.Array) -> np.ndarray:
        """Give the fine cell of each value, int64 of shape (rows,)."""
        if self.edges is not None:
            numbers = np.asarray(column.to_numpy(zero_copy_only=False), dtype=np.float64)
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


TRANSFORMS: tuple[str, ...] = ("trimmed", "log", "non-zero part", "logs of the positive part")


def transformed(numbers: np.ndarray, scales: np.ndarray) -> list[np.ndarray]:
    """Give each transform's standardised values, NaN where it takes no row.

    ``trimmed`` clips at the real 0.5% and 99.5% points; ``log`` takes logarithms of positive columns before it clips;
    ``non-zero part`` leaves zeros out, and so does ``logs of the positive part`` before it clips. A transform that does not
    fit the column has NaN scales.
    """
    out: list[np.ndarray] = []
    for name, (low, high, centre, spread) in zip(TRANSFORMS, scales, strict=True):
        if np.isnan(spread):
            out.append(np.full(len(numbers), np.nan))
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
