"""Weigh rows so that the target has its real shares within each group."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from assay.core.errors import NotApplicable
from assay.core.plan import Plan
from assay.core.protocols import Remedy
from assay.data.amended import Amended
from assay.data.dataset import Dataset
from assay.data.scene import Scene
from assay.remedies._bases import LEAST, Cells, Levels, Part, Ranges, part_of
from assay.remedies._tilts import LEAST_LEFT, Both, Reading, learned, reading, tilted, told, weighed
from assay.remedies._weights import raked, share_p_values, shrunk_shares

RANGES = 4  # of a sensitive number; of a target of numbers 2, since each cell costs a test


class _Gap(NamedTuple):
    """The group of a column in which the target's shares differ most, and the cell of the target that shows it."""

    log_p: float
    tests: int
    groups: Part
    group: int
    outcome: int
    words: tuple[str, str]


class BalanceGroups(Remedy):
    """Weigh rows by group and class of the target.

    Notes
    -----
    Groups are the levels of the sensitive columns, of all columns of levels where none is named; a number is cut into four
    ranges of equal counts, a target of numbers into two. In each group of ten real rows or more the share of each class is
    compared with that of the synthetic rows of the group, exactly (Fisher); p-values are corrected for all groups and classes.

    Two plans: for the group with the smallest p-value alone, a weight for each class in it, which leaves the group its share of
    the rows; and for its whole column, a weight ``p / q`` for each cell of group and class. p is the real share of the cell,
    shrunk: ``(n p + a e) / (n + a)``, ``a = (1 - sum p^2) / sum (p - e)^2`` (Fienberg and Holland 1973), where e has the real
    shares of groups and of classes and the synthetic association between them (raked): where there are few real rows, weights
    are a product of one for the group and one for the class. Cells of fewer than ten rows share one weight.

    What it cannot see: groups made by several columns, groups of few real rows, and why rates are wrong: rows of other people,
    or other labels.

    References
    ----------
    Zhao et al. (2017), Men also like shopping: reducing gender bias amplification using corpus-level constraints, EMNLP. Fienberg
    and Holland (1973), Simultaneous estimation of multinomial cell probabilities, JASA 68. Kamiran and Calders (2012), Data
    preprocessing techniques for classification without discrimination, Knowledge and Information Systems 33.
    """

    question = "Has the target its real shares within each group?"
    mends = frozenset({"bias_amplification"})
    changes = "weights"
    needs_target = True
    cannot_see = "Groups made by several columns, or of few real rows; whether rows or labels are other than in reality."

    def signs(self, scene: Scene) -> Sequence[Plan]:
        """Compare the target's shares in every group, and give the group, and its column, where they are furthest apart."""
        both = Both(scene)
        if scene.schema.target is None or not both.enough:
            return []
        outcome = _part(scene, str(scene.schema.target))
        gaps = [_gap(_part(scene, name), outcome, scene, both) for name in _columns(scene)]
        gaps = [gap for gap in gaps if gap is not None]
        best = min(gaps, key=lambda gap: gap.log_p, default=None)
        log_p = 0.0 if best is None else best.log_p + float(np.log(sum(gap.tests for gap in gaps)))
        if best is None or log_p >= np.log(scene.error):
            return []
        column, level = best.groups.column, best.groups.name(best.group)
        words = (
            f"Where {column!r} is {level}, {scene.schema.target!r} is {outcome.name(best.outcome)} in {best.words[1]} "
            f"of the rows, but in {best.words[0]} of the real ones."
        )
        plan = Plan(
            remedy="balance_groups",
            mechanism="bias_amplification",
            p_value=float(np.exp(log_p)),
            numbers=0.0,
            sign=words,
            columns=(column, str(scene.schema.target)),
        )
        plans: list[Plan] = []
        for options in ({"by": "group", "groups": best.groups.to_dict(), "group": best.group}, {"by": "column"}):
            plan = replace(plan, options=options)
            read = _reading(plan, scene, both)
            if read is None or (plans and read.basis.numbers <= plans[0].numbers + 1):  # a column of that group alone
                continue
            left = tilted([read], scene.rows.weights, both)[2] * scene.rows.effective / len(scene.rows)
            if left >= LEAST_LEFT:
                sign = f"{words} Weighted rows are worth {100 * left:.0f}% of their number."
                plans.append(replace(plan, numbers=float(read.basis.numbers - (options["by"] == "group")), sign=sign))
        return plans

    def learn(self, plan: Plan, scene: Scene) -> Mapping[str, Any]:
        """Learn a weight for each class in a group, or for each cell of group and class."""
        read = _reading(plan, scene, Both(scene))
        if read is None:
            raise NotApplicable("no group has enough rows of any class")
        return learned([read], scene)

    def apply(self, setting: Mapping[str, Any], rows: Amended, real: Dataset, rng: np.random.Generator) -> Amended:
        """Weigh rows."""
        return weighed(setting, rows)


def _columns(scene: Scene) -> list[str]:
    """Give the sensitive columns, or all features of levels where none is named."""
    schema = scene.schema
    named = [name for name in schema.sensitive if name in schema.features]
    return named or [name for name in schema.features if not schema.column(name).ordered]


