"""Do the toy worlds keep the laws? Expected, simulated, standard error and z for each law at several parameters.

    python bench/laws.py              simulate and print the table
    python bench/laws.py --summary    what is there

``bench/results/laws.json`` holds a line for each law, setting and statistic, at its last generation and at the generation
furthest off, and what the largest run asked for takes: 1,000 seeds, 100 generations and 1,000 rows of the normal world under
``replace``, through sufficient statistics and with actual rows, in seconds of one core. About a minute of one core in all. About
one z in 16,000 is beyond 4 by chance; z of neighbouring generations hang together.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

from assay.core.files import write_atomically
from assay.lab.laws import expected, simulate
from assay.lab.worlds.passage import CollapseTime

RESULTS = Path(__file__).parent / "results" / "laws.json"
SEED = 77
RARE = [*[0.02] * 20, 0.6]
Case = tuple[str, str, str, int, int, int, dict[str, Any]]


def cases() -> list[Case]:
    """Give law, world, regime, generations, size, seeds and settings."""
    found: list[Case] = []
    for size in (5, 20, 100):
        found += [("1", "gaussian", "replace", 10, size, 20_000, {"estimator": name}) for name in ("unbiased", "mle")]
    found += [("1", "gaussian", "replace", 6, 20, 10_000, {"dimension": d}) for d in (2, 5)]
    found += [("2", "gaussian", "accumulate", 20, size, 20_000, {"estimator": "mle"}) for size in (4, 20, 100)]
    for share, size in ((0.1, 20), (0.2, 20), (0.5, 50)):
        found.append(("3", "gaussian", f"fresh:{share}", 30, size, 20_000, {"estimator": "mle"}))
        found.append(("3", "gaussian", f"fresh:{share}", 30, size, 20_000, {"estimator": "mle", "bias": 0.8}))
        found.append(("3", "gaussian", f"mix:{share}", 20, size, 20_000, {"estimator": "mle"}))
    found += [("3", "gaussian", "replace", 10, 50, 20_000, {"bias": bias}) for bias in (0.8, 1.1)]
    for regime in ("weighted:golden", "weighted:0.5"):
        found += [("4", "gaussian", regime, 20, 20, 20_000, {"beside": beside}) for beside in (5, 20, 100)]
    for d, size in ((2, 20), (5, 30), (10, 40)):
        for regime in ("replace", "accumulate"):
            found += [("5", "regression", regime, 10, size, 5_000, {"dimension": d, "design": s}) for s in ("fresh", "same")]
    found += [("5", "regression", "accumulate_subsample", 12, 200, 2_000, {"dimension": d}) for d in (1, 2)]
    found += [("5", "regression", "replace", 5, size, 1_000, {"dimension": 20, "noise": 0.0}) for size in (5, 15)]
    for regime in ("replace", "accumulate"):
        found.append(("5", "regression", regime, 10, 25, 10_000, {"design": "orthogonal", "ridge": 5.0}))
    found += [("6", "shifted", f"fresh:{p}", 2, n, 10_000, {"dimension": 10}) for p, n in ((0.5, 40), (0.9, 40), (0.9, 400))]
    for regime in ("replace", "accumulate", "accumulate_subsample", "mix:0.1", "fresh:0.1"):
        found += [("7", "categories", regime, 20, size, 5_000, {"probabilities": RARE}) for size in (20, 100)]
    for c in (2, 5, 20):
        p = [*[c / 20_000] * 10, 1 - c / 2_000]
        found.append(("7", "categories", "replace", 60, 20_000, 2_000, {"probabilities": p}))
    found += [
        ("8", "tails", "replace", 2, size, 300, {"exponent": 1.5, "cut": cut}) for size in (300, 3_000) for cut in (None, 50)
    ]
    for flip in (0.3, 0.7, 0.8):
        found.append(("9", "verifier", "curated", 1, 100, 20_000, {"flip": flip, "keep_right": 0.9, "keep_wrong": 0.3}))
    found += [("10", "kernel", "replace", 15, 30, 10_000, {"bandwidth": h}) for h in (0.1, 0.3, "silverman")]
    found += [("10", "kernel", r, 10, 30, 4_000, {"bandwidth": 0.3}) for r in ("accumulate", "fresh:0.2", "mix:0.2")]
    for way in ("known", "estimated", "debiased", "own"):
        found += [("11", "worth", f"weighted:{way}", 1, 50, 200_000, {"made": 1_000, "delta": delta}) for delta in (0.0, 0.3)]
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--summary", action="store_true")
    options = parser.parse_args()
    if not options.summary:
        lines: list[dict[str, Any]] = []
        for case in cases():
            lines += compare(*case)
            print(f"{len(lines)} numbers, {case[1]} {case[2]}", file=sys.stderr, flush=True)
        lines += [line for size, fall in ((20, 1.0), (50, float(np.log(10))), (100, 2.0)) for line in collapse(size, fall)]
        found = {"seed": SEED, "laws": lines, "seconds": {"statistics": timed(rows=False), "rows": timed(rows=True)}}
        write_atomically(RESULTS, (json.dumps(found, indent=1) + "\n").encode())
    show(json.loads(RESULTS.read_text()))


def compare(law: str, world: str, regime: str, generations: int, size: int, seeds: int, settings: dict) -> list[dict[str, Any]]:
    """Hold a simulation against the closed form."""
    known = expected(world, regime, generations, size, **settings)
    simulated = simulate(world, regime, generations, size, seeds, seed=SEED, only=list(known), **settings)
    lines: list[dict[str, Any]] = []
    for name, numbers in known.items():
        error, mean = simulated.standard_error(name), simulated.mean(name)
        moved = error > 1e-12 * np.maximum(1.0, np.abs(mean))  # where all lineages are alike there is nothing to compare
        if not moved.any():
            continue
        z = np.where(moved, simulated.z(name, numbers), 0.0)
        at = generations - 1 if moved[-1] else int(np.flatnonzero(moved)[-1])
        told = {key: part for key, part in settings.items() if key != "probabilities"}
        if "probabilities" in settings:
            told["rare"] = settings["probabilities"][0]
        lines.append(
            {
                "law": law,
                "world": world,
                "regime": regime,
                "size": size,
                "seeds": seeds,
                "settings": told,
                "statistic": name,
                "generation": at + 1,
                "expected": float(numbers[at]),
                "simulated": float(mean[at]),
                "standard_error": float(error[at]),
                "z": float(z[at]),
                "furthest_z": float(z[np.abs(z).argmax()]),
            }
        )
    return lines


def collapse(size: int, fall: float) -> list[dict[str, Any]]:
    """Hold the time to collapse against its law: the mean, and the chances to have collapsed at the law's own deciles."""
    law, seeds = CollapseTime(size, fall), 4_000
    generations = int(law.quantile(0.9999))
    lineages = simulate("gaussian", "replace", generations, size, seeds, seed=SEED, only=["log_variance"])
    times = lineages.first_below("log_variance", -fall)
    found = times[times > 0]
    places = {f"collapsed by {round(law.quantile(q))}": round(law.quantile(q)) for q in (0.1, 0.5, 0.9)}
    rows = [("time to collapse", law.mean, float(found.mean()), float(found.std() / np.sqrt(len(found))))]
    for name, at in places.items():
        chance = float(law.reached(at))
        rows.append((name, chance, float((found <= at).sum() / seeds), float(np.sqrt(chance * (1 - chance) / seeds))))
    common = {"law": "12", "world": "gaussian", "regime": "replace", "size": size, "seeds": seeds, "settings": {"fall": fall}}
    return [
        common
        | {"statistic": name, "generation": generations, "expected": law_value, "simulated": value, "standard_error": error}
        | {"z": (value - law_value) / error, "furthest_z": (value - law_value) / error}
        for name, law_value, value, error in rows
    ]


