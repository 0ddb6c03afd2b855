"""Files that are larger than they look, have no end, or are no files: refused within seconds and little memory."""

from __future__ import annotations

import gzip
import io
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import assay
from assay.core.errors import InputError, UsageError
from assay.data import limits
from bad_input.made import patients

LINUX = pytest.mark.skipif(sys.platform != "linux", reason="peak memory is read as Linux tells it")
SMALL = {limits.VARIABLE: "64MB"}  # the usual limit is 1 GiB: the same bombs at a sixteenth of the size
LOAD = (
    "import resource, sys, time, assay\n"
    "from assay.core.errors import AssayError\n"
    "before, begun = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()\n"
    "try:\n"
    "    print(len(assay.load(sys.argv[1])), 'rows')\n"
    "except AssayError as error:\n"
    "    print(error)\n"
    "more = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) >> 10\n"
    "print(more, time.process_time() - begun)\n"
)


def loaded(path: Path, **environment: str) -> tuple[str, float, float]:
    """Load a file in a process of its own; give what was said, the megabytes and the seconds of a core it took."""
    ended = subprocess.run(
        [sys.executable, "-c", LOAD, str(path)],
        capture_output=True,
        text=True,
        timeout=300,
        check=True,
        stdin=subprocess.DEVNULL,
        env={**os.environ, **environment},
    )
    said, numbers = ended.stdout.rsplit("\n", 2)[:2]
    megabytes, seconds = map(float, numbers.split())
    return said, megabytes, seconds


@LINUX
def test_gzip_bomb(folder):
    path = folder / "bomb.csv.gz"
    with gzip.open(path, "wb", compresslevel=9) as file:
        file.write(b"a,b\n")
        for _ in range(60):
            file.write(b"1,2\n" * (1 << 20))
    assert path.stat().st_size < 1_000_000
    said, megabytes, seconds = loaded(path, **SMALL)
    assert "bomb.csv.gz" in said
    assert "would unpack to about 2" in said
    assert "MB" in said
    assert f"{limits.VARIABLE}=" in said
    assert megabytes < 300
    assert seconds < 20


def test_gzip_in_gzip_is_no_table(refused, file):
    inner = gzip.compress(gzip.compress(b"a,b\n1,2\n3,4\n" * 100))
    assert refused(file(inner, "twice.csv.gz")).message


def test_a_packed_file_that_is_meant_is_allowed(file, monkeypatch):
    path = file(gzip.compress(b"a,b\n" + b"1,2\n" * 20_000), "real.csv.gz")
    monkeypatch.setattr(limits, "USUAL_LIMIT", 10_000)
    monkeypatch.setattr(limits, "USUAL_RATIO", 50)
    with pytest.raises(InputError, match="would unpack to about 80 KB"):
        assay.load(path)
    monkeypatch.setenv(limits.VARIABLE, "1MB")
    assert len(assay.load(path)) == 20_000
    monkeypatch.setenv(limits.VARIABLE, "79K")
    assert len(assay.load(path)) == 20_000
    monkeypatch.setenv(limits.VARIABLE, "a lot")
    with pytest.raises(UsageError, match="such as 20GB"):
        assay.load(path)


@LINUX
def test_parquet_of_runs(folder):
    """Equal numbers in a few bytes for any number of rows."""
    path = folder / "runs.parquet"
    table = pa.table({"a": np.zeros(4_000_000, dtype=np.int32)})
    with pq.ParquetWriter(path, table.schema, compression="zstd") as writer:
        for _ in range(7):
            writer.write_table(table, row_group_size=4_000_000)
    said, megabytes, seconds = loaded(path, **SMALL)
    assert "would unpack to about 112 MB" in said
    assert f"{limits.VARIABLE}=" in said
    assert megabytes < 300
    assert seconds < 10


