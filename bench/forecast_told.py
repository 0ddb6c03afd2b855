"""What the benchmark of forecasts tells: coverage by axis, table and cell, and what the package takes from it."""

from __future__ import annotations

import json
import math
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from scipy.special import stdtrit

from assay.core.seeds import spawn
from assay.lab.forecast_conformal import Score, distances, interval, simultaneous
from assay.lab.forecast_pilots import Key, Pilot
from assay.lab.forecast_scores import FILE
from assay.lab.forecast_stretch import LEAST_REPLICATES, Stretch, quantile, stretches
from forecast_cells import AXES, SEEN, Cell, five, inside, line_through, one_step

DEVELOPED_ON = ("adult",)
LEAST_CELL = 0.8


def held_out(cell: Cell) -> Iterator[dict]:
    """Score every held-out lineage on every axis, by the map's own intervals, and baselines; a failed one lies infinitely far."""
    for axis, pilot in cell.pilots.items():
        first, later = cell.values(axis, cell.first), cell.values(axis, cell.later)
        if not len(later):
            continue
        rng = spawn(0, "bench", cell.table, cell.generator, cell.regime, axis)
        paths = pilot.map.draw(cell.generations, 4_000, rng)
        own = interval(paths)
        scores = distances(pilot.scale.to(later), own)[:, SEEN:]
        yield {
            "cell": cell,
            "axis": axis,
            "pilot": pilot,
            "scores": np.where(np.isnan(scores), np.inf, scores),
            "own": own,
            "whole": simultaneous(paths, SEEN + 1),
            "naive": inside(later[:, SEEN:], *line_through(later)),
            "step": inside(later[:, SEEN:], *one_step(first, later)),
            "five": inside(later[:, SEEN:], *five(first)),
        }


def known(found: list[dict], without: str | None) -> dict[str, float]:
    """Learn the stretch of every axis from the held-out lineages of all tables but one, those that did not fail.

    Every replicate counts once, and tables have as many each, so they weigh alike. The correction is that of a new replicate, as
    if tables did not differ: of fewer than nine tables there is no 90% quantile that reckons with a new one. Coverage with the
    whole table left out says what that is worth.
    """
    scores: dict[str, list[Score]] = defaultdict(list)
    for line in found:
        cell: Cell = line["cell"]
        if cell.table != without:
            scores[line["axis"]] += [
                Score(f"{cell.table}|{descent.seed}", k + 1, float(one))  # under all generators and regimes alike
                for descent, row in zip(cell.later, line["scores"], strict=True)
                for k, one in enumerate(row)
                if np.isfinite(one)
            ]
    told: dict[str, float] = {}
    for axis, own in scores.items():
        q, replicates = quantile(own)
        told[axis] = round(q if replicates >= LEAST_REPLICATES else max(q, 1.0), 3)
    if told:
        told[""] = round(float(np.exp(np.mean(np.log(list(told.values()))))), 3)
    return told


def package_stretches(cells: list[Cell], others: dict[str, float]) -> dict[tuple[str, int], Stretch]:
    """Give what the package's own function says of one table and generator, with all regimes, as a user's forecast has them."""
    found: dict[Key, Pilot] = {}
    for cell in cells:
        found |= {name: one for name, one in cell.found[0].items() if one.axis in AXES}
    return stretches(found, 0, others)


def summarise(cells: list[Cell], found: list[dict]) -> None:
    if not found:
        print("nothing is there")
        return
    groups: dict[tuple[str, str], list[Cell]] = defaultdict(list)
    for cell in cells:
        groups[cell.table, cell.generator].append(cell)
    others = {table: known(found, table) for table in {table for table, _ in groups}}
    alone = {name: package_stretches(own, {}) for name, own in groups.items()}
    told = {name: package_stretches(own, others[name[0]]) for name, own in groups.items()}
    covered: dict[Cell, list[np.ndarray]] = defaultdict(list)
    shown: dict[tuple[str, str], list[tuple[float, ...]]] = defaultdict(list)
    for line in found:
        cell, at, scores, pilot = line["cell"], line["own"], line["scores"], line["pilot"]
        name, what = (cell.table, cell.generator), (pilot.axis, pilot.rows)
        by = [each[name][what].over(SEEN, cell.generations) for each in (alone, told)]
        back = pilot.scale.back
        wide = (back(at.middle + by[1] * (at.high - at.middle)) - back(at.middle - by[1] * (at.middle - at.low)))[SEEN:]
        covered[cell].append(scores <= by[1][SEEN:])
        row = [np.mean(scores <= one) for one in (1.0, by[0][SEEN:], by[1][SEEN:])]
        row += [np.mean((scores <= by[1][SEEN:] * line["whole"]).all(axis=1)), np.median(wide)]
        row += [value for kind in ("five", "naive", "step") for value in (line[kind][0].mean(), line[kind][1])]
        for group in (("axis", line["axis"]), ("all", "average"), ("table", cell.table)):
            shown[group].append(tuple(map(float, row)))
    head = ("map", "pilots", "left out", "simult.", "width", "five", "width", "naive", "width", "step", "width")
    print(f"{'':24}" + "".join(f"{one:>9}" for one in head))
    for (_, name), rows in sorted(shown.items()):
        means, medians = np.mean(rows, axis=0), np.nanmedian(rows, axis=0)
        wide = {4, 6, 8, 10}
        print(f"{name:24}" + "".join(f"{(medians if k in wide else means)[k]:9.3f}" for k in range(len(head))))
    print("\nby cell, whole tables left out (share of readings inside 90% intervals; held-out lineages; of these failed)")
    rates: dict[Cell, float] = {}
    for cell, parts in covered.items():
        rates[cell] = float(np.mean([part.mean() for part in parts]))
        gone = len({descent for descent, _, _ in cell.trajectory.unfinished} & set(cell.later))
        print(f"{cell.table:12} {cell.generator:18} {cell.regime:12} {rates[cell]:6.3f} {len(cell.later):4} {gone:4}")
    _lowest(rates, found)
    _conclude(cells, found, rates)


