"""Weigh rows so that the columns along which they were selected get their real means."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from assay.core.errors import NotApplicable
from assay.core.plan import Plan
from assay.core.protocols import Remedy
from assay.data.amended import Amended
from assay.data.dataset import Dataset
from assay.data.scene import Scene
from assay.remedies._bases import Basis, column_basis
from assay.remedies._tilts import LEAST_LEFT, Both, Gap, Reading, learned, reading, said, tilted, weighed

MOST_COLUMNS = 5


class WeighColumns(Remedy):
    """Weigh rows by an exponential tilt along one or several columns.

    Notes
    -----
    Rows of which the chance to be there rises or falls along a column are brought back by weights ``exp(t z)``: z is the normal
    score of a number's rank in the synthetic rows (0 where null), or an indicator of each level that ten real rows have, and t
    is such that the weighted means of z are those of the real rows. Of all weights with these means they are nearest to those
    there were, in Kullback-Leibler divergence. Means are shrunk: a score's gap by ``1 - 1 / T``, T its square in standard
    errors; shares of levels towards the synthetic ones (Fienberg and Holland 1973).

    Features are tested one by one, numbers by a saddlepoint test of the mean score, levels by exact tests of each share; each
    p-value is corrected for the number of features. The foremost is taken, rows are weighed for it, and all others are tested
    anew: one that only followed the first is no longer told apart, and stays out. Up to five are taken. With weights, and with
    entities, tests count rows for what they are worth.

    Weights of which the effective sample size is below 5% of the rows are not proposed.

    What it cannot see: changes that leave every mean score where it is (of spread, or of how columns go together), and whether
    rows were selected or their cells changed, which look alike in one column.

    References
    ----------
    Hainmueller (2012), Entropy balancing for causal effects, Political Analysis 20. Shimodaira (2000), Improving predictive
    inference under covariate shift by weighting the log-likelihood function, Journal of Statistical Planning and Inference 90.
    """

    question = "Were rows selected along one or several columns?"
    mends = frozenset({"covariate_shift", "selection_bias"})
    changes = "weights"
    cannot_see = "Changes of spread or of dependence; whether rows were selected or cells changed."

    def signs(self, scene: Scene) -> Sequence[Plan]:
        """Give the foremost column, and all columns that still differ once rows are weighed for those before."""
        both = Both(scene)
        if not both.enough:
            return []
        reads = [reading(basis, scene) for basis in map(_maker(scene), scene.schema.features) if basis is not None]
        reads = [read for read in reads if np.ptp(read.real, axis=0).any()]
        taken: list[tuple[Reading, Gap]] = []
        left: list[float] = []
        weights, first = scene.rows.weights, 1.0
        while len(taken) < min(MOST_COLUMNS, len(reads)):
            names = {read.basis.columns for read, _ in taken}
            gaps = [(read, both.gap(read, weights)) for read in reads if read.basis.columns not in names]
            hopeful = [entry for entry in gaps if entry[1].log_p + np.log(len(reads)) < np.log(scene.error)]
            if not hopeful:
                break
            best = max(hopeful, key=lambda entry: (-entry[1].log_p, entry[1].strength))
            chosen = [read for read, _ in taken] + [best[0]]
            tilt, centre, share = tilted(chosen, scene.rows.weights, both)
            if share * scene.rows.effective < LEAST_LEFT * len(scene.rows):
                break
            if not taken:
                first = float(np.exp(min(best[1].log_p + np.log(len(reads)), 0.0)))
            taken.append(best)
            left.append(share)
            values = np.concatenate([read.synthetic for read in chosen], axis=1)
            weights = scene.rows.weights * np.exp(values @ tilt - centre)
        if not taken:
            return []
        plans = [self._plan(taken[:1], left[0], first, scene)]
        if len(taken) > 1:
            plans.append(self._plan(taken, left[-1], first, scene))
        return plans

    def learn(self, plan: Plan, scene: Scene) -> Mapping[str, Any]:
        """Learn the tilt along the plan's columns."""
        found = [basis for basis in map(_maker(scene), plan.columns) if basis is not None]
        if len(found) < len(plan.columns):
            raise NotApplicable("a column does not vary in these rows")
        return learned([reading(basis, scene) for basis in found], scene)

    def apply(self, setting: Mapping[str, Any], rows: Amended, real: Dataset, rng: np.random.Generator) -> Amended:
        """Weigh rows."""
        return weighed(setting, rows)

    def _plan(self, taken: Sequence[tuple[Reading, Gap]], left: float, p_value: float, scene: Scene) -> Plan:
        words = said(*taken[0])
        if len(taken) > 1:
            others = ", ".join(repr(read.basis.columns[0]) for read, _ in taken[1:])
            words += f"; weighed for that, {others} differ{'s' if len(taken) == 2 else ''} too"
        return Plan(
            remedy="weigh_columns",
            mechanism="covariate_shift" if len(taken) == 1 else "selection_bias",
            p_value=p_value,
            numbers=float(sum(read.basis.numbers for read, _ in taken)),
            sign=f"{words}. Weighted rows are worth {100 * left * scene.rows.effective / len(scene.rows):.0f}% of their number.",
            columns=tuple(read.basis.columns[0] for read, _ in taken),
        )


def _maker(scene: Scene) -> Callable[[str], Basis | None]:
    return lambda name: column_basis(scene.real, scene.synthetic, name)
