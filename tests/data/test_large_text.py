"""Large CSV by way of Parquet: the types, values and faults of the reader that holds it all."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from assay.core.errors import InputError
from assay.data import large_text
from assay.data.dataset import Dataset
from assay.data.infer import infer_schema
from assay.data.large import open_large
from assay.data.readers import read_table
from assay.data.stored import StoredDataset

LINES = [
    "whole;part;flag;day;moment;name;empty;big;odd code",
    '1;1.5;true;2020-01-31;2020-01-31T10:00:00Z;"a;b";;12345678901234567890123;007',
    '?; 2 ;False;1999-12-01;2020-01-31T10:00:00.5Z;"two\nlines";;1;008',
    '3;?;TRUE;?;?;"";?;?;009',
]


@pytest.fixture(autouse=True)
def low_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(large_text, "LARGE_TEXT", 100)


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_types_and_values_are_those_of_the_reader_in_memory(tmp_path: Path, packed: bool, mark: bytes) -> None:
    data = mark + "\n".join([LINES[0], *LINES[1:] * 500]).encode()
    path = tmp_path / ("t.csv.gz" if packed else "t.csv")
    path.write_bytes(gzip.compress(data) if packed else data)
    stored = open_large(path, null="?")
    assert stored is not None
    whole = read_table(path, null="?")
    assert stored.types == whole.schema.remove_metadata()
    schema = infer_schema(whole)
    assert StoredDataset(stored, schema).sha256 == Dataset(whole, schema).sha256
    assert stored.from_text


def test_small_files_and_other_encodings_are_read_whole(tmp_path: Path) -> None:
    (tmp_path / "small.csv").write_text("a,b\n1,2\n3,4\n")
    (tmp_path / "wide.csv").write_bytes(("a,b\n" + "1,2\n" * 100).encode("utf-16"))
    (tmp_path / "t.jsonl").write_text('{"a": 1}\n' * 100)
    assert [open_large(tmp_path / name) for name in ("small.csv", "wide.csv", "t.jsonl", "absent.csv")] == [None] * 4


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        (["a,b", *["1,2"] * 50, "1,2,3"], "no comma-separated text"),
        (["a,a", *["1,2"] * 50], "appears 2 times"),
        (["a,b", *["2020-01-31,1", "31.01.2020,2"] * 20], "dates in 2 formats"),
        (["a,b", *["1,inf", "2,3.5"] * 20], "infinite"),
    ],
)
def test_faults_are_told(tmp_path: Path, lines: list[str], told: str) -> None:
    (tmp_path / "t.csv").write_text("\n".join(lines))
    with pytest.raises(InputError, match=told):
        open_large(tmp_path / "t.csv")
