"""A scenario learned from a real table, for a person to edit: marginals, nulls, mined rules, and what the target depends on."""

# pyarrow makes its compute functions at import, where no type checker sees them.
# pyright: reportAttributeAccessIssue=false

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from assay.core.errors import InputError
from assay.data.constraints import mine, phrase, violations
from assay.data.dataset import Dataset
from assay.data.schema import Constraint
from assay.data.target import level_texts
from assay.scenario.derived import Derivation, derivations
from assay.scenario.marginals import FEWEST, Entry, decimals_of_values, level_rule, null_rate, numbers_of, ordered_rule, step_of
from assay.scenario.reading import read_scenario
from assay.scenario.toml_text import toml_comment, toml_key, toml_value
from assay.scenario.tree import features_of, grow
from assay.scenario.world import make_tables

FEWEST_ROWS = 20
TRIED_ROWS = 2_000
SHRINKAGE = 10.0  # rows at which a leaf's own shares and those of the whole table count alike
MOST_CLASSES = 20

Lines = list[str]


def draft_scenario(real: Dataset) -> str:
    """Write a scenario for a real table, to be edited by a person.

    Parameters
    ----------
    real : Dataset
        Real rows; with a target, what it depends on is described as well.

    Returns
    -------
    str
        TOML that loads and generates as it is.

    Raises
    ------
    InputError
        From fewer than 20 rows, of which nothing could be shown.

    Notes
    -----
    Levels, heavy values and quantiles have at least 10 rows behind them (`assay.scenario.marginals`), conditions on the target
    at least 50. Columns are drawn independently of each other, but for rules that every real row keeps
    (`assay.data.constraints.mine`) and for the target, which depends on its strongest columns by a small tree
    (`assay.scenario.tree`). It is a start and no synthetic data: other dependences are for the person to write, or for a
    generator that learns them.
    """
    if len(real) < FEWEST_ROWS:
        message = f"A scenario cannot be drafted from {len(real)} rows: nothing of fewer than {FEWEST} rows may be shown."
        raise InputError(message, fix=f"Give a table of at least {FEWEST_ROWS} rows.")
    return _Drafter(real).text()


