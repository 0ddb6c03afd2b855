"""Whether a scenario that reads well also makes sense: names, references, circles, forms and numbers."""

from __future__ import annotations

from collections.abc import Iterable

from assay.core.errors import did_you_mean
from assay.scenario.cells import Form
from assay.scenario.formula import FormulaError, Name
from assay.scenario.links import check_links, tables_named
from assay.scenario.model import (
    Arrivals,
    Choice,
    Clock,
    ColumnRule,
    Event,
    Formula,
    Identifier,
    Numbering,
    Path,
    Planted,
    Reference,
    Scenario,
)
from assay.scenario.ordering import Circle, steps, tables_in_order
from assay.scenario.problems import Problems
from assay.scenario.schema import nullable
from assay.scenario.soundness_roles import check_roles, kind_fault
from assay.scenario.soundness_rules import RuleCheck, fixed_number
from assay.scenario.types import type_fault


def check(scenario: Scenario, problems: Problems) -> dict[str, dict[str, Form]]:
    """Note everything in a scenario that does not make sense, and give the form of every column of every table."""
    before = len(problems.found)
    for table in scenario.tables.values():
        check_links(scenario, table, problems)
    unknown = any(name not in scenario.tables for table in scenario.tables.values() for name in tables_named(table))
    if len(problems.found) > before or unknown or any(not table.columns for table in scenario.tables.values()):
        return {}
    try:
        order = tables_in_order(scenario)
    except Circle as circle:
        problems.add(("tables", circle.names[0]), f"tables need each other in a circle: {circle}. Take one reference out.")
        return {}
    forms: dict[str, dict[str, Form]] = {}
    for name in order:
        forms[name] = _Table(scenario, scenario.tables[name], forms, problems).check()
    return forms


