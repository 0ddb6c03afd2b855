"""The benchmark of forecasts: what pilots may see, what counts, and what is run again."""

from __future__ import annotations

import argparse
import importlib
import json
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from assay.core.trajectory import Descent, Generation, Reading, Trajectory

BENCH = Path(__file__).parents[1] / "bench"


@pytest.fixture
def bench(monkeypatch):
    monkeypatch.syspath_prepend(str(BENCH))
    names = ("forecast", "forecast_cells", "forecast_told", "forecast_safe")
    return SimpleNamespace(**{name.removeprefix("forecast_"): importlib.import_module(name) for name in names})


def line(seed, number, *, regime="replace", table="t", rows=100, generations=5, value=None, reason=None):
    named = {"table": table, "rows": rows, "generations": generations, "generator": "g", "regime": regime, "seed": seed}
    if reason is not None:
        return {**named, "number": number, "seconds": 0.0, "reason": reason}
    value = 0.6 + 0.01 * number + 0.002 * ((7 * seed + 3 * number) % 5) if value is None else value
    return {**named, "number": number, "seconds": 1.0, "readings": {"two_sample_auc": [value, 0.55, 0.75, 0.45, 0.5, 0.55]}}


def lineages(count, **named):
    return [line(seed, number, **named) for seed in range(count) for number in range(1, 6)]


def cell(bench, tmp_path, entries):
    path = tmp_path / "some.jsonl"
    path.write_text("".join(json.dumps(each) + "\n" for each in entries))
    return next(iter(bench.cells.read(path, 100, 5)))


def test_pilots_see_nothing_of_later_generations_and_held_out_lineages(bench, tmp_path):
    told = cell(bench, tmp_path, lineages(10)).pilots["two_sample_auc"]
    spoilt = [
        line(each["seed"], each["number"], value=0.95) if each["seed"] > 4 or each["number"] > 3 else each
        for each in lineages(10)
    ]
    for each in spoilt:
        if each["seed"] > 4 or each["number"] > 3:
            each["readings"]["two_sample_auc"][1:3] = [0.2, 0.99]  # would move offset and noise
    other = cell(bench, tmp_path, spoilt).pilots["two_sample_auc"]
    assert (told.scale, told.noise) == (other.scale, other.noise)
    assert np.array_equal(told.values, other.values)
    assert told.values.shape == (5, 3)


def test_a_held_out_lineage_that_failed_is_not_covered(bench, tmp_path):
    entries = [each for each in lineages(7) if (each["seed"], each["number"]) < (6, 5)]
    found = next(bench.told.held_out(cell(bench, tmp_path, [*entries, line(6, 5, reason="fitting failed")])))
    assert found["scores"].shape == (2, 2)
    assert np.isinf(found["scores"]).tolist() == [[False, False], [False, True]]


def test_lineages_of_a_replicate_are_one_cluster_of_what_other_tables_show(bench, tmp_path):
    cells = []
    for regime in ("replace", "mix:0.1"):
        for table in "ab":
            entries = lineages(10, regime=regime, table=table)
            for each in entries:
                if each["seed"] > 4:  # held out, and right where they are forecast
                    each["readings"]["two_sample_auc"][0] = 0.604 + 0.01 * each["number"]
            cells.append(cell(bench, tmp_path, entries))
    found = [each for one in cells for each in bench.told.held_out(one)]
    one_table, two_tables = bench.told.known(found, "a"), bench.told.known(found, None)
    assert one_table == {"two_sample_auc": 1.0, "": 1.0}  # ten lineages of five replicates do not narrow
    assert two_tables["two_sample_auc"] < 1.0


def made(seeds):
    reading = Reading("two_sample_auc", 0.7, 0.6, 0.8, 0.45, 0.5, 0.55)
    return Trajectory(
        tuple(Generation(Descent("g", "replace", seed), 1, (reading,), {"fit": 1.0}) for seed in range(seeds - 1)),
        unfinished=((Descent("g", "replace", seeds - 1), 1, "fitting failed"),),
    )


