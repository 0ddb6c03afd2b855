"""Rules: planted ones are found and their breaches marked; chance makes none; second real samples keep them."""

from __future__ import annotations

import json

import numpy as np
import pyarrow as pa
import pytest

from assay.data.constraints import mine, phrase, violations
from assay.data.dataset import Dataset
from assay.data.infer import infer_schema
from assay.data.readers import read_table
from assay.data.schema import Constraint


def dataset(columns: dict) -> Dataset:
    table = pa.table(columns)
    return Dataset(table, infer_schema(table))


def found(data: Dataset, holdout: Dataset | None = None) -> set[tuple]:
    return {(rule.kind, rule.columns) for rule in mine(data, holdout)}


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(7)


def planted(rng: np.random.Generator, rows: int = 3000) -> dict:
    start = np.datetime64("2020-01-01") + rng.integers(0, 900, rows).astype("timedelta64[D]")
    net, tax, tip = rng.gamma(2, 50, (3, rows))
    city = rng.integers(0, 8, rows)
    return {
        "start": pa.array(start),
        "end": pa.array(start + rng.geometric(0.05, rows).astype("timedelta64[D]")),
        "net": net,
        "tax": tax,
        "gross": net + tax,
        "tip": tip,
        "paid": net + tip + tax,
        "city": [f"city {code}" for code in city],
        "country": [f"country {code // 3}" for code in city],
        "key": [f"K{row:06d}" for row in rng.permutation(rows)],
    }


def test_planted_rules_are_found(rng):
    rules = found(dataset(planted(rng)))
    assert {
        ("inequality", ("start", "end")),
        ("functional", ("city", "country")),
        ("unique", ("key",)),
        ("sum", ("net", "tax", "gross")),
        ("inequality", ("gross", "paid")),
    } <= rules
    assert {("sum", ("tip", "gross", "paid")), ("sum", ("gross", "tip", "paid"))} & rules
    assert ("functional", ("country", "city")) not in rules
    assert ("inequality", ("net", "paid")) not in rules  # follows from net <= gross <= paid


def test_grids_are_found(rng):
    steps = {"limit": 10_000.0, "half": 0.5, "pounds": 25.0}
    columns = {name: rng.integers(-40, 40, 6000) * step for name, step in steps.items()}
    columns["smooth"] = rng.normal(0, 1, 6000)
    columns["cents"] = np.round(rng.normal(500, 200, 6000), 2)
    rules = {rule.columns[0]: rule.parameters["step"] for rule in mine(dataset(columns)) if rule.kind == "grid"}
    assert rules == steps


def test_grid_near_zero_is_no_grid(rng):
    assert not mine(dataset({"tiny": rng.normal(0, 0.3, 6000), "other": rng.random(6000)}))


def test_independent_columns_make_no_rules(rng):
    columns = {f"x{k}": rng.normal(0, 1, 4000) for k in range(6)} | {f"c{k}": rng.integers(0, 5, 4000) for k in range(6)}
    assert mine(dataset(columns)) == ()


def test_rules_that_could_not_be_broken_are_none(rng):
    low, high = rng.random(4000), 10 + rng.random(4000)
    rare = np.where(np.arange(4000) < 10, "rare", "common")
    assert found(dataset({"low": low, "high": high, "c": rng.integers(0, 9, 4000), "d": rare.tolist()})) == set()


def test_the_holdout_must_keep_them_too(rng):
    real, other = planted(rng), planted(rng)
    other["key"] = [f"L{key}" for key in other["key"]]
    rule = ("inequality", ("start", "end"))
    assert rule in found(dataset(real), dataset(other))
    ends = np.array(other["end"])
    ends[5] = np.datetime64("1999-01-01")
    other["end"] = pa.array(ends)
    assert rule not in found(dataset(real), dataset(other))


def test_few_rows_make_no_rules(rng):
    assert mine(dataset(planted(rng, rows=900))) == ()


def test_breaches_are_marked_row_by_row():
    rows = 4
    data = dataset(
        {
            "a": [1.0, 5.0, None, 2.0],
            "b": [2.0, 4.0, 1.0, 2.0],
            "c": [3.0, 9.1, 1.0, 4.0],
            "k": ["x", "y", "x", None],
            "v": ["1", "2", "3", "1"],
        }
    )
    marks = [
        (Constraint("inequality", ("a", "b")), [False, True, False, False]),
        (Constraint("sum", ("a", "b", "c")), [False, True, False, False]),
        (Constraint("unique", ("k",)), [False, False, True, False]),
        (Constraint("grid", ("c",), {"step": 0.5}), [False, True, False, False]),
        (Constraint("functional", ("k", "v"), {"pairs": [["x", "1"]]}), [False, False, True, False]),
        (Constraint("functional", ("k", "v")), [False, False, True, False]),
    ]
    for rule, expected in marks:
        assert violations(rule, data).tolist() == expected, phrase(rule)
        assert violations(rule, data).shape == (rows,)


def test_no_level_of_few_rows_is_kept(rng):
    levels = [f"level {code}" for code in np.r_[np.repeat(np.arange(50), 80), np.arange(100, 150)]]
    groups = [f"group {int(level.split()[1]) % 5}" for level in levels]
    (rule,) = [
        rule for rule in mine(dataset({"level": levels, "group": groups, "x": rng.random(4050)})) if rule.kind == "functional"
    ]
    assert len(rule.parameters["pairs"]) == 50
    assert "level 100" not in json.dumps(rule.parameters)


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        (Constraint("inequality", ("start", "end")), "'start' is at most 'end'"),
        (Constraint("functional", ("city", "country")), "'city' determines 'country'"),
        (Constraint("unique", ("key",)), "'key' never repeats"),
        (Constraint("sum", ("a", "b", "c")), "'a' + 'b' is 'c'"),
        (Constraint("grid", ("limit",), {"step": 10_000.0}), "'limit' is a multiple of 10000"),
    ],
)
def test_phrases(rule, words):
    assert phrase(rule) == words


@pytest.mark.parametrize(
    ("file", "rows", "expected"),
    [
        ("adult.csv", 5000, {("functional", ("education", "education-num"))}),
        ("default_credit_card.csv", 5000, {("unique", ("ID",))}),
        ("bank_marketing_full.csv", 5000, set()),
        ("online_shoppers_intention.csv", 3000, set()),
        ("cardio_train.csv", 3000, {("unique", ("id",))}),
    ],
)
def test_a_second_real_sample_keeps_them(shared_data, file, rows, expected):
    table = read_table(shared_data / file)
    data = Dataset(table, infer_schema(table))
    for seed in range(3):
        order = np.random.default_rng(seed).permutation(len(data))
        rules = mine(data.take(order[:rows]), data.take(order[rows : rows + 1000]))
        assert expected <= {(rule.kind, rule.columns) for rule in rules}
        for rule in rules:
            assert violations(rule, data.take(order[rows + 1000 :])).mean() <= 1e-3, phrase(rule)


def test_numbers_at_the_ends_of_the_doubles_make_no_sums(rng):
    huge = {name: rng.uniform(-1, 1, 3000) * 1.7e308 for name in "abc"}
    tiny = {name: rng.uniform(-1e-310, 1e-310, 3000) for name in "de"}
    assert not [rule for rule in found(dataset({**huge, **tiny, "x": rng.normal(size=3000)})) if rule[0] == "sum"]
