"""Scenes that remedies are tried on: two samples of one population, rows with planted damage, and odd tables."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import numpy as np
import pyarrow as pa

from assay.core import registry
from assay.core.errors import NotApplicable
from assay.core.seeds import spawn
from assay.data.amended import Amended
from assay.data.dataset import Dataset
from assay.data.infer import infer_schema
from assay.data.scene import Scene
from assay.testing.damage_contract import houses, made_grounds, visits
from assay.testing.measure_contract import clinic

FEW, MANY = 300, 1_200
HARMED, MOST = 601, 1_801  # real rows: one more than a multiple of 300, so that a round quantile is the value of a row
Drawn = Callable[[int, np.random.Generator], pa.Table]
POPULATIONS: tuple[tuple[Drawn, dict[str, Any]], ...] = (
    (clinic, {"target": "ill"}),
    (visits, {"target": "outcome", "entity": "person", "time": "seen"}),
    (houses, {"target": "price"}),
)


@cache
def few_and_many(seed: int) -> tuple[Dataset, Dataset]:
    """Draw 300 real rows and 1,200 others of one population; three populations take turns.

    Parameters
    ----------
    seed : int
        Of the rows; equal seeds give equal ones.
    """
    draw, roles = POPULATIONS[seed % len(POPULATIONS)]
    table = draw(FEW + MANY, np.random.default_rng([31, seed]))
    whole = Dataset(table, infer_schema(table, **roles))
    order = np.arange(len(whole))
    return whole.take(order[:FEW], name="real"), whole.take(order[FEW:], name="synthetic")


def harmed(mends: frozenset[str]) -> Iterator[tuple[str, Scene]]:
    """Give rows with planted damage of some mechanisms, beside 601 real rows, the grossest first; then beside 1,801.

    Parameters
    ----------
    mends : frozenset of str
        Mechanisms; damages that any of them names rightly are planted.
    """
    for rows in (HARMED, MOST):
        for name in registry.names("damage"):
            damage = registry.get("damage", name)
            if not damage().right & mends or damage.touches == "holdout":
                continue
            for severity in (damage.severities[-1], damage.material):
                for label, ground in made_grounds().items():
                    try:
                        planted = damage(severity).plant(ground, spawn(3, "contract", name, label))
                    except NotApplicable:
                        continue
                    real = planted.real.take(np.arange(min(rows, len(planted.real))), name="real")
                    told = f"{name} {severity:g} in {label}, {len(real)} real rows"
                    yield told, Scene(real, Amended.of(planted.synthetic), seed=5)


def odd() -> Iterator[tuple[str, Scene]]:
    """Give tables that are hardly any: constant, empty, tiny, of one column, without a target, with nulls for a target."""
    rng = np.random.default_rng(8)
    days = [datetime.date(2020, 1, 1)] * 60
    plain = {
        "number": pa.array(np.round(rng.normal(size=60), 3)),
        "whole": pa.array(rng.integers(0, 9, 60)),
        "level": pa.array(rng.choice(np.array(["a", "b", "c"]), 60).tolist()),
        "flag": pa.array(rng.random(60) < 0.4),
    }
    constant = {"same": pa.array([7.0] * 60), "word": pa.array(["yes"] * 60), "day": pa.array(days)}
    empty = {"nothing": pa.nulls(60, pa.float64()), "no_level": pa.nulls(60, pa.string()), "number": plain["number"]}
    endless = np.where(np.arange(60) % 9 == 0, np.inf, np.arange(60.0))
    tables: dict[str, tuple[dict[str, pa.Array], dict[str, Any]]] = {
        "plain": (plain, {"target": "flag"}),
        "regression": (plain, {"target": "number"}),
        "no target": (plain, {}),
        "constant": (constant, {}),
        "nearly constant target": ({**plain, "word": pa.array([*["yes"] * 59, "no"])}, {"target": "word"}),
        "empty columns": (empty, {}),
        "empty feature": ({**empty, "flag": plain["flag"]}, {"target": "flag"}),
        "one number": ({"number": plain["number"]}, {}),
        "one level": ({"level": plain["level"]}, {}),
        "target alone": ({"flag": plain["flag"]}, {"target": "flag"}),
        "own in each row": ({"code": pa.array([f"N{at:05d}" for at in range(60)]), "number": plain["number"]}, {}),
        "endless numbers": ({"number": pa.array(endless), "flag": plain["flag"]}, {"target": "flag"}),
    }
    for label, (columns, roles) in tables.items():
        table = pa.table(columns)
        whole = Dataset(table, infer_schema(table, **roles))
        for few, many in ((40, 60), (3, 60), (40, 2), (1, 1)):
            real, synthetic = whole.take(np.arange(few), name="real"), whole.take(np.arange(60 - many, 60), name="synthetic")
            yield f"{label}, {few} and {many} rows", Scene(real, Amended.of(synthetic), seed=1, error=0.5)
        other = _other(whole)
        if other is not None:
            yield f"{label}, other values", Scene(whole, Amended.of(other), seed=1)


def _other(whole: Dataset) -> Dataset | None:
    """Give twenty times the rows, half of the numbers far off: something must look wrong."""
    rows = whole.take(np.tile(np.arange(len(whole)), 20), name="synthetic")
    for name in whole.schema.of_kind("numeric"):
        cells = rows.table.column(name)
        if pa.types.is_float64(cells.type) and cells.null_count == 0:
            values = np.asarray(cells, dtype=float) + np.where(np.arange(len(rows)) % 2 == 0, 1e3, 0.0)
            at = rows.table.column_names.index(name)
            table = rows.table.set_column(at, rows.table.schema.field(name), pa.array(values))
            return Dataset(table, rows.schema, name="synthetic")
    return None
