from __future__ import annotations

import json

import pytest

from assay.core.errors import InputError, UsageError
from assay.core.trajectory import Descent, Generation, Reading
from assay.lab import loop_store
from assay.lab.loop_record import Made, Origin
from assay.lab.loop_store import Store

from .toy_loop import made, real_rows

ABOUT = {"table": "a" * 64, "size": 50, "seed": 0, "packages": {"numpy": "2.0", "scipy": "1.0"}}
WHO = Descent("toy", "mix:0.1", 2)
READING = Reading("mean", 0.1, 0.0, 0.2, -0.1, 0.0, 0.1, "x")
MADE = Made(Generation(WHO, 3, (READING,), {"fit": 0.5}), Origin("b" * 64, 3, {"rows": 50.0}, {"tail": "too few"}))


@pytest.fixture
def store(tmp_path):
    store = Store(tmp_path / "loop")
    store.claim(ABOUT, {"toy": {"trees": (1, 2)}})
    return store


def test_a_generation_reads_back_as_it_was(store):
    rows = made(real_rows(50), 3)
    assert store.made(WHO, 3) is None
    assert store.rows(WHO, 3, rows.schema) is None
    store.keep_rows(WHO, 3, rows)
    store.keep_scores(MADE)
    assert store.made(WHO, 3) == MADE
    back = store.rows(WHO, 3, rows.schema)
    assert back.sha256 == rows.sha256
    assert back.lineage == rows.lineage
    assert back.table.schema == rows.table.schema
    assert (store.folder / "toy/mix=0.1/2/3.parquet").exists()


def test_only_the_rows_wanted_stay(store):
    rows = real_rows(50)
    for number in (1, 2, 3):
        store.keep_rows(WHO, number, rows)
    store.keep_scores(MADE)
    store.sweep(WHO, frozenset({2}), upto=3)
    assert sorted(path.name for path in store.folder.rglob("*.parquet")) == ["2.parquet"]
    assert store.made(WHO, 3) == MADE


def test_rows_of_later_generations_are_never_swept(store):
    for number in (1, 2, 3):
        store.keep_rows(WHO, number, real_rows(50))
    store.sweep(WHO, frozenset(), upto=2)
    assert [store.holds_rows(WHO, number) for number in (1, 2, 3)] == [False, False, True]
    assert store.grown_beyond(WHO, 2)
    assert not store.grown_beyond(WHO, 3)


def test_rows_that_another_process_sweeps_meanwhile_are_as_if_not_kept(store, monkeypatch):
    rows = real_rows(50)
    store.keep_rows(WHO, 1, rows)
    read = loop_store.pq.ParquetFile

    def swept(path, **options):
        store.sweep(WHO, frozenset(), upto=1)
        return read(path, **options)

    monkeypatch.setattr(loop_store.pq, "ParquetFile", swept)
    assert store.holds_rows(WHO, 1)
    assert store.rows(WHO, 1, rows.schema) is None


def test_a_traceback_goes_when_its_generation_succeeds(store):
    place = store.fail(WHO, 3, "a traceback")
    assert place == store.failure(WHO, 3)
    assert place.exists()
    store.keep_scores(MADE)
    assert not place.exists()


def test_a_loop_is_gone_on_with_and_may_have_more_generators(store):
    Store(store.folder).claim(ABOUT, {"toy": {"trees": [1, 2]}, "other": {}})
    Store(store.folder).claim(ABOUT, {"toy": {"trees": (1, 2)}})
    assert set(json.loads((store.folder / "settings.json").read_bytes())["generators"]) == {"toy", "other"}


@pytest.mark.parametrize(
    ("about", "generators", "said"),
    [
        ({**ABOUT, "seed": 1}, {}, "with another seed"),
        ({**ABOUT, "seed": 1, "size": 60}, {}, "another seed and another size|another size and another seed"),
        (ABOUT, {"toy": {}}, "with another setting of toy"),
        ({"table": "a" * 64, "packages": ABOUT["packages"]}, {}, "another seed and another size"),
        ({**ABOUT, "packages": {"numpy": "3.0", "scipy": "1.0"}}, {}, r"another numpy \(2\.0 there, 3\.0 here\)\. Give"),
        ({**ABOUT, "packages": {"scipy": "1.0"}}, {}, r"another numpy \(2\.0 there, none here\)\. Give"),
    ],
)
def test_another_loop_is_refused_and_what_differs_is_said(store, about, generators, said):
    before = (store.folder / "settings.json").read_bytes()
    with pytest.raises(UsageError, match=said):
        Store(store.folder).claim(about, generators)
    assert (store.folder / "settings.json").read_bytes() == before


def test_a_folder_of_other_things_is_refused_and_left_alone(tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(UsageError, match="other files and no loop"):
        Store(tmp_path).claim(ABOUT, {})
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]
    (tmp_path / "settings.json").write_text("[]")
    with pytest.raises(UsageError, match="not the settings of a loop"):
        Store(tmp_path).claim(ABOUT, {})
    with pytest.raises(InputError, match="cannot be kept here"):
        Store(tmp_path / "notes.txt" / "folder").claim(ABOUT, {})


def test_what_a_killed_or_refused_loop_left_is_no_other_file(tmp_path):
    (tmp_path / ".assay-x1y2z3").write_bytes(b"half")
    (tmp_path / "result.json").write_text(json.dumps({"schema": "assay.error/1", "errors": []}))
    Store(tmp_path).claim(ABOUT, {})
    assert (tmp_path / "settings.json").exists()
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "result.json").write_text(json.dumps({"schema": "mine"}))
    with pytest.raises(UsageError, match="other files and no loop"):
        Store(tmp_path / "other").claim(ABOUT, {})


def test_a_stale_result_is_never_read(store):
    for name in ("loop.json", "trajectory.parquet"):
        (store.folder / name).write_text("old")
    store.claim(ABOUT, {})
    assert not (store.folder / "loop.json").exists()
    assert not (store.folder / "trajectory.parquet").exists()


def test_files_that_cannot_be_read_are_named(store):
    rows = real_rows(50)
    store.keep_rows(WHO, 3, rows)
    store.keep_scores(MADE)
    for path in store.folder.rglob("3.*"):
        path.write_bytes(path.read_bytes()[:-60])
    with pytest.raises(InputError, match=r"3\.json"):
        store.made(WHO, 3)
    with pytest.raises(InputError, match=r"3\.parquet"):
        store.rows(WHO, 3, rows.schema)


def test_floors_are_kept(store):
    assert store.floors() is None
    store.keep_floors({"mean": [0.0, 1.0]})
    assert store.floors() == {"mean": [0.0, 1.0]}
    (store.folder / "floors.json").write_text("{")
    assert store.floors() is None
