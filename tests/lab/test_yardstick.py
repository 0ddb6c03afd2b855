"""The yardstick: floors, intervals, what is left out, and that numbers come back the same."""

from __future__ import annotations

import json
import math

import numpy as np
import pyarrow as pa
import pytest
from tests.lab.scenes import labelled

from assay.core.errors import UsageError
from assay.data.dataset import Dataset
from assay.data.infer import infer_schema
from assay.lab import yardstick as module
from assay.lab.axes import axes
from assay.lab.yardstick import Yardstick


@pytest.fixture(autouse=True)
def few_splits(monkeypatch):
    monkeypatch.setattr(module, "SPLITS", 6)


def datasets(*tables: pa.Table, target: str | None = None, sensitive: tuple[str, ...] = ()) -> list[Dataset]:
    schema = infer_schema(tables[0], target=target).with_changes(sensitive=sensitive)
    return [Dataset(table, schema) for table in tables]


@pytest.fixture(scope="module")
def sound() -> tuple[Dataset, ...]:
    return tuple(datasets(*(labelled(500, seed) for seed in range(4)), target="y", sensitive=("level",)))


def measured(parts, seed=0, **more):
    real, holdout, rows, previous = parts
    return Yardstick(real, holdout, size=500, seed=1, **more).measure(rows, previous=previous, seed=seed)


def test_every_axis_is_read_or_skipped_with_a_reason(sound):
    real, holdout, rows, _ = sound
    yardstick = Yardstick(real, holdout, size=500, seed=1)
    readings = yardstick.measure(rows, previous=None, seed=0)
    read = {each.axis for each in readings if not each.column}
    assert read | set(yardstick.skipped) >= {axis.name for axis in axes()}
    assert not read & set(yardstick.skipped)
    assert {"log_variance", "two_sample_auc", "tstr", "group_gap", "believed_score"} <= read
    for each in readings:
        assert each.low <= each.value <= each.high
        low, high = next(axis.bounds for axis in axes() if axis.name == each.axis)
        assert low <= each.low
        assert each.high <= high


def test_the_same_seed_gives_the_same_numbers_and_another_does_not(sound):
    first, again, other = measured(sound), measured(sound), measured(sound, seed=1)
    assert first == again
    assert first != other


def test_floors_come_back_from_json_and_are_refused_for_other_rows(sound):
    real, holdout, rows, previous = sound
    fresh = Yardstick(real, holdout, size=500, seed=1)
    kept = json.loads(json.dumps(fresh.floors_to_dict()))
    restored = Yardstick(real, holdout, size=500, seed=1, floors=kept)
    assert restored.floors == fresh.floors
    assert restored.measure(rows, previous=previous, seed=0) == fresh.measure(rows, previous=previous, seed=0)
    for change, word in (({"size": 400}, "size"), ({"seed": 2}, "seed")):
        with pytest.raises(UsageError, match=word):
            Yardstick(real, holdout, **({"size": 500, "seed": 1} | change), floors=kept)
    with pytest.raises(UsageError, match="sha256"):
        Yardstick(rows, holdout, size=500, seed=1, floors=kept)


def test_what_was_measured_before_changes_no_number(sound):
    real, holdout, rows, previous = sound
    walked = Yardstick(real, holdout, size=500, seed=1)
    walked.measure(previous, previous=None, seed=0)
    assert walked.measure(rows, previous=previous, seed=0) == measured(sound)


def test_floors_hold_real_rows_about_as_often_as_they_say(monkeypatch):
    monkeypatch.setattr(module, "SPLITS", 16)
    inside = told = 0
    for seed in range(6):
        real, holdout, rows = datasets(*(labelled(300, 10 * seed + part) for part in (1, 2, 3)), target="y")
        for each in Yardstick(real, holdout, size=300, seed=seed).measure(rows, previous=None, seed=seed):
            if not each.column:
                told += 1
                inside += each.floor_low - 1e-12 <= each.value <= each.floor_high + 1e-12
    assert told > 100
    assert inside / told > 0.88


def test_a_lineage_that_lost_everything_is_beyond_every_floor(sound):
    real, holdout, rows, _ = sound
    one = rows.take(np.zeros(500, dtype=np.int64))
    readings = {each.axis: each for each in Yardstick(real, holdout, size=500, seed=1).measure(one, previous=None, seed=0)[::-1]}
    for name in ("log_variance", "support", "tail_mass"):
        assert readings[name].high < readings[name].floor_low
    for name in ("two_sample_auc", "duplicates"):
        assert readings[name].low > readings[name].floor_high


