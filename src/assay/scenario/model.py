"""A scenario as read: tables, columns, the rules that fill them, and the events planted in them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from typing import Any

import numpy as np

from assay.data.schema import Kind, Task
from assay.scenario.cells import Form
from assay.scenario.formula import Node

Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Expression:
    """A formula with the place it stands at."""

    node: Node
    path: Path


@dataclass(frozen=True, slots=True)
class Formula:
    """Values computed from other columns."""

    value: Expression


@dataclass(frozen=True, slots=True)
class Draw:
    """Values of a family of `assay.scenario.distributions`, cut off at both ends."""

    family: str
    parameters: Mapping[str, Expression]
    at_least: Expression | None = None
    at_most: Expression | None = None


@dataclass(frozen=True, slots=True)
class Chance:
    """True with a chance."""

    p: Expression


@dataclass(frozen=True, slots=True)
class Choice:
    """One of some values, by weight; ``values`` are floats, truths, texts or datetime64 of one form."""

    form: Form
    values: tuple[Any, ...]
    weights: tuple[Expression, ...] = ()


@dataclass(frozen=True, slots=True)
class Quantiles:
    """Values between given quantiles, evenly spread within each pair of them."""

    form: Form
    values: tuple[float, ...]
    shares: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Mixture:
    """A value of one of several rules, by weight."""

    parts: tuple[Rule, ...]
    weights: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Cases:
    """The rule of the first case whose condition holds; the last one may have none."""

    cases: tuple[tuple[Expression | None, Rule], ...]


@dataclass(frozen=True, slots=True)
class Mapped:
    """A value looked up by the value of another column."""

    of: Expression
    keys: tuple[str, ...]
    rules: tuple[Rule, ...]
    otherwise: Rule | None


@dataclass(frozen=True, slots=True)
class Series:
    """A stationary autoregression of first order in the order of an entity's rows."""

    correlation: float
    sd: Expression


@dataclass(frozen=True, slots=True)
class Dates:
    """Moments evenly spread between two."""

    start: Expression
    end: Expression


@dataclass(frozen=True, slots=True)
class Fake:
    """Realistic names, addresses and so on, from a pool that faker fills."""

    provider: str
    locale: str
    pool: int
    path: Path


@dataclass(frozen=True, slots=True)
class Identifier:
    """Identifiers of a pattern, see `assay.scenario.identifiers`."""

    pattern: str


@dataclass(frozen=True, slots=True)
class Numbering:
    """Whole numbers that count up."""

    start: int
    step: int


@dataclass(frozen=True, slots=True)
class Reference:
    """The key of a row of another table."""

    table: str
    weight: Expression | None
    path: Path


@dataclass(frozen=True, slots=True)
class Arrivals:
    """Moments of arrival from a rate with profiles, in order within the entity."""

    start: np.datetime64
    end: np.datetime64
    hours: tuple[float, ...] = ()
    weekdays: tuple[float, ...] = ()
    months: tuple[float, ...] = ()
    growth: float = 0.0
    after: Expression | None = None
    before: Expression | None = None


@dataclass(frozen=True, slots=True)
class Clock:
    """Moments at even steps, in order within the entity."""

    start: np.datetime64
    every: float
    jitter: float = 0.0


@dataclass(frozen=True, slots=True)
class Planted:
    """Which events were planted in the row: true or false, or the event's name."""

    events: tuple[str, ...]
    named: bool
    otherwise: str | None
    path: Path


Rule = (
    Formula
    | Draw
    | Chance
    | Choice
    | Quantiles
    | Mixture
    | Cases
    | Mapped
    | Series
    | Dates
    | Fake
    | Identifier
    | Numbering
    | Reference
    | Arrivals
    | Clock
    | Planted
)


@dataclass(frozen=True, slots=True)
class ColumnRule:
    """One column."""

    name: str
    rule: Rule
    path: Path
    dtype: str = ""
    kind: Kind | None = None
    decimals: int | None = None
    step: float | None = None
    null: Expression | None = None
    null_with: str | None = None
    unique: bool = False
    hidden: bool = False

    @property
    def loses(self) -> bool:
        """Whether cells of it are lost after formulas have seen them."""
        return self.null is not None or self.null_with is not None


@dataclass(frozen=True, slots=True)
class Fault:
    """What a stretch of rows does to a column of numbers."""

    kind: str
    columns: tuple[str, ...]
    size: Rule | None = None


