"""The values of a column as codes that mean the same in several tables."""

# pyright: reportAttributeAccessIssue=false
# pyarrow.compute makes its functions at import, unseen by type checkers

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from assay.data.dataset import Dataset
from assay.data.schema import Schema


def compared(schema: Schema) -> tuple[str, ...]:
    """Name the columns that make a row what it is: all but ids and the entity column."""
    return tuple(column.name for column in schema.columns if column.kind != "id" and column.name != schema.entity)


def table_codes(tables: Sequence[Dataset], names: Sequence[str]) -> list[np.ndarray]:
    """Encode columns over all tables, one array of int64 a column, of shape (rows of all tables,); see `value_codes`."""
    return [value_codes([table.table.column(name) for table in tables]) for name in names]


def value_codes(columns: list[pa.ChunkedArray]) -> np.ndarray:
    """Encode the values of one column over all tables: -1 for null, NaN with it; -0.0 is 0.0."""
    kind = columns[0].type
    column = pa.chunked_array([chunk for part in columns for chunk in part.cast(kind).chunks], type=kind)
    if pa.types.is_floating(kind):
        numbers = column.to_numpy() + 0.0
        column = pa.chunked_array([pa.array(numbers, from_pandas=True)])
    elif pa.types.is_decimal(kind):
        column = column.cast(pa.string())
    encoded = column.combine_chunks().dictionary_encode()
    return np.asarray(pc.fill_null(encoded.indices, -1)).astype(np.int64)
