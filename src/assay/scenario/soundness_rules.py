"""Whether rules and formulas make sense: names, forms of values, and numbers that are known before there are rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from assay.core.errors import did_you_mean
from assay.scenario.cells import Form, iso_moment, key_of
from assay.scenario.distributions import FAMILIES
from assay.scenario.evaluate import form_of
from assay.scenario.fake import provider_fault
from assay.scenario.formula import FormulaError, Literal, Name
from assay.scenario.model import (
    Arrivals,
    Cases,
    Chance,
    Choice,
    Clock,
    Dates,
    Draw,
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
from assay.scenario.problems import Problems
from assay.scenario.schema import levels_of

ROW_NAMES = ("row", "turn")
WHOLE_COLUMN = (Reference, Arrivals, Clock, Planted, Series, Identifier, Numbering)
FITS: Mapping[str, tuple[Callable[[np.ndarray], np.ndarray], str]] = {
    "any": (np.isfinite, "a finite number"),
    "positive": (lambda x: np.isfinite(x) & (x > 0), "more than 0"),
    "share": (lambda x: (x >= 0) & (x <= 1), "from 0 to 1"),
    "whole": (lambda x: np.isfinite(x) & (x == np.floor(x)), "a whole number"),
}
Scope = Callable[[Name], Form]


class RuleCheck:
    """The check of the rules in one table, those it refers to being known.

    Parameters
    ----------
    scenario : Scenario
        All tables.
    table : TableRules
        The one.
    others : mapping of table to mapping of column to form
        Forms of the tables that it refers to.
    problems : Problems
        Where what is wrong is noted.
    """

    def __init__(
        self, scenario: Scenario, table: TableRules, others: Mapping[str, Mapping[str, Form]], problems: Problems
    ) -> None:
        self.scenario, self.table, self.others, self.problems = scenario, table, others, problems
        self.forms: dict[str, Form] = {}

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
            self._keys(rule, form, path)
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
            if rule.otherwise in known:
                self.problems.add(
                    rule.path,
                    f"otherwise = {rule.otherwise!r} is the name of an event: rows with and without it would look alike.",
                )
            return "text" if rule.named else "truth"
        if isinstance(rule, Clock):
            return "time"
        if isinstance(rule, Fake):
            if (told := provider_fault(rule.provider, rule.locale)) is not None:
                self.problems.add(rule.path, told)
            return "text"
        return "text" if isinstance(rule, Identifier) else "number"

    def _keys(self, rule: Mapped, form: Form | None, path: Path) -> None:
        """Note keys of a map that no value can have."""
        if form in (None, "null", "time"):
            return
        seen: dict[str, str] = {}
        for key in rule.keys:
            try:
                written = key_of(key, form)
            except ValueError:
                wanted = "true or false" if form == "truth" else "a number"
                self.problems.add((*path, "map", key), f"is looked up by a {form}: its key must be {wanted}.")
                continue
            if written in seen:
                self.problems.add((*path, "map", key), f"is the same {form} as {seen[written]!r}.")
            seen[written] = key
        name = rule.of.node.parts if isinstance(rule.of.node, Name) else ()
        owner = self.table.column(name[0]) if len(name) == 1 else None
        if form == "text" and owner is not None and isinstance(owner.rule, Choice):
            levels = levels_of(self.scenario, self.table, owner)  # with what events set; a value may have the weight 0
            known = [] if levels is None else [str(level) for level in (*owner.rule.values, *levels)]
            for key in rule.keys if known else ():
                if key not in known:
                    self.problems.add((*path, "map", key), f"is no value of {owner.name!r}.{did_you_mean(key, known)}")

    def _draw(self, rule: Draw, path: Path, scope: Scope) -> None:
        family = FAMILIES[rule.family]
        for name, part in rule.parameters.items():
            self._need(part, "number", scope)
            self._fits(part, family.parameters[name][1], name)
        for part in (rule.at_least, rule.at_most):
            if part is not None:
                self._need(part, "number", scope)
        fixed = [fixed_number(part) for part in rule.parameters.values()]
        known = [value for value in fixed if value is not None]
        if (
            family.check is not None
            and len(known) == len(fixed)
            and not family.check(*(np.array([value]) for value in known)).all()
        ):
            self.problems.add(path, f"{family.asked}. Got {', '.join(f'{value:g}' for value in known)}.")
        low, high = fixed_number(rule.at_least), fixed_number(rule.at_most)
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
        value = fixed_number(part)
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
        if name.parts[:1] == (self.table.parent,) and len(name.parts) == 2:
            raise FormulaError(f"the parent's columns are told by their own names here: write {name.parts[1]}.")
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


def fixed_number(part: Expression | None) -> float | None:
    """Give the number that an expression is, if it is one."""
    if part is None or not isinstance(part.node, Literal) or not isinstance(part.node.value, float):
        return None
    return part.node.value


def _hint(word: str) -> str:
    return f" A text stands in quotes: '{word}'." if word.isalpha() else ""
