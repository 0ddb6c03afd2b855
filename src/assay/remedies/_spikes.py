"""Single values, and nulls, that hold more of the synthetic rows than of the real ones."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy.special import bdtr

from assay.data.entities import entity_codes
from assay.data.scene import Scene

LEAST, TIMES = 0.01, 1.5
STANDS_OUT, BESIDE = 3.0, 3
FEWEST_VALUES, FEWEST_ROWS = 15, 20
MOST_SPIKES = 4
BEYOND = 0.1
FEWEST_BEYOND = 4


@dataclass(frozen=True)
class Spike:
    """One value of one column.

    Parameters
    ----------
    column : str
        Column.
    value : float, optional
        None for null.
    real, synthetic : float
        Shares of the rows.
    p_value : float
        Chance of such a surplus if shares were equal.
    end : int
        1 or -1 where it stands at the upper or lower end of the synthetic range and real rows lie beyond; else 0.
    """

    column: str
    value: float | None
    real: float
    synthetic: float
    p_value: float
    end: int = 0

    @property
    def surplus(self) -> float:
        """Share of the synthetic rows that are too many."""
        return self.synthetic - self.real

    @classmethod
    def at(cls, scene: Scene, column: str, value: float | None) -> Spike | None:
        """Look at one value; None where the synthetic rows have it nowhere."""
        here, there = (
            table.nulls(column) if value is None else table.numbers(column) == value for table in (scene.real, scene.synthetic)
        )
        weights = scene.rows.weights
        if not there.any() or weights.sum() <= 0 or not len(here):
            return None
        share = float(weights[there].sum() / weights.sum())
        factor = max(_inflation(there, entity_codes(scene.synthetic)), _inflation(here, entity_codes(scene.real)))
        k, n = here.sum() / factor, len(here) / factor
        m = float(weights.sum() ** 2 / np.sum(weights**2)) / factor
        total = int(k) + int(share * m)
        p_value = float(bdtr(np.floor(k), total, n / (n + m))) if total >= 1 else 1.0
        return cls(column, value, float(here.mean()), share, p_value)


def spikes(scene: Scene) -> tuple[list[Spike], int]:
    """Give the values and nulls that are too heavy, and how many were looked at."""
    found: list[Spike] = []
    looked = 0
    for name in scene.schema.modelled:
        if len(scene.real) < FEWEST_ROWS or len(scene.synthetic) < FEWEST_ROWS:
            break
        if scene.synthetic.nulls(name).any():
            looked += 1
            spike = Spike.at(scene, name, None)
            if spike is not None and spike.surplus >= LEAST and spike.synthetic >= TIMES * spike.real:
                found.append(spike)
    for name in scene.numeric if len(scene.real) >= FEWEST_ROWS else ():
        values, heavier = _heavy(scene, name)
        looked += values
        own = [spike for spike in (Spike.at(scene, name, value) for value in heavier) if spike is not None]
        own = [spike for spike in own if spike.surplus >= LEAST and spike.synthetic >= TIMES * spike.real]
        if len(own) <= MOST_SPIKES:
            found += [replace(spike, end=ends_at(scene, name, float(spike.value or 0.0))) for spike in own]
    return found, max(looked, 1)


def ends_at(scene: Scene, name: str, value: float) -> int:
    """Tell whether a value ends the synthetic range with real rows beyond: 1 above, -1 below, else 0."""
    real, synthetic, weights = scene.real.numbers(name), scene.synthetic.numbers(name), scene.rows.weights
    for sign in (1, -1):
        beyond = float(np.mean(sign * real > sign * value))
        own = float(weights[sign * synthetic > sign * value].sum() / max(float(weights.sum()), 1e-300))
        if np.sum(sign * real > sign * value) >= FEWEST_BEYOND and own < BEYOND * beyond:
            return sign
    return 0


def _heavy(scene: Scene, name: str) -> tuple[int, list[float]]:
    """Give how many values hold 1% of the synthetic rows, and those that stand out from the next on either side."""
    real, synthetic = scene.real.numbers(name), scene.synthetic.numbers(name)
    known = np.isfinite(synthetic)
    if len(np.unique(real[np.isfinite(real)])) < FEWEST_VALUES or known.sum() < FEWEST_ROWS:
        return 0, []
    found, place = np.unique(synthetic[known], return_inverse=True)
    share = np.bincount(place, weights=scene.rows.weights[known]) / max(float(scene.rows.weights.sum()), 1e-300)
    at = np.flatnonzero(share >= LEAST)
    chosen: list[float] = []
    for spot in at:
        beside = np.concatenate([share[max(spot - BESIDE, 0) : spot], share[spot + 1 : spot + 1 + BESIDE]])
        if not len(beside) or share[spot] >= STANDS_OUT * float(np.median(beside)):
            chosen.append(float(found[spot]))
    return len(at), chosen


def _inflation(inside: np.ndarray, groups: np.ndarray | None) -> float:
    """Give the factor by which groups inflate the variance of a share, at least 1."""
    if groups is None or inside.all() or not inside.any():
        return 1.0
    centred = inside - inside.mean()
    _, place = np.unique(groups, return_inverse=True)
    return max(1.0, float(np.sum(np.bincount(place, weights=centred) ** 2) / np.sum(centred**2)))