class _Table(RuleCheck):
    """The check of one table with its columns and events."""

    def check(self) -> dict[str, Form]:
        table, problems = self.table, self.problems
        if table.rows is not None:
            self._need(table.rows, "number", lambda name: _only_n(name))
        if table.count is not None:
            self.rule(table.count, (*table.path, "count"), self._of_parent, "number", inner=True)
            fixed = fixed_number(table.count.value) if isinstance(table.count, Formula) else None
            if fixed is not None and fixed < 1:
                problems.add((*table.path, "count"), f"gives no parent a row. Got {fixed:g}.")
        self._check_events()
        try:
            order = steps(table)
        except Circle as circle:
            names = [name.partition(" ")[2] for name in circle.names]
            kind, _, first = circle.names[0].partition(" ")
            column = table.column(first) if kind == "column" else None
            path = column.path if column else table.path
            problems.add(
                path, f"columns and events need each other in a circle: {' -> '.join(names)}. Take one out of a formula."
            )
            return {}
        for step in order:
            if isinstance(step, Event):
                if step.when is not None:
                    self._need(step.when, "truth", self._of_parent_rows if step.pattern == "burst" else self._of_rows)
            else:
                self._column(step)
        for event in table.events:
            self._event(event)
        for column in table.columns:
            if column.null is not None:
                form = self._form(column.null, self._of_rows)
                if form not in (None, "number", "truth"):
                    problems.add(column.null.path, f"must be a chance or a condition. Got a {form}.")
            self._null_with(column)
        check_roles(self.scenario, table, self.forms, problems)
        return self.forms

    # -- columns

    def _column(self, column: ColumnRule) -> None:
        rule = column.rule
        scope = self._of_parent_rows if isinstance(rule, Arrivals) else self._of_rows
        form = self.rule(rule, column.path, scope, None, inner=False)
        self.forms[column.name] = form or "null"  # nothing further is wrong with what uses it
        if form is None:
            return
        if form == "null" and not column.dtype and not self.problems.of(column.path):
            self.problems.add(column.path, "is always null: say its type.")
        if form != "number" and (column.decimals is not None or column.step is not None):
            self.problems.add(column.path, f"round and step go with numbers, this is a {form}.")
        if column.dtype and (told := type_fault(column.dtype, form)) is not None:
            self.problems.add((*column.path, "type"), told)
        elif column.kind is not None and (told := kind_fault(column.kind, form, column.dtype)) is not None:
            self.problems.add((*column.path, "kind"), told)
        if isinstance(rule, Numbering) and (column.decimals is not None or column.step is not None):
            told = "round and step do not go with numbering, which counts in whole numbers: numbering = {start = 1, step = 10}."
            self.problems.add(column.path, told)
        if column.unique and isinstance(rule, Choice) and form == "truth":
            self.problems.add((*column.path, "unique"), "is impossible: there are two truths.")

    def _null_with(self, column: ColumnRule) -> None:
        """Follow the columns that a column shares its nulls with to the one that has them by itself."""
        path, seen, at = (*column.path, "null_with"), [column.name], column
        while at.null_with is not None:
            seen.append(at.null_with)
            following = self.table.column(at.null_with)
            if following is None:  # told where the file was read
                return
            if following.name in seen[:-1]:
                self.problems.add(path, f"columns share their nulls in a circle: {' -> '.join(seen)}. Give one its own null.")
                return
            at = following
        if at is not column and not nullable(self.scenario, self.table, at):
            self.problems.add(path, f"{at.name!r} is never null: give it null, a chance or a condition.")

    # -- events

    def _check_events(self) -> None:
        table = self.table
        total = sum(event.share for event in table.events if event.share is not None and not event.of_slice)
        if total > 1:
            self.problems.add((*table.path, "events"), f"the rates add up to {total:g}, which is more than all rows.")
        for event in table.events:
            if event.pattern == "burst" and (table.timing is None or not isinstance(table.timing.rule, Arrivals)):
                self.problems.add(event.path, "a burst needs a column with arrivals, whose moments it sets.")
            for key, name in _changed(event):
                path = (*event.path, *key)
                column = table.column(name)
                known = [column.name for column in table.columns]
                if column is None:
                    self.problems.add(path, f"No column {name!r} in this table.{did_you_mean(name, known)}")
                elif isinstance(column.rule, Arrivals | Clock | Planted | Identifier | Numbering):
                    kind = type(column.rule).__name__.lower()
                    self.problems.add(path, f"cannot change {name!r}: it is filled by {kind}.")
                elif name == table.parent_column:
                    self.problems.add(path, f"cannot change {name!r}: it says which parent the row belongs to.")

    def _event(self, event: Event) -> None:
        for rule, key in ((event.size, "size"), (event.length, "length")):
            if rule is not None:
                scope = self._of_nothing if key == "size" else self._of_rows
                self.rule(rule, (*event.path, key), scope, "number", inner=True)
        for key, part in (("set", event.values), ("last", event.last)):
            for name, rule in part.items():
                column = self.table.column(name)
                path = (*event.path, key, name)
                if column is None or name not in self.forms:
                    continue
                if isinstance(column.rule, Reference):
                    if not isinstance(rule, Reference) or rule.table != column.rule.table:
                        self.problems.add(path, f'must be a rule with reference = "{column.rule.table}", like the column.')
                    else:
                        self._rule(rule, path, self._of_rows)
                    continue
                form = self.rule(rule, path, self._of_rows, None, inner=True)
                wanted = self.forms[name]
                if form not in (None, "null", wanted) and not (form == "truth" and wanted == "number"):
                    self.problems.add(path, f"must give a {wanted}, as the column does. Got a {form}.")
        if event.fault is not None:
            for name in event.fault.columns:
                if event.fault.kind in ("drift", "spike") and self.forms.get(name, "number") != "number":
                    self.problems.add(
                        (*event.path, "columns"), f"{event.fault.kind} strikes numbers, {name!r} is a {self.forms[name]}."
                    )
            if event.fault.size is not None:
                self.rule(event.fault.size, (*event.path, "size_of_fault"), self._of_rows, "number", inner=True)


def _changed(event: Event) -> Iterable[tuple[Path, str]]:
    """Give the columns that an event changes, each with the key that says so."""
    for key, part in (("set", event.values), ("last", event.last)):
        yield from (((key, name), name) for name in part)
    yield from ((("same",), name) for name in event.same)
    if event.fault is not None:
        yield from ((("columns",), name) for name in event.fault.columns)


def _only_n(name: Name) -> Form:
    if name.parts == ("n",):
        return "number"
    raise FormulaError(f"{'.'.join(name.parts)!r} is not known here: rows is a formula of n, the main table's rows.")
