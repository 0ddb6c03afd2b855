"""Rules that few real rows keep, and whether it could be chance that they do and synthetic rows do not."""

# pyright: reportAttributeAccessIssue=false
# pyarrow.compute makes its functions at import, unseen by type checkers

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from assay.data.coded import value_codes
from assay.data.constraints import mine, violations
from assay.data.dataset import Dataset
from assay.data.entities import entity_codes
from assay.data.mining import grids, sums
from assay.data.scene import Scene
from assay.data.schema import Constraint
from assay.data.target import level_texts
from assay.remedies._dropped import weighed_counts
from assay.stats.fisher import fewer

LEAST_REAL = 100
BEHIND_LEVEL = 10
COVERED = 0.5
OPPORTUNITY = 0.02
SHUFFLES = 5  # times that values are paired at random
MOST_LEVELS = 50
MOST_COLUMNS = 40


class Broken(NamedTuple):
    """A rule that real rows keep and synthetic ones break.

    Parameters
    ----------
    rule : Constraint
        The rule; levels of a functional one are noted when it is learned.
    hit : numpy.ndarray of bool, shape (rows,)
        Synthetic rows that break it.
    p_value : float
        Chance that no real row breaks it, were both samples of one population; corrected for all that was looked at.
    sure : bool
        Whether it is a rule whatever the distribution, and not an order that could be mere custom.
    """

    rule: Constraint
    hit: np.ndarray
    p_value: float
    sure: bool


def broken(scene: Scene) -> list[Broken]:
    """List the rules that the real rows keep and the synthetic ones break significantly.

    Notes
    -----
    Rules are those declared, those that `assay.data.constraints.mine` finds (from 1,000 rows) and, from 100 rows on, sums, grids,
    functional dependencies between columns of up to 50 values (judged on levels of ten rows, which hold half of the rows) and
    orders of two numbers that values paired at random would break in 2% of the rows. Test: with q the share of the rows that
    break the rule, none of n real rows does with the chance ``(1 - q)^n``, exactly Fisher's. Repeats of a key grow with the
    square of the rows: a key that nobody declared is tested by the chance that so many of all rows do not repeat either
    (`_unrepeated`), too. Corrected for all pairs of columns: orders by the sum of the chances that are as small, over all that
    were possible; others by their number.
    """
    real = scene.real
    if len(real) < LEAST_REAL:
        return []
    declared = [rule for rule in scene.schema.constraints if not violations(_levelled(rule, real), real).any()]
    told = {(rule.kind, rule.columns) for rule in declared}
    mined = [*declared, *mine(real)]
    known = {(rule.kind, rule.columns): rule for rule in mined}
    others = [*sums(real, fewest=LEAST_REAL), *grids(real, fewest=LEAST_REAL), *_functional(real)]
    known |= {(rule.kind, rule.columns): rule for rule in others if (rule.kind, rule.columns) not in known}
    tests = _pairs(len(scene.schema.modelled)) + len(scene.numeric) + len(known)
    alone = _independent(real), _independent(scene.synthetic)
    found: list[Broken] = []
    for rule in known.values():
        rule = _levelled(rule, real)
        hit = violations(rule, scene.synthetic) & ~scene.rows.anchored
        p_value = _chance(scene, real, rule, hit, alone) * tests if hit.any() else 1.0
        if rule.kind == "unique" and p_value < scene.error and (rule.kind, rule.columns) not in told:
            p_value = max(p_value, _unrepeated(scene, rule.columns[0], alone[0]) * tests)
        if p_value < scene.error:
            found.append(Broken(rule, hit, p_value, True))
    found += [order for order in _orders(scene, alone) if ("inequality", order.rule.columns) not in known]
    return sorted(found, key=lambda entry: entry.p_value)


def partners(real: Dataset, first: str, second: str) -> list[list[str]]:
    """List the levels of one column with at least ten rows, each with the level it goes with in all of them, as text."""
    codes, level = value_codes([real.table.column(first)]), value_codes([real.table.column(second)])
    known = np.flatnonzero((codes >= 0) & (level >= 0))
    texts = level_texts(real.table.column(first)).to_pylist(), level_texts(real.table.column(second)).to_pylist()
    out: list[list[str]] = []
    for code in np.unique(codes[known]):
        rows = known[codes[known] == code]
        if len(rows) >= BEHIND_LEVEL and (level[rows] == level[rows[0]]).all():
            out.append([str(texts[0][rows[0]]), str(texts[1][rows[0]])])
    return out


def to_json(rule: Constraint) -> dict[str, Any]:
    """Write a rule down, without the levels of a functional one."""
    step = {"step": float(rule.parameters["step"])} if rule.kind == "grid" else {}
    return {"kind": rule.kind, "columns": list(rule.columns), "parameters": step}


def from_json(entry: Mapping[str, Any]) -> Constraint:
    """Read what `to_json` wrote."""
    return Constraint(entry["kind"], tuple(entry["columns"]), dict(entry["parameters"]))


def _levelled(rule: Constraint, real: Dataset) -> Constraint:
    if rule.kind != "functional":
        return rule
    return Constraint("functional", rule.columns, {"pairs": partners(real, *rule.columns)})


def _pairs(columns: int) -> int:
    return columns * (columns - 1)


def _independent(dataset: Dataset) -> float:
    codes = entity_codes(dataset)
    return 1.0 if codes is None else len(np.unique(codes)) / len(codes)


