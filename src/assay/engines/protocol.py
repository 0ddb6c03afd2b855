"""What an engine must offer so that a profile can be counted through it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Protocol

import numpy as np
import pyarrow as pa


class Engine(Protocol):
    """Reads tables that may be larger than memory, in one pass where it can."""

    def rows(self, source: Any) -> int:
        """Count the rows."""
        ...

    def levels(self, source: Any, column: str, *, limit: int) -> tuple[pa.Array, np.ndarray, int]:
        """Give the most frequent levels, their exact counts, and how many distinct levels there are; nulls apart."""
        ...

    def quantiles(self, source: Any, column: str, probabilities: Sequence[float]) -> np.ndarray:
        """Give exact quantiles (values that occur) of an ordered column as float64; empty where all is null."""
        ...

    def heavy_values(self, source: Any, column: str, *, least: int, limit: int) -> np.ndarray:
        """Give the values of an ordered column that occur at least `least` times, the most frequent `limit` of them."""
        ...

    def batches(
        self, source: Any, ordered: Sequence[str], other: Sequence[str], *, rows: int, hashed: str | None = None
    ) -> Iterator[pa.RecordBatch]:
        """Stream the table in row order, columns by position: ordered as float64, others as they are, then a hash column."""
        ...
