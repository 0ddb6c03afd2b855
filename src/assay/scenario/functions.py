"""What formulas can call: functions of numbers, texts and moments, each with what it takes and gives."""

# pyarrow makes its compute functions at import, where no type checker sees them.
# pyright: reportAttributeAccessIssue=false

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from assay.scenario.cells import EARLIEST, LATEST, MOMENT, Cells, Form, joint_null, length_of, moments, numbers, strings
from assay.scenario.formula import FormulaError

SECOND = 1_000_000
DAY = 86_400 * SECOND
WIDEST = 100  # letters of a padded number


@dataclass(frozen=True, slots=True)
class Function:
    """A function of formulas.

    Parameters
    ----------
    takes : tuple of forms
        Forms of its arguments.
    gives : form
        Form of its result.
    run : callable
        Gives the result from the arguments' cells.
    meaning : str
        What it does, for the documentation.
    optional : int
        How many of the last arguments may be left out.
    more : bool
        Whether the last argument may be repeated.
    """

    takes: tuple[Form, ...]
    gives: Form
    run: Callable[[list[Cells]], Cells]
    meaning: str
    optional: int = 0
    more: bool = False

    @property
    def counts(self) -> str:
        """How many arguments it takes, in words."""
        least, most = len(self.takes) - self.optional, len(self.takes)
        if self.more:
            return f"{least} or more arguments"
        return f"{most} argument{'s' * (most != 1)}" if least == most else f"{least} to {most} arguments"

    def allows(self, count: int) -> bool:
        """Whether it can be called with so many arguments."""
        return count >= len(self.takes) - self.optional and (self.more or count <= len(self.takes))

    def form(self, at: int) -> Form:
        """Give the form of the argument at a position."""
        return self.takes[min(at, len(self.takes) - 1)]


def _numeric(function: Callable[..., np.ndarray]) -> Callable[[list[Cells]], Cells]:
    def run(arguments: list[Cells]) -> Cells:
        data = function(*(part.data for part in arguments))
        return numbers(data, _null(arguments, len(data)))

    return run


def _of_time(function: Callable[[np.ndarray], np.ndarray]) -> Callable[[list[Cells]], Cells]:
    def run(arguments: list[Cells]) -> Cells:
        data = arguments[0].data
        return numbers(np.where(np.isnat(data), np.nan, function(data)), arguments[0].null)

    return run


def _between(ticks: int) -> Callable[[list[Cells]], Cells]:
    def run(arguments: list[Cells]) -> Cells:
        first, last = (part.data for part in arguments)
        gap = (last.astype(np.int64) - first.astype(np.int64)) / ticks
        return numbers(np.where(np.isnat(first) | np.isnat(last), np.nan, gap), _null(arguments, len(gap)))

    return run


def _added(ticks: int) -> Callable[[list[Cells]], Cells]:
    def run(arguments: list[Cells]) -> Cells:
        start, steps = arguments[0].data.astype(np.int64), np.round(arguments[1].data * ticks)
        reached = start.astype(np.float64) + steps
        sound = (reached >= float(EARLIEST.astype(np.int64))) & (reached <= float(LATEST.astype(np.int64)))
        data = start + np.where(sound, steps, 0.0).astype(np.int64)
        # what is no moment of the calendar is told with the line of its column
        data = np.where(sound, data.astype(MOMENT), np.datetime64("NaT"))
        return Cells("time", data, null=_null(arguments, len(data)))

    return run


def _null(arguments: list[Cells], n: int) -> np.ndarray | None:
    null = joint_null(*arguments)
    return None if null is None else np.broadcast_to(null, (n,))


def _of_levels(function: Callable[[pa.Array], pa.Array]) -> Callable[[list[Cells]], Cells]:
    """Apply a function of texts to the levels only: a million rows of ten levels are ten texts."""

    def run(arguments: list[Cells]) -> Cells:
        cells = arguments[0]
        return Cells("text", cells.data, function(cells.levels), cells.null)

    return run