@dataclass(frozen=True, slots=True)
class Event:
    """Rows that something happens in, an exact number of them.

    Parameters
    ----------
    name : str
        How labels call it.
    pattern : {'rows', 'burst', 'stretch'}
        Single rows; rows added to an entity within a short time; successive rows of an entity.
    share, count : float or None, int or None
        How many rows: a share of the table (or of the rows that meet `when`, if `of_slice`), or a number.
    when : Expression, optional
        Which rows may be chosen.
    values, last : mapping of str to Rule
        Columns that are filled otherwise there, and in the last row of a burst.
    size, seconds, same
        Of a burst: rows, duration in seconds, columns whose value all its rows share.
    length, fault
        Of a stretch: rows, and what happens to which columns.
    """

    name: str
    pattern: str
    path: Path
    share: float | None = None
    count: int | None = None
    when: Expression | None = None
    of_slice: bool = False
    values: Mapping[str, Rule] = field(default_factory=dict)
    last: Mapping[str, Rule] = field(default_factory=dict)
    size: Rule | None = None
    seconds: float = 0.0
    same: tuple[str, ...] = ()
    length: Rule | None = None
    fault: Fault | None = None

    @property
    def sets(self) -> tuple[str, ...]:
        """Columns that it changes."""
        return tuple(dict.fromkeys([*self.values, *self.last, *self.same, *(self.fault.columns if self.fault else ())]))


@dataclass(frozen=True, slots=True)
class TableRules:
    """One table."""

    name: str
    path: Path
    columns: tuple[ColumnRule, ...]
    rows: Expression | None = None
    parent: str | None = None
    count: Rule | None = None
    key: str | None = None
    by_time: bool = False
    events: tuple[Event, ...] = ()
    target: str | None = None
    positive: str | None = None
    task: Task | None = None
    entity: str | None = None
    time: str | None = None
    sensitive: tuple[str, ...] = ()

    def column(self, name: str) -> ColumnRule | None:
        """Give a column by its name, or None."""
        return next((column for column in self.columns if column.name == name), None)

    def drops(self, name: str) -> bool:
        """Whether a fault drops values of a column."""
        return any(event.fault and event.fault.kind == "dropout" and name in event.fault.columns for event in self.events)

    @property
    def references(self) -> dict[str, Reference]:
        """Columns that hold keys of other tables."""
        return {column.name: column.rule for column in self.columns if isinstance(column.rule, Reference)}

    @property
    def parent_column(self) -> str | None:
        """The column that holds the parent's key: the first reference to that table; further ones are drawn."""
        return next((name for name, rule in self.references.items() if rule.table == self.parent), None)

    @property
    def timing(self) -> ColumnRule | None:
        """The column of arrivals or of a clock, which orders the rows."""
        return next((column for column in self.columns if isinstance(column.rule, Arrivals | Clock)), None)

    @property
    def relations(self) -> dict[str, str]:
        """Names by which formulas look other tables up, each with the table."""
        found = {name: rule.table for name, rule in self.references.items()}
        tables = [*found.values()]
        if self.parent is not None:
            found[self.parent] = self.parent
        for table in tables:
            if tables.count(table) == 1:
                found.setdefault(table, table)
        return found


@dataclass(frozen=True, slots=True)
class Scenario:
    """Tables that are made together."""

    tables: Mapping[str, TableRules]
    main: str
    title: str = ""
    sha256: str = ""
    text: str = ""
    file: str = ""
    forms: Mapping[str, Mapping[str, Form]] = field(default_factory=dict)


def expressions(rule: Any) -> Iterator[Expression]:
    """Give all formulas within a rule."""
    if isinstance(rule, Expression):
        yield rule
    elif isinstance(rule, Mapping):
        for part in rule.values():
            yield from expressions(part)
    elif isinstance(rule, tuple):
        for part in rule:
            yield from expressions(part)
    elif is_dataclass(rule):
        for part in fields(rule):
            yield from expressions(getattr(rule, part.name))


def rules_within(rule: Rule) -> Iterator[Rule]:
    """Give a rule and all rules within it."""
    yield rule
    if isinstance(rule, Mixture):
        inner: tuple[Rule, ...] = rule.parts
    elif isinstance(rule, Cases):
        inner = tuple(part for _, part in rule.cases)
    elif isinstance(rule, Mapped):
        inner = (*rule.rules, *(() if rule.otherwise is None else (rule.otherwise,)))
    else:
        inner = ()
    for part in inner:
        yield from rules_within(part)
