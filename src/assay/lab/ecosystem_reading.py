"""Scenarios of a shared corpus: found, read and checked whole before anything is run."""

from __future__ import annotations

import datetime
import hashlib
import math
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path as FilePath
from typing import Any

from assay.core.errors import UnknownNameError, UsageError
from assay.lab.ecosystem_scenario import (
    FEWEST,
    QUANTITIES,
    RANGE,
    READER,
    SECTIONS,
    TOP,
    WRITER,
    Path,
    Quantity,
    Reader,
    Scenario,
)
from assay.scenario.problems import Problems
from assay.scenario.source import names_in, parsed, text_of

FORMAT = "assay.ecosystem/1"
LARGEST = 2**20
MOST_READERS, MOST_YEARS, MOST_ROWS, MOST_SHARE = 50, 200, 1e15, 1e6
FIRST, LAST = 1900, 3000  # years
SUCH = "{ low = ..., high = ..., source = ... }"
SHOWN = 60  # characters of what was got
CHANGING = ("provenance", "detection", "curation")  # sections in which a key with _later says what a quantity becomes
STEPS: Mapping[str, int] = {"quarter": 4, "year": 1}
# What a scenario need not say, and what it is then: nothing is done.
OPTIONAL: Mapping[str, float] = {
    "human.wrong": 0.0,
    "provenance.marked": 0.0,
    "provenance.honoured": 0.0,
    "detection.true_positive": 0.0,
    "detection.false_positive": 0.0,
    "curation.keep_good": 1.0,
    "curation.keep_bad": 1.0,
    "making.spread": 1.0,
    "making.rare": 1.0,
    "making.wrong": 0.0,
    "making.shift": 0.0,
    "making.alike": 0.0,
}


def shipped() -> tuple[str, ...]:
    """Give the names of the scenarios that ship."""
    return names_in("assay.lab", "scenarios")


def load_scenario(source: str | FilePath) -> Scenario:
    """Read a scenario by the name of one that ships, or from a file.

    Parameters
    ----------
    source : str or path
        A name of `shipped`, or a TOML file.

    Raises
    ------
    UsageError
        If the source is neither a text nor a path.
    UnknownNameError
        If nothing ships by that name and it is no file either.
    InputError
        If the file cannot be read, is too large, is not UTF-8, not TOML, or has problems: all of them are listed, each with its
        line and key.

    Examples
    --------
    >>> load_scenario("business_as_usual").end
    2045
    """
    given: Any = source
    if not isinstance(given, str | FilePath):
        raise UsageError(f"scenario must be one of {', '.join(shipped())}, or a path. Got {_shown(given)}.")
    name = str(source)
    if name in shipped():
        return read_scenario((files("assay.lab") / "scenarios" / f"{name}.toml").read_text(encoding="utf-8"), file=name)
    path = FilePath(source)
    if not name or (not _exists(path) and path.suffix != ".toml" and path.name == name):
        raise UnknownNameError("scenario of a shared corpus", _cut(name), shipped())
    return read_scenario(text_of(path, name, LARGEST), file=name)


def _exists(path: FilePath) -> bool:
    try:
        return path.exists()
    except (OSError, ValueError):  # longer than any name, or with a zero byte in it
        return False


def read_scenario(text: str, *, file: str = "scenario") -> Scenario:
    """Read and check the text of a scenario.

    Parameters
    ----------
    text : str
        TOML.
    file : str
        What messages call it.

    Raises
    ------
    InputError
        With all problems, each with its line and key.
    """
    text, document = parsed(text, file)
    problems = Problems(file, text)
    scenario = _Reading(problems, document).scenario(FilePath(file).stem, hashlib.sha256(text.encode()).hexdigest())
    problems.raise_them()
    return scenario


