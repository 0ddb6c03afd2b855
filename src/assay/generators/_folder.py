"""A fitted generator in a folder: JSON, npz without pickle and Arrow, with digests in the manifest."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from assay.core.errors import InputError, did_you_mean, raise_all
from assay.core.files import require_writable, write_atomically
from assay.data.schema import Column, Constraint, Schema
from assay.data.schema_files import NAMING, role_faults
from assay.generators._identifiers import FreshIds
from assay.generators._settings import Perhaps, Rule, Whole, defaults_of
from assay.generators._values import ColumnValues

MANIFEST, ARRAYS, VALUES = "generator.json", "arrays.npz", "values.arrow"
WEIGHTS = "weights.safetensors"
AGAIN = "Fit and save it again."


@dataclass(frozen=True, slots=True)
class Typed:
    """A text, list or mapping of a manifest."""

    kind: type
    words: str

    def holds(self, value: Any) -> bool:
        """Whether the value keeps the rule."""
        return isinstance(value, self.kind)

    def __str__(self) -> str:
        return self.words


NAMED: Mapping[str, Rule] = {"generator": Typed(str, "the name of a generator")}
PARTS: Mapping[str, Rule] = {
    "settings": Typed(dict, "a mapping"),
    "table": Typed(dict, "a schema"),
    "identifiers": Typed(dict, "a mapping"),
    "parents": Typed(list, "a list of digests"),
    "depth": Whole(1),
    "seed": Perhaps(Whole(0)),
    "rows": Whole(1),
    "files": Typed(dict, "a mapping"),
}


@dataclass(frozen=True, slots=True)
class Saved:
    """What a folder holds."""

    manifest: dict[str, Any]
    schema: Schema
    arrays: dict[str, np.ndarray]
    values: dict[str, ColumnValues]
    identifiers: dict[str, FreshIds]
    dtypes: dict[str, pa.DataType]
    weights: dict[str, np.ndarray]


def write_folder(
    folder: Path,
    manifest: Mapping[str, Any],
    arrays: Mapping[str, np.ndarray],
    values: Mapping[str, ColumnValues],
    identifiers: Mapping[str, FreshIds],
    dtypes: Mapping[str, pa.DataType],
    weights: Mapping[str, np.ndarray] | None = None,
) -> None:
    """Write everything, the manifest last, so that a folder with a manifest is whole."""
    ensure_folder(folder)
    schema: Schema = manifest["table"]
    position = {name: at for at, name in enumerate(schema.names)}
    everything = {f"state.{name}": array for name, array in arrays.items()}
    everything |= {f"counts.{position[name]}": part.counts for name, part in values.items()}
    everything |= {f"sizes.{position[name]}": part.sizes for name, part in identifiers.items()}
    supports = {name: part.support for name, part in values.items()} | {name: part.taken for name, part in identifiers.items()}
    buffer = io.BytesIO()
    np.savez_compressed(buffer, allow_pickle=False, **everything)
    contents = {ARRAYS: buffer.getvalue(), VALUES: _arrow(schema, supports, dtypes)}
    if weights:
        from safetensors.numpy import save

        contents[WEIGHTS] = save({name: np.ascontiguousarray(array) for name, array in weights.items()})
    digests = {name: hashlib.sha256(data).hexdigest() for name, data in contents.items()}
    # What a manifest names is never written over: cut off anywhere, the folder holds the old generator or the new one.
    standing = (folder / MANIFEST).exists()
    files = {_beside(name, digests[name]) if standing else name: data for name, data in contents.items()}
    for name, data in files.items():
        write_atomically(folder / name, data)
    document = {
        **manifest,
        "table": asdict(schema),
        "identifiers": {name: {"nulls": part.nulls, "repeats": part.repeats} for name, part in identifiers.items()},
        "files": {name: hashlib.sha256(data).hexdigest() for name, data in files.items()},
    }
    write_atomically(folder / MANIFEST, json.dumps(document, indent=1, sort_keys=True).encode())
    for name in (ARRAYS, VALUES, WEIGHTS):
        for old in {folder / name, *folder.glob(_beside(name, "*"))} - {folder / new for new in files}:
            old.unlink(missing_ok=True)


def ensure_folder(folder: Path) -> None:
    """Make the folder, or find out before any work that it cannot be written to."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        fix = "Give a path in a folder that you may write to."
        raise InputError(f"Cannot make this folder: {error.strerror or error}.", file=str(folder), fix=fix) from error
    require_writable(folder / MANIFEST)


def read_manifest(folder: Path) -> dict[str, Any]:
    """Read the manifest alone.

    Raises
    ------
    InputError
        If there is none, or it does not name a generator.
    """
    try:
        manifest = json.loads((folder / MANIFEST).read_bytes())
    except (OSError, ValueError, RecursionError) as error:
        fix = "Give a folder written by --save."
        raise InputError("This folder holds no saved generator.", file=str(folder), fix=fix) from error
    if not isinstance(manifest, dict) or manifest.get("schema") != "assay.generator/1":
        raise InputError("This generator was saved in a format unknown here.", file=str(folder), fix=AGAIN)
    _require(NAMED, manifest, folder)
    return manifest


