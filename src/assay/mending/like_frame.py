"""Mended rows as the frame that came in: its columns, their types, its index where rows are the same."""

# pyarrow makes its compute functions at import, where no type checker sees them.
# pyright: reportAttributeAccessIssue=false

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc


def is_pandas(source: Any) -> bool:
    """Whether this is a frame of pandas, which need not be installed."""
    return type(source).__module__.partition(".")[0] == "pandas" and hasattr(source, "columns")


def like_frame(table: pa.Table, given: Any, *, aligned: bool) -> Any:
    """Give a table as a pandas frame with the columns and types of another.

    Parameters
    ----------
    table : pyarrow.Table
        Mended rows.
    given : pandas.DataFrame
        The rows before.
    aligned : bool
        Whether each row is the same row still, so that it keeps its place in the index.

    Notes
    -----
    Integers among which some became null are floats then, booleans objects, as pandas has it; categories that were not there
    before come behind the others. Where the type of before would change a cell (fractions among integers, numbers or times too
    wide or too fine for it), the column has the table's. A named index is a column of a table, and an index again.
    """
    frame = table.to_pandas(integer_object_nulls=True, strings_to_categorical=False)
    names = [str(name) for name in given.columns]
    beside = [name for name in table.column_names if name not in names]
    cells = {at: _typed(frame[name], given.iloc[:, at], table.column(name)) for at, name in enumerate(names)}
    index = frame.set_index(beside).index if beside else given.index if aligned and len(frame) == len(given) else frame.index
    found = type(given)(cells)
    found.columns, found.index = given.columns, index
    return found


def _typed(column: Any, given: Any, cells: pa.ChunkedArray) -> Any:
    """Give a column the type that it had, where that holds its cells."""
    wanted = given.dtype
    nothing = column.isna()
    if hasattr(given, "cat"):
        fresh = [level for level in column[~nothing].unique() if level not in set(given.cat.categories)]
        wanted = given.cat.add_categories(fresh).dtype if fresh else wanted
    if nothing.any() and isinstance(wanted, np.dtype) and wanted.kind in "iub":
        if wanted.kind == "b":
            return column
        wanted = np.dtype("float64")
    try:
        typed = column.astype(wanted)
    except (TypeError, ValueError):
        return column
    return typed if bool((typed.isna() == nothing).all()) and _holds(typed, cells) else column


def _holds(typed: Any, cells: pa.ChunkedArray) -> bool:
    """Tell whether a column, cast back, has the table's cells."""
    try:
        back = pa.array(typed, from_pandas=True).cast(cells.type, safe=False)
    except (pa.ArrowException, ValueError, TypeError, OverflowError):
        return False
    known = cells.combine_chunks()
    nothing = pc.is_null(known, nan_is_null=True)
    return bool(pc.all(pc.or_(nothing, pc.fill_null(pc.equal(back, known), False)), min_count=0).as_py())
