"""Values that were moved or stretched go back along a line."""

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
from assay.remedies._lines import SIZES, fitted, plainest
from assay.remedies._ordered import columns, foremost_and_all
from assay.remedies._steps import on_grid, spread
from assay.remedies._within import class_codes, residuals, spread_sign

MECHANISM = {"shift": "covariate_shift", "spread": "variance_change", "units": "artefact", "line": "variance_change"}
WORDS = {
    "shift": "by moving its values",
    "spread": "by stretching it about its mean",
    "units": "by changing its unit",
    "line": "by moving and stretching it",
}


class MatchLine(Remedy):
    """Move and stretch numeric columns so that their centre and spread are the real ones.

    Notes
    -----
    *Sign.* A smooth test of order 2 of every ordered column, on pooled ranks: location and spread (Neyman 1937; the rank tests of
    Wilcoxon and Mood together), Bonferroni over columns. Heavy single values that are as heavy in both tables are left out. Where
    the target has classes of twenty rows, also the rank spread of each column less its class means, its error by the bootstrap;
    both halves share the error.

    *Learned.* Per column the plainest line that suffices: a shift, a factor about the mean, a factor about zero (units), or
    ``a + b x``; by weighted least squares through the quantiles, shrunk by its error. Heavy single values that stayed stay, those
    that moved go exactly where the real ones are.

    *Applied.* Values on a grid are spread over its step, mapped, and rounded to the real grid, so that a stretched column has no
    holes. Where no real value is negative none becomes so.

    References
    ----------
    Neyman (1937), 'Smooth test' for goodness of fit, Skandinavisk Aktuarietidskrift 20. Schwarz (1978), Estimating the dimension
    of a model, Annals of Statistics 6. James and Stein (1961), Estimation with quadratic loss, Berkeley Symposium 4.
    """

    question = "Were the values of a column moved, stretched or put into other units?"
    mends = frozenset({"variance_change", "covariate_shift", "artefact"})
    changes = "values"
    cannot_see = (
        "Lines that differ between groups of rows other than classes; changes of shape; whether values were moved or rows "
        "selected, which look alike in one column."
    )

    def signs(self, scene: Scene) -> Sequence[Plan]:
        """Test centre and spread of every ordered column; see `assay.core.protocols.Remedy.signs`."""
        scene = scene.made
        found = columns(scene)
        tests = [(column.body.test(2), column) for column in found]
        told = [(test, column) for test, column in tests if 2 * len(found) * test.p_value < scene.error]
        told.sort(key=lambda pair: -pair[0].statistic / max(pair[0].freedom, 1))
        forms: dict[str, str] = {}
        for _, column in told:
            line, _ = plainest(column.body, scene.rng("match_line", column.name))
            forms[column.name] = line.form
        plans: list[Plan] = []
        for names in foremost_and_all(list(forms)):
            test = told[0][0]
            more = f" and {len(names) - 1} more columns" if len(names) > 1 else ""
            plans.append(
                Plan(
                    "match_line",
                    MECHANISM[forms[names[0]]],
                    min(1.0, 2 * len(found) * test.p_value),
                    float(sum(SIZES[forms[name]] for name in names)),
                    f"Centre and spread of {names[0]!r}{more} are off by {test.components[0]:+.1f} and {test.components[1]:+.1f} "
                    f"standard errors (synthetic ranks lie {'lower' if test.components[0] > 0 else 'higher'}); "
                    f"mended {WORDS[forms[names[0]]]}.",
                    tuple(names),
                    {"forms": {name: forms[name] for name in names}, "within": False},
                )
            )
        return [*plans, *self._within(scene, len(found))]

    def _within(self, scene: Scene, looked: int) -> Sequence[Plan]:
        """Test the spread within the classes of the target."""
        rng = scene.rng("match_line", "within")
        left = [(*spread_sign(within, rng), within.column.name) for within in residuals(scene, scene.numeric, rng)]
        told = sorted((p_value, z, name) for z, p_value, name in left if 2 * looked * p_value < scene.error)
        if not told:
            return ()
        p_value, z, first = told[0]
        more = f", and that of {len(told) - 1} more columns" if len(told) > 1 else ""
        return [
            Plan(
                "match_line",
                "variance_change",
                min(1.0, 2 * looked * p_value),
                float(len(told)),
                f"Within the classes of {scene.schema.target!r} the spread of {first!r} is too {'small' if z > 0 else 'large'} "
                f"by {abs(z):.1f} standard errors{more}; mended by stretching it about the classes' means.",
                tuple(name for _, _, name in told),
                {"forms": {name: "spread" for _, _, name in told}, "within": True},
            )
        ]

    def learn(self, plan: Plan, scene: Scene) -> Mapping[str, Any]:
        """Fit a line to each column; see `assay.core.protocols.Remedy.learn`."""
        scene = scene.made
        if plan.options["within"]:
            return self._learned_within(plan, scene)
        lines: list[dict[str, Any]] = []
        for column in columns(scene, plan.columns):
            own = column.body
            line = fitted(own, plan.options["forms"][column.name], scene.rng("match_line", column.name))
            if not np.isfinite([line.start, line.to, line.slope]).all():
                continue
            plain = line.form == "shift"
            lines.append(
                {
                    "column": column.name,
                    "start": 0.0 if plain else line.start,
                    "to": float(on_grid(np.array([line.to - line.start]), column.step)[0]) if plain else line.to,
                    "slope": line.slope,
                    "grid": column.step,
                    "spread": 0.0 if plain else column.synthetic_step,
                    "stay": column.stay.tolist(),
                    "moved": [list(pair) for pair in own.moved],
                    "negative": bool((column.real < 0).any()),
                }
            )
        if not lines:
            raise NotApplicable("no column is left through which a line could be drawn")
        return {"lines": lines, "target": None}

    def _learned_within(self, plan: Plan, scene: Scene) -> Mapping[str, Any]:
        """Learn a factor about the classes' means, which are those of the synthetic rows."""
        rng = scene.rng("match_line", "within")
        facts = {column.name: column for column in columns(scene, plan.columns)}
        lines: list[dict[str, Any]] = []
        for column, means, _, _ in residuals(scene, plan.columns, rng):
            if column.name in facts:
                line = fitted(column, "spread", rng, centre=0.0)
                whole = facts[column.name]
                own = {"start": 0.0, "to": 0.0, "slope": line.slope, "stay": [], "moved": [], "centres": means}
                grid = {"grid": whole.step, "spread": whole.synthetic_step, "negative": bool((whole.real < 0).any())}
                lines.append({"column": column.name} | own | grid)
        if not lines:
            raise NotApplicable("no two classes of the target have twenty rows in both tables")
        return {"lines": lines, "target": scene.schema.target}

    def apply(self, setting: Mapping[str, Any], rows: Amended, real: Any, rng: np.random.Generator) -> Amended:
        """Map the columns; see `assay.core.protocols.Remedy.apply`."""
        table = rows.table
        for line in setting["lines"]:
            values = table.numbers(line["column"])
            known = np.isfinite(values) & ~np.isin(values, line["stay"]) & ~rows.anchored
            start = np.full(len(values), line["start"])
            if setting["target"] is not None:
                codes = class_codes(table, setting["target"], list(line["centres"]))
                start = np.append(list(line["centres"].values()), np.nan)[codes]
                known &= codes >= 0
            to = start if setting["target"] is not None else line["to"]
            new = to + line["slope"] * (spread(values, line["spread"], rng) - start)
            for got, want in line["moved"]:
                new[values == got] = want
            new = on_grid(new, line["grid"])
            if not line["negative"]:
                new = np.maximum(new, 0.0)
            table = written(table, line["column"], np.where(known, new, values))
        return rows.with_table(table)
