"""Scenario files: found, read and checked whole before anything is made."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path as FilePath
from typing import Any, get_args

from assay.core.errors import InputError, UnknownNameError, did_you_mean
from assay.data.schema import Kind, Task
from assay.scenario.keys import COLUMN_KEYS, RULE_KEYS, SCENARIO_KEYS, TABLE_KEYS
from assay.scenario.model import ColumnRule, Identifier, Numbering, Path, Scenario, TableRules
from assay.scenario.problems import Problems
from assay.scenario.reading_events import EventReader
from assay.scenario.reading_rules import RuleReader
from assay.scenario.reading_values import told
from assay.scenario.soundness import check
from assay.scenario.source import names_in, parsed, text_of
from assay.scenario.types import column_type

FORMAT = "assay.scenario/1"
LARGEST = 16 * 2**20
MOST_TABLES, MOST_COLUMNS = 200, 5_000
_WORKS = "See one that works: docs/scenarios.md, or the ones that ship: "


def shipped() -> tuple[str, ...]:
    """Give the names of the scenarios that ship."""
    return names_in("assay.scenario", "shipped")


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
    >>> load_scenario("payments").main
    'payments'
    """
    name = str(source)
    if name in shipped():
        return read_scenario((files("assay.scenario") / "shipped" / f"{name}.toml").read_text(encoding="utf-8"), file=name)
    path = FilePath(source)
    if not name or (not path.exists() and path.suffix != ".toml" and path.name == name):
        raise UnknownNameError("scenario", name, shipped())
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
    if not document:
        fix = f"{_WORKS}{', '.join(shipped())}."
        raise InputError("is empty: a scenario has at least one table with a column.", file=file, fix=fix)
    problems = Problems(file, text)
    scenario = _Reader(problems).scenario(document)
    problems.seal()
    forms = check(scenario, problems) if scenario.tables else {}
    problems.raise_them()
    digest = hashlib.sha256(text.encode()).hexdigest()
    return Scenario(scenario.tables, scenario.main, scenario.title, digest, text, file, forms)


