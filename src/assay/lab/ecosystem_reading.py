"""Scenarios of a shared corpus: found, read and checked whole before anything is run."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path as FilePath
from typing import Any

from assay.core.errors import UnknownNameError
from assay.lab.ecosystem_scenario import QUANTITIES, RANGE, READER, SECTIONS, TOP, WRITER, Path, Quantity, Reader, Scenario
from assay.scenario.problems import Problems
from assay.scenario.source import parsed, text_of

FORMAT = "assay.ecosystem/1"
LARGEST = 2**20
MOST_READERS, MOST_YEARS = 50, 200
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
    folder = files("assay.lab") / "scenarios"
    return tuple(sorted(entry.name.removesuffix(".toml") for entry in folder.iterdir() if entry.name.endswith(".toml")))


def load_scenario(source: str | FilePath) -> Scenario:
    """Read a scenario by the name of one that ships, or from a file.

    Parameters
    ----------
    source : str or path
        A name of `shipped`, or a TOML file.

    Raises
    ------
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
    name = str(source)
    if name in shipped():
        return read_scenario((files("assay.lab") / "scenarios" / f"{name}.toml").read_text(encoding="utf-8"), file=name)
    path = FilePath(source)
    if not name or (not path.exists() and path.suffix != ".toml" and path.name == name):
        raise UnknownNameError("scenario of a shared corpus", name, shipped())
    return read_scenario(text_of(path, name, LARGEST), file=name)


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
            problems.add(("ecosystem",), f'must be "{FORMAT}". Got {document.get("ecosystem")!r}.')
        title = document.get("title", "")
        if not isinstance(title, str):
            problems.add(("title",), f"must be a text. Got {title!r}.")
        start, end = self._year("start", 2025), self._year("end", 2045)
        if not 0 < end - start <= MOST_YEARS:
            problems.add(("end",), f"must be 1 to {MOST_YEARS} years after start ({start}). Got {end}.")
            end = start + 1
        step = document.get("step", "quarter")
        if step not in STEPS:
            problems.add(("step",), f'must be "quarter" or "year". Got {step!r}.')
        steps = STEPS.get(step, 4) if isinstance(step, str) else 4
        quantities: dict[str, Quantity] = {}
        by: dict[str, float] = {}
        for section, known in QUANTITIES.items():
            self._section(section, known, quantities, by, start)
        good, bad = quantities["curation.keep_good"], quantities["curation.keep_bad"]
        if bad.middle > good.middle:
            problems.add(("curation", "keep_bad"), f"must not be above keep_good ({good.middle:g}). Got {bad.middle:g}.")
        return Scenario(
            name,
            str(title),
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
        if isinstance(year, int) and not isinstance(year, bool) and 1900 <= year <= 3000:
            return year
        self.problems.add((key,), f"must be a year, such as {default}. Got {year!r}.")
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
        if not isinstance(entry, Mapping):
            self.problems.add((section,), f"must be a table [{section}] ({SECTIONS[section]}) Got {entry!r}.")
            entry = {}
        later = {f"{key}_later" for key in known if section in ("provenance", "detection", "making", "curation")}
        if not later and "by" in entry:
            self.problems.add((section, "by"), "goes with keys that end in _later, which this section has none of.")
        self.problems.unknown((section,), entry, [*known, *sorted(later), *(["by"] if later else [])], f"[{section}]")
        for key, (meaning, least, most) in known.items():
            name, given = f"{section}.{key}", entry.get(key)
            if given is None and name not in OPTIONAL:
                self.problems.add((section, key), f"is missing. {meaning}")
            value = OPTIONAL.get(name, least) if given is None else given
            quantities[name] = self._quantity(value, name, (section, key), least, most, known=given is None)
            if f"{key}_later" in entry and later:
                path = (section, f"{key}_later")
                quantities[f"{name}_later"] = self._quantity(entry[f"{key}_later"], f"{name}_later", path, least, most)
        if later & set(entry):
            year: Any = entry.get("by")
            usable = _number(year) and year > start
            if not usable:
                self.problems.add((section, "by"), f"must be a year after start ({start}). Got {year!r}.")
            by[section] = float(year) if usable else start + 1.0

    def _quantity(self, given: Any, name: str, path: Path, least: float, most: float, known: bool = False) -> Quantity:
        add = self.problems.add
        empty = Quantity(name, least, least, assumption="None given.")
        if known:
            return Quantity(name, float(given), float(given), assumption="Not in the scenario: nothing is done.")
        if not isinstance(given, Mapping):
            shown = "{ low = ..., high = ..., source = ... }"
            add(path, f"must be a table such as {shown}, or with value in place of low and high. Got {given!r}.")
            return empty
        self.problems.unknown(path, given, RANGE, "a quantity")
        source, assumption = given.get("source", ""), given.get("assumption", "")
        if bool(source) == bool(assumption) or not isinstance(source or assumption, str):
            add(path, "needs either a source (author, year, where) or an assumption (why this number), as a text.")
            source, assumption = str(source), str(assumption)
        if ("value" in given) == ("low" in given or "high" in given) or ("low" in given) != ("high" in given):
            add(path, f"needs value, or low and high. Got {', '.join(given) or 'none'}.")
            return empty
        low, high = (given["value"],) * 2 if "value" in given else (given["low"], given["high"])
        if not _number(low) or not _number(high):
            add(path, f"must be a number. Got {low!r}{'' if low is high else f' and {high!r}'}.")
            return empty
        if not least <= low <= high <= most:
            add(path, f"must have low <= high, both from {least:g} to {most:g}. Got {low:g} and {high:g}.")
            return empty
        return Quantity(name, float(low), float(high), source, assumption)

    def _readers(self, kind: str, keys: Mapping[str, str], steps: int) -> tuple[Reader, ...]:
        add, given = self.problems.add, self.document.get(kind, [])
        if not isinstance(given, list) or not all(isinstance(each, Mapping) for each in given) or len(given) > MOST_READERS:
            add((kind,), f"must be up to {MOST_READERS} tables [[{kind}]].")
            return ()
        if not given and kind == "generators":
            add((kind,), "must have at least one [[generators]], who writes to the corpus.")
        found: list[Reader] = []
        for at, entry in enumerate(given):
            path = (kind, at)
            self.problems.unknown(path, entry, keys, f"[[{kind}]]")
            name = entry.get("name", f"{kind[:-1]} {at + 1}")
            if not isinstance(name, str) or name in (each.name for each in found):
                add((*path, "name"), f"must be a text that no other has. Got {name!r}.")
            every, rows, share = entry.get("every"), entry.get("rows"), entry.get("share", 1)
            whole = _number(every) and every > 0 and abs(every * steps - round(every * steps)) < 1e-9 and round(every * steps) > 0
            if not whole:
                add((*path, "every"), f"must be years, a whole number of steps ({1 / steps:g} years each). Got {every!r}.")
            if not _number(rows) or not 2 <= rows <= 1e15:
                add((*path, "rows"), f"must be a number of rows from 2 to 1e15. Got {rows!r}.")
            if not _number(share) or not 0 < share <= 1e6:
                add((*path, "share"), f"must be a number above 0. Got {share!r}.")
            if whole and _number(rows) and _number(share) and rows >= 2:
                part = float(share) if kind == "generators" else 0.0
                found.append(Reader(str(name), round(every * steps), round(min(rows, 1e15)), part))
        return tuple(found)


def _number(given: Any) -> bool:
    return isinstance(given, int | float) and not isinstance(given, bool) and math.isfinite(given)