@LINUX
def test_parquet_of_one_long_entry(folder):
    path = folder / "entry.parquet"
    cells = pa.DictionaryArray.from_arrays(pa.array(np.zeros(3_000, dtype=np.int32)), pa.array(["x" * 100_000]))
    pq.write_table(pa.table({"a": cells, "b": range(3_000)}), path)
    said, megabytes, seconds = loaded(path, **SMALL)
    assert "Column 'a'" in said
    assert "MB" in said
    assert f"{limits.VARIABLE}=" in said
    assert megabytes < 300
    assert seconds < 10


def test_a_table_that_packs_well_is_no_bomb(folder):
    path = folder / "real.parquet"
    words = pa.array(["a level of some length", "another one"]).take(pa.array(np.arange(300_000) % 2))
    pq.write_table(pa.table({"w": words, "n": np.arange(300_000) % 5}), path, compression="zstd")
    assert len(assay.load(path)) == 300_000


def test_parquet_of_great_depth(refused, folder):
    kind = pa.int64()
    for _ in range(120):
        kind = pa.list_(kind)
    path = folder / "deep.parquet"
    pq.write_table(pa.table({"a": pa.array([None, None], kind)}), path)
    assert "Parquet" in refused(path).message


def test_parquet_of_twenty_thousand_columns(folder):
    path = folder / "wide.parquet"
    pq.write_table(pa.table({f"c{at}": [1, 2, 3] for at in range(20_000)}), path)
    assert len(assay.load(path).names) == 20_000


@LINUX
def test_a_line_without_end(folder):
    path = folder / "line.csv"
    with path.open("wb") as file:
        file.write(b"a,b\n1,2\n3,")
        for _ in range(60):
            file.write(b"x" * (1 << 20))
    said, megabytes, seconds = loaded(path)
    assert "Line 3 is longer than 16 MB" in said
    assert megabytes < 1000
    assert seconds < 15


@LINUX
def test_a_quote_without_end(folder):
    path = folder / "quote.csv"
    with path.open("wb") as file:
        file.write(b'a,b\n1,2\n"x,2\n')
        for _ in range(40):
            file.write(b"1,2\n" * (1 << 18))
    said, megabytes, seconds = loaded(path)
    assert "Line 3 opens a quote that is never closed" in said
    assert megabytes < 1000
    assert seconds < 20


@pytest.mark.parametrize("path", ["/dev/zero", "/dev/stdin", "/dev/urandom", "pipe.csv"])
def test_devices_and_pipes(refused, folder, path):
    if path == "pipe.csv":
        os.mkfifo(path)
    if not Path(path).exists() or Path(path).is_file():
        pytest.skip(f"no device at {path}")
    error = refused(Path(path), None)
    assert error.file == path
    assert "device or a pipe" in error.message


def test_a_sparse_file_larger_than_memory(refused, folder):
    path = folder / "sparse.csv"
    with path.open("wb") as file:
        file.write(b"a,b\n1,2\n")
        try:
            file.truncate(1 << 43)
        except OSError:
            pytest.skip("this file system holds no sparse file of 8 TB")
    assert "NUL character" in refused(path).message


DISGUISED = {
    "zip": lambda: _zipped(),
    "xz": lambda: b"\xfd7zXZ\x00rest",
    "bzip2": lambda: b"BZh91AYrest",
    "zstd": lambda: b"\x28\xb5\x2f\xfdrest",
    "Arrow": lambda: b"ARROW1\0\0rest",
    "PDF": lambda: b"%PDF-1.7 rest",
}


@pytest.mark.parametrize("kind", DISGUISED)
def test_archives_in_disguise(refused, file, kind):
    error = refused(file(DISGUISED[kind](), "table.csv"))
    assert kind in error.message


def _zipped() -> bytes:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w") as archive:
        archive.writestr("table.csv", "a,b\n1,2\n")
    return sink.getvalue()


def test_links_are_followed_to_files(folder):
    pq.write_table(patients(), folder / "real.parquet")
    (folder / "link.parquet").symlink_to("real.parquet")
    assert len(assay.load(folder / "link.parquet")) == 80
