"""Exact nearest neighbours against the bare matrix products they rest on, and against others, in one run.

    python bench/neighbours.py                          100,000 queries in 100,000 references of 30 columns, two threads
    python bench/neighbours.py --sdmetrics PYTHON       and SDMetrics' distance to the closest record for 2,000 rows, by the
                                                        interpreter of an environment of its own that holds sdmetrics

Queries are asked in rounds, and every candidate has its turn in every round, so that other work on the machine hits all alike;
seconds are sums over rounds, and the ratio is that of the sums. Assay's two neighbours include the time to prepare the
references. The bare products are those of queries and references (30
columns, without norms) into a buffer that is used again: in our blocks on one BLAS thread per task, and in the fastest of some
other shapes, among them BLAS's own threads. Slow candidates are asked fewer queries, which is said; ratios are per query.
The result is written to ``bench/results/neighbours.json``.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import numpy as np
from threadpoolctl import threadpool_info, threadpool_limits

from assay.stats.neighbours import QUERY_BLOCK, REFERENCE_BLOCK, References

RESULTS = Path(__file__).parent / "results" / "neighbours.json"
SHAPES = ((256, 1024), (512, 512), (512, 4096), (1024, 512))
DCR = """
import sys, time
import numpy as np, pandas as pd, sdmetrics
from sdmetrics.single_table.privacy.dcr_utils import calculate_dcr
queries, references = (pd.DataFrame(np.load(path, allow_pickle=False)).rename(columns=str) for path in sys.argv[1:3])
metadata = {"columns": {name: {"sdtype": "numerical"} for name in references.columns}}
begun = time.perf_counter()
calculate_dcr(reference_dataset=references, dataset=queries, metadata=metadata)
print(sdmetrics.__version__, time.perf_counter() - begun)
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--columns", type=int, default=30)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--sdmetrics", default="", help="Python of an environment with sdmetrics")
    parser.add_argument("--results", type=Path, default=RESULTS)
    options = parser.parse_args()
    rng = np.random.default_rng(0)
    queries, references = (rng.normal(size=(options.rows, options.columns)).astype(np.float32) for _ in range(2))
    jobs = options.jobs
    part = options.rows // options.rounds
    few, fewest = max(part // 8, 1), max(part // 20, 1)
    candidates: dict[str, tuple[int, Callable[[np.ndarray], object]]] = {
        "bare products, our blocks": (part, lambda asked: bare(asked, references, QUERY_BLOCK, REFERENCE_BLOCK, jobs)),
        "Assay, 2 neighbours": (part, lambda asked: known.nearest(asked, 2, jobs=jobs)),
        "Assay, 1 neighbour": (few, lambda asked: known.nearest(asked, 1, jobs=jobs)),
        "Assay, 10 neighbours": (few, lambda asked: known.nearest(asked, 10, jobs=jobs)),
    }
    for shape in SHAPES:
        candidates[f"bare products, {shape[0]} x {shape[1]}"] = (
            few,
            lambda asked, shape=shape: bare(asked, references, *shape, jobs),
        )
    candidates["bare products, BLAS's own threads"] = (few, lambda asked: wide(asked, references, jobs))
    if installed("faiss-cpu"):
        search = "Assay's proof around faiss, 2 neighbours"
        candidates[search] = (few, lambda asked: known.nearest(asked, 2, jobs=jobs, backend="faiss"))
    candidates["scikit-learn, brute, 2 neighbours"] = (fewest, lambda asked: brute(asked, references, jobs))
    begun, spent = time.perf_counter(), time.process_time()
    known = References(references)
    known.nearest(queries[:1], 2)
    prepared = time.perf_counter() - begun, time.process_time() - spent
    timed = {name: {"queries": 0, "seconds": 0.0, "cpu_seconds": 0.0} for name in candidates}
    timed["Assay, 2 neighbours"].update(seconds=prepared[0], cpu_seconds=prepared[1])
    bare(queries[:2048], references, QUERY_BLOCK, REFERENCE_BLOCK, jobs)  # warm
    for turn in range(options.rounds):
        for name, (count, ask) in candidates.items():
            asked = queries[turn * part : turn * part + count]
            begun, spent = time.perf_counter(), time.process_time()
            ask(asked)
            timed[name]["seconds"] += time.perf_counter() - begun
            timed[name]["cpu_seconds"] += time.process_time() - spent
            timed[name]["queries"] += count
    best = min((name for name in timed if name.startswith("bare")), key=lambda name: timed[name]["seconds"])
    ours = timed["bare products, our blocks"]
    for row in timed.values():
        for base, column in ((ours, "ratio_to_our_blocks"), (timed[best], "ratio_to_best_products")):
            row[column] = round(row["seconds"] / row["queries"] / (base["seconds"] / base["queries"]), 3)
        row["cpu_ratio"] = round(row["cpu_seconds"] / row["queries"] / (ours["cpu_seconds"] / ours["queries"]), 3)
        row["seconds"], row["cpu_seconds"] = round(row["seconds"], 3), round(row["cpu_seconds"], 3)
    result = {
        "references": options.rows,
        "columns": options.columns,
        "jobs": jobs,
        "rounds": options.rounds,
        "best_products": best,
        "versions": {name: installed(name) for name in ("numpy", "scikit-learn", "faiss-cpu")},
        "blas": sorted({f"{lib['internal_api']} {lib['version']} {lib.get('architecture')}" for lib in threadpool_info()}),
        "cores": os.cpu_count(),
        "candidates": timed,
    }
    if options.sdmetrics:
        result["sdmetrics"] = closest_record(options.sdmetrics, queries[:2_000], references[:2_000])
    for name, row in timed.items():
        print(
            f"{name:45s} {row['queries']:>7,} queries {row['seconds']:8.2f} s ({row['cpu_seconds']:.2f} s of a core), "
            f"{row['ratio_to_our_blocks']:.2f} of the products in our blocks, {row['ratio_to_best_products']:.2f} of the best"
        )
    print("best products:", best, *([result["sdmetrics"]] if "sdmetrics" in result else []))
    options.results.parent.mkdir(exist_ok=True)
    options.results.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")


def bare(queries: np.ndarray, references: np.ndarray, query_block: int, reference_block: int, jobs: int) -> None:
    """Multiply block by block and throw the products away."""

    def block(start: int) -> None:
        left = queries[start : start + query_block].T
        buffer = np.empty((reference_block, left.shape[1]), dtype=np.float32)
        for at in range(0, len(references), reference_block):
            part = references[at : at + reference_block]
            np.matmul(part, left, out=buffer[: len(part)])

    with threadpool_limits(1), ThreadPoolExecutor(jobs) as pool:
        list(pool.map(block, range(0, len(queries), query_block)))


def wide(queries: np.ndarray, references: np.ndarray, jobs: int) -> None:
    """Multiply large blocks on BLAS's own threads."""
    with threadpool_limits(jobs):
        buffer = np.empty((4096, 1024), dtype=np.float32)
        for start in range(0, len(queries), 1024):
            left = queries[start : start + 1024].T
            for at in range(0, len(references), 4096):
                part = references[at : at + 4096]
                np.matmul(part, left, out=buffer[: len(part), : left.shape[1]] if left.shape[1] == 1024 else None)


def brute(queries: np.ndarray, references: np.ndarray, jobs: int) -> None:
    from sklearn.neighbors import NearestNeighbors

    with threadpool_limits(jobs):
        NearestNeighbors(n_neighbors=2, algorithm="brute", n_jobs=jobs).fit(references).kneighbors(queries)


def closest_record(python: str, queries: np.ndarray, references: np.ndarray) -> dict[str, object]:
    """Time SDMetrics on its own, and us on the same rows."""
    with tempfile.TemporaryDirectory() as folder:
        paths = [Path(folder) / "queries.npy", Path(folder) / "references.npy"]
        for path, rows in zip(paths, (queries, references), strict=True):
            np.save(path, rows.astype(np.float64))
        ran = subprocess.run([python, "-c", DCR, *map(str, paths)], capture_output=True, text=True, check=True)
    found, seconds = ran.stdout.split()
    begun = time.perf_counter()
    References(references).nearest(queries, 1)
    own = time.perf_counter() - begun
    return {"version": found, "rows": len(queries), "seconds": round(float(seconds), 3), "assay_seconds": round(own, 4)}


def installed(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


if __name__ == "__main__":
    main()
