"""The digest of a table: the same for equal rows in equal order, however they are stored, chunked or streamed."""

# pyright: reportAttributeAccessIssue=false
# pyarrow.compute makes its functions at import, unseen by type checkers

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc


class TableDigest:
    """Digests a table batch by batch.

    Parameters
    ----------
    types : pyarrow.Schema
        Names and plain types of the columns.

    Notes
    -----
    Of each column three streams are digested on their own (where its nulls stand, how long its texts are, its values without
    nulls), so that no cut of the rows into batches shows: SHA-256 of names, types and those digests.
    """

    def __init__(self, types: pa.Schema) -> None:
        self._types = types
        self._streams = [tuple(hashlib.sha256() for _ in range(3)) for _ in types]
        self._rows = 0

    def update(self, batch: pa.RecordBatch) -> None:
        """Feed rows that follow those already fed."""
        for column, streams in zip(batch.columns, self._streams, strict=True):
            _feed(column, streams, self._rows)
        self._rows += batch.num_rows

    def hexdigest(self) -> str:
        """Give the digest of all rows fed, as 64 hexadecimal digits."""
        whole = hashlib.sha256(f"{self._rows}\x1e".encode())
        for field, streams in zip(self._types, self._streams, strict=True):
            whole.update(f"{len(field.name)}\x1f{field.name}\x1f{field.type}\x1e".encode())
            for stream in streams:
                whole.update(stream.digest())
        return whole.hexdigest()


def _feed(column: pa.Array, streams: tuple[Any, ...], first: int) -> None:
    nulls, lengths, values = streams
    if column.null_count:
        nulls.update(np.flatnonzero(np.asarray(pc.is_null(column))).astype("<i8") + first)
        column = pc.drop_null(column)  # whatever stands in the buffers under nulls, before an offset or behind the end
    if not len(column):
        return
    buffers = column.buffers()
    if pa.types.is_string(column.type):
        offsets: np.ndarray = np.frombuffer(buffers[1], dtype=np.int32, count=len(column) + 1, offset=4 * column.offset)
        lengths.update(np.diff(offsets))
        values.update(memoryview(buffers[2] or b"")[int(offsets[0]) : int(offsets[-1])])
    elif pa.types.is_boolean(column.type):
        values.update(np.asarray(column).astype(np.uint8))
    else:
        width = column.type.bit_width // 8
        values.update(memoryview(buffers[1])[column.offset * width : (column.offset + len(column)) * width])
