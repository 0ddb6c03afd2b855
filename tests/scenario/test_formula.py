"""Formulas: what they mean, that they bind as arithmetic does, and what they say when they do not fit."""

import numpy as np
import pyarrow as pa
import pytest

from assay.scenario.cells import moments, numbers, strings, truths
from assay.scenario.evaluate import evaluate, form_of
from assay.scenario.formula import FormulaError, names_in, read_formula

COLUMNS = {
    "a": numbers(np.array([1.0, 2.0, 3.0])),
    "b": numbers(np.array([10.0, 0.0, -4.0])),
    "gap": numbers(np.array([1.0, 0.0, 5.0]), np.array([False, True, False])),
    "yes": truths(np.array([True, False, True])),
    "city": strings(pa.array(["Bonn", "Ulm", None])),
    "at": moments(np.array(["2024-02-29T23:30", "2023-01-01T00:00", "1969-12-31T12:00"], dtype="datetime64[us]")),
}


def run(text):
    node = read_formula(text)
    form = form_of(node, lambda name: COLUMNS[name.parts[0]].form)
    cells = evaluate(node, lambda name: COLUMNS[name.parts[0]]).spread(3)
    assert cells.form == form
    if form == "text":
        return cells.texts().to_pylist()
    return [None if null else value.item() for value, null in zip(cells.data, cells.missing, strict=True)]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("1 + 2 * 3 ^ 2", [19.0] * 3),
        ("-2 ^ 2", [-4.0] * 3),
        ("2 ** -1", [0.5] * 3),
        ("(1 + 2) * 3 - 7 // 2 - 7 % 4", [3.0] * 3),
        ("2 - 3 - 4", [-5.0] * 3),
        ("a * b", [10.0, 0.0, -12.0]),
        ("a + gap", [2.0, None, 8.0]),
        ("a if yes else b", [1.0, 0.0, 3.0]),
        ("where(b > 0, log(b), 0)", [np.log(10.0), 0.0, 0.0]),
        ("1 if b > 0 else 2 if b = 0 else 3", [1.0, 2.0, 3.0]),
        ("a > 1 and not yes or b = 10", [True, True, False]),
        ("gap > 0", [True, False, True]),
        ("gap != 1", [False, False, True]),
        ("gap is null", [False, True, False]),
        ("gap is not null and a >= 2", [False, False, True]),
        ("a in (1, 3)", [True, False, True]),
        ("a not in (1, 3)", [False, True, False]),
        ("city = 'Bonn'", [True, False, False]),
        ("city in ('Ulm', \"Bonn\")", [True, True, False]),
        ("'it''s'", ["it's"] * 3),
        ("upper(city)", ["BONN", "ULM", None]),
        ("concat(left(city, 1), '-', text(a))", ["B-1", "U-2", None]),
        ("padded(a, 3)", ["001", "002", "003"]),
        ("length(city)", [4.0, 3.0, None]),
        ("min(a, 2) + max(a, b, 5)", [11.0, 7.0, 7.0]),
        ("clip(b, -1, 1)", [1.0, 0.0, -1.0]),
        ("round(a / 3, 2)", [0.33, 0.67, 1.0]),
        ("logistic(0) + yes", [1.5, 0.5, 1.5]),
        ("hour(at)", [23.0, 0.0, 12.0]),
        ("weekday(at)", [3.0, 6.0, 2.0]),
        ("day(at)", [29.0, 1.0, 31.0]),
        ("month(at) + 100 * year(at)", [202402.0, 202301.0, 196912.0]),
        ("yearday(at)", [60.0, 1.0, 365.0]),
        ("days_between('2024-02-28T23:30', at)", [1.0, -424.0 + 0.5 / 24, -19783.0 + 0.5 / 24 + 0.5]),
        ("at < '2023-06-01'", [False, True, True]),
        ("hours_between(at, add_days(at, 2))", [48.0] * 3),
        ("null if a > 1 else a", [1.0, None, None]),
        ("`a` + 1", [2.0, 3.0, 4.0]),
    ],
)
def test_values(text, wanted):
    assert run(text) == pytest.approx(wanted) if isinstance(wanted[0], float) and None not in wanted else run(text) == wanted


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is empty"),
        ("a +", "character 4"),
        ("a b", "expected an operator or the end, got 'b'"),
        ("a $ b", "cannot read '$ b'"),
        ("(a", "expected ')', got the end"),
        ("a < b < 3", "join them with and"),
        ("a if yes", "expected else"),
        ("a is 3", "expected null after is"),
        ("f(", "expected a value, got the end"),
        ("a if else b", "expected a value, got 'else'"),
        ("1" + "+1" * 20_000, "longer than"),
        ("(" * 500 + "1" + ")" * 500, "nested deeper"),
        ("-" * 500 + "1", "nested deeper"),
        ("not " * 500 + "yes", "nested deeper"),
        ("2" + "^2" * 500, "nested deeper"),
    ],
)
def test_what_cannot_be_read(text, said):
    with pytest.raises(FormulaError) as raised:
        read_formula(text)
    assert said in str(raised.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("city + 1", "Join texts with concat"),
        ("at + 1", "add_days"),
        ("city > 'B'", "texts have no order"),
        ("a = 'x'", "a number cannot be compared with a text"),
        ("a = null", "is null"),
        ("at > 'yesterday'", "ISO 8601"),
        ("at > city", "written out"),
        ("not a", "not needs a truth"),
        ("a if yes else city", "must be alike"),
        ("lgo(a)", "Did you mean 'log'"),
        ("log(a, 2)", "log takes 1 argument. Got 2"),
        ("clip(a, 2)", "clip takes 3 arguments"),
        ("where(a, 1, 2)", "where needs a truth"),
        ("hour(a)", "hour needs a time"),
    ],
)
def test_what_does_not_fit(text, said):
    with pytest.raises(FormulaError) as raised:
        form_of(read_formula(text), lambda name: COLUMNS[name.parts[0]].form)
    assert said in str(raised.value)


def test_names_are_given_with_their_lookups():
    found = {name.parts for name in names_in(read_formula("cards.customers.age + `odd name` if x.`y z` = 'a.b' else 0"))}
    assert found == {("x", "y z"), ("cards", "customers", "age"), ("odd name",)}
