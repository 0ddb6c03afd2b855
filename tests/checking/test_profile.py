from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from assay.checking.cells import coarse_levels, coarse_numbers
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


def test_counts_depend_neither_on_threads_nor_on_where_the_table_lies(
    make_dataset: Callable[..., Dataset], tmp_path: Path
) -> None:
    data = make_dataset(6_000)
    (tmp_path / "parts").mkdir()
    pq.write_table(data.table.slice(0, 3_500), tmp_path / "parts" / "0.parquet")
    pq.write_table(data.table.slice(3_500), tmp_path / "parts" / "1.parquet")
    profiles = []
    for threads, source in ((1, data.table), (2, data.table), (2, tmp_path / "parts")):
        with DuckDBEngine(threads=threads) as engine:
            layout = lay_out(engine, source, data.schema, rows=len(data))
            profiles.append(count(engine, source, layout))
    first = profiles[0]
    for other in profiles[1:]:
        for field in fields(Profile):
            if field.name != "layout":
                assert np.array_equal(getattr(first, field.name), getattr(other, field.name)), field.name
        for one, two in zip(first.layout.columns, other.layout.columns, strict=True):
            assert one.edges is None or np.array_equal(one.edges, two.edges)
            assert np.array_equal(one.groups, two.groups)
            assert np.array_equal(one.coarse, two.coarse)


def test_triples_are_the_crossed_coarse_groups(counted: tuple[Dataset, Layout, Profile]) -> None:
    data, layout, profile = counted
    seen = 0
    for columns, cells in layout.triples.batches():
        for members, places in zip(columns, cells, strict=True):
            expected = np.zeros(places.shape, dtype=np.int64)
            groups = []
            for at in members:
                own = layout.columns[at]
                column = data.numbers(own.name) if own.ordered else data.table.column(own.name).combine_chunks()
                groups.append(own.coarse[own.code(column)])
            np.add.at(expected, tuple(groups), 1)
            assert np.array_equal(profile.triples.sum(axis=0)[places], expected)
            seen += 1
    assert seen == layout.triples.count == 10


def test_coarse_groups_cut_numbers_at_the_median_and_keep_enough_rows() -> None:
    quarters = coarse_numbers(np.array([*[0.01] * 100, 0.0]), 4)
    assert np.bincount(quarters[:-1]).tolist() == [25, 25, 25, 25]
    halves = coarse_numbers(np.array([*[0.01] * 100, 0.0]), 3)
    assert np.bincount(halves[:-1]).tolist() == [50, 50]
    zeros = coarse_numbers(np.array([0.0, 0.92, 0.05, 0.03, 0.0]), 4)
    assert zeros[:-1].tolist() == [0, 0, 1, 1]
    assert coarse_levels(np.array([0.5, 0.3, 0.1, 0.1, 0.0, 0.0]), 4).tolist() == [0, 1, 2, 3, 2, 0]
    assert coarse_levels(np.array([1.0, 0.0, 0.0]), 4).max() == 0
