"""Values whose distribution has another shape go to the real quantiles."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from assay.core.errors import NotApplicable
from assay.core.plan import Plan
from assay.core.protocols import Remedy
from assay.data.amended import Amended
from assay.data.ground import written
from assay.data.scene import Scene
from assay.remedies._knots import knots_of, mapped
from assay.remedies._lines import plainest
from assay.remedies._ordered import Ordered, columns, foremost_and_all
from assay.remedies._steps import on_grid

ORDER = 6


class MatchQuantiles(Remedy):
    """Map numeric columns onto the real quantiles, by a curve that only rises.

    Notes
    -----
    *Sign.* A smooth test of order 6 of every ordered column that is told of the rows as they are and of what the plainest line
    leaves (see `match_line`); the larger p-value counts, Bonferroni over columns. So a column that was only moved or stretched
    gives no sign here, and the rate of false signs is that of the first test at most.

    *Learned.* Up to 20 knots, each between means of ten rows or more of either table, shrunk towards no change by their bootstrap
    errors; straight between knots and beyond the outermost. Heavy single values are spread over the ranks that they cover, and
    where the real column has one, ranks meet in it again.

    *Applied.* Values on a grid are spread over its step, mapped, and rounded to the real grid.

    References
    ----------
    Neyman (1937), 'Smooth test' for goodness of fit, Skandinavisk Aktuarietidskrift 20. Panofsky and Brier (1968), Some
    Applications of Statistics to Meteorology (quantile mapping). Cannon, Sobie and Murdock (2015), Bias correction of GCM
    precipitation by quantile mapping, Journal of Climate 28.
    """

    question = "Does a column have another shape than the real one?"
    mends = frozenset({"artefact", "variance_change", "tail_loss"})
    changes = "values"
    cannot_see = "Shapes that differ between groups of rows; values beyond the outermost ten real rows, which go along a line."

    def signs(self, scene: Scene) -> Sequence[Plan]:
        """Test what a line leaves of every ordered column; see `assay.core.protocols.Remedy.signs`."""
        scene = scene.made
        found = columns(scene)
        told: list[tuple[float, float, Ordered]] = []
        for column in found:
            own = column.body
            raw = own.test(ORDER)
            if len(found) * raw.p_value >= scene.error or len(own.real) < 40:
                continue
            _, left = plainest(own, scene.rng("match_quantiles", column.name))
            rest = left.test(ORDER)
            p_value = len(found) * max(raw.p_value, rest.p_value)
            if p_value < scene.error:
                told.append((rest.statistic, p_value, column))
        told.sort(key=lambda entry: -entry[0])
        names = tuple(column.name for _, _, column in told)
        plans: list[Plan] = []
        for chosen in foremost_and_all(names):
            more = f" and {len(chosen) - 1} more columns" if len(chosen) > 1 else ""
            plans.append(
                Plan(
                    "match_quantiles",
                    "artefact",
                    told[0][1],
                    float(sum(min(len(column.real) // 10, 20) for _, _, column in told[: len(chosen)])),
                    f"The shape of {chosen[0]!r}{more} is not the real one, and no line mends it: chi-square {told[0][0]:.0f} on "
                    f"{ORDER} degrees of freedom is left after the plainest.",
                    tuple(chosen),
                )
            )
        return plans

    def learn(self, plan: Plan, scene: Scene) -> Mapping[str, Any]:
        """Learn the knots of each column; see `assay.core.protocols.Remedy.learn`."""
        scene = scene.made
        maps: list[dict[str, Any]] = []
        for column in columns(scene, plan.columns):
            knots = knots_of(column.body, scene.rng("match_quantiles", column.name))
            if knots is not None:
                facts = {
                    "column": column.name,
                    "grid": column.step,
                    "spread": column.body.synthetic_step,
                    "stay": column.stay.tolist(),
                    "negative": bool((column.real < 0).any()),
                }
                maps.append(knots | facts)
        if not maps:
            raise NotApplicable("no column has forty known real rows")
        return {"maps": maps}

    def apply(self, setting: Mapping[str, Any], rows: Amended, real: Any, rng: np.random.Generator) -> Amended:
        """Map the columns; see `assay.core.protocols.Remedy.apply`."""
        table = rows.table
        for knots in setting["maps"]:
            values = table.numbers(knots["column"])
            known = np.isfinite(values) & ~np.isin(values, knots["stay"]) & ~rows.anchored
            new = on_grid(mapped(knots, np.where(known, values, 0.0), knots["spread"], rng), knots["grid"])
            if not knots["negative"]:
                new = np.maximum(new, 0.0)
            table = written(table, knots["column"], np.where(known, new, values))
        return rows.with_table(table)
