"""A toy world held against its closed form, with the simulation's own standard error as the tolerance."""

from __future__ import annotations

from typing import Any

import numpy as np

from assay.lab.laws import expected, simulate
from assay.lab.worlds.simulated import Simulated

# Standard errors. These tests compare some thousands of numbers: with four, one in ten runs on other seeds would fail by chance.
ERRORS = 5.0
LEVEL = 6e-7  # two-sided, of as many


def held(world: str, regime: str, generations: int, size: Any, seeds: int, **settings: Any) -> tuple[Simulated, dict]:
    """Simulate, hold every statistic with a closed form against it in every generation, and give both."""
    simulated = simulate(world, regime, generations, size, seeds, seed=2024, **settings)
    law = expected(world, regime, generations, size, **settings)
    for name, numbers in law.items():
        z = simulated.z(name, numbers)
        apart = np.abs(simulated.mean(name) - numbers)
        # what happens with a chance p to a lineage and changes it by 1 is met by no seed with a chance of e^-(seeds p)
        unmet = (simulated.standard_error(name) == 0) & (apart * seeds < -np.log(LEVEL))
        z[unmet] = 0.0
        assert np.abs(z).max() < ERRORS, f"{name}: z {z.round(2)}, expected {numbers}, got {simulated.mean(name)}"
    return simulated, law


def same_distribution(first: np.ndarray, second: np.ndarray) -> bool:
    """Say whether two samples pass a Kolmogorov-Smirnov test at `LEVEL`."""
    both = np.sort(np.concatenate([first, second]))
    apart = np.searchsorted(np.sort(first), both, "right") / len(first) - np.searchsorted(np.sort(second), both, "right") / len(
        second
    )
    limit = np.sqrt(-np.log(LEVEL / 2) / 2 * (len(first) + len(second)) / (len(first) * len(second)))
    return bool(np.abs(apart).max() <= limit)
