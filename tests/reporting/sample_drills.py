"""Drills made by hand: one with every standing, one that says nothing, one with hostile names."""

from __future__ import annotations

from assay.core.drilled import Chance, Dose, FalseAlarms, KindDrilled, Named, NotPlanted, Planting, Reach
from assay.reporting.drill import Drill

RUN = {
    "assay_version": "0.1.0",
    "versions": {"python": "3.11.7"},
    "command": "assay drill real.parquet --target income --rounds 8 --seed 0",
    "seed": 0,
    "jobs": 2,
    "timings": {"total": 12.5},
}


def doses(*rates, half=0.1):
    severities = (0.01, 0.05, 0.1, 0.2, 0.5)
    return tuple(
        Dose(severity, 4, round(4 * rate), 1, 0, Chance(rate, max(rate - half, 0), min(rate + half, 1)))
        for severity, rate in zip(severities, rates, strict=True)
    )


def kind(name, rates, reach, *, half=0.1, harm="a column varies less than in reality", told=True):
    more = tuple(Reach(times * reach.rows, reach.severity, reach.low, reach.high, reach.standing) for times in (2, 4))
    unit = "share of the standard deviation that is lost"
    named = Named(4, 3, 4, 2)
    certainty = 0.95 if rates[3] - half > 0.8 else 0.02 if rates[3] + half < 0.8 else 0.4
    return KindDrilled(
        name, harm, "variance_change", unit, 0.01, 0.2, certainty, doses(*rates, half=half), reach, more, told, named
    )


def drill(kinds, *, absent=(), done=30):
    return Drill(
        tuple(kinds),
        tuple(absent),
        FalseAlarms(16, 1, Chance(0.0625, 0.0016, 0.3023)),
        (
            Planting(
                "shrink_spread", 1000, 0, 0.2, "not_trusted", 1, True, (("VAR01", "variance_change", ("age",)),), "Shrunk 'age'."
            ),
        ),
        ({"real": 1000, "synthetic": 1000, "holdout": 500}, {"real": 250, "synthetic": 250, "holdout": 125}),
        {"rounds": 8, "plantings": 30, "done": done},
        {"name": "train", "sha256": "0" * 64},
        {"real": {"rows": 4000, "columns": 5, "sha256": "1" * 64}},
        RUN,
    )


def full() -> Drill:
    return drill(
        [
            kind("inflate_spread", (0.02, 0.1, 0.2, 0.3, 0.4), Reach(1000, None, 0.3, None, "never")),
            kind("shift_values", (0.9, 0.95, 0.97, 0.98, 0.98), Reach(1000, None, None, 0.01, "always")),
            kind("shrink_spread", (0.02, 0.3, 0.7, 0.95, 0.98), Reach(1000, 0.12, 0.07, 0.18, "told")),
            kind("spike_values", (0.2, 0.4, 0.6, 0.7, 0.8), Reach(1000, None, None, None, "cannot_tell"), half=0.4, told=False),
        ],
        absent=[NotPlanted("break_order", "what follows what is wrong", "the table has no column of time")],
    )


def empty() -> Drill:
    return drill(
        [], absent=[NotPlanted("break_order", "what follows what is wrong", "the budget ended before it was planted")], done=0
    )


def hostile(name: str) -> Drill:
    return drill(
        [kind(name, (0.02, 0.3, 0.7, 0.95, 0.98), Reach(1000, 0.12, 0.07, 0.18, "told"), harm=name)],
        absent=[NotPlanted(name, name, name)],
    )
