"""Conditions on rows, such as ``age >= 30 and sex in ('F', 'M')``: one small grammar, parsed here, never evaluated."""

# pyarrow makes its compute functions at import, where no type checker sees them.
# pyright: reportAttributeAccessIssue=false

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import time
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from assay.core.errors import InputError
from assay.data.dataset import Dataset
from assay.data.dtypes import arrow_type, is_number
from assay.data.schema import Column, Schema
from assay.data.tokens import Token, TokenReader

GRAMMAR = "COLUMN OPERATOR LITERAL [and ...] with the operators = != < <= > >= in, such as: age >= 30 and sex in ('F', 'M')"
_TOKEN = re.compile(
    r"""\s*(?:(?P<operator>!=|<=|>=|==|=|<|>)|(?P<mark>[(),])"""
    r"""|(?P<name>`(?:[^`]|``)*`)|(?P<text>'(?:[^']|'')*'|"(?:[^"]|"")*")|(?P<bare>[^\s=!<>(),'"`]+))"""
)
_COMPARE: dict[str, Callable[[Any, Any], Any]] = {
    "=": pc.equal,
    "!=": pc.not_equal,
    "<": pc.less,
    "<=": pc.less_equal,
    ">": pc.greater,
    ">=": pc.greater_equal,
}
UNITS = {"s": "seconds", "ms": "milliseconds", "us": "microseconds", "ns": "nanoseconds"}
_TRUTHS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


@dataclass(frozen=True, slots=True)
class Clause:
    """One comparison.

    Parameters
    ----------
    column : str
        Column compared.
    operator : {'=', '!=', '<', '<=', '>', '>=', 'in'}
        How.
    literals : tuple of pyarrow.Scalar
        Against what; several only for ``in``. A null scalar stands for ``null``.
    """

    column: str
    operator: str
    literals: tuple[pa.Scalar, ...]

    def mask(self, cells: pa.Array | pa.ChunkedArray) -> np.ndarray:
        """Give which cells meet the comparison, as bool of shape (rows,).

        Notes
        -----
        Null is a level of its own: it equals ``null``, differs from everything else and is neither less nor more than
        anything. NaN counts as null.
        """
        if isinstance(cells, pa.ChunkedArray):
            cells = cells.combine_chunks()
        if pa.types.is_dictionary(cells.type):
            cells = cells.cast(cells.type.value_type)
        null = np.asarray(pc.is_null(cells, nan_is_null=True).to_numpy(zero_copy_only=False), dtype=bool)
        if self.operator == "!=":
            return ~self._equal(cells, null, self.literals[0])
        if self.operator in ("=", "in"):
            met = np.zeros(len(cells), dtype=bool)
            for literal in self.literals:
                met |= self._equal(cells, null, literal)
            return met
        return _compared(self.operator, cells, self.literals[0]) & ~null

    def _equal(self, cells: pa.Array, null: np.ndarray, literal: pa.Scalar) -> np.ndarray:
        return null if not literal.is_valid else _compared("=", cells, literal) & ~null


