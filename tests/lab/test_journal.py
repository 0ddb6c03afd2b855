from __future__ import annotations

import pytest

from assay.core.drilled import Planting
from assay.core.errors import InputError, UsageError
from assay.lab.journal import FILE, Journal

ABOUT = {"table": "a" * 64, "seed": 1}
FIRST = Planting("shift_values", 100, 0, 0.4, "not_trusted", 1, True, (("DIST01", "covariate_shift", ("age",)),), "Moved 'age'.")
SOUND = Planting(None, 100, 3, None, "trusted", note="Nothing.")


def kept(folder, *plantings):
    journal = Journal(folder, ABOUT)
    for planting in plantings:
        journal.add(planting)
    journal.close()
    return journal.done


def test_what_was_kept_is_read_again(tmp_path):
    folder = tmp_path / "made" / "here"
    kept(folder, FIRST, SOUND)
    assert set(kept(folder).values()) == {FIRST, SOUND}


@pytest.mark.parametrize("cut", [1, 40, 100])
def test_a_line_cut_short_is_not_counted_and_the_next_stands_on_its_own(tmp_path, cut):
    kept(tmp_path, FIRST, SOUND)
    path = tmp_path / FILE
    path.write_bytes(path.read_bytes()[:-cut])
    assert set(kept(tmp_path).values()) == {FIRST}
    kept(tmp_path, SOUND)
    assert set(kept(tmp_path).values()) == {FIRST, SOUND}
    assert path.read_bytes().count(b"\n") == 3


def test_a_first_line_cut_short_begins_anew(tmp_path):
    (tmp_path / FILE).write_bytes(b'{"schema": "assay.dr')
    kept(tmp_path, FIRST)
    assert set(kept(tmp_path).values()) == {FIRST}


def test_another_drill_is_refused_and_left_alone(tmp_path):
    kept(tmp_path, FIRST)
    before = (tmp_path / FILE).read_bytes()
    with pytest.raises(UsageError, match="another seed") as raised:
        Journal(tmp_path, {**ABOUT, "seed": 2})
    assert "table" not in str(raised.value).partition("another seed")[2]
    assert (tmp_path / FILE).read_bytes() == before


@pytest.mark.parametrize("content", [b"age,income\n1,2\n", b"[]\n", b"{}\n", b'{"schema": "assay.report/1"}\n'])
def test_another_file_of_that_name_is_refused_and_left_alone(tmp_path, content):
    (tmp_path / FILE).write_bytes(content)
    with pytest.raises(UsageError, match="cannot be gone on with"):
        Journal(tmp_path, ABOUT)
    assert (tmp_path / FILE).read_bytes() == content


def test_a_folder_that_cannot_be_made_is_refused(tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(InputError, match="cannot be kept here"):
        Journal(tmp_path / "file" / "folder", ABOUT)


def test_without_a_folder_nothing_is_written(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert set(kept(None, FIRST).values()) == {FIRST}
    assert list(tmp_path.iterdir()) == []
