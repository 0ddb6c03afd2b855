"""Conditions met by construction: events planted in every row, values drawn only where the condition holds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from assay.data.dtypes import is_number
from assay.data.where import Condition
from assay.scenario.cells import Cells, Form, empty, moments, numbers, texts, truths
from assay.scenario.distributions import FAMILIES, draw
from assay.scenario.fill import Grid
from assay.scenario.formula import Literal
from assay.scenario.model import Chance, Choice, ColumnRule, Draw, Event, Expression, Planted, Rule, Scenario, TableRules
from assay.scenario.ordering import columns_needed
from assay.scenario.schema import decimals_of, dtype_of, levels_of, nullable
from assay.scenario.types import TypeFault, to_arrow
from assay.scenario.world import Wish

MOST_LEVELS = 10_000


class Impossible(ValueError):
    """No row of a scenario can meet a condition."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How rows that meet a condition are made.

    Parameters
    ----------
    shares : mapping of str to float, optional
        Share of the rows of each event; None where events stay as they are.
    rules : mapping of str to Rule
        Rules instead of the columns' own.
    exact : bool
        Whether every row made so meets the condition; else rows are drawn and those kept that do.
    """

    shares: Mapping[str, float] | None
    rules: Mapping[str, Rule]
    exact: bool

    def wish(self, n: int, *, unique: bool = True) -> Wish:
        """Say what n rows of the main table shall be, and whether unique values may not repeat among them."""
        if self.shares is None:
            return Wish(None, self.rules, unique)
        names = list(self.shares)
        reached = np.floor(np.cumsum([self.shares[name] for name in names]) * n + 0.5).astype(np.int64)
        taken = np.diff(np.minimum(reached, n), prepend=0)
        return Wish(dict(zip(names, taken.tolist(), strict=True)), self.rules, unique)


def plan(scenario: Scenario, name: str, condition: Condition, n: int) -> Plan:
    """Plan rows that meet a condition.

    Parameters
    ----------
    scenario : Scenario
        What makes them.
    name : str
        Table that they belong to.
    condition : Condition
        What they shall meet.
    n : int
        Rows of the table, which say what share a number of events is.

    Raises
    ------
    Impossible
        If a label, level or range leaves no value.

    Notes
    -----
    By construction: conditions on planted labels, by planting those events in all rows; and on columns that depend on nothing
    else, that no event changes and that no event looks at, by drawing from what is left of their distribution. All other rows
    keep their chances given the condition. What remains is for drawing and rejecting.
    """
    table = scenario.tables[name]
    rules: dict[str, Rule] = {}
    allowed = {event.name: True for event in table.events}
    plain = True  # whether a row without an event may meet the condition
    exact = True
    looked_at = _looked_at(table)
    for column_name in condition.columns:
        column = table.column(column_name)
        if column is None:
            continue
        if not _reachable(scenario, table, column, condition):
            raise Impossible(f"{column_name!r} has no such value")
        if isinstance(column.rule, Planted) and not column.loses:
            held = _labels_held(scenario, table, column, condition)
            for at, event in enumerate(table.events):
                allowed[event.name] &= held[at]
            plain = plain and held[-1]
            continue
        if isinstance(column.rule, Planted):
            exact = False
            continue
        found = None
        free = column_name not in looked_at and not column.loses and not column.unique
        if free and not any(column_name in event.sets for event in table.events):
            found = _restricted(scenario, table, column, condition)
        if found is None:
            exact = False
        else:
            rules[column_name] = found
            exact = exact and not (isinstance(found, Draw) and _grid(scenario, table, column) is not None)
    shares, planted = _shares(table, allowed, plain, n)
    return Plan(shares, rules, exact and planted)


def _shares(table: TableRules, allowed: Mapping[str, bool], plain: bool, n: int) -> tuple[Mapping[str, float] | None, bool]:
    """Give each event's share of the rows made, None for what it is anyway, and whether all then bear the right labels."""
    counted = any(event.count is not None for event in table.events)
    if plain and all(allowed.values()) and not counted:
        return None, True
    if not plain and not any(allowed.values()):
        raise Impossible("no event of the scenario bears this label")
    if any(event.of_slice and allowed[event.name] for event in table.events):
        return None, plain and all(allowed.values())  # its share of all rows is not known before there are any
    usual = {event.name: _usual(event, n) for event in table.events}
    kept = {name: share if allowed[name] else 0.0 for name, share in usual.items()}
    total = sum(kept.values())
    if plain:
        lost = sum(usual.values()) - total
        return {name: share / max(1.0 - lost, 1e-12) for name, share in kept.items()}, True
    if any(event.when is not None and allowed[event.name] for event in table.events):
        return usual, False  # its rows must lie in a slice: draw as usual, and keep them
    if total <= 0:
        raise Impossible("the events that bear this label have the rate 0")
    return {name: share / total for name, share in kept.items()}, True


