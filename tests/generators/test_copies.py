"""Copies of real rows are thinned to the rate at which real rows have a twin."""

import numpy as np
import pyarrow as pa
import pytest

from assay.data.where import parse
from assay.generators._copies import Copies
from assay.generators._values import ColumnValues
from assay.generators.tree_chain import TreeChain
from assay.testing.contracts import _dataset


def table(columns):
    return _dataset({name: ("numeric", pa.array(cells)) for name, cells in columns.items()})


@pytest.mark.parametrize("twins", [0, 200])
def test_no_more_copies_than_real_twins(twins, tmp_path):
    rng = np.random.default_rng(0)
    places = rng.permutation(8000)[:2000]  # no row twice, so every copy is one too many
    places[:twins] = places[twins : 2 * twins]
    real = table({"a": places // 400, "b": places // 20 % 20, "c": places % 20})
    generator = TreeChain(trees=2).fit(real, seed=0)
    drawn = generator.sample(4000, seed=1)
    copied = np.isin(drawn.numbers("a") * 400 + drawn.numbers("b") * 20 + drawn.numbers("c"), places).mean()
    assert copied <= 2 * twins / 2000 + 0.03
    generator.save(tmp_path)
    assert TreeChain.load(tmp_path).sample(4000, seed=1).sha256 == drawn.sha256
    some = generator.sample_where(300, parse("a > 10", real.schema), seed=1)
    assert (some.numbers("a") > 10).all()


def test_nothing_is_thinned_where_rows_repeat():
    rng = np.random.default_rng(0)
    real = table({"a": rng.integers(0, 4, 2000), "b": rng.integers(0, 4, 2000)})
    assert TreeChain(trees=2).fit(real, seed=0).copies_.kept == 1


def test_cells_between_values_null_and_nan_are_told_apart():
    cells = pa.array([1.5, None, float("nan"), 4.0])
    values, codes = ColumnValues.learn(pa.chunked_array([cells]), ordered=True)
    same = Copies.learn({"x": codes}, {"x": values}, lambda n: {"x": cells}, ["x"])
    assert same.kept == 0
    other = pa.array([2.5, 1.0])
    assert Copies.learn({"x": codes}, {"x": values}, lambda n: {"x": other}, ["x"]).kept == 1
