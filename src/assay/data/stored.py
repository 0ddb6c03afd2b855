"""A table that stays in its Parquet files and is read in batches."""

from __future__ import annotations

import dataclasses
import shutil
import tempfile
import threading
import weakref
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from assay.core.errors import InputError
from assay.core.lineage import Lineage
from assay.data.dataset import Dataset
from assay.data.digest import TableDigest
from assay.data.dtypes import plain_column
from assay.data.held import Held, plain, plain_batches
from assay.data.schema import Schema
from assay.data.validate import short

BATCH_ROWS = 65_536
GROUP_ROWS = 262_144


class Folder:
    """A temporary folder that goes when this object goes, or the process."""

    def __init__(self) -> None:
        self.path = Path(tempfile.mkdtemp(prefix="assay-"))
        weakref.finalize(self, shutil.rmtree, self.path, ignore_errors=True)


@dataclass(frozen=True)
class Stored:
    """Rows in Parquet files, in the order of the files.

    Parameters
    ----------
    files : tuple of Path
        Whole Parquet files, already opened once and found sound.
    types : pyarrow.Schema
        Names and plain types of the columns; batches come in these.
    rows : int
        Their number.
    plain : bool
        Whether the files hold these very types, so that an engine may read them without a conversion.
    from_text : bool
        Whether they were made of a file of text, whose types are guesses.
    folder : Folder, optional
        Where the files lie if they are a conversion; it goes when this object goes.
    kept : dict
        The rows read from these very files, once they are held.
    """

    files: tuple[Path, ...]
    types: pa.Schema
    rows: int
    plain: bool = True
    from_text: bool = False
    folder: Folder | None = None
    kept: dict[str, Held] = dataclasses.field(default_factory=dict, compare=False, repr=False)

    @property
    def held(self) -> pa.Table | None:
        """All rows in memory, text as dictionaries, if they are few enough; read from the files once."""
        if not self.plain:
            return None
        self.kept.setdefault("rows", Held(self.files, self.types))
        try:
            found = self.kept["rows"].table
        except (pa.ArrowException, OSError, MemoryError, OverflowError, ValueError):
            return None  # `batches` says what is wrong
        return None if found is None else found.select(self.types.names)

    def batches(self, names: Sequence[str] | None = None, *, rows: int = BATCH_ROWS) -> Iterator[pa.RecordBatch]:
        """Stream the rows in order, all columns or some, never holding more than a batch."""
        wanted = self.types if names is None else pa.schema([self.types.field(name) for name in names])
        if self.held is not None:
            yield from plain_batches(self.held, wanted, rows)
            return
        for path in self.files:
            try:
                file = pq.ParquetFile(path, page_checksum_verification=True, pre_buffer=False)
                for batch in file.iter_batches(batch_size=rows, columns=wanted.names, use_threads=True):
                    yield _fitted(batch, wanted)
            except (pa.ArrowException, OSError, MemoryError, OverflowError, ValueError) as error:
                if isinstance(error, InputError):
                    raise
                reason = str(error).split("\n")[0].split(". ")[0]
                raise InputError(
                    f"The Parquet file is broken ({reason}).", file=str(path), fix="Copy or write it again."
                ) from error

    def rewritten(self, types: pa.Schema, convert: Callable[[pa.RecordBatch], pa.RecordBatch]) -> Stored:
        """Convert batch by batch to a temporary Parquet file that lives as long as the result."""
        folder = Folder()
        path = folder.path / "rows.parquet"
        write_batches(path, types, (convert(batch) for batch in self.batches()))
        return replace(self, files=(path,), types=types, plain=True, folder=folder, kept={})


def write_batches(path: Path, types: pa.Schema, batches: Iterable[pa.RecordBatch]) -> int:
    """Write batches as one Parquet file, a row group at a time; give the number of rows.

    Raises
    ------
    InputError
        If the disk has no room for it.
    """
    rows, held = 0, 0
    kept: list[pa.RecordBatch] = []
    try:
        with pq.ParquetWriter(path, types) as writer:
            for batch in batches:
                kept.append(batch)
                held += batch.num_rows
                rows += batch.num_rows
                if held >= GROUP_ROWS:
                    writer.write_table(pa.Table.from_batches(kept, types), row_group_size=held)
                    kept, held = [], 0
            if kept:
                writer.write_table(pa.Table.from_batches(kept, types), row_group_size=max(held, 1))
    except OSError as error:
        message = f"The temporary copy of a large table cannot be written ({error.strerror or error})."
        raise InputError(message, file=str(path), fix="Set TMPDIR to a folder with room.") from error
    return rows