class _Reader:
    def __init__(self, problems: Problems) -> None:
        self.problems = problems

    def scenario(self, document: Mapping[str, Any]) -> Scenario:
        problems = self.problems
        problems.unknown((), document, SCENARIO_KEYS, "a scenario")
        if document.get("scenario", FORMAT) != FORMAT:
            problems.add(("scenario",), f'must be "{FORMAT}". Got {document["scenario"]!r}.')
        locale = document.get("locale", "en_US")
        if not isinstance(locale, str) or not re.fullmatch(r"[a-z]{2,3}(_[A-Za-z]{2,4})?", locale):
            problems.add(("locale",), f"must be a language and country, such as en_US. Got {locale!r}.")
            locale = "en_US"
        self.rules = RuleReader(problems, locale)
        self.events = EventReader(problems, self.rules)
        title = self.rules.text(document["title"], ("title",)) if "title" in document else ""
        given = document.get("tables")
        if not isinstance(given, Mapping) or not given:
            problems.add(("tables",), "must hold a table [tables.NAME] for each table. Got none.")
            return Scenario({}, "", title)
        if len(given) > MOST_TABLES:
            problems.add(("tables",), f"holds {len(given)} tables. At most {MOST_TABLES} are made together.")
            return Scenario({}, "", title)
        tables = {name: self.table(name, entry, ("tables", name)) for name, entry in given.items()}
        for name in tables:
            if not re.fullmatch(r"[^\W\d][\w-]*", name):
                problems.add(("tables", name), "must be a word: letters, digits, _ and -, for it names a file, too.")
        main = document.get("main", list(tables)[-1])
        if not isinstance(main, str) or main not in tables:
            near = did_you_mean(main, tables) if isinstance(main, str) else ""
            problems.add(("main",), f"must be one of the tables {', '.join(tables)}. Got {main!r}.{near}")
            main = next(iter(tables))
        return Scenario(tables, main, title)

    def table(self, name: str, entry: Any, path: Path) -> TableRules:
        problems, rules = self.problems, self.rules
        if not isinstance(entry, Mapping):
            problems.add(path, f"must be a table of {', '.join(TABLE_KEYS)}.")
            return TableRules(name, path, ())
        problems.unknown(path, entry, TABLE_KEYS, "a table")
        given = entry.get("columns")
        columns: list[ColumnRule] = []
        if not isinstance(given, Mapping) or not given:
            problems.add((*path, "columns"), f"must hold a table [{'.'.join(map(str, path))}.columns.NAME] for each column.")
        elif len(given) > MOST_COLUMNS:
            problems.add((*path, "columns"), f"holds {len(given):,} columns. At most {MOST_COLUMNS:,} are made.")
        else:
            columns = [self.column(key, part, (*path, "columns", key)) for key, part in given.items()]
        if columns and all(column.hidden for column in columns):
            problems.add((*path, "columns"), "must hold a column that is not hidden.")
        texts = {
            key: rules.text(entry[key], (*path, key)) for key in ("parent", "key", "target", "entity", "time") if key in entry
        }
        known = {column.name: column for column in columns}
        for key in ("key", "target", "entity", "time"):
            if key in texts and texts[key] not in known:
                problems.add((*path, key), f"No column {texts[key]!r}.{did_you_mean(texts[key], known)}")
        sensitive = rules.texts(entry["sensitive"], (*path, "sensitive")) if "sensitive" in entry else ()
        for word in sensitive:
            if word not in known:
                problems.add((*path, "sensitive"), f"No column {word!r}.{did_you_mean(word, known)}")
        for key, word in (
            *((key, texts.get(key)) for key in ("target", "entity", "time")),
            *(("sensitive", w) for w in sensitive),
        ):
            if word in known and known[word].hidden:
                problems.add((*path, key), f"names {word!r}, which is hidden.")
        task: Task | None = entry.get("task")
        if "task" in entry and task not in get_args(Task):
            problems.add((*path, "task"), f"must be one of {', '.join(get_args(Task))}. Got {task!r}.")
        order = entry.get("order", "parent")
        if order not in ("parent", "time"):
            problems.add((*path, "order"), f"must be parent or time. Got {order!r}.")
        numbered = [column.name for kind in (Identifier, Numbering) for column in columns if isinstance(column.rule, kind)]
        for column in columns:
            if column.null_with is not None and column.null_with not in known:
                near = did_you_mean(column.null_with, known)
                problems.add((*column.path, "null_with"), f"No column {column.null_with!r}.{near}")
        given_rows = entry.get("rows")
        if isinstance(given_rows, int | float) and not isinstance(given_rows, bool) and given_rows < 1:
            problems.add((*path, "rows"), f"must be a number from 1 on, or a formula of n. Got {given_rows!r}.")
        key = texts.get("key", numbered[0] if numbered else None)
        positive = entry.get("positive")
        if positive is not None and not isinstance(positive, str | int | float):
            problems.add((*path, "positive"), f"must be a class of the target. Got {told(positive)}.")
            positive = None
        if isinstance(positive, bool):
            positive = str(positive).lower()
        return TableRules(
            name,
            path,
            tuple(columns),
            rows=rules.expression(entry["rows"], (*path, "rows")) if "rows" in entry else None,
            parent=texts.get("parent") or None,
            count=rules.rule(entry["count"], (*path, "count")) if "count" in entry else None,
            key=key,
            by_time=order == "time",
            events=self.events.events(entry.get("events", []), (*path, "events")),
            target=texts.get("target"),
            positive=None if positive is None else str(positive),
            task=task,
            entity=texts.get("entity"),
            time=texts.get("time"),
            sensitive=sensitive,
        )

    def column(self, name: str, entry: Any, path: Path) -> ColumnRule:
        problems, rules = self.problems, self.rules
        if not name.strip() or len(name) > 1_000 or "\0" in name:
            problems.add(path, "must have a name of at most 1,000 letters that is not blank.")
        if not isinstance(entry, Mapping):
            return ColumnRule(name, rules.rule(entry, path), path)
        for key in entry:
            if key not in COLUMN_KEYS and key not in RULE_KEYS and "distribution" not in entry:
                near = did_you_mean(key, (*COLUMN_KEYS, *RULE_KEYS))
                problems.add((*path, key), f"is not a key of a column.{near}")
        beside = tuple(key for key in entry if key in COLUMN_KEYS or (key not in RULE_KEYS and "distribution" not in entry))
        rule = rules.rule(entry, path, beside=beside)
        dtype = entry.get("type", "")
        if dtype != "":
            try:
                column_type(dtype)
            except (ValueError, TypeError):
                known = "int64, int32, float64, string, bool, date32, timestamp[s], decimal128(10, 2)"
                problems.add((*path, "type"), f"No type {dtype!r}. Known are those of Arrow, such as {known}.")
                dtype = ""
        kind: Kind | None = entry.get("kind")
        if "kind" in entry and kind not in get_args(Kind):
            problems.add((*path, "kind"), f"must be one of {', '.join(get_args(Kind))}. Got {kind!r}.")
            kind = None
        if "round" in entry and "step" in entry:
            problems.add((*path, "step"), "must stand without round: a step rounds already.")
        null = entry.get("null")
        if isinstance(null, int | float) and not isinstance(null, bool) and not 0 <= null <= 1:
            problems.add((*path, "null"), f"must be a chance from 0 to 1, a formula or a condition. Got {null!r}.")
            null = None
        if "null" in entry and "null_with" in entry:
            problems.add((*path, "null_with"), "must stand without null: it takes the nulls of another column.")
        step = None
        if "step" in entry:
            step = rules.number(entry["step"], (*path, "step"), holds=lambda x: x > 0, wanted="a number above 0", default=1.0)
        return ColumnRule(
            name,
            rule,
            path,
            dtype,
            kind,
            decimals=rules.whole(entry["round"], (*path, "round"), low=0, high=12) if "round" in entry else None,
            step=step,
            null=rules.expression(null, (*path, "null")) if null is not None else None,
            null_with=rules.text(entry["null_with"], (*path, "null_with")) if "null_with" in entry else None,
            unique=rules.truth(entry["unique"], (*path, "unique")) if "unique" in entry else False,
            hidden=rules.truth(entry["hidden"], (*path, "hidden")) if "hidden" in entry else False,
        )
