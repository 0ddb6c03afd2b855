from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from assay.core.errors import InputError
from assay.core.mended import Wanted
from assay.data.amended import Amended
from assay.data.dataset import Dataset
from assay.data.schema import Column, Schema
from assay.data.where import parse
from assay.mending.choose import Chosen
from assay.mending.collection.curve import row_losses
from assay.mending.collection.recommend import ANY, wanted
from assay.mending.collection.slices import axes_of
from assay.mending.collection.slopes import Worths
from assay.mending.folds import folds_of
from assay.mending.forms import Form
from assay.mending.judge import Judged
from assay.mending.run import FOLDS, Outcome
from assay.mending.task import Task
from assay.mending.usage import Tried, Use
from assay.stats.scores import Score

PLACES = ("coast", "hills", "o'port")
SCHEMA = Schema(
    (
        Column("a", "numeric", "double"),
        Column("far out", "numeric", "double"),
        Column("place", "categorical", "string"),
        Column("y", "boolean", "bool"),
    ),
    target="y",
    task="binary",
)


def world(rows: int, seed: int, *, turned: bool, without: str | None = None) -> Dataset:
    """The label follows `a`; at the port, with ``turned``, the other way round."""
    rng = np.random.default_rng(seed)
    a, far = rng.normal(size=(2, 2 * rows))
    place = rng.choice(PLACES, 2 * rows, p=(0.5, 0.3, 0.2))
    sign = np.where((place == "o'port") & turned, -1.0, 1.0)
    y = sign * a + 0.5 * rng.normal(size=2 * rows) > 0
    kept = np.flatnonzero(place != without)[:rows]
    return Dataset(pa.table({"a": a[kept], "far out": far[kept], "place": place[kept], "y": y[kept]}), SCHEMA)


def outcome(real: Dataset, synthetic: Dataset, form: Form | None) -> Outcome:
    """What mending ends with where it took no step."""
    folds = folds_of(real, synthetic, FOLDS, 0, most=6_000)
    nothing = Judged(Score(0.5, np.zeros(len(real))), None)
    chosen = Chosen((), (), Amended.of(synthetic), folds, nothing, nothing)
    if form is None:
        return Outcome(chosen, None, None, folds)
    one = Tried(form, Score(0.5, np.zeros(len(real))))
    return Outcome(chosen, Use((one,), one, None, one), Task.of(real), folds)


def asked(real: Dataset, synthetic: Dataset, form: Form | None, jobs: int = 1) -> Wanted:
    found = wanted(outcome(real, synthetic, form), real, seed=1, jobs=jobs)
    assert len(found) == 1
    return found[0]


POOLED = Form("synthetic", None, "boosting")


def test_a_hard_slice_that_synthetic_rows_lack_is_named_by_a_condition_that_picks_it():
    real = world(400, 1, turned=True)
    found = asked(real, world(2_000, 2, turned=True, without="o'port"), POOLED)
    assert "place" in found.columns
    picked = parse(found.where, SCHEMA).mask(real)
    port = np.array(real.table.column("place").to_pylist()) == "o'port"
    assert port[picked].mean() > 0.9
    assert found.rows == 200
    assert found.gain.low > 0
    assert found.gain.value > found.at_random.value


def test_any_rows_are_wanted_where_nothing_is_special():
    found = [asked(world(300, seed, turned=False), world(2_000, 50 + seed, turned=False), POOLED) for seed in range(4)]
    assert all(one.where == ANY and one.columns == () and one.rows == 150 for one in found)
    assert all(one.gain == one.at_random for one in found)


