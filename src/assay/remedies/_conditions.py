"""Conditions on columns, written down as JSON: ranges of numbers, levels, nulls."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from assay.data.amended import Amended
from assay.data.dataset import Dataset
from assay.data.scene import Scene
from assay.remedies._additive import named_levels, text_codes

# shares of the synthetic rows below the cuts of a number
CUTS = (0.04, 0.1, 0.18, 0.26, 0.34, 0.42, 0.5, 0.58, 0.66, 0.74, 0.82, 0.9, 0.96)
LEVELS = 20
LEAST_BEHIND = 10  # real rows behind every level and null that is named
Condition = Mapping[str, Any]


@dataclass(frozen=True)
class Cells:
    """One column in cells, and the conditions that can be put on it.

    Parameters
    ----------
    column : str
        Its name.
    conditions : tuple of mapping
        JSON: ``column`` with ``low`` and ``high`` (None where open; low <= x < high), ``level``, or ``null``.
    member : numpy.ndarray, shape (conditions, cells)
        1 where a condition holds in a cell.
    cuts : numpy.ndarray
        Of a number; empty for levels.
    levels : tuple of str
        Levels with a cell of their own; the next cell is of all others, the last of nulls.
    """

    column: str
    conditions: tuple[Condition, ...]
    member: np.ndarray
    cuts: np.ndarray
    levels: tuple[str, ...]
    ordered: bool

    def place(self, rows: Dataset) -> np.ndarray:
        """Give the cell of each row, int64."""
        if not self.ordered:
            codes = text_codes(rows, self.column, self.levels)
            return np.where(codes < 0, len(self.levels) + 1, codes)
        numbers = rows.numbers(self.column)
        return np.where(np.isnan(numbers), len(self.cuts) + 1, np.searchsorted(self.cuts, numbers, side="right"))


def cells(scene: Scene) -> list[Cells]:
    """Cut every feature that has conditions, numbers at quantiles of the synthetic rows."""
    found: list[Cells] = []
    for name in scene.schema.features:
        null = [{"column": name, "null": True}] if scene.real.nulls(name).sum() >= LEAST_BEHIND else []
        if scene.schema.column(name).ordered:
            numbers = scene.synthetic.numbers(name)
            known = numbers[np.isfinite(numbers)]
            cuts = np.unique(np.quantile(known, CUTS, method="higher")) if len(known) else np.empty(0)
            cuts = cuts[cuts > known.min()] if len(known) else cuts
            bounds = [None, *(float(cut) for cut in cuts), None]
            spans = [(a, b) for a in range(len(cuts) + 1) for b in range(a + 1, len(cuts) + 2) if b - a <= len(cuts)]
            conditions = [{"column": name, "low": bounds[a], "high": bounds[b]} for a, b in spans]
            member = np.zeros((len(spans) + len(null), len(cuts) + 2))
            for at, (a, b) in enumerate(spans):
                member[at, a:b] = 1.0
            if null:
                member[-1, -1] = 1.0
            part = Cells(name, tuple(conditions + null), member, cuts, (), True)
        else:
            levels = tuple(named_levels(scene.real, name)[:LEVELS])
            conditions = [{"column": name, "level": level} for level in levels]
            member = np.eye(len(levels) + 2)[[*range(len(levels)), *([len(levels) + 1] if null else [])]]
            part = Cells(name, tuple(conditions + null), member, np.empty(0), levels, False)
        if len(part.conditions) > 1:
            found.append(part)
    return found


def inside(conditions: Sequence[Condition], rows: Dataset) -> np.ndarray:
    """Give the mask of the rows that meet all conditions, of shape (rows,)."""
    kept = np.ones(len(rows), dtype=bool)
    for one in conditions:
        name = str(one["column"])
        if "level" in one:
            kept &= text_codes(rows, name, [one["level"]]) == 0
        elif "null" in one:
            kept &= rows.nulls(name)
        else:
            numbers = rows.numbers(name)
            with np.errstate(invalid="ignore"):
                kept &= ~np.isnan(numbers)
                kept &= numbers >= one["low"] if one["low"] is not None else True
                kept &= numbers < one["high"] if one["high"] is not None else True
    return kept


def words(conditions: Sequence[Condition]) -> str:
    """Say conditions in words."""
    return " and ".join(_words(one) for one in conditions)


def _words(one: Condition) -> str:
    name = one["column"]
    if "level" in one:
        return f"{name} = {one['level']}"
    if "null" in one:
        return f"{name} is null"
    low, high = one["low"], one["high"]
    if low is None:
        return f"{name} < {high:.6g}"
    return f"{name} >= {low:.6g}" if high is None else f"{low:.6g} <= {name} < {high:.6g}"


def by_slices(change: Callable[..., Dataset], setting: Mapping[str, Any], rows: Amended, rng: np.random.Generator) -> Amended:
    """Change the labels of one slice after the other; a row is changed once, and rows made from real ones never.

    ``change(table, places, setting, slice, rng)`` gives the table with other labels at some places.
    """
    table, done = rows.table, rows.anchored.copy()
    for part in setting["slices"]:
        mask = inside(part["conditions"], rows.table) & ~done
        done |= mask
        table = change(table, np.flatnonzero(mask), setting, part, rng)
    return rows.with_table(table)
