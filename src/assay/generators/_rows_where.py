"""Rows of a scenario that meet conditions: made so, or drawn in rounds of which those are kept that do."""

from __future__ import annotations

import logging

import numpy as np
import pyarrow as pa

from assay.core.errors import InputError
from assay.data.where import Condition
from assay.generators._base import FIRST_ROUND, LARGEST_ROUND, LEAST_DRAWN, LEAST_RATE, too_rare
from assay.scenario.conditions import Impossible, Plan, plan
from assay.scenario.identifiers import counts_up
from assay.scenario.memory import check_memory
from assay.scenario.model import ColumnRule, Identifier, Numbering, Scenario
from assay.scenario.world import World

logger = logging.getLogger(__name__)

GROWTH = 50  # times as many rows as before, at most, when one world had too few


class RowsWhere:
    """Draws of one table of a scenario, each under a condition of its own: identifiers go on, and no unique value comes twice.

    Parameters
    ----------
    scenario : Scenario
        What makes them.
    table : str
        The table wanted.
    seed : int
        Seed of all draws.
    """

    def __init__(self, scenario: Scenario, table: str, seed: int) -> None:
        self.scenario, self.table, self.seed = scenario, table, seed
        self.firsts = dict.fromkeys(scenario.tables, 1)
        rules = scenario.tables[table]
        unique = [column for column in rules.columns if (column.unique or column.name == rules.key) and not column.hidden]
        self.seen: dict[str, set[object]] = {column.name: set() for column in unique if not _counts(column)}

    def rows(self, n: int, condition: Condition, task: str) -> pa.Table:
        """Make n rows that meet a condition.

        Raises
        ------
        InputError
            If no row can meet it, or fewer than one in 10,000 do where rows must be drawn and rejected.
        """
        planned = self._planned(n, condition)
        parts: list[pa.Table] = []
        kept = drawn = attempt = 0
        size = n if planned.exact else min(max(2 * n, FIRST_ROUND), LARGEST_ROUND)
        while kept < n:
            check_memory(self.scenario, self.table, size, [self.table])
            world = self._world(size, planned, (task, attempt))
            world.make([self.table])
            table = world.arrow(self.table)
            rows = table.filter(pa.array(self._met(table, condition, n - kept)))
            parts.append(rows)
            drawn, kept, attempt = drawn + size, kept + rows.num_rows, attempt + 1
            self.firsts = {name: at + (world.rows(name) if name in world.tables else 0) for name, at in self.firsts.items()}
            rate = kept / drawn
            if kept < n and drawn >= LEAST_DRAWN and rate < LEAST_RATE:
                raise too_rare(condition.text, kept, drawn)
            if kept < n:
                logger.info("%s: %d of %d rows drawn meet it (%.2g%%), %d wanted", condition.text, kept, drawn, 100 * rate, n)
            size = int(np.clip(1.2 * (n - kept) / max(rate, 1e-3), FIRST_ROUND, LARGEST_ROUND))
        return pa.concat_tables(parts).slice(0, n).combine_chunks()

    def world(self, n: int, condition: Condition, task: str) -> tuple[World, np.ndarray]:
        """Make all tables, so large that n rows of the one wanted meet a condition, and mark those.

        Raises
        ------
        InputError
            As of `rows`, and if so large a world would not fit into the memory.
        """
        planned = self._planned(n, condition)
        size, attempt = n if planned.exact else min(max(2 * n, FIRST_ROUND), LARGEST_ROUND), 0
        while True:
            check_memory(self.scenario, self.table, size, self.scenario.tables)
            world = self._world(size, planned, (task, attempt))
            world.make(self.scenario.tables)
            met = self._met(world.arrow(self.table), condition, n)
            kept = int(met.sum())
            if kept >= n:
                return world, met & (np.cumsum(met) <= n)
            if size >= LEAST_DRAWN and kept < LEAST_RATE * size:
                raise too_rare(condition.text, kept, size)
            logger.info("%s: %d of %d rows made meet it, %d wanted: a larger world is made", condition.text, kept, size, n)
            size, attempt = min(int(1.2 * n * size / max(kept, 1)) + FIRST_ROUND, GROWTH * size), attempt + 1
            self.seen = {name: set() for name in self.seen}

    def _planned(self, n: int, condition: Condition) -> Plan:
        try:
            return plan(self.scenario, self.table, condition, n)
        except Impossible as error:
            fix = "Ask for values that the scenario makes."
            raise InputError(f"No row can meet {condition.text!r}: {error}.", fix=fix) from error

    def _world(self, size: int, planned: Plan, task: tuple[str | int, ...]) -> World:
        """Lay a world out; where rows are left out anyway, those that repeat a unique value are, too."""
        strict = planned.exact and not any(self.seen.values())
        wish = planned.wish(size, unique=strict)
        return World(self.scenario, self.table, size, self.seed, task=task, first=self.firsts, wish=wish)

    def _met(self, table: pa.Table, condition: Condition, wanted: int) -> np.ndarray:
        """Mark the rows that meet the condition; where values are unique, no more than wanted, and none that repeats one."""
        met = np.ones(table.num_rows, dtype=bool)
        for clause in condition.clauses:
            met &= clause.mask(table.column(clause.column))
        if not self.seen:
            return met
        rows = np.flatnonzero(met)
        values = {name: table.column(name).take(pa.array(rows)).to_pylist() for name in self.seen}
        left = wanted
        for at, row in enumerate(rows.tolist()):
            here = {name: cells[at] for name, cells in values.items() if cells[at] is not None}
            if left == 0 or any(value in self.seen[name] for name, value in here.items()):
                met[row] = False
                continue
            left -= 1
            for name, value in here.items():
                self.seen[name].add(value)
        return met


def _counts(column: ColumnRule) -> bool:
    """Whether a column counts up, so that it goes on and never repeats."""
    return isinstance(column.rule, Numbering) or (isinstance(column.rule, Identifier) and counts_up(column.rule.pattern))
