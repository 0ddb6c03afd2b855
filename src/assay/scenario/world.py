"""The tables of a scenario, made together: rows, then columns and events in the order in which they need each other."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from assay.core.errors import InputError
from assay.core.seeds import spawn
from assay.scenario.cells import EARLIEST, LATEST, Cells, empty, numbers, texts, truths
from assay.scenario.fill import NO_MOMENT, Grid, RowFault, fill, value_of, whole_counts
from assay.scenario.formula import FormulaError, Name
from assay.scenario.model import (
    Arrivals,
    Clock,
    ColumnRule,
    Event,
    Identifier,
    Numbering,
    Planted,
    Reference,
    Rule,
    Scenario,
    Series,
    TableRules,
)
from assay.scenario.nulls import nulls_written
from assay.scenario.ordering import steps, tables_needed
from assay.scenario.planting import choose_rows, with_events
from assay.scenario.problems import fault
from assay.scenario.references import referred, referred_by_event
from assay.scenario.schema import decimals_of, dtype_of
from assay.scenario.series import autoregression
from assay.scenario.skeleton import MOST_ROWS, Skeleton, build, rows_by_formula
from assay.scenario.types import TypeFault, to_arrow
from assay.scenario.unique import made_unique

UNITS = {"s": "datetime64[s]", "ms": "datetime64[ms]"}


@dataclass(frozen=True, slots=True)
class Wish:
    """What the main table shall be besides what the scenario says, to meet a condition by construction.

    Parameters
    ----------
    taken : mapping of str to int, optional
        Rows of each event, instead of those that its rate gives.
    rules : mapping of str to Rule
        Rules of columns, instead of their own.
    unique : bool
        Whether no value of a unique column may come twice; else whoever asks leaves out the rows that repeat one.
    """

    taken: Mapping[str, int] | None = None
    rules: Mapping[str, Rule] = field(default_factory=dict)
    unique: bool = True


class Made:
    """A table in the making.

    Parameters
    ----------
    rules : TableRules
        What it shall be.
    skeleton : Skeleton
        Its rows.
    """

    def __init__(self, rules: TableRules, skeleton: Skeleton) -> None:
        self.rules, self.skeleton = rules, skeleton
        self.columns: dict[str, Cells] = {}
        self.rows_of: dict[str, np.ndarray] = {}
        self.dropped: dict[str, np.ndarray] = {}


class World:
    """All tables of one draw.

    Parameters
    ----------
    scenario : Scenario
        What to make.
    main : str
        The table that has `n` rows.
    n : int
        Its rows.
    seed : int
        Seed of everything.
    task : tuple of str or int
        Name of this draw: another one gives other rows from the same seed.
    first : mapping of str to int
        Where numbering starts, by table; 1 where not given.
    wish : Wish
        What the main table shall be besides.

    Notes
    -----
    Every column has a random stream of its own, named by table and column: a column more or less changes no other one.
    """

    def __init__(
        self,
        scenario: Scenario,
        main: str,
        n: int,
        seed: int,
        *,
        task: tuple[str | int, ...] = (),
        first: Mapping[str, int] | None = None,
        wish: Wish | None = None,
    ) -> None:
        self.scenario, self.main, self.n, self.seed, self.task = scenario, main, n, seed, task
        self.first = first or {}
        self.wish = wish or Wish()
        self.tables: dict[str, Made] = {}
        self._looked_up: dict[tuple[str, tuple[str, ...]], Cells] = {}

    def make(self, wanted: Iterable[str]) -> None:
        """Make some tables and those they refer to.

        Raises
        ------
        InputError
            If something does not work out on the rows; with line and key.
        """
        for name in tables_needed(self.scenario, wanted):
            try:
                with np.errstate(all="ignore"):  # what is not finite is found and told with its line
                    self._table(self.scenario.tables[name])
            except RowFault as error:
                raise fault(self.scenario, error.path, str(error)) from error

    def arrow(self, name: str) -> pa.Table:
        """Give a table as Arrow, nulls put in and hidden columns left out."""
        made = self.tables[name]
        columns: dict[str, pa.Array] = {}
        for column in made.rules.columns:
            if column.hidden:
                continue
            cells = made.columns[column.name]
            kind = dtype_of(self.scenario, made.rules, column)
            try:
                null = nulls_written(
                    column, made.rules, made.columns, made.dropped, made.skeleton.n, self._scope_of(name), self._streams(name)
                )
                columns[column.name] = to_arrow(cells.nulled(null), kind, decimals_of(self.scenario, made.rules, column))
            except TypeFault as error:
                raise fault(self.scenario, column.path, f"{error}. Take another type, or cut the values off.") from error
            except RowFault as error:
                raise fault(self.scenario, error.path, str(error)) from error
        return pa.table(columns)

    def rows(self, name: str) -> int:
        """Give how many rows a table has."""
        return self.tables[name].skeleton.n

    def counts(self, table: TableRules) -> np.ndarray | None:
        """Draw the rows for each row of the parent, which is made already; None where a table has no count."""
        if table.count is None or table.parent is None:
            return None
        rng, scope = self._streams(table.name)("count"), self._scope_of(table.parent)
        return whole_counts(table.count, self.rows(table.parent), rng, scope, (*table.path, "count"), 0)

    # -- tables

    def _table(self, table: TableRules) -> None:
        streams = self._streams(table.name)
        parent = None if table.parent is None else self.tables[table.parent]
        parent_rows = 0 if parent is None else parent.skeleton.n
        counts = self.counts(table)
        if counts is not None and table.rows is None and table.name != self.main and int(counts.sum()) > MOST_ROWS:
            raise RowFault((*table.path, "count"), f"adds up to {int(counts.sum()):,} rows. At most {MOST_ROWS:,} are made.")
        total = self.n if table.name == self.main else rows_by_formula(table, self.n)
        main = table.name == self.main
        taken = dict(self.wish.taken) if main and self.wish.taken is not None else None

        def lookup(name: Name, parents: np.ndarray) -> Cells:
            assert table.parent is not None
            return self._lookup(table.parent, name.parts[1:]).take(parents)

        skeleton = build(table, total, parent_rows, counts, taken, lookup, streams)
        made = Made(table, skeleton)
        self.tables[table.name] = made
        if table.parent is not None and skeleton.parents is not None:
            made.rows_of[table.parent] = skeleton.parents
        scope = self._scope_of(table.name)
        for step in steps(table):
            if isinstance(step, ColumnRule):
                self._column(made, step, scope)
            elif step.pattern != "burst":
                place = table.events.index(step)
                wanted = None if taken is None else taken.get(step.name, 0)
                choose_rows(step, place, skeleton, wanted, scope, streams(f"event {step.name}"))

    # -- columns

    def _column(self, made: Made, column: ColumnRule, scope: Callable[[Name], Cells]) -> None:
        table, skeleton = made.rules, made.skeleton
        streams = self._streams(table.name)
        if isinstance(column.rule, Reference):
            self._reference(made, column, column.rule)
            return
        rule = column.rule
        if table.name == self.main:
            rule = self.wish.rules.get(column.name, rule)
        cells = self._filled(made, column, rule, scope, streams(f"column {column.name}"))
        grid = Grid(decimals_of(self.scenario, table, column), column.step)
        cells = self._settled(table, column, cells, grid)
        cells, dropped = with_events(
            column.name, cells, table.events, skeleton, scope, grid, lambda name: streams(f"event {name} column {column.name}")
        )
        if dropped is not None:
            made.dropped[column.name] = dropped
        cells = self._settled(table, column, cells, grid)
        if self._must_differ(table, column):

            def again(rows: np.ndarray, attempt: int) -> Cells:
                rng = streams(f"column {column.name} again {attempt}")
                drawn = fill(rule, len(rows), rng, lambda name: scope(name).take(rows), column.path, grid)
                return self._settled(table, column, drawn, grid)

            fixed = np.isin(skeleton.event, [at for at, event in enumerate(table.events) if column.name in event.sets])
            cells = made_unique(cells, rule, column.path, again, streams(f"column {column.name} unique"), fixed)
        form = self.scenario.forms[table.name][column.name]
        if cells.form == "null" and form != "null":
            cells = empty(form, len(cells))
        _check_values(column, cells, skeleton.n)
        made.columns[column.name] = cells

    def _filled(
        self, made: Made, column: ColumnRule, rule: Rule, scope: Callable[[Name], Cells], rng: np.random.Generator
    ) -> Cells:
        skeleton, table = made.skeleton, made.rules
        if isinstance(rule, Arrivals | Clock):
            assert skeleton.times is not None
            return Cells("time", skeleton.times)
        if isinstance(rule, Planted):
            return _planted(rule, table.events, skeleton)
        if isinstance(rule, Series):
            sd = value_of(rule.sd, scope)
            return numbers(autoregression(rule.correlation, skeleton.order, skeleton.starts, rng) * sd.data, sd.null)
        first = self.first.get(table.name, 1) if isinstance(rule, Identifier | Numbering) else 1
        grid = Grid(decimals_of(self.scenario, table, column), column.step)
        return fill(rule, skeleton.n, rng, scope, column.path, grid, first)

    def _settled(self, table: TableRules, column: ColumnRule, cells: Cells, grid: Grid) -> Cells:
        """Round to what will be written, so that formulas see what readers see."""
        if cells.form == "number":
            cells = grid.round(cells)
            kind = dtype_of(self.scenario, table, column)
            return numbers(cells.data.astype(np.float32), cells.null) if pa.types.is_float32(kind) else cells
        if cells.form == "time":
            kind = dtype_of(self.scenario, table, column)
            unit = "datetime64[D]" if pa.types.is_date(kind) else UNITS.get(getattr(kind, "unit", "us"))
            unit = "datetime64[s]" if pa.types.is_string(kind) else unit
            if unit is not None:
                return Cells("time", cells.data.astype(unit).astype("datetime64[us]"), null=cells.null)
        return cells

    def _reference(self, made: Made, column: ColumnRule, rule: Reference) -> None:
        table, skeleton = made.rules, made.skeleton
        streams = self._streams(table.name)
        other = self.tables[rule.table]
        if column.name == table.parent_column:
            assert skeleton.parents is not None
            rows = skeleton.parents
        else:
            other_rows, other_scope = self.rows(rule.table), self._scope_of(rule.table)
            rows = referred(rule, skeleton.n, other_rows, other_scope, streams(f"column {column.name}"))
            for place, event in enumerate(table.events):
                if column.name in event.sets:
                    rng = streams(f"event {event.name} column {column.name}")
                    rows = referred_by_event(rows, event, place, column.name, skeleton, other_rows, other_scope, rng)
        made.rows_of[column.name] = rows
        made.rows_of.setdefault(rule.table, rows)
        key = other.columns[other.rules.key or ""]
        if key.missing.any():
            told = f"refers to the key {other.rules.key!r} of {rule.table!r}, which is null in {int(key.missing.sum()):,} rows."
            raise RowFault(rule.path, told)
        if self._must_differ(table, column) and len(np.unique(rows)) < len(rows):
            told = "must be unique, but refers to some rows more than once: let it refer to a parent that has count = 1."
            raise RowFault(column.path, told)
        made.columns[column.name] = key.take(rows) if len(key) > 1 else key.spread(skeleton.n)

    def _must_differ(self, table: TableRules, column: ColumnRule) -> bool:
        """Whether no value of a column may come twice, unless whoever asks leaves out the rows that repeat one."""
        lenient = table.name == self.main and not self.wish.unique and not column.hidden
        return (column.unique or column.name == table.key) and not lenient

    # -- names

    def _streams(self, table: str) -> Callable[[str], np.random.Generator]:
        return lambda what: spawn(self.seed, "rules", *self.task, table, what)

    def _scope_of(self, table: str) -> Callable[[Name], Cells]:
        return lambda name: self._lookup(table, name.parts)

    def _lookup(self, table: str, parts: tuple[str, ...]) -> Cells:
        """Give a column of a table, or one of another table looked up through its references."""
        made = self.tables[table]
        if parts[1:]:
            known = self._looked_up.get((table, parts))
            if known is None:
                rows = made.rows_of[parts[0]]
                target = made.rules.relations[parts[0]]
                known = self._lookup(target, parts[1:])
                known = known.take(rows) if len(known) > 1 else known
                self._looked_up[table, parts] = known
            return known
        column = parts[-1]
        if column in made.columns:
            return made.columns[column]
        if column == "row":
            return numbers(np.arange(made.skeleton.n) + float(self.first.get(table, 1)))
        if column == "turn":
            return numbers(made.skeleton.turns)
        raise FormulaError(f"No column {column!r} in table {table!r}.")


def _check_values(column: ColumnRule, cells: Cells, n: int) -> None:
    if cells.form == "number":
        sound, told = np.isfinite(cells.data), "gives no finite number"
    elif cells.form == "time":
        sound, told = (cells.data >= EARLIEST) & (cells.data <= LATEST), NO_MOMENT
    else:
        return
    wrong = int((~sound & ~cells.missing).sum())
    if wrong:
        raise RowFault(column.path, f"{told} in {wrong:,} of {n:,} rows. Guard it: VALUE if CONDITION else VALUE.")


def _planted(rule: Planted, events: tuple[Event, ...], skeleton: Skeleton) -> Cells:
    chosen = [not rule.events or event.name in rule.events for event in events]
    if not rule.named:
        return truths(np.array([*chosen, False])[skeleton.event])
    names = [event.name for event in events]
    place = np.where(np.array([*chosen, False])[skeleton.event], skeleton.event, len(names))
    null = place == len(names) if rule.otherwise is None else None
    return texts(place, [*names, rule.otherwise or ""], null if null is not None and null.any() else None)


def make_tables(
    scenario: Scenario, n: int, *, seed: int, main: str | None = None, only: str | None = None
) -> dict[str, pa.Table]:
    """Make the tables of a scenario.

    Parameters
    ----------
    scenario : Scenario
        What to make.
    n : int
        Rows of the main table.
    seed : int
        Equal seeds give equal tables.
    main : str, optional
        Another table that `n` counts.
    only : str, optional
        Give this table only, and make what it needs.

    Raises
    ------
    InputError
        If something does not work out on the rows.
    """
    if n < 1:
        raise InputError(f"A scenario makes at least 1 row. Got {n}.")
    world = World(scenario, main or scenario.main, n, seed)
    names = list(scenario.tables) if only is None else [only]
    world.make(names)
    return {name: world.arrow(name) for name in names}
