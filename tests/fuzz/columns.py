"""Recipes of columns, ordinary and wild: each draws an Arrow array of any length from a generator."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa

Recipe = Callable[[np.random.Generator, int], pa.Array]
DAY = 86_400
YEAR_1, YEAR_10000 = -62_135_596_800, 253_402_300_800
SECRET = "TELLTALE-7391"  # a level of three rows: no report may show it
LETTERS = [
    "a",
    "Z",
    "9",
    " ",
    "\n",
    "\t",
    '"',
    "'",
    ",",
    ";",
    "=",
    "<",
    "&",
    "ß",
    "é",
    "中",
    "🦆",
    "\u200b",
    "\u202e",
    "\ufeff",
    "\0",
]
HOSTILE = [
    "<script>alert(1)</script>",
    "=1+1",
    "@SUM(A1)",
    "../../etc/passwd",
    "-5",
    "NA",
    "",
    "nan",
    "1e999",
    "{{7*7}}",
    "x" * 3000,
]


def _integers(low: int, high: int, kind: pa.DataType) -> Recipe:
    return lambda rng, rows: pa.array([int(rng.integers(low, high, dtype=np.int64)) for _ in range(rows)], kind)


def _floats(draw: Callable[[np.random.Generator, int], np.ndarray], kind: pa.DataType | None = None) -> Recipe:
    return lambda rng, rows: pa.array(draw(rng, rows), kind or pa.float64())


def _levels(levels: list[Any], kind: pa.DataType | None = None) -> Recipe:
    return lambda rng, rows: pa.array([levels[at] for at in rng.integers(0, len(levels), rows)], kind)


def _wild_text(rng: np.random.Generator, rows: int) -> pa.Array:
    return pa.array(["".join(rng.choice(LETTERS, rng.integers(0, 9))) for _ in range(rows)], pa.string())


def _free_text(rng: np.random.Generator, rows: int) -> pa.Array:
    words = ["the", "patient", "came", "in", "with", "pain", "and", "left", "well"]
    return pa.array([" ".join(rng.choice(words, 9)) for _ in range(rows)], pa.string())


def _secret(rng: np.random.Generator, rows: int) -> pa.Array:
    cells = rng.choice(["north", "south"], rows).tolist()
    for at in rng.permutation(rows)[:3]:
        cells[at] = SECRET
    return pa.array(cells, pa.string())


def _moments(unit: str, low: int, high: int, zone: str | None = None) -> Recipe:
    per = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}[unit]
    return lambda rng, rows: pa.array([int(rng.integers(low, high)) * per for _ in range(rows)], pa.int64()).cast(
        pa.timestamp(unit, tz=zone)
    )


def _days(rng: np.random.Generator, rows: int) -> pa.Array:
    return pa.array(rng.integers(YEAR_1 // DAY, YEAR_10000 // DAY, rows), pa.int32()).cast(pa.date32())


def _with_nulls(recipe: Recipe, share: float) -> Recipe:
    def drawn(rng: np.random.Generator, rows: int) -> pa.Array:
        cells = recipe(rng, rows)
        mask = pa.array(rng.random(rows) < share)
        return pa.compute.if_else(mask, pa.scalar(None, cells.type), cells)

    return drawn


def _zero_inflated(rng: np.random.Generator, rows: int) -> np.ndarray:
    return np.where(rng.random(rows) < 0.7, 0.0, rng.lognormal(5, 3, rows))


def _ends(rng: np.random.Generator, rows: int) -> np.ndarray:
    return rng.choice([-1.7976931348623157e308, -1e308, -0.0, 0.0, 5e-324, 1e-310, 1.0, 1e308], rows)


def _with(value: float) -> Callable[[np.random.Generator, int], np.ndarray]:
    return lambda rng, rows: np.where(rng.random(rows) < 0.1, value, rng.normal(size=rows))


def _numbered(text: str) -> Recipe:
    return lambda rng, rows: pa.array([f"{text}{at}" for at in rng.permutation(rows)], pa.string())


ACCEPTED: dict[str, Recipe] = {
    "normal": _floats(lambda rng, rows: rng.normal(size=rows)),
    "counts": _integers(0, 30, pa.int64()),
    "age": _integers(18, 90, pa.int64()),
    "two levels": _levels(["no", "yes"]),
    "zero and one": _integers(0, 2, pa.int64()),
    "five levels": _levels(["a", "b", "c", "d", "e"]),
    "skewed levels": lambda rng, rows: pa.array([f"l{at}" for at in np.minimum(rng.zipf(1.5, rows), 99)], pa.string()),
    "constant number": _levels([7.0]),
    "constant text": _levels(["only"]),
    "all null text": lambda rng, rows: pa.nulls(rows, pa.string()),
    "all null float": lambda rng, rows: pa.nulls(rows, pa.float64()),
    "all null datetime": lambda rng, rows: pa.nulls(rows, pa.timestamp("us")),
    "untyped nulls": lambda rng, rows: pa.nulls(rows),
    "99% null": _with_nulls(_floats(lambda rng, rows: rng.normal(size=rows)), 0.99),
    "half null": _with_nulls(_levels(["x", "y", "z"]), 0.5),
    "half null integers": _with_nulls(_integers(-5, 5, pa.int32()), 0.5),
    "one value or null": _with_nulls(_levels([1]), 0.5),
    "NaN": _floats(_with(float("nan"))),
    "all NaN": _floats(lambda rng, rows: np.full(rows, np.nan)),
    "heavy tail": _floats(lambda rng, rows: rng.standard_cauchy(rows) ** 3),
    "zero inflated": _floats(_zero_inflated),
    "ends of doubles": _floats(_ends),
    "huge": _floats(lambda rng, rows: rng.uniform(-8e307, 8e307, rows) * 2),
    "denormal": _floats(lambda rng, rows: rng.uniform(-1e-310, 1e-310, rows)),
    "nearly equal": _floats(lambda rng, rows: 1e15 + rng.integers(0, 3, rows) * 0.125),
    "negative zero": _levels([-0.0, 0.0]),
    "float32": _floats(lambda rng, rows: rng.normal(size=rows).astype(np.float32), pa.float32()),
    "float16": lambda rng, rows: pa.array(rng.normal(size=rows).astype(np.float16)),
    "int8": _integers(-128, 128, pa.int8()),
    "int64 ends": _levels([-(2**63), -1, 0, 2**53 + 1, 2**63 - 1], pa.int64()),
    "wide integers": _integers(-(2**62), 2**62, pa.int64()),
    "uint64": _levels([0, 2**53 + 1, 2**64 - 2, 2**64 - 1], pa.uint64()),
    "decimal": lambda rng, rows: pa.array(
        [Decimal(int(at)) / 100 for at in rng.integers(-9999, 9999, rows)], pa.decimal128(12, 2)
    ),
    "decimal256": _levels([Decimal(10) ** 60, Decimal(-1), Decimal(0)], pa.decimal256(70, 3)),
    "unique number": lambda rng, rows: pa.array(rng.permutation(rows)),
    "unique text": _numbered("id-"),
    "free text": _free_text,
    "wild text": _wild_text,
    "hostile levels": _levels(HOSTILE),
    "empty text": _levels([""]),
    "blank or empty": _levels(["", " ", "\u200b"]),
    "number-like text": _levels(["1", "2", "003", "?"]),
    "secret": _secret,
    "large text": _levels(["p", "q"], pa.large_string()),
    "text view": _levels(["p", "q"], pa.string_view()),
    "dictionary": lambda rng, rows: pa.array(rng.choice(["p", "q", "r"], rows).tolist()).dictionary_encode(),
    "runs": lambda rng, rows: pa.compute.run_end_encode(pa.array(np.sort(rng.integers(0, 4, rows)))),
    "booleans": _levels([True, False]),
    "booleans with nulls": _levels([True, False, None], pa.bool_()),
    "days": _days,
    "few days": _levels([datetime.date(2020, 1, 1), datetime.date(2020, 1, 2)]),
    "date64": lambda rng, rows: pa.array(rng.integers(0, 20_000, rows) * DAY * 1000).cast(pa.date64()),
    "seconds": _moments("s", YEAR_1, YEAR_10000),
    "microseconds": _moments("us", 0, 2 * 10**9),
    "nanoseconds": _moments("ns", -(9 * 10**9), 9 * 10**9),
    "zoned": _moments("us", 0, 2 * 10**9, "Europe/Berlin"),
    "time of day": lambda rng, rows: pa.array(rng.integers(0, DAY, rows), pa.int32()).cast(pa.time32("s")),
    "time of day ns": lambda rng, rows: pa.array(rng.integers(0, DAY, rows) * 10**9).cast(pa.time64("ns")),
    "duration": lambda rng, rows: pa.array(rng.integers(-(10**12), 10**12, rows)).cast(pa.duration("us")),
    "spans of centuries": _levels([-(10**11), 0, 10**11], pa.duration("s")),
}
REFUSED: dict[str, Recipe] = {
    "infinite": _floats(_with(float("inf"))),
    "lists": _levels([[1], [2, 3]]),
    "structs": _levels([{"k": 1}, {"k": 2}]),
    "maps": _levels([[("k", 1)]], pa.map_(pa.string(), pa.int64())),
    "bytes": _levels([b"\x00", b"\xff"]),
    "fixed bytes": _levels([b"ab", b"cd"], pa.binary(2)),
    "endless spans": _levels([-(2**62), 0, 2**62], pa.duration("s")),
    "no calendar": _levels([-(2**62), 0, 2**62], pa.timestamp("s")),
    "intervals": lambda rng, rows: pa.array([(1, 2, 3)] * rows, pa.month_day_nano_interval()),
}
RECIPES = ACCEPTED | REFUSED
