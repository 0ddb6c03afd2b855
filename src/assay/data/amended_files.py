"""Mended rows as files: the table, and the weights beside it where they must be used."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from assay.core.files import write_atomically
from assay.data.dataset import Dataset
from assay.data.writers import SUFFIXES, write_table


def weights_beside(path: str | Path) -> Path:
    """Give where the weights of a table stand: beside it.

    Examples
    --------
    >>> weights_beside("mended.csv.gz").name, weights_beside("rows.v2.parquet").name
    ('mended.weights.parquet', 'rows.v2.weights.parquet')
    """
    path = Path(path)
    ending = next((suffix for suffix in sorted(SUFFIXES, key=len, reverse=True) if path.name.lower().endswith(suffix)), "")
    return path.with_name(f"{path.name[: len(path.name) - len(ending)]}.weights.parquet")


def uneven(weights: np.ndarray) -> bool:
    """Tell whether rows must be used with their weights."""
    return len(weights) > 0 and float(np.ptp(weights)) > 1e-9


def write_amended(table: Dataset, weights: np.ndarray, path: str | Path) -> tuple[Path, ...]:
    """Write rows, and their weights beside them where these are not all the same.

    Parameters
    ----------
    table : Dataset
        Rows.
    weights : numpy.ndarray of shape (rows,)
        Weights.
    path : str or Path
        Where the rows go, in a format of `assay.data.writers.write_table`. Weights go to ``<stem>.weights.parquet``, one column
        ``weight`` in the order of the rows.

    Returns
    -------
    tuple of Path
        What was written.
    """
    beside = weights_beside(path)
    if not uneven(weights):
        beside.unlink(missing_ok=True)  # weights of other rows must never stand beside these
        return (write_table(table, path),)
    beside.unlink(missing_ok=True)
    written = write_table(table, path)
    sink = io.BytesIO()
    pq.write_table(pa.table({"weight": weights}), sink)
    write_atomically(beside, sink.getvalue())
    return written, beside
