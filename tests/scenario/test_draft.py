"""Drafts: they load, generate, keep mined rules and types, and show nothing of fewer than ten rows."""

import datetime
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pytest

from assay.core.errors import InputError
from assay.data.constraints import mine, violations
from assay.data.dataset import Dataset
from assay.scenario.draft import draft_scenario
from assay.scenario.reading import read_scenario
from assay.scenario.world import make_tables
from assay.testing.contracts import mixed_table
from assay.verbs.draft import draft
from assay.verbs.load import load


def remade(real, n=2_000):
    text = draft_scenario(real)
    scenario = read_scenario(text)
    made = make_tables(scenario, n, seed=1, only=scenario.main)[scenario.main]
    return text, Dataset(made, real.schema)


def ruled(rows=6_000, seed=0):
    rng = np.random.default_rng(seed)
    net = rng.integers(100, 900, rows)
    tax = rng.integers(5, 99, rows)
    city = rng.choice(np.array(["Bonn", "Köln", "Ulm", 'O\'Hara "x"']), rows)
    start = np.datetime64("2024-01-01") + rng.integers(0, 300, rows)
    low = rng.normal(10, 3, rows).round(2)
    return pa.table(
        {
            "net": net,
            "tax": tax,
            "gross": net + tax,
            "city": city.tolist(),
            "land": [{"B": "NRW", "K": "NRW", "U": "BW", "O": "NV"}[name[0]] for name in city],
            "start": pa.array(start),
            "end": pa.array(start + rng.integers(0, 40, rows)),
            "low value": low,
            "high`value": (low + rng.exponential(2, rows)).round(2),
            "fives": rng.integers(0, 300, rows) * 5,
        }
    )


def test_mined_rules_become_formulas_that_hold():
    real = load(ruled())
    rules = mine(real)
    assert {rule.kind for rule in rules} == {"sum", "functional", "inequality", "grid"}
    text, made = remade(real)
    for rule in rules:
        assert not violations(rule, made).any(), rule
    assert "NOT kept" not in text
    assert 'formula = "net + tax"' in text
    assert "Mined: 'city' determines 'land'" in text
    assert made.table.schema.equals(real.table.schema)


def test_types_nulls_and_kinds_of_a_mixed_table_come_back():
    real = mixed_table(400)
    text, made = remade(real, 1_000)
    assert made.table.schema.equals(real.table.schema)
    for name in real.names:
        assert made.nulls(name).mean() == pytest.approx(real.nulls(name).mean(), abs=0.08), name
    assert set(made.table.column("fives").to_pylist()) <= set(range(0, 60, 5))
    assert "rare" not in made.table.column("level").to_pylist(), "three rows stand behind it"
    assert "rare" not in text
    assert not set(made.table.column("id").to_pylist()) & set(real.table.column("id").to_pylist())


def test_no_value_of_fewer_than_ten_rows_is_shown():
    rng = np.random.default_rng(5)
    numbers = np.concatenate([np.arange(1, 975) * 7.123 + 0.4711, np.full(25, 5_000.25), [123456.789]])
    names = [f"name{row // 9}" for row in range(1_000)]
    rare = ["secret"] * 9 + ["often"] * 991
    days = [datetime.date(1900, 1, 3)] + [
        datetime.date(2020, 1, 1) + datetime.timedelta(int(d)) for d in rng.integers(0, 99, 999)
    ]
    cents = [Decimal(int(value)) for value in numbers[::-1]]
    real = load(pa.table({"x": numbers, "name": names, "rare": rare, "day": days, "cents": cents}))
    text = draft_scenario(real)
    read_scenario(text)
    for word in ("123456", "secret", "name1", "1900-01-03"):
        assert word not in text
    singles = {f"{value:.7g}" for value in numbers[:974]}
    assert not {word.strip("[],") for word in text.split()} & singles
    assert "5000.25" in text


def test_the_target_depends_on_what_it_depended_on():
    rng = np.random.default_rng(0)
    age, sex = rng.integers(18, 90, 5_000), rng.choice(np.array(["F", "M"]), 5_000)
    ill = rng.random(5_000) < np.where((age > 60) & (sex == "M"), 0.8, 0.1)
    real = load(pa.table({"age": age, "sex": sex.tolist(), "ill": np.where(ill, "yes", "no").tolist()}), target="ill")
    text, made = remade(real, 5_000)
    rows = made.table.to_pandas()
    assert "given what it depends on most: age, sex" in text
    high = (rows["age"] > 62) & (rows["sex"] == "M")
    assert (rows.loc[high, "ill"] == "yes").mean() == pytest.approx(0.8, abs=0.06)
    assert (rows.loc[rows["age"] < 58, "ill"] == "yes").mean() == pytest.approx(0.1, abs=0.04)
    assert made.schema.positive == "yes"


