"""Profiles as files: counts that leave the rows behind, checked by their digest when they are read again."""

from __future__ import annotations

import dataclasses
import hashlib
import io
import json
import math
import weakref
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from assay.checking import cells, layout, profile, triples
from assay.checking.digits import Grid
from assay.checking.disclosure import small, targets, without_small
from assay.checking.profile import Layout, Profile, count, lay_out
from assay.core.errors import InputError, UsageError
from assay.core.files import write_atomically
from assay.data.dataset import Dataset
from assay.data.dtypes import arrow_type
from assay.data.schema import Schema
from assay.data.schema_files import schema_from_toml, schema_to_toml
from assay.engines.protocol import Engine

SCHEMA = "assay.profile/1"
DOCUMENT, ARRAYS = "profile.json", "arrays.npz"
MOST_DOCUMENT = 256 * 2**20
STAMP = (1980, 1, 1, 0, 0, 0)
CLASSES: dict[str, Any] = {
    name: kind
    for room in (profile, layout, cells, triples)
    for name, kind in vars(room).items()
    if isinstance(kind, type) and dataclasses.is_dataclass(kind)
}
CLASSES["Grid"] = Grid
_layouts: weakref.WeakValueDictionary[str, Layout] = weakref.WeakValueDictionary()


class ProfiledDataset(Dataset):
    """A table of which only the profile is there: it has a schema, a size and a digest, and no rows.

    Parameters
    ----------
    counted : Profile
        Its counts.
    schema : Schema
        What its columns are.
    sha256 : str
        Digest of the table that was counted.
    pooled, goals : dict of str to ndarray
        Which crossed cells were too small to be shown, and where they went (`checking.disclosure`).
    name : str
        How messages call it.

    Notes
    -----
    Two of one layout add up with ``+``; the digest is then that of both digests.
    """

    def __init__(
        self,
        counted: Profile,
        schema: Schema,
        *,
        sha256: str,
        pooled: dict[str, np.ndarray],
        goals: dict[str, np.ndarray],
        name: str = "table",
    ) -> None:
        empty = pa.schema([pa.field(column.name, arrow_type(column.dtype)) for column in schema.columns]).empty_table()
        super().__init__(empty, schema, name=name)
        self.profile, self.pooled, self.goals = counted, pooled, goals
        self.__dict__["sha256"] = sha256

    def __len__(self) -> int:
        return self.profile.total

    def __add__(self, other: ProfiledDataset) -> ProfiledDataset:
        both = _union([self.pooled, other.pooled])
        added = without_small(self.profile + other.profile, both, self.goals)
        digest = hashlib.sha256(f"{self.sha256}{other.sha256}".encode()).hexdigest()
        return ProfiledDataset(added, self.schema, sha256=digest, pooled=both, goals=self.goals, name=self.name)

    @property
    def source(self) -> Any:
        """Nothing: rows cannot be read from a profile."""
        raise UsageError("A saved profile has no rows. Give the table itself.")


def write_profile(path: str | Path, dataset: ProfiledDataset) -> None:
    """Write a profile whole or not at all.

    Parameters
    ----------
    path : str or Path
        Where; ``.profile`` by custom.
    dataset : ProfiledDataset
        What.

    Notes
    -----
    A zip archive of ``profile.json`` (schema, layout, digests) and ``arrays.npz`` (counts). Equal profiles are equal bytes.
    """
    arrays: dict[str, np.ndarray] = {}
    layout_digest(dataset.profile.layout)  # remembered, so that what is read again adds up with this one
    document = {
        "schema": SCHEMA,
        "table": {"rows": len(dataset), "columns": len(dataset.schema.columns), "sha256": dataset.sha256},
        "columns": schema_to_toml(dataset.schema.with_changes(constraints=())),  # rules may hold levels of single rows
        "profile": _encoded(dataset.profile, arrays),
        "pooled": _encoded(dataset.pooled, arrays),
        "goals": _encoded(dataset.goals, arrays),
    }
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, array in arrays.items():
            content = io.BytesIO()
            np.lib.format.write_array(content, np.ascontiguousarray(array), allow_pickle=False)
            archive.writestr(zipfile.ZipInfo(f"{name}.npy", STAMP), content.getvalue(), zipfile.ZIP_DEFLATED)
    document["sha256"] = _digest(document, packed.getvalue())
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr(zipfile.ZipInfo(DOCUMENT, STAMP), json.dumps(document, ensure_ascii=False, allow_nan=False))
        archive.writestr(zipfile.ZipInfo(ARRAYS, STAMP), packed.getvalue())
    write_atomically(path, whole.getvalue())


