"""Roles and kinds fit what is in their columns, or are refused with line and key."""

import pytest

from assay.core.errors import InputError
from assay.scenario.model import TableRules
from assay.scenario.reading import read_scenario
from assay.scenario.schema import levels_of, schema_of


def told(text):
    with pytest.raises(InputError) as raised:
        read_scenario(text, file="s.toml")
    return [str(error) for error in raised.value.errors]


@pytest.mark.parametrize(
    ("roles", "said"),
    [
        ("target = 'x'\npositive = 'zz'", "line 3, tables.a.positive: No class 'zz' of 'x'. Known: aa, b, c."),
        ("target = 'x'\npositive = ['aa']", "must be a class of the target. Got a list of 1"),
        ("target = 'x'\ntask = 'regression'", "regression predicts numbers or moments. 'x' is a text"),
        ("target = 'x'\ntask = 'binary'", "binary needs 2 classes. 'x' has 3"),
        ("task = 'binary'", "goes with target"),
        ("positive = 'aa'", "goes with target"),
        ("target = 'x'\nsensitive = ['y', 'x']", "names 'x', which is the target"),
        ("target = 'x'\nentity = 'x'", "names 'x', which is the target"),
        ("time = 'x'", "must be a column of moments or numbers"),
    ],
)
def test_roles_that_do_not_fit(roles, said):
    columns = "[tables.a.columns]\nx = {values = ['aa', 'b', 'c']}\ny = {distribution = 'normal'}\n"
    assert any(said in line and "line " in line for line in told(f"[tables.a]\n{roles}\n{columns}"))


@pytest.mark.parametrize(
    "column",
    [
        "{distribution = 'normal', kind = 'datetime'}",
        "{distribution = 'normal', kind = 'numeric', type = 'string'}",
        "{values = ['a'], kind = 'numeric'}",
        "{values = ['a'], kind = 'datetime'}",
        "{values = [2024-01-01], kind = 'boolean'}",
    ],
)
def test_kinds_that_do_not_fit(column):
    (line,) = told(f"[tables.a.columns]\nx = {column}\n")
    assert "line 2, tables.a.columns.x.kind" in line
    assert "cannot be" in line


@pytest.mark.parametrize("positive", ["'b'", "true", "1", "'1'", "'true'"])
def test_classes_may_be_written_as_they_look(positive):
    column = "{values = ['a', 'b']}" if positive == "'b'" else "{distribution = 'bernoulli', p = 0.5}"
    read_scenario(f"[tables.a]\ntarget = 'x'\npositive = {positive}\n[tables.a.columns]\nx = {column}\ny = 1\n")


def test_values_are_known_through_names_and_without_those_that_never_come():
    text = """
[tables.p]
rows = 5
[tables.p.columns]
id = { numbering = 1 }
sex = { values = ["f", "m", "x"], weights = [1, 1, 0] }
[tables.a]
target = "sex"
[tables.a.columns]
p = { reference = "p" }
sex = { formula = "p.sex" }
z = { formula = "p.sex if row > 1 else 'none'" }
[[tables.a.events]]
name = "e"
rate = 0.1
set = { sex = "sex if row > 5 else 'other'" }
"""
    scenario = read_scenario(text)
    table = scenario.tables["a"]
    assert isinstance(table, TableRules)
    assert levels_of(scenario, table, table.column("sex")) == ["f", "m", "other"]
    assert levels_of(scenario, table, table.column("z")) == ["f", "m", "none"]
    assert levels_of(scenario, table, table.column("p")) is None
    assert schema_of(scenario, "a").task == "multiclass"


def test_a_header_that_stands_with_its_columns_only_has_a_line():
    lines = told("# first\n[tables.a.columns]\nx = 1\n[tables.b.columns]\ny = 1\n")
    assert lines == [
        's.toml: line 2, tables.a: needs rows = NUMBER or a formula of n, such as "n / 20", or a parent and count: '
        "it is not the main table."
    ]


def test_an_event_names_the_key_that_is_wrong():
    lines = told(
        "[tables.a.columns]\nx = {distribution = 'normal'}\n[[tables.a.events]]\nname = 'e'\nrate = 0.1\n[tables.a.events.set]\n"
        "x = 1\nxx = 2\n"
    )
    assert lines == ["s.toml: line 8, tables.a.events[0].set.xx: No column 'xx' in this table. Did you mean 'x'?"]


def test_labels_that_look_alike_are_refused():
    event = "[[tables.a.events]]\nname = 'e'\nrate = 0.1\n"
    (line,) = told(f"[tables.a.columns]\nx = {{planted = 'all', named = true, otherwise = 'e'}}\n{event}")
    assert "is the name of an event" in line


def test_one_fault_brings_no_others_after_it():
    (line,) = told("[tables.a.columns]\nx = {formula = 'wrong +'}\ny = {formula = \"concat(x, 'a')\"}\nz = {formula = 'y = x'}\n")
    assert "tables.a.columns.x" in line
