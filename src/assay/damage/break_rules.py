"""A rule that every real row keeps is broken in a few rows, by values that look right."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from assay.core.errors import NotApplicable
from assay.core.protocols import Damage
from assay.damage._added import fresh_name, with_column
from assay.damage._columns import codes, numeric
from assay.damage._nested import first, moved, swaps
from assay.data.constraints import FEWEST_ROWS, mine, phrase, violations
from assay.data.dataset import Dataset
from assay.data.ground import Ground, Planted, written
from assay.data.schema import Constraint

MISS = 0.05


class BreakRules(Damage):
    """Break one rule of the table as a generator would that does not know it: by a little.

    Notes
    -----
    The rule is drawn among those that are declared or found in all real rows (`assay.data.constraints.mine`). A total misses
    its sum by about a twentieth of its standard deviation; a lower bound lies as much above its upper one; a determined value
    is one that belongs to another row; a value on a grid lies between two of its points; a key is that of another row. A
    table without a rule gets, in all three parts, a column that is the sum of two others.
    """

    harm = "rows that cannot exist are made"
    mechanism = "constraint_violation"
    unit = "share of the rows that break a rule"
    severities = (0.0002, 0.001, 0.003, 0.006, 0.01, 0.03, 0.1)
    harmless = 0.0002
    material = 0.01
    harmless_because = "one row of 5,000 is impossible, the margin is 15; whoever uses the rows can drop it"
    material_because = (
        "one row in a hundred breaks the checks of whatever system reads it. Margin .003, simultaneous half-width .004 and "
        "standard error .0014 at 5,000 rows"
    )
    touches = "cells"

    def plant(self, ground: Ground, rng: np.random.Generator) -> Planted:
        """Plant it; see `assay.core.protocols.Damage.plant`."""
        if len(ground.real) + len(ground.holdout) < FEWEST_ROWS:
            raise NotApplicable(f"{FEWEST_ROWS:,} rows are too many for this table, and fewer do not show a rule")
        real, sound, holdout, added = ground.real, ground.sound, ground.holdout, ""
        rules = {(rule.kind, rule.columns): rule for rule in (*ground.schema.constraints, *mine(real, holdout))}
        breakable = [made for rule in rules.values() if (made := _broken(sound, rule, self.severities[-1], rng)) is not None]
        if not breakable:
            parts = numeric(ground, nulls=0.0)
            if len(parts) < 2:
                raise NotApplicable("no rule holds, and no two columns of numbers without nulls could be summed up")
            one, other = (str(part) for part in rng.permutation(parts)[:2])
            total = fresh_name(ground, "total")
            added = f"Column {total!r}, added to all three tables, is a sum. "
            real, sound, holdout = (_summed(part, one, other, total) for part in (real, sound, holdout))
            breakable = [_broken(sound, Constraint("sum", (one, other, total)), self.severities[-1], rng)]
        chosen = breakable[int(rng.integers(len(breakable)))]
        if chosen is None:
            raise NotApplicable("the sum of two columns could not be broken by a little")
        rule, name, spoiled, order = chosen
        rows = first(order, self.severity, len(sound))
        joined = Dataset(pa.concat_tables([sound.table, spoiled.table]), sound.schema)
        return Planted(
            real,
            moved(joined, name, rows, rows + len(sound)).take(np.arange(len(sound)), name=sound.name),
            holdout,
            f"{added}{len(rows):,} rows break the rule that {phrase(rule)}: {name!r} is a little off.",
            (name, *(column for column in rule.columns if column != name)),
            np.sort(rows),
        )


def _broken(
    sound: Dataset, rule: Constraint, most: float, rng: np.random.Generator
) -> tuple[Constraint, str, Dataset, np.ndarray] | None:
    """Break a rule wherever it can be, and say which column changes and which rows then break the rule, in random order.

    Gives None where these are too few for the highest severity, or where sound rows break the rule.
    """
    if violations(rule, sound).any():
        return None
    order = rng.permutation(len(sound))
    if rule.kind == "unique":
        half = len(order) // 2
        name = rule.columns[0]
        spoiled = moved(sound, name, order[:half], order[half : 2 * half])
        return rule, name, spoiled, order[:half]
    name, spoiled = _SPOILERS[rule.kind](sound, rule, rng)
    bad = violations(rule, spoiled)
    order = order[bad[order]]
    return (rule, name, spoiled, order) if len(order) >= most * len(sound) else None


def _step(values: np.ndarray, rows: int, whole: bool, rng: np.random.Generator) -> np.ndarray:
    """Draw how far values miss: a tenth to the whole of twice `MISS` standard deviations, at least 1 of whole numbers."""
    step = rng.uniform(0.1, 1.0, rows) * 2 * MISS * float(np.nanstd(values))
    return np.maximum(np.round(step), 1.0) if whole else step


def _whole(dataset: Dataset, name: str) -> bool:
    kind = dataset.table.schema.field(name).type
    return not (pa.types.is_floating(kind) or pa.types.is_decimal(kind) or pa.types.is_timestamp(kind))


def _unit(dataset: Dataset, name: str) -> float:
    return 86_400.0 if pa.types.is_date(dataset.table.schema.field(name).type) else 1.0


def _miss_sum(sound: Dataset, rule: Constraint, rng: np.random.Generator) -> tuple[str, Dataset]:
    name = rule.columns[-1]
    values = sound.numbers(name)
    whole = bool((values[~np.isnan(values)] == np.round(values[~np.isnan(values)])).all())
    side = rng.choice([-1.0, 1.0], len(values))
    return name, written(sound, name, values + side * _step(values, len(values), whole, rng))


def _pass_bound(sound: Dataset, rule: Constraint, rng: np.random.Generator) -> tuple[str, Dataset]:
    """Put the lower of two columns a little above the upper one, never beyond what it reaches anywhere."""
    name = rule.columns[0]
    low, high, unit = sound.numbers(name), sound.numbers(rule.columns[1]), _unit(sound, name)
    beyond = high + _step(low / unit, len(low), _whole(sound, name), rng) * unit
    keep = np.isnan(beyond) | np.isnan(low) | (beyond > np.nanmax(low))
    return name, written(sound, name, np.where(keep, low, beyond))


def _take_other(sound: Dataset, rule: Constraint, rng: np.random.Generator) -> tuple[str, Dataset]:
    name = rule.columns[1]
    pairs = swaps(codes(sound, name), np.arange(len(sound)), rng)
    return name, moved(sound, name, pairs.ravel(), pairs[:, ::-1].ravel())


def _leave_grid(sound: Dataset, rule: Constraint, rng: np.random.Generator) -> tuple[str, Dataset]:
    name, step = rule.columns[0], float(rule.parameters["step"])
    values = sound.numbers(name)
    if pa.types.is_integer(sound.table.schema.field(name).type):
        off = rng.integers(1, max(int(step), 2), len(values)).astype(np.float64)
    else:
        off = rng.integers(1, 10, len(values)) * step / 10.0
    return name, written(sound, name, values + off)


_SPOILERS = {"sum": _miss_sum, "inequality": _pass_bound, "functional": _take_other, "grid": _leave_grid}


def _summed(dataset: Dataset, one: str, other: str, total: str) -> Dataset:
    kinds = [dataset.table.schema.field(name).type for name in (one, other)]
    values = dataset.numbers(one) + dataset.numbers(other)
    whole = all(pa.types.is_integer(kind) for kind in kinds)
    cells = pa.array(np.round(values).astype(np.int64)) if whole else pa.array(values)
    return with_column(dataset, total, cells, "numeric")
