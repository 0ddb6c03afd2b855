from __future__ import annotations

import json

import pytest

from assay.core.errors import InputError
from assay.core.trajectory import Descent, Generation, Reading, Trajectory
from assay.lab.loop_record import Origin, lineages_of, points, read_trajectory, trajectory_of

ONE, TWO = Descent("toy", "replace", 0), Descent("toy", "mix:0.1", 0)
READINGS = (Reading("mean", 0.1, 0.0, 0.2, -0.1, 0.0, 0.1), Reading("spread", 1.5, 1.4, 1.6, 0.9, 1.0, 1.1, "x"))
TRAJECTORY = Trajectory(
    (Generation(ONE, 1, READINGS, {"fit": 1.0, "sample": 2.0, "measure": 3.0}), Generation(TWO, 1, READINGS[:1])),
    {"rows": 400},
    {"size": 50},
    ((TWO, 2, "the budget was spent"),),
)
ORIGINS = {(descent, 1): Origin("b" * 64, 1, {"rows": 50.0}, {"tail": "too few"}) for descent in (ONE, TWO)}


def document():
    seconds = {"fit": 1.0, "sample": 2.0, "measure": 3.0}
    return {
        "schema": "assay.loop/1",
        "real": {"rows": 400},
        "settings": {"size": 50},
        "lineages": lineages_of(TRAJECTORY, ORIGINS),
        "unfinished": [{**TWO._asdict(), "number": 2, "reason": "the budget was spent"}],
        "run": {"timings": {"total": 6.0, "generations": [{**ONE._asdict(), "number": 1, **seconds}]}},
    }


def test_a_trajectory_reads_back_as_it_was(tmp_path):
    text = json.dumps(document())
    assert trajectory_of(json.loads(text)) == TRAJECTORY
    (tmp_path / "loop.json").write_text(text)
    assert read_trajectory(tmp_path) == TRAJECTORY
    assert document()["lineages"][0]["generations"][0]["skipped"] == {"tail": "too few"}


@pytest.mark.parametrize("content", [None, "", "[]", "{}", '{"schema": "assay.loop/1"}'])
def test_a_folder_without_a_result_is_refused(tmp_path, content):
    if content is not None:
        (tmp_path / "loop.json").write_text(content)
    with pytest.raises(InputError, match="no result of a loop"):
        read_trajectory(tmp_path)


def test_points_have_a_row_for_every_reading():
    table = points(TRAJECTORY)
    assert table.column_names == [
        *("generator", "regime", "seed", "generation", "axis", "column"),
        *("value", "low", "high", "floor_low", "floor_median", "floor_high"),
    ]
    assert table.column("axis").to_pylist() == ["mean", "spread", "mean"]
    assert table.column("column").to_pylist() == ["", "x", ""]
    assert table.column("regime").to_pylist() == ["replace", "replace", "mix:0.1"]
    assert table.column("value").to_pylist() == [0.1, 1.5, 0.1]
    assert points(Trajectory(())).num_rows == 0
