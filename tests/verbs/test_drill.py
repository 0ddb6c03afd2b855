from __future__ import annotations

import json

import pyarrow.parquet as pq
import pytest
from jsonschema import Draft202012Validator

import assay
from assay.core.errors import InputError, UnknownNameError, UsageError
from assay.reporting.documents import drill_schema
from assay.reporting.drill import Drill

POLICY = """
name = "quick"
purpose = "Tests."
error = 0.05
needs = []

[checks.schema_match]
material = 0.001
blind = 0.02
reason = "It must fit."

[checks.ks_distance]
material = 0.05
mean = 0.05
blind = 0.5
reason = "It must lie where reality lies."
"""


@pytest.fixture
def options(tmp_path):
    (tmp_path / "quick.toml").write_text(POLICY, encoding="utf-8")
    return {"policy": tmp_path / "quick.toml", "target": "default", "rounds": 2, "jobs": 1}


def told(drill):
    document = drill.to_dict()
    del document["run"]["timings"]
    return document


@pytest.fixture
def drill(make_table, options):
    return assay.drill(make_table(500, 1), kinds=["shift_values", "break_order"], **options)


def test_a_drill_says_what_is_noticed(drill):
    assert drill.status == "drilled"
    assert drill.exit_code == 0
    assert [kind.kind for kind in drill.kinds] == ["shift_values"]
    assert [entry.kind for entry in drill.not_planted] == ["break_order"]
    assert "time" in drill.not_planted[0].reason
    assert [size["real"] for size in drill.sizes] == [181, 45]
    assert drill.false_alarms.checks == 2
    assert drill.asked["done"] == drill.asked["plantings"] == len(drill.plantings)
    kind = drill["shift_values"]
    assert kind.plantings == 3
    assert kind.at_material.low <= kind.at_material.rate <= kind.at_material.high
    with pytest.raises(KeyError):
        _ = drill["break_order"]


def test_the_document_fits_its_schema_and_reads_back(drill, tmp_path):
    document = json.loads(drill.save(tmp_path / "drill.json").read_text("utf-8"))
    Draft202012Validator(drill_schema()).validate(document)
    assert Drill.from_dict(document).to_dict() == document
    with pytest.raises(UsageError, match=r"assay\.drill/1"):
        Drill.from_dict({"schema": "assay.report/1"})
    with pytest.raises(UsageError, match=r"\.json or \.html"):
        drill.save(tmp_path / "drill.xml")


def test_any_number_of_jobs_gives_equal_drills(make_table, options):
    table = make_table(300, 1)
    one, two = (assay.drill(table, kinds="shift_values", **{**options, "jobs": jobs}) for jobs in (1, 2))
    assert told(one) == told(two)


def test_a_kept_drill_is_not_done_again_and_another_is_refused(make_table, options, tmp_path):
    table = make_table(300, 1)
    more = {"kinds": ["shift_values"], "out": tmp_path / "kept", **options}
    first = assay.drill(table, **more)
    steps = []
    assert told(assay.drill(table, **more, progress=lambda *step: steps.append(step))) == told(first)
    assert steps == []
    for other in ({"seed": 4}, {"target": "city"}):
        with pytest.raises(UsageError, match="another"):
            assay.drill(table, **{**more, **other})
    with pytest.raises(UsageError, match="another table"):
        assay.drill(make_table(300, 2), **more)


def test_a_budget_that_is_spent_at_once_tells_nothing(make_table, options):
    drill = assay.drill(make_table(300, 1), kinds=["shift_values"], budget=1e-9, **options)
    assert drill.status == "cannot_tell"
    assert drill.exit_code == 3
    assert drill.asked["done"] == 0 < drill.asked["plantings"]
    assert "budget" in drill.not_planted[0].reason
    Draft202012Validator(drill_schema()).validate(drill.to_dict())


def test_no_value_of_the_table_is_told(make_table, options):
    table = make_table(300, 1)
    drill = assay.drill(table, kinds=["new_levels", "shift_values", "spike_values", "swap_levels"], **{**options, "rounds": 1})
    shown = drill.to_json() + drill.to_html()
    assert not [city for city in ("Bonn", "Köln", "Ulm", "Wien") if city in shown]
    incomes = [f"{value:.3f}" for value in table.column("income").to_pylist() if value is not None]
    assert not [value for value in incomes if value in shown]


def test_files_are_drilled_too(make_table, options, tmp_path):
    table = make_table(300, 1)
    pq.write_table(table, tmp_path / "real.parquet")
    from_file, from_memory = (
        assay.drill(source, kinds="shift_values", **{**options, "rounds": 1}) for source in (tmp_path / "real.parquet", table)
    )
    assert told(from_file) == told(from_memory)


@pytest.mark.parametrize(
    ("wrong", "error", "said"),
    [
        ({"kinds": ["shift_vales"]}, UnknownNameError, "shift_values"),
        ({"kinds": []}, UsageError, "at least one kind"),
        ({"rounds": 0}, UsageError, "rounds"),
        ({"rounds": 2.5}, UsageError, "rounds"),
        ({"rows": 200}, UsageError, "to 120"),
        ({"rows": 60.5}, UsageError, "an integer"),
        ({"seed": -1}, UsageError, "seed"),
        ({"jobs": 0}, UsageError, "jobs"),
        ({"budget": 0}, UsageError, "budget"),
        ({"target": "defalt"}, InputError, "default"),
        ({"policy": "trian"}, UsageError, "train"),
    ],
)
def test_what_cannot_be_used_is_refused_before_anything_is_planted(make_table, options, wrong, error, said):
    with pytest.raises(error, match=said):
        assay.drill(make_table(300, 1), **{**options, **wrong, "progress": lambda *step: pytest.fail("it began")})


def test_a_table_that_is_too_small_is_refused(make_table, options):
    with pytest.raises(UsageError, match="at least 100"):
        assay.drill(make_table(99, 1), **options)
