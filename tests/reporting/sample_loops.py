"""Loops of a few generations, made without a generator: for tests of what people see."""

from __future__ import annotations

from assay.core.trajectory import Descent, Generation, Reading, Trajectory
from assay.lab.loop_record import Origin
from assay.lab.portrait import Bins, Layout, Plane, Portrait
from assay.reporting.loop import Loop

AXES = ("rare_survival", "two_sample_auc", "tstr", "believed_auc", "believed_score")


def layout(columns=("x",), levels=("a", "b")) -> Layout:
    """Two bins of a number, two levels, four cells."""
    numbers = tuple(Bins(name, "number", ("1", "2"), (20, 60, 20), (0.3, 0.4, 0.3)) for name in columns)
    level = Bins("level", "level", tuple(levels), (50,) * len(levels), (round(1 / len(levels), 4),) * len(levels))
    plane = Plane((("x",), ("level", "x")), 2, ((0, 0), (0, 1), (1, 1)), (40, 30, 20), 10)
    return Layout((*numbers, level), plane, (0.9, 0.8, 0.7))


def portrait(found: Layout, number: int) -> Portrait:
    """Rows that gather in the first bin, generation by generation."""
    columns = {bins.column: tuple(10 + (5 * number if at == 0 else 0) for at in range(len(bins.real))) for bins in found.bins}
    return Portrait(columns, (50, 20, 10), 2 * number)


def loop(
    generators=("toy",),
    regimes=("replace", "accumulate"),
    *,
    generations=3,
    seeds=2,
    axes=AXES,
    columns=("x",),
    levels=("a", "b"),
) -> Loop:
    """A loop whose two-sample AUC rises by 0.1 a generation under the first regime, and whose believed one stays."""
    found = layout(columns, levels)
    slopes = {"two_sample_auc": 0.1, "tstr": -0.1, "rare_survival": -0.2}
    made: list[Generation] = []
    origins = {}
    for generator in generators:
        for regime in regimes:
            for seed in range(seeds):
                descent = Descent(generator, regime, seed)
                for number in range(1, generations + 1):
                    step = number - 1 if regime == regimes[0] else 0
                    readings = []
                    for axis in axes:
                        start = 1.0 if axis == "rare_survival" else 0.8 if axis in ("tstr", "believed_score") else 0.5
                        value = start + slopes.get(axis, 0.0) * step + 0.002 * seed
                        readings.append(Reading(axis, value, value - 0.01, value + 0.01, start - 0.02, start, start + 0.02))
                    for at, column in enumerate((*columns, "level")):
                        value = 0.1 * step * (at + 1)
                        readings.append(Reading("log_variance", value, value, value, -0.05, 0.0, 0.05, column))
                    made.append(Generation(descent, number, tuple(readings), {"fit": 1.0, "sample": 0.5, "measure": 0.25}))
                    origins[descent, number] = Origin("c" * 64, number, {"rows": 50.0}, {}, portrait(found, number))
    real = {"rows": 300, "columns": 3, "sha256": "a" * 64, "holdout_rows": 60, "holdout_sha256": "b" * 64, "target": None}
    settings = {"generators": {name: {} for name in generators}, "regimes": list(regimes), "generations": generations}
    settings |= {"seeds": seeds, "size": 50, "seed": 0}
    run = {
        "assay_version": "0",
        "versions": {},
        "command": "assay loop real.csv",
        "seed": 0,
        "jobs": 1,
        "timings": {"total": 2.0},
    }
    return Loop(Trajectory(tuple(made), real, settings), origins, run, found)
