"""Small tables, and what a report says of them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa


def patients(rows: int = 80, seed: int = 0) -> pa.Table:
    """Draw a small table with an age, a lab value, a ward and whether they are ill."""
    rng = np.random.default_rng([5, seed])
    age = rng.integers(20, 80, rows)
    return pa.table(
        {
            "age": pa.array(age),
            "lab": pa.array(rng.normal(age / 10, 1.0)),
            "ward": pa.array(rng.choice(["east", "north", "south"], rows).tolist()),
            "ill": pa.array(np.where(rng.random(rows) < age / 100, "yes", "no").tolist()),
        }
    )


def with_column(table: pa.Table, name: str, cells: Any) -> pa.Table:
    """Add a column, or put it in the place of the one of that name."""
    column = cells if isinstance(cells, pa.Array | pa.ChunkedArray) else pa.array(cells)
    if name in table.column_names:
        return table.set_column(table.column_names.index(name), name, column)
    return table.append_column(name, column)


def failing(document: dict[str, Any]) -> set[str]:
    """Give the families that fail."""
    return {check["family"] for check in document["checks"] if check["outcome"] == "fail"}


def warned(document: dict[str, Any]) -> str:
    """Give all warnings as one text."""
    return "\n".join(document["warnings"])
