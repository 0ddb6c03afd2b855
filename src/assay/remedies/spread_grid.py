"""Values rounded more coarsely than reality are spread again, and values off the real grid go back to it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from scipy.special import gammaln

from assay.core.errors import NotApplicable
from assay.core.plan import Plan
from assay.core.protocols import Remedy
from assay.data.amended import Amended
from assay.data.ground import written
from assay.data.scene import Scene
from assay.remedies._cells import cells_of, within
from assay.remedies._ordered import Ordered, columns, foremost_and_all
from assay.remedies._steps import even_step, off_grid, on_grid

LEAST_OFF = 0.01
UNMOVED = 0.01


class SpreadGrid(Remedy):
    """Spread rounded values over the step they were rounded to, and round values that have too many digits.

    Notes
    -----
    *Sign.* (a) All synthetic values are multiples of a step (from some offset) that k of n real ones are not, or (b) all real
    values are multiples of a decimal step that K of m synthetic ones are not. If both were samples of one population, all k
    exceptions would fall on one side with chance ``C(n, k) / C(n + m, k)`` (Fisher's exact test); Bonferroni over columns and
    both. Entities count once, weighted rows with their effective number.

    *Learned.* (a) Step, offset, and whether values were rounded, rounded down or up, as the shares of the cells tell; and the
    real distribution function at knots of ten rows or more. (b) The real step.

    *Applied.* (a) Each value is drawn anew within its cell from the real distribution restricted to it, and put on the real grid
    where there is one. (b) Each value is rounded.

    References
    ----------
    Fisher (1935), The Design of Experiments. Sheppard (1898), On the calculation of the most probable values of frequency
    constants, Proc. London Math. Soc. 29 (grouping). Heitjan and Rubin (1990), Inference from coarse data via multiple
    imputation, JASA 85.
    """

    question = "Have the values of a column other digits than the real ones?"
    mends = frozenset({"artefact"})
    changes = "values"
    cannot_see = (
        "Columns in which a part of the values was rounded; steps that are not even. What a value was before rounding is not "
        "known: its dependence on other columns within the step stays lost."
    )

    def signs(self, scene: Scene) -> Sequence[Plan]:
        """Look for steps in one table that the other has not; see `assay.core.protocols.Remedy.signs`."""
        scene = scene.made
        found = columns(scene)
        tests = 2 * max(len(found), 1)
        coarse: list[tuple[float, float, str]] = []
        fine: list[tuple[float, float, str, bool]] = []
        for column in found:
            step, offset = even_step(column.synthetic)
            if step:
                log, share = _exceptions(column, off_grid(column.real - offset, step), None)
                if log + np.log(tests) < np.log(scene.error):
                    coarse.append((log, share, column.name))
                    continue
            if column.step:
                log, share = _exceptions(column, None, off_grid(column.synthetic, column.step))
                if share >= LEAST_OFF and log + np.log(tests) < np.log(scene.error):
                    fine.append((log, share, column.name, column.test(2).p_value > UNMOVED))
        plans: list[Plan] = []
        coarse.sort()
        for names in foremost_and_all([name for _, _, name in coarse]):
            log, share, first = coarse[0]
            more = f" and {len(names) - 1} more columns are" if len(names) > 1 else " is"
            sign = f"{first!r}{more} rounded to even steps; {share:.0%} of the real values of {first!r} lie between."
            chance = min(float(np.exp(log)) * tests, 1.0)
            plans.append(Plan("spread_grid", "artefact", chance, 2.0 * len(names), sign, tuple(names), {"kind": "coarse"}))
        if fine:
            fine.sort()
            log, share, first, _ = fine[0]
            names = tuple(name for _, _, name, _ in fine)
            sign = f"{share:.0%} of the synthetic values of {first!r} lie off the grid that all real ones keep."
            if len(names) > 1:
                sign = f"{sign[:-1]}; {len(names) - 1} more columns are off theirs."
            chance = min(float(np.exp(log)) * tests, 1.0)
            fact = all(unmoved for _, _, _, unmoved in fine)
            plans.append(Plan("spread_grid", "artefact", chance, float(len(names)), sign, names, {"kind": "fine"}, fact))
        return plans

    def learn(self, plan: Plan, scene: Scene) -> Mapping[str, Any]:
        """Learn the cells or the real grid of each column; see `assay.core.protocols.Remedy.learn`."""
        scene = scene.made
        grids: list[dict[str, Any]] = []
        for column in columns(scene, plan.columns):
            if plan.options["kind"] == "fine":
                if column.step:
                    grids.append({"column": column.name, "grid": column.step, "cells": None})
                continue
            cells = cells_of(column)
            if cells is not None:
                grids.append({"column": column.name, "grid": column.step, "cells": cells})
        if not grids:
            raise NotApplicable("no column is left with a step to spread over or to round to")
        return {"grids": grids}

    def apply(self, setting: Mapping[str, Any], rows: Amended, real: Any, rng: np.random.Generator) -> Amended:
        """Spread or round; see `assay.core.protocols.Remedy.apply`."""
        table = rows.table
        for grid in setting["grids"]:
            values = table.numbers(grid["column"])
            known = np.isfinite(values) & ~rows.anchored
            new = np.where(known, values, 0.0)
            if grid["cells"] is not None:
                new = within(grid["cells"], new, rng)
            table = written(table, grid["column"], np.where(known, on_grid(new, grid["grid"]), values))
        return rows.with_table(table)


def _exceptions(column: Ordered, real: np.ndarray | None, synthetic: np.ndarray | None) -> tuple[float, float]:
    """Give the log chance that all exceptions fall on one side, and their share there."""
    n = float(len(column.real) if column.groups is None else len(np.unique(column.groups)))
    m = float(column.weights.sum() ** 2 / np.sum(column.weights**2))
    if column.synthetic_groups is not None:
        m = min(m, float(len(np.unique(column.synthetic_groups))))
    if real is not None:
        k = float(real.sum() if column.groups is None else len(np.unique(column.groups[real])))
        return _log_chance(n, m, k), float(real.mean())
    assert synthetic is not None
    share = float(column.weights[synthetic].sum() / column.weights.sum())
    return _log_chance(m, n, np.floor(share * m)), share


def _log_chance(own: float, other: float, exceptions: float) -> float:
    """Give log of ``C(own, k) / C(own + other, k)``."""
    k = min(exceptions, own)
    if k <= 0:
        return 0.0
    parts = gammaln(own + 1) - gammaln(own - k + 1) - gammaln(own + other + 1) + gammaln(own + other - k + 1)
    return float(min(parts, 0.0))
