"""Where cells are written as null: lost by themselves, by chance, by a fault, or together with those of another column."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from assay.scenario.cells import Cells
from assay.scenario.fill import RowFault, Scope, value_of
from assay.scenario.model import ColumnRule, TableRules


def nulls_written(
    column: ColumnRule,
    table: TableRules,
    cells: Mapping[str, Cells],
    dropped: Mapping[str, np.ndarray],
    n: int,
    scope: Scope,
    streams: Callable[[str], np.random.Generator],
) -> np.ndarray:
    """Say which cells of a column are null as written.

    Parameters
    ----------
    column : ColumnRule
        The column; with ``null_with`` its nulls are those of another one, besides what has no value by itself.
    table : TableRules
        Its table.
    cells : mapping of str to Cells
        Full values of the table's columns, which formulas see.
    dropped : mapping of str to numpy.ndarray of bool, shape (rows,)
        Where faults drop values.
    n : int
        Rows.
    scope : callable
        Gives the cells of a name.
    streams : callable
        Gives the random generator of a named task.

    Returns
    -------
    numpy.ndarray of bool, shape (rows,)

    Raises
    ------
    RowFault
        If a chance is not one.
    """
    found = np.broadcast_to(cells[column.name].missing, (n,))
    if column.name in dropped:
        found = found | dropped[column.name]
    if column.null_with is not None:
        other = table.column(column.null_with)
        assert other is not None
        return found | nulls_written(other, table, cells, dropped, n, scope, streams)
    if column.null is None:
        return found
    chance = value_of(column.null, scope)
    if chance.form == "truth":
        return found | (chance.data.astype(bool) & ~chance.missing)
    wrong = ~((chance.data >= 0) & (chance.data <= 1)) & ~chance.missing
    if wrong.any():
        told = f"must be a chance from 0 to 1. It is not in {int(wrong.sum()):,} rows, such as {chance.data[wrong][0]:g}."
        raise RowFault(column.null.path, told)
    return found | (streams(f"nulls {column.name}").random(n) < np.where(chance.missing, 0.0, chance.data))
