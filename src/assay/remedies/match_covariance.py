"""Numeric columns are turned so that their correlations become the real ones, their margins as they are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from assay.core.errors import NotApplicable
from assay.core.plan import Plan
from assay.core.protocols import Remedy
from assay.data.amended import Amended
from assay.data.ground import replaced
from assay.data.scene import Scene
from assay.remedies._normal_scores import Correlations, correlations, indicators, scores
from assay.remedies._turns import shrunk, turned

SURE = 2.0


class MatchCovariance(Remedy):
    """Give back the correlations between numeric columns, and between them and the target's classes.

    Notes
    -----
    *Sign.* Correlations of normal scores, which no change of a margin touches, of every pair of numeric columns and of each with
    the classes of the target; the difference of both tables in standard errors, two-sided, Bonferroni over pairs.

    *Learned.* Differences under two standard errors count as none, larger ones are shrunk, ``d (1 - (2 e / d)^2)``. The columns
    to be moved are regressed on all others, the target among them; coefficients are exchanged for those of the shrunk real
    correlations, and the residuals go through the symmetric map that turns one covariance into the other and moves them least
    (Olkin and Pukelsheim 1982), the coloring of CORAL.

    *Applied.* Each moved column takes on the order of its new scores, its own values permuted: margins, grids and nulls stay.

    References
    ----------
    Sun, Feng and Saenko (2016), Return of frustratingly easy domain adaptation, AAAI 30 (CORAL). Ledoit and Wolf (2004), A
    well-conditioned estimator for large-dimensional covariance matrices, Journal of Multivariate Analysis 88. Schaefer and
    Strimmer (2005), Statistical Applications in Genetics and Molecular Biology 4 (shrinkage of single correlations). Olkin and
    Pukelsheim (1982), The distance between two random vectors with given dispersion matrices, Linear Algebra 48.
    """

    question = "Do columns depend on each other as in reality?"
    mends = frozenset({"broken_dependence"})
    changes = "values"
    cannot_see = (
        "Dependence that no correlation of ranks tells, such as U shapes; columns of few values, and those in which one value "
        "holds more than 60% of the rows; dependence on levels other than the target's."
    )

    def signs(self, scene: Scene) -> Sequence[Plan]:
        """Compare the correlations of every pair; see `assay.core.protocols.Remedy.signs`."""
        scene = scene.made
        found = correlations(scene)
        if found is None:
            return ()
        d, p_values = len(found.names), found.p_values
        np.fill_diagonal(p_values, 1.0)
        p_values[d:, d:] = 1.0
        told = p_values * found.tests < scene.error
        if not told.any():
            return ()
        excess = np.maximum(found.z[:d] ** 2 - SURE**2, 0.0).sum(axis=1)
        first = int(np.argmax(np.where(told[:d].any(axis=1), excess, -1.0)))
        order = np.argsort(-excess, kind="stable")
        every = [found.names[at] for at in order if told[at, :d].any() or told[at, d:].any()]
        plans: list[Plan] = []
        for names in ([found.names[first]], every) if len(every) > 1 else (every,):
            inside = np.isin(found.names, names)
            plans.append(
                Plan(
                    "match_covariance",
                    "broken_dependence",
                    min(1.0, float(p_values[first].min()) * found.tests),
                    float(_entries(found, inside)),
                    self._sign(found, first, int(np.argmin(p_values[first])), int(np.triu(told[:, :]).sum())),
                    tuple(names),
                )
            )
        return plans

    def learn(self, plan: Plan, scene: Scene) -> Mapping[str, Any]:
        """Learn how to turn the scores of the plan's columns; see `assay.core.protocols.Remedy.learn`."""
        scene = scene.made
        found = correlations(scene)
        if found is None or not set(plan.columns) & set(found.names):
            raise NotApplicable("fewer than two columns have correlations")
        inside = np.append(np.isin(found.names, plan.columns), np.zeros(len(found.classes), dtype=bool))
        turn, pull = turned(found.synthetic, shrunk(found.real, found.synthetic, found.error, SURE), inside)
        return {
            "moved": [name for name, own in zip(found.names, inside, strict=False) if own],
            "fixed": [name for name, own in zip(found.names, inside, strict=False) if not own],
            "target": scene.schema.target if found.classes else None,
            "classes": list(found.classes),
            "turn": turn.tolist(),
            "pull": pull.tolist(),
        }

    def apply(self, setting: Mapping[str, Any], rows: Amended, real: Any, rng: np.random.Generator) -> Amended:
        """Put the values of the moved columns into the order of their new scores; see `assay.core.protocols.Remedy.apply`."""
        free = np.flatnonzero(~rows.anchored)
        made = rows.take(free) if len(free) < len(rows) else rows
        table, moved = made.table, tuple(setting["moved"])
        if len(made) < 2 or made.weights.sum() <= 0:
            return rows
        own = scores(table, made.weights, moved)
        others = np.column_stack(
            [
                scores(table, made.weights, tuple(setting["fixed"])),
                indicators(table, made.weights, setting["target"], setting["classes"]),
            ]
        )
        new = own @ np.array(setting["turn"]) + others @ np.array(setting["pull"]).reshape(others.shape[1], len(moved))
        out = rows.table
        for at, name in enumerate(moved):
            values = table.numbers(name)
            known = np.flatnonzero(np.isfinite(values))
            shuffled = rng.permutation(known)
            before = shuffled[np.argsort(values[shuffled], kind="stable")]
            after = shuffled[np.argsort(new[shuffled, at], kind="stable")]
            source = np.arange(len(rows))
            source[free[after]] = free[before[_same_rank(made.weights[after], made.weights[before])]]
            out = replaced(out, name, rows.table.table.column(name).take(source))
        return rows.with_table(out)

    @staticmethod
    def _sign(found: Correlations, first: int, second: int, count: int) -> str:
        other = [*found.names, *found.classes][second]
        what = f"column {other!r}" if second < len(found.names) else f"class {other!r}"
        return (
            f"The rank correlation of {found.names[first]!r} and {what} is {found.synthetic[first, second]:.2f} in the synthetic "
            f"rows and {found.real[first, second]:.2f} in the real ones, {abs(found.z[first, second]):.1f} standard errors "
            f"apart; {count} pairs are off."
        )


def _entries(found: Correlations, inside: np.ndarray) -> int:
    """Count the correlations that will be changed."""
    changed = np.abs(found.z) > SURE
    mine = np.append(inside, np.zeros(len(found.classes), dtype=bool))
    return max(int(np.triu(changed & (mine[:, None] | mine[None, :])).sum()), 1)


def _same_rank(after: np.ndarray, before: np.ndarray) -> np.ndarray:
    """Give for each row in the new order the place in the old one with the same share of the weight below."""
    if np.all(after == after[0]):
        return np.arange(len(after))
    middle = (np.cumsum(after) - after / 2.0) / after.sum()
    return np.minimum(np.searchsorted(np.cumsum(before) / before.sum(), middle), len(before) - 1)
