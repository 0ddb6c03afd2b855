from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from tests.remedies.row_toys import MOST_FALSE, emptied, false_signs, mended, odd_scenes, pair, scene_of

from assay.data.dataset import Dataset
from assay.data.ground import replaced, written
from assay.remedies.drop_impossible import DropImpossible


def spoilt(dataset: Dataset, what: str, share: float) -> tuple[Dataset, np.ndarray]:
    """Put impossible cells in some rows."""
    rng = np.random.default_rng(2)
    places = np.zeros(len(dataset), dtype=bool)
    places[rng.permutation(len(dataset))[: round(share * len(dataset))]] = True
    income = dataset.numbers("income")
    if what == "negative":
        return written(dataset, "income", np.where(places, -income, income)), places
    if what == "unit":
        return written(dataset, "income", np.where(places, 1000 * income, income)), places
    if what == "infinite":
        return written(dataset, "income", np.where(places, np.inf, income)), places
    if what == "null":
        return emptied(dataset, "city", places), places
    names = dataset.table.column("city").to_pylist()
    other = ["Atlantis" if what == "level" else f"typo {at // 2}" for at in range(len(names))]
    return replaced(dataset, "city", pa.array([b if at else a for a, b, at in zip(names, other, places, strict=True)])), places


@pytest.mark.parametrize("what", ["negative", "unit", "infinite", "null", "level", "typos"])
def test_rows_with_impossible_cells_go(what: str) -> None:
    real, synthetic = pair()
    damaged, places = spoilt(synthetic, what, 0.06)
    out, plan = mended(DropImpossible(), scene_of(real, damaged))
    assert plan.fact
    assert plan.columns == ("city" if what in ("null", "level", "typos") else "income",)
    if what != "unit":
        assert out.table.sha256 == damaged.take(np.flatnonzero(~places)).sha256
    else:  # some real incomes are as far out as that
        assert out.table.numbers("income").max() < 1e6
        assert len(out) > 0.99 * (~places).sum()


def test_more_real_rows_see_smaller_shares() -> None:
    real, synthetic = pair(1, 1000)
    damaged, _ = spoilt(synthetic, "level", 0.01)
    assert len(mended(DropImpossible(), scene_of(real, damaged))[0]) == len(synthetic) - 30


def test_what_few_real_rows_may_have_missed_stays() -> None:
    real, synthetic = pair(2)
    assert not DropImpossible().signs(scene_of(real, spoilt(synthetic, "level", 0.004)[0]))


def test_columns_spoilt_in_most_rows_are_left_to_others() -> None:
    real, synthetic = pair(3)
    assert not DropImpossible().signs(scene_of(real, spoilt(synthetic, "level", 0.4)[0]))


def test_a_shifted_column_is_no_fact() -> None:
    real, synthetic = pair(4)
    shifted = written(synthetic, "income", synthetic.numbers("income") - 12_000)
    assert [plan.fact for plan in DropImpossible().signs(scene_of(real, shifted))] == [False]


def test_sound_rows_give_no_sign() -> None:
    assert false_signs(DropImpossible(), 100) <= MOST_FALSE


@pytest.mark.parametrize("name", odd_scenes())
def test_odd_tables_give_no_plan(name: str) -> None:
    assert not DropImpossible().signs(odd_scenes()[name])
