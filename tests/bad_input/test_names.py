"""Names of columns, levels and files: which are refused, and that no other can do harm anywhere they are shown."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.csv as pv
import pytest

import assay
from assay.cli.__main__ import main
from assay.reporting.text import UNSAFE
from bad_input.made import failing, patients, with_column

HOSTILE = {
    "spaces": "two words",
    "hyphen and backtick": "a`b-c",
    "newline": "a\nb\r\nc\td",
    "quotes": "say \"it\" or 'it'",
    "script": "<script>alert(1)</script>",
    "formula": "=cmd|' /C calc'!A0",
    "at": "@SUM(A1)",
    "path": "../../up",
    "long": "x" * 5000,
    "right to left": "שלום \u202egnp",
    "zero width": "a\u200bb",
    "terminal": "\x1b[2Jgone",
    "markup": "[red]bold[/red] {{7*7}}",
    "keyword": "select",
}


def test_duplicate_names(refused, file):
    error = refused(file("a,b,a\n1,2,3\n4,5,6\n"))
    assert error.column == "a"
    assert "2 times" in error.message
    assert "2 times" in refused(pd.DataFrame([[1, 2], [3, 4]], columns=["a", "a"])).message
    assert "2 times" in refused(pa.Table.from_arrays([pa.array([1, 2])] * 2, names=["a", "a"])).message


def test_duplicate_names_in_parquet(refused, file):
    table = pa.Table.from_arrays([pa.array([1, 2])] * 2, names=["a", "a"])
    assert "2 times" in refused(file(table, "twice.parquet")).message


def test_integer_names(handled):
    frame = patients().to_pandas().set_axis(range(4), axis=1)
    assert assay.load(frame).names == ("0", "1", "2", "3")
    document = handled(frame, frame[::-1], target=3)
    assert document["verdict"] != "trusted"


@pytest.mark.parametrize("name", ["", " ", "\u200b", "\ufeff\t"])
def test_blank_names(refused, file, name):
    assert "blank name" in refused(file(f'a,"{name}",c\n1,2,3\n4,5,6\n')).message
    assert "blank name" in refused(pa.table({"a": [1, 2], name: [1, 2]})).message


@pytest.mark.parametrize("other", ["age", "\uff21ge", "A\u200bge"])
def test_names_equal_but_for_case_or_unicode_form(refused, file, other):
    error = refused(file(f"Age,{other}\n1,2\n3,4\n"))
    assert error.column == other
    assert "case or Unicode form" in error.message
    assert "case or Unicode form" in refused(pa.table({"é": [1, 2], "e\u0301": [1, 2]})).message


def test_nul_in_a_name(refused, file):
    assert "NUL" in refused(file(pa.table({"a\0b": [1, 2]}), "nul.parquet")).message
    assert "NUL" in refused(pl.DataFrame({"a\0b": [1, 2]})).message  # polars would end the process


def test_hostile_names_and_levels_do_no_harm(folder, capsys):
    names = list(HOSTILE.values())
    for role, rows in (("real", 240), ("made", 120)):
        levels = [names[row % len(names)] if role == "real" else "plain" for row in range(rows)]
        table = patients(rows, rows)
        columns = {name: levels if at % 2 else table.column("lab") for at, name in enumerate(names)}
        pv.write_csv(pa.table(columns), folder / f"{role}.csv")
    outputs = ["--json", "r.json", "--html", "r.html", "--junit", "r.xml"]
    assert main(["check", "real.csv", "made.csv", "--jobs", "1", "--sensitive", names[1], *outputs]) == 1
    shown = capsys.readouterr()
    assert "Traceback" not in shown.err
    assert not UNSAFE.search(shown.out.replace("\n", ""))
    assert not UNSAFE.search(shown.err.replace("\n", ""))
    document = json.loads(Path("r.json").read_text(encoding="utf-8"))
    read = {column for entry in document["estimates"] for column in entry["where"]["columns"]}
    assert len(read & set(names)) >= 10  # names are as they were
    page = Path("r.html").read_text(encoding="utf-8")
    assert "<script>alert" not in page
    assert not UNSAFE.search(page.replace("\n", "").replace("\t", ""))
    assert len(page) < 1_500_000
    ElementTree.fromstring(Path("r.xml").read_bytes())
    assert sorted(path.name for path in folder.iterdir()) == ["made.csv", "r.html", "r.json", "r.xml", "real.csv"]


@pytest.mark.parametrize("kind", HOSTILE)
def test_hostile_names_in_errors(refused, kind):
    error = refused(patients(), target=HOSTILE[kind])
    assert error.column == HOSTILE[kind]
    assert len(str(error)) < 6000
    assert "\x1b" not in str(error)
    assert "\u202e" not in error.message


def test_hostile_names_of_files(folder, capsys):
    names = ["<script>alert(1)<", "--json.csv", "=a\nb\u202e.csv"]
    for name in names:
        pv.write_csv(patients(), folder / name)
        code = main(["check", "--json", "r.json", "--html", "r.html", "--", name, name])
        assert code in (1, 3), name
        assert "<script>alert" not in Path("r.html").read_text(encoding="utf-8")
        assert not UNSAFE.search(capsys.readouterr().out.replace("\n", ""))
    assert main(["check", "no\x1b[2J.csv", "no\u202e.csv"]) == 2
    assert not UNSAFE.search(capsys.readouterr().err.replace("\n", ""))


def test_many_hostile_levels_at_once(handled):
    levels = list(HOSTILE.values())
    cells = [levels[row % len(levels)] for row in range(400)]
    real, made = with_column(patients(400), "ward", cells), with_column(patients(400, 1), "ward", [levels[0]] * 400)
    assert failing(handled(real, made, target="ward"))