def test_what_is_there_is_not_written_twice_and_other_sizes_are_other_loops(bench, tmp_path, monkeypatch):
    runs = []

    def loop(*given, **named):
        runs.append((named["seeds"], named["size"]))
        return SimpleNamespace(trajectory=made(named["seeds"]))

    monkeypatch.setattr(bench.forecast.assay, "loop", loop, raising=False)
    monkeypatch.setattr(bench.forecast, "dataset", lambda name: None)
    monkeypatch.setitem(bench.forecast.GENERATORS, "g", {})
    path = tmp_path / "kept.jsonl"
    for seeds, rows in ((3, 100), (3, 100), (4, 100), (3, 200)):
        options = argparse.Namespace(rows=rows, generations=5, jobs=1)
        bench.forecast.make(options, path, "t", "g", ["replace"], seeds)
    assert runs == [(3, 100), (4, 100), (3, 200)]
    kept = [(*bench.cells.key(each), each["number"]) for each in bench.cells.lines(path)]
    assert len(kept) == len(set(kept)) == 7
    first = next(iter(bench.cells.read(path, 100, 5)))
    assert [each.seed for each in first.trajectory.lineages()] == [0, 1]
    assert first.trajectory.unfinished[0][2] == "fitting failed"


def test_shares_are_run_as_told(bench, monkeypatch):
    from assay.core.forecast import Answers, SafeShare

    told = [
        ("mix", "share", 0.137),
        ("fresh", "any", 0.1),
        ("mix", "any", 0.0),
        ("mix", "share", 1.0),
        ("mix", "cannot_tell", None),
    ]
    shares = tuple(SafeShare("g", "two_sample_auc", kind, 100, status, share, None, None, ()) for kind, status, share in told)
    monkeypatch.setattr(bench.safe, "forecast_of", lambda *given, **named: Answers(8, (), shares))
    own = SimpleNamespace(
        table="t", generator="g", regime="replace", seen=made(3), pilots={"two_sample_auc": "pilot"}, first=[], later=[]
    )
    claims, dropped = bench.safe._claims(8, [own], [])
    assert [one.regime for one in claims] == ["mix:0.137", "fresh:0.1", "replace"]
    assert dropped == {"share 1": 1, "cannot_tell": 1}


def test_loops_at_shares_come_first_and_what_held_out_lineages_say_is_told_beside(bench, tmp_path, monkeypatch, capsys):
    from assay.core.forecast import SafeShare

    own = cell(bench, tmp_path, lineages(10))
    pilot = own.pilots["two_sample_auc"]

    def claim(status, regime):
        answer = SafeShare("g", "two_sample_auc", "mix", 100, status, None, None, None, ())
        return bench.safe.Claim("t", "g", regime, answer, pilot)

    claims = [claim("none", "replace"), claim("any", "replace"), claim("share", "mix:0.5"), claim("share", "mix:0.6")]
    monkeypatch.setattr(bench.safe, "_claims", lambda *given: (claims, bench.safe.Counter(cannot_tell=2)))
    asked = []

    def make(options, path, table, generator, regimes, seeds):
        asked.append((regimes, seeds))
        path.write_text("".join(json.dumps(one) + "\n" for one in lineages(7, regime="mix:0.6", value=0.5)))

    options = argparse.Namespace(rows=100, generations=5, most=2, results=tmp_path / "kept.jsonl")
    bench.safe.safe(options, [own], [], make)
    assert sorted(asked) == [(["mix:0.5"], 65), (["mix:0.6"], 65)]
    told = capsys.readouterr().out
    assert "share: told 2, tested 1, not tested 1" in told
    assert "any: told 1, tested 0, not tested 1" in told
    assert "cannot_tell: told 2, tested 0, not tested 2" in told
    assert "t g two_sample_auc share at mix:0.6: 2 of 2 inside" in told
    assert "t g two_sample_auc any at replace: 0 of 5 inside" in told
