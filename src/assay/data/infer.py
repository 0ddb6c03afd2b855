"""What the columns of a table are: kinds, roles and task."""

# pyright: reportAttributeAccessIssue=false
# pyarrow.compute makes its functions at import, unseen by type checkers

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Protocol

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from assay.core.errors import InputError, did_you_mean, raise_all
from assay.data.dtypes import is_number
from assay.data.impose import impose
from assay.data.schema import Column, Kind, Schema, Task
from assay.data.target import task_of
from assay.data.validate import short

CODE_NAME = re.compile(
    r"(^|[^a-z])(id|code|zip|zipcode|postcode|postal|type|class|category|cat|group|status|segment)s?$"
    r"|(?-i:[a-z](ID|Id|Code|Type|Class|Category|Group|Status|Segment)s?$)",
    re.IGNORECASE,
)
KEY_NAME = re.compile(r"(^|[^a-z])(id|uuid|guid|key|nbr|number|no|nr)$|(?-i:[a-z](ID|Id|Key|Nbr|Number)$)", re.IGNORECASE)
UNIQUE_SHARE = 0.999
KEY_SHARE = 0.5
EXPECTED_REPEATS = 10.0
MOST_CODES = 1_000
TEXT_LENGTH, TEXT_WORDS, TEXT_SHARE = 40.0, 5.0, 0.2
FEWEST_ROWS = 20


class Facts(Protocol):
    """What must be known of one column to say what it is; counted from cells in memory or by an engine from files."""

    @property
    def type(self) -> pa.DataType:
        """Its plain Arrow type."""
        ...

    @property
    def rows(self) -> int:
        """Number of values: cells that are neither null nor, in columns of floats, NaN or infinite."""
        ...

    @property
    def nullable(self) -> bool:
        """Whether a cell is null or NaN."""
        ...

    @property
    def whole(self) -> bool:
        """Whether every value is a whole number."""
        ...

    @property
    def ends(self) -> tuple[int, int]:
        """Smallest and largest value of a column of whole numbers."""
        ...

    @property
    def distinct(self) -> int:
        """Number of different values."""
        ...

    @property
    def words(self) -> float:
        """Words of a cell of text, on average."""
        ...

    @property
    def letters(self) -> float:
        """Letters of a cell of text, on average."""
        ...

    def levels(self, most: int) -> tuple[pa.Array, np.ndarray]:
        """Give the most frequent values with their counts; all of them if there are at most `most`."""
        ...


class CellFacts:
    """Facts of a column in memory.

    Parameters
    ----------
    column : pyarrow.ChunkedArray
        Its cells.
    """

    def __init__(self, column: pa.ChunkedArray) -> None:
        self.type = column.type
        self.nullable = _has_nulls(column)
        self._column = column

    @cached_property
    def _cells(self) -> pa.ChunkedArray:
        cells = pc.drop_null(self._column) if self._column.null_count else self._column
        if pa.types.is_floating(cells.type):
            finite = pc.is_finite(cells)
            cells = cells if pc.all(finite).as_py() else cells.filter(finite)
        return cells

    @cached_property
    def _unique(self) -> pa.Array:
        return pc.unique(self._cells)

    @property
    def rows(self) -> int:
        """Number of values."""
        return len(self._cells)

    @property
    def whole(self) -> bool:
        """Whether every value is a whole number."""
        return pa.types.is_integer(self.type) or bool(pc.all(pc.equal(pc.trunc(self._cells), self._cells)).as_py())

    @property
    def ends(self) -> tuple[int, int]:
        """Smallest and largest value of a column of whole numbers."""
        ends = pc.min_max(self._cells).as_py()
        return int(ends["min"]), int(ends["max"])

    @property
    def distinct(self) -> int:
        """Number of different values."""
        return len(self._unique)

    @property
    def words(self) -> float:
        """Words of a cell of text, on average."""
        return float(pc.mean(pc.count_substring_regex(self._cells, r"\s+")).as_py()) + 1.0

    @property
    def letters(self) -> float:
        """Letters of a cell of text, on average."""
        return float(pc.mean(pc.utf8_length(self._cells)).as_py())

    def levels(self, most: int) -> tuple[pa.Array, np.ndarray]:
        """Give all values with their counts."""
        counted = pc.value_counts(self._cells)
        return counted.field("values"), np.asarray(counted.field("counts"))


