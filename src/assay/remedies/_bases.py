"""What weights may depend on: the normal score of a column, its levels, or cells of several columns; as JSON, and as numbers."""

# pyright: reportAttributeAccessIssue=false
# pyarrow.compute makes its functions at import, unseen by type checkers

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from scipy.special import ndtri

from assay.data.dataset import Dataset
from assay.data.target import level_texts

LEAST = 10  # rows behind every level, cell and knot
MOST_LEVELS = 20
FINEST, FARTHEST = 0.1, 3.0  # knots of a normal score: how near to each other, and how far out


@dataclass(frozen=True)
class Levels:
    """Levels by their texts, None for null; the rest is one cell."""

    column: str
    levels: tuple[str | None, ...]

    @property
    def size(self) -> int:
        """Cells, the last of them the rest."""
        return len(self.levels) + 1

    def cells(self, dataset: Dataset) -> np.ndarray:
        """Give the cell of each row."""
        found = pc.index_in(level_texts(dataset.table.column(self.column)), value_set=pa.array(self.levels, pa.string()))
        return np.asarray(pc.fill_null(found, len(self.levels)).combine_chunks()).astype(np.int64)

    def name(self, cell: int) -> str:
        """Say in words what a cell holds."""
        if cell >= len(self.levels):
            return "its other levels"
        return "null" if self.levels[cell] is None else repr(self.levels[cell])

    def to_dict(self) -> dict[str, Any]:
        """Give JSON."""
        return {"column": self.column, "levels": list(self.levels)}

    @classmethod
    def of(cls, dataset: Dataset, name: str) -> Levels:
        """Take the levels that at least ten rows have, the most frequent twenty."""
        counted = level_texts(dataset.table.column(name)).value_counts()
        found = [(int(entry["counts"]), entry["values"]) for entry in counted.to_pylist()]
        found = sorted((entry for entry in found if entry[0] >= LEAST), key=lambda entry: (-entry[0], str(entry[1])))
        return cls(name, tuple(level for _, level in found[:MOST_LEVELS]))


@dataclass(frozen=True)
class Ranges:
    """Ranges between cuts, null the last."""

    column: str
    cuts: tuple[float, ...]

    @property
    def size(self) -> int:
        """Cells, the last of them of nulls."""
        return len(self.cuts) + 2

    def cells(self, dataset: Dataset) -> np.ndarray:
        """Give the cell of each row."""
        values = dataset.numbers(self.column)
        return np.where(np.isnan(values), len(self.cuts) + 1, np.searchsorted(self.cuts, values, side="right"))

    def name(self, cell: int) -> str:
        """Say in words what a cell holds."""
        return "null" if cell > len(self.cuts) else f"range {cell + 1} of {len(self.cuts) + 1}"

    def to_dict(self) -> dict[str, Any]:
        """Give JSON."""
        return {"column": self.column, "cuts": list(self.cuts)}

    @classmethod
    def of(cls, dataset: Dataset, name: str, ranges: int) -> Ranges:
        """Cut a column into ranges of equal counts."""
        values = dataset.numbers(name)
        values = values[np.isfinite(values)]
        if len(values) < LEAST * ranges:
            return cls(name, ())
        cuts = np.unique(np.quantile(values, np.arange(1, ranges) / ranges, method="inverted_cdf"))
        return cls(name, tuple(float(cut) for cut in cuts if cut > values.min()))


Part = Levels | Ranges


