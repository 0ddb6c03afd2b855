"""What an engine must offer so that a profile can be counted through it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple, Protocol

import numpy as np
import pyarrow as pa


class Levels(NamedTuple):
    """Levels of a column.

    Parameters
    ----------
    levels : pyarrow.Array
        The most frequent ones, without null.
    counts : ndarray of shape (levels,)
        How often each occurs.
    distinct : int
        Number of distinct levels, also of those not listed.
    present : int
        Rows that are not null.
    """

    levels: pa.Array
    counts: np.ndarray
    distinct: int
    present: int


class Engine(Protocol):
    """Reads tables that may be larger than memory, in one pass where it can; `threads` may work on them."""

    threads: int

    def rows(self, source: Any) -> int:
        """Count the rows."""
        ...

    def levels(self, source: Any, column: str, *, limit: int) -> Levels:
        """Give the most frequent levels and their exact counts; nulls apart."""
        ...

    def numbers(self, source: Any, columns: Sequence[str], *, every: int = 1) -> list[np.ndarray]:
        """Give ordered columns as float64, NaN where null; each `every`-th row, counted in row order."""
        ...

    def batches(
        self, source: Any, ordered: Sequence[str], other: Sequence[str], *, rows: int, hashed: str | None = None
    ) -> Iterator[pa.RecordBatch]:
        """Stream the table in row order, columns by position: ordered as float64, others as they are, then a hash column."""
        ...
