"""The real table that a recipe was learned from: its digest and schema, and whether another table can stand for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from assay.core.errors import InputError, did_you_mean, raise_all
from assay.data.dataset import Dataset
from assay.data.impose import impose
from assay.data.readers import read_table
from assay.data.schema import Column, Schema
from assay.data.schema_files import complete
from assay.data.validate import short

ROLES = ("target", "task", "entity", "sensitive", "time")
LOST = 0.5  # share of a column's cells without a value in the real table's type, from which it is another column
SHOWN = 12  # digits of a digest in messages


@dataclass(frozen=True)
class Origin:
    """What is known of the real table that a recipe was learned from.

    Parameters
    ----------
    sha256 : str
        `Dataset.sha256` of its rows.
    schema : Schema
        Columns and roles; neither the positive class nor rules, which can name levels of single rows.
    """

    sha256: str
    schema: Schema

    @classmethod
    def of(cls, real: Dataset) -> Origin:
        """Describe a table."""
        return cls(real.sha256, real.schema.with_changes(positive=None, constraints=()))

    def told(self, real: Any) -> Dataset:
        """Give a frame or file as a Dataset with the types and roles of the table that the recipe was learned from."""
        table = read_table(real)
        self._require_columns(table.column_names)
        table, schema = complete(self.schema, table)
        return Dataset(table, schema, name="real")

    def require_like(self, real: Dataset) -> None:
        """Refuse a table of other columns or kinds of columns, or with another target or entity.

        Raises
        ------
        InputErrors
            All that differs.
        """
        self._require_columns(real.names)
        faults = [
            InputError(
                f"Column {short(column.name)} of the real table is {real.schema.column(column.name).kind}. "
                f"It was {column.kind} when the recipe was learned.",
                column=column.name,
                fix="Give the table with its types, and the schema as it was given to mend.",
            )
            for column in self.schema.columns
            if real.schema.column(column.name).kind != column.kind
        ]
        for role in ("target", "entity"):
            had, got = getattr(self.schema, role), getattr(real.schema, role)
            if had != got:
                before, now = (short(name) if name else "none" for name in (had, got))
                fix = f"Give {role} as it was given to mend." if had else f"Leave {role} out."
                faults.append(InputError(f"The recipe was learned with {role} {before}. Got {now}.", column=had or got, fix=fix))
        raise_all(faults)

    def _require_columns(self, names: Sequence[str]) -> None:
        """Refuse a table that lacks columns of the one learned from or has others."""
        lacking = [name for name in self.schema.names if name not in names]
        more = [name for name in names if name not in self.schema.names]
        fix = "Give the real table that the recipe was learned from."
        faults = [
            InputError(
                f"The real table has no column {short(name)}, with which the recipe was learned.{did_you_mean(name, more)}",
                column=name,
                fix=fix,
            )
            for name in lacking
        ]
        faults += [
            InputError(
                f"The real table has a column {short(name)}, without which the recipe was learned.{did_you_mean(name, lacking)}",
                column=name,
                fix=fix,
            )
            for name in more
        ]
        raise_all(faults)

    def differs(self, real: Dataset) -> str:
        """Say that rows are others than those learned from; empty where they are the same."""
        if real.sha256 == self.sha256:
            return ""
        return f"Got a table with sha256 {real.sha256[:SHOWN]}, expected {self.sha256[:SHOWN]}."

    def to_dict(self) -> dict[str, Any]:
        """Give JSON."""
        columns = [{"name": each.name, "kind": each.kind, "dtype": each.dtype} for each in self.schema.columns]
        roles = {role: getattr(self.schema, role) for role in ROLES}
        return {"sha256": self.sha256, **roles, "sensitive": list(self.schema.sensitive), "columns": columns}

    @classmethod
    def from_dict(cls, document: Mapping[str, Any]) -> Origin:
        """Read what `to_dict` gave."""
        columns = tuple(Column(each["name"], each["kind"], each["dtype"]) for each in document["columns"])
        roles = {role: document[role] for role in ROLES if role != "sensitive"}
        return cls(str(document["sha256"]), Schema(columns, sensitive=tuple(document["sensitive"]), **roles))


def synthetic_like(synthetic: Any, real: Dataset) -> Dataset:
    """Give synthetic rows under the real table's schema.

    Raises
    ------
    InputErrors
        Missing and unexpected columns; columns of another type of which half or more of the cells have no value in the real one.
    """
    if isinstance(synthetic, Dataset) and synthetic.table.schema.equals(real.table.schema):
        table = synthetic
    else:
        table = impose(read_table(synthetic), real.schema, name="synthetic")
    faults = [
        InputError(
            f"Column {short(name)} of the synthetic table is of type {had}, and {table.nulls(name).mean():.0%} of its cells have "
            f"no value as {real.schema.column(name).dtype}, which the real table has there.",
            column=name,
            fix="Give rows of the generator that the recipe was learned for.",
        )
        for name, had in table.dtype_changes.items()
        if len(table) and table.nulls(name).mean() >= max(LOST, 2 * real.nulls(name).mean())
    ]
    raise_all(faults)
    return table
