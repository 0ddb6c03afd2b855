"""Tables that stay in their files: known, put under the real schema, and sampled where a measure reads rows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from assay.core.errors import raise_all
from assay.core.memory import engine_memory
from assay.core.seeds import spawn
from assay.data.dataset import Dataset
from assay.data.held import held_facts, infinite_held
from assay.data.infer import infer_schema
from assay.data.large import declare_large, impose_large
from assay.data.schema import Schema
from assay.data.schema_files import load_schema, settle
from assay.data.stored import Stored, StoredDataset, infinite_faults
from assay.engines.column_facts import column_facts, infinite_columns
from assay.engines.duckdb import DuckDBEngine

SAMPLE_ROWS = 100_000


def know(
    stored: Stored, *, schema: Schema | str | Path | None, roles: Mapping[str, Any], name: str, file: str, threads: int = 1
) -> StoredDataset:
    """Infer the schema of real rows in their files, exactly as `infer_schema` would from the rows in memory."""
    declared = None if schema is None else schema if isinstance(schema, Schema) else load_schema(schema)
    with DuckDBEngine(threads, engine_memory()) as engine:
        _refuse_infinite(engine, stored, file)
        if declared is not None:
            stored = declare_large(stored, declared)
        files = [str(path) for path in stored.files]
        facts = column_facts(engine, files, stored.types) if stored.held is None else held_facts(stored.held)
        full = infer_schema(facts, **roles) if declared is None else settle(declared, facts, **roles)
    return StoredDataset(stored, full, name=name)


def fit(stored: Stored, schema: Schema, *, name: str, file: str, threads: int = 1) -> StoredDataset:
    """Impose the real table's schema on other rows in their files, as `impose` would in memory."""
    with DuckDBEngine(threads, engine_memory()) as engine:
        _refuse_infinite(engine, stored, file)
    fitted, changes = impose_large(stored, schema, name=name)
    return StoredDataset(fitted, schema, name=name, dtype_changes=changes)


def _refuse_infinite(engine: DuckDBEngine, stored: Stored, file: str) -> None:
    if stored.held is not None:
        infinite = infinite_held(stored.held)
    else:
        infinite = infinite_columns(engine, [str(path) for path in stored.files], stored.types)
    if infinite:
        raise_all(infinite_faults(stored, infinite, file))


def sample(dataset: Dataset, *, seed: int, most: int | None = None) -> Dataset:
    """Give a stratified sample of a table that stays in its files; any other table as it is.

    Parameters
    ----------
    dataset : Dataset
        The table.
    seed : int
        Of the check.
    most : int, optional
        Rows of the sample; default 100,000.

    Returns
    -------
    Dataset
        In memory. Without an entity column exactly `most` rows, by class of the target in the table's shares (largest
        remainder, at least one row a class); with one, whole entities drawn at random, about `most` rows.
    """
    if not isinstance(dataset, StoredDataset):
        return dataset
    most = SAMPLE_ROWS if most is None else most
    if len(dataset) <= most:
        return dataset.take(np.arange(len(dataset)))
    schema = dataset.schema
    classes = schema.target if schema.target is not None and schema.task != "regression" and schema.entity is None else None
    salt = np.uint64(spawn(seed, "sample").integers(2**63))
    with DuckDBEngine(1, engine_memory()) as engine:
        if schema.entity is not None:
            rows = _entities(engine, dataset, schema.entity, salt, most)
        else:
            rows = _by_class(engine, dataset, classes, salt, most)
    return dataset.take(rows)


def twins(tables: Sequence[Dataset | None], *, seed: int, most: int | None = None) -> list[Dataset | None]:
    """Cut tables by a hash of their rows' values, so that a copy and its original are kept or left together.

    Parameters
    ----------
    tables : sequence of Dataset or None
        Real, synthetic and holdout, under one schema.
    seed : int
        Of the check.
    most : int, optional
        Rows kept of the largest table, about; default 100,000. Of the others the same share.

    Returns
    -------
    list of Dataset or None
        In memory. Shares of rows that repeat or that equal a row of another table are those of the whole tables, but for
        sampling error.
    """
    largest = max(len(table) for table in tables if table is not None)
    share = min((SAMPLE_ROWS if most is None else most) / largest, 1.0)
    threshold = np.uint64(share * (2.0**64 - 2.0**12))
    salt = np.uint64(spawn(seed, "twins").integers(2**63))
    out: list[Dataset | None] = []
    with DuckDBEngine(1, engine_memory()) as engine:
        for table in tables:
            if table is None:
                out.append(None)
                continue
            schema = table.schema
            names = [column.name for column in schema.columns if column.kind != "id" and column.name != schema.entity]
            hashes = engine.row_hashes(table.source, names or list(table.names))
            kept = [first + np.flatnonzero(_mixed(marks ^ salt) <= threshold) for first, marks in _numbered(hashes)]
            part = table.take(np.concatenate(kept) if kept else np.zeros(0, dtype=np.int64))
            part.__dict__["sha256"] = table.sha256  # of the table that it stands for: stamps name that
            out.append(part)
    return out


