"""Columns while they are computed: numbers, truths, texts by level, moments; with their nulls."""

# pyarrow makes its compute functions at import, where no type checker sees them.
# pyright: reportAttributeAccessIssue=false

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

Form = Literal["number", "truth", "text", "time", "null"]
MOMENT = np.dtype("datetime64[us]")
EARLIEST, LATEST = np.datetime64("0001-01-01", "us"), np.datetime64("9999-12-31T23:59:59.999999", "us")
_ISO = re.compile(r"\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?)?", re.ASCII)
NO_LEVELS = pa.array([], type=pa.string())


@dataclass(frozen=True, slots=True)
class Cells:
    """A column of one form; of length 1 where all rows are alike.

    Parameters
    ----------
    form : {'number', 'truth', 'text', 'time', 'null'}
        What the cells are.
    data : numpy.ndarray, shape (rows,)
        float64, bool, positions in `levels` as int64, or datetime64[us].
    levels : pyarrow.Array of string
        The texts that positions point to; they may repeat.
    null : numpy.ndarray of bool, shape (rows,), optional
        Which cells are null; None for none.
    """

    form: Form
    data: np.ndarray
    levels: pa.Array = field(default_factory=lambda: NO_LEVELS)
    null: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.data)

    def take(self, rows: np.ndarray) -> Cells:
        """Give some rows; a column of length 1 stays as it is."""
        if len(self) == 1:
            return self
        return Cells(self.form, self.data[rows], self.levels, None if self.null is None else self.null[rows])

    def spread(self, n: int) -> Cells:
        """Give n rows of a column of length 1 or n."""
        if len(self) == n:
            return self
        null = None if self.null is None else np.broadcast_to(self.null, (n,)).copy()
        return Cells(self.form, np.broadcast_to(self.data, (n,)).copy(), self.levels, null)

    def put(self, rows: np.ndarray, other: Cells) -> Cells:
        """Give the column with other cells in some rows.

        Parameters
        ----------
        rows : numpy.ndarray of int or bool
            Where.
        other : Cells
            What: as many as rows, or one for all. Of the same form, or null.
        """
        if other.form == "null":
            other = Cells(self.form, self.data[:1], self.levels, np.ones(1, dtype=bool))
            return Cells(self.form, self.data, self.levels, _with(self.null, len(self), rows, other.null))
        if self.form == "null":
            base = empty(other.form, len(self))
            return base.put(rows, other)
        data = self.data.copy()
        data[rows] = other.data + len(self.levels) if self.form == "text" else other.data
        levels = pa.concat_arrays([self.levels, other.levels]) if self.form == "text" else self.levels
        if self.null is None and other.null is None:
            return Cells(self.form, data, levels)
        return Cells(self.form, data, levels, _with(self.null, len(self), rows, other.null))

    def nulled(self, where: np.ndarray) -> Cells:
        """Give the column with nulls where asked for."""
        null = where if self.null is None else self.null | where
        return Cells(self.form, self.data, self.levels, null if null.any() else None)

    @property
    def missing(self) -> np.ndarray:
        """Mask of nulls of shape (rows,)."""
        return np.zeros(len(self), dtype=bool) if self.null is None else self.null

    def texts(self) -> pa.Array:
        """Give a column of texts as Arrow strings."""
        indices = pa.array(self.data, mask=self.null)
        return self.levels.take(indices)

    def keys(self) -> np.ndarray:
        """Give one int64 or float64 a cell, equal exactly where values are equal; -1 or NaN where null."""
        if self.form == "text":
            encoded = pc.dictionary_encode(self.levels).indices.to_numpy(zero_copy_only=False)
            keys = encoded[self.data].astype(np.int64)
            keys[self.missing] = -1
            return keys
        keys = self.data.astype(np.int64) if self.form in ("truth", "time") else self.data.astype(np.float64)
        return np.where(self.missing, -1 if keys.dtype.kind == "i" else np.nan, keys)


def iso_moment(text: str) -> np.datetime64 | None:
    """Read a moment of ISO 8601 without a zone, or None.

    Examples
    --------
    >>> str(iso_moment("2024-05-31T12:30")), iso_moment("2024-05-31T12:30Z"), iso_moment("2024-02-30")
    ('2024-05-31T12:30:00.000000', None, None)
    """
    if not _ISO.fullmatch(text):
        return None
    try:
        return np.datetime64(text, "us")
    except ValueError:
        return None


def _with(null: np.ndarray | None, n: int, rows: np.ndarray, other: np.ndarray | None) -> np.ndarray:
    out = np.zeros(n, dtype=bool) if null is None else null.copy()
    out[rows] = False if other is None else other
    return out


def empty(form: Form, n: int) -> Cells:
    """Give a column of nothing but nulls."""
    kind = {
        "number": np.dtype(float),
        "truth": np.dtype(bool),
        "text": np.dtype(np.int64),
        "time": MOMENT,
        "null": np.dtype(float),
    }
    levels = pa.array([""]) if form == "text" else NO_LEVELS
    return Cells(form, np.zeros(n, dtype=kind[form]), levels, np.ones(n, dtype=bool))


def numbers(data: np.ndarray, null: np.ndarray | None = None) -> Cells:
    """Make a column of numbers."""
    return Cells("number", np.asarray(data, dtype=np.float64), null=null)


def truths(data: np.ndarray, null: np.ndarray | None = None) -> Cells:
    """Make a column of truths."""
    return Cells("truth", np.asarray(data, dtype=bool), null=null)


def moments(data: np.ndarray, null: np.ndarray | None = None) -> Cells:
    """Make a column of moments."""
    return Cells("time", data.astype(MOMENT), null=null)


def texts(positions: np.ndarray, levels: Sequence[str] | pa.Array, null: np.ndarray | None = None) -> Cells:
    """Make a column of texts from positions in a list of levels."""
    known = levels if isinstance(levels, pa.Array) else pa.array(list(levels), type=pa.string())
    return Cells("text", np.asarray(positions, dtype=np.int64), known, null)


def strings(cells: pa.Array) -> Cells:
    """Make a column of texts from Arrow strings."""
    null = np.asarray(cells.is_null().to_numpy(zero_copy_only=False), dtype=bool) if cells.null_count else None
    filled = pc.fill_null(cells, "") if null is not None else cells
    return Cells("text", np.arange(len(cells), dtype=np.int64), filled, null)


def key_of(key: str, form: Form) -> str:
    """Give a key of a map as values of a form are looked up: numbers in their shortest writing.

    Raises
    ------
    ValueError
        If no value of the form can be looked up by it.
    """
    if form == "number":
        return f"{float(key):.15g}"
    if form == "truth" and key not in ("true", "false"):
        raise ValueError(key)
    return key


def length_of(*columns: Cells) -> int:
    """Give the rows of columns taken together, those of length 1 standing for any number; there may be none."""
    return next((len(column) for column in columns if len(column) != 1), 1)


def joint_null(*columns: Cells) -> np.ndarray | None:
    """Give where any of some columns is null; None for nowhere."""
    found = [column.null for column in columns if column.null is not None]
    out: np.ndarray | None = None
    for null in found:
        out = null if out is None else out | null
    return out
