"""Rules that real rows keep are kept by synthetic ones."""

# pyright: reportAttributeAccessIssue=false
# pyarrow.compute makes its functions at import, unseen by type checkers

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from assay.core.errors import NotApplicable
from assay.core.plan import Plan
from assay.core.protocols import Remedy
from assay.data.amended import Amended
from assay.data.constraints import phrase, violations
from assay.data.dataset import Dataset
from assay.data.ground import replaced, written
from assay.data.scene import Scene
from assay.data.schema import Constraint
from assay.data.target import level_texts
from assay.remedies._dropped import better_restored, without
from assay.remedies._rules import Broken, broken, from_json, partners, to_json

ENDS = 10
LEAST_SOUND = 50
BEYOND = 0.5  # of the way from the middle to an end


class KeepRules(Remedy):
    """Mend cells that break a rule which the real rows keep, and leave out rows where that cannot be done.

    Notes
    -----
    Which rules, and the test: `assay.remedies._rules.broken`. What is done:

    - *sum*: that column is computed anew of which the values, in the rows concerned, thereby come nearest to those of the other
      rows (gain in Kolmogorov's distance): the total, or a part that was spoilt;
    - *functional*: the determined column gets the level that goes with the determining one in ten real rows or more;
    - *grid*: values are rounded to the step;
    - *inequality*: both values are exchanged if each then lies in the other column's real range (means of the ten outermost rows
      and half as far again), else, or as a second plan, the row goes;
    - *unique*: of equal keys the first stays.

    Rows that still break a rule go. Classes then get their shares back if the real rows speak for it. Sums, grids, functional
    dependencies and declared rules hold whatever the distribution: such a plan is a fact. That few real rows keep an order
    could be mere custom: such a plan is judged.

    What it cannot see: which of two columns of a dependence is the wrong one; rules with exceptions; rules that less than 3 / n
    of the synthetic rows break; keys, not declared, that as few rows as are real would hardly repeat.

    References
    ----------
    Hanley and Lippman-Hand (1983), If nothing goes wrong, is everything all right?, JAMA 249. Fellegi and Holt (1976), A
    systematic approach to automatic edit and imputation, Journal of the American Statistical Association 71.
    """

    question = "Do synthetic rows keep the rules that all real rows keep?"
    mends = frozenset({"constraint_violation"})
    changes = "values"
    also = frozenset({"rows", "weights"})
    cannot_see = (
        "Rules with exceptions, which of two columns of a dependence is the wrong one, and few repeats of a key that "
        "nobody declared."
    )

    def signs(self, scene: Scene) -> Sequence[Plan]:
        """Test which rules synthetic rows break."""
        scene = scene.made
        if not len(scene.rows):
            return ()
        found = broken(scene)
        sure, doubted = [entry for entry in found if entry.sure], [entry for entry in found if not entry.sure]
        plans = [_plan(scene, sure, "mend")] if sure else []
        return [*plans, *([_plan(scene, doubted, way) for way in ("mend", "drop")] if doubted else [])]

    def learn(self, plan: Plan, scene: Scene) -> Mapping[str, Any]:
        """Note levels, ranges and which column a sum fixes."""
        items: list[dict[str, Any]] = []
        for asked in plan.options["rules"]:
            entry: dict[str, Any] = {"rule": dict(asked), "way": str(plan.options["way"])}
            rule = from_json(asked)
            if rule.kind == "functional":
                entry["rule"] |= {"parameters": {"pairs": partners(scene.real, *rule.columns)}}
            elif rule.kind == "sum":
                entry["column"] = _spoilt(rule, scene)
            elif rule.kind == "inequality":
                entry["ranges"] = [_range(scene.real.numbers(name)) for name in rule.columns]
            items.append(entry)
        mended, gone = _mended(items, scene.rows, scene.real)
        if mended.table is scene.rows.table and not gone.any():
            raise NotApplicable("no row breaks the rules")
        return {"items": items, "restored": better_restored(scene, gone)}

    def apply(self, setting: Mapping[str, Any], rows: Amended, real: Dataset, rng: np.random.Generator) -> Amended:
        """Mend cells, and leave out what cannot be mended."""
        mended, gone = _mended(setting["items"], rows, real)
        return without(mended, gone, bool(setting["restored"])) if gone.any() else mended


def _plan(scene: Scene, found: list[Broken], way: str) -> Plan:
    first = found[0]
    columns = tuple(dict.fromkeys(name for entry in found for name in entry.rule.columns))
    more = "" if len(found) == 1 else f"; {len(found) - 1} more such rules"
    done = "" if way == "mend" else " They are left out."
    return Plan(
        "keep_rules",
        "constraint_violation",
        max(first.p_value, 1e-300),
        float(len(found)),
        f"{first.hit.mean():.1%} of the synthetic rows and no real one break the rule that {phrase(first.rule)}{more}.{done}",
        columns,
        {"rules": [to_json(entry.rule) for entry in found], "way": way},
        fact=first.sure,
    )


