"""Two real samples of one population must be trusted: splits of real tables, one part posing as the synthetic one.

    python bench/real_real.py --size 5000 --splits 15 --first-seed 1000
    python bench/real_real.py --size 20000 --splits 8 --first-seed 1000
    python bench/real_real.py --summary

Every split is a line in ``bench/results/real_real.jsonl``; splits that are there already are not run again.
"""

from __future__ import annotations

import argparse
import json
import time
from collections import Counter
from pathlib import Path

import assay
import tables

RESULTS = Path(__file__).parent / "results" / "real_real.jsonl"
AT_20000 = ("adult", "bank", "cardio", "diabetes", "acs")
AT_5000 = ("adult", "bank", "default", "cardio", "diabetes", "acs", "beijing", "california")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", type=int, default=5_000)
    parser.add_argument("--splits", type=int, default=15)
    parser.add_argument("--first-seed", type=int, default=1_000)
    parser.add_argument("--tables", default="")
    parser.add_argument("--jobs", type=int, default=None, help="threads of one check; two runs of one thread each finish sooner")
    parser.add_argument("--results", type=Path, default=RESULTS)
    parser.add_argument("--summary", action="store_true")
    options = parser.parse_args()
    done = read(options.results)
    if not options.summary:
        names = options.tables.split(",") if options.tables else AT_5000 if options.size <= 5_000 else AT_20000
        run(names, options, {(row["table"], row["size"], row["seed"]) for row in done})
        done = read(options.results)
    summarise(done)


def read(path: Path) -> list[dict]:
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def run(names: tuple[str, ...] | list[str], options: argparse.Namespace, there: set[tuple[str, int, int]]) -> None:
    options.results.parent.mkdir(exist_ok=True)
    whole = {name: tables.table(name) for name in names}
    for seed in range(options.first_seed, options.first_seed + options.splits):
        for name in names:
            if (name, options.size, seed) in there:
                continue
            n = options.size
            holdout = min(10_000 if n > 5_000 else 5_000, len(whole[name]) - 2 * n)
            real, second, sealed = tables.parts(whole[name], name, (n, n, holdout), seed)
            begun = time.perf_counter()
            roles = {"target": tables.TABLES[name].target, "entity": tables.TABLES[name].entity}
            report = assay.check(real, second, holdout=sealed, **roles, seed=seed, jobs=options.jobs)
            row = {
                "table": name,
                "size": n,
                "seed": seed,
                "holdout": len(sealed),
                "verdict": report.verdict,
                "rows_needed": report.rows_needed,
                "seconds": round(time.perf_counter() - begun, 2),
                "blocking": {
                    c.family: c.outcome
                    for c in report.scorecard.checks
                    if c.required and c.outcome in ("fail", "cannot_tell", "error")
                },
                "reasons": list(report.reasons)[:4],
            }
            with options.results.open("a") as file:
                file.write(json.dumps(row) + "\n")
            print(name, n, seed, report.verdict, row["seconds"], row["blocking"], flush=True)


def summarise(done: list[dict]) -> None:
    for size in sorted({row["size"] for row in done}):
        rows = [row for row in done if row["size"] == size]
        verdicts = Counter(row["verdict"] for row in rows)
        print(
            f"{size} rows, {len(rows)} splits: "
            + ", ".join(f"{name} {count / len(rows):.1%}" for name, count in verdicts.most_common())
        )
        for name in sorted({row["table"] for row in rows}):
            own = [row for row in rows if row["table"] == name]
            blocking = Counter(f"{family} {outcome}" for row in own for family, outcome in row["blocking"].items())
            trusted = sum(row["verdict"] == "trusted" for row in own)
            print(f"  {name}: trusted {trusted} of {len(own)}; {dict(blocking) or 'nothing blocks'}")


if __name__ == "__main__":
    main()
