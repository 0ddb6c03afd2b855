from __future__ import annotations

import json

import pytest
from jsonschema import Draft202012Validator

import assay
from assay.cli.__main__ import main
from assay.cli.forecast import mixes_of
from assay.core.errors import InputError, UsageError
from assay.core.trajectory import Reading
from assay.reporting.documents import forecast_schema


class Gauge:
    """Mean age, against a floor worked out of the holdout."""

    def __init__(self, real, holdout, *, size, seed):
        self.middle = float(holdout.numbers("age").mean())

    def measure(self, rows, *, previous, seed):
        value = float(rows.numbers("age").mean())
        return (Reading("mean_age", value, value - 3, value + 3, self.middle - 6, self.middle, self.middle + 6),)


@pytest.fixture
def options(tmp_path):
    return {
        "target": "default",
        "generators": "marginals",
        "regimes": ["replace", "mix:0.3"],
        "generations": 5,
        "seeds": 3,
        "size": 80,
        "mixes": (),
        "jobs": 1,
        "gauge": Gauge,
        "out": tmp_path / "kept",
    }


def told(found):
    document = found.to_dict()
    for part in ("run", "cost"):
        del document[part]
    for pilot in document["settings"]["pilots"]:
        pilot.pop("timings", None)
    return document


def test_pilots_are_run_at_two_sizes_and_their_folder_forecasts_the_same(make_table, options, tmp_path, monkeypatch, capsys):
    found = assay.forecast(make_table(300, 1), **options)
    Draft202012Validator(forecast_schema()).validate(found.to_dict())
    expected = {(regime, rows) for regime in ("replace", "mix:0.3") for rows in (80, 40)}
    assert {(one.regime, one.rows) for one in found.answers.outlooks} == expected
    assert {one.sizes for one in found.answers.sizes} == {(40, 80)}
    assert all(one.generations == 3 for one in found.answers.outlooks)
    assert [one.kind for one in found.answers.shares] == ["mix"]
    assert (tmp_path / "kept" / "forecast.json").exists()
    again = assay.forecast(tmp_path / "kept", generations=5, seeds=3)
    by_name = {(one.regime, one.rows): one for one in again.answers.outlooks}
    assert {(one.regime, one.rows): one for one in found.answers.outlooks} == by_name
    assert main(["forecast", str(tmp_path / "kept"), "--generations", "5", "--seeds", "3", "--json", "-"]) == 0
    document = json.loads(capsys.readouterr().out)
    Draft202012Validator(forecast_schema()).validate(document)
    assert document["horizon"] == 5


def test_what_cannot_be_used_is_refused_before_any_work(make_table, options, tmp_path):
    table = make_table(300, 1)
    for change, words in (
        ({"generators": ()}, "at least one generator"),
        ({"pilots": 2}, "pilots must be an integer >= 3"),
        ({"seeds": 2}, "seeds must be an integer >= 3"),
        ({"generations": 3}, "generations must be larger than pilots"),
        ({"small": 1.0}, "small must be a share"),
    ):
        with pytest.raises(UsageError, match=words):
            assay.forecast(table, **{**options, **change})
    assert not (tmp_path / "kept").exists()
    with pytest.raises(InputError):
        assay.forecast(tmp_path, **options)


def test_mixes_are_rows_of_both():
    assert mixes_of(()) is None
    with pytest.raises(UsageError, match="REAL:SYNTHETIC"):
        mixes_of(("10",))
