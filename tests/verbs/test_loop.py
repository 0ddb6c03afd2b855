from __future__ import annotations

import json

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from jsonschema import Draft202012Validator

import assay
import assay.verbs.loop
from assay.core.errors import InputError, UnknownNameError, UsageError
from assay.core.lineage import METADATA_KEY, Lineage
from assay.core.trajectory import Reading
from assay.lab.loop_record import read_trajectory
from assay.reporting.documents import loop_schema
from assay.reporting.loop import Loop


class Gauge:
    """Mean age, against a floor worked out of the holdout."""

    made = 0

    def __init__(self, real, holdout, *, size, seed, floors=None):
        Gauge.made += floors is None
        self.middle = float(holdout.numbers("age").mean()) if floors is None else floors["middle"]
        self.skipped = {"tail_index": "not asked"}

    def floors_to_dict(self):
        return {"middle": self.middle}

    def measure(self, rows, *, previous, seed):
        value = float(rows.numbers("age").mean())
        believed = value - float(previous.numbers("age").mean())
        return (
            Reading("mean_age", value, value - 3, value + 3, self.middle - 6, self.middle, self.middle + 6),
            Reading("step", believed, believed, believed, -6, 0, 6),
        )


@pytest.fixture
def options():
    return {
        "target": "default",
        "generators": "marginals",
        "regimes": ["replace", "mix:0.2"],
        "generations": 2,
        "seeds": 2,
        "size": 60,
        "jobs": 1,
        "gauge": Gauge,
    }


def told(loop):
    document = loop if isinstance(loop, dict) else loop.to_dict()
    del document["run"]["timings"]
    return document


@pytest.fixture
def loop(make_table, options):
    return assay.loop(make_table(300, 1), **options)


def test_a_loop_has_every_generation_of_every_lineage(loop):
    assert (loop.status, loop.exit_code) == ("finished", 0)
    assert len(loop.trajectory.generations) == 8
    assert loop.trajectory.axes() == ("mean_age", "step")
    assert loop.trajectory.real["holdout_rows"] == 60
    assert loop.trajectory.real["target"] == "default"
    assert loop.trajectory.settings["regimes"] == ["replace", "mix:0.2"]
    assert {one.axis for one in loop.courses} == {"mean_age", "step"}
    assert "4 lineages, 8 generations" in repr(loop)


def test_the_document_fits_its_schema_and_reads_back(loop, tmp_path):
    document = json.loads(loop.save(tmp_path / "loop.json").read_text("utf-8"))
    Draft202012Validator.check_schema(loop_schema())
    Draft202012Validator(loop_schema()).validate(document)
    assert Loop.from_dict(document).to_dict() == document
    assert read_trajectory(tmp_path) == loop.trajectory
    with pytest.raises(UsageError, match=r"assay\.loop/1"):
        Loop.from_dict({"schema": "assay.report/1"})
    with pytest.raises(UsageError, match=r"\.json, \.parquet or \.html"):
        loop.save(tmp_path / "loop.xml")


def test_points_are_written_as_a_table(loop, tmp_path):
    table = pq.read_table(loop.save(tmp_path / "points.parquet"))
    assert table.num_rows == 16
    assert table.column("generation").to_pylist()[:4] == [1, 1, 2, 2]
    assert len(loop.to_frame()) == 16


def test_a_kept_loop_is_not_done_again_and_another_is_refused(make_table, options, tmp_path):
    table, out = make_table(300, 1), tmp_path / "kept"
    first, steps = assay.loop(table, out=out, **options), []
    assert read_trajectory(out) == first.trajectory
    assert pq.read_table(out / "trajectory.parquet").num_rows == 16
    again = assay.loop(table, out=out, **options, progress=lambda *step: steps.append(step))
    assert told(again) == told(first)
    assert steps == []
    for other, said in (
        ({"seed": 4}, "another holdout and another seed"),
        ({"size": 50}, "another size"),
        ({"target": "city"}, "columns"),
    ):
        with pytest.raises(UsageError, match=said):
            assay.loop(table, out=out, **{**options, **other})
    with pytest.raises(UsageError, match="setting of marginals"):
        assay.loop(table, out=out, **options, settings={"marginals": {"text": "null"}})
    assert read_trajectory(out) == again.trajectory


def test_floors_are_worked_out_once_for_a_folder(make_table, options, tmp_path, monkeypatch):
    class Room:
        Yardstick = Gauge

    monkeypatch.setitem(__import__("sys").modules, "assay.lab.yardstick", Room)
    del options["gauge"]
    before = Gauge.made
    first = assay.loop(make_table(300, 1), out=tmp_path, **options)
    again = assay.loop(make_table(300, 1), out=tmp_path, **options)
    assert Gauge.made == before + 1
    assert told(first) == told(again)


def test_any_number_of_jobs_gives_equal_loops(make_table, options):
    one, two = (assay.loop(make_table(300, 1), **{**options, "jobs": jobs}) for jobs in (1, 2))
    assert told(one) == told(two)


def test_a_holdout_of_ones_own_is_taken(make_table, options):
    loop = assay.loop(make_table(300, 1), holdout=make_table(90, 2), **options)
    assert loop.trajectory.real["holdout_rows"] == 90


def test_a_budget_that_is_spent_at_once_leaves_all_unfinished(make_table, options):
    loop = assay.loop(make_table(300, 1), budget=1e-9, **options)
    assert (loop.status, loop.exit_code) == ("unfinished", 3)
    assert len(loop.trajectory.unfinished) == 8
    Draft202012Validator(loop_schema()).validate(loop.to_dict())


