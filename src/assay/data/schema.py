"""What each column of a table is, which one is the target, and which rules the rows keep."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from assay.core.errors import InputError, did_you_mean

Kind = Literal["numeric", "categorical", "boolean", "datetime", "id", "text"]
Task = Literal["binary", "multiclass", "regression"]


@dataclass(frozen=True, slots=True)
class Column:
    """One column.

    Parameters
    ----------
    name : str
        Its name, as in the table.
    kind : {'numeric', 'categorical', 'boolean', 'datetime', 'id', 'text'}
        How it is measured: ``id`` (unique or nearly so, carries no distribution) and ``text`` (free text) are compared
        only for presence, nulls and copies.
    dtype : str
        Arrow type as text, such as ``int64``, ``string``, ``timestamp[us]`` or ``decimal128(10, 2)``.
    nullable : bool
        Whether the real table has nulls in it.
    """

    name: str
    kind: Kind
    dtype: str
    nullable: bool = False

    @property
    def ordered(self) -> bool:
        """Whether values have an order and a scale (numbers and dates)."""
        return self.kind in ("numeric", "datetime")

    @property
    def levelled(self) -> bool:
        """Whether values are levels (categories and booleans)."""
        return self.kind in ("categorical", "boolean")


@dataclass(frozen=True, slots=True)
class Constraint:
    """A rule that rows keep.

    Parameters
    ----------
    kind : {'inequality', 'functional', 'unique', 'sum', 'grid'}
        ``inequality``: columns[0] <= columns[1]; ``functional``: columns[0] determines columns[1]; ``unique``: no value
        twice; ``sum``: columns[:-1] add up to columns[-1]; ``grid``: values are multiples of parameters["step"].
    columns : tuple of str
        Columns concerned, in the order the kind gives meaning to.
    parameters : mapping
        What else the kind needs.
    """

    kind: Literal["inequality", "functional", "unique", "sum", "grid"]
    columns: tuple[str, ...]
    parameters: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Schema:
    """Columns, roles and rules of a table; inferred once on the real table and imposed on the others."""

    columns: tuple[Column, ...]
    target: str | None = None
    task: Task | None = None
    positive: str | None = None
    entity: str | None = None
    sensitive: tuple[str, ...] = ()
    time: str | None = None
    constraints: tuple[Constraint, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """Column names in table order."""
        return tuple(column.name for column in self.columns)

    def column(self, name: str) -> Column:
        """Give one column's description, or say which name was probably meant."""
        for column in self.columns:
            if column.name == name:
                return column
        raise InputError(f"No column {name!r} in the real table.{did_you_mean(name, self.names)}", column=name)

    def of_kind(self, *kinds: Kind) -> tuple[str, ...]:
        """Names of the columns of these kinds."""
        return tuple(column.name for column in self.columns if column.kind in kinds)

    @property
    def modelled(self) -> tuple[str, ...]:
        """Columns that carry a distribution: all but ids and free text, the entity column apart."""
        return tuple(column.name for column in self.columns if column.kind not in ("id", "text") and column.name != self.entity)

    @property
    def features(self) -> tuple[str, ...]:
        """Modelled columns without the target."""
        return tuple(name for name in self.modelled if name != self.target)

    def with_changes(self, **changes: Any) -> Schema:
        """Give a copy with some fields changed."""
        return replace(self, **changes)

    def with_kinds(self, kinds: Mapping[str, Kind]) -> Schema:
        """Give a copy in which some columns are of another kind."""
        for name in kinds:
            self.column(name)
        return replace(self, columns=tuple(replace(column, kind=kinds.get(column.name, column.kind)) for column in self.columns))

    def without(self, names: Iterable[str]) -> Schema:
        """Give a copy without some columns."""
        gone = set(names)
        return replace(self, columns=tuple(column for column in self.columns if column.name not in gone))
