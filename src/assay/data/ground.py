"""Real rows on which damage can be planted: what the generator saw, rows that stand in for its output, and sealed rows."""

# pyright: reportAttributeAccessIssue=false
# pyarrow.compute makes its functions at import, unseen by type checkers

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from assay.core.errors import InputError
from assay.core.seeds import spawn
from assay.data.dataset import TICKS, Dataset
from assay.data.entities import entity_codes
from assay.data.schema import Schema

SPARE = 2.0
DAY = 86_400
DATES = DAY * (2**31 - 1)  # seconds from 1970 to the last day of a date32


@dataclass(frozen=True)
class Ground:
    """Undamaged real rows in three parts that share no row, and no entity.

    Parameters
    ----------
    real : Dataset
        In the place of the rows a generator was trained on.
    spare : Dataset
        From here come the rows in the generator's place: at least as many as `real` has, more so that what a damage takes
        away can be made up for.
    holdout : Dataset
        Sealed rows.
    """

    real: Dataset
    spare: Dataset
    holdout: Dataset

    @property
    def schema(self) -> Schema:
        """Schema of all three."""
        return self.real.schema

    @property
    def rows(self) -> int:
        """Rows that the synthetic table should have."""
        return len(self.real)

    @cached_property
    def sound(self) -> Dataset:
        """The synthetic table before any damage: real rows that nothing was trained on."""
        return self.spare.take(np.arange(min(self.rows, len(self.spare))), name="synthetic")

    def without(self, gone: np.ndarray) -> Dataset:
        """Give the synthetic table that lacks some rows of `spare`, made up to full size by the next ones while there are any.

        Parameters
        ----------
        gone : numpy.ndarray of bool, shape (len(spare),)
            Rows that must not be in it.
        """
        return self.spare.take(np.flatnonzero(~gone)[: self.rows], name="synthetic")

    @classmethod
    def cut(cls, dataset: Dataset, *, rows: int, holdout: int, seed: int, spare: float = SPARE) -> Ground:
        """Cut a real table into the three parts, at random and anew for every seed.

        Parameters
        ----------
        dataset : Dataset
            Real rows; rows of one entity stay together.
        rows : int
            Rows of `real`; reached about where entities are kept together.
        holdout : int
            Rows of the holdout.
        seed : int
            Equal seeds give equal parts.
        spare : float, default 2
            Rows of `spare` as a multiple of `rows`, fewer where the table has no more.

        Raises
        ------
        InputError
            If the table has not even `rows` rows left for `spare`, or its entities are so large that a part stays empty.
        """
        if len(dataset) < 2 * rows + holdout:
            raise InputError(
                f"Planting damage takes {rows:,} + {rows:,} real rows and {holdout:,} sealed ones. Got {len(dataset):,}.",
                fix=f"Plant on at most {max((len(dataset) - holdout) // 2, 0):,} rows.",
            )
        rng = spawn(seed, "ground")
        codes = entity_codes(dataset)
        if codes is None:
            order = rng.permutation(len(dataset))
            starts = np.ones(len(dataset), dtype=bool)
        else:
            _, codes = np.unique(codes, return_inverse=True)
            order = np.argsort(rng.permutation(codes.max() + 1)[codes], kind="stable")
            starts = np.diff(codes[order], prepend=-1) != 0
        wanted = np.minimum(np.cumsum([0, rows, holdout, round(spare * rows)]), len(dataset))
        borders = np.append(np.flatnonzero(starts), len(dataset))
        at = borders[np.searchsorted(borders, wanted)]
        real, sealed, extra = (np.sort(order[a:b]) for a, b in itertools.pairwise(at))
        if not len(extra) or (holdout and not len(sealed)):
            raise InputError(
                f"Rows of one {dataset.schema.entity!r} stay together, and these are so many that of {len(dataset):,} rows "
                f"{len(real):,} go to the real table, {len(sealed):,} to the holdout and {len(extra):,} are left over.",
                fix="Plant on fewer rows, or on a table of more and smaller entities.",
            )
        return cls(
            dataset.take(real, name="real"),
            dataset.take(_shuffled(extra, codes, rng), name="spare"),
            dataset.take(sealed, name="holdout"),
        )


def _shuffled(rows: np.ndarray, codes: np.ndarray | None, rng: np.random.Generator) -> np.ndarray:
    """Order the spare rows at random, entities whole, so that the first ones are a sample like the others."""
    if codes is None:
        return rng.permutation(rows)
    own = codes[rows]
    return rows[np.argsort(rng.permutation(own.max() + 1)[own], kind="stable")]


