"""Which rows of the three tables are the same row, found once for all measures that ask."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from assay.core.errors import NotApplicable
from assay.core.protocols import Context
from assay.data.coded import compared, table_codes
from assay.data.dataset import Dataset
from assay.stats.rowhash import row_ids


class Rows(NamedTuple):
    """Rows of real, synthetic and holdout as numbers: equal numbers, equal rows.

    Parameters
    ----------
    names : tuple of str
        Columns compared: all but ids and the entity column.
    codes : tuple of numpy.ndarray of int64, each of shape (rows of all tables,)
        Each column's values as codes, real rows first, then synthetic, then holdout.
    real, synthetic, holdout : numpy.ndarray of int64
        Row numbers; ``holdout`` is empty where there is none.
    times : numpy.ndarray of int64
        How often each row number occurs in real.
    """

    names: tuple[str, ...]
    codes: tuple[np.ndarray, ...]
    real: np.ndarray
    synthetic: np.ndarray
    holdout: np.ndarray
    times: np.ndarray

    @property
    def once(self) -> int:
        """Number of real rows that occur once in real."""
        return int(np.count_nonzero(self.times == 1))

    @property
    def twice(self) -> int:
        """Number of different real rows that occur twice in real."""
        return int(np.count_nonzero(self.times == 2))


def rows(context: Context) -> Rows:
    """Find the row numbers, once per check."""
    return context.share("rows", lambda: _number(context))


def _number(context: Context) -> Rows:
    tables: list[Dataset] = [context.real, context.synthetic]
    if context.holdout is not None:
        tables.append(context.holdout)
    schema = context.schema
    names = compared(schema)
    if not names:
        raise NotApplicable("All columns are ids: rows cannot be compared by their values.")
    codes = tuple(table_codes(tables, names))
    ids = row_ids(codes)
    n_real, n_synthetic = len(tables[0]), len(tables[1])
    real, synthetic, holdout = np.split(ids, [n_real, n_real + n_synthetic])
    return Rows(names, codes, real, synthetic, holdout, np.bincount(real, minlength=int(ids.max(initial=0)) + 1))