class _Reading:
    def __init__(self, problems: Problems, document: Mapping[str, Any]) -> None:
        self.problems, self.document = problems, document

    def scenario(self, name: str, digest: str) -> Scenario:
        problems, document = self.problems, self.document
        problems.unknown((), document, TOP, "a scenario of a shared corpus")
        if document.get("ecosystem") != FORMAT:
            problems.add(("ecosystem",), f'must be "{FORMAT}". Got {_shown(document.get("ecosystem"))}.')
        title = document.get("title", "")
        if not isinstance(title, str):
            problems.add(("title",), f"must be a text. Got {_shown(title)}.")
            title = ""
        start, end = self._year("start", 2025), self._year("end", 2045)
        if not 0 < end - start <= MOST_YEARS:
            if not any(path in (("start",), ("end",)) for path, _ in problems.found):
                problems.add(("end",), f"must be 1 to {MOST_YEARS} years after start ({start}). Got {end}.")
            end = start + 1
        step = document.get("step", "quarter")
        if not isinstance(step, str) or step not in STEPS:
            problems.add(("step",), f'must be "quarter" or "year". Got {_shown(step)}.')
            step = "quarter"
        steps = STEPS[step]
        quantities: dict[str, Quantity] = {}
        by: dict[str, float] = {}
        for section, known in QUANTITIES.items():
            self._section(section, known, quantities, by, start)
        self._curation(quantities)
        return Scenario(
            name,
            title,
            start,
            end,
            steps,
            quantities,
            by,
            self._readers("generators", WRITER, steps),
            self._readers("classifiers", READER, steps),
            digest,
        )

    def _year(self, key: str, default: int) -> int:
        year = self.document.get(key)
        if isinstance(year, int) and not isinstance(year, bool) and FIRST <= year <= LAST:
            return year
        self.problems.add((key,), f"must be a whole year from {FIRST} to {LAST}, such as {default}. Got {_shown(year)}.")
        return default

    def _section(
        self,
        section: str,
        known: Mapping[str, tuple[str, float, float]],
        quantities: dict[str, Quantity],
        by: dict[str, float],
        start: int,
    ) -> None:
        entry = self.document.get(section, {})
        table = isinstance(entry, Mapping)
        if not table:
            self.problems.add((section,), f"must be a table [{section}] ({SECTIONS[section]}) Got {_shown(entry)}.")
            entry = {}
        later = {f"{key}_later" for key in known if section in CHANGING}
        if not later and "by" in entry:
            self.problems.add((section, "by"), "goes with keys that end in _later, which this section has none of.")
        self.problems.unknown((section,), entry, [*known, *sorted(later), *(["by"] if later else [])], f"[{section}]")
        for key, (meaning, least, most) in known.items():
            name, given = f"{section}.{key}", entry.get(key)
            if given is None and name not in OPTIONAL and table:
                self.problems.add((section, key), f"is missing. {meaning} Give {SUCH}.")
            value = OPTIONAL.get(name, least) if given is None else given
            quantities[name] = self._quantity(value, name, (section, key), least, most, known=given is None)
            if f"{key}_later" in entry and later:
                path = (section, f"{key}_later")
                quantities[f"{name}_later"] = self._quantity(entry[f"{key}_later"], f"{name}_later", path, least, most)
        if later & set(entry):
            year: Any = entry.get("by")
            usable = _number(year) and start < year <= LAST
            if not usable:
                told = f"must be a year after start ({start}), to {LAST}, as there are keys that end in _later."
                self.problems.add((section, "by"), f"{told} Got {_shown(year)}.")
            by[section] = float(year) if usable else start + 1.0

    def _curation(self, quantities: Mapping[str, Quantity]) -> None:
        """Refuse ranges of which a filter may be drawn that keeps more of the wrong rows than of the right ones."""
        if any(path[:1] == ("curation",) for path, _ in self.problems.found):
            return
        good, bad = quantities["curation.keep_good"], quantities["curation.keep_bad"]
        pairs = [(bad, good), (quantities.get(f"{bad.name}_later", bad), quantities.get(f"{good.name}_later", good))]
        for worse, better in pairs:  # changes are even, so that what holds at both ends holds between them
            if worse.high > better.low:
                low, high = (each.name.partition(".")[2] for each in (worse, better))
                given = self.document.get("curation", {})
                self.problems.add(
                    ("curation", low if low in given else high),
                    f"{low} must not be above {high} anywhere in their ranges, or wrong rows are kept more often than right "
                    f"ones. Got {low} up to {worse.high:g}{'' if low in given else ', as it is not given,'} and {high} from "
                    f"{better.low:g}. Give {low} a high end of at most {better.low:g}.",
                )
                return

    def _quantity(self, given: Any, name: str, path: Path, least: float, most: float, known: bool = False) -> Quantity:
        add = self.problems.add
        empty = Quantity(name, least, least, assumption="None given.")
        if known:
            return Quantity(name, float(given), float(given), assumption="Not in the scenario: nothing is done.")
        if not isinstance(given, Mapping):
            add(path, f"must be a table such as {SUCH}, or with value in place of low and high. Got {_shown(given)}.")
            return empty
        self.problems.unknown(path, given, RANGE, "a quantity")
        told: dict[str, Any] = {key: given[key] for key in ("source", "assumption") if key in given}
        for key, said in list(told.items()):
            if not isinstance(said, str) or not said.strip():
                add((*path, key), f"must be a text that is not empty. Got {_shown(said)}.")
                told[key] = ""
        if len(told) != 1:
            wanted = "needs either a source (author, year, where) or an assumption (why this number), as a text"
            add(path, f"{wanted}. Got {'both' if told else 'neither'}.")
        if ("value" in given) == ("low" in given or "high" in given) or ("low" in given) != ("high" in given):
            add(path, f"needs value, or low and high. Got {', '.join(map(_cut, given)) or 'nothing'}.")
            return empty
        low, high = (given["value"],) * 2 if "value" in given else (given["low"], given["high"])
        if not _number(low) or not _number(high):
            got = _shown(low) if low is high else f"{_shown(low)} and {_shown(high)}"
            add(path, f"must be a number from {least:g} to {most:g}. Got {got}.")
            return empty
        if not least <= low <= high <= most:
            add(path, f"must have low <= high, both from {least:g} to {most:g}. Got {low:g} and {high:g}.")
            return empty
        return Quantity(name, float(low), float(high), told.get("source", ""), told.get("assumption", ""))

    def _readers(self, kind: str, keys: Mapping[str, str], steps: int) -> tuple[Reader, ...]:
        add, given = self.problems.add, self.document.get(kind, [])
        if not isinstance(given, list) or not all(isinstance(each, Mapping) for each in given) or len(given) > MOST_READERS:
            got = f"{len(given)} of them" if isinstance(given, list) and len(given) > MOST_READERS else _shown(given)
            add((kind,), f"must be up to {MOST_READERS} tables [[{kind}]]. Got {got}.")
            return ()
        if not given and kind == "generators":
            add((kind,), "must have at least one [[generators]], who writes to the corpus.")
        found: list[Reader] = []
        names: set[str] = set()
        for at, entry in enumerate(given):
            path = (kind, at)
            self.problems.unknown(path, entry, keys, f"[[{kind}]]")
            name = entry.get("name", f"{kind[:-1]} {at + 1}")
            if not isinstance(name, str) or not name.strip() or name in names:
                add((*path, "name"), f"must be a text that no other of the {kind} has. Got {_shown(name)}.")
                name = ""
            names.add(name)
            every, rows, share = entry.get("every"), entry.get("rows"), entry.get("share", 1)
            whole = _number(every) and 0 < every <= MOST_YEARS and round(every * steps) > 0
            if not whole or abs(every * steps - round(every * steps)) > 1e-9:
                told = f"must be years up to {MOST_YEARS}, a whole number of steps ({1 / steps:g} years each)"
                add((*path, "every"), f"{told}. Got {_shown(every)}.")
            enough = _number(rows) and FEWEST <= rows <= MOST_ROWS
            if not enough:
                add((*path, "rows"), f"must be a number of rows from {FEWEST} to {MOST_ROWS:g}. Got {_shown(rows)}.")
            if not _number(share) or not 0 < share <= MOST_SHARE:
                add((*path, "share"), f"must be a number above 0, up to {MOST_SHARE:g}. Got {_shown(share)}.")
            elif whole and enough:
                part = float(share) if kind == "generators" else 0.0
                found.append(Reader(name, round(every * steps), round(rows), part))
        return tuple(found)


def _number(given: Any) -> bool:
    if not isinstance(given, int | float) or isinstance(given, bool):
        return False
    try:
        return math.isfinite(given)
    except OverflowError:  # a whole number of more than 308 digits
        return False


def _shown(given: Any) -> str:
    """Write what was got, however long it is."""
    if given is None:
        return "nothing"
    if isinstance(given, datetime.date | datetime.time):
        return given.isoformat()
    try:
        return _cut(repr(given))
    except (ValueError, RecursionError):  # a whole number of thousands of digits, or lists within lists
        return "a value that is too long to be shown"


def _cut(text: str) -> str:
    return text if len(text) <= SHOWN else f"{text[: SHOWN - 3]}..."
