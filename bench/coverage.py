"""Do the intervals hold the truth? Coverage of every measure's 95% interval, on its effect scale, at two sizes.

    python bench/coverage.py
    python bench/coverage.py --groups counts --rows 5000 --repetitions 10
    python bench/coverage.py --summary

Every repetition is a line in ``bench/results/coverage.jsonl``; repetitions that are there already are not run again. Each
group of measures runs without damage ("null") and with damage; the table says where the truth comes from. Misses "below" are
truths below the interval, "above" truths above it. The Monte-Carlo error is two standard deviations of the coverage, taken
over repetitions, whose items go together. Where the truth is the mean over R repetitions, each effect is part of it and
seems nearer to it by the share 1/(2 R), next to nothing.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import time
from collections import defaultdict
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from threadpoolctl import threadpool_limits

import coverage_classifier
import coverage_counts
import coverage_planted
from coverage_entry import Entry

RESULTS = Path(__file__).parent / "results" / "coverage.jsonl"
DIGITS = 5


class Group(NamedTuple):
    """Measures that are repeated together: how, under which damage, and how often at each number of rows."""

    once: Callable[[int, int, float], list[Entry]]
    harm: float
    repetitions: dict[int, int]


GROUPS: dict[str, Group] = {
    "counts": Group(coverage_counts.once, 1.0, {5_000: 100, 20_000: 100}),
    "planted": Group(coverage_planted.once, 0.03, {5_000: 60, 20_000: 20}),
    "classifier": Group(coverage_classifier.once, 0.15, {5_000: 60, 20_000: 20}),
    "regression": Group(partial(coverage_classifier.once, task="regression"), 0.15, {5_000: 20}),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--groups", nargs="+", choices=tuple(GROUPS), default=list(GROUPS))
    parser.add_argument("--rows", type=int, nargs="+", default=[5_000, 20_000])
    parser.add_argument("--repetitions", type=int, help="instead of each group's own number")
    parser.add_argument("--results", type=Path, default=RESULTS)
    parser.add_argument("--summary", action="store_true")
    options = parser.parse_args()
    if not options.summary:
        options.results.parent.mkdir(exist_ok=True)
        with threadpool_limits(1):
            run(options.groups, options.rows, options.repetitions, options.results)
    print(table(summary(read(options.results))))


def read(path: Path) -> list[dict[str, Any]]:
    """Read all repetitions; a line cut short by an interruption is left out, and its repetition runs again."""
    found: list[dict[str, Any]] = []
    for line in path.read_text().splitlines() if path.exists() else ():
        try:
            found.append(json.loads(line))
        except json.JSONDecodeError:
            continue
    return found


def run(groups: Iterable[str], sizes: Iterable[int], repetitions: int | None, path: Path) -> None:
    """Run what is not there yet."""
    there = {(line["group"], line["rows"], line["harm"], line["seed"]) for line in read(path)}
    if path.exists() and not path.read_bytes().endswith(b"\n") and path.stat().st_size:
        with path.open("a") as file:
            file.write("\n")
    for name in groups:
        group = GROUPS[name]
        for rows in sizes:
            for seed in range(repetitions or group.repetitions.get(rows, 0)):
                for harm in (0.0, group.harm):
                    if (name, rows, harm, seed) in there:
                        continue
                    begun = time.perf_counter()
                    entries = group.once(rows, seed, harm)
                    line = {
                        "group": name,
                        "rows": rows,
                        "harm": harm,
                        "seed": seed,
                        "seconds": round(time.perf_counter() - begun, 2),
                        **shortened(entries),
                    }
                    with path.open("a") as file:
                        file.write(json.dumps(line) + "\n")
                        file.flush()
                        os.fsync(file.fileno())


def shortened(entries: list[Entry]) -> dict[str, Any]:
    """Count hits where the truth is known, with the places of misses; keep the intervals where it is not yet."""
    counted: dict[str, dict[str, Any]] = {}
    kept: list[list[Any]] = []
    for entry in entries:
        if entry.truth is None:
            bounds = [float(f"{number:.{DIGITS}g}") for number in (entry.low, entry.effect, entry.high)]
            kept.append([entry.measure, entry.part, entry.source, entry.key, *bounds])
            continue
        own = counted.setdefault(f"{entry.measure} {entry.part} {entry.source}", {"intervals": 0, "below": [], "above": []})
        own["intervals"] += 1
        if entry.truth < entry.low:
            own["below"].append(entry.key)
        elif entry.truth > entry.high:
            own["above"].append(entry.key)
    return {"counted": counted, "intervals": kept}


def summary(lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Sum up each measure's part at each size: one row without damage, one with."""
    misses: defaultdict[tuple[Any, ...], dict[int, tuple[int, int, int]]] = defaultdict(dict)
    unknown: defaultdict[tuple[Any, ...], list[tuple[int, str, np.ndarray]]] = defaultdict(list)
    for line in lines:
        place = (line["rows"], line["harm"] > 0)
        for name, own in line["counted"].items():
            counts = own["intervals"], len(own["below"]), len(own["above"])
            misses[(line["group"], *name.split(), *place)][line["seed"]] = counts
        for measure, part, source, key, *bounds in line["intervals"]:
            unknown[(line["group"], measure, part, source, *place)].append((line["seed"], key, np.array(bounds)))
    for name, found in unknown.items():
        misses[name] = _around_means(found)
    return [
        {
            "group": group,
            "measure": f"{measure} ({part})",
            "rows": rows,
            "run": "damaged" if damaged else "null",
            "truth": source,
            **_covered(np.array(list(found.values()), dtype=float)),
        }
        for (group, measure, part, source, rows, damaged), found in sorted(misses.items())
    ]


