from __future__ import annotations

import json

import pytest

from assay.core.errors import InputError, UsageError
from assay.core.trajectory import Descent, Generation, Reading, Trajectory
from assay.lab.forecast_folders import finished, require_one_world
from assay.lab.loop_store import Store

REAL = {"sha256": "a", "holdout_sha256": "b", "target": "y", "task": "binary"}


def loop(*, generator="g", regime="replace", size=100, settings=None, **real):
    one = Generation(Descent(generator, regime, 0), 1, (Reading("tstr", 0.8, 0.7, 0.9, 0.7, 0.8, 0.9),))
    return Trajectory((one,), {**REAL, **real}, {"size": size, "generators": {generator: settings or {}}})


@pytest.mark.parametrize(
    ("other", "what"),
    [
        (loop(size=50, sha256="c"), "different real rows"),
        (loop(size=50, holdout_sha256="c"), "different sealed rows.*same --holdout"),
        (loop(size=50, target="z"), "different target"),
        (loop(size=50, settings={"trees": 2}), "different settings of g"),
        (loop(), "Lineages of g under replace with 100 rows stand in one and in two"),
    ],
)
def test_pilots_of_different_worlds_are_refused(other, what):
    with pytest.raises(UsageError, match=what) as told:
        require_one_world(["one", "two"], [loop(), other])
    assert "one and two" in str(told.value) or "in one and in two" in str(told.value)


def test_pilots_of_another_size_regime_or_generator_are_read_together():
    others = [loop(size=50), loop(regime="mix:0.1"), loop(generator="h", settings={"trees": 2})]
    require_one_world(list("abcd"), [loop(), *others])


def test_a_loop_that_was_begun_and_not_ended_is_named_with_what_ends_it(tmp_path):
    assert finished(tmp_path) == []
    Store(tmp_path / "forecast" / "pilots-80").claim({"size": 80}, {})
    with pytest.raises(InputError, match="begun here and has no result yet") as told:
        finished(tmp_path / "forecast")
    assert told.value.file == str(tmp_path / "forecast" / "pilots-80")
    assert f"assay forecast REAL (or assay loop) with --out {tmp_path / 'forecast'}" in told.value.fix
    with pytest.raises(InputError) as told:
        finished(tmp_path / "forecast" / "pilots-80")
    assert f"assay loop with --out {tmp_path / 'forecast' / 'pilots-80'}" in told.value.fix


def test_settings_of_something_else_are_no_loop(tmp_path):
    (tmp_path / "settings.json").write_text(json.dumps({"schema": "other"}))
    assert finished(tmp_path) == []
    (tmp_path / "settings.json").write_text("[]")
    assert finished(tmp_path) == []
