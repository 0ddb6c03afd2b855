"""How true are the rows of each generator, and what do they cost: five real tables, three seeds, the floor beside them.

    python bench/generators/run.py                                   all generators on all tables
    python bench/generators/run.py --tables adult --with tree_chain,vae --seeds 3
    python bench/generators/run.py --ctgan /tmp/ctgan/bin/python     CTGAN and TVAE too, in an environment of their own:
        python3.11 -m venv /tmp/ctgan && /tmp/ctgan/bin/pip install -r bench/generators/requirements-ctgan.txt
    python bench/generators/run.py --summary

Every table, generator and seed is a line in ``bench/results/generators.jsonl``; what is there is not run again. The generator
``holdout`` is what the sealed real rows score: the floor. What is scored and how: ``scores.py``. One fit at a time, on all
cores, so that seconds can be compared: trees take seconds, networks some minutes, CTGAN and TVAE a quarter of an hour each.
"""

from __future__ import annotations

import argparse
import itertools
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import parts
import pyarrow.parquet as pq
import scores

from assay.data.impose import impose

HERE = Path(__file__).parent
RESULTS = HERE.parent / "results" / "generators.jsonl"
OURS = ("tree_chain", "autoregressive", "gaussian_copula", "marginals", "bootstrap_rows", "vae", "gan", "diffusion")
PEERS = ("CTGAN", "TVAE")
FLOOR = "holdout"
SHOWN = (
    "shape_error",
    "trend_error",
    "two_sample_auc",
    "tstr",
    "trtr",
    "copied_share",
    "fit_seconds",
    "sample_seconds",
    "cpu_seconds",
    "memory_mib",
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tables", default=",".join(parts.NAMES))
    parser.add_argument("--with", dest="names", default=",".join(OURS))
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--set", dest="settings", action="append", default=[], metavar="KEY=VALUE", help="of the generator")
    parser.add_argument("--ctgan", default="", help="Python of an environment with ctgan")
    parser.add_argument("--results", type=Path, default=RESULTS)
    parser.add_argument("--summary", action="store_true")
    options = parser.parse_args()
    if not options.summary:
        run(options)
    summarise(read(options.results))


def run(options: argparse.Namespace) -> None:
    there = {(line["table"], line["generator"], line["seed"]) for line in read(options.results)}
    names = [FLOOR, *options.names.split(","), *(PEERS if options.ctgan else ())]
    seeds = range(options.first_seed, options.first_seed + options.seeds)
    for seed, name, table in itertools.product(seeds, names, options.tables.split(",")):
        if (table, name, seed) in there or (name == FLOOR and seed != options.first_seed):
            continue
        begun = time.monotonic()
        line = {"table": table, "generator": name, "seed": seed, "settings": options.settings}
        line |= one(table, name, seed, options)
        options.results.parent.mkdir(exist_ok=True)
        with options.results.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")
        print(f"{time.monotonic() - begun:.0f} s", json.dumps(line), file=sys.stderr, flush=True)


@cache
def judge(table: str) -> scores.Judge:
    return scores.Judge(*parts.split(table))


def one(table: str, name: str, seed: int, options: argparse.Namespace) -> dict[str, Any]:
    """Fit and draw in a process of its own, then score."""
    known = judge(table)
    if name == FLOOR:
        rows = known.sealed
        found = {**known.distances(rows), "copied_share": known.repeats, "trtr": known.attainable}
        half = np.random.default_rng(0).permutation(len(rows))
        first, second = (known.holdout.take(part) for part in np.array_split(half, 2))
        found["two_sample_auc"] = scores.Judge(known.train, second).two_sample(known.codec.ordinal(first))
        return {key: round(value, 5) for key, value in found.items()}
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        if name in PEERS:
            pq.write_table(known.train.table, folder / "train.parquet")
            levels = [column.name for column in known.schema.columns if not column.ordered]
            command = [options.ctgan, str(HERE / "peer_ctgan.py"), name, str(seed), place, json.dumps(levels)]
        else:
            command = [sys.executable, str(HERE / "fit.py"), table, name, str(seed), place, *options.settings]
        ran = subprocess.run(command, capture_output=True, text=True, check=False)
        if ran.returncode:
            return {"failed": ran.stderr[-400:]}
        synthetic = impose(pq.read_table(folder / "synthetic.parquet"), known.schema, name="synthetic")
        cost = json.loads((folder / "cost.json").read_text())
    return known.scores(synthetic, seed) | cost


def read(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()] if path.exists() else []


def summarise(lines: list[dict[str, Any]]) -> None:
    """Print means over seeds."""
    for table in dict.fromkeys(line["table"] for line in lines):
        head = "shape  trend    AUC    TSTR  (TRTR)  copies      membership      coverage  seconds     CPU    MiB  seeds"
        print(f"\n{table:16} {head}")
        for name, group in grouped([line for line in lines if line["table"] == table]):
            if any("failed" in line for line in group):
                print(f"{name:16} failed: {group[0].get('failed', '')[-120:]!r}")
                continue
            mean = {key: float(np.mean([line[key] for line in group])) for key in SHOWN if key in group[0]}
            attack = np.mean([line["membership"] for line in group], axis=0) if "membership" in group[0] else [np.nan] * 3
            cover = np.mean([line["mode_coverage"] for line in group], axis=0) if "mode_coverage" in group[0] else [np.nan] * 3
            seconds = mean.get("fit_seconds", 0.0) + mean.get("sample_seconds", 0.0)
            print(
                f"{name:16} {mean['shape_error']:5.2f}  {mean['trend_error']:5.2f}  {mean['two_sample_auc']:5.3f}  "
                f"{mean.get('tstr', np.nan):6.4f} ({mean['trtr']:5.4f})  {mean['copied_share']:6.2%}  "
                f"{attack[0]:4.1%} ({attack[1]:4.1%} to {attack[2]:4.1%})  {cover[0]:.3f}  {seconds:7.1f} "
                f"{mean.get('cpu_seconds', np.nan):7.1f}  {mean.get('memory_mib', np.nan):5.0f}  {len(group)}"
            )


def grouped(lines: list[dict[str, Any]]) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    for name in dict.fromkeys(line["generator"] for line in lines):
        yield name, [line for line in lines if line["generator"] == name]


if __name__ == "__main__":
    main()