def _fitted(batch: pa.RecordBatch, types: pa.Schema) -> pa.RecordBatch:
    """Give the columns their plain types, values unchanged."""
    if batch.schema.equals(types):
        return batch
    columns = []
    for field in types:
        column = plain_column(pa.chunked_array([batch.column(field.name)]))
        column = column if column.type == field.type else column.cast(field.type)
        columns.append(column.combine_chunks() if column.num_chunks != 1 else column.chunk(0))
    return pa.RecordBatch.from_arrays(columns, schema=types)


def infinite_faults(stored: Stored, columns: Sequence[str], file: str | None = None) -> list[InputError]:
    """List columns with infinite numbers, each with the first row that has one."""
    found: dict[str, tuple[int, int]] = {}
    first = 0
    for batch in stored.batches(columns):
        for name, column in zip(columns, batch.columns, strict=True):
            infinite = np.isinf(np.asarray(column.to_numpy(zero_copy_only=False)))
            if infinite.any():
                count, row = found.get(name, (0, first + int(infinite.argmax()) + 1))
                found[name] = count + int(infinite.sum()), row
        first += batch.num_rows
    faults = []
    for name, (count, row) in found.items():
        message = f"Column {short(name)} has {count} infinite value{'s' if count > 1 else ''}, the first in data row {row}."
        faults.append(InputError(message, file=file, column=name, row=row, fix="Replace them by nulls or by finite numbers."))
    return faults


class StoredDataset(Dataset):
    """A dataset whose rows stay in their files until some are asked for.

    Parameters
    ----------
    stored : Stored
        The files.
    schema : Schema
        What the columns are.

    Notes
    -----
    `take` reads the rows wanted in one pass, and digests all of them on the way; `table` reads them all into memory, which
    may be more than there is.
    """

    def __init__(
        self,
        stored: Stored,
        schema: Schema,
        *,
        name: str = "table",
        lineage: Lineage | None = None,
        dtype_changes: dict[str, str] | None = None,
    ) -> None:
        self.stored = stored
        self.schema = schema
        self.name = name
        self.lineage = lineage
        self.dtype_changes = dict(dtype_changes or {})
        self._digest: str | None = None
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return self.stored.rows

    @cached_property
    def table(self) -> pa.Table:  # type: ignore[override]
        """All rows, in memory."""
        return pa.Table.from_batches(self.stored.batches(self.names), pa.schema([self.stored.types.field(n) for n in self.names]))

    @property
    def sha256(self) -> str:  # type: ignore[override]
        """Digest of names, types and values in row order."""
        with self._lock:
            if self._digest is None and self.stored.held is not None:
                digest = TableDigest(pa.schema([self.stored.types.field(name) for name in self.names]))
                for batch in self.stored.batches(self.names):
                    digest.update(batch)
                self._digest = digest.hexdigest()
            elif self._digest is None:
                self.take(np.zeros(0, dtype=np.int64))
        assert self._digest is not None
        return self._digest

    @property
    def source(self) -> Any:
        """What an engine reads: the rows where they are held, else their files."""
        held = self.stored.held
        return list(self.stored.files) if held is None else held

    def take(self, rows: np.ndarray, *, name: str | None = None) -> Dataset:
        """Give some rows as a new dataset in memory, in the order asked for."""
        rows = np.asarray(rows, dtype=np.int64)
        order = np.argsort(rows, kind="stable")
        wanted = rows[order]
        types = pa.schema([self.stored.types.field(name) for name in self.names])
        if self.stored.held is not None:
            found = self.stored.held.select(self.names).take(pa.array(rows)).combine_chunks().to_batches()
            table = pa.Table.from_batches([plain(batch, types) for batch in found], types)
            return Dataset(table, self.schema, name=name or self.name, lineage=self.lineage, dtype_changes=self.dtype_changes)
        parts: list[pa.RecordBatch] = []
        first = at = 0
        digest = TableDigest(types)
        for batch in self.stored.batches(self.names):
            if self._digest is None:
                digest.update(batch)
            stop = int(np.searchsorted(wanted, first + batch.num_rows))
            if stop > at:
                parts.append(batch.take(pa.array(wanted[at:stop] - first)))
            first, at = first + batch.num_rows, stop
        self._digest = self._digest or digest.hexdigest()
        table = pa.Table.from_batches(parts, types)
        if not np.array_equal(order, np.arange(len(order))):
            back = np.empty_like(order)
            back[order] = np.arange(len(order))
            table = table.take(pa.array(back))
        return Dataset(table, self.schema, name=name or self.name, lineage=self.lineage, dtype_changes=self.dtype_changes)

    def with_schema(self, schema: Schema) -> Dataset:
        """Give the same rows under another schema (kinds, roles, or fewer columns)."""
        if len(schema.columns) < len(self.schema.columns):
            return super().with_schema(schema)
        other = StoredDataset(self.stored, schema, name=self.name, lineage=self.lineage, dtype_changes=self.dtype_changes)
        other._digest = self._digest
        return other
