from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest

from assay.checking.profile import Layout, Profile, count, lay_out
from assay.data.dataset import Dataset
from assay.data.infer import infer_schema
from assay.engines.duckdb import DuckDBEngine


@pytest.fixture
def counted(make_dataset: Callable[..., Dataset]) -> tuple[Dataset, Layout, Profile]:
    data = make_dataset(3_000)
    with DuckDBEngine() as engine:
        layout = lay_out(engine, data.table, data.schema, rows=len(data))
        return data, layout, count(engine, data.table, layout)


def test_every_row_is_in_one_cell_of_every_column(counted: tuple[Dataset, Layout, Profile]) -> None:
    data, layout, profile = counted
    assert profile.total == len(data)
    for cells in layout.columns:
        assert profile.counts(cells.name).sum() == len(data)
        assert profile.counts(cells.name)[cells.null] == data.table.column(cells.name).null_count


def test_levels_are_counted_exactly(counted: tuple[Dataset, Layout, Profile]) -> None:
    data, layout, profile = counted
    column = data.table.column("city").to_pylist()
    levels = layout.by_name["city"].levels
    assert levels is not None
    assert profile.counts("city")[: len(levels)].tolist() == [column.count(level) for level in levels.to_pylist()]


def test_pair_tables_are_the_crossed_groups(counted: tuple[Dataset, Layout, Profile]) -> None:
    data, layout, profile = counted
    table = profile.pairs[:, layout.group_span("city"), layout.group_span("default")].sum(axis=0)
    city, default = layout.by_name["city"], layout.by_name["default"]
    a = city.groups[city.code(data.table.column("city").combine_chunks())]
    b = default.groups[
        default.code(
            data.table.column("default").cast(pa.float64()).combine_chunks()
            if default.ordered
            else data.table.column("default").combine_chunks()
        )
    ]
    expected = np.zeros_like(table)
    np.add.at(expected, (a, b), 1)
    assert np.array_equal(table, expected)


def test_profiles_add_up(counted: tuple[Dataset, Layout, Profile]) -> None:
    data, layout, whole = counted
    with DuckDBEngine() as engine:
        parts = [count(engine, data.table.slice(at, 1_000), layout) for at in (0, 1_000, 2_000)]
    added = parts[0] + parts[1] + parts[2]
    assert np.array_equal(added.cells.sum(axis=0), whole.cells.sum(axis=0))
    assert np.array_equal(added.pairs.sum(axis=0), whole.pairs.sum(axis=0))
    assert np.array_equal(added.triples.sum(axis=0), whole.triples.sum(axis=0))
    assert added.moments.sum(axis=0) == pytest.approx(whole.moments.sum(axis=0))
    with pytest.raises(ValueError, match="one layout"):
        whole + replace(whole, layout=replace(layout))


def test_rows_of_an_entity_share_a_block() -> None:
    people = np.repeat(np.arange(200), 10)
    table = pa.table({"who": pa.array([f"p{k}" for k in people]), "x": pa.array(np.random.default_rng(0).normal(size=2_000))})
    schema = infer_schema(table, entity="who")
    with DuckDBEngine() as engine:
        layout = lay_out(engine, table, schema, rows=2_000)
        profile = count(engine, table, layout, entity="who")
    assert np.all(profile.rows % 10 == 0)


def test_heavy_values_stand_alone_and_tails_have_cells() -> None:
    rng = np.random.default_rng(1)
    x = np.where(rng.random(20_000) < 0.9, 0.0, rng.normal(100, 10, 20_000))
    table = pa.table({"x": x})
    with DuckDBEngine() as engine:
        layout = lay_out(engine, table, infer_schema(table), rows=len(x))
        profile = count(engine, table, layout)
    cells = layout.by_name["x"]
    assert cells.edges is not None
    assert profile.counts("x").max() == (x == 0).sum()
    assert profile.counts("x")[-2] <= 0.002 * len(x)


def test_extreme_and_empty_columns() -> None:
    table = pa.table(
        {
            "huge": pa.array([1e308, -1e308, 0.0, -0.0] * 50),
            "constant": pa.array([7] * 200),
            "empty": pa.array([None] * 200, pa.float64()),
            "flag": pa.array([True, False] * 100),
        }
    )
    with DuckDBEngine() as engine:
        layout = lay_out(engine, table, infer_schema(table), rows=200)
        profile = count(engine, table, layout)
    for cells in layout.columns:
        assert profile.counts(cells.name).sum() == 200
    assert np.isfinite(profile.moments).all()


def test_wide_tables_get_coarser_groups_and_bounded_pairs() -> None:
    rng = np.random.default_rng(2)
    table = pa.table({f"c{k}": rng.normal(size=300) for k in range(400)})
    with DuckDBEngine() as engine:
        layout = lay_out(engine, table, infer_schema(table), rows=300)
    width = int(layout.group_offsets[-1])
    assert layout.blocks >= 16
    assert 4 * layout.blocks * width**2 <= 400 * 2**20
