"""Do forecasts of loops hold? Pilots of three generations, then held-out lineages that ran to the end.

    python bench/forecast.py                 make what is missing, then tell
    python bench/forecast.py --summary       tell what is there
    python bench/forecast.py --ship          also write what the package takes from it

Every cell (table, generator, regime) has ten lineages of eight generations of 1,000 rows: five are pilots, of which the forecast
sees three generations, five are held out: 5 x 4 x 4 regimes x 5 = 400 held-out lineages. Reported by cell and on average, of
generations 4 to 8 and all axes asked: coverage of 90% intervals, with the stretch from pilots alone and with that of the other
tables (the whole table left out), coverage of whole lineages (simultaneous), width, and seconds; beside them the straight line
through a lineage's own three readings, one step repeated, and five whole lineages (Student's interval for a sixth).
``--safe`` then runs 60 fresh lineages at the shares that were called safe. About 1.5 seconds a generation: 80 cells of 80
generations take 2.7 hours of one core. ``bench/results/forecast.jsonl`` has one line per lineage and generation; what is there
is not run again.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import sys
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from scipy.special import stdtrit

import assay
import tables
from assay.core.seeds import spawn
from assay.core.trajectory import Descent, Generation, Reading, Trajectory
from assay.data.dataset import Dataset
from assay.lab.forecast_conformal import LEVEL, Score, distances, factor, interval, scores_within, simultaneous
from assay.lab.forecast_pilots import Pilot, pilots
from assay.lab.forecast_scores import FILE
from assay.lab.forecast_share import safe_share
from assay.stats.intervals import clopper_pearson

RESULTS = Path(__file__).parent / "results"
TABLES = ("adult", "default", "shoppers", "magic", "california")
GENERATORS: dict[str, dict[str, object]] = {
    "gaussian_copula": {},
    "marginals": {},
    "bootstrap_rows": {},
    "tree_chain": {"trees": 2},
}
REGIMES = ("replace", "accumulate", "mix:0.1", "fresh:0.1")
AXES = ("two_sample_auc", "tail_mass", "tstr", "log_variance", "pair_dependence", "support", "rare_survival", "mode_coverage")
KEPT = ("value", "low", "high", "floor_low", "floor_median", "floor_high")
PILOTS, SEEN = 5, 3


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tables", default=",".join(TABLES))
    parser.add_argument("--generators", default=",".join(GENERATORS))
    parser.add_argument("--regimes", default=",".join(REGIMES))
    parser.add_argument("--rows", type=int, default=1_000)
    parser.add_argument("--generations", type=int, default=8)
    parser.add_argument("--seeds", type=int, default=10, help="lineages of a cell; the first five are pilots")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--results", type=Path, default=RESULTS / "forecast.jsonl")
    parser.add_argument("--safe", action="store_true", help="run 60 fresh lineages at the shares called safe")
    parser.add_argument("--summary", action="store_true")
    parser.add_argument("--ship", action="store_true")
    options = parser.parse_args()
    if not options.summary:
        for name in options.tables.split(","):
            for generator in options.generators.split(","):
                make(options, name, generator, options.regimes.split(","), range(options.seeds))
    cells = list(read(options.results))
    found = [line for cell in cells for line in held(cell)]
    summarise(found)
    if options.safe:
        safe(options, cells)
    if options.ship:
        ship(found)


@cache
def dataset(name: str) -> Dataset:
    return assay.load(tables.table(name), target=tables.TABLES[name].target, entity=tables.TABLES[name].entity)


def make(options: argparse.Namespace, name: str, generator: str, regimes: list[str], seeds: range) -> None:
    """Run the lineages of a table and generator that are missing, in one loop, and keep their readings."""
    there = {(line["table"], line["generator"], line["regime"], line["seed"]) for line in lines(options.results)}
    missing = [regime for regime in regimes if any((name, generator, regime, one) not in there for one in seeds)]
    if not missing:
        return
    with TemporaryDirectory() as folder:
        found = assay.loop(
            dataset(name),
            generators=generator,
            settings={generator: GENERATORS[generator]},
            regimes=missing,
            generations=options.generations,
            seeds=len(seeds),
            size=options.rows,
            out=folder,
            keep="none",
            jobs=options.jobs,
        )
    with options.results.open("a") as file:
        for each in found.trajectory.generations:
            descent, readings = (
                each.descent,
                {one.axis: [getattr(one, part) for part in KEPT] for one in each.readings if not one.column},
            )
            line = {"table": name, **descent._asdict(), "rows": options.rows, "number": each.number}
            file.write(json.dumps({**line, "seconds": round(sum(each.seconds.values()), 3), "readings": readings}) + "\n")
    print(f"{name} {generator}: {', '.join(missing)}", file=sys.stderr, flush=True)


def lines(path: Path) -> list[dict]:
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


class Cell:
    """The lineages of a table, generator and regime: pilots and held-out ones."""

    def __init__(self, table: str, generator: str, regime: str, trajectory: Trajectory) -> None:
        self.table, self.generator, self.regime, self.trajectory = table, generator, regime, trajectory
        self.pilots = {axis: one for (_, _, axis, _), one in pilots([trajectory])[0].items() if axis in AXES}

    @property
    def seconds(self) -> tuple[float, float]:
        """Seconds of the pilots as far as they are seen, and of as many lineages to the end."""
        own = [each for each in self.trajectory.generations if each.descent.seed < PILOTS]
        return tuple(sum(each.seconds["all"] for each in own if each.number <= most) for most in (SEEN, 10**6))  # type: ignore[return-value]


def read(path: Path) -> Iterator[Cell]:
    groups: dict[tuple[str, str, str], list[Generation]] = defaultdict(list)
    rows = 0
    for line in lines(path):
        rows = line["rows"]
        descent = Descent(line["generator"], line["regime"], line["seed"])
        readings = tuple(Reading(axis, *numbers) for axis, numbers in line["readings"].items())
        groups[line["table"], line["generator"], line["regime"]].append(
            Generation(descent, line["number"], readings, {"all": line["seconds"]})
        )
    for key, generations in groups.items():
        yield Cell(*key, Trajectory(tuple(generations), {}, {"size": rows}))


def held(cell: Cell) -> Iterator[dict]:
    """Score every held-out lineage on every axis, by the map's own intervals, and the two baselines."""
    for axis, pilot in cell.pilots.items():
        if pilot.lineages <= PILOTS or pilot.generations <= SEEN or np.isnan(pilot.values).any():
            continue
        seen = part(pilot, slice(0, PILOTS), SEEN)
        rng = spawn(0, "bench", cell.table, cell.generator, cell.regime, axis)
        within = scores_within(seen.scaled, seen.noise, seen.regimen, rng, name=f"{cell.table}|{seen.name}")
        paths = seen.map.draw(pilot.generations, 4_000, rng)
        own = interval(paths)
        whole = simultaneous(paths, SEEN + 1)
        later = pilot.scaled[PILOTS:]
        yield {
            "table": cell.table,
            "generator": cell.generator,
            "regime": cell.regime,
            "axis": axis,
            "scale": pilot.scale,
            "scores": distances(later, own)[:, SEEN:],
            "own": own,
            "whole": whole,
            "within": within,
            "naive": inside(pilot.values[PILOTS:, SEEN:], *line_through(pilot.values[PILOTS:])),
            "step": inside(pilot.values[PILOTS:, SEEN:], *one_step(pilot.values)),
            "five": inside(pilot.values[PILOTS:, SEEN:], *five(pilot.values[:PILOTS])),
            "seconds": cell.seconds,
        }


