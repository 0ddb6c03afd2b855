from __future__ import annotations

import json
import os

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
    assert document["known"]
    assert document["run"]["jobs"] >= 1
    assert found.run["jobs"] == os.cpu_count()  # of the machine: what was asked for changes nothing
    for change, words in (
        ({"generators": "marginals"}, "would do nothing: generators .--with."),
        ({"regimes": "replace"}, "would do nothing: regimes .--regime."),
        ({"holdout": "rows.csv"}, "would do nothing: holdout .--holdout."),
        ({"mixes": [(10, 10)]}, "would do nothing: mixes .--mix."),
        ({"target": "default", "size": 80}, "would do nothing: size .--size., target .--target."),
    ):
        with pytest.raises(UsageError, match=words):
            assay.forecast(tmp_path / "kept", generations=5, **change)
    capsys.readouterr()
    assert main(["forecast", str(tmp_path / "kept"), "--generations", "5", "--with", "marginals"]) == 2
    assert "--with" in capsys.readouterr().err
    assert main(["forecast", str(tmp_path / "kept"), "--generations", "5"]) == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert "after it there is no guarantee. Stretches rest on 400 held-out lineages of adult" in shown
    (tmp_path / "kept" / "pilots-40" / "loop.json").unlink()
    with pytest.raises(InputError, match="has no result yet"):
        assay.forecast(tmp_path / "kept", generations=5)


def test_mixes_that_cannot_be_fitted_are_untold_and_pilots_stand(make_table, options, monkeypatch):
    def broken(*given, **named):
        raise InputError("The rows do not fit.")

    monkeypatch.setattr("assay.verbs.forecast.measured", broken)
    found = assay.forecast(make_table(300, 1), **{**options, "mixes": None, "small": 0.0, "regimes": "replace"})
    assert found.answers.mixtures == ()
    assert found.answers.untold["marginals, real and synthetic rows together"] == "The rows do not fit."
    assert found.answers.outlooks


def test_a_spent_budget_is_told_of_pilots_and_mixes(make_table, options):
    found = assay.forecast(make_table(300, 1), **{**options, "mixes": None, "small": 0.0, "regimes": "replace", "budget": 1e-3})
    assert "the budget was spent" in found.answers.untold["marginals, real and synthetic rows together"]
    assert "3 of 3 lineages ended early" in found.answers.untold["marginals, replace, 80 rows"]
    assert found.exit_code == 3


def test_what_cannot_be_used_is_refused_before_any_work(make_table, options, tmp_path):
    table = make_table(300, 1)
    for change, words in (
        ({"generators": ()}, "at least one generator"),
        ({"pilots": 2}, "pilots must be an integer >= 3"),
        ({"seeds": 2}, "seeds must be an integer >= 3"),
        ({"generations": 3}, "generations must be larger than pilots"),
        ({"generations": 100_000}, "generations must be at most 1,000.*Got 100,000"),
        ({"small": 1.0}, "small must be a share"),
        ({"small": 0.4}, "Second pilots need at least 40 rows.*which is 32"),
        ({"mixes": [(10, 10)], "target": None}, "mixes are scored by a model of the target"),
    ):
        with pytest.raises(UsageError, match=words):
            assay.forecast(table, **{**options, **change})
    assert not (tmp_path / "kept").exists()
    with pytest.raises(InputError):
        assay.forecast(tmp_path, **options)


def test_where_there_is_neither_loop_nor_generator_it_is_said_which(make_table, tmp_path):
    with pytest.raises(InputError, match=r"away: No such file or folder.*finished loop.*--with"):
        assay.forecast(tmp_path / "away")
    with pytest.raises(UsageError, match="no loop was begun in"):
        assay.forecast(tmp_path)
    with pytest.raises(UsageError, match=r"Got none\.$"):
        assay.forecast(make_table(300, 1))


def test_the_forecast_of_a_folder_is_kept_in_another_that_is_tried_first(make_table, options, tmp_path, monkeypatch, capsys):
    assay.forecast(make_table(300, 1), **{**options, "regimes": "replace", "small": 0.0})
    new = tmp_path / "further" / "new"
    asked = ["forecast", str(tmp_path / "kept"), "--generations", "5", "--out", str(new), "--json", str(new / "same.json")]
    assert main(asked) == 0
    assert (new / "forecast.json").read_bytes() == (new / "same.json").read_bytes()
    taken = tmp_path / "taken"
    taken.write_text("mine")
    monkeypatch.setattr(assay.verbs.forecast, "forecast_of", lambda *_, **__: pytest.fail("it began"))
    with pytest.raises(InputError, match="Cannot make this folder"):
        assay.forecast(tmp_path / "kept", generations=5, out=taken)
    assert taken.read_text() == "mine"


def test_mixes_are_rows_of_both():
    assert mixes_of(()) is None
    with pytest.raises(UsageError, match="REAL:SYNTHETIC"):
        mixes_of(("10",))
