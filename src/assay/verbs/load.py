"""Read a table and learn what it is."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from assay.checking.profile_files import is_profile, read_profile
from assay.core.errors import UsageError, raise_all
from assay.data.dataset import Dataset
from assay.data.infer import infer_schema
from assay.data.large import open_large
from assay.data.readers import read_lineage, read_table
from assay.data.schema import Schema, Task
from assay.data.schema_files import NAMING, complete, load_schema, role_faults


def load(
    source: Any,
    *,
    schema: Schema | str | Path | None = None,
    target: str | None = None,
    task: Task | None = None,
    positive: object = None,
    entity: str | None = None,
    sensitive: Iterable[str] = (),
    time: str | None = None,
    null: str = "",
    name: str | None = None,
) -> Dataset:
    """Read a table and infer its schema.

    Parameters
    ----------
    source : path, frame or Dataset
        Parquet file or folder, CSV, CSV.gz, JSON Lines; a pandas, polars or Arrow frame; a Dataset; a saved profile, which has
        no rows.
    schema : Schema or path, optional
        What is known of the columns: a `Schema`, a TOML file, or SDV metadata as JSON. It overrides what would be inferred;
        columns it does not name are inferred.
    target, entity, time : str, optional
        Columns by role; they override the schema's.
    task : {'binary', 'multiclass', 'regression'}, optional
        Default: inferred from the target.
    positive : str, number or bool, optional
        Positive class of a binary target. Default: inferred.
    sensitive : iterable of str
        Columns whose groups must not be harmed.
    null : str, default ""
        In CSV, the cell that means null.
    name : str, optional
        How messages call the table; default the file's name.

    Returns
    -------
    Dataset
        Parquet of over 200,000 rows and 4 million cells, and CSV of over 256 MiB by way of a temporary Parquet file, stays in
        its files (`assay.data.stored.StoredDataset`): `check` counts it there and reads a stratified sample where it needs
        rows; ``table`` reads it whole.

    Raises
    ------
    InputError
        A source that cannot be read or a column that does not exist; all faults together.

    Examples
    --------
    >>> import pyarrow as pa
    >>> real = load(pa.table({"age": [31, 45, 52], "ill": ["no", "yes", "no"]}), target="ill")
    >>> real.schema.task, real.schema.positive
    ('binary', 'yes')
    """
    sensitive = (sensitive,) if isinstance(sensitive, str) else tuple(sensitive)
    if is_profile(source):
        return _profiled(source, name, {"schema": schema, "target": target, "task": task, "entity": entity, "time": time})
    large = open_large(source, null=null)
    table = None if large is not None else read_table(source, null=null)
    if schema is None and isinstance(source, Dataset):
        schema = source.schema
    schema = _usable(schema)
    roles: dict[str, Any] = {
        "target": _named(target),
        "task": task,
        "positive": positive,
        "entity": _named(entity),
        "sensitive": tuple(map(_named, sensitive)),
        "time": _named(time),
    }
    given = {role: part for role, part in roles.items() if part not in (None, ())}
    if name is None:
        name = source.name if isinstance(source, Dataset) else Path(source).name if isinstance(source, str | Path) else "table"
    lineage = source.lineage if isinstance(source, Dataset) else None
    if isinstance(source, str | Path):
        lineage = read_lineage(source)
    if large is not None:
        from assay.checking.large import know  # it brings the engine, which small tables do not need

        stored = know(large, schema=schema, roles=given, name=name, file=str(source))
        stored.lineage = lineage
        return stored
    assert table is not None
    if schema is None:
        return Dataset(table, infer_schema(table, **given), name=name, lineage=lineage)
    table, full = complete(schema, table, **given)
    return Dataset(table, full, name=name, lineage=lineage)


def _usable(schema: Schema | str | Path | None) -> Schema | None:
    """Read a schema where it is a file; refuse one whose roles are no names."""
    if not isinstance(schema, Schema):
        return None if schema is None else load_schema(schema)
    raise_all(role_faults({role: getattr(schema, role) for role in NAMING}, None))
    return schema


def _profiled(source: str | Path, name: str | None, given: dict[str, Any]) -> Dataset:
    wrong = [option for option, part in given.items() if part is not None]
    if wrong:
        raise UsageError(f"A saved profile has its own schema. Leave out {', '.join(wrong)}, or give the table itself.")
    return read_profile(source, name=name or Path(source).name)


def _named(column: object) -> str | None:
    """Give the name of a column as text: frames may have integers for names."""
    return None if column is None else str(column)