def _part(scene: Scene, name: str) -> Part:
    """Cut a column into cells: its levels, or ranges of equal counts."""
    if scene.schema.column(name).ordered:
        return Ranges.of(scene.synthetic, name, 2 if name == scene.schema.target else RANGES)
    return Levels.of(scene.real, name)


def _gap(groups: Part, outcome: Part, scene: Scene, both: Both) -> _Gap | None:
    """Test each share of the target in each group; None where no group has enough rows."""
    table = _table(groups, outcome, scene.real, np.ones(len(scene.real)))[0] * both.real_scale
    sums, squares = _table(groups, outcome, scene.synthetic, scene.rows.weights)
    worth = sums.sum(axis=1) ** 2 / np.maximum(squares.sum(axis=1), 1e-300) * both.synthetic_scale
    rows = table.sum(axis=1)
    able = np.flatnonzero((rows >= LEAST) & (worth >= LEAST))
    able = able[able < groups.size - 1]
    cells = np.flatnonzero(table.sum(axis=0) + sums.sum(axis=0) > 0)
    cells = cells[:1] if len(cells) == 2 else cells
    if not len(able) or np.count_nonzero(table.sum(axis=0) + sums.sum(axis=0)) < 2:
        return None
    shares = (sums / np.maximum(sums.sum(axis=1), 1e-300)[:, None])[np.ix_(able, cells)]
    inside, counted = table[np.ix_(able, cells)], shares * worth[able, None]
    real = np.stack([inside, rows[able, None] - inside], axis=-1).reshape(-1, 2)
    synthetic = np.stack([counted, worth[able, None] - counted], axis=-1).reshape(-1, 2)
    p_values = share_p_values(real, synthetic)
    apart = np.abs(inside / rows[able, None] - shares).ravel()
    at = int(np.lexsort((-apart, p_values))[0])
    group, outcome_at = divmod(at, len(cells))
    return _Gap(
        float(np.log(max(float(p_values[at]), 1e-300))),
        len(p_values),
        groups,
        int(able[group]),
        int(cells[outcome_at]),
        (told(inside[group, outcome_at] / rows[able[group]], rows[able[group]]), f"{shares[group, outcome_at]:.1%}"),
    )


def _reading(plan: Plan, scene: Scene, both: Both) -> Reading | None:
    """Read the plan's cells off both tables, with the means that they shall have."""
    outcome = _part(scene, plan.columns[1])
    if plan.options["by"] == "column":
        return _column(_part(scene, plan.columns[0]), outcome, scene, both)
    groups = part_of(plan.options["groups"])
    return _group(groups, int(plan.options["group"]), outcome, scene, both)


def _group(groups: Part, group: int, outcome: Part, scene: Scene, both: Both) -> Reading | None:
    """Give other shares of the target within a group, which keeps its own share."""
    table = _table(groups, outcome, scene.real, np.ones(len(scene.real)))[0][group]
    if isinstance(outcome, Levels):
        kept = tuple(level for level, count in zip(outcome.levels, table, strict=False) if count >= LEAST)
        outcome = Levels(outcome.column, kept)
        table = _table(groups, outcome, scene.real, np.ones(len(scene.real)))[0][group]
    sums = _table(groups, outcome, scene.synthetic, scene.rows.weights)[0] / scene.rows.weights.sum()
    there = np.flatnonzero(sums[group] > 0)
    if table.sum() < LEAST or len(there) < 2:
        return None
    size = float(sums[group].sum())
    wanted = size * shrunk_shares(table[there] * both.real_scale, sums[group][there] / size)
    cells = Cells((groups, outcome), tuple((group, int(at)) for at in there))
    return replace(reading(cells, scene), wanted=wanted - sums[group][there])


def _column(groups: Part, outcome: Part, scene: Scene, both: Both) -> Reading | None:
    """Give other shares of all cells of group and class."""
    cells = Cells.of((groups, outcome), scene.real, scene.synthetic)
    if cells is None:
        return None
    table = _table(groups, outcome, scene.real, np.ones(len(scene.real)))[0]
    sums = _table(groups, outcome, scene.synthetic, scene.rows.weights)[0] / scene.rows.weights.sum()
    prior = raked(sums, table.sum(axis=1) / table.sum(), table.sum(axis=0) / table.sum())
    own = tuple(np.array(cells.named).T)
    counts, expected, now = (np.append(part[own], part.sum() - part[own].sum()) for part in (table, prior, sums))
    wanted = shrunk_shares(np.maximum(counts, 0.0) * both.real_scale, np.clip(expected, 0.0, 1.0))
    return replace(reading(cells, scene), wanted=(wanted - now)[:-1])


def _table(groups: Part, outcome: Part, dataset: Dataset, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Give sums of weights, and of their squares, in each cell of group and outcome, of shape (groups, outcomes)."""
    shape = (groups.size, outcome.size)
    flat = groups.cells(dataset) * outcome.size + outcome.cells(dataset)
    sums, squares = (np.bincount(flat, weights=part, minlength=shape[0] * shape[1]) for part in (weights, weights**2))
    return sums.reshape(shape), squares.reshape(shape)
