from __future__ import annotations

import json

import numpy as np
import pyarrow as pa
import pytest

from assay.data.dataset import Dataset
from assay.data.infer import infer_schema
from assay.lab.portrait import Layout, Portrait, pooled
from assay.lab.portrayer import REST, Portrayer


def dataset(columns) -> Dataset:
    table = pa.table(columns)
    return Dataset(table, infer_schema(table), name="real")


@pytest.fixture(scope="module")
def real():
    rng = np.random.default_rng(0)
    n = 3000
    x = rng.normal(size=n)
    levels = np.array(["common", "other", "rare", "hapax"])
    picked = np.concatenate([np.zeros(n - 1003, int), np.ones(995, int), np.full(7, 2), [3]])
    return dataset(
        {
            "x": x,
            "y": x + rng.normal(size=n),
            "heavy": np.where(rng.random(n) < 0.9, 0.0, rng.exponential(1000.0, n)),
            "count": rng.integers(0, 200, n),
            "few": rng.choice([1.0, 2.0, 3.0], n),
            "level": levels[picked].tolist(),
            "constant": np.ones(n),
        }
    )


@pytest.fixture(scope="module")
def portrayer(real):
    return Portrayer(real, seed=0)


def test_every_bin_and_cell_has_ten_real_rows_and_real_rows_count_as_themselves(real, portrayer):
    layout = portrayer.layout
    assert portrayer(real) == layout.real
    for bins in layout.bins:
        assert min(bins.real) >= 10
        assert len(bins.widths) == len(bins.real)
        assert sum(bins.widths) == pytest.approx(1, abs=0.01)
        assert len(bins.labels) == len(bins.real) - (bins.kind == "number")
        assert sum(bins.real) == len(real)
    assert min(layout.plane.real) >= 10
    assert sum(layout.plane.real) + layout.plane.elsewhere == len(real)
    assert "constant" not in [bins.column for bins in layout.bins]


def test_levels_of_fewer_than_ten_rows_are_never_named_nor_told_by_subtraction(portrayer):
    level = next(bins for bins in portrayer.layout.bins if bins.column == "level")
    assert level.labels == ("common", REST)  # eight rows of the rest alone could be told from the total
    assert level.real == (1997, 1003)
    text = json.dumps(portrayer.layout.to_dict())
    assert "rare" not in text
    assert "hapax" not in text


@pytest.mark.parametrize("nulls", [0, 1, 9, 10, 40])
def test_nulls_of_a_number_are_not_told_by_subtraction(nulls):
    rng = np.random.default_rng(2)
    mask = np.arange(1000) < nulls
    rows = dataset({name: pa.array(rng.normal(size=1000), mask=mask) for name in ("x", "y")})
    layout = Portrayer(rows, seed=0).layout
    for bins in layout.bins:
        assert len(rows) - sum(bins.real) == (nulls if nulls >= 10 else 0)
        assert sum(bins.widths) == pytest.approx(1, abs=0.01)


@pytest.mark.parametrize("seed", range(25))
def test_rows_outside_the_told_cells_are_not_told_by_subtraction(seed):
    rng = np.random.default_rng(seed)
    rows = int(rng.integers(300, 900))
    x = rng.normal(size=rows)
    plane = Portrayer(dataset({"x": x, "y": x + rng.normal(size=rows), "z": rng.normal(size=rows)}), seed=0).layout.plane
    hidden = rows - sum(plane.real)
    assert hidden == plane.elsewhere
    assert hidden == 0 or hidden >= 10
    assert min(plane.real) >= 10


def test_levels_called_like_what_is_no_level_can_be_told_apart():
    level = ["missing"] * 300 + ["all others"] * 200 + [None] * 100 + [f"rare {at}" for at in range(60)]
    rows = dataset({"level": level, "x": np.arange(660.0)})
    (bins,) = [bins for bins in Portrayer(rows, seed=0).layout.bins if bins.column == "level"]
    assert dict(zip(bins.labels, bins.real, strict=True)) == {
        "missing": 300,
        "all others": 200,
        "(missing)": 100,
        "(all others)": 60,
    }


def test_edges_are_round_and_whole_where_values_are(real, portrayer):
    found = {bins.column: bins for bins in portrayer.layout.bins}
    assert all(label.isdigit() for label in found["count"].labels)
    assert all(len(label.lstrip("-").replace("0.", "")) <= 4 for label in found["x"].labels)
    assert found["few"].labels == ("2", "3")
    assert set(found["few"].widths) == {round(1 / 3, 4)}
    values = set(real.numbers("x").tolist())
    assert not values & {float(label) for label in found["x"].labels}
    # a heavy value takes no more than its third of the room, and what lies beyond it keeps bins
    assert found["heavy"].widths[0] < 0.5
    assert len(found["heavy"].real) > 5


def test_rows_are_counted_where_they_lie(real, portrayer):
    rng = np.random.default_rng(1)
    columns = {name: real.table.column(name).to_pylist()[:100] for name in real.names}
    columns["x"] = [-9.0] * 60 + [9.0] * 39 + [None]
    columns["few"] = [2.0] * 100
    columns["level"] = ["never seen"] * 50 + ["common"] * 50
    table = pa.table({**columns, "x": pa.array(columns["x"], pa.float64())})
    made = portrayer(Dataset(table.take(pa.array(rng.permutation(100))), real.schema))
    assert (made.columns["x"][0], made.columns["x"][-1], sum(made.columns["x"])) == (60, 39, 99)
    assert made.columns["few"] == (0, 100, 0)
    assert made.columns["level"] == (50, 50)
    assert sum(made.plane) + made.elsewhere == 100
    assert made.shares("few") == (0.0, 1.0, 0.0)
    assert sum(made.densities) + made.share_elsewhere == pytest.approx(1)


def test_the_plane_follows_what_varies_and_names_it(real, portrayer):
    plane = portrayer.layout.plane
    assert all(1 <= len(names) <= 2 for names in plane.mainly)
    assert sum(plane.real) >= 0.9 * len(real) or plane.side == 6


def test_counts_read_back_as_they_were(real, portrayer):
    layout, made = portrayer.layout, portrayer(real)
    assert Layout.from_dict(json.loads(json.dumps(layout.to_dict()))) == layout
    assert Portrait.from_dict(json.loads(json.dumps(made.to_dict()))) == made
    assert pooled([]) is None
    both = pooled([made, made])
    assert both.columns["few"] == tuple(2 * count for count in made.columns["few"])
    assert both.shares("few") == made.shares("few")


def test_tables_without_anything_to_tell_are_taken(real):
    assert Portrayer(dataset({"constant": np.ones(50)}), seed=0).layout == Layout((), None)
    few = Portrayer(real.take(np.arange(12)), seed=0)
    assert few.layout.plane is None
    assert all(min(bins.real) >= 10 for bins in few.layout.bins)
    assert few(real).plane == ()


def test_the_same_rows_give_the_same_bins_and_many_are_sampled(real, monkeypatch):
    monkeypatch.setattr("assay.lab.portrayer.MOST_ROWS", 500)
    layout = Portrayer(real, seed=3).layout
    assert layout == Portrayer(real, seed=3).layout
    assert layout != Portrayer(real, seed=4).layout
    assert sum(layout.bins[0].real) == 500