def is_profile(source: Any) -> bool:
    """Whether a path leads to a saved profile."""
    if not isinstance(source, str | Path) or not Path(source).is_file():
        return False
    try:
        with Path(source).open("rb") as file:
            if file.read(4) != b"PK\x03\x04":
                return False
        with zipfile.ZipFile(source) as archive:
            return archive.namelist() == [DOCUMENT, ARRAYS]
    except (OSError, zipfile.BadZipFile):
        return str(source).endswith(".profile")


def read_profile(path: str | Path, *, name: str = "table") -> ProfiledDataset:
    """Read a saved profile.

    Parameters
    ----------
    path : str or Path
        From `write_profile`.
    name : str
        How messages call the table.

    Raises
    ------
    InputError
        A file that is cut, changed or of another version.

    Notes
    -----
    Profiles of one layout share it when they are read, so that they add up and compare.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            if archive.getinfo(DOCUMENT).file_size > MOST_DOCUMENT:
                raise ValueError("the document is too large")
            document: dict[str, Any] = json.loads(archive.read(DOCUMENT))
            packed = archive.read(ARRAYS)
        if document.get("schema") != SCHEMA:
            raise ValueError(f"its version is {document.get('schema')!r}, expected {SCHEMA!r}")
        if document.get("sha256") != _digest(document, packed):
            raise ValueError("its content does not match its digest")
        with np.load(io.BytesIO(packed), allow_pickle=False) as arrays:
            counted: Profile = _decoded(document["profile"], arrays)
            pooled, goals = (_decoded(document[key], arrays) for key in ("pooled", "goals"))
        counted = dataclasses.replace(counted, layout=_layouts.setdefault(layout_digest(counted.layout), counted.layout))
        schema = schema_from_toml(document["columns"])
        digest = str(document["table"]["sha256"])
        return ProfiledDataset(counted, schema, sha256=digest, pooled=pooled, goals=goals, name=name)
    except InputError:
        raise
    except (OSError, zipfile.BadZipFile, KeyError, ValueError, TypeError, EOFError) as error:
        raise InputError(
            f"The profile cannot be read ({error}).", file=str(path), fix="Make it again: assay profile TABLE --out FILE"
        ) from error


def like(other: ProfiledDataset, known: Dataset, role: str, file: str) -> ProfiledDataset:
    """Refuse a profile that counts other columns, or other cells, than the real table's."""
    columns = [(column.name, column.dtype) for column in known.schema.columns]
    fix = "Make it under the real profile's layout: assay profile TABLE --like REAL.profile --out FILE"
    if columns != [(column.name, column.dtype) for column in other.schema.columns]:
        raise InputError(f"The {role} profile has other columns or types than the real table.", file=file, fix=fix)
    if isinstance(known, ProfiledDataset) and known.profile.layout is not other.profile.layout:
        raise InputError(f"The {role} profile counts other cells than the real one.", file=file, fix=fix)
    return ProfiledDataset(other.profile, known.schema, sha256=other.sha256, pooled=other.pooled, goals=other.goals, name=role)


def counted(engine: Engine, tables: Sequence[Dataset], schema: Schema) -> list[Profile]:
    """Count tables in the same cells: those of a saved profile if one is among them, else the first table's.

    Parameters
    ----------
    engine : Engine
        Where tables are read.
    tables : sequence of Dataset
        Real and synthetic; either may be a saved profile.
    schema : Schema
        The real table's.

    Notes
    -----
    Crossed cells that are too small to be shown in either are pooled in both, if one of them is a saved profile.
    """
    saved = [table for table in tables if isinstance(table, ProfiledDataset)]
    layout = saved[0].profile.layout if saved else lay_out(engine, tables[0].source, schema, rows=len(tables[0]))
    made = [
        table.profile if isinstance(table, ProfiledDataset) else count(engine, table.source, layout, entity=schema.entity)
        for table in tables
    ]
    if not saved:
        return made
    masks = _union([small(part) for part in made] + [table.pooled for table in saved])
    return [without_small(part, masks, saved[0].goals) for part in made]


