"""Columns in cells for the measures that search slices, and the words for what they find."""

from __future__ import annotations

import numpy as np

from assay.core.protocols import Context
from assay.data.codec import Codec
from assay.stats.axes import LEAST_BEHIND, LEVELS, Axis, level_axis, number_axis


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


def singled_out(context: Context, rows: np.ndarray, inside: np.ndarray) -> tuple[tuple[str, ...], str]:
    """Give columns and conditions, one or two, that single some rows out best (harmonic mean of both shares)."""
    columns = tuple(context.schema.modelled)
    if inside.sum() < LEAST_BEHIND:
        return (), ""
    chosen: list[str] = []
    places: list[str] = []
    kept, best = np.ones(len(inside), dtype=bool), 0.0
    for _ in range(2):
        found: tuple[float, str, np.ndarray, str] | None = None
        for axis in axes(context, columns, rows, rows):
            cells = axis.member.shape[1]
            hit = axis.member @ np.bincount(axis.cells[kept & inside], minlength=cells)
            many = axis.member @ np.bincount(axis.cells[kept], minlength=cells)
            score = np.where(many >= LEAST_BEHIND, 2.0 * hit / (many + inside.sum()), 0.0)
            if len(score) and float(score.max()) > max(best + 0.02, 0.0 if found is None else found[0]):
                at = int(score.argmax())
                found = (float(score[at]), axis.names[at], axis.member[at][axis.cells] > 0, axis.column)
        if found is None:
            break
        best, kept = found[0], kept & found[2]
        chosen.append(found[1])
        places.append(found[3])
    return tuple(dict.fromkeys(places)), " and ".join(chosen)


def _day(seconds: float) -> str:
    """Write a point in time as a day: finer would tell more than a slice needs."""
    return str(np.datetime64(int(seconds), "s").astype("datetime64[D]"))
