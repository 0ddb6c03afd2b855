"""Conditions: met by construction where they can be, with the right chances for all that remains."""

import numpy as np
import pytest

from assay.core.errors import InputError
from assay.data.where import parse
from assay.generators.rules import Rules
from assay.scenario.conditions import Impossible, plan
from assay.scenario.reading import read_scenario
from assay.scenario.schema import schema_of

TEXT = """
[tables.a.columns]
id = { id = "R{n}" }
k = { values = ["a", "b", "c"], weights = [6, 3, 1] }
x = { distribution = "normal", mean = 10, sd = 2 }
y = { formula = "x + (k = 'c')" }
fraud = { planted = ["one", "two"] }
what = { planted = "all", named = true, otherwise = "none" }
[[tables.a.events]]
name = "one"
rate = 0.003
set = { x = 100 }
[[tables.a.events]]
name = "two"
rate = 0.001
[[tables.a.events]]
name = "three"
rate = 0.1
"""


@pytest.fixture
def rules(tmp_path):
    path = tmp_path / "s.toml"
    path.write_text(TEXT)
    return Rules(scenario=str(path)).fit()


def planned(text):
    scenario = read_scenario(TEXT)
    return plan(scenario, "a", parse(text, schema_of(scenario, "a")), 1_000)


@pytest.mark.parametrize(
    ("text", "exact", "shares"),
    [
        ("k = 'c'", True, None),
        ("k in ('a', 'b')", True, None),
        ("fraud = 1", True, {"one": 0.75, "two": 0.25, "three": 0.0}),
        ("what = 'two'", True, {"one": 0.0, "two": 1.0, "three": 0.0}),
        ("fraud = 0", True, {"one": 0.0, "two": 0.0, "three": 0.1 / 0.996}),
        ("fraud = 1 and k = 'a'", True, {"one": 0.75, "two": 0.25, "three": 0.0}),
        ("fraud = 1 and x > 12", False, {"one": 0.75, "two": 0.25, "three": 0.0}),
        ("y > 12", False, None),
    ],
)
def test_what_is_met_by_construction(text, exact, shares):
    found = planned(text)
    assert found.exact == exact
    assert found.shares == (None if shares is None else pytest.approx(shares))


@pytest.mark.parametrize("text", ["k = 'd'", "what = 'four'", "k = 'a' and k = 'b'"])
def test_what_no_row_can_meet_is_known_before_any_is_made(text):
    with pytest.raises(Impossible):
        planned(text)


@pytest.mark.parametrize(
    "text",
    ["k = 'c'", "fraud = 1", "what = 'three' and k != 'a'", "y > 12.5", "fraud = 1 and y > 50", "x >= 11 and k in ('b', 'c')"],
)
def test_rows_meet_the_condition_and_ids_stay_unique(rules, text):
    condition = parse(text, rules.schema_)
    made = rules.sample_where(700, condition, seed=1)
    assert len(made) == 700
    assert condition.mask(made).all()
    assert len(set(made.table.column("id").to_pylist())) == 700
    assert made.sha256 == rules.sample_where(700, condition, seed=1).sha256
    assert made.sha256 != rules.sample_where(700, condition, seed=2).sha256
    assert made.lineage.parameters["where"] == text


def test_what_remains_has_its_chances_given_the_condition(rules):
    levels = np.array(rules.sample_where(20_000, parse("k != 'a'", rules.schema_), seed=0).table.column("k").to_pylist())
    assert (levels == "b").mean() == pytest.approx(0.75, abs=0.012)
    kinds = np.array(rules.sample_where(4_000, parse("fraud = 1", rules.schema_), seed=0).table.column("what").to_pylist())
    assert (kinds == "one").sum() == 3_000


def test_rare_ends_of_a_distribution_are_cut_and_not_waited_for(tmp_path):
    path = tmp_path / "s.toml"
    path.write_text(
        "[tables.a.columns]\nx = {distribution = 'lognormal', median = 20, sigma = 1, round = 2}\n"
        "n = {distribution = 'poisson', mean = 2}\ny = {formula = 'x + n'}\n"
        "[[tables.a.events]]\nname = 'e'\ncount = 5\n"
    )
    rules = Rules(scenario=str(path)).fit()
    made = rules.sample_where(200, parse("x > 20000 and n >= 14", rules.schema_), seed=0).table
    x, n = (np.array(made.column(name).to_pylist()) for name in ("x", "n"))
    assert x.min() > 20_000
    assert n.min() >= 14
    assert np.allclose(made.column("y").to_pylist(), x + n)
    assert np.median(x) == pytest.approx(20 * np.exp(6.99786), rel=0.02)
    with pytest.raises(InputError, match="'n' has no such value"):
        rules.sample_where(5, parse("n < 0", rules.schema_), seed=0)


def test_an_event_that_looks_at_a_column_keeps_it_from_being_cut():
    text = TEXT + "[[tables.a.events]]\nname = 'four'\nrate = 0.05\nwhen = \"k = 'c'\"\n"
    scenario = read_scenario(text)
    assert not plan(scenario, "a", parse("k = 'c'", schema_of(scenario, "a")), 1_000).exact


def test_a_condition_that_nearly_nothing_meets_is_given_up(rules):
    with pytest.raises(InputError, match="Too few rows meet 'y > 1000'"):
        rules.sample_where(5, parse("y > 1000", rules.schema_), seed=0)


@pytest.mark.parametrize(("column", "levels"), [("fraud", 2), ("k", 3), ("what", 4)])
def test_levels_are_balanced(rules, column, levels):
    made = rules.sample_balanced(1_200, column, seed=0)
    counts = np.unique(made.table.column(column).to_pylist(), return_counts=True)[1]
    assert counts.tolist() == [1_200 // levels] * levels
    assert len(set(made.table.column("id").to_pylist())) == 1_200


def test_balance_under_a_condition_and_of_what_has_no_levels(rules):
    made = rules.sample_balanced(100, "fraud", seed=0, condition=parse("k = 'c'", rules.schema_))
    assert set(made.table.column("k").to_pylist()) == {"c"}
    assert sum(made.table.column("fraud").to_pylist()) == 50
    with pytest.raises(InputError, match="does not name the levels of 'x'"):
        rules.sample_balanced(10, "x", seed=0)
