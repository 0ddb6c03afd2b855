"""What collapses first, when, under which regime: two generators on three tables, and three networks on one.

    python bench/loop.py DIR                        run what is missing, then tell; DIR keeps the loops, so that it can be resumed
    python bench/loop.py DIR --plans networks       of Adult alone, with budgets of seconds
    python bench/loop.py --summary                  tell what is there

Replace, accumulate, mix:0.1 and fresh:0.1; trees and copulas for 8 generations and 5 seeds, of 5,000 rows (fraud: 2,500);
networks for 5 generations and 3 seeds. ``bench/results/loop.json`` has for every table, generator and regime each axis with its
floor and its values by seed and generation, what left its margin when, which published definitions of collapse are met, and the
processor's seconds. About 75 minutes of one core.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

import assay
import tables
from assay.core.files import write_atomically
from assay.lab.collapse import by_all_definitions
from assay.lab.leaving import Group, first, groups
from assay.reporting.loop import Loop

RESULTS = Path(__file__).parent / "results" / "loop.json"
REGIMES = ("replace", "accumulate", "mix:0.1", "fresh:0.1")
TREES = {"gaussian_copula": {}, "tree_chain": {}}
SMALL = {"width": 128, "batch": 256}
NETWORKS = {"vae": SMALL | {"epochs": 12}, "gan": SMALL | {"epochs": 8}, "diffusion": SMALL | {"epochs": 12, "blocks": 2}}


class Plan(NamedTuple):
    """One loop: a table and who learns from it."""

    table: str
    generators: dict[str, dict[str, Any]]
    size: int
    generations: int
    seeds: int


PLANS = {
    "fraud": Plan("fraud", TREES, 2_500, 8, 5),
    "adult": Plan("adult", TREES, 5_000, 8, 5),
    "default": Plan("default", TREES, 5_000, 8, 5),
    "networks": Plan("adult", NETWORKS, 5_000, 5, 3),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?", type=Path, help="where the loops are kept")
    parser.add_argument("--plans", default=",".join(PLANS))
    parser.add_argument("--jobs", type=int)
    parser.add_argument("--results", type=Path, default=RESULTS)
    parser.add_argument("--summary", action="store_true")
    options = parser.parse_args()
    if options.folder is None and not options.summary:
        parser.error("DIR is needed to run loops, or --summary to tell what is there")
    found = json.loads(options.results.read_text()) if options.results.exists() else {}
    for name in () if options.summary else options.plans.split(","):
        found[name] = run(PLANS[name], options.folder / name, options.jobs)
        write_atomically(options.results, (json.dumps(found, separators=(",", ":")) + "\n").encode())
    tell(found)


def run(plan: Plan, folder: Path, jobs: int | None) -> dict[str, Any]:
    real = tables.TABLES[plan.table]
    began = time.monotonic()
    loop = assay.loop(
        assay.load(tables.table(plan.table), target=real.target),
        generators=list(plan.generators),
        settings=plan.generators,
        regimes=REGIMES,
        generations=plan.generations,
        seeds=plan.seeds,
        size=plan.size,
        out=folder,
        keep="none",
        jobs=jobs,
        progress=lambda what, done, of: print(f"{time.monotonic() - began:6.0f} s  {done} of {of}  {what}", flush=True),
    )
    return {
        **plan._asdict(),
        "unfinished": [f"{descent} {number}: {reason}" for descent, number, reason in loop.trajectory.unfinished],
        "groups": list(map(told, groups(loop.trajectory))),
        "left": [each._asdict() for each in first(loop.trajectory)],
        "seconds": seconds(loop),
    }


def told(group: Group) -> dict[str, Any]:
    axes: dict[str, Any] = {}
    for name in dict.fromkeys(each.axis for line in group.lineages.values() for one in line for each in one.readings):
        readings = group.readings(name, 1)
        if readings:
            floor = (readings[0].floor_low, readings[0].floor_median, readings[0].floor_high)
            axes[name] = {"floor": rounded(floor), "values": [rounded(line) for line in group.series(name)]}
    definitions = [each._asdict() for each in by_all_definitions(group)]
    return {"generator": group.generator, "regime": group.regime, "axes": axes, "definitions": definitions}


def rounded(values: Any) -> list[float | None]:
    return [None if np.isnan(value) else float(f"{value:.4g}") for value in values]


def seconds(loop: Loop) -> dict[str, dict[str, float]]:
    """Sum fit, sample and measure by generator, and give the dearest fit."""
    out: dict[str, dict[str, float]] = {}
    for each in loop.trajectory.generations:
        own = out.setdefault(each.descent.generator, {})
        for part, took in each.seconds.items():
            own[part] = round(own.get(part, 0.0) + took, 2)
        if each.descent.regime != "accumulate":  # there every generation has more rows
            own["dearest_fit"] = round(max(own.get("dearest_fit", 0.0), each.seconds.get("fit", 0.0)), 2)
    return out


def tell(found: dict[str, Any]) -> None:
    for name, plan in found.items():
        print(f"\n{name}: {plan['table']}, {plan['size']:,} rows, {plan['generations']} generations, {plan['seeds']} seeds")
        for group in plan["groups"]:
            key = (group["generator"], group["regime"])
            left = [one for one in plan["left"] if (one["generator"], one["regime"]) == key and one["crossing"] is not None]
            at_once = [one["axis"] for one in left if one["crossing"] == 1]
            later = [f"{one['axis']} {one['crossing']} ({span(one)})" for one in left if one["crossing"] > 1]
            collapsed = [f"{one['definition']} {one['generation']}" for one in group["definitions"] if one["answer"] == "yes"]
            unknown = sum(one["answer"] == "cannot_tell" for one in group["definitions"])
            print(f"  {key[0]:16} {key[1]:11} out from the start: {', '.join(at_once) or 'nothing'}")
            print(f"{'':30} then: {', '.join(later) or 'nothing'}")
            print(f"{'':30} collapsed by: {', '.join(collapsed) or 'none'}; {unknown} cannot tell")
        for generator, took in plan["seconds"].items():
            print(f"  {generator}: " + ", ".join(f"{part} {one:.0f} s" for part, one in took.items()))
        if plan["unfinished"]:
            print(f"  unfinished: {plan['unfinished']}")


def span(one: dict[str, Any]) -> str:
    return f"{one['low'] or 'never'} to {one['high'] or 'never'}"


if __name__ == "__main__":
    main()