def _union(masks: Sequence[Mapping[str, np.ndarray]]) -> dict[str, np.ndarray]:
    return {name: np.logical_or.reduce([mask[name] for mask in masks]) for name in masks[0]}


def profiled(engine: Engine, dataset: Dataset, *, like: ProfiledDataset | None = None) -> ProfiledDataset:
    """Count a table so that the profile may leave the house.

    Parameters
    ----------
    engine : Engine
        Where it is read.
    dataset : Dataset
        The table.
    like : ProfiledDataset, optional
        A profile whose cells are to be counted, so that the two add up and compare.
    """
    schema = dataset.schema if like is None else like.schema
    layout = lay_out(engine, dataset.source, schema, rows=len(dataset), private=True) if like is None else like.profile.layout
    made = count(engine, dataset.source, layout, entity=schema.entity)
    goals = targets(made) if like is None else like.goals
    pooled = small(made) if like is None else _union([small(made), like.pooled])
    shown = without_small(made, pooled, goals)
    return ProfiledDataset(shown, schema, sha256=dataset.sha256, pooled=pooled, goals=goals, name=dataset.name)


def layout_digest(known: Layout) -> str:
    """Give the digest of a layout: equal for layouts that count the same cells."""
    arrays: dict[str, np.ndarray] = {}
    document = _encoded(known, arrays)
    digest = hashlib.sha256(json.dumps(document, sort_keys=True).encode())
    for array in arrays.values():
        digest.update(f"{array.dtype.str}{array.shape}".encode())
        digest.update(np.ascontiguousarray(array).tobytes())
    _layouts.setdefault(digest.hexdigest(), known)
    return digest.hexdigest()


def _digest(document: dict[str, Any], packed: bytes) -> str:
    content = {key: part for key, part in document.items() if key != "sha256"}
    digest = hashlib.sha256(json.dumps(content, sort_keys=True, ensure_ascii=False).encode())
    digest.update(packed)
    return digest.hexdigest()


def _encoded(part: Any, arrays: dict[str, np.ndarray]) -> Any:
    """Turn dataclasses of arrays into plain JSON that names the arrays."""
    if isinstance(part, float) and not math.isfinite(part):
        return {"number": repr(float(part))}  # JSON has no literal for it
    if part is None or isinstance(part, bool | int | float | str):
        return part
    if isinstance(part, np.ndarray | pa.Array):
        name = f"a{len(arrays)}"
        if isinstance(part, np.ndarray):
            arrays[name] = part
            return {"array": name}
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, pa.schema([("levels", part.type)])) as writer:
            writer.write_batch(pa.record_batch([part], names=["levels"]))
        arrays[name] = np.frombuffer(sink.getvalue(), dtype=np.uint8)
        return {"levels": name}
    if isinstance(part, np.generic):
        return part.item()
    if isinstance(part, Grid):
        return {"class": "Grid", "fields": {name: _encoded(entry, arrays) for name, entry in part._asdict().items()}}
    if isinstance(part, tuple | list):
        return {"tuple": [_encoded(entry, arrays) for entry in part]}
    if isinstance(part, dict):
        return {"map": [[_encoded(key, arrays), _encoded(entry, arrays)] for key, entry in part.items()]}
    if dataclasses.is_dataclass(part):
        content = {field.name: _encoded(getattr(part, field.name), arrays) for field in dataclasses.fields(part)}
        return {"class": type(part).__name__, "fields": content}
    raise TypeError(f"A profile cannot hold a {type(part).__name__}.")


def _decoded(part: Any, arrays: Any) -> Any:
    if not isinstance(part, dict):
        return part
    if "array" in part:
        return arrays[part["array"]]
    if "number" in part:
        return float(part["number"])
    if "levels" in part:
        return pa.ipc.open_stream(pa.py_buffer(arrays[part["levels"]].tobytes())).read_all().column(0).combine_chunks()
    if "tuple" in part:
        return tuple(_decoded(entry, arrays) for entry in part["tuple"])
    if "map" in part:
        return {_key(_decoded(key, arrays)): _decoded(entry, arrays) for key, entry in part["map"]}
    return CLASSES[part["class"]](**{name: _decoded(entry, arrays) for name, entry in part["fields"].items()})


def _key(key: Any) -> Any:
    return tuple(key) if isinstance(key, list) else key
