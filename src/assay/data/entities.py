"""Which rows belong to the same entity, and so stay together in every split, fold and standard error."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from assay.data.dataset import Dataset


def entity_codes(dataset: Dataset) -> np.ndarray | None:
    """Give each row the number of its entity.

    Parameters
    ----------
    dataset : Dataset
        Rows.

    Returns
    -------
    numpy.ndarray of int64, shape (rows,), or None
        Code of each row's entity, a row without one being an entity of its own; None where the schema names no entity
        column or every row is an entity of its own.
    """
    if dataset.schema.entity is None:
        return None
    column = dataset.table.column(dataset.schema.entity)
    if not pa.types.is_dictionary(column.type):
        column = column.dictionary_encode()
    column = column.combine_chunks()
    column = pa.concat_arrays(column.chunks) if isinstance(column, pa.ChunkedArray) else column
    codes = np.asarray(pc.fill_null(column.indices, -1)).astype(np.int64)
    alone = codes < 0
    codes[alone] = len(column.dictionary) + np.arange(int(alone.sum()))
    return None if len(np.unique(codes)) == len(codes) else codes