class _Drafter:
    def __init__(self, real: Dataset) -> None:
        self.real, self.schema = real, real.schema
        self.table = _table_name(real.name)
        self.rules = mine(real)
        self.derived = derivations(real, self.rules)
        self.entities = self._entities()

    def text(self) -> str:
        drafted = self._text([])
        broken = self._broken(drafted)
        return self._text(broken) if broken else drafted

    def _broken(self, drafted: str) -> list[Constraint]:
        """Try the draft, and give the mined rules that its rows break."""
        scenario = read_scenario(drafted, file="draft")
        made = make_tables(scenario, min(max(len(self.real), 200), TRIED_ROWS), seed=0, only=self.table)[self.table]
        tried = Dataset(made, self.schema, name="draft")
        return [rule for rule in self.rules if rule.kind != "grid" and violations(rule, tried).any()]

    def _text(self, broken: Sequence[Constraint]) -> str:
        self.lost = set[str]()  # columns with nulls of their own, which later ones may share
        rows, schema = len(self.real), self.schema
        about = (
            f"Drafted by assay rules draft from {rows:,} rows of {len(schema.columns)} columns. "
            "It is for a person to edit: assay rules check FILE says what it makes. "
            "Levels, heavy values and quantiles have at least 10 real rows behind them. "
            "Columns are drawn independently but for the rules below and the target."
        )
        lines = [*toml_comment(about), 'scenario = "assay.scenario/1"', f"title = {toml_value(f'Drafted from {self.real.name}')}"]
        lines += [f"main = {toml_value(self.table)}"]
        if self.rules:
            lines += ["", "# Rules that every real row keeps:"]
            for rule in self.rules:
                kept = " - NOT kept by the rows of this draft: mend it by hand" if rule in broken else ""
                lines += toml_comment(f"- {phrase(rule)}{kept}")
        if self.entities is not None:
            lines += ["", *self._entity_table()]
        lines += ["", f"[tables.{toml_key(self.table)}]"]
        if self.entities is not None:
            lines += [f"parent = {toml_value(self.entities[0])}", f"count = {toml_value(self.entities[1])}"]
            lines += [f"entity = {toml_value(schema.entity)}"]
        if schema.target is not None:
            lines += [f"target = {toml_value(schema.target)}"]
            lines += [f"task = {toml_value(schema.task)}"] if schema.task else []
            shown = schema.positive is not None and schema.task == "binary" and self._backed(schema.target, schema.positive)
            lines += [f"positive = {toml_value(schema.positive)}"] if shown else []
        lines += [f"time = {toml_value(schema.time)}"] if schema.time else []
        lines += [f"sensitive = {toml_value(list(schema.sensitive))}"] if schema.sensitive else []
        for column in schema.columns:
            lines += self._column(column.name)
        return "\n".join(lines) + "\n"

    # -- columns

    def _column(self, name: str) -> Lines:
        column, cells = self.schema.column(name), self.real.table.column(name)
        path = f"tables.{toml_key(self.table)}.columns.{toml_key(name)}"
        lines: Lines = []
        derived = self.derived.get(name)
        if derived is not None:
            for helper, entry, about in derived.helpers:
                lines += ["", f"[tables.{toml_key(self.table)}.columns.{toml_key(helper)}]", *toml_comment(about)]
                lines += [*_pairs(entry), "hidden = true"]
        lines += ["", f"[{path}]"]
        nulls = int(self.real.nulls(name).sum())
        entry, about = self._rule(name, derived)
        lines += [*toml_comment(about), *_pairs({key: part for key, part in entry.items() if key not in ("cases", "map")})]
        lines += [f"type = {toml_value(str(cells.type))}"]
        kind = "categorical" if name == self.schema.entity else column.kind
        lines += [f"kind = {toml_value(kind)}"]
        lines += self._grid(name, entry)
        if nulls and entry.get("formula") != "null":
            lines += self._nulls(name, nulls)
        if "cases" in entry:
            lines += ["cases = [", *(f"  {toml_value(case)}," for case in entry["cases"]), "]"]
        if "map" in entry:
            lines += [f"[{path}.map]", *_pairs(entry["map"])]
        return lines

    def _nulls(self, name: str, nulls: int) -> Lines:
        """Say how often cells are null, or that they are so together with those of an earlier column."""
        if nulls < FEWEST:
            few = " (fewer than 10 rows, shown as 10)"
            return [f"null = {toml_value(null_rate(nulls, len(self.real)))} # share of the real cells without a value{few}"]
        mask = self.real.nulls(name)
        for other in self.schema.names[: self.schema.names.index(name)]:
            if other in self.lost and np.array_equal(mask, self.real.nulls(other)):
                return [f"null_with = {toml_value(other)} # real cells of both are without a value in the same rows"]
        self.lost.add(name)
        return [f"null = {toml_value(null_rate(nulls, len(self.real)))} # share of the real cells without a value"]

    def _rule(self, name: str, derived: Derivation | None) -> tuple[Entry, str]:
        column, cells = self.schema.column(name), self.real.table.column(name)
        known = len(self.real) - int(self.real.nulls(name).sum())
        if name == self.schema.entity and self.entities is not None:
            return {"reference": self.entities[0]}, "The entity: its rows belong together."
        if known == 0:
            return {"formula": "null"}, "No real cell has a value."
        if derived is not None:
            return derived.entry, derived.about
        if column.kind == "id" or name == self.schema.entity:
            return self._identifier(name, cells.type)
        if column.kind == "text":
            return {"formula": "null"}, "Free text is not copied. For made-up text write, for example: fake = 'sentence'."
        if name == self.schema.target:
            found = self._target(name)
            if found is not None:
                return found
        return self._marginal(name, np.ones(len(self.real), dtype=bool))

    def _marginal(self, name: str, rows: np.ndarray) -> tuple[Entry, str]:
        column, part = self.schema.column(name), self.real
        if not rows.all():
            part = part.take(np.flatnonzero(rows))
        cells = part.table.column(name)
        determines = any(rule.kind == "functional" and rule.columns[0] == name for rule in self.rules)
        if column.ordered and not determines:
            values = numbers_of(part, name)
            moments = column.kind == "datetime"
            entry = ordered_rule(values, self._decimals(name), moments=moments)
            if entry is not None:
                return entry, f"{len(values):,} values, {len(np.unique(values)):,} different."
            return {"formula": "null"}, f"Fewer than {FEWEST} values: none of them may be shown."
        entry, left = level_rule(cells)
        levels = left + (0 if entry is None else len(entry["values"]))
        if entry is None:
            pattern = {"id": f"{_table_name(name)}-{{digits:5}}"} if pa.types.is_string(cells.type) else {"formula": "null"}
            return pattern, f"{levels:,} levels, none of which has {FEWEST} rows: made-up ones."
        lost = f" {left:,} levels with fewer than {FEWEST} rows are left out." if left else ""
        return entry, f"{levels:,} levels with their rows.{lost}"

    def _identifier(self, name: str, kind: pa.DataType) -> tuple[Entry, str]:
        about = "An identifier: new ones that count up, no real one."
        if pa.types.is_string(kind):
            return {"id": f"{_table_name(name)}-{{n:8}}"}, about
        if pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind):
            return {"numbering": _beyond(numbers_of(self.real, name), kind)}, about
        return {"formula": "null"}, "An identifier that is no number and no text: not made."

    def _target(self, name: str) -> tuple[Entry, str] | None:
        """Describe a target by a tree of its strongest columns that do not come from it themselves."""
        known = np.flatnonzero(~self.real.nulls(name))
        part = self.real.take(known)
        wanted = [other for other in self.schema.features if not self._comes_from(other, name)]
        regression = self.schema.task == "regression"
        if regression:
            ranks = np.argsort(np.argsort(part.numbers(name), kind="stable"), kind="stable")
            outputs = (ranks / max(len(ranks) - 1, 1))[:, None]
            classes: list[Any] = []
        else:
            entry, _ = level_rule(part.table.column(name))
            if entry is None or not 2 <= len(entry["values"]) <= MOST_CLASSES:
                return None
            classes = entry["values"]
            outputs = np.column_stack([_is(part.table.column(name), each) for each in classes])
        leaves = grow(features_of(part, wanted), outputs)
        if len(leaves) < 2:
            return None
        overall = outputs.mean(axis=0)
        cases: list[Entry] = []
        for at, leaf in enumerate(leaves):
            when: Entry = {} if at == len(leaves) - 1 else {"when": " and ".join(leaf.conditions)}
            if regression:
                values = numbers_of(part.take(leaf.rows), name)
                rule = ordered_rule(values, self._decimals(name), moments=self.schema.column(name).kind == "datetime")
                if rule is None:
                    return None
                cases.append({**when, **rule})
            else:
                shares = (outputs[leaf.rows].sum(axis=0) + SHRINKAGE * overall) / (len(leaf.rows) + SHRINKAGE)
                cases.append({**when, "values": classes, "weights": [float(f"{share:.3g}") for share in shares]})
        names = sorted({_column_of(condition) for leaf in leaves for condition in leaf.conditions})
        about = f"The target, given what it depends on most: {', '.join(names)}. {len(leaves)} cases of at least 50 rows each."
        return {"cases": cases}, about

    def _comes_from(self, name: str, source: str) -> bool:
        """Whether a column's formula needs another one, directly or not."""
        open_, seen = [name], set[str]()
        while open_:
            here = open_.pop()
            if here == source:
                return True
            if here not in seen:
                seen.add(here)
                derived = self.derived.get(here)
                open_ += [] if derived is None else list(derived.needs)
        return False

    def _grid(self, name: str, entry: Entry) -> Lines:
        column, kind = self.schema.column(name), self.real.table.column(name).type
        if column.kind != "numeric" or entry.get("formula") == "null" or pa.types.is_duration(kind):
            return []
        decimals, values = self._decimals(name), numbers_of(self.real, name)
        step = None if name in self.derived else step_of(values, decimals)
        if step is not None:
            return [f"step = {toml_value(step)}"]
        whole = pa.types.is_integer(kind) or (pa.types.is_decimal(kind) and kind.scale == decimals)
        return [] if decimals is None or whole else [f"round = {decimals}"]

    def _decimals(self, name: str) -> int | None:
        return decimals_of_values(numbers_of(self.real, name), self.real.table.column(name).type)

    def _backed(self, name: str, text: str) -> bool:
        texts = level_texts(self.real.table.column(name))
        return int(pc.sum(pc.fill_null(pc.equal(texts, text), False)).as_py() or 0) >= FEWEST

    # -- entities

    def _entities(self) -> tuple[str, Entry | int] | None:
        """Give the name of the table of entities and the rule of their rows, where there is an entity with rows to count."""
        name = self.schema.entity
        if name is None or self.real.nulls(name).all():
            return None
        counts = np.sort(np.array(pc.value_counts(pc.drop_null(self.real.table.column(name)).combine_chunks()).field("counts")))
        rule = ordered_rule(counts.astype(np.float64), 0, moments=False)
        table = f"{_table_name(name)}_table"
        return (table if table != self.table else f"{table}_2"), rule if rule is not None else max(int(counts.mean()), 1)

    def _entity_table(self) -> Lines:
        assert self.entities is not None
        assert self.schema.entity is not None
        name, kind = self.schema.entity, self.real.table.column(self.schema.entity).type
        known = self.real.table.column(name)
        mean = (len(self.real) - int(self.real.nulls(name).sum())) / max(pc.count_distinct(known).as_py(), 1)
        entry, about = self._identifier(name, kind)
        if entry.get("formula") == "null":
            entry = {"id": "{n:8}"} if pa.types.is_string(kind) else {"numbering": 1}
        table = f"tables.{toml_key(self.entities[0])}"
        lines = ["# One row an entity of the real table.", f"[{table}]", f'rows = "n / {max(mean, 1.0):.6g}"', ""]
        return [
            *lines,
            f"[{table}.columns.{toml_key(name)}]",
            *toml_comment(about),
            *_pairs(entry),
            f"type = {toml_value(str(kind))}",
        ]