def read_settings(made: type, manifest: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """Give the settings of a saved generator.

    Raises
    ------
    InputError
        If its class has no such setting or does not allow the value; all of them together.
    """
    settings = {name: tuple(part) if isinstance(part, list) else part for name, part in manifest["settings"].items()}
    known, rules = defaults_of(made), getattr(made, "rules", {})
    file = str(folder / MANIFEST)
    faults = [
        InputError(f"{made.__name__} has no setting {name!r}.{did_you_mean(name, known)}", file=file, fix=AGAIN)
        for name in settings
        if name not in known
    ]
    faults += [
        InputError(f"{made.__name__}.{name} must be {rules[name]}. Got {part!r}.", file=file, fix=AGAIN)
        for name, part in settings.items()
        if name in known and name in rules and not rules[name].holds(part)
    ]
    raise_all(faults)
    return settings


def read_folder(folder: Path) -> Saved:
    """Read what `write_folder` wrote.

    Raises
    ------
    InputError
        If a file is missing or was changed, or the manifest lacks something.
    """
    manifest = read_manifest(folder)
    _require(PARTS, manifest, folder)
    try:
        data: dict[str, bytes] = {}
        schema = _schema(manifest["table"])
        raise_all(role_faults({role: getattr(schema, role) for role in NAMING}, str(folder / MANIFEST)))
        for name, digest in manifest["files"].items():
            kind = next(known for known in (ARRAYS, VALUES, WEIGHTS) if name in (known, _beside(known, digest)))
            data[kind] = (folder / name).read_bytes()
            if hashlib.sha256(data[kind]).hexdigest() != digest:
                message = f"{name} is not the file that was saved: its digest differs."
                raise InputError(message, file=str(folder), fix=AGAIN)
        with np.load(io.BytesIO(data[ARRAYS]), allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in archive.files}
        weights: dict[str, np.ndarray] = {}
        if WEIGHTS in data:
            from safetensors.numpy import load

            weights = load(data[WEIGHTS])
        supports, dtypes = _supports(data[VALUES], schema)
        values: dict[str, ColumnValues] = {}
        identifiers: dict[str, FreshIds] = {}
        for at, column in enumerate(schema.columns):
            if f"counts.{at}" in arrays:
                values[column.name] = ColumnValues(supports[column.name], arrays[f"counts.{at}"], column.ordered)
            elif f"sizes.{at}" in arrays:
                entry = manifest["identifiers"][column.name]
                identifiers[column.name] = FreshIds(
                    column.name, supports[column.name], arrays[f"sizes.{at}"], entry["nulls"], entry["repeats"]
                )
    except InputError:
        raise
    except (OSError, LookupError, TypeError, ValueError, AttributeError, StopIteration) as error:
        raise InputError("This saved generator is not whole.", file=str(folder), fix=AGAIN) from error
    state = {name.removeprefix("state."): array for name, array in arrays.items() if name.startswith("state.")}
    return Saved(manifest, schema, state, values, identifiers, dtypes, weights)


def _require(rules: Mapping[str, Rule], manifest: Mapping[str, Any], folder: Path) -> None:
    """Refuse a manifest that lacks something or holds what it cannot be."""
    file, got = str(folder / MANIFEST), {name: repr(manifest[name]) for name in rules if name in manifest}
    raise_all(
        [
            InputError(f"{name!r} must be {rule}. Got {got.get(name, 'none')}.", file=file, fix=AGAIN)
            for name, rule in rules.items()
            if name not in manifest or not rule.holds(manifest[name])
        ]
    )


def _beside(name: str, digest: str) -> str:
    """Give the name of a file of this digest that stands beside an older one."""
    stem, suffix = name.rsplit(".", 1)
    return f"{stem}-{digest[:12]}.{suffix}"


def _arrow(schema: Schema, supports: Mapping[str, pa.Array], dtypes: Mapping[str, pa.DataType]) -> bytes:
    """Pack arrays of different lengths into one row of lists; a column without values is an empty list of its type."""
    lists = []
    for name in schema.names:
        cells = supports[name] if name in supports else pa.array([], type=dtypes[name])
        lists.append(pa.LargeListArray.from_arrays(pa.array([0, len(cells)], type=pa.int64()), cells))
    batch = pa.record_batch(lists, names=[str(at) for at in range(len(lists))])
    sink = pa.BufferOutputStream()
    with pa.ipc.new_file(sink, batch.schema) as writer:
        writer.write_batch(batch)
    return sink.getvalue().to_pybytes()


def _supports(data: bytes, schema: Schema) -> tuple[dict[str, pa.Array], dict[str, pa.DataType]]:
    with pa.ipc.open_file(pa.BufferReader(data)) as reader:
        batch = reader.get_batch(0)
    cells = {name: batch.column(at).flatten() for at, name in enumerate(schema.names)}
    return cells, {name: column.type for name, column in cells.items()}


def _schema(entry: dict[str, Any]) -> Schema:
    columns = tuple(Column(**column) for column in entry["columns"])
    constraints = tuple(Constraint(part["kind"], tuple(part["columns"]), part["parameters"]) for part in entry["constraints"])
    changed: dict[str, Any] = {"columns": columns, "constraints": constraints, "sensitive": tuple(entry["sensitive"])}
    return Schema(**{**entry, **changed})
