"""Whether a scenario that reads well also makes sense: names, references, circles, forms and numbers."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from assay.core.errors import did_you_mean
from assay.scenario.cells import Form, iso_moment
from assay.scenario.distributions import FAMILIES
from assay.scenario.evaluate import form_of
from assay.scenario.fake import provider_fault
from assay.scenario.formula import FormulaError, Literal, Name
from assay.scenario.links import check_links, tables_named
from assay.scenario.model import (
    Arrivals,
    Cases,
    Chance,
    Choice,
    Clock,
    ColumnRule,
    Dates,
    Draw,
    Event,
    Expression,
    Fake,
    Formula,
    Identifier,
    Mapped,
    Mixture,
    Numbering,
    Path,
    Planted,
    Quantiles,
    Reference,
    Rule,
    Scenario,
    Series,
    TableRules,
    rules_within,
)
from assay.scenario.ordering import Circle, steps, tables_in_order
from assay.scenario.problems import Problems
from assay.scenario.types import type_fault

ROW_NAMES = ("row", "turn")
WHOLE_COLUMN = (Reference, Arrivals, Clock, Planted, Series, Identifier, Numbering)
FITS: Mapping[str, tuple[Callable[[np.ndarray], np.ndarray], str]] = {
    "any": (np.isfinite, "a finite number"),
    "positive": (lambda x: np.isfinite(x) & (x > 0), "more than 0"),
    "share": (lambda x: (x >= 0) & (x <= 1), "from 0 to 1"),
    "whole": (lambda x: np.isfinite(x) & (x == np.floor(x)), "a whole number"),
}
Scope = Callable[[Name], Form]


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


class _Table:
    """The check of one table, those it refers to being known."""

    def __init__(
        self, scenario: Scenario, table: TableRules, forms: Mapping[str, Mapping[str, Form]], problems: Problems
    ) -> None:
        self.scenario, self.table, self.others, self.problems = scenario, table, forms, problems
        self.forms: dict[str, Form] = {}

    def check(self) -> dict[str, Form]:
        table, problems = self.table, self.problems
        if table.rows is not None:
            self._need(table.rows, "number", lambda name: _only_n(name))
        if table.count is not None:
            self.rule(table.count, (*table.path, "count"), self._of_parent, "number", inner=True)
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
        return self.forms

    # -- columns

    def _column(self, column: ColumnRule) -> None:
        rule = column.rule
        scope = self._of_parent_rows if isinstance(rule, Arrivals) else self._of_rows
        form = self.rule(rule, column.path, scope, None, inner=False)
        self.forms[column.name] = form or "number"
        if form is None:
            return
        if form == "null" and not column.dtype and not self.problems.of(column.path):
            self.problems.add(column.path, "is always null: say its type.")
        if form != "number" and (column.decimals is not None or column.step is not None):
            self.problems.add(column.path, f"round and step go with numbers, this is a {form}.")
        if column.dtype and (told := type_fault(column.dtype, form)) is not None:
            self.problems.add((*column.path, "type"), told)
        if column.unique and isinstance(rule, Choice) and form == "truth":
            self.problems.add((*column.path, "unique"), "is impossible: there are two truths.")

    def rule(self, rule: Rule, path: Path, scope: Scope, wanted: Form | None, *, inner: bool) -> Form | None:
        """Check a rule with all rules in it, and give the form of its values."""
        for part in rules_within(rule):
            if (inner or part is not rule) and isinstance(part, WHOLE_COLUMN):
                name = type(part).__name__.lower()
                self.problems.add(path, f"{name} fills a whole column: it cannot be part of another rule.")
                return None
        form = self._rule(rule, path, scope)
        if wanted is not None and form is not None and form != wanted and not (form == "truth" and wanted == "number"):
            self.problems.add(path, f"must give a {wanted}. Got a {form}.")
        return form

    def _rule(self, rule: Rule, path: Path, scope: Scope) -> Form | None:
        if isinstance(rule, Formula):
            return self._form(rule.value, scope)
        if isinstance(rule, Draw):
            self._draw(rule, path, scope)
            return "number"
        if isinstance(rule, Chance):
            self._need(rule.p, "number", scope)
            self._fits(rule.p, "share", "p")
            return "truth"
        if isinstance(rule, Choice | Quantiles):
            for weight in rule.weights if isinstance(rule, Choice) else ():
                self._need(weight, "number", scope)
            return rule.form
        if isinstance(rule, Mixture):
            for weight in rule.weights:
                self._need(weight, "number", scope)
            return self._alike([self._rule(part, path, scope) for part in rule.parts], path)
        if isinstance(rule, Cases):
            for when, _ in rule.cases:
                if when is not None:
                    self._need(when, "truth", scope)
            return self._alike([self._rule(part, path, scope) for _, part in rule.cases], path)
        if isinstance(rule, Mapped):
            if (form := self._form(rule.of, scope)) not in (None, "text", "number", "truth"):
                self.problems.add(rule.of.path, f"must be a text, number or truth. Got a {form}.")
            parts = [*rule.rules, *(() if rule.otherwise is None else (rule.otherwise,))]
            return self._alike([self._rule(part, path, scope) for part in parts], path)
        if isinstance(rule, Series):
            self._need(rule.sd, "number", scope)
            self._fits(rule.sd, "positive", "sd")
            return "number"
        return self._whole(rule, path, scope)

    def _whole(self, rule: Rule, path: Path, scope: Scope) -> Form | None:
        if isinstance(rule, Dates):
            for part in (rule.start, rule.end):
                self._need(part, "time", scope)
            return "time"
        if isinstance(rule, Reference):
            other = self.scenario.tables[rule.table]
            if rule.weight is not None:
                if rule.table == self.table.parent and path[-1:] == (self.table.parent_column,):
                    self.problems.add(rule.weight.path, "has no use: the parent is given by count.")
                self._need(rule.weight, "number", lambda name: self._of_table(name, rule.table))
            return self.others[rule.table].get(other.key or "")
        if isinstance(rule, Arrivals):
            for part in (rule.after, rule.before):
                if part is not None:
                    self._need(part, "time", scope)
            return "time"
        if isinstance(rule, Planted):
            known = [event.name for event in self.table.events]
            for name in rule.events:
                if name not in known:
                    self.problems.add(rule.path, f"No event {name!r} in this table.{did_you_mean(name, known)}")
            return "text" if rule.named else "truth"
        if isinstance(rule, Clock):
            return "time"
        if isinstance(rule, Fake):
            if (told := provider_fault(rule.provider, rule.locale)) is not None:
                self.problems.add(rule.path, told)
            return "text"
        return "text" if isinstance(rule, Identifier) else "number"

    def _draw(self, rule: Draw, path: Path, scope: Scope) -> None:
        family = FAMILIES[rule.family]
        for name, part in rule.parameters.items():
            self._need(part, "number", scope)
            self._fits(part, family.parameters[name][1], name)
        for part in (rule.at_least, rule.at_most):
            if part is not None:
                self._need(part, "number", scope)
        fixed = [_fixed(part) for part in rule.parameters.values()]
        known = [value for value in fixed if value is not None]
        if (
            family.check is not None
            and len(known) == len(fixed)
            and not family.check(*(np.array([value]) for value in known)).all()
        ):
            self.problems.add(path, f"{family.asked}. Got {', '.join(f'{value:g}' for value in known)}.")
        low, high = _fixed(rule.at_least), _fixed(rule.at_most)
        if low is not None and high is not None and low > high:
            self.problems.add(path, f"at_least must not be more than at_most. Got {low:g} and {high:g}.")

    def _alike(self, forms: list[Form | None], path: Path) -> Form | None:
        found: set[Form] = {form for form in forms if form is not None and form != "null"}
        if found == {"truth", "number"}:
            return "number"
        if len(found) > 1:
            self.problems.add(path, f"all parts must give the same form of values. Got {' and '.join(sorted(map(str, found)))}.")
            return None
        return found.pop() if found else ("null" if "null" in forms else None)

    # -- events

    def _check_events(self) -> None:
        table = self.table
        total = sum(event.share for event in table.events if event.share is not None and not event.of_slice)
        if total > 1:
            self.problems.add((*table.path, "events"), f"the rates add up to {total:g}, which is more than all rows.")
        for event in table.events:
            if event.pattern == "burst" and (table.timing is None or not isinstance(table.timing.rule, Arrivals)):
                self.problems.add(event.path, "a burst needs a column with arrivals, whose moments it sets.")
            for name in event.sets:
                column = table.column(name)
                known = [column.name for column in table.columns]
                if column is None:
                    self.problems.add(event.path, f"No column {name!r} in this table.{did_you_mean(name, known)}")
                elif isinstance(column.rule, Arrivals | Clock | Planted | Identifier | Numbering):
                    kind = type(column.rule).__name__.lower()
                    self.problems.add(event.path, f"cannot change {name!r}: it is filled by {kind}.")
                elif name == table.parent_column:
                    self.problems.add(event.path, f"cannot change {name!r}: it says which parent the row belongs to.")

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

    # -- formulas

    def _need(self, part: Expression, wanted: Form, scope: Scope) -> None:
        form = self._form(part, scope)
        if form in (None, "null", wanted) or (form == "truth" and wanted == "number"):
            return
        if wanted == "time" and isinstance(part.node, Literal) and iso_moment(str(part.node.value)) is not None:
            return
        hint = " Write a date without quotes, as in: 2024-05-31." if wanted == "time" else ""
        self.problems.add(part.path, f"must be a {wanted}. Got a {form}.{hint}")

    def _form(self, part: Expression, scope: Scope) -> Form | None:
        try:
            return form_of(part.node, scope)
        except FormulaError as error:
            self.problems.add(part.path, str(error))
            return None

    def _fits(self, part: Expression, rule: str, name: str) -> None:
        value = _fixed(part)
        holds, wanted = FITS[rule]
        if value is not None and not bool(holds(np.array(value))):
            self.problems.add(part.path, f"{name} must be {wanted}. Got {value:g}.")

    def _of_rows(self, name: Name) -> Form:
        if len(name.parts) == 1:
            first = name.parts[0]
            if first in self.forms:
                return self.forms[first]
            if self.table.column(first) is None and first in ROW_NAMES:
                return "number"
            known = [column.name for column in self.table.columns]
            raise FormulaError(f"No column {first!r}.{did_you_mean(first, known) or _hint(first)}")
        return self._looked_up(name, self.table)

    def _of_parent_rows(self, name: Name) -> Form:
        if len(name.parts) == 1 or name.parts[0] != self.table.parent:
            raise FormulaError(
                f"{'.'.join(name.parts)!r} is not known yet here: only columns of the parent are, as PARENT.COLUMN."
            )
        return self._looked_up(name, self.table)

    def _of_parent(self, name: Name) -> Form:
        assert self.table.parent is not None
        return self._of_table(name, self.table.parent)

    def _of_nothing(self, name: Name) -> Form:
        raise FormulaError(f"{'.'.join(name.parts)!r} is not known here: the size is drawn before the rows.")

    def _of_table(self, name: Name, table: str) -> Form:
        forms = self.others[table]
        if name.parts[1:]:
            return self._looked_up(name, self.scenario.tables[table])
        column = name.parts[-1]
        if column in forms:
            return forms[column]
        raise FormulaError(f"No column {column!r} in table {table!r}.{did_you_mean(column, forms)}")

    def _looked_up(self, name: Name, table: TableRules) -> Form:
        for at, part in enumerate(name.parts[:-1]):
            relations = table.relations
            if part not in relations:
                known = ", ".join(relations) or "none"
                told = f"{table.name!r} refers to no table {part!r}.{did_you_mean(part, relations)} Known: {known}."
                raise FormulaError(told)
            table = self.scenario.tables[relations[part]]
            if at == len(name.parts) - 2:
                return self._of_table(Name(name.parts[-1:]), table.name)
        raise FormulaError(f"No column {'.'.join(name.parts)!r}.")


def _only_n(name: Name) -> Form:
    if name.parts == ("n",):
        return "number"
    raise FormulaError(f"{'.'.join(name.parts)!r} is not known here: rows is a formula of n, the main table's rows.")


def _fixed(part: Expression | None) -> float | None:
    """Give the number that an expression is, if it is one."""
    if part is None or not isinstance(part.node, Literal) or not isinstance(part.node.value, float):
        return None
    return part.node.value


def _hint(word: str) -> str:
    return f" A text stands in quotes: '{word}'." if word.isalpha() else ""
