"""Columns in cells, every condition written in the grammar of `assay.data.where`: slices that a machine can pick rows by."""

from __future__ import annotations

import re

import numpy as np
import pyarrow as pa

from assay.data.codec import Codec
from assay.data.dataset import TICKS, Dataset
from assay.data.schema import Column
from assay.stats.axes import LEAST_BEHIND, LEVELS, Axis, round_cuts

KNOTS = (0.1, 0.25, 0.5, 0.75, 0.9)  # few, as every condition more is one more chance to be misled
DAY = 86_400.0


def axes_of(real: Dataset, synthetic: Dataset, columns: tuple[str, ...]) -> list[Axis]:
    """Cut columns by the real rows.

    Parameters
    ----------
    real, synthetic : Dataset
        Rows to place, in this order.
    columns : tuple of str
        Columns that conditions may be put on.

    Returns
    -------
    list of Axis
        One for each column with a condition: ranges between round cuts, single levels, null. At least ten real rows stand behind
        every level and between two cuts.
    """
    codec = Codec(real.schema).fit(real)
    found: list[Axis] = []
    for name in columns:
        column = real.schema.column(name)
        if column.ordered:
            axis = _numbers(column, real.numbers(name), synthetic.numbers(name), real.table.column(name).type)
        else:
            levels = codec.levels_[name]
            texts = [str(level) for level in levels.slice(0, LEVELS).to_pylist()]
            axis = _levels(name, real.codes(name, levels), synthetic.codes(name, levels), texts)
        if axis.names:
            found.append(axis)
    return found


def _numbers(column: Column, real: np.ndarray, synthetic: np.ndarray, kind: pa.DataType) -> Axis:
    known = np.sort(real[~np.isnan(real)])
    cuts = round_cuts(known, KNOTS)
    cuts = _writable(column, cuts, kind)
    both = np.concatenate([real, synthetic])
    last = len(cuts) + 1
    cells = np.where(np.isnan(both), last, np.searchsorted(cuts, both, side="right"))
    name, shown = _column(column.name), [_cut(column, cut, kind) for cut in cuts]
    member: list[np.ndarray] = []
    names: list[str] = []
    for low in range(last):
        for high in range(low + 1, last + 1):
            if high - low == last:
                continue
            inside = np.zeros(last + 1)
            inside[low:high] = 1.0
            member.append(inside)
            ends = [] if low == 0 else [f"{name} >= {shown[low - 1]}"]
            names.append(" and ".join(ends if high == last else [*ends, f"{name} < {shown[high - 1]}"]))
    if len(real) - len(known) >= LEAST_BEHIND:
        member.append(np.eye(last + 1)[last])
        names.append(f"{name} = null")
    return Axis(column.name, cells, np.array(member).reshape(len(names), last + 1), tuple(names))


def _levels(column: str, real: np.ndarray, synthetic: np.ndarray, texts: list[str]) -> Axis:
    kept, name = len(texts), _column(column)
    both = np.concatenate([real, synthetic])
    cells = np.where(both < 0, kept + 1, np.minimum(both, kept))
    counts = np.bincount(cells[: len(real)], minlength=kept + 2)
    named = [at for at in (*range(kept), kept + 1) if counts[at] >= LEAST_BEHIND]
    names = tuple(f"{name} = null" if at > kept else f"{name} = {_quoted(texts[at])}" for at in named)
    return Axis(column, cells, np.eye(kept + 2)[named].reshape(len(named), kept + 2), names)


def _column(name: str) -> str:
    return name if re.fullmatch(r"[A-Za-z_][\w.\-]*", name) else "`" + name.replace("`", "``") + "`"


def _quoted(level: str) -> str:
    return "'" + level.replace("'", "''") + "'"


def _writable(column: Column, cuts: np.ndarray, kind: pa.DataType) -> np.ndarray:
    """Move cuts to where they can be written: dates to days, times of day to seconds, durations to whole units of the column."""
    if pa.types.is_duration(kind):
        ticks = TICKS[kind.unit]
        return np.unique(np.ceil(np.round(cuts * ticks, 3)) / ticks)
    if pa.types.is_time(kind):
        return np.unique(np.floor(cuts))
    return np.unique(np.floor(cuts / DAY) * DAY) if column.kind == "datetime" else cuts


def _cut(column: Column, cut: float, kind: pa.DataType) -> str:
    """Write a cut: a duration in the column's unit, a time of day to the second, a date as a day (in UTC where it has a zone)."""
    if pa.types.is_duration(kind):
        return str(round(cut * TICKS[kind.unit]))
    if pa.types.is_time(kind):
        return str(np.datetime64(int(cut), "s")).partition("T")[2]
    if column.kind != "datetime":
        return f"{cut:.12g}"
    day = str(np.datetime64(int(cut), "s").astype("datetime64[D]"))
    return f"{day}T00:00:00Z" if pa.types.is_timestamp(kind) and kind.tz is not None else day
