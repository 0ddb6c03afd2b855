"""Columns as few values and where each row's stands among them: what depends on the value alone is computed once a value."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

MOST_VALUES = 65_536
DAY = 86_400.0
WHOLE = 2.0**53


class Encoded(NamedTuple):
    """Numbers as ``values[places]``.

    Parameters
    ----------
    values : ndarray of shape (values,)
        Values, not all of which need occur; NaN for nulls.
    places : ndarray of shape (rows,), optional
        None where the values are the rows' own.
    """

    values: np.ndarray
    places: np.ndarray | None

    def spread(self, table: np.ndarray) -> np.ndarray:
        """Give each row what the table gives its value."""
        return table if self.places is None else table.take(self.places)

    def taken(self, order: np.ndarray) -> Encoded:
        """Give the rows in another order."""
        return Encoded(self.values.take(order), None) if self.places is None else Encoded(self.values, self.places.take(order))


def encode(numbers: np.ndarray, step: float) -> Encoded:
    """Find few values that make up a column: whole multiples of a step in a narrow range, or one value in most rows.

    Parameters
    ----------
    numbers : ndarray of shape (rows,)
        NaN where null.
    step : float
        Step of the grid on which its values may lie; 0 if none is known.

    Notes
    -----
    ``values[places]`` equals `numbers` exactly, but for the sign of zero.
    """
    few = _few(numbers, step)
    if few is not None:
        return few
    other = numbers != 0.0
    if len(numbers) and np.count_nonzero(other) <= len(numbers) // 2:
        places = np.cumsum(other, dtype=np.int32)
        places *= other
        return Encoded(np.concatenate([[0.0], numbers[other]]), places)
    return Encoded(numbers, None)


def counted_values(numbers: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Give the different values, rising, without NaN, and how often each occurs."""
    few = _few(numbers, 1.0) or _few(numbers, DAY)
    if few is not None and few.places is not None:
        times = np.bincount(few.places, minlength=len(few.values))
        there = (times > 0) & ~np.isnan(few.values)
        return few.values[there], times[there]
    zeros = len(numbers) - int(np.count_nonzero(numbers))
    apart = zeros > len(numbers) // 2
    ordered = np.sort(numbers[numbers != 0.0] if apart else numbers)
    ordered = ordered[: int(np.searchsorted(ordered, np.inf, side="right"))]
    starts = np.flatnonzero(np.append(True, ordered[1:] != ordered[:-1])) if len(ordered) else np.zeros(0, dtype=np.int64)
    distinct, times = ordered[starts], np.diff(np.append(starts, len(ordered)))
    if apart:
        at = int(np.searchsorted(distinct, 0.0))
        distinct, times = np.insert(distinct, at, 0.0), np.insert(times, at, zeros)
    return distinct, times


def _few(numbers: np.ndarray, step: float) -> Encoded | None:
    """Give whole multiples of a step in a narrow range as such."""
    if not len(numbers) or step < 1.0 or step != np.floor(step):
        return None
    low, high = np.fmin.reduce(numbers), np.fmax.reduce(numbers)
    most = min(MOST_VALUES, len(numbers) / 4)
    if not (low == np.floor(low) and abs(low) < WHOLE and abs(high) < WHOLE and (high - low) / step < most):  # true for NaN
        return None
    return _on_grid(numbers, float(low), float(high), step)


def _on_grid(numbers: np.ndarray, low: float, high: float, step: float) -> Encoded | None:
    place = numbers - low
    if step != 1.0:
        place /= step
    values = low + step * np.arange(int((high - low) / step) + 1)
    null = np.isnan(numbers)
    if null.any():
        place[null] = len(values)
        values = np.append(values, np.nan)
    index = place.astype(np.int32)
    back = values.take(index)
    return Encoded(values, index) if ((back == numbers) | null).all() else None
