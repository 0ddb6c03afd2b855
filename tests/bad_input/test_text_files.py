"""Files of text: encodings, lines, quotes and marks."""

from __future__ import annotations

import gzip

import pytest

import assay
from bad_input.made import patients


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_byte_order_marks_and_wide_text(file, encoding):
    table = assay.load(file("näme,b\nü,1\nö,2\n".encode(encoding))).table
    assert table.to_pydict() == {"näme": ["ü", "ö"], "b": [1, 2]}


def test_other_encodings(refused, file):
    assert refused(file("a,b\n1,x\n2,ü\n".encode("latin-1"))).row == 3
    assert refused(file("a,b\n1,x\n2,ü\n".encode("utf-16")[:-3])).row == 3


def test_letters_across_the_blocks_in_which_text_is_decoded(refused, file, monkeypatch):
    from assay.data import delimited

    monkeypatch.setattr(delimited, "BLOCK", 7)
    text = "a,b\n" + "".join(f"{'ü' * row},🦆\n" for row in range(1, 9))
    assert assay.load(file(text)).table.column("b").to_pylist() == ["🦆"] * 8
    assert assay.load(file(text.encode("utf-16"))).table.column("b").to_pylist() == ["🦆"] * 8
    for row in range(1, 9):
        assert refused(file(text.replace(f"\n{'ü' * row},", f"\n{'ü' * row}x,").encode().replace(b"x,", b"\xff,"))).row == row + 1


def test_ragged_lines_all_named(refused, file):
    error = refused(file('a,b\n1,2\n"x\ny",2\n3\n4,5,6\n'))
    assert [fault.row for fault in error.errors] == [5, 6]


def test_nul(refused, file):
    assert refused(file(b"a,b\n1,2\n3,\x00\n")).row == 3


def test_unclosed_quote(refused, file):
    error = refused(file('a,b\n1,x\n2,"y\n3,z\n'))
    assert error.row == 3
    assert "never closed" in error.message


@pytest.mark.parametrize("more", ["", '5,z,"r"s"\n'])
def test_a_quote_that_the_next_quoted_cell_closes_swallows_no_row(refused, file, more):
    error = refused(file(f'a,b,c\n1,x,"p"\n2,y,"q\n3,z,"r"\n4,z,"r"\n{more}'))
    assert error.row == 3
    assert "never closed" in error.message


def test_lines_and_quotes_within_a_cell_stay(file):
    cells = assay.load(file('a,b\n1,"p ""q""\nr"\n2,"s"t\n3,u\n')).table.column("b").to_pylist()
    assert cells == ['p "q"\nr', "st", "u"]


def test_decimal_comma(refused, file):
    error = refused(file("a;b\n1,5;x\n2,25;y\n"))
    assert error.column == "a"
    assert "1.5" in error.fix


def test_truncated_gzip(refused, file):
    content = gzip.compress(("a,b\n" + "1,2\n" * 1000).encode())
    for cut in (content[:-20], content[:-1], content[:11], content[:-8] + b"\0" * 8, content + b"rest"):
        assert "gzip" in refused(file(cut, "table.csv.gz")).message


def test_gzip_of_several_members(file):
    parts = [gzip.compress(part) for part in (b"a,b\n1,2\n", b"3,4\n")]
    assert assay.load(file(b"".join(parts), "table.csv.gz")).table.to_pydict() == {"a": [1, 3], "b": [2, 4]}


def test_json_lines_faults(refused, file):
    error = refused(file('{"a": 1}\n{"a": 1, "a": 2}\n[1]\n{"a"\n', "rows.jsonl"))
    assert [fault.row for fault in error.errors] == [2, 3, 4]


def test_json_lines_of_great_depth(refused, file):
    assert refused(file('{"a": ' + "[" * 100_000 + "]" * 100_000 + '}\n{"a": 1}\n', "rows.jsonl")).row == 1
    assert refused(file('{"a":' * 100_000 + "1" + "}" * 100_000 + '\n{"a": 1}\n', "rows.jsonl")).row == 1
    assert refused(file('{"a": ' + "9" * 10_000 + '}\n{"a": 1}\n', "rows.jsonl")).row == 1


def test_schema_is_the_real_tables(file, handled):
    rows = [(row % 50, row % 3) for row in range(80)]
    real = file("age,n\n" + "".join(f"{age},{n}\n" for age, n in rows))
    made = file("age,n\n" + "".join(f"{age}.0,{n}.0\n" for age, n in rows[::-1]), "made.csv")
    document = handled(real, made)
    schema = next(check for check in document["checks"] if check["family"] == "schema_match")
    assert schema["outcome"] == "pass"


def test_cells_of_a_megabyte(file):
    assert len(assay.load(file(f"a,b\n1,{'x' * 1_000_000}\n2,y\n")).table.column("b")[0].as_py()) == 1_000_000


@pytest.mark.parametrize("name", ["rows.txt", "rows.csv", "rows"])
def test_any_name_of_a_file_of_text(file, name):
    path = file("a,b\n" + "".join(f"{row},{row % 2}\n" for row in range(30)), name)
    assert len(assay.load(path)) == 30


def test_a_spreadsheet(refused, file):
    assert "spreadsheet" in refused(file(b"PK\x03\x04rest of it", "table.xlsx")).message


def test_nothing_there(refused, folder):
    assert "No such file" in refused(folder / "absent.csv").message
    (folder / "loop.csv").symlink_to("loop.csv")
    assert "No such file" in refused(folder / "loop.csv").message
    assert "no .parquet files" in refused(folder).message


@pytest.mark.parametrize("source", [7, {"a": [1, 2]}, "", patients().column("age"), None])
def test_what_is_no_table(refused, source):
    assert "Give a Parquet file" in refused(source, patients()).fix
