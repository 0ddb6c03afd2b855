"""Types and kinds of a scenario's columns: the schema that every table made from it has."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pyarrow as pa

from assay.data.schema import Column, Kind, Schema, Task
from assay.scenario.cells import Form
from assay.scenario.formula import Call, Literal, Name, Node, names_in
from assay.scenario.model import (
    Arrivals,
    Cases,
    Chance,
    Choice,
    Clock,
    ColumnRule,
    Draw,
    Fake,
    Formula,
    Identifier,
    Mapped,
    Mixture,
    Numbering,
    Planted,
    Reference,
    Rule,
    Scenario,
    TableRules,
    rules_within,
)
from assay.scenario.types import column_type

WHOLE_FAMILIES = frozenset({"integers", "poisson", "binomial", "geometric", "zipf"})
FAKE_LEVELS = ("city", "country", "state", "job", "company", "currency_code", "color_name", "first_name", "last_name")
WHOLE_FUNCTIONS = frozenset({"floor", "ceil", "sign", "length", "year", "month", "day", "yearday", "weekday", "hour", "minute"})
TRUTH_OPERATORS = frozenset({"=", "!=", "<", "<=", ">", ">=", "in", "and", "or", "not", "is null"})
DEFAULT_TYPES: Mapping[Form, str] = {
    "number": "double",
    "truth": "bool",
    "text": "string",
    "time": "timestamp[s]",
    "null": "double",
}


def dtype_of(scenario: Scenario, table: TableRules, column: ColumnRule) -> pa.DataType:
    """Give the Arrow type of a column."""
    form = scenario.forms[table.name][column.name]
    if column.dtype:
        return column_type(column.dtype)
    if isinstance(column.rule, Reference):
        other = scenario.tables[column.rule.table]
        key = other.column(other.key or "")
        assert key is not None
        return dtype_of(scenario, other, key)
    if isinstance(column.rule, Formula) and isinstance(column.rule.value.node, Name) and column.decimals is None:
        owner, named = _named(scenario, table, column.rule.value.node)
        if named is not None:
            return dtype_of(scenario, owner, named)
    if form == "number" and column.step is None:
        whole = column.decimals is None and _whole(column.rule, lambda name: _whole_name(scenario, table, name))
        return pa.int64() if whole or column.decimals == 0 else pa.float64()
    return column_type(DEFAULT_TYPES[form])


def decimals_of(scenario: Scenario, table: TableRules, column: ColumnRule) -> int | None:
    """Give the decimals that a column's numbers are rounded to: its own, or those of its type."""
    if scenario.forms[table.name][column.name] != "number" or column.step is not None:
        return None
    kind = dtype_of(scenario, table, column)
    if pa.types.is_integer(kind) or pa.types.is_duration(kind):
        return 0
    if pa.types.is_decimal(kind):
        return kind.scale if column.decimals is None else min(column.decimals, kind.scale)
    return column.decimals


def schema_of(scenario: Scenario, name: str) -> Schema:
    """Give the schema of a table as it is written, hidden columns left out."""
    table = scenario.tables[name]
    shown = [column for column in table.columns if not column.hidden]
    columns = tuple(
        Column(
            column.name, _kind(scenario, table, column), str(dtype_of(scenario, table, column)), nullable(scenario, table, column)
        )
        for column in shown
    )
    times = [column.name for column in shown if isinstance(column.rule, Arrivals | Clock)]
    time = table.time or (times[0] if times else None)
    schema = Schema(columns, sensitive=table.sensitive, entity=table.entity, time=time)
    if table.target is None:
        return schema
    return schema.with_changes(**target_roles(scenario, table, schema, table.target, table.task, table.positive))


