"""Single values from TOML: numbers, texts, moments, durations and formulas."""

from __future__ import annotations

import datetime
import math
import re
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from assay.scenario.cells import Form, iso_moment
from assay.scenario.formula import FormulaError, Literal, read_formula
from assay.scenario.model import Expression, Path
from assay.scenario.problems import Problems

UNITS = {"second": 1.0, "minute": 60.0, "hour": 3_600.0, "day": 86_400.0, "week": 604_800.0}
LONGEST_YEARS = 200
CONSTANT = Literal(None)  # stands for what cannot be read, and goes with anything


class ValueReader:
    """Reads values and notes what is wrong with them.

    Parameters
    ----------
    problems : Problems
        Where it is noted.
    """

    def __init__(self, problems: Problems) -> None:
        self.problems = problems

    def expression(self, entry: Any, path: Path) -> Expression:
        """Read a number, a truth, a date, or a text that is a formula."""
        if isinstance(entry, bool):
            return Expression(Literal(entry), path)
        if isinstance(entry, int | float):
            if not math.isfinite(entry):
                self.problems.add(path, f"must be a finite number. Got {entry}.")
            return Expression(Literal(float(entry)), path)
        if isinstance(entry, datetime.date):
            return Expression(Literal(self.moment(entry, path)), path)
        if isinstance(entry, str):
            try:
                return Expression(read_formula(entry), path)
            except FormulaError as error:
                self.problems.add(path, str(error))
        else:
            self.problems.add(path, f"must be a number or a formula. Got {told(entry)}.")
        return Expression(CONSTANT, path)

    def number(self, entry: Any, path: Path, *, holds: Callable[[float], bool], wanted: str, default: float = 0.0) -> float:
        """Read a plain number that keeps a rule."""
        if isinstance(entry, bool) or not isinstance(entry, int | float) or not math.isfinite(entry) or not holds(entry):
            self.problems.add(path, f"must be {wanted}. Got {told(entry)}.")
            return default
        return float(entry)

    def whole(self, entry: Any, path: Path, *, low: int, high: int, default: int = 0) -> int:
        """Read a whole number between two."""
        if isinstance(entry, bool) or not isinstance(entry, int) or not low <= entry <= high:
            self.problems.add(path, f"must be a whole number from {low:,} to {high:,}. Got {told(entry)}.")
            return default
        return entry

    def text(self, entry: Any, path: Path, default: str = "") -> str:
        """Read a text that is not empty."""
        if isinstance(entry, str) and entry.strip():
            return entry
        self.problems.add(path, f"must be a text. Got {told(entry)}.")
        return default

    def texts(self, entry: Any, path: Path) -> tuple[str, ...]:
        """Read a list of texts, or one text."""
        if isinstance(entry, str):
            return (entry,)
        if isinstance(entry, list) and entry and all(isinstance(part, str) for part in entry):
            return tuple(entry)
        self.problems.add(path, f"must be a list of texts. Got {told(entry)}.")
        return ()

    def truth(self, entry: Any, path: Path) -> bool:
        """Read true or false."""
        if not isinstance(entry, bool):
            self.problems.add(path, f"must be true or false. Got {told(entry)}.")
        return entry is True

    def duration(self, entry: Any, path: Path) -> float:
        """Read a duration, such as "10 minutes", in seconds."""
        found = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([a-z]+?)s?\s*", entry) if isinstance(entry, str) else None
        if found is None or found[2] not in UNITS:
            self.problems.add(path, f'must be a duration, such as "10 minutes" ({", ".join(UNITS)}). Got {told(entry)}.')
            return 1.0
        seconds = float(found[1]) * UNITS[found[2]]
        if not 0 < seconds < LONGEST_YEARS * 366 * 86_400:
            self.problems.add(path, f"must be more than nothing and less than {LONGEST_YEARS} years. Got {told(entry)}.")
            return 1.0
        return seconds

    def moment(self, entry: Any, path: Path) -> np.datetime64:
        """Read a date or date-time, as TOML's own or as text of ISO 8601."""
        found = as_moment(entry)
        if found is None:
            self.problems.add(path, f"must be a date or date-time without a zone, such as 2024-05-31. Got {told(entry)}.")
            return np.datetime64("2000-01-01", "us")
        return found


def constant(entry: Any) -> tuple[Form, Any]:
    """Give form and value of a constant, ``null`` for what is none."""
    if isinstance(entry, bool):
        return "truth", entry
    if isinstance(entry, int | float):
        return ("number", float(entry)) if math.isfinite(entry) else ("null", None)
    if isinstance(entry, str):
        return "text", entry
    found = as_moment(entry) if isinstance(entry, datetime.date) else None
    return ("null", None) if found is None else ("time", found)


def as_moment(entry: Any) -> np.datetime64 | None:
    """Read a moment of TOML's or of ISO 8601 without a zone, else None."""
    if isinstance(entry, datetime.datetime) and entry.tzinfo is not None:
        return None
    if not isinstance(entry, datetime.date | str):
        return None
    return iso_moment(entry if isinstance(entry, str) else entry.isoformat())


def told(entry: Any) -> str:
    """Show what a file holds, cut short, for a message."""
    if isinstance(entry, bool):
        return str(entry).lower()
    if isinstance(entry, Mapping):
        return "a table"
    if isinstance(entry, list):
        return f"a list of {len(entry)}"
    if entry is None:
        return "nothing"
    shown = repr(entry) if isinstance(entry, str | int | float) else str(entry)
    return shown if len(shown) <= 60 else f"{shown[:57]}..."
