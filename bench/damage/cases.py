"""The cases of the benchmark: which damage, how much of it, in which real table, at which size, from which seed.

Sound rows are the kind ``sound``: real rows in the place of synthetic ones, with nothing planted. Tables lie where
``bench/tables.py`` looks for them.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import tables  # it lies one folder up
from assay.core import registry
from assay.core.protocols import Damage
from assay.core.seeds import integer_seed
from assay.data.dataset import Dataset
from assay.data.ground import Ground, Planted
from assay.lab.planting import damaged
from assay.verbs.load import load

RESULTS = Path(__file__).resolve().parents[1] / "results"
SOUND = "sound"
AT_5000 = ("adult", "bank", "default", "cardio", "beijing")
AT_20000 = ("cardio", "acs", "diabetes")
WITH_ENTITY = ("diabetes",)
WITH_TIME = ("beijing_time",)
SMALL = 10_000  # rows of a part up to which tables of 40,000 rows have enough
LEVELS = ("harmless", "material", "both", "grid")


@dataclass(frozen=True)
class Case:
    """One damage at one dose (None: nothing planted) in one cut of one table."""

    kind: str
    dose: float | None
    table: str
    seed: int
    size: int

    @classmethod
    def of(cls, line: dict[str, Any]) -> Case:
        """Give the case that a line of results is about."""
        return cls(line["kind"], line["dose"], line["table"], line["seed"], line["size"])

    @property
    def level(self) -> str:
        """Say what the catalogue calls the dose: ``harmless``, ``material`` or, between and beyond, ``grid``."""
        kind = catalogue(self.kind)
        return "none" if kind is None else {kind.harmless: "harmless", kind.material: "material"}.get(self.dose, "grid")

    def to_dict(self) -> dict[str, Any]:
        """Give plain data."""
        own = {"kind": self.kind, "severity": self.level, "dose": self.dose}
        return own | {"table": self.table, "seed": self.seed, "size": self.size}

    def derived(self, use: str) -> int:
        """Derive a seed: equal for all kinds and doses, so that they meet the same rows."""
        return integer_seed(self.seed, use, self.table, self.size)


def catalogue(kind: str) -> type[Damage] | None:
    """Give a kind's class; None for sound rows."""
    return None if kind == SOUND else registry.get("damage", kind)


@lru_cache(maxsize=8)
def whole(name: str) -> Dataset:
    """Read a table whole, with its roles."""
    real = tables.TABLES[name]
    return load(tables.table(name), target=real.target, entity=real.entity, time=real.time, name=name)


def planted(case: Case) -> Planted:
    """Cut the table, a holdout as large as the real part where rows are left for it, and plant the damage.

    Raises
    ------
    NotApplicable
        If these rows cannot take this damage.
    """
    dataset = whole(case.table)
    holdout = min(case.size, len(dataset) - 2 * case.size)
    ground = Ground.cut(dataset, rows=case.size, holdout=holdout, seed=case.derived("ground"))
    if case.dose is None:
        return Planted(ground.real, ground.sound, ground.holdout, "Nothing is planted.")
    return damaged(case.kind, case.dose, ground, case.derived("damage"))


def home(kind: str, size: int) -> tuple[str, ...]:
    """Name the tables that a kind is planted in: the five or three of the size, or those with the roles that it needs.

    Sound rows are taken from all of them.
    """
    usual, timed = (AT_5000, WITH_TIME) if size <= SMALL else (AT_20000, ())
    damage = catalogue(kind)
    if damage is None:
        return tuple(dict.fromkeys((*usual, *WITH_ENTITY, *timed)))
    return timed if "time" in damage.needs else WITH_ENTITY if "entity" in damage.needs else usual


def doses(kind: str, level: str) -> list[float | None]:
    """Give the doses of a level, the gravest first."""
    damage = catalogue(kind)
    if damage is None:
        return [None]
    if level == "grid":
        return sorted(damage.severities, reverse=True)
    wanted = {"material": [damage.material], "harmless": [damage.harmless], "both": [damage.material, damage.harmless]}[level]
    return [dose for dose in wanted if dose is not None]


def plan(options: argparse.Namespace) -> list[Case]:
    """List the cases that were asked for, seed by seed and within a seed kinds and tables in turn.

    So a part of a run says something of every kind and of every table.
    """
    kinds = options.kinds.split(",") if options.kinds else [SOUND, *registry.names("damage")]
    cases: list[tuple[tuple[int, ...], Case]] = []
    for size in map(int, options.size.split(",")):
        for at, kind in enumerate(kinds):
            names = options.tables.split(",") if options.tables else home(kind, size)
            for nth, name in enumerate(names):
                for rank, dose in enumerate(doses(kind, options.severity)):
                    for seed in range(options.first_seed, options.first_seed + options.seeds):
                        turn = (seed, (nth - at) % len(names), rank, at)
                        cases.append((turn, Case(kind, dose, name, seed, size)))
    return [case for _, case in sorted(cases, key=lambda pair: pair[0])]


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options that choose cases."""
    parser.add_argument("--kinds", default="", help="of the catalogue, and 'sound'; default: all")
    parser.add_argument("--tables", default="", help="default: five at 5,000 rows, three above, and those with the roles needed")
    parser.add_argument("--size", default="5000", help="rows of the real and of the synthetic part; several with commas")
    parser.add_argument("--severity", choices=LEVELS, default="both")
    parser.add_argument("--seeds", type=int, default=1, help="cuts of every table")
    parser.add_argument("--first-seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=2, help="processes, of one thread each")
    parser.add_argument("--minutes", type=float, default=float("inf"), help="begin no case after that long")
    parser.add_argument("--again", action="store_true", help="run what is there already, too; the last line of a case counts")


def read(path: Path) -> list[dict[str, Any]]:
    """Read lines of results; a line cut off by an interruption is passed over."""
    lines: list[dict[str, Any]] = []
    for line in path.read_text(encoding="utf-8").splitlines() if path.exists() else []:
        try:
            lines.append(json.loads(line))
        except json.JSONDecodeError:
            continue
    return lines


def write(path: Path, lines: Iterable[dict[str, Any]]) -> None:
    """Append lines, each in one go, after the end of what an interruption may have cut off."""
    path.parent.mkdir(exist_ok=True)
    with path.open("ab+", buffering=0) as file:
        if file.seek(0, os.SEEK_END):
            file.seek(-1, os.SEEK_END)
            if file.read(1) != b"\n":
                file.write(b"\n")
        for line in lines:
            file.write((json.dumps(line, ensure_ascii=False) + "\n").encode())