def _length(arguments: list[Cells]) -> Cells:
    lengths = pc.utf8_length(arguments[0].levels).to_numpy(zero_copy_only=False)
    return numbers(lengths[arguments[0].data], arguments[0].null)


def _concat(arguments: list[Cells]) -> Cells:
    n = length_of(*arguments)
    return strings(pc.binary_join_element_wise(*(part.spread(n).texts() for part in arguments), ""))


def _left(arguments: list[Cells]) -> Cells:
    cells, counts = arguments
    stops = np.clip(_finite("left", counts), 0, 2**31 - 1).astype(np.int64)
    if len(counts) == 1 and counts.null is None:
        return Cells("text", cells.data, pc.utf8_slice_codeunits(cells.levels, 0, int(stops[0])), cells.null)
    n = length_of(cells, counts)
    parts = zip(cells.spread(n).texts().to_pylist(), np.broadcast_to(stops, (n,)).tolist(), strict=True)
    found = strings(pa.array([None if text is None else text[:stop] for text, stop in parts], pa.string()))
    return found if counts.null is None else found.nulled(np.broadcast_to(counts.null, (n,)))


def _text(arguments: list[Cells]) -> Cells:
    cells, values = arguments[0], _finite("text", arguments[0])
    whole = bool((values == np.floor(values)).all()) and bool((np.abs(values) < 2.0**53).all())
    return strings(pa.array(values.astype(np.int64) if whole else values, mask=cells.null).cast(pa.string()))


def _padded(arguments: list[Cells]) -> Cells:
    given, counts = arguments
    widths = _finite("padded", counts)
    if (widths > WIDEST).any():
        raise FormulaError(f"padded gives at most {WIDEST} digits. Got {widths.max():g}.")
    n = length_of(given, counts)
    cells, null = _text([given]).spread(n), _null(arguments, n)
    if len(counts) == 1 and not (given.data < 0).any():
        return Cells("text", cells.data, pc.utf8_lpad(cells.levels, max(int(widths[0]), 0), "0"), null)
    parts = zip(cells.levels.take(pa.array(cells.data)).to_pylist(), np.broadcast_to(widths, (n,)).tolist(), strict=True)
    return Cells("text", np.arange(n), pa.array([text.zfill(int(width)) for text, width in parts], pa.string()), null)


def _finite(what: str, cells: Cells) -> np.ndarray:
    """Give numbers to be written as text, 0 where null."""
    values = cells.data if cells.null is None else np.where(cells.null, 0.0, cells.data)
    wrong = int((~np.isfinite(values)).sum())
    if wrong:
        told = f"{what} got no finite number in {wrong:,} rows. Guard the number within it: {what}(VALUE if CONDITION else 0)."
        raise FormulaError(told)
    return values


def _round(values: np.ndarray, digits: np.ndarray | float = 0.0) -> np.ndarray:
    factor = np.power(10.0, np.round(digits))
    return np.round(values * factor) / factor


def _months(data: np.ndarray) -> np.ndarray:
    return data.astype("datetime64[M]").astype(np.int64)


def _days(data: np.ndarray) -> np.ndarray:
    return data.astype(np.int64) // DAY


def _yearday(data: np.ndarray) -> np.ndarray:
    return _days(data) - data.astype("datetime64[Y]").astype("datetime64[D]").astype(np.int64) + 1


_NUMBER: tuple[Form, ...] = ("number",)
_TIME: tuple[Form, ...] = ("time",)
_TEXT: tuple[Form, ...] = ("text",)


def _one(function: Callable[..., np.ndarray], meaning: str) -> Function:
    return Function(_NUMBER, "number", _numeric(function), meaning)


def _part(function: Callable[[np.ndarray], np.ndarray], meaning: str) -> Function:
    return Function(_TIME, "number", _of_time(function), meaning)


def _least(*parts: np.ndarray) -> np.ndarray:
    return np.minimum.reduce(np.broadcast_arrays(*parts))


def _most(*parts: np.ndarray) -> np.ndarray:
    return np.maximum.reduce(np.broadcast_arrays(*parts))


