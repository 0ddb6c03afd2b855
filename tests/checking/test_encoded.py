"""Encoded columns give back the numbers they were made of."""

from __future__ import annotations

import numpy as np
import pytest

from assay.checking.encoded import counted_values, encode

RNG = np.random.default_rng(0)
COLUMNS = {
    "few whole numbers": (RNG.integers(-3, 90, 1_000).astype(float), 1.0, True),
    "with nulls": (np.where(RNG.random(1_000) < 0.1, np.nan, RNG.integers(0, 9, 1_000)), 1.0, True),
    "days in seconds": (RNG.integers(10_000, 10_100, 1_000) * 86_400.0, 86_400.0, True),
    "nearly whole": (np.append(RNG.integers(0, 9, 1_000), 0.5), 1.0, False),
    "mostly zero": (np.where(RNG.random(1_000) < 0.8, 0.0, RNG.normal(size=1_000)), 0.01, True),
    "real": (RNG.normal(size=1_000), 0.0, False),
    "wide": (np.append(RNG.integers(0, 9, 1_000), 1e300), 1.0, False),
    "all null": (np.full(1_000, np.nan), 1.0, False),
    "none": (np.zeros(0), 1.0, False),
}


@pytest.mark.parametrize("name", COLUMNS)
def test_values_at_their_places_are_the_numbers(name: str) -> None:
    numbers, step, shorter = COLUMNS[name]
    encoded = encode(numbers, step)
    assert np.array_equal(encoded.spread(encoded.values), numbers, equal_nan=True)
    assert (encoded.places is not None and len(encoded.values) < len(numbers)) == shorter
    order = np.random.default_rng(1).permutation(len(numbers))
    taken = encoded.taken(order)
    assert np.array_equal(taken.spread(taken.values), numbers[order], equal_nan=True)


@pytest.mark.parametrize("name", COLUMNS)
def test_counted_values(name: str) -> None:
    numbers = COLUMNS[name][0]
    values, times = counted_values(numbers)
    expected = np.unique(numbers[~np.isnan(numbers)], return_counts=True)
    assert np.array_equal(values, expected[0])
    assert np.array_equal(times, expected[1])