@dataclass(frozen=True, slots=True)
class Condition:
    """Comparisons that must all hold.

    Parameters
    ----------
    text : str
        As written.
    clauses : tuple of Clause
        The comparisons.

    Examples
    --------
    >>> from assay.data.schema import Column, Schema
    >>> schema = Schema((Column("age", "numeric", "int64"), Column("sex", "categorical", "string", nullable=True)))
    >>> data = Dataset(pa.table({"age": [20, 30, 40], "sex": ["F", None, "M"]}), schema)
    >>> parse("age >= 30 and sex != 'M'", schema).mask(data).tolist()
    [False, True, False]
    """

    text: str
    clauses: tuple[Clause, ...]

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns concerned, each once, in the order written."""
        return tuple(dict.fromkeys(clause.column for clause in self.clauses))

    def of(self, column: str) -> tuple[Clause, ...]:
        """Give the comparisons of one column."""
        return tuple(clause for clause in self.clauses if clause.column == column)

    def mask(self, dataset: Dataset) -> np.ndarray:
        """Give which rows meet all comparisons, as bool of shape (rows,)."""
        met = np.ones(len(dataset), dtype=bool)
        for clause in self.clauses:
            met &= clause.mask(dataset.table.column(clause.column))
        return met

    def also(self, clause: Clause, *, unnamed: bool = False) -> Condition:
        """Give a condition with one comparison more, its literal left out of the text if `unnamed`."""
        literal = clause.literals[0]
        shown = "null" if not literal.is_valid else "(a rare level)" if unnamed else repr(literal.as_py())
        added = f"{clause.column} {clause.operator} {shown}"
        return Condition(f"{self.text} and {added}" if self.text else added, (*self.clauses, clause))


def parse(text: str, schema: Schema) -> Condition:
    """Read a condition.

    Parameters
    ----------
    text : str
        Comparisons joined by ``and``: ``COLUMN OPERATOR LITERAL`` with ``= != < <= > >=``, or ``COLUMN in (LITERAL, ...)``. A
        column's name stands bare, or in backticks where it has spaces or signs. A literal is a number, a date or a time of day
        (ISO 8601), a text in single or double quotes (doubled inside), a bare word, ``true``, ``false`` or ``null``. A duration
        is a whole number in the column's unit.
    schema : Schema
        Columns and their types.

    Returns
    -------
    Condition
        What was read, literals in the columns' types.

    Raises
    ------
    InputError
        With the position of the fault (characters count from 1) and what was probably meant.
    """
    return _Parser(text, schema).condition()


class _Parser(TokenReader):
    def __init__(self, text: str, schema: Schema) -> None:
        self.schema = schema
        super().__init__(text, _TOKEN)

    def error(self, what: str, at: int) -> InputError:
        return InputError(f"--where, character {at}: {what}.", fix=f"Write {GRAMMAR}.")

    def condition(self) -> Condition:
        clauses = [self._clause()]
        while self.peek() is not None:
            if self.accept("bare", "and") is None:
                token = self.take("'and'")
                self.fail(f"expected 'and' or the end, got {token.text!r}", token.at)
            clauses.append(self._clause())
        return Condition(self.text.strip(), tuple(clauses))

    def _clause(self) -> Clause:
        token = self.take("a column")
        if token.kind not in ("bare", "name", "text"):
            self.fail(f"expected a column, got {token.text!r}", token.at)
        name = token.bare
        try:
            column = self.schema.column(name)
        except InputError as error:
            raise InputError(f"--where, character {token.at}: {error.message}", column=name) from None
        sign = self.take("one of = != < <= > >= in")
        operator = "=" if sign.text == "==" else sign.text.lower()
        if sign.kind != "operator" and not (sign.kind == "bare" and operator == "in"):
            self.fail(f"expected one of = != < <= > >= in, got {sign.text!r}", sign.at)
        if operator in ("<", "<=", ">", ">=") and not column.ordered:
            self.fail(f"column {name!r} is {column.kind}: it has no order, use = != or in, not {operator}", sign.at)
        return Clause(name, operator, tuple(self._literals(column, operator)))

    def _literals(self, column: Column, operator: str) -> list[pa.Scalar]:
        if operator != "in":
            token = self.take("a value")
            literal = self._literal(token, column)
            if not literal.is_valid and operator not in ("=", "!="):
                self.fail(f"null is neither less nor more than anything, use = or != instead of {operator}", token.at)
            return [literal]
        self.expect("mark", "(", " after in")
        out = [self._literal(self.take("a value"), column)]
        while self.accept("mark", ")") is None:
            if self.accept("mark", ",") is None:
                token = self.take("',' or ')'")
                self.fail(f"expected ',' or ')', got {token.text!r}", token.at)
            out.append(self._literal(self.take("a value"), column))
        return out

    def _literal(self, token: Token, column: Column) -> pa.Scalar:
        if token.kind not in ("bare", "text"):
            self.fail(f"expected a value, got {token.text!r}", token.at)
        word, kind = token.bare, arrow_type(column.dtype)
        if token.kind == "bare" and word.lower() == "null":
            return pa.scalar(None, type=kind)
        try:
            return _scalar(word, kind)
        except (ValueError, ArithmeticError, pa.ArrowException):  # of these some are no ValueError: casts that there are not
            self.fail(f"column {column.name!r} holds {kind}: expected {_wanted(kind)}, got {word!r}", token.at)


def _wanted(kind: pa.DataType) -> str:
    if is_number(kind):
        return "a number"
    if pa.types.is_boolean(kind):
        return "true or false"
    if pa.types.is_duration(kind):
        return f"a whole number of {UNITS[kind.unit]}"
    if pa.types.is_time(kind):
        return "an ISO 8601 time of day"
    return "an ISO 8601 date or time" if pa.types.is_temporal(kind) else str(kind)


def _scalar(word: str, kind: pa.DataType) -> pa.Scalar:
    """Read a literal in a column's type, or as the nearest wider number where the type cannot hold it."""
    if pa.types.is_boolean(kind):
        if word.lower() not in _TRUTHS:
            raise ValueError(word)
        return pa.scalar(_TRUTHS[word.lower()])
    if pa.types.is_integer(kind):
        try:
            return pa.scalar(int(word), type=kind)
        except (ValueError, OverflowError):
            return _finite(word)
    if pa.types.is_floating(kind):
        return _finite(word)
    if pa.types.is_decimal(kind):
        _finite(word)
        try:
            return pa.scalar(word).cast(kind)
        except pa.ArrowInvalid:
            return _finite(word)
    if pa.types.is_timestamp(kind):
        return _moment(word, kind)
    if pa.types.is_duration(kind):
        return pa.scalar(int(word)).cast(kind)
    if pa.types.is_time(kind):
        return _time_of_day(word, kind)
    return pa.scalar(word).cast(kind)


def _moment(word: str, kind: pa.TimestampType) -> pa.Scalar:
    if kind.tz is None:
        return pa.scalar(word).cast(kind)
    try:
        return pa.scalar(word).cast(kind)
    except pa.ArrowInvalid:  # no offset written: the column's own zone
        return pc.assume_timezone(pa.scalar(word).cast(pa.timestamp(kind.unit)), kind.tz)


def _time_of_day(word: str, kind: pa.DataType) -> pa.Scalar:
    found = time.fromisoformat(word)
    if found.tzinfo is not None:
        raise ValueError(word)
    return pa.scalar(found, type=pa.time64("us")).cast(kind)  # refuses what the column's unit cannot hold


def _finite(word: str) -> pa.Scalar:
    number = float(word)
    if not np.isfinite(number):
        raise ValueError(word)
    return pa.scalar(number)


def _compared(operator: str, cells: pa.Array, literal: pa.Scalar) -> np.ndarray:
    if pa.types.is_floating(literal.type) and not pa.types.is_floating(cells.type):
        cells = cells.cast(pa.float64(), safe=False)
    elif pa.types.is_floating(cells.type):
        literal = literal.cast(cells.type, safe=False)  # 0.1 means the float32 that prints so
    met = _COMPARE[operator](cells, literal)
    return np.asarray(pc.fill_null(met, False).to_numpy(zero_copy_only=False), dtype=bool)
