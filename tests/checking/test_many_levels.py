"""300,000 levels in a column: codec, profile and measures stay within bounds of memory and time."""

from __future__ import annotations

import time
import tracemalloc
from contextlib import suppress

import numpy as np
import pyarrow as pa
import pytest

from assay.checking.cells import MAX_LEVELS
from assay.checking.context import CheckContext
from assay.core.errors import NotApplicable
from assay.data.codec import Codec
from assay.data.dataset import Dataset
from assay.data.infer import infer_schema
from assay.measures.category_gap import CategoryGap
from assay.measures.pair_gap import PairGap
from assay.measures.rare_levels import RareLevels

LEVELS = 300_000


def diagnoses(seed: int) -> Dataset:
    rng = np.random.default_rng(seed)
    rows = 2 * LEVELS
    spread = np.minimum(rng.geometric(1e-5, rows), LEVELS - 1)
    first = np.concatenate([np.arange(LEVELS), spread[LEVELS:]])
    columns = {
        "first": np.char.add("d", first.astype(str)),
        "second": np.char.add("e", rng.integers(0, LEVELS, rows).astype(str)),
        "age": rng.normal(50, 10, rows),
        "ill": (rng.random(rows) < 0.2).astype(int),
    }
    table = pa.table(columns)
    kinds = {"first": "categorical", "second": "categorical"}
    return Dataset(table, infer_schema(table, target="ill", kinds=kinds))  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def tables() -> tuple[Dataset, Dataset]:
    return diagnoses(0), diagnoses(1)


def test_profile_keeps_the_most_frequent_levels_and_counts_the_rest(tables: tuple[Dataset, Dataset]) -> None:
    begun = time.process_time()
    with CheckContext(*tables, None, seed=0, jobs=1, alpha=0.003) as context:
        profile = context.real_profile
        cells = profile.layout.by_name["first"]
        assert cells.levels is not None
        assert len(cells.levels) <= MAX_LEVELS
        assert profile.layout.distinct["first"] == LEVELS
        assert profile.counts("first").sum() == len(tables[0])
        assert profile.cells.nbytes < 64 * 2**20
        for measure in (CategoryGap(), PairGap(), RareLevels()):
            with suppress(NotApplicable):
                measure.measure(context)
    assert time.process_time() - begun < 60


def test_codec_holds_a_number_a_cell_and_not_a_column_a_level(tables: tuple[Dataset, Dataset]) -> None:
    real, synthetic = tables
    tracemalloc.start()
    codec = Codec(real.schema).fit(real)
    matrix = codec.ordinal(synthetic)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert matrix.shape == (len(synthetic), 4)
    assert peak < 400 * 2**20