def infer_schema(
    table: pa.Table | Mapping[str, Facts],
    *,
    target: str | None = None,
    task: Task | None = None,
    positive: object = None,
    entity: str | None = None,
    sensitive: Iterable[str] = (),
    time: str | None = None,
    kinds: Mapping[str, Kind] | None = None,
) -> Schema:
    """Infer what every column of the real table is.

    Parameters
    ----------
    table : pyarrow.Table or mapping of str to Facts
        As `read_table` gives it, or what is known of each column of a table that stays in its files.
    target, entity, time : str, optional
        Columns by role.
    task : {'binary', 'multiclass', 'regression'}, optional
        Overrides the task inferred from the target, see `assay.data.target.infer_task`.
    positive : str, number or bool, optional
        The positive class of a binary target, matched by its text.
    sensitive : iterable of str
        Columns whose groups must not be harmed.
    kinds : mapping of str to kind
        Overrides by column.

    Returns
    -------
    Schema

    Raises
    ------
    InputError
        A role or override names no column; the target has one class only or does not fit the task.

    Notes
    -----
    Kinds, in this order:

    - booleans, and numbers whose values are exactly 0 and 1: ``boolean``;
    - dates and times of any type: ``datetime``, unique or not;
    - whole numbers: ``id`` if unique in 99.9% of rows although draws from their range would repeat at least 10 times
      (:math:`n(n-1)/2r` with n rows and range r), or if the name says so (``customer_id``) and over half
      of the rows or over 1,000 values differ;
      ``categorical`` if the name says code (``type``, ``zip``, ...) with at most 1,000 values or if 20 rows
      or more have just two values; else ``numeric``. A scale of few whole numbers (years of schooling, number of
      children) is numeric;
    - other numbers: ``numeric``, however unique;
    - text: ``text`` if cells have on average 5 words or 40 letters and over a fifth of them differ; ``id`` if 99.9% differ
      (or the name says so and over half differ); else ``categorical``. A column of nothing but nulls is ``categorical``
      if text, else what its type says.

    A target of a classification task is never numeric or an id. What it cannot see: codes without a telling name
    (``kinds={"region": "categorical"}`` helps), ids drawn at random from a range much wider than the square of the rows.

    Examples
    --------
    >>> table = pa.table({"age": [31, 40, 31], "city": ["Bonn", "Ulm", "Ulm"], "ill": [0, 1, 0]})
    >>> [column.kind for column in infer_schema(table, target="ill").columns]
    ['numeric', 'categorical', 'boolean']
    """
    sensitive = (sensitive,) if isinstance(sensitive, str) else tuple(sensitive)
    kinds = dict(kinds or {})
    names = table.column_names if isinstance(table, pa.Table) else list(table)
    roles = {"target": target, "entity": entity, "time": time}
    named = [(role, name) for role, name in roles.items() if name is not None]
    named += [("sensitive column", name) for name in sensitive] + [("column with a given kind", name) for name in kinds]
    raise_all(
        [
            InputError(
                f"No column {short(name)} in the real table, wanted as {role}.{did_you_mean(name, names)}",
                column=name,
                fix=f"Columns: {_listed(names)}.",
            )
            for role, name in named
            if name not in names
        ]
    )
    columns: list[Column] = []
    for name in names:
        facts = _facts(table, name)  # one column's at a time: they hold copies of its cells
        kind = kinds.get(name) or kind_of(facts, name)
        columns.append(Column(name, kind, str(facts.type), nullable=facts.nullable))
    schema = Schema(tuple(columns), target=target, entity=entity, sensitive=sensitive, time=time)
    if target is None:
        return schema
    code = bool(CODE_NAME.search(target))
    task, positive_text = task_of(_facts(table, target), target, task=task, positive=positive, code=code)
    kind = schema.column(target).kind
    if task == "regression":
        kind = "datetime" if kind == "datetime" else "numeric"
    elif kind not in ("boolean", "categorical"):
        kind = "categorical"
    return schema.with_kinds({target: kind}).with_changes(task=task, positive=positive_text)


def infer_kind(column: pa.ChunkedArray, name: str) -> Kind:
    """Infer the kind of one column, by the rules of `infer_schema`."""
    return kind_of(CellFacts(column), name)


def kind_of(facts: Facts, name: str) -> Kind:
    """Say from its facts what a column is, by the rules of `infer_schema`."""
    kind = facts.type
    if pa.types.is_boolean(kind):
        return "boolean"
    if pa.types.is_temporal(kind) and not pa.types.is_duration(kind):
        return "datetime"
    if pa.types.is_duration(kind):
        return "numeric"
    return _number_kind(facts, name) if is_number(kind) else _text_kind(facts, name)


def _number_kind(facts: Facts, name: str) -> Kind:
    rows = facts.rows
    if rows == 0 or not facts.whole:
        return "numeric"
    distinct, (low, high) = facts.distinct, facts.ends
    if distinct == 2 and (low, high) == (0, 1):
        return "boolean"
    if distinct == 2 and rows >= FEWEST_ROWS:
        return "categorical"
    if rows >= FEWEST_ROWS and distinct >= UNIQUE_SHARE * rows:
        span = min(max(high - low + 1, 1), 2**1000)  # the whole range of doubles is more than a double holds
        expected_repeats = rows * (rows - 1) / (2.0 * span)
        if expected_repeats >= EXPECTED_REPEATS:
            return "id"
    if rows >= FEWEST_ROWS and distinct > min(KEY_SHARE * rows, MOST_CODES) and KEY_NAME.search(name):
        return "id"
    if 1 < distinct <= min(MOST_CODES, rows / 5) and CODE_NAME.search(name):
        return "categorical"
    return "numeric"


def _text_kind(facts: Facts, name: str) -> Kind:
    rows = facts.rows
    if rows < FEWEST_ROWS:
        return "categorical"
    distinct = facts.distinct
    if distinct > TEXT_SHARE * rows:
        words = facts.words
        if words >= TEXT_WORDS or (words > 2.0 and facts.letters >= TEXT_LENGTH):
            return "text"
        if distinct >= UNIQUE_SHARE * rows or (distinct > KEY_SHARE * rows and KEY_NAME.search(name)):
            return "id"
    return "categorical"


def _facts(table: pa.Table | Mapping[str, Facts], name: str) -> Facts:
    return CellFacts(table.column(name)) if isinstance(table, pa.Table) else table[name]


def _has_nulls(column: pa.ChunkedArray) -> bool:
    if column.null_count:
        return True
    return pa.types.is_floating(column.type) and bool(pc.any(pc.is_nan(column)).as_py())


def _listed(names: list[str], most: int = 20) -> str:
    shown = ", ".join(short(name) for name in names[:most])
    return shown if len(names) <= most else f"{shown} and {len(names) - most:,} more"


__all__ = ["CellFacts", "Facts", "impose", "infer_kind", "infer_schema", "kind_of"]
