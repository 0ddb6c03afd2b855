"""The values one column takes: their order, counts and spacing, from cells to codes and back to exact cells."""

# pyarrow makes its compute functions at import, where no type checker sees them.
# pyright: reportAttributeAccessIssue=false

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

NULL, NAN = -1, -2  # codes of the cells that hold no value
MOST_DECIMALS = 6
LIGHT = 20  # occurrences below which a number is moved towards its neighbour


@dataclass(frozen=True)
class ColumnValues:
    """The distinct values of a real column in their order, each with its count.

    Parameters
    ----------
    support : pyarrow.Array
        Distinct values in ascending order, without null and NaN.
    counts : numpy.ndarray of int64, shape (2 + levels,)
        Rows with NaN, with null, and with each value: position ``code + 2``.
    ordered : bool
        Whether values have an order and a scale, so that one between two of them makes sense.

    Notes
    -----
    A cell's code is its value's position in `support`, -1 for null and -2 for NaN. Values in between are made on the column's
    own grid only: integers, dates and decimals on multiples of the greatest common divisor of their distances, floats that all
    have at most 6 decimals on that many. Numbers outside the range of int64 have no values in between.
    """

    support: pa.Array
    counts: np.ndarray
    ordered: bool
    spans: ClassVar[bool] = False  # whether codes stand for intervals

    @classmethod
    def learn(cls, cells: pa.ChunkedArray, *, ordered: bool) -> tuple[ColumnValues, np.ndarray]:
        """Learn from real cells.

        Returns
        -------
        ColumnValues
            What was learned.
        numpy.ndarray of int32, shape (rows,)
            Each cell's code.
        """
        array = cells.combine_chunks()
        if isinstance(array, pa.ChunkedArray):
            array = pa.concat_arrays(array.chunks) if array.num_chunks else pa.array([], type=array.type)
        if pa.types.is_dictionary(array.type):
            array = array.cast(array.type.value_type)
        nan = np.zeros(len(array), dtype=bool)
        if pa.types.is_floating(array.type):
            nan = pc.fill_null(pc.is_nan(array), False).to_numpy(zero_copy_only=False)
            array = pc.if_else(pa.array(nan), pa.scalar(None, type=array.type), array)
        encoded = array.dictionary_encode()
        order = sorting(encoded.dictionary)
        place = np.empty(len(order) + 1, dtype=np.int32)
        place[order] = np.arange(len(order), dtype=np.int32)
        place[-1] = NULL
        codes = place[pc.fill_null(encoded.indices, len(order)).to_numpy(zero_copy_only=False)]
        codes[nan] = NAN
        counts = np.bincount(codes + 2, minlength=len(order) + 2).astype(np.int64)
        return cls(encoded.dictionary.take(pa.array(order)), counts, ordered), codes

    def codes_of(self, cells: pa.ChunkedArray) -> tuple[np.ndarray, np.ndarray]:
        """Give the codes of other cells of the column's type.

        Returns
        -------
        numpy.ndarray of int32, shape (rows,)
            Of an ordered column's unknown value: that of the nearest real value by rank.
        numpy.ndarray of bool, shape (rows,)
            Where nothing real is near: an unknown level, or null or NaN where the real column has none. The code is then one
            that some real row holds.
        """
        theirs, codes = ColumnValues.learn(cells.cast(self.support.type), ordered=self.ordered)
        place = np.full(theirs.levels + 2, -1, dtype=np.int64)
        place[:2] = np.where(self.counts[:2] > 0, [NAN, NULL], -3)
        if self.ordered and self.levels:
            both = pa.concat_arrays([self.support, theirs.support])
            ranks = _ranks(both)
            found = np.searchsorted(ranks[: self.levels], ranks[self.levels :], side="left")
            place[2:] = np.minimum(found, self.levels - 1)
        elif self.levels:
            found = pc.index_in(theirs.support, value_set=self.support)
            place[2:] = pc.fill_null(found, -3).to_numpy(zero_copy_only=False)
        else:
            place[2:] = -3
        taken = place[codes + 2]
        strange = taken == -3
        taken[strange] = int(np.flatnonzero(self.counts)[0]) - 2
        return taken.astype(np.int32), strange

    @property
    def levels(self) -> int:
        """Number of distinct values, null and NaN apart."""
        return len(self.support)

    @cached_property
    def numbers(self) -> np.ndarray | None:
        """Numbers behind an ordered column's values, int64 steps of the grid or float64; None where there is nothing between."""
        return None if not self.ordered else self._grid[0]

    @cached_property
    def _grid(self) -> tuple[np.ndarray | None, int, int]:
        """Give numbers, step and decimals."""
        kind = self.support.type
        if pa.types.is_floating(kind):
            floats = self.support.to_numpy(zero_copy_only=False).astype(np.float64)
            found = _decimals(floats, kind.to_pandas_dtype())
            if found is None:
                return floats, 0, 0
            whole, decimals = found
        else:
            decimals = 0
            exact = whole_numbers(self.support)
            if exact is None:
                return None, 0, 0
            whole = exact
        if len(whole) < 2 or float(whole[-1]) - float(whole[0]) >= 2**62:
            return None, 0, 0
        return whole, int(np.gcd.reduce(np.diff(whole))), decimals

    def decode(self, codes: np.ndarray, other: np.ndarray | None = None, fraction: np.ndarray | None = None) -> pa.Array:
        """Turn codes into cells of the column's exact type.

        Parameters
        ----------
        codes : numpy.ndarray of int, shape (rows,)
            Codes of the cells.
        other : numpy.ndarray of int, shape (rows,), optional
            A second code per cell to move towards; equal to the first, or negative, for none.
        fraction : numpy.ndarray of float64, shape (rows,), optional
            How far to move, 0 to 1.

        Returns
        -------
        pyarrow.Array
            Cells; those moved lie between the two values, on the column's grid.
        """
        if other is not None and fraction is not None and self.numbers is not None:
            moved = (codes >= 0) & (other >= 0) & (other != codes)
            if moved.any():
                return self._between(codes, np.where(moved, other, codes), fraction)
        return self._marked(self.support.take(pa.array(np.maximum(codes, 0), mask=codes < 0)), codes)

    def within(self, codes: np.ndarray, fraction: np.ndarray) -> pa.Array:
        """Give cells; a light number moves up to halfway to its light neighbour on the side where its quantile lies.

        Parameters
        ----------
        codes : numpy.ndarray of int, shape (rows,)
            Codes of the cells.
        fraction : numpy.ndarray of float64, shape (rows,)
            How far within the code's own part of the distribution, 0 to 1.
        """
        if self.numbers is None or self.levels < 2:
            return self.decode(codes)
        light = self.counts[2:] < LIGHT
        up = (fraction >= 0.5) & (codes < self.levels - 1) | (codes == 0)
        others = np.where(codes < 0, codes, codes + np.where(up, 1, -1))
        both = (codes >= 0) & light[np.maximum(codes, 0)] & light[np.maximum(others, 0)]
        return self.decode(codes, np.where(both, others, codes), np.abs(fraction - 0.5))

    def _between(self, codes: np.ndarray, other: np.ndarray, fraction: np.ndarray) -> pa.Array:
        numbers, step, decimals = self._grid
        assert numbers is not None
        kind, null = self.support.type, codes < 0
        start, end = numbers[np.maximum(codes, 0)], numbers[np.maximum(other, 0)]
        if step == 0:
            cells = np.where(start == end, start, start * (1.0 - fraction) + end * fraction)
            return self._marked(pa.array(cells, mask=null).cast(kind, safe=False), codes)
        steps = np.rint(fraction * ((end - start) // step)).astype(np.int64)
        whole = start + steps * step
        if pa.types.is_floating(kind):
            return self._marked(pa.array(whole / 10.0**decimals, mask=null).cast(kind, safe=False), codes)
        return cells_of(whole, null, kind)

    def _marked(self, cells: pa.Array, codes: np.ndarray) -> pa.Array:
        if self.counts[0] == 0:
            return cells
        return pc.if_else(pa.array(codes == NAN), pa.scalar(float("nan"), type=cells.type), cells)


def sorting(dictionary: pa.Array) -> np.ndarray:
    """Give the positions that sort the values."""
    if pa.types.is_boolean(dictionary.type):
        dictionary = dictionary.cast(pa.int8())
    if pa.types.is_duration(dictionary.type) or pa.types.is_time(dictionary.type):
        dictionary = dictionary.cast(pa.int64() if dictionary.type.bit_width == 64 else pa.int32())
    return pc.sort_indices(dictionary).to_numpy().astype(np.int64)


def _ranks(values: pa.Array) -> np.ndarray:
    """Give dense ranks, equal for equal values."""
    encoded = values.dictionary_encode()
    order = sorting(encoded.dictionary)
    place = np.empty(len(order), dtype=np.int64)
    place[order] = np.arange(len(order))
    return place[encoded.indices.to_numpy(zero_copy_only=False)]


def whole_numbers(values: pa.Array) -> np.ndarray | None:
    """Give integers, decimals (in units of their scale), dates and times as int64, or None where they do not fit."""
    kind = values.type
    try:
        if pa.types.is_decimal(kind):
            wide = pa.decimal128(38, 0) if kind.bit_width == 128 else pa.decimal256(76, 0)
            values = pa.Array.from_buffers(wide, len(values), values.buffers(), offset=values.offset)
        elif kind.bit_width == 32 and pa.types.is_temporal(kind):
            values = values.cast(pa.int32())
        return values.cast(pa.int64()).to_numpy(zero_copy_only=False)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        return None


def cells_of(whole: np.ndarray, null: np.ndarray, kind: pa.DataType) -> pa.Array:
    """Undo `whole_numbers`."""
    cells = pa.array(whole, mask=null)
    if pa.types.is_decimal(kind):
        wide = cells.cast(pa.decimal128(38, 0) if kind.bit_width == 128 else pa.decimal256(76, 0))
        return pa.Array.from_buffers(kind, len(wide), wide.buffers(), offset=wide.offset)
    if kind.bit_width == 32 and pa.types.is_temporal(kind):
        cells = cells.cast(pa.int32())
    return cells.cast(kind)


def _decimals(values: np.ndarray, dtype: type) -> tuple[np.ndarray, int] | None:
    """Give floats as integers over a power of ten, or None where they have more than 6 decimals."""
    for decimals in range(MOST_DECIMALS + 1):
        with np.errstate(over="ignore"):
            scaled = np.rint(values * 10.0**decimals)
        if len(values) == 0 or np.abs(scaled).max() >= 2**53:
            return None
        if np.array_equal((scaled / 10.0**decimals).astype(dtype), values.astype(dtype)):
            return scaled.astype(np.int64), decimals
    return None