def target_roles(
    scenario: Scenario, table: TableRules, schema: Schema, target: str, task: Task | None, positive: str | None
) -> dict[str, Any]:
    """Give the fields of the schema that a target brings with it."""
    column = schema.column(target)
    rule = table.column(target)
    assert rule is not None
    known = levels_of(scenario, table, rule)
    if task is None:
        if column.ordered and column.kind != "categorical":
            task = "regression"
        else:
            task = "binary" if known is not None and len(known) == 2 else "multiclass"
    if task == "regression":
        return {"target": target, "task": task, "positive": None}
    kinds = {} if column.levelled else {target: "categorical"}
    if task == "binary" and positive is None:
        positive = _positive(known or [], column_type(column.dtype))
    return {"columns": schema.with_kinds(kinds).columns, "target": target, "task": task, "positive": positive}  # type: ignore[arg-type]


def levels_of(
    scenario: Scenario, table: TableRules, column: ColumnRule, within: frozenset[str] = frozenset()
) -> list[Any] | None:
    """List the values that a column can take, where its rules name them all; None where they do not.

    Parameters
    ----------
    scenario : Scenario
        All tables: a formula may look a column of another one up.
    table : TableRules
        The column's table.
    column : ColumnRule
        Which.
    within : frozenset of str
        Columns of the same table whose values are being listed: an event may keep the value that there is.
    """
    rules = [column.rule]
    rules += [part[column.name] for event in table.events for part in (event.values, event.last) if column.name in part]
    found: dict[Any, None] = {}
    for rule in rules:
        levels = _levels(scenario, table, rule, within | {column.name})
        if levels is None:
            return None
        found |= dict.fromkeys(levels)
    return list(found)


def _levels(scenario: Scenario, table: TableRules, rule: Rule, within: frozenset[str]) -> list[Any] | None:
    if isinstance(rule, Choice):
        never = {at for at, weight in enumerate(rule.weights) if isinstance(weight.node, Literal) and not weight.node.value}
        return [value for at, value in enumerate(rule.values) if at not in never]
    if isinstance(rule, Chance):
        return [False, True]
    if isinstance(rule, Planted):
        names = [event.name for event in table.events if not rule.events or event.name in rule.events]
        return [rule.otherwise, *names] if rule.named else [False, True]
    if isinstance(rule, Formula):
        return _of_formula(scenario, table, rule.value.node, within)
    if isinstance(rule, Mixture | Cases | Mapped):
        inner = [part for part in rules_within(rule) if part is not rule and not isinstance(part, Mixture | Cases | Mapped)]
        found: list[Any] = []
        for part in inner:
            levels = _levels(scenario, table, part, within)
            if levels is None:
                return None
            found += levels
        return list(dict.fromkeys(found))
    return None


def _of_formula(scenario: Scenario, table: TableRules, node: Node, within: frozenset[str]) -> list[Any] | None:
    """List the values of a formula that chooses between constants and columns of known values."""
    if isinstance(node, Literal):
        return [] if node.value is None else [node.value]
    if isinstance(node, Name):
        owner, named = _named(scenario, table, node)
        if owner is table and named is not None and named.name in within:
            return []
        here = within if owner is table else frozenset[str]()
        return None if named is None else levels_of(scenario, owner, named, here)
    if node.function in ("if", "where") and len(node.arguments) == 3:
        parts = [_of_formula(scenario, table, part, within) for part in node.arguments[1:]]
        return None if None in parts else [level for part in parts if part is not None for level in part]
    return [False, True] if node.function in TRUTH_OPERATORS else None


def _positive(levels: list[Any], kind: pa.DataType) -> str | None:
    if True in levels or not levels:
        return "true" if pa.types.is_boolean(kind) else "1"
    last = levels[-1]
    return f"{last:g}" if isinstance(last, float) else None if last is None else str(last)


def _named(scenario: Scenario, table: TableRules, name: Name) -> tuple[TableRules, ColumnRule | None]:
    """Give the column that a name stands for, with its table."""
    for part in name.parts[:-1]:
        table = scenario.tables[table.relations[part]]
    return table, table.column(name.parts[-1])


def _whole_name(scenario: Scenario, table: TableRules, name: Name) -> bool:
    owner, column = _named(scenario, table, name)
    if column is None:
        return True  # row and turn
    form = scenario.forms[owner.name][column.name]
    return form == "truth" or (form == "number" and pa.types.is_integer(dtype_of(scenario, owner, column)))