def _lowest(rates: dict[Cell, float], found: list[dict]) -> None:
    """Say which cell is covered least, and how low five whole loops fall."""
    whole: dict[Cell, list[float]] = defaultdict(list)
    for line in found:
        whole[line["cell"]].append(float(line["five"][0].mean()))
    five_loops = {cell: float(np.mean(own)) for cell, own in whole.items()}
    print()
    for name, own in (("forecast", rates), ("five whole loops", five_loops)):
        cell = min(own, key=lambda one: own[one])
        under = sum(rate < LEAST_CELL for rate in own.values())
        print(
            f"{name}: lowest cell {own[cell]:.3f} ({cell.table}, {cell.generator}, {cell.regime}); {under} below {LEAST_CELL:.2f}"
        )


def _conclude(cells: list[Cell], found: list[dict], rates: dict[Cell, float]) -> None:
    """Say how much there is, what is missing, and what it proves of a new table."""
    lineages = sum(len(cell.later) for cell in rates)
    replicates = len({(cell.table, descent.seed) for cell in rates for descent in cell.later})
    failed = sum(len({descent for descent, _, _ in cell.trajectory.unfinished} & set(cell.later)) for cell in rates)
    by_table: dict[str, list[float]] = defaultdict(list)
    for cell, rate in rates.items():
        by_table[cell.table].append(rate)
    print(
        f"\n{lineages} held-out lineages, {failed} of them failed (not covered), of {replicates} replicates, "
        f"in {len(rates)} cells of {len(by_table)} tables"
    )
    print(f"whole tables left out: {_over_tables(by_table)}")
    fresh = {table: own for table, own in by_table.items() if table not in DEVELOPED_ON}
    print(f"without {', '.join(DEVELOPED_ON)}, on which the method was developed: {_over_tables(fresh)}")
    reasons: Counter[str] = Counter()
    for cell in cells:
        untold = cell.found[1]
        for axis in AXES:
            if axis not in cell.pilots:
                why = [reason for what, reason in untold.items() if f", {axis}, " in what]
                reasons[why[0] if why else "not measured on this table"] += 1
    cellwise = sum(not cell.pilots for cell in cells)
    print(
        f"forecast: {len(found)} axes of cells; dropped: {sum(reasons.values())} axes of cells, {cellwise} whole cells"
        + "".join(f"\n  {count} x {reason}" for reason, count in reasons.most_common())
    )
    broken = sum(line["pilot"].broken for line in found)
    print(f"of the axes forecast, {broken} have so many failed pilots that the package says it cannot tell when they leave")
    spent = np.array([cell.seconds for cell in cells]).mean(axis=0)
    print(f"a cell's pilots take {spent[0]:.0f} s, the same lineages to the end {spent[1]:.0f} s")


def _over_tables(by_table: dict[str, list[float]]) -> str:
    """Give the mean over tables with Student's 95% interval over them."""
    means = np.array([np.mean(own) for own in by_table.values()])
    if len(means) < 2:
        return f"{means.mean():.3f} on one table, which proves nothing of another" if len(means) else "no table"
    reach = stdtrit(len(means) - 1, 0.975) * means.std(ddof=1) / math.sqrt(len(means))
    return f"{means.mean():.3f} ({means.mean() - reach:.3f} to {means.mean() + reach:.3f}, 95% over {len(means)} tables)"


def ship(found: list[dict], generations: int) -> None:
    """Write the stretch of every axis, from all tables, for the package, with what it was measured on."""
    cells: list[Cell] = [line["cell"] for line in found]
    about = {name: sorted({getattr(cell, part) for cell in cells}) for name, part in ORIGIN.items()}
    lineages = sum(len(cell.later) for cell in set(cells))
    stretch = dict(sorted(known(found, None).items()))
    document = {**about, "lineages": lineages, "generations": [SEEN + 1, generations], "pilots": SEEN, "stretch": stretch}
    path = Path(__file__).parents[1] / "src" / "assay" / "lab" / FILE
    path.write_text(json.dumps(document, indent=1) + "\n")


ORIGIN = {"tables": "table", "generators": "generator", "regimes": "regime"}
