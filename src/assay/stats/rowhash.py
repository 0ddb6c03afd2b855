"""Rows as numbers: equal rows get equal ones, whichever table they stand in."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_MIX1, _MIX2 = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)


def single(matrix: np.ndarray) -> np.ndarray:
    """Give numbers in single precision, cut at 1e30 either way so that their sums are finite; nulls stay null.

    Examples
    --------
    >>> bool(np.isfinite(single(np.array([1e300, -1e300]))).all())
    True
    """
    return np.clip(matrix, -1e30, 1e30).astype(np.float32)


def column_digests(column: np.ndarray, salt: int) -> np.ndarray:
    """Scatter the values of one column over 64 bits, each column by its own salt.

    Parameters
    ----------
    column : numpy.ndarray, shape (rows,)
        Integers, booleans or floats. -0.0 equals 0.0 and every NaN equals every other.
    salt : int
        Equal values under different salts have independent digests.

    Returns
    -------
    numpy.ndarray of uint64, shape (rows,)
        A one-to-one function of the value's 64 bits (SplitMix64).

    References
    ----------
    Steele, Lea and Flood (2014), Fast splittable pseudorandom number generators, OOPSLA.
    """
    with np.errstate(over="ignore"):
        start = _mix(np.array([salt], dtype=np.uint64) * _GOLDEN + _GOLDEN)
        return _mix(_bits(column) + start)


def row_digests(columns: Sequence[np.ndarray], salt: int = 0) -> np.ndarray:
    """Sum the columns' digests into one of each row, so that a column can be taken out again by subtraction.

    Parameters
    ----------
    columns : sequence of numpy.ndarray, each of shape (rows,)
        As `column_digests` takes them.
    salt : int
        Another one gives an independent digest.

    Returns
    -------
    numpy.ndarray of uint64, shape (rows,)
        Two different rows agree with probability 2^-64.
    """
    if not len(columns):
        raise ValueError("row_digests needs at least one column. Got none.")
    total = np.zeros(len(columns[0]), dtype=np.uint64)
    with np.errstate(over="ignore"):
        for at, column in enumerate(columns):
            total += column_digests(column, salt * 1_000_003 + at)
    return total


def row_ids(columns: Sequence[np.ndarray]) -> np.ndarray:
    """Count through the different rows: two rows have one number iff they agree in every column.

    Parameters
    ----------
    columns : sequence of numpy.ndarray, each of shape (rows,)
        As `column_digests` takes them.

    Returns
    -------
    numpy.ndarray of int64, shape (rows,)
        Numbers from 0, without gaps.

    Notes
    -----
    Rows are sorted by a 64-bit digest. A second, independent digest of the rows is compared within each number; should
    two different rows ever share the first, both digests together decide.

    Examples
    --------
    >>> row_ids([np.array([1, 1, 2]), np.array([0.5, 0.5, 0.5])]).tolist() in ([0, 0, 1], [1, 1, 0])
    True
    """
    digests, check = row_digests(columns), row_digests(columns, salt=1)
    _, first, ids = np.unique(digests, return_index=True, return_inverse=True)
    if np.array_equal(check[first][ids], check):
        return ids.astype(np.int64)
    both = np.empty(len(digests), dtype=[("digest", np.uint64), ("check", np.uint64)])
    both["digest"], both["check"] = digests, check
    return np.unique(both, return_inverse=True)[1].astype(np.int64)


def matrix_digests(matrix: np.ndarray) -> np.ndarray:
    """Hash the rows of a float32 matrix in one pass: equal rows agree; different ones do with probability 2^-32 or so.

    Parameters
    ----------
    matrix : numpy.ndarray of float32, shape (rows, columns)
        -0.0 equals 0.0.

    Returns
    -------
    numpy.ndarray of uint64, shape (rows,)
        A linear function of the values' bits, scattered: its order has nothing to do with where a row stands.

    Examples
    --------
    >>> first, second, third = matrix_digests(np.float32([[1, 0.0], [1, -0.0], [0, 1]]))
    >>> bool(first == second), bool(first == third)
    (True, False)
    """
    bits = (np.ascontiguousarray(matrix, dtype=np.float32) + np.float32(0.0)).view(np.uint32)
    with np.errstate(over="ignore"):
        weights = _mix(np.arange(1, matrix.shape[1] + 1, dtype=np.uint64) * _GOLDEN) | np.uint64(1)
        total = np.zeros(len(matrix), dtype=np.uint64)
        for weight, column in zip(weights, bits.T, strict=True):
            total += column * weight
        return _mix(total)


def _mix(bits: np.ndarray) -> np.ndarray:
    bits = (bits ^ (bits >> np.uint64(30))) * _MIX1
    bits = (bits ^ (bits >> np.uint64(27))) * _MIX2
    return bits ^ (bits >> np.uint64(31))


def _bits(column: np.ndarray) -> np.ndarray:
    if column.dtype.kind == "f":
        plain = column.astype(np.float64) + 0.0
        plain[np.isnan(plain)] = np.nan
        return plain.view(np.uint64)
    if column.dtype.kind not in "iub":
        raise TypeError(f"A column to digest must hold numbers or booleans. Got {column.dtype}. Encode texts as codes first.")
    return column.astype(np.int64).view(np.uint64) if column.dtype.kind != "u" else column.astype(np.uint64)
