"""Parquet files that are cut, broken, forged or of another shape."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import assay
from bad_input.made import patients


@pytest.mark.parametrize("cut", [1, 8, 100, 0.5, 0.99])
def test_truncated(refused, file, cut):
    path = file(pa.table({"a": list(range(1000))}), "cut.parquet")
    content = path.read_bytes()
    path.write_bytes(content[: -cut if cut >= 1 else int(len(content) * (1 - cut))])
    assert "Parquet" in refused(path).message


def test_broken_page(refused, folder):
    path = folder / "broken.parquet"
    pq.write_table(pa.table({"a": np.random.default_rng(0).random(5000)}), path, compression="zstd")
    content = bytearray(path.read_bytes())
    content[4:12] = bytes(8)
    path.write_bytes(content)
    assert "broken" in refused(path).message


def test_changed_byte_in_a_file_of_our_own(refused, folder):
    real, _ = assay.split(pa.table({"a": np.random.default_rng(0).random(5000)}))
    from assay.data.writers import write_table

    path = write_table(real, folder / "real.parquet")
    content = bytearray(path.read_bytes())
    content[2000] ^= 1
    path.write_bytes(content)
    assert "broken" in refused(path).message


@pytest.mark.parametrize("forged", [b"\x16\xc6\x01", b"\x16\xca\x01", b"\x16\x80\x80\x80\x80\x80\x40"])
@pytest.mark.parametrize("which", ["last", "all"])
def test_forged_counts(refused, folder, forged, which):
    if (forged, which) == (b"\x16\xc6\x01", "all"):
        pytest.skip("fewer rows in every count alike is a shorter table, whatever else the pages hold")
    path = folder / "forged.parquet"
    pq.write_table(pa.table({"a": list(range(100))}), path, compression="none", use_dictionary=False, write_statistics=False)
    content = path.read_bytes()
    footer = content.rfind(b"ARROW:schema")
    start = int.from_bytes(content[-8:-4], "little")
    head, tail = content[: -start - 8], content[-start - 8 : -8]
    true = b"\x16\xc8\x01"  # thrift's integer 100
    assert true in tail
    tail = tail.replace(true, forged) if which == "all" else forged.join(tail.rsplit(true, 1))
    path.write_bytes(head + tail + len(tail).to_bytes(4, "little") + b"PAR1")
    assert footer
    assert "Parquet" in refused(path).message


def test_a_folder_of_different_files(refused, folder):
    (folder / "parts").mkdir()
    pq.write_table(patients(), folder / "parts" / "a.parquet")
    pq.write_table(patients().rename_columns(["a", "b", "c", "d"]), folder / "parts" / "b.parquet")
    error = refused(folder / "parts")
    assert error.fix


def test_text_named_parquet(refused, file):
    assert "Parquet" in refused(file("a,b\n1,2\n3,4\n", "text.parquet")).message


def test_parquet_named_csv(folder):
    pq.write_table(patients(), folder / "table.csv")
    assert len(assay.load(folder / "table.csv")) == 80
