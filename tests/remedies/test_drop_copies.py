from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from tests.remedies.row_toys import false_signs, mended, odd_scenes, pair, scene_of

from assay.data.amended import Amended
from assay.data.dataset import Dataset
from assay.data.ground import written
from assay.data.scene import Scene
from assay.remedies.drop_copies import DropCopies


def copied(real: Dataset, synthetic: Dataset, count: int, noise: float = 0.0) -> tuple[Dataset, np.ndarray]:
    """Put copies of real rows, with noise on two numbers, in the place of some rows."""
    rng = np.random.default_rng(1)
    places = rng.permutation(len(synthetic))[:count]
    copies = real.take(rng.integers(0, len(real), count))
    for name in ("income", "score") if noise else ():
        values = copies.numbers(name)
        copies = written(copies, name, values + rng.normal(0, noise * np.nanstd(values), count))
    at = np.arange(len(synthetic))
    at[places] = len(at) + np.arange(count)
    both = pa.concat_tables([synthetic.table, copies.table])
    return Dataset(both.take(pa.array(at)), synthetic.schema, name="synthetic"), places


@pytest.mark.parametrize("count", [30, 600])
def test_copies_go_and_nothing_else(count: int) -> None:
    real, synthetic = pair()
    damaged, places = copied(real, synthetic, count)
    out, plan = mended(DropCopies(), scene_of(real, damaged))
    assert plan.fact
    assert plan.mechanism == "evaluation_leakage"
    kept = np.setdiff1d(np.arange(len(synthetic)), places)
    assert out.table.sha256 == damaged.take(kept).sha256


@pytest.mark.parametrize("count", [60, 600])
def test_near_copies_go(count: int) -> None:
    real, synthetic = pair(1)
    damaged, _ = copied(real, synthetic, count, noise=0.002)
    out, plan = mended(DropCopies(), scene_of(real, damaged))
    assert plan.mechanism == "memorisation"
    sound = {str(row) for row in synthetic.table.to_pylist()}
    lost = len(synthetic) - count - sum(str(row) in sound for row in out.table.table.to_pylist())
    assert lost <= 0.01 * len(synthetic)
    assert len(out) <= len(synthetic) - 0.9 * count


def test_exact_copies_go_with_near_ones() -> None:
    real, synthetic = pair(1)
    damaged, near = copied(real, synthetic, 200, noise=0.002)
    free = np.setdiff1d(np.arange(len(synthetic)), near)[:3]
    at = np.arange(len(damaged))
    at[free] = len(at) + np.arange(3)
    both = Dataset(pa.concat_tables([damaged.table, real.table.slice(0, 3)]).take(pa.array(at)), damaged.schema, name="synthetic")
    out, plan = mended(DropCopies(), scene_of(real, both), at=-1)
    assert plan.mechanism == "memorisation"
    copies = {str(row) for row in real.table.slice(0, 3).to_pylist()}
    assert not any(str(row) in copies for row in out.table.table.to_pylist())


@pytest.mark.parametrize("noise", [0.0, 0.002])
def test_rows_that_do_not_count_are_no_copies(noise: float) -> None:
    real, synthetic = pair(1)
    damaged, places = copied(real, synthetic, 300, noise)
    weights = np.ones(len(damaged))
    weights[places] = 0.0
    rows = Amended(damaged, weights, np.zeros(len(damaged), dtype=bool))
    assert DropCopies().signs(scene_of(real, damaged))
    assert not DropCopies().signs(Scene(real, rows))


def test_twins_stand_for_chance_by_their_weight() -> None:
    real, synthetic = pair(6)
    damaged, places = copied(real, synthetic, 150)
    free = np.setdiff1d(np.arange(len(synthetic)), places)[:600]
    at = np.arange(len(damaged))
    at[free[300:]] = free[:300]  # as many rows have a twin as real ones do
    damaged = damaged.take(at)
    light = np.ones(len(damaged))
    light[free] = 0.05
    rows = Amended(damaged, light / light.mean(), np.zeros(len(damaged), dtype=bool))
    equal, weighed = (DropCopies().signs(Scene(real, each))[0] for each in (Amended.of(damaged), rows))
    assert weighed.mechanism == equal.mechanism == "evaluation_leakage"
    assert weighed.p_value < equal.p_value


def test_another_table_of_the_same_generator() -> None:
    real, synthetic = pair(2)
    scene = scene_of(real, copied(real, synthetic, 300)[0])
    setting = DropCopies().learn(DropCopies().signs(scene)[0], scene)
    sound = scene_of(real, synthetic).rows
    assert len(DropCopies().apply(setting, sound, real, np.random.default_rng(0))) == len(synthetic)


def test_rows_of_few_levels_are_equal_by_nature() -> None:
    real, synthetic = pair(3)
    names = ["city", "member", "grant", "age"]
    assert not DropCopies().signs(scene_of(real.select(names), synthetic.select(names)))


def test_narrow_tables_are_no_copies() -> None:
    real, synthetic = pair(4)
    values = synthetic.numbers("income")
    narrow = written(synthetic, "income", np.median(values) + 0.3 * (values - np.median(values)))
    assert not DropCopies().signs(Scene(real, scene_of(real, narrow).rows))


def test_sound_rows_give_no_sign() -> None:
    assert false_signs(DropCopies(), 30, synthetic=600) <= 3  # more has a chance of 1 in 4,000


@pytest.mark.parametrize("name", odd_scenes())
def test_odd_tables_give_no_plan(name: str) -> None:
    assert not DropCopies().signs(odd_scenes()[name])