def part(pilot: Pilot, lineages: slice, generations: int) -> Pilot:
    cut = pilot.cut(generations)
    return Pilot(cut.generator, cut.regime, cut.axis, cut.rows, cut.values[lineages], cut.scale, cut.noise, cut.limits)


def inside(values: np.ndarray, low: np.ndarray, high: np.ndarray) -> tuple[np.ndarray, float]:
    """Give which values are inside, and the median width."""
    return (values >= low) & (values <= high), float(np.median(high - low))


def line_through(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Extrapolate a lineage's own three readings linearly, with the classical prediction interval."""
    at, ahead = np.arange(1.0, SEEN + 1), np.arange(SEEN + 1.0, values.shape[1] + 1)
    middle = at.mean()
    slope = ((at - middle) * values[:, :SEEN]).sum(axis=1) / ((at - middle) ** 2).sum()
    level = values[:, :SEEN].mean(axis=1)
    apart = values[:, :SEEN] - level[:, None] - slope[:, None] * (at - middle)
    spread = np.sqrt((apart**2).sum(axis=1) / (SEEN - 2))
    reach = (
        stdtrit(SEEN - 2, (1 + LEVEL) / 2)
        * spread[:, None]
        * np.sqrt(1 + 1 / SEEN + (ahead - middle) ** 2 / ((at - middle) ** 2).sum())
    )
    told = level[:, None] + slope[:, None] * (ahead - middle)
    return told - reach, told + reach


def one_step(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Repeat the pilots' mean first step, with the spread of their first steps."""
    steps = values[:PILOTS, 1] - values[:PILOTS, 0]
    ahead = np.arange(SEEN, values.shape[1])
    told = values[PILOTS:, :1] + steps.mean() * ahead
    reach = stdtrit(PILOTS - 1, (1 + LEVEL) / 2) * steps.std(ddof=1) * math.sqrt(1 + 1 / PILOTS) * np.ones_like(told)
    return told - reach, told + reach


def five(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Run the loop five times: Student's interval for a sixth lineage."""
    later = values[:, SEEN:]
    reach = stdtrit(len(later) - 1, (1 + LEVEL) / 2) * later.std(axis=0, ddof=1) * math.sqrt(1 + 1 / len(later))
    return later.mean(axis=0) - reach, later.mean(axis=0) + reach


def stretches(found: list[dict], without: str | None) -> dict[str, float]:
    """Learn the stretch of every axis from the held-out lineages of all tables but one."""
    scores: dict[str, list[Score]] = defaultdict(list)
    for line in found:
        if line["table"] != without:
            name = f"{line['table']}|{line['generator']}|{line['regime']}"
            scores[line["axis"]] += [
                Score(f"{name}|{at}", k, float(one))
                for at, row in enumerate(line["scores"])
                for k, one in enumerate(row)
                if np.isfinite(one)
            ]
    return {axis: factor(own) for axis, own in scores.items()}


def summarise(found: list[dict]) -> None:
    if not found:
        print("nothing is there")
        return
    others = {table: stretches(found, table) for table in {line["table"] for line in found}}
    pooled: dict[tuple[str, str], list[Score]] = defaultdict(list)
    for line in found:  # what a user's own forecast has: all regimes of one generator and table
        pooled[line["table"] + line["generator"], line["axis"]] += line["within"]
    cells: dict[tuple[str, ...], list[np.ndarray]] = defaultdict(list)
    shown: dict[tuple[str, str], list[tuple[float, ...]]] = defaultdict(list)
    for line in found:
        own = pooled[line["table"] + line["generator"], line["axis"]]
        alone = factor(own)
        told = factor(own, known=others[line["table"]].get(line["axis"], 1.0))
        scores, at = line["scores"], line["own"]
        back = line["scale"].back
        width = float(
            np.median((back(at.middle + told * (at.high - at.middle)) - back(at.middle - told * (at.middle - at.low)))[SEEN:])
        )
        cells[line["table"], line["generator"], line["regime"]].append(scores <= told)
        row = [np.mean(scores <= one) for one in (1.0, alone, told)]
        row += [np.mean(scores.max(axis=1) <= told * line["whole"]), width]
        row += [value for kind in ("five", "naive", "step") for value in (line[kind][0].mean(), line[kind][1])]
        shown["axis", line["axis"]].append(tuple(map(float, row)))
        shown["all", "average"].append(tuple(map(float, row)))
        shown["table", line["table"]].append(tuple(map(float, row)))
    head = ("map", "pilots", "left out", "simult.", "width", "five", "width", "naive", "width", "step", "width")
    print(f"{'':24}" + "".join(f"{one:>9}" for one in head))
    for (_, name), rows in sorted(shown.items()):
        means, medians = np.mean(rows, axis=0), np.median(rows, axis=0)
        wide = {4, 6, 8, 10}
        print(f"{name:24}" + "".join(f"{(medians if k in wide else means)[k]:9.3f}" for k in range(len(head))))
    rates = {key: float(np.mean([part.mean() for part in parts])) for key, parts in cells.items()}
    lineages = sum(len(parts[0]) for parts in cells.values())
    spent = np.array([line["seconds"] for line in found]).mean(axis=0)
    average = float(np.mean(list(rates.values())))
    print(f"\n{lineages} held-out lineages in {len(cells)} cells; whole tables left out: {average:.3f} on average")
    print(
        "lowest cells: "
        + "; ".join(f"{' '.join(key)} {rate:.2f}" for key, rate in sorted(rates.items(), key=lambda one: one[1])[:8])
    )
    print(f"a cell's pilots take {spent[0]:.0f} s, the same lineages to the end {spent[1]:.0f} s")


def safe(options: argparse.Namespace, cells: list[Cell]) -> None:
    """Ask for the share that keeps each axis inside, and run 60 fresh lineages there."""
    groups: dict[tuple[str, str, str], dict[float, Pilot]] = defaultdict(dict)
    for cell in cells:
        name, _, share = cell.regime.partition(":")
        if name in ("replace", "mix"):
            for axis, pilot in cell.pilots.items():
                groups[cell.table, cell.generator, axis][float(share or 0)] = part(pilot, slice(0, PILOTS), SEEN)
    asked: dict[tuple[str, str, float], list[str]] = defaultdict(list)
    for (table, generator, axis), tried in groups.items():
        if any(share > 0 for share in tried):
            rng = spawn(0, "bench", "safe", table, generator, axis)
            scores = [
                score
                for pilot in tried.values()
                for score in scores_within(pilot.scaled, pilot.noise, pilot.regimen, rng, name=pilot.name)
            ]
            answer = safe_share("mix", tried, options.generations, factor(scores), rng)
            print(f"{table} {generator} {axis}: {answer.status} {answer.share} ({answer.low} to {answer.high})")
            if answer.status == "share" and answer.share is not None and answer.share < 1.0:
                asked[table, generator, math.ceil(answer.share * 20) / 20].append(axis)
    path = options.results.with_name(options.results.stem + "_safe.jsonl")
    fresh = argparse.Namespace(**{**vars(options), "results": path})
    for (table, generator, share), axes in asked.items():
        if share >= 1.0:
            continue
        make(fresh, table, generator, [f"mix:{share}"], range(PILOTS + 60))
        for cell in read(path):
            if (cell.table, cell.generator, cell.regime) != (table, generator, f"mix:{share}"):
                continue
            for axis in axes:
                pilot = cell.pilots[axis]
                kept = (pilot.outside(pilot.scaled[PILOTS:]) <= 0.0).all(axis=1)
                low, high = clopper_pearson(int(kept.sum()), len(kept))
                told = f"{kept.mean():.0%} of {len(kept)} stay inside ({low:.0%} to {high:.0%})"
                print(f"{table} {generator} {axis} at mix:{share}: {told}")


def ship(found: list[dict]) -> None:
    """Write the stretch of every axis, from all tables, for the package."""
    told = stretches(found, None)
    told[""] = round(float(np.exp(np.mean(np.log(list(told.values()))))), 3)
    path = Path(__file__).parents[1] / "src" / "assay" / "lab" / FILE
    path.write_text(json.dumps(dict(sorted(told.items())), indent=1) + "\n")


if __name__ == "__main__":
    main()
