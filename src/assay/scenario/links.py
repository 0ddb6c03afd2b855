"""Whether the tables of a scenario fit together: parents, references and their keys, numbers of rows."""

from __future__ import annotations

from collections.abc import Iterable

from assay.core.errors import did_you_mean
from assay.scenario.model import Arrivals, Clock, Reference, Scenario, TableRules
from assay.scenario.problems import Problems


def check_links(scenario: Scenario, table: TableRules, problems: Problems) -> None:
    """Note what is wrong between one table and the others."""
    known = scenario.tables
    if table.parent is not None and table.parent not in known:
        problems.add((*table.path, "parent"), f"No table {table.parent!r}.{did_you_mean(table.parent, known)}")
    for rule in _references(table):
        other = known.get(rule.table)
        if other is None:
            problems.add(rule.path, f"No table {rule.table!r}.{did_you_mean(rule.table, known)}")
        elif other.key is None:
            told = f"table {rule.table!r} has no key: give it a column with id or numbering, or name one with key."
            problems.add(rule.path, told)
        elif (key := other.column(other.key)) is not None and (key.loses or other.drops(key.name)):
            problems.add(
                rule.path,
                f"the key {other.key!r} of table {rule.table!r} may be null: rows would refer to none. Take its null out.",
            )
    if table.count is not None and table.parent is None:
        problems.add((*table.path, "count"), "goes with parent: it says how many rows each row of the parent has.")
    if table.name != scenario.main and table.rows is None and table.count is None:
        told = 'needs rows = NUMBER or a formula of n, such as "n / 20", or a parent and count: it is not the main table.'
        problems.add(table.path, told)
    timings = [column for column in table.columns if isinstance(column.rule, Arrivals | Clock)]
    for column in timings[1:]:
        problems.add(column.path, f"a table has one column of arrivals or a clock, and that is {timings[0].name!r}.")
    if table.by_time and not timings:
        problems.add((*table.path, "order"), "= time needs a column with arrivals or a clock.")


def tables_named(table: TableRules) -> list[str]:
    """Give the tables that a table names as parent or refers to, in events as well."""
    parents = [] if table.parent is None else [table.parent]
    return [*parents, *(rule.table for rule in _references(table))]


def _references(table: TableRules) -> Iterable[Reference]:
    rules = [*(column.rule for column in table.columns)]
    rules += [rule for event in table.events for part in (event.values, event.last) for rule in part.values()]
    return [rule for rule in rules if isinstance(rule, Reference)]
