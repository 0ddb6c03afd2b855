"""The three remedies that fill what synthetic rows lack, on toy tables with planted losses."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from assay.core.errors import NotApplicable
from assay.data.amended import Amended
from assay.data.codec import Codec
from assay.data.dataset import Dataset
from assay.data.infer import infer_schema
from assay.data.scene import Scene
from assay.remedies._anchors import between
from assay.remedies.refill_levels import RefillLevels
from assay.remedies.refill_modes import RefillModes
from assay.remedies.refill_tails import RefillTails

REMEDIES = (RefillModes(), RefillTails(), RefillLevels())
LEVELS = ["a", "b", "c", "d", "e", "f", "g", "h"]
SHARES = [0.4, 0.3, 0.2, 0.04, 0.02, 0.015, 0.015, 0.01]


def toy(rows: int, seed: int) -> Dataset:
    rng = np.random.default_rng([5, seed])
    x, y = rng.normal(size=rows), rng.normal(size=rows)
    whole = rng.poisson(40, rows)
    level = rng.choice(LEVELS, rows, p=SHARES)
    label = np.where(rng.random(rows) < 1.0 / (1.0 + np.exp(-x - y)), "yes", "no")
    cells = {"x": np.round(x, 3), "y": y, "n": pa.array(whole, pa.int16()), "level": level, "label": label}
    table = pa.table(cells).set_column(1, "y", pa.array(y, mask=rng.random(rows) < 0.05))
    return Dataset(table, infer_schema(table, target="label"))


def lost(dataset: Dataset, kind: str) -> np.ndarray:
    """Mark the rows that a planted loss takes."""
    x, y = dataset.numbers("x"), dataset.numbers("y")
    if kind == "box":
        return (x > 0.3) & (x < 1.3) & (np.nan_to_num(dataset.numbers("n")) < 37)
    if kind == "ball":
        return (x - 0.9) ** 2 + (y + 0.9) ** 2 < 0.6
    if kind == "tail":
        return x > np.quantile(x, 0.96)
    return np.isin(np.asarray(dataset.table.column("level")), LEVELS[4:])


def scene(kind: str | None, seed: int = 0, rows: int = 300, synthetic: int = 4_000) -> Scene:
    real, made = toy(rows, seed), toy(synthetic, seed + 10_000)
    made = made if kind is None else made.take(np.flatnonzero(~lost(made, kind)))
    return Scene(real, Amended.of(Dataset(made.table, real.schema)), seed)


CASES = (("box", RefillModes()), ("ball", RefillModes()), ("tail", RefillTails()), ("level", RefillLevels()))


@pytest.mark.parametrize(("kind", "remedy"), CASES)
def test_finds_the_loss_and_fills_it(kind: str, remedy: Any) -> None:
    given = scene(kind, rows=600)
    plans = remedy.signs(given)
    assert plans
    assert all(plan.p_value < given.error and plan.mechanism in remedy.mends for plan in plans)
    assert len(plans) <= 3
    setting = json.loads(json.dumps(remedy.learn(plans[0], given), allow_nan=False))
    before = given.rows.table.table
    amended = remedy.apply(setting, given.rows, given.real, np.random.default_rng(1))
    again = remedy.apply(setting, given.rows, given.real, np.random.default_rng(1))
    assert amended.table.table.equals(again.table.table)
    assert given.rows.table.table is before
    assert amended.table.table.schema == before.schema
    assert np.isfinite(amended.weights).all()
    assert amended.weights.mean() == pytest.approx(1.0)
    assert amended.anchored.sum() == len(amended) - len(given.rows) > 0
    added = amended.table.take(np.flatnonzero(amended.anchored))
    assert lost(Dataset(added.table, given.schema), kind).mean() > 0.5 if kind != "tail" else added.numbers("x").min() > 1.5
    aimed = lost(given.real, kind).mean()
    share = amended.weights[amended.anchored].sum() / amended.weights.sum()
    assert 0.2 * aimed < share < 1.2 * aimed


@pytest.mark.parametrize("remedy", REMEDIES, ids=lambda remedy: type(remedy).__name__)
def test_says_nothing_on_sound_rows(remedy: Any) -> None:
    draws = 60
    alarms = sum(bool(remedy.signs(scene(None, seed, synthetic=1_500))) for seed in range(draws))
    assert alarms <= 4  # with a chance of .01 each, five of 60 or more have one of .0005


def test_says_nothing_on_sound_rows_with_weights() -> None:
    for seed in range(10):
        given = scene(None, seed, synthetic=1_500)
        weights = np.random.default_rng(seed).exponential(size=len(given.rows))
        weighed = Scene(given.real, given.rows.weighed(weights), seed)
        assert not any(remedy.signs(weighed) for remedy in REMEDIES)


def test_rows_that_are_filled_in_are_lost_no_more() -> None:
    given = scene("level")
    remedy = RefillLevels()
    plan = remedy.signs(given)[0]
    amended = remedy.apply(remedy.learn(plan, given), given.rows, given.real, np.random.default_rng(0))
    assert not remedy.signs(Scene(given.real, amended, 0))


def test_new_rows_are_no_copies_and_keep_grid_class_and_order() -> None:
    real = toy(300, 3)
    anchors = np.flatnonzero(lost(real, "box"))
    made = between(real, anchors, 200, np.random.default_rng(0))
    codec = Codec(real.schema).fit(real)
    known = {row.tobytes() for row in codec.ordinal(real)}
    assert not any(row.tobytes() in known for row in codec.ordinal(made))
    assert np.allclose(made.numbers("x") * 1000, np.round(made.numbers("x") * 1000), atol=1e-6)
    for name in ("x", "n"):
        assert made.numbers(name).min() >= real.numbers(name)[anchors].min()
        assert made.numbers(name).max() <= real.numbers(name)[anchors].max()
    shares = [np.mean(codec.labels(table)) for table in (real.take(anchors), made)]
    assert shares[0] == pytest.approx(shares[1], abs=0.02)


def test_sums_and_orders_of_numbers_survive() -> None:
    rng = np.random.default_rng(0)
    a, b = rng.integers(0, 1000, 300), rng.integers(0, 1000, 300)
    table = pa.table({"a": a, "b": a + b, "c": 5 * rng.integers(0, 100, 300)})
    real = Dataset(table, infer_schema(table))
    made = between(real, np.arange(30), 300, np.random.default_rng(0))
    assert np.all(made.numbers("a") <= made.numbers("b"))
    assert np.all(made.numbers("c") % 5 == 0)


def test_columns_that_determine_one_another_change_hands_together() -> None:
    rng = np.random.default_rng(0)
    code = rng.integers(0, 6, 300)
    table = pa.table({"code": pa.array([f"k{c}" for c in code]), "rank": code % 3, "x": rng.normal(size=300)})
    real = Dataset(table, infer_schema(table))
    made = between(real, np.arange(40), 200, np.random.default_rng(0))
    names = np.asarray(made.table.column("code"))
    assert all(int(name[1:]) % 3 == rank for name, rank in zip(names, made.table.column("rank").to_pylist(), strict=True))


def test_ids_are_new_ones() -> None:
    given = scene("tail")
    rows = {
        table: table.table.append_column("id", pa.array(np.arange(len(table)) + 1)) for table in (given.real, given.synthetic)
    }
    real, made = (Dataset(table, infer_schema(table, target="label", kinds={"id": "id"})) for table in rows.values())
    with_ids = Scene(real, Amended.of(Dataset(made.table, real.schema)), 0)
    remedy = RefillTails()
    plan = remedy.signs(with_ids)[0]
    amended = remedy.apply(remedy.learn(plan, with_ids), with_ids.rows, real, np.random.default_rng(0))
    assert len(np.unique(amended.table.numbers("id"))) == len(amended)


def odd_tables() -> list[tuple[str, pa.Table]]:
    rng = np.random.default_rng(0)
    days = pa.array(rng.integers(0, 20_000, 300).astype("int32"), pa.date32())
    return [
        ("tiny", pa.table({"x": rng.normal(size=12), "c": ["a", "b"] * 6})),
        ("constant", pa.table({"x": np.ones(300), "c": ["a"] * 300})),
        ("all null", pa.table({"x": pa.array([None] * 300, pa.float64()), "y": rng.normal(size=300)})),
        ("booleans", pa.table({"x": rng.random(300) < 0.5, "y": rng.random(300) < 0.5})),
        (
            "dates",
            pa.table({"d": days, "y": rng.normal(size=300)}),
        ),
    ]


@pytest.mark.parametrize("remedy", REMEDIES, ids=lambda remedy: type(remedy).__name__)
@pytest.mark.parametrize(("name", "table"), odd_tables(), ids=[name for name, _ in odd_tables()])
def test_odd_tables_give_no_plan(remedy: Any, name: str, table: pa.Table) -> None:
    real = Dataset(table, infer_schema(table))
    given = Scene(real, Amended.of(real.take(np.random.default_rng(0).integers(0, len(real), 1_000))), 0)
    for plan in remedy.signs(given):
        pytest.fail(f"{name}: {plan.sign}")


def test_learning_from_nothing_is_not_applicable() -> None:
    given = scene("tail")
    plan = RefillTails().signs(given)[0]
    sound = given.real.take(np.flatnonzero(given.real.numbers("x") < 1.0))
    with pytest.raises(NotApplicable, match="beyond"):
        RefillTails().learn(plan, Scene(sound, given.rows, 0))