FUNCTIONS: Mapping[str, Function] = MappingProxyType(
    {
        "min": Function(("number", "number"), "number", _numeric(_least), "The smallest.", more=True),
        "max": Function(("number", "number"), "number", _numeric(_most), "The largest.", more=True),
        "abs": _one(np.abs, "Without sign."),
        "sign": _one(np.sign, "-1, 0 or 1."),
        "log": _one(np.log, "Natural logarithm."),
        "log10": _one(np.log10, "Logarithm to base 10."),
        "exp": _one(np.exp, "e to the power."),
        "sqrt": _one(np.sqrt, "Square root."),
        "floor": _one(np.floor, "Next whole number below."),
        "ceil": _one(np.ceil, "Next whole number above."),
        "round": Function(("number", "number"), "number", _numeric(_round), "Rounded, to so many decimals if given.", optional=1),
        "sin": _one(np.sin, "Sine of radians."),
        "cos": _one(np.cos, "Cosine of radians."),
        "tanh": _one(np.tanh, "Hyperbolic tangent."),
        "logistic": _one(lambda x: 1.0 / (1.0 + np.exp(-x)), "1 / (1 + exp(-x)): a score as a chance."),
        "clip": Function(
            ("number", "number", "number"),
            "number",
            _numeric(lambda x, low, high: np.minimum(np.maximum(x, low), high)),
            "The first, but no less than the second and no more than the third.",
        ),
        "lower": Function(_TEXT, "text", _of_levels(pc.utf8_lower), "In small letters."),
        "upper": Function(_TEXT, "text", _of_levels(pc.utf8_upper), "In capital letters."),
        "length": Function(_TEXT, "number", _length, "Number of letters."),
        "left": Function(("text", "number"), "text", _left, "The first so many letters."),
        "concat": Function(("text", "text"), "text", _concat, "Texts joined.", more=True),
        "text": Function(_NUMBER, "text", _text, "A number as text."),
        "padded": Function(
            ("number", "number"), "text", _padded, "A whole number as text, with zeros in front to so many digits."
        ),
        "year": _part(lambda data: data.astype("datetime64[Y]").astype(np.int64) + 1970, "Year."),
        "month": _part(lambda data: _months(data) % 12 + 1, "Month, 1 to 12."),
        "day": _part(lambda data: _days(data) - data.astype("M8[M]").astype("M8[D]").astype(np.int64) + 1, "Day of the month."),
        "yearday": _part(_yearday, "Day of the year, from 1."),
        "weekday": _part(lambda data: (_days(data) + 3) % 7, "Day of the week, 0 is Monday."),
        "hour": _part(lambda data: data.astype(np.int64) // (3_600 * SECOND) % 24, "Hour, 0 to 23."),
        "minute": _part(lambda data: data.astype(np.int64) // (60 * SECOND) % 60, "Minute, 0 to 59."),
        "seconds_between": Function(("time", "time"), "number", _between(SECOND), "Seconds from the first to the second."),
        "minutes_between": Function(("time", "time"), "number", _between(60 * SECOND), "Minutes from the first to the second."),
        "hours_between": Function(("time", "time"), "number", _between(3_600 * SECOND), "Hours from the first to the second."),
        "days_between": Function(("time", "time"), "number", _between(DAY), "Days from the first to the second."),
        "years_between": Function(
            ("time", "time"), "number", _between(365 * DAY + DAY // 4), "Years of 365.25 days from the first to the second."
        ),
        "add_seconds": Function(("time", "number"), "time", _added(SECOND), "So many seconds later."),
        "add_minutes": Function(("time", "number"), "time", _added(60 * SECOND), "So many minutes later."),
        "add_hours": Function(("time", "number"), "time", _added(3_600 * SECOND), "So many hours later."),
        "add_days": Function(("time", "number"), "time", _added(DAY), "So many days later."),
        "date": Function(_TIME, "time", lambda parts: moments(parts[0].data.astype("datetime64[D]"), parts[0].null), "The day."),
    }
)