def _mended(items: Sequence[Mapping[str, Any]], rows: Amended, real: Dataset) -> tuple[Amended, np.ndarray]:
    """Mend what can be mended, and mark the rows that break a rule still."""
    table = rows.table
    for item in items:
        rule = from_json(item["rule"])
        hit = violations(rule, table) & ~rows.anchored
        if not hit.any() or item["way"] == "drop":
            continue
        if rule.kind == "functional":
            table = _looked_up(rule, table, real, hit)
        elif rule.kind == "sum":
            table = _computed(rule, str(item["column"]), table, hit)
        elif rule.kind == "grid":
            values, step = table.numbers(rule.columns[0]), float(rule.parameters["step"])
            table = written(table, rule.columns[0], np.where(hit, np.round(values / step) * step, values))
        elif rule.kind == "inequality":
            table = _exchanged(rule, item["ranges"], table, hit)
    gone = np.zeros(len(rows), dtype=bool)
    for item in items:
        gone |= violations(from_json(item["rule"]), table)
    return rows.with_table(table) if table is not rows.table else rows, gone & ~rows.anchored


def _looked_up(rule: Constraint, table: Dataset, real: Dataset, hit: np.ndarray) -> Dataset:
    first, second = rule.columns
    column = table.table.column(second).combine_chunks()
    values = pa.concat_arrays(
        [_plain(column).unique(), _plain(real.table.column(second).cast(column.type).combine_chunks()).unique()]
    )
    texts = level_texts(pa.chunked_array([values]))
    levels, wanted = (pa.array([pair[at] for pair in rule.parameters["pairs"]], pa.string()) for at in (0, 1))
    asked = pc.take(wanted, pc.index_in(level_texts(table.table.column(first)), value_set=levels).combine_chunks())
    cells = values.take(pc.index_in(asked, value_set=texts.combine_chunks()))
    out = pc.if_else(pa.array(hit), cells, _plain(column))
    return replaced(table, second, out.dictionary_encode().cast(column.type) if pa.types.is_dictionary(column.type) else out)


def _plain(column: pa.Array) -> pa.Array:
    return column.dictionary_decode() if pa.types.is_dictionary(column.type) else column


def _wanted(rule: Constraint, name: str, table: Dataset) -> np.ndarray:
    """Give what a sum says of one of its columns."""
    numbers = {column: table.numbers(column) for column in rule.columns}
    parts = np.sum([numbers[column] for column in rule.columns[:-1] if column != name], axis=0)
    return parts if name == rule.columns[-1] else numbers[rule.columns[-1]] - parts


def _computed(rule: Constraint, name: str, table: Dataset, hit: np.ndarray) -> Dataset:
    values, wanted = table.numbers(name), _wanted(rule, name, table)
    return written(table, name, np.where(hit & ~np.isnan(wanted), wanted, values))


def _spoilt(rule: Constraint, scene: Scene) -> str:
    """Name the column of a sum that gains most, in the rows that break it, when it is computed; of equals the total."""
    hit = violations(rule, scene.synthetic)
    names = [rule.columns[-1], *rule.columns[:-1]]
    gains: list[float] = []
    for name in names:
        own = scene.synthetic.numbers(name)
        sound = own[~hit] if (~hit).sum() >= LEAST_SOUND else scene.real.numbers(name)
        gains.append(_apart(sound, own[hit]) - _apart(sound, _wanted(rule, name, scene.synthetic)[hit]))
    best = int(np.argmax(gains))
    return names[best] if gains[best] > gains[0] else names[0]


def _apart(real: np.ndarray, own: np.ndarray) -> float:
    real, own = np.sort(real[~np.isnan(real)]), np.sort(own[~np.isnan(own)])
    if not len(real) or not len(own):
        return 1.0
    at = np.unique(real)
    sides = [
        np.searchsorted(real, at, side) / len(real) - np.searchsorted(own, at, side) / len(own) for side in ("left", "right")
    ]
    return float(max(np.abs(side).max() for side in sides))


def _range(values: np.ndarray) -> list[float]:
    """Give means of the ten outermost values at either end, and half as far again from the middle."""
    known = np.sort(values[np.isfinite(values)])
    ends = float(known[:ENDS].mean()), float(known[-ENDS:].mean())
    middle = float(np.median(known))
    return [end + BEYOND * (end - middle) for end in ends]


def _exchanged(rule: Constraint, ranges: Sequence[Sequence[float]], table: Dataset, hit: np.ndarray) -> Dataset:
    low, high = rule.columns
    least, most = table.numbers(low), table.numbers(high)
    fits = hit & (most >= ranges[0][0]) & (most <= ranges[0][1]) & (least >= ranges[1][0]) & (least <= ranges[1][1])
    if table.table.schema.field(low).type != table.table.schema.field(high).type:
        return written(written(table, low, np.where(fits, most, least)), high, np.where(fits, least, most))
    one, other = table.table.column(low).combine_chunks(), table.table.column(high).combine_chunks()
    mask = pa.array(fits)
    return replaced(replaced(table, low, pc.if_else(mask, other, one)), high, pc.if_else(mask, one, other))
