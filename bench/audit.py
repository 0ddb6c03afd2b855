"""Does the privacy budget hold? A lower bound on epsilon from one fit each, from guesses of which rows were learned from.

    python bench/audit.py [--table adult] [--rows 300] [--canaries 1000] [--seeds 1]
    python bench/audit.py --summary

Canaries are rows whose columns are shuffled independently of each other: likely to none but a model that has met them. Each is
put among few sound rows with probability one half. After the fit the canaries are ranked by their log-likelihood under the fitted
generator less that under a reference, fitted without any canary; the highest tenth is guessed to be in, the lowest tenth to be
out. The number of guesses is fixed beforehand. What the right ones rule out (Steinke, Nasr and Jagielski 2023) is below epsilon
in 95% of audits if the guarantee holds. What the audit can find at all, a generator without a budget shows, and one with a
budget so large that there is hardly any noise. A bound far below epsilon is no proof: another attack may find more. Every
audit is a line in ``bench/results/audit.jsonl``; lines that are there are not run again.
"""

from __future__ import annotations

import argparse
import itertools
import json
import time
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

import assay
import tables
from assay.core.registry import get
from assay.core.seeds import spawn
from assay.data.dataset import Dataset
from assay.stats.canaries import epsilon_shown

RESULTS = Path(__file__).parent / "results" / "audit.jsonl"
BUDGETS = (None, 1.0, 4.0, 8.0, 1000.0)  # the last: what the audit finds where there is hardly any noise
SETTINGS = {"width": 64, "batch": 128, "epochs": 80, "rate": 0.01}  # long and fast: what can be remembered, is
GUESSED = 0.2  # share of the canaries, half of them as in and half as out
SAME = ("table", "rows", "canaries", "epsilon", "seed")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--table", default="adult", choices=("made", *tables.TABLES))
    parser.add_argument("--rows", type=int, default=300)
    parser.add_argument("--canaries", type=int, default=1_000)
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--results", type=Path, default=RESULTS)
    parser.add_argument("--summary", action="store_true")
    options = parser.parse_args()
    if not options.summary:
        run(options)
    summarise(read(options.results))


def read(path: Path) -> list[dict]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()] if path.exists() else []


def run(options: argparse.Namespace) -> None:
    there = {tuple(line[key] for key in SAME) for line in read(options.results)}
    options.results.parent.mkdir(exist_ok=True)
    for seed, epsilon in itertools.product(range(options.seeds), BUDGETS):
        task = {"table": options.table, "rows": options.rows, "canaries": options.canaries, "epsilon": epsilon, "seed": seed}
        if tuple(task[key] for key in SAME) in there:
            continue
        begun = time.process_time()
        line = task | audit(**task)
        line["cpu_seconds"] = round(time.process_time() - begun, 1)
        with options.results.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")
        print(line, flush=True)


def likelihoods(generator: Any, rows: Dataset) -> np.ndarray:
    return np.nan_to_num(generator.log_likelihood(rows), neginf=-1e6)


@cache
def reference(table: str, rows: int, canaries: int, seed: int) -> Any:
    """Fit without canaries: what is likely anyway."""
    sound, _ = parts(table, rows, canaries, spawn(seed, "audit", table))
    return get("generator", "autoregressive")(**SETTINGS).fit(sound, seed=seed)


def audit(table: str, rows: int, canaries: int, epsilon: float | None, seed: int) -> dict:
    """Fit once, guess, and bound epsilon."""
    rng = spawn(seed, "audit", table)
    sound, planted = parts(table, rows, canaries, rng)
    inside = rng.random(canaries) < 0.5
    real = Dataset(pa.concat_tables([sound.table, planted.table.filter(pa.array(inside))]), sound.schema)
    order = rng.permutation(len(real))
    delta = 1 / (10 * len(real))
    settings = SETTINGS | ({"patience": 0} if epsilon is None else {"epsilon": epsilon, "delta": delta, "noise": "system"})
    made = get("generator", "autoregressive")
    generator = made(**settings).fit(real.take(order), seed=seed)
    expected = likelihoods(reference(table, rows, canaries, seed), planted)
    score = likelihoods(generator, planted) - expected
    count = round(GUESSED * canaries / 2)
    ranked = np.argsort(score + 1e-9 * rng.random(canaries))  # ties are broken by chance
    right = int(inside[ranked[-count:]].sum() + (~inside[ranked[:count]]).sum())
    numbers = {"canaries": canaries, "guesses": 2 * count, "delta": 0.0 if epsilon is None else delta}
    return {
        "rows_fitted": len(real),
        "delta": numbers["delta"],
        "guesses": 2 * count,
        "right": right,
        "epsilon_shown": round(epsilon_shown(**numbers, right=right), 4),
        "ceiling": round(epsilon_shown(**numbers, right=2 * count), 4),
        "epsilon_spent": None if epsilon is None else round(generator.privacy_["epsilon_spent"], 4),
    }


def parts(table: str, rows: int, canaries: int, rng: np.random.Generator) -> tuple[Dataset, Dataset]:
    """Give rows to learn from, and canaries."""
    whole = made_table(rows, rng) if table == "made" else tables.table(table)
    target = "y" if table == "made" else tables.TABLES[table].target
    known = assay.load(whole, target=target)
    sound = known.take(rng.permutation(len(known))[:rows])
    columns = [sound.table.column(name).take(pa.array(rng.integers(0, len(sound), canaries))) for name in sound.names]
    return sound, Dataset(pa.table(columns, schema=sound.table.schema), sound.schema)


def made_table(rows: int, rng: np.random.Generator) -> pa.Table:
    """Make a table that needs no file: twelve columns, two of numbers."""
    kind = rng.integers(0, 4, rows)
    columns = {f"c{at}": pa.array([f"l{part}" for part in (kind + rng.integers(0, 6, rows)) % 8]) for at in range(10)}
    numbers = {"x": pa.array(rng.normal(kind)), "y": pa.array(kind > 1)}
    return pa.table(columns | numbers)


def summarise(lines: list[dict]) -> None:
    """Print the audits of each budget."""
    print(f"{'table':8} {'epsilon':>8} {'spent':>7} {'right of guesses':>18} {'shown':>7} {'ceiling':>8} {'CPU s':>6}")
    for line in sorted(lines, key=lambda each: (each["table"], each["epsilon"] or 1e9, each["seed"])):
        budget = "none" if line["epsilon"] is None else f"{line['epsilon']:g}"
        spent = "" if line["epsilon_spent"] is None else f"{line['epsilon_spent']:.3f}"
        guesses = f"{line['right']} of {line['guesses']}"
        shown, ceiling = line["epsilon_shown"], line["ceiling"]
        print(f"{line['table']:8} {budget:>8} {spent:>7} {guesses:>18} {shown:7.3f} {ceiling:8.3f} {line['cpu_seconds']:6.0f}")


if __name__ == "__main__":
    main()
