"""Positions of numbers, dates and times on scales that do not depend on the rows: steps, limits, octaves."""

# pyarrow makes its compute functions at import, where no type checker sees them.
# pyright: reportAttributeAccessIssue=false

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from assay.generators._values import NAN, NULL, cells_of, whole_numbers

COARSER = (1, 5, 10, 50, 100, 500, 1_000)  # steps a number may have; each divides the next
DECIMALS = 6
FARTHEST = 2**62  # no position lies farther from zero
DAYS = (-719_162, 2_932_896)  # the years 1 to 9999, counted from 1970
UNITS = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}


def plain(cells: pa.ChunkedArray) -> pa.Array:
    """Give one array of plain values."""
    array = cells.combine_chunks()
    if isinstance(array, pa.ChunkedArray):
        array = pa.concat_arrays(array.chunks) if array.num_chunks else pa.array([], type=array.type)
    return array.cast(array.type.value_type) if pa.types.is_dictionary(array.type) else array


def told(cells: pa.Array) -> np.ndarray:
    """Give the codes of null and NaN, and 0 for every other cell, int32 of shape (rows,)."""
    codes = np.where(cells.is_null().to_numpy(zero_copy_only=False), NULL, 0).astype(np.int32)
    if pa.types.is_floating(cells.type):
        codes[pc.fill_null(pc.is_nan(cells), False).to_numpy(zero_copy_only=False)] = NAN
    return codes


def supported(kind: pa.DataType) -> bool:
    """Whether a number or time of this type always has a position: its range must lie within int64 or be that of floats."""
    if pa.types.is_decimal(kind):
        return kind.precision <= 18
    return kind != pa.uint64() and (pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_temporal(kind))


@dataclass(frozen=True, slots=True)
class Scale:
    """Where the values of a column lie: at whole multiples of a step, or anywhere.

    Parameters
    ----------
    kind : pyarrow.DataType
        Type of the cells.
    step : int
        Distance of neighbouring values, in units of the type's last digit (a day, a microsecond, a cent), or of 10 to the power
        of -`decimals`; 0 for floats that lie anywhere.
    decimals : int
        Of floats.
    """

    kind: pa.DataType
    step: int
    decimals: int = 0

    @classmethod
    def ladder(cls, kind: pa.DataType) -> list[Self]:
        """Give the scales that a column of this type may have, finest first; values on one lie on all before it."""
        if pa.types.is_floating(kind):
            fine = [cls(kind, 1, decimals) for decimals in range(DECIMALS, 0, -1)]
            return [cls(kind, 0), *fine, *(cls(kind, step) for step in COARSER)]
        if pa.types.is_date32(kind):
            return [cls(kind, 1)]
        if pa.types.is_temporal(kind):
            second = UNITS[kind.unit]
            finer = [unit for unit in UNITS.values() if unit < second]
            return [cls(kind, step) for step in (*finer, *(second * part for part in (1, 60, 3_600, 86_400)))]
        return [cls(kind, step) for step in COARSER]

    @property
    def limits(self) -> tuple[float, float] | tuple[int, int]:
        """Give the least and the greatest position that a cell of the type can have."""
        kind = self.kind
        if pa.types.is_floating(kind):
            most = float(np.finfo(kind.to_pandas_dtype()).max) / 2
            if self.step == 0:
                return -most, most
            whole = int(min(most, FARTHEST) / self.step)
            return -whole, whole
        if pa.types.is_decimal(kind):
            low, high = -(10**kind.precision) + 1, 10**kind.precision - 1
        elif pa.types.is_date32(kind):
            low, high = DAYS
        elif pa.types.is_time(kind):
            low, high = 0, 86_400 * UNITS[kind.unit] - 1
        elif pa.types.is_temporal(kind):
            day = 86_400 * UNITS[kind.unit]
            far = DAYS[1] * day if pa.types.is_duration(kind) else 0
            low, high = min(DAYS[0] * day, -far), (DAYS[1] + 1) * day - 1
        else:
            info = np.iinfo(kind.to_pandas_dtype())
            low, high = int(info.min), int(info.max)
        low, high = max(low, -FARTHEST), min(high, FARTHEST)
        return -(-low // self.step), high // self.step

    def positions(self, cells: pa.Array) -> np.ndarray:
        """Give the nearest position of each cell, int64 or float64; none may be null or NaN."""
        low, high = self.limits
        if pa.types.is_floating(self.kind):
            numbers = np.clip(cells.to_numpy(zero_copy_only=False).astype(np.float64), -1e300, 1e300)
            if self.step == 0:
                return np.clip(numbers, low, high)
            return np.clip(np.rint(numbers * 10.0**self.decimals / self.step), low, high).astype(np.int64)
        whole = whole_numbers(cells)
        assert whole is not None
        whole = np.clip(whole, -FARTHEST, FARTHEST)
        return np.clip((whole + self.step // 2) // self.step, low, high)

    def on(self, cells: pa.Array) -> np.ndarray:
        """Say which cells lie exactly on the scale."""
        if self.step == 0:
            return np.ones(len(cells), dtype=bool)
        if pa.types.is_floating(self.kind):
            there = self.cells(self.positions(cells)).to_numpy(zero_copy_only=False)
            return there == cells.to_numpy(zero_copy_only=False)
        whole = whole_numbers(cells)
        assert whole is not None
        return whole % self.step == 0

    def cells(self, positions: np.ndarray, null: np.ndarray | None = None) -> pa.Array:
        """Give the cells at positions."""
        null = np.zeros(len(positions), dtype=bool) if null is None else null
        if self.step == 0:
            return pa.array(positions, mask=null).cast(self.kind, safe=False)
        whole = positions.astype(np.int64) * self.step
        if pa.types.is_floating(self.kind):
            return pa.array(whole / 10.0**self.decimals, mask=null).cast(self.kind, safe=False)
        return cells_of(whole, null, self.kind)

    def octaves(self) -> np.ndarray:
        """Give the edges of intervals that double in length away from zero, from the least to beyond the greatest position."""
        low, high = self.limits
        powers = [2.0**at for at in range(-1074, 1024)] if self.step == 0 else [2**at for at in range(62)]
        edges = np.array([*(-power for power in reversed(powers)), 0, *powers])
        end = np.nextafter(high, np.inf) if self.step == 0 else high + 1
        return np.array([low, *edges[(edges > low) & (edges < end)], end], dtype=edges.dtype)
