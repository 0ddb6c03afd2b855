"""New rows from real anchors: no copies, on the grid, with what belongs together."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from tests.remedies.losing import lost, scene, toy

from assay.data.amended import Amended
from assay.data.codec import Codec
from assay.data.dataset import Dataset
from assay.data.infer import infer_schema
from assay.data.scene import Scene
from assay.remedies._anchors import MOST_PER_ANCHOR, apart, between, refilled
from assay.remedies.refill_tails import RefillTails


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


def test_a_region_gets_its_share_from_few_anchors_by_weight() -> None:
    real, made = toy(300, 0), toy(9_000, 1)
    parts = np.zeros(300)
    parts[:4] = 1.0
    rows = Amended.of(Dataset(made.table, real.schema))
    amended = refilled(rows, real, parts, np.zeros(9_000, dtype=bool), 0.04, np.random.default_rng(0))
    assert amended.anchored.sum() == 4 * MOST_PER_ANCHOR
    assert amended.weights[-1] > 1.0
    full = refilled(rows, real, parts, np.arange(9_000) < 400, 0.04, np.random.default_rng(0))
    assert full is rows


def test_of_an_entity_one_row_takes_part() -> None:
    given = scene(None)
    named = given.real.table.append_column("who", pa.array([f"p{at // 3}" for at in range(300)]))
    real = Dataset(named, infer_schema(named, target="label", entity="who"))
    lone = apart(Scene(real, Amended.of(real), 0))
    assert len(lone.real) == len(lone.rows) == 100


@pytest.mark.parametrize("kind", [pa.string(), pa.dictionary(pa.int32(), pa.string()), pa.float64(), pa.uint64()], ids=str)
@pytest.mark.parametrize("entity", [None, "key"])
def test_ids_stay_apart_where_rows_were_left_out_between_two_refills(kind: pa.DataType, entity: str | None) -> None:
    def table(rows: int, seed: int) -> pa.Table:
        ids = np.random.default_rng(seed).permutation(np.arange(rows))
        if kind == pa.uint64():
            return toy(rows, seed).table.append_column("key", pa.array(2**64 - 1 - 3 * ids.astype(np.uint64), kind))
        cells = pa.array(ids.astype(np.float64)) if kind == pa.float64() else pa.array([f"p{at}" for at in ids])
        return toy(rows, seed).table.append_column("key", cells.dictionary_encode() if pa.types.is_dictionary(kind) else cells)

    first = table(100, 3)
    real = Dataset(first, infer_schema(first, target="label", entity=entity, kinds={"key": "id"}))
    rows = Amended.of(Dataset(table(500, 2), real.schema))
    for start in (0, 60):
        parts = (np.arange(100) >= start) & (np.arange(100) < start + 20)
        rows = refilled(rows, real, parts.astype(float), np.zeros(len(rows), dtype=bool), 0.1, np.random.default_rng(start))
        rows = rows.take(np.arange(20, len(rows)))
    keys = rows.table.table.column("key").to_pylist()
    assert rows.anchored.sum() > 40
    assert len(set(keys)) == len(keys)
    assert None not in keys
