"""What it costs to measure a generation of a loop, beside fitting and sampling it: CPU seconds on one thread.

    python bench/loop_axes.py [TABLE ...] [--rows 5000] [--holdout 2500] [--with tree_chain] [--profile]

Prints for each table the CPU seconds of ``fit`` and ``sample``, of ``measure``, their ratio, and of the floors, which are
computed once per table and size; with ``--readings`` also what the third generation scores.
"""

from __future__ import annotations

import argparse
import cProfile
import pstats
import statistics
import time

from assay.core import registry
from assay.core.threads import one_thread
from assay.data.dataset import Dataset
from assay.data.infer import infer_schema
from assay.lab.yardstick import Yardstick
from tables import TABLES, parts, table

REPEATS = 3


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("tables", nargs="*", default=["adult"])
    asked.add_argument("--rows", type=int, default=5_000)
    asked.add_argument("--holdout", type=int, default=2_500)
    asked.add_argument("--with", dest="generator", default="tree_chain")
    asked.add_argument("--profile", action="store_true")
    asked.add_argument("--readings", action="store_true")
    given = asked.parse_args()
    for name in given.tables:
        with one_thread():
            one(name, given)


def one(name: str, given: argparse.Namespace) -> None:
    first, second = parts(table(name), name, (given.rows, given.holdout), 0)
    schema = infer_schema(first, target=TABLES[name].target)
    real, holdout = Dataset(first, schema, name="real"), Dataset(second, schema, name="holdout")
    start = time.process_time()
    yardstick = Yardstick(real, holdout, size=given.rows, seed=0)
    _ = yardstick.floors
    floors = time.process_time() - start
    made, measured = [], []
    previous, rows = None, real
    readings = ()
    for generation in range(REPEATS):
        start = time.process_time()
        rows = registry.get("generator", given.generator)().fit(rows, seed=generation).sample(given.rows, seed=generation)
        middle = time.process_time()
        readings = yardstick.measure(rows, previous=previous, seed=generation)
        made.append(middle - start)
        measured.append(time.process_time() - middle)
        previous = rows
    fit, measure = statistics.median(made), statistics.median(measured)
    print(f"{name}: fit and sample {fit:.2f} s, measure {measure:.2f} s, ratio {measure / fit:.2f}; floors {floors:.1f} s, once")
    if given.readings:
        for r in readings:
            if not r.column:
                floor = f"{r.floor_low:8.4f}, {r.floor_median:8.4f}, {r.floor_high:8.4f}"
                print(f"  {r.axis:18} {r.value:8.4f} [{r.low:8.4f}, {r.high:8.4f}] floor [{floor}]")
        print("  skipped:", yardstick.skipped)
    if given.profile:
        profile = cProfile.Profile()
        profile.runcall(yardstick.measure, anew(rows), previous=previous, seed=9)
        pstats.Stats(profile).sort_stats("cumulative").print_stats(35)


def anew(rows: Dataset) -> Dataset:
    """Give the same rows as another object, so that they are encoded anew."""
    return rows.with_schema(rows.schema)


if __name__ == "__main__":
    main()
