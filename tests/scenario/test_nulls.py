"""Nulls as written: by chance, by condition, by faults, and together with those of another column."""

import numpy as np
import pytest

from assay.core.errors import InputError
from assay.scenario.reading import read_scenario
from assay.scenario.schema import schema_of
from assay.scenario.world import make_tables

TWO = """
a = { distribution = "normal", null = 0.3 }
b = { distribution = "uniform", null_with = "a" }
c = { values = ["x", "y"], null_with = "b" }
d = { formula = "a + b" }
"""


def scenario(columns, events=""):
    return read_scenario(f"[tables.t.columns]\n{columns}\n{events}", file="s.toml")


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_columns_are_null_together_and_formulas_see_full_values(seed):
    rows = make_tables(scenario(TWO), 5_000, seed=seed)["t"]
    masks = [np.array(rows.column(name).is_null()) for name in "abc"]
    assert np.array_equal(masks[0], masks[1])
    assert np.array_equal(masks[0], masks[2])
    assert masks[0].mean() == pytest.approx(0.3, abs=0.03)
    assert rows.column("d").null_count == 0
    assert [column.nullable for column in schema_of(scenario(TWO), "t").columns] == [True, True, True, False]


def test_sharing_nulls_changes_no_value():
    alone = make_tables(scenario(TWO.replace('null_with = "a"', "null = 0.0")), 500, seed=3)["t"].to_pandas()
    shared = make_tables(scenario(TWO), 500, seed=3)["t"].to_pandas()
    known = shared["b"].notna()
    assert (shared.loc[known, "b"] == alone.loc[known, "b"]).all()


def test_what_a_fault_drops_is_dropped_with_it():
    text = 'x = { distribution = "normal" }\ny = { distribution = "normal", null_with = "x" }\nl = { planted = "all" }'
    drop = "[[tables.t.events]]\nname = 'e'\nrate = 0.1\npattern = 'stretch'\nlength = 5\nfault = 'dropout'\ncolumns = ['x']"
    rows = make_tables(scenario(text, drop), 200, seed=0)["t"].to_pandas()
    assert rows["l"].sum() == 20
    assert (rows["y"].isna() == rows["l"]).all()


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ("a = {distribution = 'normal', null_with = 'z'}", "No column 'z'"),
        ("a = {distribution = 'normal'}\nb = {distribution = 'normal', null_with = 'a'}", "'a' is never null"),
        (
            "a = {distribution = 'normal', null_with = 'b'}\nb = {distribution = 'normal', null_with = 'a'}",
            "in a circle: a -> b -> a",
        ),
        ("a = {distribution = 'normal', null_with = 'a'}", "in a circle: a -> a"),
        ("a = {distribution = 'normal', null = 0.1}\nb = {distribution = 'normal', null_with = 'a', null = 0.2}", "without null"),
        ("a = {distribution = 'normal', null_with = 3}", "must be a text"),
    ],
)
def test_what_cannot_be_shared_is_refused_with_its_line(columns, said):
    with pytest.raises(InputError) as raised:
        scenario(columns)
    assert any(said in str(error) and "line " in str(error) and "null_with" in str(error) for error in raised.value.errors)


def test_a_formula_of_what_may_lack_a_value_is_nullable():
    text = "x = {cases = [{when = 'row > 2', formula = '1'}]}\ny = {formula = 'x + 1'}\nz = {formula = 'row'}"
    made = make_tables(scenario(text), 5, seed=0)["t"]
    schema = schema_of(scenario(text), "t")
    assert [made.column(name).null_count for name in "xyz"] == [2, 2, 0]
    assert [schema.column(name).nullable for name in "xyz"] == [True, True, False]
