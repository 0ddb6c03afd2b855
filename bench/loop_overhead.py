"""What does the loop itself cost, beside fitting, sampling and measuring? Seconds of processor time, tree_chain on Adult.

    python bench/loop_overhead.py                         5,000 rows, 3 generations, replace and accumulate
    python bench/loop_overhead.py --size 1000 --keep all

A loop runs in one process with a gauge that measures nothing, and the generator's own fits and samples are timed inside it. The
rest is the loop's own: cutting, making up corpora, writing and reading tables, digests and scores. It may be a fifth of the fits'
and samples' time.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections import defaultdict

import numpy as np
import pyarrow as pa

import tables
from assay.core import registry
from assay.core.threads import one_thread
from assay.core.trajectory import Reading
from assay.data.dataset import Dataset
from assay.data.infer import infer_schema
from assay.lab.loop import Looping, LoopPlan
from assay.lab.loop_step import Maker, Workshop
from assay.lab.loop_store import Store

MOST = 0.2


class Nothing:
    """Measures nothing."""

    def measure(self, rows: Dataset, *, previous: Dataset, seed: int) -> tuple[Reading, ...]:
        """Give one reading that is always the same."""
        del rows, previous, seed
        return (Reading("nothing", 0.0, 0.0, 0.0, 0.0, 0.0, 0.0),)


class Timed:
    """A generator whose own processor time is taken."""

    spent: defaultdict[str, float] = defaultdict(float)

    def __init__(self, name: str) -> None:
        self.inner = registry.get("generator", name)()

    def fit(self, real: Dataset, *, seed: int = 0) -> Timed:
        """Fit."""
        began = time.process_time()
        self.inner.fit(real, seed=seed)
        self.spent["fit"] += time.process_time() - began
        return self

    def sample(self, n: int, *, seed: int) -> Dataset:
        """Draw."""
        began = time.process_time()
        rows = self.inner.sample(n, seed=seed)
        self.spent["sample"] += time.process_time() - began
        return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--generator", default="tree_chain")
    parser.add_argument("--size", type=int, default=5_000)
    parser.add_argument("--generations", type=int, default=3)
    parser.add_argument("--regimes", default="replace,accumulate")
    parser.add_argument("--keep", default="last")
    asked = parser.parse_args()
    table = tables.table("adult")
    rows = np.random.default_rng(0).permutation(len(table))[: 4 * asked.size]
    table = table.take(pa.array(rows))
    pool = Dataset(table, infer_schema(table, target=tables.TABLES["adult"].target), name="real")
    makers = {asked.generator: Maker(asked.generator, {"name": asked.generator}, Timed)}
    plan = LoopPlan.of((asked.generator,), tuple(asked.regimes.split(",")), asked.generations, 1)
    registry.get("generator", asked.generator)  # imports are no part of it
    with tempfile.TemporaryDirectory() as folder, one_thread():
        store = Store(folder)
        store.claim({}, {})
        looping = Looping(Workshop(pool, makers, Nothing(), store, size=asked.size, seed=0), plan, keep=asked.keep)
        wall, began = time.perf_counter(), time.process_time()
        trajectory = looping.run(real={}, settings={})
        whole, wall = time.process_time() - began, time.perf_counter() - wall
    if trajectory.unfinished:
        raise SystemExit(f"Unfinished: {trajectory.unfinished}")
    print(f"{asked.generator}, {asked.size:,} rows, {looping.total} generations ({asked.regimes}), keep {asked.keep}")
    fits, drawn = Timed.spent["fit"], Timed.spent["sample"]
    print(f"  processor: fits {fits:.2f} s, samples {drawn:.2f} s, in all {whole:.2f} s; clock {wall:.2f} s")
    own = fits + drawn
    share = (whole - own) / own
    kept = "within" if share <= MOST else "OVER"
    print(f"  the loop's own: {whole - own:.2f} s, {share:.1%} of fits and samples ({kept} {MOST:.0%})")


if __name__ == "__main__":
    main()
