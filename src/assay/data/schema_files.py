"""Schemas as files: our TOML, and the metadata JSON of SDV."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, get_args

import pyarrow as pa

from assay.core.errors import InputError, did_you_mean, raise_all
from assay.data.dtypes import arrow_type
from assay.data.impose import cast
from assay.data.infer import Facts, infer_schema
from assay.data.schema import Column, Constraint, Kind, Schema, Task
from assay.data.validate import short

KINDS: tuple[str, ...] = get_args(Kind)
TASKS: tuple[str, ...] = get_args(Task)
RULES = ("inequality", "functional", "unique", "sum", "grid")
ROLES = ("target", "task", "positive", "entity", "sensitive", "time")
NAMING = ("target", "entity", "sensitive", "time")  # roles that columns are named for
SEVERAL = ("sensitive", "primary_key")  # where a list of names may stand
TOO_DEEP = "is nested too deep to be read"
SDTYPES: Mapping[str, Kind] = {
    "numerical": "numeric",
    "categorical": "categorical",
    "boolean": "boolean",
    "datetime": "datetime",
    "id": "id",
    "text": "text",
}


def schema_to_toml(schema: Schema) -> str:
    r"""Write a schema as TOML.

    Examples
    --------
    >>> print(schema_to_toml(Schema((Column("age", "numeric", "int64"),), time="age")))
    schema = "assay.schema/1"
    time = "age"
    <BLANKLINE>
    [[columns]]
    name = "age"
    kind = "numeric"
    dtype = "int64"
    nullable = false
    <BLANKLINE>
    """
    lines = ['schema = "assay.schema/1"']
    lines += [f"{role} = {_value(getattr(schema, role))}" for role in ROLES if getattr(schema, role) not in (None, ())]
    for column in schema.columns:
        lines += ["", "[[columns]]", f"name = {_value(column.name)}", f"kind = {_value(column.kind)}"]
        lines += [f"dtype = {_value(column.dtype)}"] if column.dtype else []
        lines += [f"nullable = {_value(column.nullable)}"]
    for rule in schema.constraints:
        lines += ["", "[[constraints]]", f"kind = {_value(rule.kind)}", f"columns = {_value(rule.columns)}"]
        lines += [f"{_value(name)} = {_value(part)}" for name, part in rule.parameters.items()]
    return "\n".join(lines) + "\n"


def schema_from_toml(text: str, *, file: str | None = None) -> Schema:
    """Read a schema from TOML.

    Parameters
    ----------
    text : str
        What `schema_to_toml` wrote, or less: every key may be left out but a column's name; what is missing is inferred
        by `complete`. A column without kind or dtype has ``""`` there.
    file : str, optional
        For messages.

    Raises
    ------
    InputError
        No TOML, unknown keys, kinds, types, tasks or rules, roles that are no names; all of them together.
    """
    try:
        document = tomllib.loads(text)
    except RecursionError as error:
        raise InputError(f"The schema {TOO_DEEP}.", file=file, fix="Take out lists within lists.") from error
    except ValueError as error:
        raise InputError(f"The schema is no TOML ({error}).", file=file, fix="Mend that line.") from error
    faults = _unknown(document, {"schema", "columns", "constraints", *ROLES}, "The schema", file)
    if document.get("task") not in (None, *TASKS):
        faults.append(_not_one_of("task", document["task"], TASKS, file))
    if document.get("schema", "assay.schema/1") != "assay.schema/1":
        faults.append(_not_one_of("schema", document["schema"], ("assay.schema/1",), file))
    faults += role_faults({role: document.get(role) for role in NAMING}, file)
    columns = [_column(entry, file, faults) for entry in _entries(document, "columns", file, faults)]
    rules = [_rule(entry, file, faults) for entry in _entries(document, "constraints", file, faults)]
    raise_all(faults)
    roles = {role: document[role] for role in ROLES if role in document}
    if "sensitive" in roles:
        roles["sensitive"] = (roles["sensitive"],) if isinstance(roles["sensitive"], str) else tuple(roles["sensitive"])
    if "positive" in roles:
        positive = roles["positive"]
        roles["positive"] = str(positive).lower() if isinstance(positive, bool) else str(positive)
    return Schema(tuple(columns), constraints=tuple(rules), **roles)


def schema_from_sdv(document: Mapping[str, Any], *, file: str | None = None) -> Schema:
    """Read the metadata of SDV, single-table or multi-table with exactly one table.

    Notes
    -----
    ``sdtype`` gives the kind; the primary key and every sdtype of SDV's that names personal data (``email``, ``ssn``) is an id;
    ``unknown`` is inferred. The sequence key is the entity and the sequence index the time. Types are the table's own.
    """
    if "tables" in document:
        tables = document["tables"]
        if not isinstance(tables, Mapping) or len(tables) != 1:
            count = len(tables) if isinstance(tables, Mapping) else 0
            raise InputError(f"The SDV metadata has {count} tables.", file=file, fix="Give the metadata of one table.")
        document = next(iter(tables.values()))
    columns = document.get("columns") if isinstance(document, Mapping) else None
    if not isinstance(columns, Mapping):
        raise InputError("The JSON is no SDV metadata: it has no columns.", file=file, fix="Give SDV metadata or TOML.")
    keys = document.get("primary_key") or ()
    raise_all(role_faults({"primary_key": keys, "sequence_index": document.get("sequence_index")}, file))
    keys = (keys,) if isinstance(keys, str) else tuple(keys)
    faults: list[InputError] = []
    out: list[Column] = []
    for name, entry in columns.items():
        sdtype = entry.get("sdtype", "unknown") if isinstance(entry, Mapping) else "unknown"
        if not isinstance(sdtype, str):
            message = f"sdtype of {short(name)} must be a word. Got {sdtype!r}."
            faults.append(InputError(message, file=file, column=name, fix=f"Known: {', '.join(SDTYPES)}."))
            continue
        kind: Any = "" if sdtype == "unknown" else SDTYPES.get(sdtype, "id")
        out.append(Column(name, "id" if name in keys else kind, ""))
    raise_all(faults)
    entity = document.get("sequence_key")
    return Schema(tuple(out), entity=entity if isinstance(entity, str) else None, time=document.get("sequence_index"))


def load_schema(path: str | Path) -> Schema:
    """Read a schema file: JSON is SDV metadata, anything else our TOML.

    Raises
    ------
    InputError
        The file is missing, unreadable or no schema.
    """
    path = Path(path)
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or error
        raise InputError(f"The schema cannot be read ({reason}).", file=str(path), fix="Check the path.") from error
    if not text.lstrip().startswith("{"):
        return schema_from_toml(text, file=str(path))
    try:
        document = json.loads(text)
    except RecursionError as error:
        raise InputError(f"The schema {TOO_DEEP}.", file=str(path), fix="Give SDV metadata or TOML.") from error
    except ValueError as error:
        raise InputError(f"The schema is no JSON ({error}).", file=str(path), fix="Mend that line.") from error
    return schema_from_sdv(document, file=str(path))


def role_faults(roles: Mapping[str, object], file: str | None) -> list[InputError]:
    """List what is no name where a column must be named: a file may hold anything there.

    Examples
    --------
    >>> [str(fault) for fault in role_faults({"target": "ill", "sensitive": ["age", 3]}, "schema.toml")]
    ['schema.toml: sensitive[1] must be the name of a column. Got 3. Write it in quotes.']
    """
    parts: dict[str, object] = {}
    for role, part in roles.items():
        if role in SEVERAL and isinstance(part, list | tuple):
            parts |= {f"{role}[{at}]": name for at, name in enumerate(part)}
        else:
            parts[role] = part
    return [
        InputError(f"{role} must be the name of a column. Got {name!r}.", file=file, fix="Write it in quotes.")
        for role, name in parts.items()
        if not isinstance(name, str | None)
    ]


def complete(declared: Schema, table: pa.Table, **roles: Any) -> tuple[pa.Table, Schema]:
    """Infer what a declared schema leaves open.

    Parameters
    ----------
    declared : Schema
        Some or all columns, some or all roles.
    table : pyarrow.Table
        The real rows.
    **roles
        Roles of `infer_schema` that override the declared ones.

    Returns
    -------
    table : pyarrow.Table
        With the declared types.
    schema : Schema
        All columns of the table.

    Raises
    ------
    InputError
        A declared column the table has not, or whose values the declared type cannot hold.
    """
    faults: list[InputError] = []
    for column in declared.columns:
        if column.name not in table.column_names:
            message = f"No column {short(column.name)} in the real table, the schema has one."
            near = did_you_mean(column.name, table.column_names)
            faults.append(InputError(message + near, column=column.name, fix="Mend the schema."))
        elif column.dtype:
            position = table.column_names.index(column.name)
            before = table.column(position)
            after, _ = cast(before, arrow_type(column.dtype))
            if after.null_count > before.null_count:
                message = f"Column {short(column.name)} does not fit the schema's type {column.dtype}: it is {before.type}."
                faults.append(InputError(message, column=column.name, fix="Mend the schema or the data."))
            table = table.set_column(position, column.name, after)
    raise_all(faults)
    return table, settle(declared, table, **roles)


def settle(declared: Schema, table: pa.Table | Mapping[str, Facts], **roles: Any) -> Schema:
    """Infer what a declared schema leaves open, types apart.

    Parameters
    ----------
    declared : Schema
        Some or all columns, some or all roles.
    table : pyarrow.Table or mapping of str to Facts
        The real rows in the declared types, or the facts of their columns.
    **roles
        Roles of `infer_schema` that override the declared ones.
    """
    kept = {role: getattr(declared, role) for role in ROLES if getattr(declared, role) not in (None, ())}
    if roles.get("target", declared.target) != declared.target:
        kept = {role: part for role, part in kept.items() if role not in ("task", "positive")}
    elif roles.get("task", declared.task) != declared.task:
        kept.pop("positive", None)
    kinds: dict[str, Any] = {column.name: column.kind for column in declared.columns if column.kind}
    schema = infer_schema(table, **{**kept, **roles}, kinds=kinds)
    for rule in declared.constraints:
        for name in rule.columns:
            schema.column(name)
    return schema.with_changes(constraints=declared.constraints)


def _value(part: Any) -> str:
    if isinstance(part, bool):
        return "true" if part else "false"
    if isinstance(part, list | tuple):
        return f"[{', '.join(_value(entry) for entry in part)}]"
    if isinstance(part, int | float):
        return repr(part)
    return json.dumps(part, ensure_ascii=False).replace("\x7f", "\\u007F")


def _entries(document: Mapping[str, Any], key: str, file: str | None, faults: list[InputError]) -> list[dict[str, Any]]:
    entries = document.get(key, [])
    if isinstance(entries, list) and all(isinstance(entry, dict) for entry in entries):
        return entries
    faults.append(InputError(f"{key} must be a list of tables.", file=file, fix=f"Start each with [[{key}]]."))
    return []


def _column(entry: Mapping[str, Any], file: str | None, faults: list[InputError]) -> Column:
    name = entry.get("name")
    if not isinstance(name, str):
        faults.append(InputError("A column of the schema has no name.", file=file, fix='Add name = "...".'))
        name = ""
    faults += _unknown(entry, {"name", "kind", "dtype", "nullable"}, f"Column {short(name)}", file)
    kind, dtype = entry.get("kind", ""), entry.get("dtype", "")
    if kind not in ("", *KINDS):
        faults.append(_not_one_of(f"kind of {short(name)}", kind, KINDS, file))
    try:
        if dtype:
            arrow_type(str(dtype))
    except ValueError:
        faults.append(_not_one_of(f"dtype of {short(name)}", dtype, ("int64", "double", "string", "bool", "timestamp[us]"), file))
    return Column(name, kind, dtype, nullable=bool(entry.get("nullable", False)))


def _rule(entry: Mapping[str, Any], file: str | None, faults: list[InputError]) -> Constraint:
    kind, columns = entry.get("kind"), entry.get("columns", [])
    if kind not in RULES:
        faults.append(_not_one_of("kind of a constraint", kind, RULES, file))
    if not isinstance(columns, list) or not columns or not all(isinstance(name, str) for name in columns):
        faults.append(InputError("A constraint names no columns.", file=file, fix='Add columns = ["...", "..."].'))
        columns = []
    parameters = {name: part for name, part in entry.items() if name not in ("kind", "columns")}
    return Constraint(kind if kind in RULES else "unique", tuple(columns), parameters)


def _unknown(entry: Mapping[str, Any], known: set[str], where: str, file: str | None) -> list[InputError]:
    return [
        InputError(f"{where} has an unknown key {key!r}.{did_you_mean(key, known)}", file=file, fix=f"Known: {sorted(known)}.")
        for key in entry
        if key not in known
    ]


def _not_one_of(what: str, got: object, known: tuple[str, ...], file: str | None) -> InputError:
    return InputError(f"No {what} {got!r}.{did_you_mean(str(got), known)}", file=file, fix=f"Known: {', '.join(known)}.")
