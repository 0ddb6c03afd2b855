"""Measure every generation of a loop against sealed real rows, on every axis, with interval and floor."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from scipy.special import stdtrit

from assay.core.errors import NotApplicable, UsageError
from assay.core.seeds import spawn
from assay.core.threads import one_thread
from assay.core.trajectory import Reading
from assay.data.dataset import Dataset
from assay.lab.axes import axes
from assay.lab.axes._axis import Axis, Point
from assay.lab.axes._frame import Frame
from assay.lab.axes._scene import Scene
from assay.lab.axes._view import View
from assay.lab.axes.support import rare_levels, survival_of_rows
from assay.stats.bands import Z95

SPLITS = 16
LEAST = 40
SCHEMA = "assay.loop.floors/1"


class Floor(NamedTuple):
    """What two real samples score: 2.5%, 50% and 97.5% points, and the standard error that an axis' own one lacks, squared.

    The points are on the axis' scale, `lacking` is on its working scale.
    """

    low: float
    median: float
    high: float
    lacking: float


Floors = Mapping[tuple[str, str], Floor]


class Yardstick:
    """Measure tables of one size against sealed real rows.

    Parameters
    ----------
    real : Dataset
        The rows that the first generation learns from.
    holdout : Dataset
        Sealed real rows that no generation sees.
    size : int
        Rows of the tables that will be measured; the floors are for this many.
    seed : int
        Of clusters and splits.
    floors : mapping, optional
        Floors of the same real rows, size and seed, from an earlier `floors_to_dict`.

    Attributes
    ----------
    skipped : dict of str to str
        Axes that could not be measured, each with the reason: those that the table does not allow, and those that the latest
        `measure` could not take. ``"axis: column"`` where one column is concerned.

    Raises
    ------
    UsageError
        With fewer than 40 rows in either part, or floors of something else.

    Notes
    -----
    Floors: all real rows are split 16 times at random into a part as large as `size` (or as the training rows, where these are
    fewer) and one as large as the holdout, and the axes are taken of the first against the second. The floor is the interval in
    which the next such split lies with 95% (mean and spread of the splits, Student's t); of an AUC it is that of rank sums.
    Thresholds, cuts and clusters come from all real rows, which makes the splits exchangeable. Where the splits scatter more than
    an axis' own standard error says (what refits add), the difference is added to the intervals of all readings.

    It cannot see dependence between rows: rows of one entity are taken as so many rows.

    References
    ----------
    Geisser (1993), Predictive Inference, section 2.2 (the interval for the next observation).
    """

    def __init__(self, real: Dataset, holdout: Dataset, *, size: int, seed: int, floors: Mapping[str, Any] | None = None) -> None:
        for name, part in (("real", real), ("holdout", holdout)):
            if len(part) < LEAST:
                raise UsageError(f"{name} must have at least {LEAST} rows to measure with. Got {len(part)}. Give more real rows.")
        if size < 1:
            raise UsageError(f"size must be a positive integer, the rows of each generation. Got {size!r}.")
        self.size, self.seed = size, seed
        self.frame = Frame(real, holdout, size=size, seed=seed)
        self._missing: dict[str, str] = {}
        self._axes: list[Axis] = []
        for each in axes():
            lack = _lacks(each, self.frame)
            if lack is None:
                self._axes.append(each())
            else:
                self._missing[each.name] = lack
        self.skipped: dict[str, str] = dict(self._missing)
        self._floors: Floors | None = None if floors is None else self._taken(floors)

    @property
    def floors(self) -> Floors:
        """What two real samples of these sizes score, by axis and column; computed when first asked for."""
        if self._floors is None:
            with one_thread():
                self._floors = self._split()
        return self._floors

    def floors_to_dict(self) -> dict[str, Any]:
        """Give the floors as plain data, to be kept and given to another `Yardstick` of the same real rows, size and seed."""
        entries = [{"axis": axis, "column": column, **floor._asdict()} for (axis, column), floor in self.floors.items()]
        return {"schema": SCHEMA, **self._about(), "floors": entries}

    def measure(self, rows: Dataset, *, previous: Dataset | None, seed: int) -> tuple[Reading, ...]:
        """Measure one generation.

        Parameters
        ----------
        rows : Dataset
            What the generator gave.
        previous : Dataset or None
            The generation before, None for the first one: it is then compared with the real rows trained on.
        seed : int
            Of folds and resamples.

        Returns
        -------
        tuple of Reading
            Whole table first, then columns, axis by axis. What could not be taken is in `skipped`, with the reason.
        """
        floors = self.floors
        self.skipped = dict(self._missing)
        with one_thread():
            view = View(self.frame, rows)
            before = self.frame.training if previous is None else View(self.frame, previous)
            scene = Scene(self.frame, view, self.frame.sealed, before, self.frame.training, seed)
            readings: list[Reading] = []
            for each in self._axes:
                readings.extend(self._readings(each, scene, floors))
        return tuple(readings)

    def expected_survival(self, generation: int) -> float | None:
        """Give the share of the rare levels that drift alone leaves after so many generations of replacement.

        The law is that of a perfect generator under regime ``replace`` whose first generation learns from `size` of the real
        rows; None where there are no rare levels.
        """
        scene = Scene(self.frame, self.frame.sealed, self.frame.sealed, self.frame.sealed, self.frame.training, self.seed)
        try:
            found = rare_levels(scene)
        except NotApplicable:
            return None
        training = self.frame.training
        counts: list[np.ndarray] = []
        for name, cells in found:
            own = training.get("levels")[:, self.frame.level_names.index(name)]
            counts.append(np.bincount(own, minlength=len(self.frame.level_shares[name]))[cells])
        return float(survival_of_rows(np.concatenate(counts), self.size / len(training), generation).mean())

    def _readings(self, axis: Axis, scene: Scene, floors: Floors) -> list[Reading]:
        try:
            points = axis.measure(scene)
        except NotApplicable as error:
            self.skipped[axis.name] = str(error)
            return []
        found: list[Reading] = []
        for point in points:
            key = axis.name if not point.column else f"{axis.name}: {point.column}"
            floor = floors.get((axis.name, point.column))
            if floor is None:
                self.skipped[key] = "no real sample could be measured, so there is no floor"
            elif not (math.isfinite(point.work) and math.isfinite(point.error)):
                self.skipped[key] = "not a finite number"
            else:
                found.append(_reading(axis, point, floor))
        return found

    def _split(self) -> dict[tuple[str, str], Floor]:
        frame = self.frame
        sealed = len(frame.sealed)
        large = min(self.size, len(frame.training))
        points: dict[tuple[str, str], list[Point]] = {}
        law = [each for each in self._axes if each.by_law]
        for split in range(SPLITS):
            order = spawn(self.seed, "axes", "split", split).permutation(len(frame.pool))
            own, other = frame.whole.take(order[sealed : sealed + large]), frame.whole.take(order[:sealed])
            training = frame.whole.take(order[sealed:])
            scene = Scene(frame, own, other, other, training, int(spawn(self.seed, "axes", "seed", split).integers(2**31)))
            for each in self._axes:
                if split and each in law:
                    continue
                try:
                    for point in each.between(scene):
                        points.setdefault((each.name, point.column), []).append(point)
                except NotApplicable:
                    continue
        own_axes = {each.name: each for each in self._axes}
        return {
            key: _law(own_axes[key[0]], found[0]) if own_axes[key[0]].by_law else _floor(own_axes[key[0]], found)
            for key, found in points.items()
            if own_axes[key[0]].by_law or len(found) > SPLITS // 2
        }

    def _about(self) -> dict[str, Any]:
        return {"size": self.size, "seed": self.seed, "sha256": self.frame.pool.sha256, "splits": SPLITS}

    def _taken(self, data: Mapping[str, Any]) -> Floors:
        about = {"schema": SCHEMA, **self._about()}
        other = [key for key, value in about.items() if data.get(key) != value]
        if other:
            raise UsageError(
                f"floors must be those of the same real rows, size and seed. Got another {' and another '.join(other)}. "
                "Leave them out to have them computed."
            )
        return {
            (entry["axis"], entry["column"]): Floor(entry["low"], entry["median"], entry["high"], entry["lacking"])
            for entry in data["floors"]
        }


def _lacks(axis: type[Axis], frame: Frame) -> str | None:
    """Say what a table lacks for an axis."""
    schema = frame.schema
    reasons = {
        "numbers": None if frame.numbers_known.any() else "no ordered column that varies",
        "levels": None if frame.level_names else "no levelled column",
        "target": None if schema.target is not None and schema.target in schema.modelled else "no target",
        "classes": None if schema.task != "regression" else "the target is a number",
        "sensitive": None if schema.sensitive else "no sensitive column is declared",
        "columns": None if frame.pair_names else "no column that varies",
    }
    if "target" in axis.needs and reasons["target"] is None and schema.task != "regression" and len(frame.codec.classes_) < 2:
        return "the target has one class only"
    return next((reasons[need] for need in sorted(axis.needs) if reasons[need] is not None), None)


def _floor(axis: Axis, points: list[Point]) -> Floor:
    work = np.array([point.work for point in points])
    middle, spread = float(work.mean()), float(work.std(ddof=1))
    reach = float(stdtrit(len(work) - 1, 0.975)) * spread * math.sqrt(1.0 + 1.0 / len(work))
    lacking = max(spread**2 - float(np.mean([point.error**2 for point in points])), 0.0)
    return Floor(axis.show(middle - reach), axis.show(middle), axis.show(middle + reach), lacking)


def _law(axis: Axis, point: Point) -> Floor:
    reach = Z95 * point.error
    return Floor(axis.show(point.work - reach), axis.show(point.work), axis.show(point.work + reach), 0.0)


def _reading(axis: Axis, point: Point, floor: Floor) -> Reading:
    """Put interval and floor to a point; an exact interval is widened by what it lacks."""
    if point.low is None or point.high is None:
        reach = Z95 * math.sqrt(point.error**2 + floor.lacking)
        low, high = point.work - reach, point.work + reach
    else:
        more = Z95**2 * floor.lacking
        low = point.work - math.sqrt((point.work - point.low) ** 2 + more)
        high = point.work + math.sqrt((point.high - point.work) ** 2 + more)
    return Reading(
        axis.name,
        axis.show(point.work),
        axis.show(low),
        axis.show(high),
        floor.low,
        floor.median,
        floor.high,
        column=point.column,
    )