@dataclass(frozen=True)
class Cells:
    """An indicator of each of some cells of one column, or of several crossed; the rest has none.

    Parameters
    ----------
    parts : tuple of Part
        Columns.
    named : tuple of tuple of int
        Cells with an indicator: one position for each part.
    """

    parts: tuple[Part, ...]
    named: tuple[tuple[int, ...], ...]

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns that it depends on."""
        return tuple(part.column for part in self.parts)

    @property
    def numbers(self) -> int:
        """How many numbers a tilt along it learns."""
        return len(self.named)

    def places(self, dataset: Dataset) -> np.ndarray:
        """Give each row the position of its cell in `named`, ``len(named)`` for the rest."""
        table = np.full(tuple(part.size for part in self.parts), len(self.named))
        for at, cell in enumerate(self.named):
            table[cell] = at
        return table[tuple(part.cells(dataset) for part in self.parts)]

    def matrix(self, dataset: Dataset) -> np.ndarray:
        """Give the indicators, of shape (rows, numbers)."""
        return (self.places(dataset)[:, None] == np.arange(len(self.named))).astype(np.float64)

    def name(self, at: int) -> str:
        """Say in words what a cell holds of the last column; the cell without indicator comes last."""
        if at < len(self.named):
            return self.parts[-1].name(self.named[at][-1])
        unnamed = set(range(self.parts[-1].size - 1)) - {cell[-1] for cell in self.named}
        return self.parts[-1].name(unnamed.pop()) if len(self.parts) == 1 and len(unnamed) == 1 else "all the rest"

    def to_dict(self) -> dict[str, Any]:
        """Give JSON."""
        return {"parts": [part.to_dict() for part in self.parts], "cells": [list(cell) for cell in self.named]}

    @classmethod
    def of(cls, parts: Sequence[Part], real: Dataset, synthetic: Dataset) -> Cells | None:
        """Take all cells that at least ten rows of both tables have; None where fewer than two can be told apart.

        Notes
        -----
        What has too few rows is one cell, which has no indicator; has it too few synthetic rows, the largest cell joins it.
        """
        shape = tuple(part.size for part in parts)
        counts = [
            np.bincount(np.ravel_multi_index(tuple(part.cells(table) for part in parts), shape), minlength=int(np.prod(shape)))
            for table in (real, synthetic)
        ]
        enough = (counts[0] >= LEAST) & (counts[1] >= LEAST)
        if counts[1][~enough].sum() < LEAST and enough.any():
            enough[int(np.argmax(np.where(enough, counts[0], -1)))] = False
        named = np.flatnonzero(enough)
        if not len(named):
            return None
        cells = np.stack(np.unravel_index(named, shape), axis=1)
        return cls(tuple(parts), tuple(tuple(int(at) for at in cell) for cell in cells))


@dataclass(frozen=True)
class Score:
    """The normal score of a column's rank in the synthetic rows, 0 where null.

    Parameters
    ----------
    column : str
        Name.
    knots, scores : tuple of float
        Quantiles of the synthetic rows, ten rows or more apart, and their normal scores; linear between them, level beyond.
    """

    column: str
    knots: tuple[float, ...]
    scores: tuple[float, ...]

    @property
    def columns(self) -> tuple[str, ...]:
        """The column that it depends on."""
        return (self.column,)

    @property
    def numbers(self) -> int:
        """How many numbers a tilt along it learns."""
        return 1

    def matrix(self, dataset: Dataset) -> np.ndarray:
        """Give the score, of shape (rows, 1)."""
        values = dataset.numbers(self.column)
        return np.where(np.isnan(values), 0.0, np.interp(values, self.knots, self.scores))[:, None]

    def to_dict(self) -> dict[str, Any]:
        """Give JSON."""
        return {"column": self.column, "knots": list(self.knots), "scores": list(self.scores)}

    @classmethod
    def of(cls, dataset: Dataset, name: str) -> Score | None:
        """Take the quantiles of a column, at a tenth of a standard deviation from each other; None where it does not vary."""
        values = dataset.numbers(name)
        values = values[np.isfinite(values)]
        if len(values) < 2 * LEAST:
            return None
        known, counts = np.unique(values, return_counts=True)
        behind = np.cumsum(counts)
        middle = (behind - counts / 2.0) / len(values)
        scores = ndtri(middle)
        kept: list[int] = []
        for at in np.unique(np.searchsorted(scores, np.arange(-FARTHEST, FARTHEST + FINEST / 2, FINEST))):
            if at == len(known) or behind[at] < LEAST or len(values) - behind[at] + counts[at] < LEAST:
                continue
            if not kept or (behind[at] - behind[kept[-1]] >= LEAST and known[at] > known[kept[-1]]):
                kept.append(int(at))
        if len(kept) < 2:
            return None
        return cls(name, tuple(known[kept].tolist()), tuple(scores[kept].tolist()))


Basis = Cells | Score


def part_of(setting: Mapping[str, Any]) -> Part:
    """Read what the `to_dict` of `Levels` or `Ranges` gave."""
    if "levels" in setting:
        return Levels(setting["column"], tuple(setting["levels"]))
    return Ranges(setting["column"], tuple(setting["cuts"]))


def basis_of(setting: Mapping[str, Any]) -> Basis:
    """Read what `to_dict` gave."""
    if "knots" in setting:
        return Score(setting["column"], tuple(setting["knots"]), tuple(setting["scores"]))
    return Cells(tuple(part_of(part) for part in setting["parts"]), tuple(tuple(cell) for cell in setting["cells"]))


def column_basis(real: Dataset, synthetic: Dataset, name: str) -> Basis | None:
    """Give the normal score of an ordered column, the levels of another; None where it does not vary."""
    if real.schema.column(name).ordered:
        return Score.of(synthetic, name)
    return Cells.of((Levels.of(real, name),), real, synthetic)