def _numbered(parts: Iterable[np.ndarray]) -> Iterator[tuple[int, np.ndarray]]:
    first = 0
    for part in parts:
        yield first, part
        first += len(part)


def _entities(engine: DuckDBEngine, dataset: StoredDataset, entity: str, salt: np.uint64, most: int) -> np.ndarray:
    """Give the rows of whole entities whose hash falls below the share wanted; rows without one stand alone."""
    threshold = np.uint64(most / len(dataset) * 2.0**64)
    kept: list[np.ndarray] = []
    first = 0
    for batch in engine.batches(dataset.source, [], [entity], rows=65_536, hashed=entity):
        column, hashes = batch.column(0), batch.column(1).to_numpy(zero_copy_only=False).astype(np.uint64)
        position = np.arange(first, first + len(hashes), dtype=np.uint64)
        hashes = np.where(np.asarray(column.is_null()), position, hashes)
        kept.append(np.flatnonzero(_mixed(hashes ^ salt) < threshold) + first)
        first += len(hashes)
    return np.concatenate(kept)


def _by_class(engine: DuckDBEngine, dataset: StoredDataset, target: str | None, salt: np.uint64, most: int) -> np.ndarray:
    """Give `most` rows: of each class those of the lowest hash of their position."""
    if target is None:
        sizes, levels = np.array([len(dataset)]), None
    else:
        found = engine.levels(dataset.source, target, limit=10_000)
        levels, counts = found.levels, found.counts
        sizes = np.append(counts, len(dataset) - counts.sum())  # the last class: null, or beyond the ten thousandth
    exact = sizes * (most / sizes.sum())
    wanted = np.maximum(np.floor(exact), np.minimum(sizes, 1)).astype(np.int64)
    short = most - int(wanted.sum())
    if short > 0:
        wanted[np.argsort(-(exact - np.floor(exact)), kind="stable")[:short]] += 1
    wanted = np.minimum(wanted, sizes)
    # Keep a few more than wanted by a bound on the hash, then cut exactly: memory holds the sample and not the table.
    share = np.minimum((wanted + 8 * np.sqrt(wanted) + 20) / np.maximum(sizes, 1), 1.0)
    bound = (share * (2.0**64 - 2.0**12)).astype(np.uint64)
    rows, marks, labels = [], [], []
    for first, codes in _codes(engine, dataset, target, levels):
        mark = _mixed(np.arange(first, first + len(codes), dtype=np.uint64) ^ salt)
        near = np.flatnonzero(mark <= bound[codes])
        rows.append(near + first)
        marks.append(mark[near])
        labels.append(codes[near])
    row, mark, label = np.concatenate(rows), np.concatenate(marks), np.concatenate(labels)
    order = np.lexsort((mark, label))
    rank = np.arange(len(order)) - np.searchsorted(label[order], label[order])
    return np.sort(row[order][rank < wanted[label[order]]])


def _codes(engine: DuckDBEngine, dataset: StoredDataset, target: str | None, levels: Any) -> Any:
    if target is None:
        for first in range(0, len(dataset), 65_536):
            yield first, np.zeros(min(65_536, len(dataset) - first), dtype=np.int64)
        return
    first = 0
    for batch in dataset.stored.batches([target]):
        part = Dataset(pa.Table.from_batches([batch]), dataset.schema.without(set(dataset.names) - {target}))
        codes = part.codes(target, levels)
        codes[codes < 0] = len(levels)
        yield first, codes
        first += len(codes)


def _mixed(numbers: np.ndarray) -> np.ndarray:
    """Scramble 64-bit integers (the finaliser of SplitMix64; Steele, Lea and Flood 2014)."""
    with np.errstate(over="ignore"):
        mixed = numbers + np.uint64(0x9E3779B97F4A7C15)
        mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return mixed ^ (mixed >> np.uint64(31))
