"""Where toy worlds and real generators overlap: one scenario, one reality, run by both, and compared."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from assay.core.seeds import spawn
from assay.data.dataset import Dataset
from assay.data.schema import Column, Schema
from assay.lab.ecosystem_columns import Columns
from assay.lab.ecosystem_levels import Levels
from assay.lab.ecosystem_rows import run_rows
from assay.lab.ecosystem_scenario import Scenario, middles
from assay.lab.ecosystem_worlds import unfold

# Reality's levels: common ones, and rare ones of 1% each, that a reading of some hundred rows has a few of.
SHARES = (0.3, 0.2, 0.15, 0.1, 0.1, *(0.01,) * 15)
REFERENCE_ROWS = 1_000_000  # its own error, common to all lineages, is not in `error`
# What generators do wrong is theirs here; the toy worlds' generators are faithful, and nobody's labels are wrong.
FAITHFUL = {"making.spread": 1.0, "making.rare": 1.0, "making.wrong": 0.0, "making.shift": 0.0, "human.wrong": 0.0}


def overlap(
    scenario: Scenario,
    generators: Sequence[str | Callable[[], Any]],
    *,
    numeric: int = 2,
    levels: bool = True,
    stock: int | None = None,
    seeds: int = 20,
    toy_seeds: int = 2_000,
    seed: int = 0,
) -> list[dict[str, float | str]]:
    """Run a scenario on one reality with actual rows and real generators, and in the toy worlds.

    Parameters
    ----------
    scenario : Scenario
        Who writes and reads.
    generators : sequence of str or callable
        See `assay.lab.ecosystem_rows.run_rows`.
    numeric : int, default 2
        Independent standard normal columns.
    levels : bool, default True
        Whether there is a column of levels: 5 common ones, 15 with 1% each.
    stock : int, optional
        Human rows at the start; readers' rows are scaled with it. Default: as the scenario has it.
    seeds, toy_seeds : int
        Lineages of either.
    seed : int, default 0
        Equal seeds give equal numbers.

    Returns
    -------
    list of dict
        For each axis that both have, and each year: ``axis``, ``year``, ``rows`` and ``toy`` (means over lineages), ``error``
        (standard error of their difference) and ``z``; years in which both are certain are left out.

    Notes
    -----
    The toy generators refit mean, covariance and shares. What a real generator does otherwise (smoothing, interpolation) shows as
    a difference that grows with the synthetic share, and is no error of either.
    """
    scenario = (scenario if stock is None else scenario.scaled(stock)).known(FAITHFUL)
    real = _reality(numeric, levels)
    rows = run_rows(
        scenario, real, generators, reference=real(REFERENCE_ROWS, spawn(seed, "overlap", "reference")), seeds=seeds, seed=seed
    )
    values = middles(scenario, toy_seeds)
    worlds: list[Any] = [Columns(values, len(scenario.generators), dimension=numeric)] if numeric else []
    if levels:
        worlds.append(Levels(values, len(scenario.generators), probabilities=SHARES))
    toys = unfold(scenario, values, worlds, spawn(seed, "overlap", "toys"))
    found: list[dict[str, float | str]] = []
    for axis in (axis for axis in rows if axis in toys):
        for step in range(0, scenario.steps + 1, scenario.steps_a_year):
            one, other = rows[axis][step], toys[axis][step]
            error = float(np.sqrt(one.var(ddof=1) / len(one) + other.var(ddof=1) / len(other)))
            apart = float(one.mean() - other.mean())
            if error > 1e-12:
                entry: dict[str, float | str] = {"axis": axis, "year": float(scenario.times[step]), "rows": float(one.mean())}
                found.append(entry | {"toy": float(other.mean()), "error": error, "z": apart / error})
    return found


def _reality(numeric: int, levels: bool) -> Callable[[int, np.random.Generator], Dataset]:
    columns = [Column(f"x{at + 1}", "numeric", "double") for at in range(numeric)]
    names = pa.array([f"level {at:02d}" for at in range(len(SHARES))])
    schema = Schema((*columns, *([Column("level", "categorical", "string")] if levels else [])))

    def rows(count: int, rng: np.random.Generator) -> Dataset:
        cells: dict[str, Any] = {column.name: rng.standard_normal(count) for column in columns}
        if levels:
            cells["level"] = names.take(pa.array(rng.choice(len(SHARES), count, p=np.array(SHARES) / sum(SHARES))))
        return Dataset(pa.table(cells), schema, name="real")

    return rows
