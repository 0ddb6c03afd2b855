"""Lineages of a table, generator and regime: pilots, of which a forecast sees the first generations, and held-out ones."""

from __future__ import annotations

import json
import math
from collections import defaultdict
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path

import numpy as np
from scipy.special import stdtrit

from assay.core.trajectory import Descent, Generation, Reading, Trajectory
from assay.lab.forecast_conformal import LEVEL
from assay.lab.forecast_pilots import Key, Pilot, pilots

AXES = ("two_sample_auc", "tail_mass", "tstr", "log_variance", "pair_dependence", "support", "rare_survival", "mode_coverage")
PILOTS, SEEN = 5, 3


def lines(path: Path) -> list[dict]:
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def key(line: dict) -> tuple[object, ...]:
    """Name the lineage of a line, and the loop that it is of."""
    return tuple(line.get(name) for name in ("table", "generator", "regime", "seed", "rows", "generations"))


class Cell:
    """All that was run of a table, generator and regime."""

    def __init__(self, table: str, generator: str, regime: str, generations: int, trajectory: Trajectory) -> None:
        self.table, self.generator, self.regime = table, generator, regime
        self.generations, self.trajectory = generations, trajectory
        begun = {each.descent for each in trajectory.generations} | {descent for descent, _, _ in trajectory.unfinished}
        self.later = sorted(each for each in begun if each.seed >= PILOTS)
        self.first = sorted(each for each in begun if each.seed < PILOTS)

    @cached_property
    def seen(self) -> Trajectory:
        """What a forecast sees: the first generations of the pilots, and which of these failed."""
        whole = self.trajectory
        return Trajectory(
            tuple(each for each in whole.generations if each.descent.seed < PILOTS and each.number <= SEEN),
            {},
            whole.settings,
            tuple(each for each in whole.unfinished if each[0].seed < PILOTS and each[1] <= SEEN),
        )

    @cached_property
    def found(self) -> tuple[dict[Key, Pilot], dict[str, str]]:
        """Pilots, and what cannot be forecast."""
        return pilots([self.seen])

    @property
    def pilots(self) -> dict[str, Pilot]:
        """Pilots by axis."""
        return {axis: one for (_, _, axis, _), one in self.found[0].items() if axis in AXES}

    def values(self, axis: str, descents: list[Descent]) -> np.ndarray:
        """Give readings of one axis, shape (lineages, generations), NaN where a lineage failed."""
        found = np.full((len(descents), self.generations), np.nan)
        at = {descent: k for k, descent in enumerate(descents)}
        for each in self.trajectory.generations:
            reading = each.reading(axis)
            if each.descent in at and reading is not None:
                found[at[each.descent], each.number - 1] = reading.value
        return found

    @property
    def seconds(self) -> tuple[float, float]:
        """Seconds of the pilots as far as they are seen, and of as many lineages to the end."""
        own = [each for each in self.trajectory.generations if each.descent.seed < PILOTS]
        seen = sum(each.seconds["all"] for each in own if each.number <= SEEN)
        return seen, sum(each.seconds["all"] for each in own)


def read(path: Path, rows: int, generations: int) -> Iterator[Cell]:
    """Give the cells of loops of this size and length."""
    groups: dict[tuple[str, str, str], list[dict]] = defaultdict(list)
    for line in lines(path):
        if (line["rows"], line.get("generations")) == (rows, generations):
            groups[line["table"], line["generator"], line["regime"]].append(line)
    for names, own in groups.items():
        made: list[Generation] = []
        unfinished: list[tuple[Descent, int, str]] = []
        for line in own:
            descent = Descent(line["generator"], line["regime"], line["seed"])
            if "reason" in line:
                unfinished.append((descent, line["number"], line["reason"]))
            else:
                readings = tuple(Reading(axis, *numbers) for axis, numbers in line["readings"].items())
                made.append(Generation(descent, line["number"], readings, {"all": line["seconds"]}))
        yield Cell(*names, generations, Trajectory(tuple(made), {}, {"size": rows, "seed": 0}, tuple(unfinished)))


def inside(values: np.ndarray, low: np.ndarray, high: np.ndarray) -> tuple[np.ndarray, float]:
    """Give which values are inside, and the median width."""
    return (values >= low) & (values <= high), float(np.nanmedian(high - low))


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


def one_step(first: np.ndarray, later: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Repeat the pilots' mean first step, with the spread of their first steps."""
    steps = first[:, 1] - first[:, 0]
    steps = steps[~np.isnan(steps)]
    ahead = np.arange(SEEN, later.shape[1])
    told = later[:, :1] + steps.mean() * ahead
    reach = stdtrit(len(steps) - 1, (1 + LEVEL) / 2) * steps.std(ddof=1) * math.sqrt(1 + 1 / len(steps)) * np.ones_like(told)
    return told - reach, told + reach


def five(first: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Run the loop five times: Student's interval for a sixth lineage."""
    later = first[~np.isnan(first).any(axis=1), SEEN:]
    if len(later) < 2:
        return np.full(first.shape[1] - SEEN, np.nan), np.full(first.shape[1] - SEEN, np.nan)
    reach = stdtrit(len(later) - 1, (1 + LEVEL) / 2) * later.std(axis=0, ddof=1) * math.sqrt(1 + 1 / len(later))
    return later.mean(axis=0) - reach, later.mean(axis=0) + reach
