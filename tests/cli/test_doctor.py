from __future__ import annotations

from importlib import import_module

from assay.cli.__main__ import main

doctor = import_module("assay.verbs.doctor")


def test_a_whole_base_is_healthy(capsys):
    assert main(["doctor"]) == 0
    shown = capsys.readouterr().out
    for part in ("Python 3.", "Base: complete", "scikit-learn", "Extra neural", "Extra demo"):
        assert part in shown


def test_what_is_missing_comes_with_the_line_that_installs_it(monkeypatch, capsys):
    found = {"torch": None, "duckdb": "2.1.0"}
    monkeypatch.setattr(doctor, "_installed", lambda name: found.get(name, "99.0"))
    assert main(["doctor"]) == 2
    shown = capsys.readouterr().out
    assert "Base: INCOMPLETE" in shown
    assert "pip install -e .\n" in shown
    assert "pip install -e '.[neural]'" in shown
    assert "2.1.0" in shown


def test_a_broken_torch_does_not_break_the_doctor(monkeypatch, capsys):
    monkeypatch.setattr(doctor, "ASK_TORCH", "import sys; sys.exit('driver on fire')")
    monkeypatch.setattr(doctor, "_installed", lambda name: "2.13.0" if name == "torch" else "99.0")
    main(["doctor"])
    assert "torch cannot be used (driver on fire)" in capsys.readouterr().out
