from __future__ import annotations

import json

import pytest

from assay.core.errors import InputError, UsageError
from assay.core.trajectory import Descent, Generation, Reading
from assay.lab.loop_record import Made, Origin
from assay.lab.loop_store import Store

from .toy_loop import made, real_rows

ABOUT = {"table": "a" * 64, "size": 50, "seed": 0}
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
    store.sweep(WHO, frozenset({2}))
    assert sorted(path.name for path in store.folder.rglob("*.parquet")) == ["2.parquet"]
    assert store.made(WHO, 3) == MADE


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
        ({"table": "a" * 64}, {}, "another seed and another size"),
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
