"""The grammar of --where: what it reads, what rows meet it, and where it says a text goes wrong."""

import datetime
from decimal import Decimal

import pyarrow as pa
import pytest

from assay.core.errors import InputError
from assay.data.dataset import Dataset
from assay.data.schema import Column, Schema
from assay.data.where import Clause, Condition, parse

TABLE = pa.table(
    {
        "age": pa.array([10, 30, None, 50], pa.int64()),
        "hours-per-week": pa.array([1.5, float("nan"), 2.0, 40.0]),
        "net pay": pa.array([Decimal("1.10"), Decimal("2.00"), Decimal("3.30"), None], pa.decimal128(9, 2)),
        "sex": ["F", "M", None, "it's"],
        "ill": pa.array([True, False, None, True]),
        "day": pa.array([datetime.date(2024, 1, day) for day in (1, 2, 3, 4)]),
        "seen": pa.array([datetime.datetime(2024, 1, 1, hour) for hour in (0, 6, 12, 18)], pa.timestamp("us", tz="UTC")),
        "big": pa.array([2**60, 2**60 + 1, 0, -1], pa.int64()),
        "in": pa.array([1, 2, 3, 4], pa.int8()),
        "f": pa.array([0.1, 0.2, 0.3, 0.4], pa.float32()),
    }
)
KINDS = ("numeric", "numeric", "numeric", "categorical", "boolean", "datetime", "datetime", "numeric", "numeric", "numeric")
SCHEMA = Schema(tuple(Column(field.name, kind, str(field.type), True) for field, kind in zip(TABLE.schema, KINDS, strict=True)))
DATA = Dataset(TABLE, SCHEMA)


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("age = 30", [1]),
        ("age == 30", [1]),
        ("age != 30", [0, 2, 3]),
        ("age < 30", [0]),
        ("age <= 30", [0, 1]),
        ("age > 29.5", [1, 3]),
        ("age = 30.5", []),
        ("age >= 1e1", [0, 1, 3]),
        ("age in (10, 50)", [0, 3]),
        ("age=10", [0]),
        ("age = null", [2]),
        ("age != null", [0, 1, 3]),
        ("age in (10, null)", [0, 2]),
        ("age < 99999999999999999999", [0, 1, 3]),
        ("hours-per-week >= 2", [2, 3]),
        ("hours-per-week = null", [1]),
        ("`net pay` > 1.1", [1, 2]),
        ("`net pay` = 1.10", [0]),
        ("`net pay` > 1.995", [1, 2]),
        ('"net pay" != 2', [0, 2, 3]),
        ("sex = F", [0]),
        ("sex = 'it''s'", [3]),
        ("sex in ('F', \"it's\")", [0, 3]),
        ("sex = 'null'", []),
        ("sex = null", [2]),
        ("sex != 'F'", [1, 2, 3]),
        ("ill = true", [0, 3]),
        ("ill = No", [1]),
        ("ill != true", [1, 2]),
        ("day >= 2024-01-03", [2, 3]),
        ("day in ('2024-01-01', 2024-01-04)", [0, 3]),
        ("seen > '2024-01-01T06:00'", [2, 3]),
        ("seen > '2024-01-01 08:00+02:00'", [2, 3]),
        ("big = 1152921504606846977", [1]),
        ("`in` in (1, 2) AND age >= 30", [1]),
        ("f = 0.1", [0]),
        ("f > 0.1", [1, 2, 3]),
        ("age > 5 and age < 40 and sex = 'M'", [1]),
    ],
)
def test_rows_that_meet_it(text, rows):
    assert parse(text, SCHEMA).mask(DATA).nonzero()[0].tolist() == rows


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "character 1: expected a column, got the end"),
        ("agee > 3", "Did you mean 'age'?"),
        ("age", "character 4: expected one of = != < <= > >= in, got the end"),
        ("age ~ 3", "character 5: expected one of"),
        ("age > ", "expected a value, got the end"),
        ("age > old", "character 7: column 'age' holds int64: expected a number, got 'old'"),
        ("age > nan", "expected a number"),
        ("age > 3 or age < 1", "character 9: expected 'and' or the end, got 'or'"),
        ("age > 3 and", "expected a column, got the end"),
        ("age in 3", "character 8: expected '(' after in, got '3'"),
        ("age in (3", "expected ',' or ')', got the end"),
        ("age in ()", "expected a value, got ')'"),
        ("age in (1 2)", "expected ',' or ')', got '2'"),
        ("sex < 'F'", "character 5: column 'sex' is categorical: it has no order"),
        ("age < null", "null is neither less nor more"),
        ("ill = maybe", "expected true or false, got 'maybe'"),
        ("day > soon", "expected an ISO 8601 date or time, got 'soon'"),
        ("sex = 'F", "character 7: cannot read"),
        ("age = `age`", "character 7: expected a value, got '`age`'"),
        ("__import__('os').system('x') = 1", "No column '__import__'"),
    ],
)
def test_faults_are_placed(text, words):
    with pytest.raises(InputError) as raised:
        parse(text, SCHEMA)
    assert words in str(raised.value)


TIMES = pa.table(
    {
        "at": pa.array([28_800, 30_000, None], type=pa.time32("s")),
        "fine": pa.array([1, 2, 30_000_000_000], type=pa.time64("us")),
        "took": pa.array([5, 7, None], type=pa.duration("us")),
    }
)
OF_TIMES = Schema(
    (
        Column("at", "datetime", "time32[s]", nullable=True),
        Column("fine", "datetime", "time64[us]"),
        Column("took", "numeric", "duration[us]", nullable=True),
    )
)


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("at >= 08:20:00", [1]),
        ("at < '08:20'", [0]),
        ("fine = 00:00:00.000002", [1]),
        ("took >= 6", [1]),
        ("at = null", [2]),
    ],
)
def test_times_of_day_and_durations_are_read(text, rows):
    assert parse(text, OF_TIMES).mask(Dataset(TIMES, OF_TIMES)).nonzero()[0].tolist() == rows


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("at > 1970-01-01", "character 6: column 'at' holds time32[s]: expected an ISO 8601 time of day, got '1970-01-01'"),
        ("at > 08:00+02:00", "expected an ISO 8601 time of day"),
        ("at = 08:00:00.5", "expected an ISO 8601 time of day"),
        ("took > 5.5", "character 8: column 'took' holds duration[us]: expected a whole number of microseconds, got '5.5'"),
    ],
)
def test_faults_of_times_are_placed(text, words):
    with pytest.raises(InputError) as raised:
        parse(text, OF_TIMES)
    assert words in str(raised.value)


def test_a_cast_that_pyarrow_does_not_know_is_a_fault_with_its_place(monkeypatch):
    def cast(*_):
        raise pa.ArrowNotImplementedError("Unsupported cast")

    monkeypatch.setattr("assay.data.where._scalar", cast)
    with pytest.raises(InputError, match="character 7: column 'age' holds int64: expected a number, got '3'"):
        parse("age = 3", SCHEMA)


def test_a_condition_knows_its_columns_and_grows():
    condition = parse("age > 3 and sex = F and age < 9", SCHEMA)
    assert condition.columns == ("age", "sex")
    assert [clause.operator for clause in condition.of("age")] == [">", "<"]
    more = condition.also(Clause("ill", "=", (pa.scalar(True),)))
    assert more.text == "age > 3 and sex = F and age < 9 and ill = True"
    assert Condition("", ()).also(Clause("sex", "=", (pa.scalar("F"),)), unnamed=True).text == "sex = (a rare level)"
    assert Condition("", ()).mask(DATA).all()
