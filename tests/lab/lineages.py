"""Trajectories with known readings."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from assay.core.trajectory import Descent, Generation, Reading, Trajectory

# attainable .90; real samples .88 to .92
FLOORS: dict[str, tuple[float, float, float]] = {"tstr": (0.88, 0.9, 0.92), "two_sample_auc": (0.48, 0.5, 0.52)}


def reading(
    axis: str, value: float, half: float = 0.01, floors: Mapping[str, tuple[float, float, float]] | None = None
) -> Reading:
    """Give a reading with the floor of `FLOORS`, or one of -.02 to .02."""
    return Reading(axis, value, value - half, value + half, *{**FLOORS, **(floors or {})}.get(axis, (-0.02, 0.0, 0.02)))


def trajectory(
    series: Mapping[str, np.ndarray],
    *,
    generator: str = "g",
    regime: str = "replace",
    unfinished: int = 0,
    floors: Mapping[str, tuple[float, float, float]] | None = None,
    task: str | None = None,
) -> Trajectory:
    """Make a trajectory from values of shape (seeds, generations) by axis; NaN = not measured; `unfinished` more made nothing."""
    seeds, generations = next(iter(series.values())).shape
    made = tuple(
        Generation(
            Descent(generator, regime, seed),
            number + 1,
            tuple(
                reading(axis, float(values[seed, number]), floors=floors)
                for axis, values in series.items()
                if np.isfinite(values[seed, number])
            ),
        )
        for seed in range(seeds)
        for number in range(generations)
    )
    gone = tuple((Descent(generator, regime, seeds + at), 1, "broke") for at in range(unfinished))
    return Trajectory(made, {} if task is None else {"task": task}, unfinished=gone)


def spread(path: np.ndarray, seeds: int = 5, noise: float = 0.004) -> np.ndarray:
    """Put lineages about a path, shape (seeds, generations), at even distances whose standard deviation is `noise`."""
    offsets = np.linspace(-1.0, 1.0, seeds)
    offsets /= offsets.std(ddof=1)
    return path + noise * offsets[:, None]
