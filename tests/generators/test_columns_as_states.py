"""Columns as states and numbers: nothing is lost on the way there and back that a condition or a count would miss."""

import numpy as np
import pyarrow as pa
import pytest

from assay.generators._binned import Bins
from assay.generators._encoded import ALONE, GROUPS, Encoding
from assay.generators._values import ColumnValues


def encoding_of(**columns):
    values, codes = {}, {}
    for name, (cells, ordered) in columns.items():
        values[name], codes[name] = ColumnValues.learn(pa.chunked_array([cells]), ordered=ordered)
    return Encoding.learn(codes, values), codes


def there_and_back(encoding, codes, **more):
    encoded = encoding.encode(codes, np.random.default_rng(1))
    bins = Bins(encoding, 16)
    return bins.cells(bins.states(encoded), np.random.default_rng(2), **more)


def test_levels_and_nulls_come_back_exactly():
    cells = pa.array(["a", None, "b", "a", "c"] * 40)
    encoding, codes = encoding_of(c=(cells, False))
    back, _ = there_and_back(encoding, codes)
    assert back["c"].to_pylist() == cells.to_pylist()
    assert encoding.sizes == (4,)


def test_numbers_are_standard_normal_however_they_are_heaped():
    rng = np.random.default_rng(0)
    numbers = np.where(rng.random(4000) < 0.03, 7, rng.integers(0, 100, 4000))
    encoding, codes = encoding_of(x=(pa.array(numbers), True))
    encoded = encoding.encode(codes, rng)
    assert encoding.numbered.all()
    assert encoded.numbers.std() == pytest.approx(1.0, abs=0.03)
    assert abs(encoded.numbers.mean()) < 0.03


def test_heaps_are_states_of_their_own():
    rng = np.random.default_rng(0)
    numbers = np.where(rng.random(4000) < 0.9, 0.0, rng.lognormal(size=4000))
    encoding, codes = encoding_of(x=(pa.array(numbers), True))
    encoded = encoding.encode(codes, rng)
    assert encoding.sizes == (2,)
    assert ((encoded.states[:, 0] == 0) == (numbers == 0)).all()
    back, _ = there_and_back(encoding, codes)
    assert ((np.asarray(back["x"]) == 0) == (numbers == 0)).all()


def test_a_column_of_300000_levels_has_few_states_and_keeps_its_counts():
    levels = np.concatenate([np.arange(300_000), np.zeros(30_000, dtype=int), np.ones(10_000, dtype=int)])
    encoding, codes = encoding_of(c=(pa.array(levels.astype(str)), False), y=(pa.array(levels % 7), True))
    assert encoding.sizes[0] == ALONE + GROUPS
    back, _ = there_and_back(encoding, codes)
    assert np.mean(np.asarray(back["c"]) == "0") == pytest.approx(30_001 / 340_000)


def test_the_marginal_distribution_comes_back_from_bins():
    rng = np.random.default_rng(0)
    numbers = rng.integers(0, 50, 20_000) ** 2
    encoding, codes = encoding_of(x=(pa.array(numbers), True))
    back, _ = there_and_back(encoding, codes)
    drawn = np.bincount(np.sqrt(np.asarray(back["x"])).astype(int), minlength=50)
    np.testing.assert_allclose(drawn, np.bincount(np.sqrt(numbers).astype(int), minlength=50), atol=120)


def test_only_allowed_codes_are_drawn_where_a_span_holds_any():
    rng = np.random.default_rng(0)
    numbers = rng.integers(0, 400, 20_000)
    encoding, codes = encoding_of(x=(pa.array(numbers), True))
    met = np.concatenate([[False, False], np.arange(encoding.values["x"].levels) % 10 == 0])
    back, _ = there_and_back(encoding, codes, met={"x": met})
    assert (np.asarray(back["x"]) % 10 == 0).all()


def test_the_allowed_share_of_states_is_that_of_their_rows():
    rng = np.random.default_rng(0)
    numbers = np.where(rng.random(8000) < 0.5, 0, rng.integers(1, 1000, 8000))
    encoding, _codes = encoding_of(x=(pa.array(numbers), True))
    values = encoding.values["x"]
    met = np.concatenate([[False, False], np.asarray(values.support) >= 500])
    bins = Bins(encoding, 10)
    shares = bins.allowed("x", met)
    assert shares[0] == 0.0
    expected = np.mean(numbers[numbers > 0] >= 500)
    assert shares[1:] @ np.diff(bins.edges[0]) == pytest.approx(expected)
    assert set(np.round(shares[[1, 2, -1]], 6)) == {0.0, 1.0}


def test_the_probability_of_codes_adds_up_to_one():
    rng = np.random.default_rng(0)
    encoding, _ = encoding_of(x=(pa.array(rng.integers(0, 60, 5000)), True))
    bins = Bins(encoding, 8)
    every = {"x": np.arange(encoding.values["x"].levels, dtype=np.int32)}
    states, shares = bins.of_codes(every)
    mass = np.bincount(states[:, 0], weights=shares[:, 0])
    np.testing.assert_allclose(mass, 1.0, atol=0.2)
    assert mass.sum() == pytest.approx(len(mass), rel=0.02)


def test_no_bin_cuts_a_value_in_two_and_bins_hold_about_as_many_rows():
    rng = np.random.default_rng(0)
    ages = np.minimum(rng.geometric(0.04, 6000), 90)
    encoding, codes = encoding_of(age=(pa.array(ages), True), x=(pa.array(rng.normal(size=6000)), True))
    bins = Bins(encoding, 16)
    states = bins.states(encoding.encode(codes, rng))
    values = [set(ages[states[:, 0] == state].tolist()) for state in range(bins.sizes[0])]
    assert sum(map(len, values)) == len(set(ages.tolist()))  # each value in one bin
    np.testing.assert_allclose(np.diff(bins.edges[1]), 1 / 16, atol=1 / 6000)
    assert np.diff(bins.edges[0]).max() < 1.6 / 16
    assert bins.lines == (bins.sizes[0], 16)
    drawn, _ = bins.cells(states, rng)
    assert all(age in values[state] for age, state in zip(drawn["age"].to_pylist(), states[:, 0].tolist(), strict=True))
