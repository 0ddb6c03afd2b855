"""In which order tables, columns and events are made, so that whatever one needs is there before it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from assay.scenario.formula import names_in
from assay.scenario.model import ColumnRule, Event, Expression, Planted, Reference, Rule, Scenario, TableRules, expressions

Step = ColumnRule | Event


class Circle(ValueError):
    """Things that need each other; `names` begins and ends with the same one."""

    def __init__(self, names: list[str]) -> None:
        self.names = names
        super().__init__(" -> ".join(names))


def tables_in_order(scenario: Scenario) -> list[str]:
    """Give the tables so that parents and tables referred to come first.

    Raises
    ------
    Circle
        If tables need each other.
    """
    return _sorted({name: needed_tables(table) for name, table in scenario.tables.items()})


def tables_needed(scenario: Scenario, wanted: Iterable[str]) -> list[str]:
    """Give some tables and all that they refer to, in the order in which they are made."""
    needed: set[str] = set()
    open_ = list(wanted)
    while open_:
        name = open_.pop()
        if name not in needed:
            needed.add(name)
            open_ += needed_tables(scenario.tables[name])
    return [name for name in tables_in_order(scenario) if name in needed]


def needed_tables(table: TableRules) -> list[str]:
    """Give the tables that a table refers to."""
    parents = [] if table.parent is None else [table.parent]
    return list(dict.fromkeys([*parents, *(rule.table for rule in table.references.values())]))


def steps(table: TableRules) -> list[Step]:
    """Give the columns and events of a table in the order in which they are made.

    Raises
    ------
    Circle
        If columns or events need each other.
    """
    nodes: dict[str, Step] = {f"column {column.name}": column for column in table.columns}
    nodes |= {f"event {event.name}": event for event in table.events}
    needs: dict[str, list[str]] = {}
    for name, node in nodes.items():
        if isinstance(node, Event):
            needs[name] = _of_event(node, table)
        else:
            needs[name] = _of_column(node, table)
    return [nodes[name] for name in _sorted(needs)]


def _of_column(column: ColumnRule, table: TableRules) -> list[str]:
    needs = _columns(column.rule, table)
    if isinstance(column.rule, Planted):
        needs += [f"event {event.name}" for event in table.events if event.name in column.rule.events or not column.rule.events]
    for event in table.events:
        if column.name in event.sets:
            needs.append(f"event {event.name}")
            rules = [part[column.name] for part in (event.values, event.last) if column.name in part]
            if event.fault is not None and column.name in event.fault.columns and event.fault.size is not None:
                rules.append(event.fault.size)
            own = f"column {column.name}"  # a formula in an event may use the value that it replaces
            needs += [name for rule in rules for name in _columns(rule, table) if name != own]
    return needs


def _of_event(event: Event, table: TableRules) -> list[str]:
    if event.pattern == "burst":
        return []
    before: list[str] = []
    for other in table.events:
        if other.name == event.name:
            break
        before.append(f"event {other.name}")
    parts: list[Expression] = [] if event.when is None else [event.when]
    parts += [] if event.length is None else list(expressions(event.length))
    return [*before, *(name for part in parts for name in _columns(part, table))]


def columns_needed(rule: Rule | Expression, table: TableRules) -> list[str]:
    """Give the columns of the same table that formulas within a rule name."""
    return [name.removeprefix("column ") for name in _columns(rule, table)]


def _columns(rule: Rule | Expression, table: TableRules) -> list[str]:
    """Give the columns of the same table that formulas within a rule need; weights of references see the other table."""
    if isinstance(rule, Reference):
        return []
    found: list[str] = []
    references = table.references
    for part in expressions(rule):
        for name in names_in(part.node):
            first = name.parts[0]
            if (len(name.parts) == 1 and table.column(first) is not None) or (len(name.parts) > 1 and first in references):
                found.append(f"column {first}")
            elif len(name.parts) > 1:
                found += [f"column {key}" for key, reference in references.items() if reference.table == first]
    return [name for name in dict.fromkeys(found) if not _is_parent(name, table)]


def _is_parent(name: str, table: TableRules) -> bool:
    """Whether a column is the reference to the parent, which is there from the start."""
    return name.removeprefix("column ") == table.parent_column


def _sorted(needs: Mapping[str, Iterable[str]]) -> list[str]:
    """Sort so that what is needed comes first, else as given."""
    done: dict[str, bool] = {}
    out: list[str] = []
    for start in needs:
        stack: list[tuple[str, list[str]]] = [(start, list(needs[start]))]
        if start in done:
            continue
        done[start] = False
        while stack:
            name, rest = stack[-1]
            while rest and done.get(rest[0], False):
                rest.pop(0)
            if not rest:
                done[name] = True
                out.append(name)
                stack.pop()
                continue
            following = rest.pop(0)
            if following not in needs:
                continue
            if following in done:
                names = [name for name, _ in stack]
                raise Circle([*names[names.index(following) :], following])
            done[following] = False
            stack.append((following, list(needs[following])))
    return out
