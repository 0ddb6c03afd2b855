"""Columns as few values and where each row's stands among them: what depends on the value alone is computed once a value."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

MOST_VALUES = 65_536


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
    rows = len(numbers)
    if rows and step >= 1.0 and step == np.floor(step):
        low, high = np.fmin.reduce(numbers), np.fmax.reduce(numbers)
        if low == np.floor(low) and high / step - low / step < min(MOST_VALUES, rows / 4):  # False for NaN
            found = _on_grid(numbers, float(low), float(high), step)
            if found is not None:
                return found
    other = numbers != 0.0
    if rows and np.count_nonzero(other) <= rows // 2:
        index = np.cumsum(other, dtype=np.int32)
        index *= other
        return Encoded(np.concatenate([[0.0], numbers[other]]), index)
    return Encoded(numbers, None)


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