def _usual(event: Event, n: int) -> float:
    return min(event.count / n, 1.0) if event.count is not None else event.share or 0.0


def _looked_at(table: TableRules) -> set[str]:
    """Give the columns that decide, directly or not, which rows an event may take."""
    open_ = [name for event in table.events if event.when is not None for name in columns_needed(event.when, table)]
    found: set[str] = set()
    while open_:
        name = open_.pop()
        if name in found:
            continue
        found.add(name)
        column = table.column(name)
        if column is not None:
            open_ += columns_needed(column.rule, table)
    return found


def _labels_held(scenario: Scenario, table: TableRules, column: ColumnRule, condition: Condition) -> list[bool]:
    """Say for each event, and last for none, whether its label meets the clauses."""
    rule = column.rule
    assert isinstance(rule, Planted)
    marked = [not rule.events or event.name in rule.events for event in table.events]
    if rule.named:
        levels = [event.name if mark else rule.otherwise for event, mark in zip(table.events, marked, strict=True)]
        levels.append(rule.otherwise)
        null = np.array([level is None for level in levels])
        cells = texts(np.arange(len(levels)), [level or "" for level in levels], null if null.any() else None)
    else:
        cells = truths(np.array([*marked, False]))
    return _met(scenario, table, column, cells, condition).tolist()


def _met(scenario: Scenario, table: TableRules, column: ColumnRule, cells: Cells, condition: Condition) -> np.ndarray:
    decimals = decimals_of(scenario, table, column)
    array = to_arrow(Grid(decimals, column.step).round(cells), dtype_of(scenario, table, column), decimals)
    met = np.ones(len(cells), dtype=bool)
    for clause in condition.of(column.name):
        met &= clause.mask(array)
    return met


def _reachable(scenario: Scenario, table: TableRules, column: ColumnRule, condition: Condition) -> bool:
    """Whether any value of a column whose values are all known meets its clauses; True where they are not known."""
    levels = levels_of(scenario, table, column)
    struck = any(event.fault and column.name in event.fault.columns for event in table.events)
    if levels is None or struck or len(levels) > MOST_LEVELS:
        return True
    form = scenario.forms[table.name][column.name]
    known = [level for level in levels if level is not None]
    lost = nullable(scenario, table, column)
    if not known and not lost:
        return False
    try:
        cells = _cells(form, [*known, *known[:lost]]) if known else empty(form, 1)
        if known and lost:  # the last one stands for null
            cells = cells.nulled(np.arange(len(cells)) == len(known))
        return bool(_met(scenario, table, column, cells, condition).any())
    except TypeFault:
        return True


def _cells(form: Form, values: Sequence[Any]) -> Cells:
    if form == "text":
        return texts(np.arange(len(values)), values)
    makers: dict[str, Any] = {"number": numbers, "truth": truths, "time": moments}
    return makers[form](np.array(values))


