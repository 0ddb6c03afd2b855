"""Single values that come far too often are thinned, or drawn anew where they stand for a cut tail."""

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
from assay.remedies._ordered import foremost_and_all
from assay.remedies._spikes import Spike, ends_at, spikes
from assay.remedies._steps import on_grid, step_of
from assay.remedies._tails import drawn, tail_of


class ThinSpikes(Remedy):
    """Bring single values, or nulls, that come far too often back to their real share.

    Notes
    -----
    *Sign.* Values of numeric columns that hold 1% of the synthetic rows, half as much again as of the real ones, and stand out
    from their neighbours; and nulls of any column. With k of n real and K of m synthetic rows there, k given k + K is binomial
    with chance n / (n + m) if shares are equal; one-sided, Bonferroni over all that was looked at. Weighted rows count with their
    effective number, entities by the factor that they inflate the variance of the share.

    *Learned.* The share r of real rows there, against q. At an end of the synthetic range with real rows beyond, the spike is a
    clipped tail: ``(q - r) / q`` of its rows are drawn anew from the real tail, smoothed. Elsewhere its rows are as good as
    others but too many, and stay with chance ``r (1 - q) / (q (1 - r))``.

    References
    ----------
    Przyborowski and Wilenski (1940), Homogeneity of results in testing samples from Poisson series, Biometrika 31 (the
    conditional test). Pickands (1975), Statistical inference using extreme order statistics, Annals of Statistics 3 (tails).
    """

    question = "Does a single value, or null, come far more often than in reality?"
    mends = frozenset({"artefact", "missingness_change", "tail_loss"})
    changes = "rows"
    also = frozenset({"values"})
    cannot_see = (
        "Levels of categories that come too often; values of columns with fewer than 15 real values. What a row had before a "
        "default overwrote it is lost: its rows are thinned, not repaired."
    )

    def signs(self, scene: Scene) -> Sequence[Plan]:
        """Look for values that are too heavy; see `assay.core.protocols.Remedy.signs`."""
        scene = scene.made
        found, looked = spikes(scene)
        told = sorted((spike for spike in found if looked * spike.p_value < scene.error), key=lambda spike: -spike.surplus)
        if not told:
            return ()
        plans: list[Plan] = []
        for names in foremost_and_all(list(dict.fromkeys(spike.column for spike in told))):
            chosen = [spike for spike in told if spike.column in names]
            first = told[0]
            what = "Nulls of" if first.value is None else "A single value of"
            more = f"; {len(chosen) - 1} more spikes" if len(chosen) > 1 else ""
            plans.append(
                Plan(
                    "thin_spikes",
                    "missingness_change" if first.value is None else "artefact",
                    min(1.0, looked * max(spike.p_value for spike in chosen)),
                    float(sum(3 if spike.end else 1 for spike in chosen)),
                    f"{what} {first.column!r} make{'' if first.value is None else 's'} up {first.synthetic:.1%} of the synthetic "
                    f"rows and {first.real:.1%} of the real ones{more}.",
                    tuple(names),
                    {"spikes": [[spike.column, spike.value, spike.end] for spike in chosen]},
                )
            )
        return plans

    def learn(self, plan: Plan, scene: Scene) -> Mapping[str, Any]:
        """Learn shares and tails; see `assay.core.protocols.Remedy.learn`."""
        scene = scene.made
        thinned: list[dict[str, Any]] = []
        for column, value, end in plan.options["spikes"]:
            spike = Spike.at(scene, column, value)
            if spike is None or spike.synthetic <= spike.real:
                continue
            tail = None
            real = scene.real.numbers(column) if value is not None else np.empty(0)
            real = real[np.isfinite(real)]
            if end and value is not None and ends_at(scene, column, value) == end:
                tail = tail_of(real, value, end > 0)
            q, r = spike.synthetic, spike.real
            thinned.append(
                {
                    "column": column,
                    "value": value,
                    "tail": tail,
                    "grid": step_of(real) if len(real) else 0.0,
                    "share": (q - r) / q if tail is not None else r * (1 - q) / (q * (1 - r)) if q < 1 else 1.0,
                }
            )
        if not thinned:
            raise NotApplicable("no value is left that comes too often")
        return {"spikes": thinned}

    def apply(self, setting: Mapping[str, Any], rows: Amended, real: Any, rng: np.random.Generator) -> Amended:
        """Draw the surplus of clipped tails anew and thin the rest; see `assay.core.protocols.Remedy.apply`."""
        table, kept = rows.table, np.ones(len(rows), dtype=bool)
        for spike in setting["spikes"]:
            name, chance = spike["column"], rng.random(len(rows))
            if spike["value"] is None:
                kept &= ~rows.table.nulls(name) | (chance < spike["share"]) | rows.anchored
                continue
            values = table.numbers(name)
            there = (rows.table.numbers(name) == spike["value"]) & ~rows.anchored
            if spike["tail"] is None:
                kept &= ~there | (chance < spike["share"])
                continue
            moved = np.flatnonzero(there & (chance < spike["share"]))
            values = values.copy()
            values[moved] = on_grid(drawn(spike["tail"], len(moved), rng), spike["grid"])
            table = written(table, name, values)
        out = rows.with_table(table)
        return out if kept.all() or not kept.any() else out.take(np.flatnonzero(kept)).weighed(np.ones(int(kept.sum())))
