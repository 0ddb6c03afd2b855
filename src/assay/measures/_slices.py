"""Columns in cells for the measures that search slices, and the words for what they find."""

from __future__ import annotations

import numpy as np

from assay.core.protocols import Context
from assay.data.codec import Codec
from assay.stats.axes import LEVELS, Axis, level_axis, number_axis


def shared_codec(context: Context) -> Codec:
    """Give the codec that all measures share."""
    return context.share("codec", lambda: Codec(context.schema).fit(context.real))


def axes(context: Context, columns: tuple[str, ...], placed: np.ndarray, reference: np.ndarray) -> list[Axis]:
    """Cut columns into cells by the real table.

    Parameters
    ----------
    context : Context
        The check.
    columns : tuple of str
        Columns of the matrices.
    placed, reference : numpy.ndarray, shape (rows, columns)
        Rows to place and real rows, as `Codec.ordinal` gives them.
    """
    codec = shared_codec(context)
    found = []
    for at, name in enumerate(columns):
        column = context.schema.column(name)
        if column.ordered:
            write = _day if column.kind == "datetime" else None
            found.append(number_axis(name, placed[:, at], reference[:, at], write))
        else:
            levels = [str(level) for level in codec.levels_[name].slice(0, LEVELS).to_pylist()]
            found.append(level_axis(name, placed[:, at], reference[:, at], levels))
    return found


def _day(seconds: float) -> str:
    """Write a point in time as a day: finer would tell more than a slice needs."""
    return str(np.datetime64(int(seconds), "s").astype("datetime64[D]"))