def _around_means(found: list[tuple[int, str, np.ndarray]]) -> dict[int, tuple[int, int, int]]:
    """Count, by repetition, the intervals and those above and below their key's mean effect."""
    effects: defaultdict[str, list[float]] = defaultdict(list)
    for _, key, (_, effect, _) in found:
        effects[key].append(effect)
    repetitions = len({seed for seed, _, _ in found})
    counts: dict[int, tuple[int, int, int]] = {}
    for seed, key, (low, _, high) in found:
        if 2 * len(effects[key]) < repetitions:
            continue  # a place that is seldom looked at has no mean to speak of
        truth = np.mean(effects[key])
        total, below, above = counts.get(seed, (0, 0, 0))
        counts[seed] = total + 1, below + int(truth < low), above + int(truth > high)
    return counts


def _covered(counts: np.ndarray) -> dict[str, Any]:
    """Give the shares of hits and misses, and their error, from counts of shape (repetitions, 3)."""
    repetitions = len(counts)
    total, below, above = counts.sum(axis=0)
    rates = counts[:, 1:].sum(axis=1) / counts[:, 0]
    # Without a single miss the repetitions show no spread: as if one more had been one.
    spread = float(rates.std(ddof=1)) if repetitions > 1 and rates.max() > 0 else math.sqrt(1.0 / (repetitions + 1))
    return {
        "repetitions": repetitions,
        "intervals": int(total),
        "coverage": 1.0 - (below + above) / total,
        "error": 2.0 * spread / math.sqrt(repetitions),
        "below": below / total,
        "above": above / total,
    }


def table(rows: list[dict[str, Any]]) -> str:
    """Lay the summary out as a table in Markdown."""
    lines = [
        "| measure | rows | run | truth | repetitions | intervals | coverage | 2 sd | below | above |",
        "|---|---:|---|---|---:|---:|---:|---:|---:|---:|",
    ]
    for row in rows:
        name = row["measure"] + (", regression" if row["group"] == "regression" else "")
        shares = " | ".join(f"{row[part]:.3f}" for part in ("coverage", "error", "below", "above"))
        lines.append(
            f"| {name} | {row['rows']} | {row['run']} | {row['truth']} | {row['repetitions']} | {row['intervals']} | {shares} |"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    main()
