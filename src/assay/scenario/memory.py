"""How much memory the tables of a scenario take, told before any of it is taken."""

from __future__ import annotations

from collections.abc import Iterable

import pyarrow as pa

from assay.core.errors import InputError
from assay.core.memory import available
from assay.scenario.fill import RowFault
from assay.scenario.model import Fake, Identifier, Scenario, TableRules
from assay.scenario.ordering import tables_needed
from assay.scenario.problems import fault
from assay.scenario.schema import dtype_of
from assay.scenario.skeleton import rows_by_formula
from assay.scenario.world import World

TRIED = 500  # rows of the main table from which counts for each parent are estimated
MOST_TRIED = 50_000  # parents that are made for it
SKELETON = 64  # bytes a row: parents, moments, order, event, group, place
WORKING = 96  # bytes a row: what a column takes besides while it is drawn, in the one table that is being made
WRITTEN = 2  # copies of what is written: as a table, and as a file in memory
LETTERS = 16  # of a text


def check_memory(scenario: Scenario, main: str, n: int, wanted: Iterable[str]) -> int:
    """Estimate the bytes that making some tables takes at its peak, before any is made.

    Parameters
    ----------
    scenario : Scenario
        What makes them.
    main : str
        The table of n rows.
    n : int
        Its rows.
    wanted : iterable of str
        Tables wanted; those that they refer to are made as well.

    Returns
    -------
    int

    Raises
    ------
    InputError
        If it is more than there is.

    Notes
    -----
    A column takes its full values (8 bytes a row, 1 for truths), a mask of nulls where it can have any, and what is written of
    it; identifiers take their letters twice. Rows that only counts for each parent decide are estimated from 500 rows.
    """
    try:
        rows = _rows(scenario, main, n, wanted)
    except RowFault as error:
        raise fault(scenario, error.path, str(error)) from error
    held = {name: count * _row(scenario, scenario.tables[name]) for name, count in rows.items()}
    needed = sum(held.values()) + WORKING * max(rows.values(), default=0)
    there = available()
    if needed > there:
        most = max(held, key=lambda name: held[name])
        raise InputError(
            f"Making {n:,} rows of {main!r} would hold about {needed / 2**30:.1f} GiB; {there / 2**30:.1f} GiB are free. "
            f"Most of it is {most!r} with {rows[most]:,} rows.",
            file=scenario.file or None,
            fix="Make fewer rows at a time, each part with a seed of its own, or leave columns out.",
        )
    return needed


def _rows(scenario: Scenario, main: str, n: int, wanted: Iterable[str]) -> dict[str, int]:
    rows: dict[str, int] = {}
    for name in tables_needed(scenario, wanted):
        table = scenario.tables[name]
        count = n if name == main else rows_by_formula(table, n)
        if count is None:
            assert table.parent is not None
            count = round(_per_parent(scenario, main, n, table, table.parent) * rows[table.parent])
        rows[name] = count
    return rows


def _per_parent(scenario: Scenario, main: str, n: int, table: TableRules, parent: str) -> float:
    """Estimate the rows for each row of the parent from some of those."""
    tried = min(n, TRIED)
    while tried > 1 and _rows(scenario, main, tried, [parent])[parent] > MOST_TRIED:
        tried = max(tried // 10, 1)
    world = World(scenario, main, tried, 0)
    world.make([parent])
    counts = world.counts(table)
    return 0.0 if counts is None or not len(counts) else float(counts.mean())


def _row(scenario: Scenario, table: TableRules) -> int:
    total = SKELETON
    for column in table.columns:
        form, kind = scenario.forms[table.name][column.name], dtype_of(scenario, table, column)
        letters = LETTERS if isinstance(column.rule, Identifier | Fake) else 0
        total += (1 if form == "truth" else 8) + letters + column.loses
        if not column.hidden:
            text = pa.types.is_string(kind)
            total += WRITTEN * (4 + LETTERS if text else max(kind.bit_width // 8, 1)) + 1
    return total
