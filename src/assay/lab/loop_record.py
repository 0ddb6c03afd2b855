"""Generations of a loop as JSON and as rows of a table."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa

from assay.core.errors import InputError
from assay.core.trajectory import Descent, Generation, Reading, Trajectory
from assay.lab.portrait import Portrait

LOOP = "assay.loop/1"
RESULT, POINTS = "loop.json", "trajectory.parquet"
NUMBERS = ("value", "low", "high", "floor_low", "floor_median", "floor_high")


@dataclass(frozen=True)
class Origin:
    """Where the rows of a generation come from, what they look like, and what could not be measured of them.

    Parameters
    ----------
    sha256 : str
        Digest of the rows.
    depth : int
        Generators between them and reality.
    corpus : mapping of str to float
        What their generator was trained on: ``rows``, and what the regime put on the record.
    skipped : mapping of str to str
        Axes that could not be measured, each with the reason.
    portrait : Portrait, optional
        The rows as counts in bins.
    """

    sha256: str
    depth: int
    corpus: Mapping[str, float] = field(default_factory=dict)
    skipped: Mapping[str, str] = field(default_factory=dict)
    portrait: Portrait | None = None

    def to_dict(self) -> dict[str, Any]:
        """Give it as plain data."""
        return {
            "sha256": self.sha256,
            "depth": self.depth,
            "corpus": dict(self.corpus),
            "skipped": dict(self.skipped),
            "portrait": None if self.portrait is None else self.portrait.to_dict(),
        }

    @classmethod
    def from_dict(cls, entry: Mapping[str, Any]) -> Origin:
        """Read what `to_dict` gave."""
        found = entry.get("portrait")
        portrait = None if found is None else Portrait.from_dict(found)
        return cls(str(entry["sha256"]), int(entry["depth"]), dict(entry["corpus"]), dict(entry["skipped"]), portrait)


@dataclass(frozen=True)
class Made:
    """A generation that was made and measured.

    Parameters
    ----------
    generation : Generation
        What it scored. The first generation, which all regimes share, has a lineage without a regime.
    origin : Origin
        Where its rows come from.
    """

    generation: Generation
    origin: Origin

    def to_dict(self) -> dict[str, Any]:
        """Give it as plain data."""
        return {
            **self.generation.descent._asdict(),
            "number": self.generation.number,
            **self.origin.to_dict(),
            "seconds": dict(self.generation.seconds),
            "readings": [asdict(reading) for reading in self.generation.readings],
        }

    @classmethod
    def from_dict(cls, entry: Mapping[str, Any]) -> Made:
        """Read what `to_dict` gave."""
        descent = Descent(*(entry[name] for name in Descent._fields))
        readings = tuple(Reading(**reading) for reading in entry["readings"])
        generation = Generation(descent, int(entry["number"]), readings, dict(entry["seconds"]))
        return cls(generation, Origin.from_dict(entry))


def lineages_of(trajectory: Trajectory, origins: Mapping[tuple[Descent, int], Origin]) -> list[dict[str, Any]]:
    """Give the ``lineages`` of an `assay.loop/1` document."""
    return [
        {
            **descent._asdict(),
            "generations": [
                {
                    "number": each.number,
                    **origins[descent, each.number].to_dict(),
                    "readings": [asdict(reading) for reading in each.readings],
                }
                for each in trajectory.of(descent)
            ],
        }
        for descent in trajectory.lineages()
    ]


def trajectory_of(document: Mapping[str, Any]) -> Trajectory:
    """Read the trajectory of an `assay.loop/1` document."""
    seconds = {
        (Descent(*(entry[name] for name in Descent._fields)), entry["number"]): {
            stage: entry[stage] for stage in ("fit", "sample", "measure")
        }
        for entry in document["run"]["timings"].get("generations", ())
    }
    generations: list[Generation] = []
    for lineage in document["lineages"]:
        descent = Descent(*(lineage[name] for name in Descent._fields))
        for entry in lineage["generations"]:
            readings = tuple(Reading(**reading) for reading in entry["readings"])
            generations.append(Generation(descent, entry["number"], readings, seconds.get((descent, entry["number"]), {})))
    unfinished = tuple(
        (Descent(*(entry[name] for name in Descent._fields)), int(entry["number"]), str(entry["reason"]))
        for entry in document["unfinished"]
    )
    return Trajectory(tuple(generations), dict(document["real"]), dict(document["settings"]), unfinished)


def read_trajectory(folder: str | Path) -> Trajectory:
    """Read what a loop left in its folder.

    Raises
    ------
    InputError
        If there is no result of a loop, as after one that was killed: run it again to end it.
    """
    path = Path(folder) / RESULT
    try:
        document = json.loads(path.read_text("utf-8"))
        if document.get("schema") != LOOP:
            raise ValueError("another schema")
        return trajectory_of(document)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError(
            f"There is no result of a loop ({type(error).__name__}).",
            file=str(path),
            fix="Run assay loop with this folder as --out; one that was broken off goes on from where it was.",
        ) from error


def points(trajectory: Trajectory) -> pa.Table:
    """Give one row per reading: lineage, generation, axis, column, and the numbers."""
    found = list(trajectory.points())
    readings = [reading for _, _, reading in found]
    columns: dict[str, Iterable[Any]] = {
        "generator": pa.array([descent.generator for descent, _, _ in found], pa.string()),
        "regime": pa.array([descent.regime for descent, _, _ in found], pa.string()),
        "seed": pa.array([descent.seed for descent, _, _ in found], pa.int64()),
        "generation": pa.array([number for _, number, _ in found], pa.int64()),
        "axis": pa.array([reading.axis for reading in readings], pa.string()),
        "column": pa.array([reading.column for reading in readings], pa.string()),
        **{name: pa.array([getattr(reading, name) for reading in readings], pa.float64()) for name in NUMBERS},
    }
    return pa.table(columns)
