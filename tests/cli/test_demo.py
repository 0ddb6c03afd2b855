from __future__ import annotations

import json

from assay.cli.__main__ import main


def test_demo_runs_through_whatever_the_verdicts(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["demo", "--rows", "1000", "--jobs", "1"]) == 0
    shown = capsys.readouterr().out
    for word in ("gaussian_copula", "tree_chain", "believed", "actual", "attainable", "verdict"):
        assert word in shown
    for name in ("gaussian_copula", "tree_chain"):
        report = json.loads((tmp_path / "assay-demo" / f"{name}.json").read_text(encoding="utf-8"))
        assert report["verdict"].replace("_", " ").upper() in shown
        assert report["inputs"]["real"]["rows"] == 700
        assert (tmp_path / "assay-demo" / f"{name}.html").stat().st_size > 10_000
        assert (tmp_path / "assay-demo" / f"{name}.parquet").exists()


def test_options_that_cannot_be_are_refused_before_work(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["demo", "--rows", "1000", "--jobs", "0"]) == 2
    assert "jobs must be an integer >= 1" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())