def _chance(scene: Scene, real: Dataset, rule: Constraint, hit: np.ndarray, alone: tuple[float, float]) -> float:
    """Give the chance that no real row of those that could breaks a rule."""
    able_real, able = _able(real, rule), _able(scene.synthetic, rule)
    hits, rows = weighed_counts(scene.rows.weights[able], hit[able])
    return float(fewer(0.0, np.floor(able_real.sum() * alone[0]), hits * alone[1], rows * alone[1]))


def _unrepeated(scene: Scene, name: str, alone: float) -> float:
    """Bound the chance that as many rows as are real, drawn from all, hold no value twice.

    Notes
    -----
    Were each of N rows drawn with the chance q = n / N by itself, no value that c rows have would come twice with the chance
    ``prod (1 - q)^(c - 1) (1 - q + c q)`` over values. At most n rows are then drawn at least half of the time, and fewer rows
    repeat less: of exactly n rows the chance is at most twice that. Of the rows of entities, `alone` counts as independent.
    """
    codes = value_codes([scene.real.table.column(name), scene.synthetic.table.column(name)])
    known = (codes >= 0) & np.concatenate([np.ones(len(scene.real), dtype=bool), scene.rows.weights > 0])
    n = np.floor(alone * np.count_nonzero(known[: len(scene.real)]))
    times = np.bincount(codes[known])
    times = times[times > 1]
    q = n / max(np.count_nonzero(known), 1)
    return min(1.0, 2.0 * float(np.exp(np.sum((times - 1) * np.log1p(-q) + np.log1p((times - 1) * q)))))


def _able(dataset: Dataset, rule: Constraint) -> np.ndarray:
    able = np.ones(len(dataset), dtype=bool)
    for name in rule.columns:
        able &= ~dataset.nulls(name)
    if rule.kind == "functional":
        levels = [pair[0] for pair in rule.parameters["pairs"]]
        texts = level_texts(dataset.table.column(rule.columns[0]))
        known = pc.is_in(texts, value_set=pa.array(levels, pa.string()))
        able &= np.asarray(known.combine_chunks())
    return able


def _functional(real: Dataset) -> list[Constraint]:
    """Find columns of levels that determine others on their frequent levels."""
    codes = {name: value_codes([real.table.column(name)]) for name in real.schema.modelled[:MOST_COLUMNS]}
    names = [name for name, own in codes.items() if 2 <= own.max(initial=-1) + 1 <= MOST_LEVELS]
    rules: list[Constraint] = []
    for first in names:
        times = np.bincount(codes[first][codes[first] >= 0])
        often = np.append(times >= BEHIND_LEVEL, False)[codes[first]]
        if often.sum() < max(COVERED * len(real), LEAST_REAL):
            continue
        for second in names:
            both = often & (codes[second] >= 0)
            if second == first or both.sum() < LEAST_REAL:
                continue
            own, level = codes[first][both], codes[second][both]
            shares = np.bincount(level) / len(level)
            partner = np.zeros(int(own.max()) + 1, dtype=np.int64)
            partner[own] = level
            if (partner[own] == level).all() and 1.0 - np.sum(shares**2) >= OPPORTUNITY:
                rules.append(Constraint("functional", (first, second), {}))
    pairs = {rule.columns for rule in rules}
    return [rule for rule in rules if not ((rule.columns[1], rule.columns[0]) in pairs and rule.columns[1] < rule.columns[0])]


def _orders(scene: Scene, alone: tuple[float, float]) -> list[Broken]:
    """Find pairs of numbers, or of dates, in whose order no real row errs and synthetic rows do."""
    out: list[Broken] = []
    rng = scene.rng("rules", "paired at random")
    for kind in ("numeric", "datetime"):
        names = [name for name in scene.numeric if scene.schema.column(name).kind == kind][:MOST_COLUMNS]
        real = [scene.real.numbers(name) for name in names]
        own = [scene.synthetic.numbers(name) for name in names]
        shuffles = [rng.permutation(len(scene.real)) for _ in range(SHUFFLES)]
        tests: list[tuple[int, int, np.ndarray, float, bool]] = []
        for low in range(len(names)):
            for high in range(len(names)):
                if low == high:
                    continue
                with np.errstate(invalid="ignore"):
                    mixed = np.mean([np.mean(real[low] > real[high][shuffle]) for shuffle in shuffles])
                    seen = int((real[low] > real[high]).sum())
                    if mixed < OPPORTUNITY or not (real[low] != real[high]).any():
                        continue
                    hit = (own[low] > own[high] + 1e-9 * np.abs(own[high])) & ~scene.rows.anchored
                rule = Constraint("inequality", (names[low], names[high]))
                able = int(np.floor(_able(scene.real, rule).sum() * alone[0]))
                hits, rows = weighed_counts(scene.rows.weights, hit)
                scale = alone[1]
                chance = float(fewer(0.0, able, seen + hits * scale, max(rows, hits + seen) * scale + seen)) if able else 1.0
                tests.append((low, high, hit, chance, not seen and able >= LEAST_REAL))
        chances = np.array([test[3] for test in tests])
        for low, high, hit, chance, kept in tests:
            p_value = float(chances[chances <= chance * (1 + 1e-9)].sum())
            if kept and hit.any() and p_value < scene.error:
                out.append(Broken(Constraint("inequality", (names[low], names[high])), hit, p_value, False))
    return out