def _restricted(scenario: Scenario, table: TableRules, column: ColumnRule, condition: Condition) -> Rule | None:
    """Give the rule that draws only what meets the clauses, or None where that is not known."""
    rule = column.rule
    try:
        if isinstance(rule, Choice) and all(isinstance(weight.node, Literal) for weight in rule.weights):
            return _fewer(scenario, table, column, rule, condition)
        if isinstance(rule, Chance) and isinstance(rule.p.node, Literal) and isinstance(rule.p.node.value, float):
            held = _met(scenario, table, column, truths(np.array([False, True])), condition)
            chances = np.array([1.0 - rule.p.node.value, rule.p.node.value]) * held
            if chances.sum() <= 0:
                raise Impossible(f"{column.name!r} has no such value")
            return replace(rule, p=Expression(Literal(float(chances[1] / chances.sum())), rule.p.path))
    except TypeFault:
        return None
    if isinstance(rule, Draw) and all(isinstance(part.node, Literal) for part in rule.parameters.values()):
        return _cut(rule, column, condition, _grid(scenario, table, column))
    return None


def _fewer(scenario: Scenario, table: TableRules, column: ColumnRule, rule: Choice, condition: Condition) -> Rule:
    held = _met(scenario, table, column, _cells(rule.form, rule.values), condition)
    weights = rule.weights or tuple(Expression(Literal(1.0), column.path) for _ in rule.values)
    left = [at for at in np.flatnonzero(held) if _weight(weights[at]) > 0]
    if not left:
        raise Impossible(f"{column.name!r} has no such value")
    return Choice(rule.form, tuple(rule.values[at] for at in left), tuple(weights[at] for at in left))


def _weight(part: Expression) -> float:
    return float(part.node.value or 0.0) if isinstance(part.node, Literal) and not isinstance(part.node.value, str) else 1.0


def _cut(rule: Draw, column: ColumnRule, condition: Condition, grid: float | None) -> Rule | None:
    """Cut a distribution off at the ends that clauses name, a step wider where values are rounded: rejection does the rest."""
    if not all(part is None or isinstance(part.node, Literal) for part in (rule.at_least, rule.at_most)):
        return None
    low, high = _end(rule.at_least), _end(rule.at_most)
    discrete, wider = FAMILIES[rule.family].discrete, grid or 0.0
    for clause in condition.of(column.name):
        literal = clause.literals[0]
        if clause.operator not in ("<", "<=", ">", ">=") or not (is_number(literal.type) and literal.is_valid):
            return None
        value = float(literal.as_py())
        if clause.operator in (">", ">="):
            value = np.floor(value) + 1.0 if discrete and clause.operator == ">" else value - wider
            low = value if low is None else max(low, value)
        else:
            value = np.ceil(value) - 1.0 if discrete and clause.operator == "<" else value + wider
            high = value if high is None else min(high, value)
    given = {name: np.array([_end(part) or 0.0]) for name, part in rule.parameters.items()}
    bounds = [None if end is None else np.array([end]) for end in (low, high)]
    crossed = low is not None and high is not None and low > high
    if crossed or np.isnan(draw(rule.family, given, bounds[0], bounds[1], np.array([0.5]))).any():
        raise Impossible(f"{column.name!r} has no such value")
    ends = [None if end is None else Expression(Literal(float(end)), column.path) for end in (low, high)]
    return Draw(rule.family, rule.parameters, ends[0], ends[1])


def _grid(scenario: Scenario, table: TableRules, column: ColumnRule) -> float | None:
    """Give the step that a column's numbers are rounded to, None for whole numbers by themselves and for none."""
    if column.step is not None:
        return column.step
    if isinstance(column.rule, Draw) and FAMILIES[column.rule.family].discrete:
        return None
    decimals = decimals_of(scenario, table, column)
    return None if decimals is None else 10.0**-decimals


def _end(part: Expression | None) -> float | None:
    return None if part is None or not isinstance(part.node, Literal) else float(part.node.value or 0.0)