def told(rows: int, seed: int, task: str, lost: bool) -> Dataset:
    """A column of nulls, one of a single value, entities of two rows, a target of another kind; one level may be lost."""
    rng = np.random.default_rng(seed)
    x, kind = rng.normal(size=rows), rng.integers(0, 2 if lost else 3, rows)
    value = np.where(kind == 2, 3.0 - 2.0 * x, x) + 0.2 * rng.normal(size=rows)
    y = value if task == "regression" else np.array(["low", "mid", "high"])[np.digitize(value, (-0.5, 1.0))]
    columns = {
        "who": pa.array(np.repeat(np.arange((rows + 1) // 2), 2)[:rows].astype(str)),
        "x": pa.array(x),
        "kind": pa.array(kind.astype(str)),
        "empty": pa.array([None] * rows, type=pa.float64()),
        "same": pa.array(np.ones(rows)),
        "y": pa.array(y),
    }
    kinds = ("id", "numeric", "categorical", "numeric", "numeric", "numeric" if task == "regression" else "categorical")
    columns_of = tuple(
        Column(name, kind, str(array.type), nullable=True) for kind, (name, array) in zip(kinds, columns.items(), strict=True)
    )
    return Dataset(pa.table(columns), Schema(columns_of, target="y", task=task, entity="who"))


@pytest.mark.parametrize("task", ["regression", "multiclass"])
def test_other_targets_and_entities_are_told_of_too(task):
    found = asked(told(300, 1, task, False), told(1_500, 2, task, True), Form("synthetic", None, "boosting"))
    assert "kind = '2'" in found.where
    assert 0 < found.gain.low < found.gain.high


def test_synthetic_rows_alone_are_taken_with_real_rows_pooled_in():
    real, synthetic = world(200, 1, turned=True), world(500, 2, turned=True)
    assert asked(real, synthetic, POOLED._replace(share=0.0)) == asked(real, synthetic, POOLED)


def test_the_same_is_found_at_any_number_of_jobs():
    real, synthetic = world(200, 1, turned=True), world(500, 2, turned=True, without="o'port")
    assert asked(real, synthetic, POOLED, jobs=1) == asked(real, synthetic, POOLED, jobs=2)


def test_without_a_target_the_slice_that_synthetic_rows_lack_is_named():
    real = world(300, 1, turned=False)
    found = asked(real, world(1_500, 2, turned=False, without="o'port"), None)
    assert found.columns == ("place",)
    assert found.where == "place = 'o''port'"
    assert found.gain.value == pytest.approx(1.0, abs=0.05)
    assert found.at_random.value == pytest.approx(0.2, abs=0.06)


def test_without_a_target_any_rows_are_wanted_where_nothing_is_lacking():
    found = asked(world(300, 1, turned=False), world(1_500, 2, turned=False), None)
    assert found.where == ANY


@pytest.mark.parametrize("rows", [40, 90])
def test_no_condition_has_fewer_than_ten_real_rows_behind_it(rows):
    real, synthetic = world(rows, 3, turned=True), world(500, 4, turned=True)
    for axis in axes_of(real, synthetic, SCHEMA.modelled):
        for name, member in zip(axis.names, axis.member, strict=True):
            inside = int(parse(name, SCHEMA).mask(real).sum())
            assert inside == int(member[axis.cells[:rows]].sum())
            assert inside >= 10 or "null" in name


def test_conditions_pick_the_cells_they_name():
    days = np.datetime64("2020-01-01") + np.arange(200).astype("timedelta64[D]")
    columns = {
        "day": pa.array(days),
        "when": pa.array(days.astype("datetime64[us]"), type=pa.timestamp("us", tz="Europe/Paris")),
        "some `count`": pa.array([None, *range(1, 200)], type=pa.int32()),
        "rate": pa.array(np.arange(200) / 7.0, type=pa.float32()),
        "flag": pa.array(np.arange(200) % 3 == 0),
        "grade": pa.array([None if at % 5 == 0 else at % 5 for at in range(200)], type=pa.int64()),
    }
    kinds = ("datetime", "datetime", "numeric", "numeric", "boolean", "categorical")
    schema = Schema(
        tuple(
            Column(name, kind, str(array.type), nullable=array.null_count > 0)
            for kind, (name, array) in zip(kinds, columns.items(), strict=True)
        )
    )
    table = Dataset(pa.table(columns), schema)
    axes = axes_of(table, table, schema.modelled)
    assert [axis.column for axis in axes] == list(columns)
    for axis in axes:
        for name, member in zip(axis.names, axis.member, strict=True):
            assert parse(name, schema).mask(table).tolist() == (member[axis.cells[:200]] > 0).tolist(), name


def test_times_of_day_and_durations_are_cut_where_conditions_can_be_read():
    """A condition that nobody can read back would end the run at its very end, or name other rows."""
    rng = np.random.default_rng(0)
    seconds = rng.integers(0, 86_400, 300)
    columns = {
        "at": pa.array(seconds, type=pa.int32()).cast(pa.time32("s")),
        "ms": pa.array(seconds * 1_000 + 7, type=pa.int32()).cast(pa.time32("ms")),
        "fine": pa.array(seconds * 1_000_000 + 7, type=pa.int64()).cast(pa.time64("us")),
        **{
            f"took {unit}": pa.array(rng.integers(-40, 5_000, 300), type=pa.int64()).cast(pa.duration(unit))
            for unit in ("s", "ms", "us", "ns")
        },
    }
    schema = Schema(
        tuple(Column(name, "numeric" if "took" in name else "datetime", str(array.type)) for name, array in columns.items())
    )
    table = Dataset(pa.table(columns), schema)
    axes = axes_of(table, table, schema.modelled)
    assert [axis.column for axis in axes] == list(columns)
    for axis in axes:
        assert len(axis.names) > 3
        for name, member in zip(axis.names, axis.member, strict=True):
            assert parse(name, schema).mask(table).tolist() == (member[axis.cells[:300]] > 0).tolist(), name


@pytest.mark.parametrize("fault", [InputError("--where, character 1: no."), pa.ArrowNotImplementedError("no such cast")])
def test_a_condition_that_cannot_be_read_back_names_no_slice(monkeypatch, fault):
    def parse(*_):
        raise fault

    monkeypatch.setattr("assay.mending.collection.recommend.parse", parse)
    found = asked(world(300, 1, turned=False), world(1_500, 2, turned=False, without="o'port"), None)
    assert (found.where, found.columns) == (ANY, ())


def test_rows_bring_less_where_synthetic_rows_stand_in_for_them():
    worths = Worths(np.array([1.0]), np.array([1.0]), 0.75)
    assert worths.steepness(np.array([0.0, 1.0, 2.0])).tolist() == sorted(worths.steepness(np.array([0.0, 1.0, 2.0])))[::-1]
    assert worths.steepness(np.ones(1)) == pytest.approx(1.0)
    alone = Worths(np.zeros(1), np.ones(1), 1.0)
    # 1 / sqrt(N): each doubling brings 1 / sqrt(2) of what the one before brought
    assert alone.factor(np.ones(1)) == pytest.approx(0.5**0.5)


def test_what_synthetic_rows_are_worth_is_read_off_the_curve():
    rng = np.random.default_rng(0)
    for truth in (0.05, 0.6):
        early = rng.normal(1.0, 0.05, size=2_000)
        few, half, whole = ((rows + truth) ** -0.5 for rows in (0.0, 0.375, 0.75))
        late = early * (half - whole) / (few - whole)
        found = Worths.of(early, late + rng.normal(0.0, 0.05, size=2_000), 0.75, False)
        assert found.values[found.chances.argmax()] == truth


def test_losses_of_a_regression_are_squared_errors():
    assert row_losses(np.array([1.0, 2.0]), np.array([0.0, 2.0]), np.zeros(0)).tolist() == [1.0, 0.0]
