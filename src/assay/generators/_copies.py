"""Rows drawn that equal a real row, thinned to the rate at which real rows repeat each other."""

# pyarrow makes its compute functions at import, where no type checker sees them.
# pyright: reportAttributeAccessIssue=false

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from assay.core.seeds import spawn
from assay.generators._values import NAN, NULL, ColumnValues

TRIED = 10_000  # rows drawn to see how often they are copies
ROUNDS = 8
SALT = 1  # of the digests of rows

Cells = dict[str, pa.Array]


@dataclass(frozen=True, slots=True)
class Copies:
    """Which rows are real ones, and how many of those drawn are kept.

    Parameters
    ----------
    digests : numpy.ndarray of uint64, shape (distinct rows,)
        Digests of the real rows, ascending; empty where nothing has to be thinned.
    kept : float
        Share of the copies drawn that is kept.

    Notes
    -----
    A new real row equals one of the real rows as often as a real row has a twin among the others. Copies drawn beyond that rate
    are drawn again at random, which copy it hits; none is left out for good, as a hole tells as much as a copy.
    """

    digests: np.ndarray
    kept: float

    @classmethod
    def none(cls) -> Self:
        """Give what thins nothing."""
        return cls(np.zeros(0, dtype=np.uint64), 1.0)

    @classmethod
    def learn(
        cls, codes: Mapping[str, np.ndarray], values: Mapping[str, ColumnValues], draw: Callable[[int], Cells], names: list[str]
    ) -> Self:
        """Compare how often real rows repeat with how often rows drawn are copies."""
        digests, counts = np.unique(_digest([codes[name] for name in names]), return_counts=True)
        twins = float(counts[counts > 1].sum() / counts.sum())
        copies = float(_among(_digest_of(draw(TRIED), values, names), digests).mean())
        # of c copies a share k is kept and the rest drawn again, c k / (1 - c (1 - k)) at last: that shall be the rate of twins
        return cls(digests, twins * (1 - copies) / (copies * (1 - twins))) if copies > twins else cls.none()

    def thinned(
        self, draw: Callable[[int], Cells], n: int, values: Mapping[str, ColumnValues], names: list[str], rng: np.random.Generator
    ) -> Cells:
        """Draw n rows, and draw again what is a copy too many, at most 8 times."""
        cells = draw(n)
        if self.kept >= 1:
            return cells
        again = np.arange(n)
        for _ in range(ROUNDS):
            some = {name: column.take(pa.array(again)) for name, column in cells.items()}
            copied = _among(_digest_of(some, values, names), self.digests)
            again = again[copied & (rng.random(len(again)) >= self.kept)]
            if not again.size:
                break
            mask = np.zeros(n, dtype=bool)
            mask[again] = True
            new = draw(len(again))
            cells = {name: pc.replace_with_mask(column, pa.array(mask), new[name]) for name, column in cells.items()}
        return cells


def _among(digests: np.ndarray, known: np.ndarray) -> np.ndarray:
    place = np.minimum(np.searchsorted(known, digests), len(known) - 1)
    return known[place] == digests


def _digest_of(cells: Cells, values: Mapping[str, ColumnValues], names: list[str]) -> np.ndarray:
    return _digest([_codes(cells[name], values[name]) for name in names])


def _codes(cells: pa.Array, values: ColumnValues) -> np.ndarray:
    """Give the codes of cells, and a code of no real value to those between two."""
    codes = pc.fill_null(pc.index_in(cells, value_set=values.support), values.levels).to_numpy(zero_copy_only=False).copy()
    codes[cells.is_null().to_numpy(zero_copy_only=False)] = NULL
    if pa.types.is_floating(cells.type):
        codes[pc.fill_null(pc.is_nan(cells), False).to_numpy(zero_copy_only=False)] = NAN
    return codes


def _digest(codes: list[np.ndarray]) -> np.ndarray:
    """Mix the codes of each row into 64 bits."""
    odd = spawn(SALT, "rows").integers(0, 2**63, len(codes), dtype=np.uint64) * np.uint64(2) + np.uint64(1)
    mixed = np.zeros(len(codes[0]), dtype=np.uint64)
    for part, factor in zip(codes, odd, strict=True):
        mixed = (mixed ^ (part.astype(np.int64) + 2).astype(np.uint64)) * factor
        mixed ^= mixed >> np.uint64(29)
    return mixed