def _whole_node(node: Node, known: Callable[[Name], bool]) -> bool:
    """Whether a formula gives whole numbers only."""
    if isinstance(node, Literal):
        return node.value is None or isinstance(node.value, bool) or (isinstance(node.value, float) and node.value.is_integer())
    if isinstance(node, Name):
        return known(node)
    if node.function in WHOLE_FUNCTIONS or (node.function == "round" and len(node.arguments) == 1):
        return True
    if node.function in ("if", "where"):
        return all(_whole_node(part, known) for part in node.arguments[1:])
    if node.function in ("+", "-", "*", "negative", "min", "max", "abs", "clip"):
        return all(_whole_node(part, known) for part in node.arguments)
    return node.function in TRUTH_OPERATORS


def _whole(rule: Rule, known: Callable[[Name], bool]) -> bool:
    """Whether all numbers of a rule are whole by themselves."""
    if isinstance(rule, Draw):
        return rule.family in WHOLE_FAMILIES
    if isinstance(rule, Choice):
        return all(float(value).is_integer() for value in rule.values) if rule.form in ("number", "truth") else False
    if isinstance(rule, Chance | Numbering):
        return True
    if isinstance(rule, Mixture | Cases | Mapped):
        return all(_whole(part, known) for part in rules_within(rule) if not isinstance(part, Mixture | Cases | Mapped))
    return isinstance(rule, Formula) and _whole_node(rule.value.node, known)


def _kind(scenario: Scenario, table: TableRules, column: ColumnRule) -> Kind:
    if column.kind is not None:
        return column.kind
    form, kind = scenario.forms[table.name][column.name], dtype_of(scenario, table, column)
    if isinstance(column.rule, Identifier | Numbering) or column.unique:
        return "id"
    if isinstance(column.rule, Reference):
        return "categorical" if column.name != table.entity else "id"
    if isinstance(column.rule, Fake):
        return "categorical" if column.rule.provider in FAKE_LEVELS else "text"
    if form == "truth":
        return "boolean"
    if form == "time" and not pa.types.is_string(kind):
        return "datetime"
    if form in ("text", "time") or pa.types.is_string(kind):
        return "categorical"
    levels = levels_of(scenario, table, column)
    return (
        "boolean" if levels is not None and {float(level) for level in levels if level is not None} == {0.0, 1.0} else "numeric"
    )


def nullable(scenario: Scenario, table: TableRules, column: ColumnRule) -> bool:
    """Whether cells of a column may be null as written."""
    return column.loses or table.drops(column.name) or _lacks(scenario, table, column, frozenset())


def _lacks(scenario: Scenario, table: TableRules, column: ColumnRule, within: frozenset[str]) -> bool:
    """Whether a column may have no value before nulls are put in: a rule leaves rows out, or uses a column that does."""
    if column.name in within:
        return False
    rules = [column.rule]
    rules += [part[column.name] for event in table.events for part in (event.values, event.last) if column.name in part]
    parts = [part for rule in rules for part in rules_within(rule)]
    if any(_open(part) for part in parts):
        return True
    for part in parts:
        for name in names_in(part.value.node) if isinstance(part, Formula) else ():
            owner, named = _named(scenario, table, name)
            here = within | {column.name} if owner is table else frozenset[str]()
            if named is not None and _lacks(scenario, owner, named, here):
                return True
    return False


def _open(rule: Rule) -> bool:
    """Whether a rule may give null by itself."""
    if isinstance(rule, Cases):
        return rule.cases[-1][0] is not None
    if isinstance(rule, Mapped):
        return rule.otherwise is None
    if isinstance(rule, Planted):
        return rule.named and rule.otherwise is None
    return isinstance(rule, Formula) and _names_null(rule.value.node)


def _names_null(node: Node) -> bool:
    if isinstance(node, Literal):
        return node.value is None
    return isinstance(node, Call) and any(_names_null(part) for part in node.arguments)