@pytest.mark.parametrize(
    ("table", "lacking"),
    [
        (pa.table({"c": ["a", "b", "c", "d"] * 50, "d": ["u", "v"] * 100}), {"log_variance", "tail_mass", "tstr"}),
        (pa.table({"x": np.arange(200.0), "z": np.arange(200.0) ** 2}), {"support", "rare_survival", "tstr"}),
        (pa.table({"x": [1.0] * 200, "c": ["a"] * 200}), {"log_variance", "pair_dependence", "two_sample_auc"}),
        (pa.table({"x": np.arange(200.0), "n": pa.array([None] * 200, pa.float64())}), {"tstr"}),
        (pa.table({"c": [f"c{at}" for at in range(100)] * 2, "x": pa.array([None, 1.5] * 100, pa.float64())}), {"tstr"}),
        (pa.table({"id": [f"p{at}" for at in range(200)]}), {"log_variance", "two_sample_auc", "support"}),
    ],
    ids=["levels", "numbers", "constant", "all null", "many levels", "ids only"],
)
def test_poor_tables_are_measured_as_far_as_they_go(table, lacking):
    real, holdout, rows = datasets(table, table, table)
    yardstick = Yardstick(real, holdout, size=200, seed=0)
    for each in yardstick.measure(rows, previous=None, seed=0):
        assert math.isfinite(each.value)
    assert lacking <= set(yardstick.skipped)
    if not real.schema.modelled:
        assert {"exact_copies", "duplicates"} <= set(yardstick.skipped)
    assert all(yardstick.skipped.values())


def test_a_target_of_one_class_skips_use():
    table = labelled(200, 0)
    one = table.set_column(3, "y", pa.array(["no"] * 200))
    schema = infer_schema(table, target="y")
    real, holdout, rows = (Dataset(one, schema) for _ in range(3))
    yardstick = Yardstick(real, holdout, size=200, seed=0)
    yardstick.measure(rows, previous=None, seed=0)
    assert yardstick.skipped["tstr"] == "the target has one class only"


def test_skipped_is_told_of_the_latest_table_only(sound):
    real, holdout, rows, _ = sound
    yardstick = Yardstick(real, holdout, size=500, seed=1)
    yardstick.measure(rows.take(np.arange(10)), previous=None, seed=0)
    assert "two_sample_auc" in yardstick.skipped
    yardstick.measure(rows, previous=None, seed=0)
    assert "two_sample_auc" not in yardstick.skipped


def test_drift_alone_is_told_where_there_are_rare_levels(sound):
    real, holdout, _, _ = sound
    assert Yardstick(real, holdout, size=500, seed=0).expected_survival(3) is None
    rng = np.random.default_rng(0)
    levels = np.array([f"l{at:02d}" for at in range(81)])
    shares = np.array([0.2, *([0.01] * 80)])
    parts = datasets(*(pa.table({"c": levels[rng.choice(81, 600, p=shares)].tolist()}) for _ in range(2)))
    yardstick = Yardstick(*parts, size=600, seed=0)
    first, tenth = yardstick.expected_survival(1), yardstick.expected_survival(10)
    assert first is not None
    assert tenth is not None
    assert 0.5 < tenth < first < 1.0


def test_what_chance_would_leave_is_what_perfect_resampling_leaves():
    rng = np.random.default_rng(3)
    levels = np.array([f"l{at:03d}" for at in range(61)])
    shares = np.array([1.0 - 60 * 0.0025, *([0.0025] * 60)])
    codes = rng.choice(61, 4_000, p=shares)
    real, holdout = datasets(pa.table({"c": levels[codes[:2_800]].tolist()}), pa.table({"c": levels[codes[2_800:]].tolist()}))
    yardstick = Yardstick(real, holdout, size=1_400, seed=0)
    whole = np.bincount(codes, minlength=61)[1:] / 4_000
    rare = np.flatnonzero((whole < 0.02) & (whole * 1_400 >= 3.0)) + 1
    alive: list[list[float]] = []
    for _ in range(400):
        rows = rng.permutation(codes[:2_800])[:1_400]
        lineage = []
        for _ in range(4):
            rows = rng.choice(rows, 1_400)
            lineage.append(float(np.isin(rare, rows).mean()))
        alive.append(lineage)
    mean, noise = np.mean(alive, axis=0), np.std(alive, axis=0, ddof=1) / 20
    told = np.array([yardstick.expected_survival(number) for number in range(1, 5)])
    assert (np.abs(told - mean) < 4 * noise + 0.003).all()


def test_too_few_rows_and_no_size_are_refused(sound):
    real, holdout, _, _ = sound
    with pytest.raises(UsageError, match="holdout must have at least 40 rows"):
        Yardstick(real, holdout.take(np.arange(10)), size=10, seed=0)
    with pytest.raises(UsageError, match="size must be a positive integer"):
        Yardstick(real, holdout, size=0, seed=0)


def test_every_axis_says_what_it_is():
    for axis in axes():
        for words in (axis.name, axis.question, axis.unit, axis.margin_because, axis.cannot_see):
            assert words.strip()
        assert axis.worse in ("up", "down", "both")
        assert axis.bounds[0] < axis.bounds[1]
        assert axis.margin > 0
        assert axis.needs <= {"numbers", "levels", "target", "classes", "sensitive", "columns"}
        assert axis.__doc__
    names = [axis.name for axis in axes()]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("known", [0, 2])
def test_a_column_with_hardly_a_value_stops_no_model(known):
    tables = [labelled(200, seed) for seed in range(4)]
    numbers = pa.array([1.5] * known + [None] * (200 - known), pa.float64())
    parts = datasets(*(table.append_column("seldom", numbers) for table in tables), target="y")
    read = {each.axis for each in measured(parts) if not each.column}
    assert {"two_sample_auc", "believed_auc", "tstr"} <= read