@dataclass(frozen=True)
class Planted:
    """Tables with damage in them, and what was done.

    Parameters
    ----------
    real, synthetic, holdout : Dataset
        Ready to be checked. `real` and `holdout` differ from the ground's where the damage is theirs (a leak), or where it
        needs something that the table did not have (a rule to be broken): then all three have it.
    note : str
        What was done, in one sentence. It names columns and sizes, never values.
    columns : tuple of str
        Columns at fault, the first foremost; empty where whole rows are.
    rows : numpy.ndarray of int64
        Positions of the rows at fault in the synthetic table (in the holdout for a leak); empty where the fault is in rows
        that are missing.
    """

    real: Dataset
    synthetic: Dataset
    holdout: Dataset
    note: str
    columns: tuple[str, ...] = ()
    rows: np.ndarray = field(default_factory=lambda: np.empty(0, dtype=np.int64))


def written(dataset: Dataset, name: str, values: np.ndarray) -> Dataset:
    """Give a dataset in which a numeric or datetime column holds other numbers, in the column's own type.

    Parameters
    ----------
    dataset : Dataset
        The table; stays as it is.
    name : str
        Column.
    values : numpy.ndarray of float64, shape (rows,)
        On the scale of `Dataset.numbers`; NaN gives null. Rounded where the type holds whole numbers, and kept inside its range.
        Cells whose number is the one they have stay as they are, digits that float64 does not hold among them.
    """
    kind = dataset.table.schema.field(name).type
    gone = np.isnan(values)
    filled = np.where(gone, 0.0, values)
    if pa.types.is_date(kind):
        cells = pa.array(_whole(filled, -DATES, DATES), pa.timestamp("s"), mask=gone).cast(kind, safe=False)
    elif pa.types.is_temporal(kind):
        low, high = (0, int(DAY * TICKS[kind.unit]) - 1) if pa.types.is_time(kind) else (1 - 2**63, 2**63 - 1)
        with np.errstate(over="ignore"):
            whole = pa.array(_whole(filled * TICKS[kind.unit], low, high), mask=gone)
        cells = (whole.cast(pa.int32()) if pa.types.is_time32(kind) else whole).cast(kind)
    elif pa.types.is_integer(kind):
        limits = np.iinfo(kind.to_pandas_dtype())
        cells = pa.array(_whole(filled, limits.min, limits.max, limits.dtype), kind, mask=gone)
    elif pa.types.is_decimal(kind):
        most = np.nextafter((10**kind.precision - 1) / 10**kind.scale, 0.0)  # beyond its digits a decimal would become 0
        cells = pa.array(np.clip(np.round(filled, kind.scale), -most, most), pa.float64(), mask=gone).cast(kind, safe=False)
    else:
        if pa.types.is_floating(kind):
            most = float(np.finfo(kind.to_pandas_dtype()).max)
            filled = np.where(np.isinf(filled), filled, np.clip(filled, -most, most))
        cells = pa.array(filled, pa.float64(), mask=gone).cast(kind, safe=False)
    return replaced(dataset, name, _kept(dataset, name, values, gone, cells))


def _kept(dataset: Dataset, name: str, values: np.ndarray, gone: np.ndarray, cells: pa.Array) -> pa.Array | pa.ChunkedArray:
    """Put back the old cells where the number is the old one; of floats, which are exact, only those that are NaN."""
    old = dataset.table.column(name)
    if pa.types.is_floating(old.type):
        same = dataset.nans(name) & gone if gone.any() else gone
    else:
        before = dataset.numbers(name)
        same = (values == before) | (gone & np.isnan(before))
    return pc.if_else(pa.array(same), old.combine_chunks(), cells) if same.any() else cells


def _whole(values: np.ndarray, low: int, high: int, kind: Any = np.int64) -> np.ndarray:
    """Round to whole numbers between two limits; of limits that float64 does not hold, the next number inside."""
    top = float(high) if int(float(high)) <= high else np.nextafter(float(high), 0.0)
    least = float(low) if int(float(low)) >= low else np.nextafter(float(low), 0.0)
    return np.clip(np.round(values), least, top).astype(kind)


def replaced(dataset: Dataset, name: str, cells: pa.Array | pa.ChunkedArray) -> Dataset:
    """Give a dataset in which a column has other cells of the same type."""
    at = dataset.table.column_names.index(name)
    table = dataset.table.set_column(at, dataset.table.schema.field(name), cells)
    return Dataset(table, dataset.schema, name=dataset.name)
