"""Rows of a scenario under conditions: exact where they can be, unique across rounds, whole worlds, and memory told first."""

import numpy as np
import pytest

from assay.core.errors import InputError
from assay.data.where import parse
from assay.generators.rules import Rules
from assay.scenario import memory
from assay.verbs.generate import generate

TEXT = """
[tables.shops]
rows = 20
[tables.shops.columns]
shop = { numbering = 1 }
kind = { values = ["food", "tools", "never"], weights = [3, 1, 0] }
[tables.people]
rows = "n / 10"
[tables.people.columns]
id = { id = "P{n:5}" }
age = { distribution = "integers", low = 18, high = 90 }
[tables.orders]
key = "order"
parent = "people"
count = { distribution = "poisson", mean = 10 }
[tables.orders.columns]
order = { numbering = 1 }
id = { reference = "people" }
shop = { reference = "shops" }
kind = { formula = "shops.kind" }
age = { formula = "people.age" }
ticket = { distribution = "integers", low = 1, high = 600, unique = true }
code = { id = "{letters:2}{digits:1}", unique = true }
late = { planted = "all" }
[[tables.orders.events]]
name = "late"
rate = 0.01
[tables.items]
parent = "orders"
count = 2
[tables.items.columns]
order = { reference = "orders" }
"""


@pytest.fixture
def rules(tmp_path):
    path = tmp_path / "s.toml"
    path.write_text(TEXT.replace("[tables.shops]", 'main = "orders"\n[tables.shops]', 1), encoding="utf-8")
    return Rules(scenario=str(path)).fit()


def condition(rules, text):
    return parse(text, rules.schema_)


@pytest.mark.parametrize("text", ["kind = 'tools'", "age >= 80", "late = 1", "late = 1 and kind = 'tools'", "late = 0"])
@pytest.mark.parametrize("seed", [0, 1])
def test_unique_values_stay_so_across_rounds_and_the_condition_holds(rules, text, seed):
    rows = rules.sample_where(300, condition(rules, text), seed=seed)
    assert len(rows) == 300
    assert condition(rules, text).mask(rows).all()
    for name in ("ticket", "code", "order"):
        assert len(set(rows.table.column(name).to_pylist())) == 300
    assert rows.sha256 == rules.sample_where(300, condition(rules, text), seed=seed).sha256


@pytest.mark.parametrize("column", ["late", "kind"])
def test_unique_values_stay_so_across_levels(rules, column):
    rows = rules.sample_balanced(301, column, seed=4)
    counts = rows.table.column(column).value_counts().to_pylist()
    assert sorted(part["counts"] for part in counts) == [150, 151]
    for name in ("ticket", "code", "order"):
        assert len(set(rows.table.column(name).to_pylist())) == 301


def test_what_no_value_can_meet_is_told_before_any_row_is_made(rules, monkeypatch):
    monkeypatch.setattr("assay.generators._rows_where.World", None)
    for text in ("kind = 'never'", "kind = 'foood'", "late = null"):
        with pytest.raises(InputError, match="No row can meet"):
            rules.sample_where(5, condition(rules, text), seed=0)


@pytest.mark.parametrize("text", ["late = 1", "kind = 'tools' and age > 60"])
@pytest.mark.parametrize("seed", [0, 1])
def test_a_world_keeps_what_belongs_to_the_rows_that_meet_it(rules, text, seed):
    tables = {
        name: part.table.to_pandas()
        for name, part in rules.sample_tables(200, seed=seed, condition=condition(rules, text)).items()
    }
    orders, people, items = tables["orders"], tables["people"], tables["items"]
    assert len(orders) == 200
    assert len(tables["shops"]) == 20
    assert orders["order"].is_unique
    joined = orders.merge(people, on="id", suffixes=("", "_p")).merge(tables["shops"], on="shop", suffixes=("", "_s"))
    assert len(joined) == 200
    assert (joined["age"] == joined["age_p"]).all()
    assert (joined["kind"] == joined["kind_s"]).all()
    assert sorted(items["order"]) == sorted([*orders["order"], *orders["order"]])
    again = rules.sample_tables(200, seed=seed, condition=condition(rules, text))
    assert all(part.table.to_pandas().equals(tables[name]) for name, part in again.items())
    assert again["orders"].lineage.parameters["where"] == text


def test_a_folder_is_written_under_a_condition_and_not_balanced(rules, tmp_path):
    out = f"{tmp_path}/made/"
    settings = {"scenario": rules.scenario}
    rows = generate(with_="rules", n=50, settings=settings, out=out, where="late = 1")
    assert all(rows.table.column("late").to_pylist())
    assert len(list((tmp_path / "made").glob("*.parquet"))) == 4
    from assay.core.errors import UsageError

    with pytest.raises(UsageError, match="balance chooses rows of one table"):
        generate(with_="rules", n=50, settings=settings, out=out, balance="late")


def test_what_would_not_fit_is_refused_before_the_start(rules, monkeypatch):
    needed = memory.check_memory(rules.scenario_, "orders", 10_000, ["orders"])
    assert memory.check_memory(rules.scenario_, "orders", 20_000, ["orders"]) == pytest.approx(2 * needed, rel=0.05)
    assert memory.check_memory(rules.scenario_, "orders", 10_000, ["items"]) > needed
    monkeypatch.setattr(memory, "available", lambda: needed // 2)
    for make in (
        lambda: rules.sample(10_000, seed=0),
        lambda: rules.sample_tables(10_000, seed=0),
        lambda: rules.sample_where(10_000, condition(rules, "late = 1"), seed=0),
        lambda: rules.sample_balanced(20_000, "late", seed=0),
    ):
        with pytest.raises(InputError, match=r"would hold about .* GiB; .* are free. Most of it is 'orders'"):
            make()


def test_the_estimate_counts_rows_that_only_counts_decide(rules):
    expected = memory._rows(rules.scenario_, "orders", 100_000, ["items"])
    assert expected == {"shops": 20, "people": 10_000, "orders": 100_000, "items": 200_000}
    assert np.isclose(memory._rows(rules.scenario_, "people", 1_000, ["orders"])["orders"], 10_000, rtol=0.05)
