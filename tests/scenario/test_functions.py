"""Functions of formulas at their edges: what is no number and no moment ends with its line, never with a wrong row."""

import numpy as np
import pytest

from assay.core.errors import InputError
from assay.scenario.reading import read_scenario
from assay.scenario.world import make_tables

DAYS = "t = {distribution = 'dates', start = 2024-01-01, end = 2024-12-31}\n"


def one(columns, n=40, seed=0):
    return make_tables(read_scenario(f"[tables.a.columns]\n{columns}"), n, seed=seed)["a"]


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ("x = {formula = \"left('abc', log(0 - row))\"}", "left got no finite number in 40 rows"),
        ("x = {formula = 'padded(row, log(0 - 1))'}", "padded got no finite number"),
        ("x = {formula = 'padded(row, 1000000)'}", "at most 100 digits"),
        ("x = {formula = 'text(1 / 0)'}", "text got no finite number"),
        (DAYS + "x = {formula = 'add_days(t, 1e12)'}", "no moment between the years 1 and 9999 in 40"),
        (DAYS + "x = {formula = 'add_days(add_days(t, 5e7), 5.3e7)'}", "no moment between"),
        (DAYS + "x = {formula = 'add_days(t, 1 / 0)', type = 'date32'}", "no moment between"),
        (DAYS + "x = {formula = 'year(add_days(t, 1e12))'}", "no finite number"),
        (DAYS + "x = {formula = 'days_between(t, add_days(t, 1e12))'}", "no finite number"),
        (DAYS + "x = {distribution = 'dates', start = 't', end = 'add_days(t, 1e12)'}", "no moment between"),
        ("t = {clock = {start = 9999-12-31, every = '1 hour'}}", "runs beyond the year 9999"),
        ("x = {formula = '" + "+".join(["1"] * 5_000) + "'}", "more than 200 operations on top of each other"),
        ("x = {formula = 2024-01-01T00:00:00Z}", "without a zone"),
        ("x = {distribution = 'normal', mean = 2024-01-01}", "must be a number. Got a time"),
    ],
)
def test_what_has_no_value_is_told_with_its_line(columns, said):
    with pytest.raises(InputError) as raised:
        one(columns)
    assert said in str(raised.value)
    assert "line " in str(raised.value)


def test_a_guard_within_the_function_lets_the_rows_be():
    rows = one("x = {formula = 'text(1 / (row - 1) if row > 1 else 0)'}", 3)
    assert rows.column("x").to_pylist() == ["0", "1", "0.5"]


def test_padding_goes_by_the_row_and_keeps_the_sign():
    rows = one("x = {formula = 'padded(7, row)'}\ny = {formula = 'padded(0 - row, 4)'}", 3)
    assert rows.column("x").to_pylist() == ["7", "07", "007"]
    assert rows.column("y").to_pylist() == ["-001", "-002", "-003"]


def test_left_of_an_unknown_number_of_letters_is_null():
    rows = one("k = {cases = [{when = 'row = 1', formula = '2'}]}\nx = {formula = \"left('abc', k)\"}", 2)
    assert rows.column("x").to_pylist() == ["ab", None]


def test_dates_of_the_file_are_moments():
    rows = one(DAYS + "x = 2024-05-31\ny = {formula = \"'2024-05-31' in (x, t)\"}\nz = {formula = 'days_between(t, x)'}")
    assert str(rows.schema.field("x").type) == "timestamp[s]"
    assert all(rows.column("y").to_pylist())
    expected = (np.datetime64("2024-05-31") - np.array(rows.column("t"), dtype="M8[s]")) / np.timedelta64(1, "D")
    assert np.allclose(np.array(rows.column("z")), expected)


def test_a_choice_whose_cases_are_never_met_is_null_and_can_be_compared():
    rows = one(
        DAYS + "x = {cases = [{when = 'row > 99', formula = 't'}]}\ny = {formula = \"x > '2020-01-01'\"}\nz = {formula = 'x = t'}"
    )
    assert rows.column("x").null_count == 40
    assert not any(rows.column("y").to_pylist())
    assert not any(rows.column("z").to_pylist())


def test_keys_of_a_map_are_read_as_what_they_look_up():
    rows = one("x = {of = 'row', map = {'1.0' = 'a', '2e0' = 'b', '3' = 'c'}, otherwise = 'd'}", 4)
    assert rows.column("x").to_pylist() == ["a", "b", "c", "d"]


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ("x = {of = 'row', map = {a = 1}}", "map.a: is looked up by a number"),
        ("x = {of = 'row', map = {'1' = 1, '1.0' = 2}}", "the same number as '1'"),
        ("b = {distribution = 'bernoulli', p = 0.5}\nx = {of = 'b', map = {True = 1}}", "must be true or false"),
        (
            "k = {values = ['red', 'blue']}\nx = {of = 'k', map = {rad = 1}, otherwise = 0}",
            "no value of 'k'. Did you mean 'red'?",
        ),
    ],
)
def test_keys_of_a_map_that_no_value_has_are_refused(columns, said):
    with pytest.raises(InputError) as raised:
        one(columns)
    assert said in str(raised.value)


def test_types_are_read_with_and_without_a_space():
    rows = one("x = {formula = '0.5', type = 'decimal128(6,2)'}\nt = {formula = 2024-01-01, type = 'timestamp[s,tz=UTC]'}")
    assert [str(kind) for kind in rows.schema.types] == ["decimal128(6, 2)", "timestamp[s, tz=UTC]"]
