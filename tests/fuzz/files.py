"""Bytes of broken files: valid CSV, Parquet and JSON Lines, mutated."""

from __future__ import annotations

import gzip
import io
import json
import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from columns import ACCEPTED
from hypothesis import strategies as st
from keeping import in_time

import assay
from assay.core.errors import AssayError
from promises import BrokenPromise, refusal_is_helpful

KINDS = ["parquet", "parquet dictionary", "parquet zstd", "csv", "csv.gz", "jsonl", "utf-16.csv"]
PLAIN = [
    "normal",
    "counts",
    "five levels",
    "half null",
    "booleans",
    "days",
    "microseconds",
    "decimal",
    "wild text",
    "hostile levels",
]


@dataclass(frozen=True)
class Mutant:
    """A valid file and what is done to its bytes: (operation, place in [0, 1), argument) each."""

    kind: str
    recipes: tuple[str, ...]
    rows: int
    seed: int
    edits: tuple[tuple[str, float, bytes], ...]

    def content(self) -> bytes:
        """Give the mutated bytes."""
        data = bytearray(_valid(self.kind, self.recipes, self.rows, self.seed))
        for operation, place, argument in self.edits:
            at = int(place * max(len(data), 1))
            match operation:
                case "flip":
                    for offset, byte in enumerate(argument):
                        if at + offset < len(data):
                            data[at + offset] ^= byte
                case "insert":
                    data[at:at] = argument
                case "delete":
                    del data[at : at + len(argument)]
                case "cut":
                    del data[at:]
                case "repeat":
                    data[at:at] = data[at : at + 50 * len(argument)]
                case "footer":
                    at = max(len(data) - 1 - int(place * 400), 0)
                    data[at : at + len(argument)] = argument
        return bytes(data)


def _valid(kind: str, recipes: tuple[str, ...], rows: int, seed: int) -> bytes:
    rng = np.random.default_rng(seed)
    table = pa.Table.from_arrays(
        [ACCEPTED[recipe](rng, rows) for recipe in recipes], names=[f"c{at}" for at in range(len(recipes))]
    )
    if kind.startswith("parquet"):
        sink = io.BytesIO()
        compression = "zstd" if kind.endswith("zstd") else "none"
        pq.write_table(table, sink, compression=compression, use_dictionary=kind.endswith("dictionary"))
        return sink.getvalue()
    if kind == "jsonl":
        return "".join(json.dumps(row, default=str) + "\n" for row in table.to_pylist()).encode()
    lines = [",".join(table.column_names)]
    lines += [",".join(_cell(cell) for cell in row.values()) for row in table.to_pylist()]
    text = "\n".join([*lines, ""])
    if kind == "utf-16.csv":
        return text.encode("utf-16")
    return gzip.compress(text.encode(), mtime=0) if kind == "csv.gz" else text.encode()


def _cell(value: object) -> str:
    return "" if value is None else '"' + value.replace('"', '""') + '"' if isinstance(value, str) else str(value)


def mutants() -> st.SearchStrategy[Mutant]:
    """Draw a file and up to four edits; none at all now and then."""
    operations = st.sampled_from(["flip", "flip", "insert", "delete", "cut", "repeat", "footer"])
    edit = st.tuples(operations, st.floats(0, 1, exclude_max=True), st.binary(min_size=1, max_size=8))
    return st.builds(
        Mutant,
        st.sampled_from(KINDS),
        st.lists(st.sampled_from(PLAIN), min_size=1, max_size=4).map(tuple),
        st.integers(0, 60),
        st.integers(0, 10**6),
        st.lists(edit, max_size=4).map(tuple),
    )


def read_mutant(mutant: Mutant, folder: Path) -> str:
    """Load a mutated file: a table, or a refusal that names the file."""
    suffix = "parquet" if mutant.kind.startswith("parquet") else mutant.kind
    path = folder / f"table.{suffix}"
    path.write_bytes(mutant.content())
    with in_time(), warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            table = assay.load(path)
        except AssayError as error:
            refusal_is_helpful(error)
            if not all(part.file == str(path) for part in getattr(error, "errors", ())):
                raise BrokenPromise(f"the file is not named: {error}") from error
            return "refused"
    if len(table) < 2 or not table.names:
        raise BrokenPromise("a table of nothing")
    return "read"