def _beyond(values: np.ndarray, kind: pa.DataType) -> int:
    """Give a number from which new identifiers are no real ones: a power of ten beyond them, where the type has room for it."""
    most = float(np.abs(values).max(initial=0.0))
    start = 10 ** len(str(int(most)))
    room = np.iinfo(kind.to_pandas_dtype()).max if pa.types.is_integer(kind) else 2**52
    room = 10**kind.precision if pa.types.is_decimal(kind) else room
    return start if 2 * start <= min(room, 2**52) else 1


def _pairs(entry: Entry) -> Lines:
    return [f"{toml_key(str(key))} = {toml_value(part)}" for key, part in entry.items()]


def _is(column: pa.ChunkedArray, level: Any) -> np.ndarray:
    value = pa.scalar(level)
    if column.type != value.type:
        column = (
            column.cast(pa.float64(), safe=False) if isinstance(level, int | float) and not isinstance(level, bool) else column
        )
        value = pa.scalar(level, type=column.type)
    return np.asarray(pc.fill_null(pc.equal(column, value), False).combine_chunks(), dtype=np.float64)


def _column_of(condition: str) -> str:
    found = re.match(r"`((?:[^`]|``)*)`|\S+", condition)
    assert found is not None
    return found[1].replace("``", "`") if found[1] else found[0]


def _table_name(name: str) -> str:
    stem = re.sub(r"(\.(parquet|pq|csv|tsv|gz|jsonl|ndjson|txt))+$", "", name.rsplit("/", 1)[-1], flags=re.IGNORECASE)
    word = re.sub(r"[^A-Za-z0-9_]+", "_", stem).strip("_")[:40]
    return word if word and not word[0].isdigit() else f"rows_{word}".strip("_")