def test_no_value_is_told_that_fewer_than_ten_rows_have(loop, make_table):
    shown = loop.to_json()
    cities = make_table(300, 1).column("city").to_pylist()
    assert not [city for city in set(cities) if city in shown and cities.count(city) < 10]
    assert min(count for bins in loop.layout.bins for count in bins.real) >= 10
    incomes = [f"{value:.3f}" for value in make_table(300, 1).column("income").to_pylist() if value is not None]
    assert not [value for value in incomes if value in shown]


@pytest.mark.parametrize(
    ("wrong", "error", "said"),
    [
        ({"generators": "marginls"}, UnknownNameError, "marginals"),
        ({"generators": []}, UsageError, "at least one generator"),
        ({"generators": "rules"}, UsageError, "learns nothing"),
        ({"regimes": ["mxi:0.1"]}, UnknownNameError, "mix"),
        ({"regimes": []}, UsageError, "at least one regime"),
        ({"regimes": "mix:2"}, UsageError, "a share"),
        ({"regimes": "curated:verifier", "target": None}, UsageError, "--target"),
        ({"settings": {"marginals": {"trees": 3}}}, UnknownNameError, "setting of marginals"),
        ({"settings": {"vae": {}}}, UsageError, "vae"),
        ({"settings": {"marginals": {"text": "maybe"}}}, UsageError, "text"),
        ({"generations": 0}, UsageError, "generations"),
        ({"generations": 10**12}, UsageError, "generations must be at most 10,000"),
        ({"seeds": 1.5}, UsageError, "seeds"),
        ({"size": 0}, UsageError, "size"),
        ({"size": 250}, UsageError, "250 real rows"),
        ({"size": True}, UsageError, "size"),
        ({"size": 60.0}, UsageError, "size"),
        ({"generators": " , "}, UsageError, "at least one generator"),
        ({"regimes": "fresh:0.9", "generations": 9}, UsageError, "432 new ones"),
        ({"seed": -1}, UsageError, "seed"),
        ({"jobs": 0}, UsageError, "jobs"),
        ({"budget": 0}, UsageError, "budget"),
        ({"keep": "some"}, UsageError, "none, last or all"),
        ({"target": "defalt"}, InputError, "default"),
    ],
)
def test_what_cannot_be_used_is_refused_before_any_generation(make_table, options, wrong, error, said, tmp_path):
    with pytest.raises(error, match=said):
        assay.loop(make_table(300, 1), **{**options, **wrong, "progress": lambda *step: pytest.fail("it began")})


def test_the_real_table_is_no_holdout_nor_is_a_part_of_it(make_table, options):
    real = make_table(300, 1)
    with pytest.raises(InputError, match="real table itself"):
        assay.loop(real, holdout=make_table(300, 1), **options)
    with pytest.raises(InputError, match="in another order"):
        assay.loop(real, holdout=real.take(list(range(299, -1, -1))), **options)
    with pytest.raises(InputError, match="90 rows that the real table has once are among the 90 of the holdout"):
        assay.loop(real, holdout=real.slice(100, 90), **options)


def test_a_table_that_a_generator_made_is_told(make_table, options, tmp_path):
    made, told = tmp_path / "made.parquet", []
    stamp = Lineage("marginals", depth=2).to_json().encode()
    pq.write_table(make_table(300, 1).replace_schema_metadata({METADATA_KEY: stamp}), made)
    assay.loop(made, **{**options, "generations": 1}, tell=told.append)
    assert len(told) == 1
    assert "The real table is not real: its stamp says that marginals made it, 2 generations away" in told[0]
    assay.loop(make_table(300, 2), holdout=made, **{**options, "generations": 1}, tell=told.append)
    assert len(told) == 2
    assert "The holdout table is not real" in told[1]


def test_counts_that_are_not_shown_are_not_told_by_subtraction(make_table, options):
    table = make_table(300, 1)
    ages = table.column("age").to_pylist()
    few = table.set_column(0, "age", pa.array([None if at in range(0, 300, 60) else age for at, age in enumerate(ages)]))
    document = assay.loop(few, **options).to_dict()
    pool = document["real"]["rows"] - document["real"]["holdout_rows"]
    told = [*document["layout"]["columns"], document["layout"]["plane"]]
    assert {one.get("column") for one in told} >= {"age", "income", None}
    for one in told:
        hidden = pool - sum(one["real"])
        assert hidden == 0 or hidden >= 10, one


def test_a_folder_made_with_other_packages_is_refused(make_table, options, tmp_path, monkeypatch):
    assay.loop(make_table(300, 1), out=tmp_path, **options)
    known = assay.verbs.loop.version
    monkeypatch.setattr(assay.verbs.loop, "version", lambda name: "99.0" if name == "numpy" else known(name))
    with pytest.raises(UsageError, match=r"another numpy \([0-9.]+ there, 99\.0 here\)"):
        assay.loop(make_table(300, 1), out=tmp_path, **options)


def test_numbers_of_numpy_and_names_with_spaces_are_taken(make_table, options):
    numbers = {name: np.int64(options[name]) for name in ("generations", "seeds", "size", "jobs")}
    names = {"generators": "marginals, bootstrap_rows ", "regimes": "replace, mix:0.2"}
    plain = {"generators": ["marginals", "bootstrap_rows"]}
    one = assay.loop(make_table(300, 1), **{**options, **numbers, **names, "seed": np.int64(3)})
    two = assay.loop(make_table(300, 1), **{**options, **plain, "seed": 3})
    assert told(json.loads(one.to_json())) == told(json.loads(two.to_json()))
