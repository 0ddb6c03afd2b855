"""Rules between columns that all real rows keep: found while fitting, kept while drawing whole rows."""

# pyarrow makes its compute functions at import, where no type checker sees them.
# pyright: reportAttributeAccessIssue=false

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from assay.data.constraints import FEWEST_ROWS, inequalities, sums, violations
from assay.data.dataset import Dataset
from assay.data.schema import Schema
from assay.generators._invariants import KINDS, Invariants
from assay.generators._values import ColumnValues

REDRAWS = 3  # of the rows that break an inequality, before numbers are moved to the nearest that keep it

Cells = dict[str, pa.Array]


def rules_kept(
    order: Sequence[str], schema: Schema, values: Mapping[str, ColumnValues], codes: Mapping[str, np.ndarray], rows: int
) -> Invariants:
    """Find inequalities and sums that all real rows keep: mined ones, and those of the schema that hold.

    Parameters
    ----------
    order : sequence of str
        Columns in the order they are drawn, or mended.
    schema : Schema
        The real table's schema.
    values : mapping of str to ColumnValues
        Values of the modelled columns.
    codes : mapping of str to numpy.ndarray, shape (rows,)
        Codes of the real cells.
    rows : int
        Real rows.
    """
    columns = {column.name: column for column in schema.columns if column.name in values}
    ordered = [column for column in columns.values() if values[column.name].numbers is not None]
    real = Dataset(pa.table({c.name: values[c.name].decode(codes[c.name]) for c in ordered}), Schema(tuple(ordered)))
    found = [*inequalities(real), *sums(real)] if ordered and rows >= FEWEST_ROWS else []
    named = {column.name for column in ordered}
    given = [rule for rule in schema.constraints if rule.kind in KINDS and named >= set(rule.columns)]
    return Invariants(order, columns, values, [*found, *(rule for rule in given if not violations(rule, real).any())])


def drawn_to_keep(rules: Invariants, values: Mapping[str, ColumnValues], n: int, draw: Callable[[int], Cells]) -> Cells:
    """Draw rows that keep the rules.

    Parameters
    ----------
    rules : Invariants
        What to keep.
    values : mapping of str to ColumnValues
        Values of the columns.
    n : int
        Rows.
    draw : callable
        Count to so many whole rows.

    Notes
    -----
    Sums are computed. Rows that then break an inequality are drawn again, three times at most: rejection, so what comes out is
    the generator's distribution under the rules. What still breaks one takes the nearest real value within its bounds.
    """
    if not rules.constraints:
        return draw(n)
    order = [name for name in rules.order if name in rules.names]
    cells = draw(n)
    _total(rules, cells, order)
    for _ in range(REDRAWS):
        bad = _broken(rules, cells, order)
        if not bad.any():
            return cells
        fresh = draw(int(bad.sum()))
        _total(rules, fresh, order)
        cells = {name: pc.replace_with_mask(column, pa.array(bad), fresh[name]) for name, column in cells.items()}
    if _broken(rules, cells, order).any():
        _moved(rules, values, cells, order)
    return cells


def _total(rules: Invariants, cells: Cells, order: Sequence[str]) -> None:
    numbers = {name: rules.numbers(name, cells[name]) for name in order}
    for name in order:
        if rules.fixes(name):
            cells[name] = rules.total(name, cells[name], numbers)
            numbers[name] = rules.numbers(name, cells[name])


def _broken(rules: Invariants, cells: Cells, order: Sequence[str]) -> np.ndarray:
    """Mark the rows in which a number lies outside what the columns before it leave."""
    numbers = {name: rules.numbers(name, cells[name]) for name in order}
    bad = np.zeros(len(next(iter(cells.values()))), dtype=bool)
    for name in order:
        bounds = rules.bounds(name, numbers)
        if bounds is not None:
            bad |= (numbers[name] < bounds[0]) | (numbers[name] > bounds[1])
    return bad


def _moved(rules: Invariants, values: Mapping[str, ColumnValues], cells: Cells, order: Sequence[str]) -> None:
    """Move numbers to the nearest real ones within their bounds, and compute the sums anew."""
    numbers: dict[str, np.ndarray] = {}
    for name in order:
        own = rules.numbers(name, cells[name])
        bounds = rules.bounds(name, numbers)
        if bounds is not None:
            bad = (own < bounds[0]) | (own > bounds[1])
            new = values[name].decode(rules.nearest(name, bounds[0][bad], bounds[1][bad]))
            cells[name] = pc.replace_with_mask(cells[name], pa.array(bad), new)
        if rules.fixes(name):
            cells[name] = rules.total(name, cells[name], numbers)
        numbers[name] = rules.numbers(name, cells[name])