def timed(*, rows: bool) -> float:
    """Give the seconds of processor time that the largest run takes, the median of three."""
    taken: list[float] = []
    for at in range(3):
        begun = time.process_time()
        simulate("gaussian", "replace", 100, 1_000, 1_000, seed=at, rows=rows)
        taken.append(time.process_time() - begun)
    return sorted(taken)[1]


def show(found: dict[str, Any]) -> None:
    names = ("law", "world", "regime", "size", "settings", "statistic", "n", "expected", "simulated", "error", "z", "worst")
    print("{:>3} {:11}{:21}{:>6}  {:50}{:18}{:>5}{:>11}{:>11}{:>9}{:>6}{:>6}".format(*names))
    for line in found["laws"]:
        settings = ", ".join(
            f"{key} {part:g}" if isinstance(part, float) else f"{key} {part}" for key, part in line["settings"].items()
        )
        print(
            f"{line['law']:>3} {line['world']:11}{line['regime']:21}{line['size']:6d}  {settings:50}{line['statistic']:18}"
            f"{line['generation']:5d}{line['expected']:11.5g}{line['simulated']:11.5g}{line['standard_error']:9.2g}"
            f"{line['z']:6.1f}{line['furthest_z']:6.1f}"
        )
    worst = np.array([line["furthest_z"] for line in found["laws"]])
    last = np.array([line["z"] for line in found["laws"]])
    print(f"{len(worst)} comparisons: z at the end has mean {last.mean():.2f} and spread {last.std():.2f}.")
    print(f"{(np.abs(worst) > 4).sum()} are beyond 4 in some generation; the furthest is at {worst[np.abs(worst).argmax()]:.1f}.")
    seconds = found["seconds"]
    print(
        f"1,000 seeds x 100 generations x 1,000 rows: {seconds['statistics']:.3f} s of a core; with rows {seconds['rows']:.2f} s."
    )


if __name__ == "__main__":
    main()
