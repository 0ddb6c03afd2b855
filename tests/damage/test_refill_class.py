from __future__ import annotations

import numpy as np
import pytest

from assay.core.errors import NotApplicable
from assay.core.seeds import spawn
from assay.damage.refill_class import RefillClass
from assay.data.dataset import Dataset
from assay.data.ground import Ground
from assay.data.infer import infer_schema
from assay.testing.damage_contract import made_grounds, visits


def _repeats(dataset: Dataset, rows: list[int]) -> int:
    names = [name for name in dataset.names if name != "person"]
    found = [tuple(str(cell) for cell in row.values()) for row in dataset.table.select(names).take(rows).to_pylist()]
    return len(found) - len(set(found))


@pytest.mark.parametrize("severity", [0.02, 0.5, 0.95])
def test_the_share_of_repeats_in_the_class_is_the_severity(severity: float) -> None:
    ground = made_grounds()["visits"]
    planted = RefillClass(severity).plant(ground, spawn(0, "test"))
    outcome = planted.synthetic.table.column("outcome").to_pylist()
    rare = [row for row, level in enumerate(outcome) if level == "severe"]
    assert planted.columns == ("outcome",)
    assert outcome == ground.sound.table.column("outcome").to_pylist()
    assert _repeats(planted.synthetic, rare) == len(planted.rows)
    assert len(planted.rows) / len(rare) == pytest.approx(severity, abs=1 / len(rare))


def test_a_few_rows_are_always_kept() -> None:
    ground = made_grounds()["visits"]
    planted = RefillClass(1.0).plant(ground, spawn(0, "test"))
    rare = [row for row, level in enumerate(planted.synthetic.table.column("outcome").to_pylist()) if level == "severe"]
    assert len(rare) - len(planted.rows) == 3


def test_a_slice_takes_the_place_of_the_class_in_regression() -> None:
    ground = made_grounds()["houses"]
    for seed in range(8):
        planted = RefillClass(0.5).plant(ground, spawn(seed, "test"))
        assert planted.columns == ()
        share = 2 * len(planted.rows) / ground.rows
        assert 0.04 <= share <= 0.16
        assert _repeats(planted.synthetic, list(range(ground.rows))) == pytest.approx(len(planted.rows), abs=1)


def test_a_class_of_fewer_than_100_rows_is_passed_over() -> None:
    table = visits(1_000, np.random.default_rng(0))
    ground = Ground.cut(Dataset(table, infer_schema(table, target="outcome", entity="person")), rows=250, holdout=100, seed=0)
    counts = np.unique(ground.sound.table.column("outcome").to_pylist(), return_counts=True)[1]
    assert np.count_nonzero(counts >= 100) < 2
    with pytest.raises(NotApplicable, match="100 rows"):
        RefillClass().plant(ground, spawn(0, "test"))
