"""Do the real shares that are called safe keep lineages inside? Fresh lineages at the shares, exactly as told."""

from __future__ import annotations

import argparse
from collections import Counter, defaultdict
from collections.abc import Callable
from itertools import chain
from typing import NamedTuple

import numpy as np

from assay.core.forecast import SafeShare
from assay.core.seeds import spawn
from assay.core.trajectory import Trajectory
from assay.lab.forecast import forecast_of
from assay.lab.forecast_pilots import Pilot
from assay.lab.forecast_scores import Known
from assay.stats.intervals import clopper_pearson
from forecast_cells import AXES, PILOTS, Cell, read
from forecast_told import known

FRESH = 60
INSIDE = 0.9


class Claim(NamedTuple):
    """What was told of an axis: at `regime`, at least 90% of lineages stay inside, or ('none') not even at generation 1."""

    table: str
    generator: str
    regime: str
    answer: SafeShare
    pilot: Pilot


def safe(options: argparse.Namespace, cells: list[Cell], found: list[dict], make: Callable[..., None]) -> None:
    """Ask for the share that keeps each axis inside, and run 60 fresh lineages there.

    Tested is 'at least 90% of lineages are inside at every generation', and of 'none' that more than 10% are outside at a
    generation trained on real rows alone. Loops at a share between 0 and 1 come first, then those of ``replace``, where 'any' and
    'none' are read off, each drawn at random where there are more than `--most`.
    """
    claims, dropped = _claims(options.generations, cells, found)
    count = Counter(one.answer.status for one in claims) + dropped
    loops = list(dict.fromkeys((one.table, one.generator, one.regime) for one in claims))
    drawn = [loops[at] for at in spawn(0, "bench", "safe").permutation(len(loops))]
    kept = sorted(drawn, key=lambda loop: loop[2] == "replace")[: options.most]
    path = options.results.with_name(options.results.stem + "_safe.jsonl")
    for table, generator, regime in kept:
        make(options, path, table, generator, [regime], PILOTS + FRESH)
    print(f"\nclaim: at least 90% of lineages inside (none: at generation 1 fewer are); {FRESH} fresh lineages")
    outcomes = _outcomes(claims, list(read(path, options.rows, options.generations)))
    for status in ("share", "any", "none", "cannot_tell", "share 1"):
        print(f"{status}: told {count[status]}, tested {(tested := len(outcomes[status]))}, not tested {count[status] - tested}")
    print(f"share 1 is no loop and cannot_tell no claim; the others not tested are beyond --most {options.most} loops")
    print("\nthe same claims, where they are of a share that has held-out lineages, on these few")
    _outcomes(claims, cells)


def _outcomes(claims: list[Claim], cells: list[Cell]) -> dict[str, list[tuple[int, int, float, float]]]:
    """Hold claims against the later lineages of cells at their shares, and say so."""
    there = {(cell.table, cell.generator, cell.regime): cell for cell in cells if cell.later}
    found: dict[str, list[tuple[int, int, float, float]]] = defaultdict(list)
    for one in claims:
        cell = there.get((one.table, one.generator, one.regime))
        if cell is not None:
            found[one.answer.status].append(_held(one, cell))
    for status, own in found.items():
        _overall(status, own)
    return found


def _claims(generations: int, cells: list[Cell], found: list[dict]) -> tuple[list[Claim], Counter[str]]:
    """Ask the package, with the stretch of the other tables; give what can be tested, and how many of the rest there are."""
    groups: dict[tuple[str, str], list[Cell]] = defaultdict(list)
    for cell in cells:
        groups[cell.table, cell.generator].append(cell)
    claims: list[Claim] = []
    dropped: Counter[str] = Counter()
    for (table, generator), own in groups.items():
        seen = [cell.seen for cell in own]
        merged = Trajectory(
            tuple(chain.from_iterable(each.generations for each in seen)),
            {},
            seen[0].settings,
            tuple(chain.from_iterable(each.unfinished for each in seen)),
        )
        by_regime = {cell.regime: cell for cell in own}
        answers = forecast_of([merged], generations, known=Known(known(found, table), f"Other tables than {table}."))
        for answer in answers.shares:
            if answer.axis not in AXES:
                continue
            low, high = (f"{each:g}" if each is not None else "none" for each in (answer.low, answer.high))
            print(f"{table} {generator} {answer.axis} {answer.kind}: {answer.status} {answer.share} ({low} to {high})")
            if answer.status == "cannot_tell" or answer.share == 1.0:
                dropped["cannot_tell" if answer.status == "cannot_tell" else "share 1"] += 1
                continue
            regime = f"{answer.kind}:{answer.share!r}" if answer.share else "replace"  # also for generation 1 of 'none'
            pilot = next(cell.pilots[answer.axis] for cell in by_regime.values() if answer.axis in cell.pilots)
            claims.append(Claim(table, generator, regime, answer, pilot))
    return claims, dropped


def _held(claim: Claim, cell: Cell) -> tuple[int, int, float, float]:
    """Count the fresh lineages that stay inside, a failed one not; give them, all, and the interval of the share."""
    values = cell.values(claim.answer.axis, cell.later)
    if claim.answer.status == "none":
        values = values[:, :1]
    kept = (claim.pilot.outside(claim.pilot.scale.to(values)) <= 0.0).all(axis=1)  # NaN is not inside
    low, high = map(float, clopper_pearson(int(kept.sum()), len(kept)))
    print(
        f"{claim.table} {claim.generator} {claim.answer.axis} {claim.answer.status} at {claim.regime}: "
        f"{kept.sum()} of {len(kept)} inside ({low:.0%} to {high:.0%}, Clopper-Pearson 95%)"
    )
    return int(kept.sum()), len(kept), low, high


def _overall(status: str, own: list[tuple[int, int, float, float]]) -> None:
    """Say in how many cells the claim is borne out, refuted or open."""
    shares = np.array([kept / asked for kept, asked, _, _ in own])
    right = int((shares < INSIDE).sum() if status == "none" else (shares >= INSIDE).sum())
    refuted = sum(low > INSIDE if status == "none" else high < INSIDE for _, _, low, high in own)
    borne = sum(high < INSIDE if status == "none" else low > INSIDE for _, _, low, high in own)
    low, high = map(float, clopper_pearson(right, len(own)))
    kept, asked = sum(one[0] for one in own), sum(one[1] for one in own)
    print(
        f"{status}: {right} of {len(own)} cells as claimed ({low:.0%} to {high:.0%} if they were independent; axes of one "
        f"loop are not); refuted with 95% {refuted}, borne out {borne}; {kept} of {asked} lineages inside"
    )