def test_a_regression_target_too():
    rng = np.random.default_rng(0)
    size = rng.uniform(20, 200, 3_000)
    real = load(pa.table({"size": size, "price": (size * 10 + rng.normal(0, 50, 3_000)).round(1)}), target="price")
    _, made = remade(real, 3_000)
    rows = made.table.to_pandas()
    assert rows["size"].corr(rows["price"]) > 0.9


def test_entities_get_rows_of_their_own():
    rng = np.random.default_rng(0)
    sizes = rng.integers(1, 9, 400)
    patient = np.repeat([f"P{at}" for at in range(400)], sizes)
    real = load(pa.table({"patient": patient.tolist(), "pulse": rng.normal(70, 9, len(patient))}), entity="patient")
    text, made = remade(real, 2_000)
    counts = np.unique(made.table.column("patient").to_pylist(), return_counts=True)[1]
    assert counts.mean() == pytest.approx(sizes.mean(), rel=0.1)
    assert not set(made.table.column("patient").to_pylist()) & set(patient)
    assert 'entity = "patient"' in text


@pytest.mark.parametrize(
    "table",
    [
        {"x": [1.5] * 30},
        {"x": pa.nulls(30, pa.int16())},
        {"x": [True, False] * 15},
        {"x": ["a"] * 29 + [None]},
        {"x": [f"v{row}" for row in range(30)]},
        {"x": list(range(30)), "if": ["and"] * 30, "a.b": [0.1] * 30, 'q"uo\\te': ["\x7f\u2028"] * 30},
        {"x": pa.array(range(30), pa.duration("s"))},
        {"x": pa.array(range(0, 30_000, 1_000), pa.time32("s"))},
        {"x": pa.array([2**62 + row for row in range(30)], pa.uint64())},
        {"x": pa.array([datetime.datetime(2024, 1, 1, tzinfo=datetime.UTC)] * 30)},
        {
            "x": ["This is a longer text of many words that nobody should copy from here"] * 15
            + [f"so it is {i} x y z a b c d e" for i in range(15)]
        },
    ],
    ids=["constant", "null", "boolean", "level", "levels", "names", "duration", "time", "large", "instant", "text"],
)
def test_odd_tables_are_drafted_and_made(table):
    real = load(pa.table(table))
    _, made = remade(real, 50)
    assert made.table.schema.equals(real.table.schema)


def test_many_columns_and_many_levels():
    rng = np.random.default_rng(0)
    wide = load(pa.table({f"c{at}": rng.normal(size=300) for at in range(200)}))
    assert remade(wide, 100)[1].table.num_columns == 200
    many = load(
        pa.table({"key": [f"k{number}" for number in rng.integers(0, 30_000, 40_000)], "y": rng.integers(0, 2, 40_000)}),
        target="y",
    )
    text, made = remade(many, 100)
    assert len(text) < 200_000
    assert len(made) == 100


def test_too_few_rows_are_refused_and_a_file_is_written(tmp_path):
    with pytest.raises(InputError, match="cannot be drafted from 5 rows"):
        draft(pa.table({"x": range(5)}))
    text = draft(ruled(50), out=tmp_path / "s.toml")
    assert (tmp_path / "s.toml").read_text(encoding="utf-8") == text
    assert draft(ruled(50)) == text


def test_columns_that_are_missing_together_stay_so():
    lost = np.arange(400) % 4 == 0
    x = np.random.default_rng(0).normal(size=400)
    real = pa.table(
        {
            "a": pa.array(x, mask=lost),
            "b": pa.array(np.arange(400) % 3, mask=lost),
            "c": pa.array(x**2, mask=np.arange(400) % 5 == 0),
            "d": pa.array(-x, mask=np.arange(400) < 4),
            "e": pa.array(x + 1, mask=np.arange(400) < 4),
        }
    )
    text = draft_scenario(load(real))
    assert text.count("null_with") == 1
    assert 'null_with = "a"' in text  # four rows that lack d and e are too few to be told of
    made = make_tables(read_scenario(text), 400, seed=0)["table"]
    assert made.column("a").is_null().equals(made.column("b").is_null())
    assert made.column("a").null_count == pytest.approx(100, abs=35)
