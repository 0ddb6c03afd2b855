from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pytest

from assay.cli.__main__ import main


@pytest.mark.parametrize("name", ["train", "augment", "share", "test"])
def test_a_policy_is_shown_as_toml(capsys, name):
    assert main(["policy", "show", name]) == 0
    shown = tomllib.loads(capsys.readouterr().out)
    assert shown["name"] == name
    assert all(rule["reason"] for rule in shown["checks"].values())


def test_a_policy_file_is_shown(tables, capsys):
    assert main(["policy", "show", "quick.toml"]) == 0
    assert tomllib.loads(capsys.readouterr().out)["name"] == "quick"


def test_what_is_no_policy_exits_2(tmp_path, capsys):
    assert main(["policy", "show", "tran"]) == 2
    assert "'train'" in capsys.readouterr().err
    Path(tmp_path / "bad.toml").write_text("[checks.ks_distance]\nmaterial = -1\n", encoding="utf-8")
    assert main(["policy", "show", str(tmp_path / "bad.toml")]) == 2
    assert "material" in capsys.readouterr().err


def test_a_policy_that_does_not_hold_is_not_written_over(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    Path("mine").write_text("nonsense = 3\n", encoding="utf-8")
    for name in ("mine", "tran"):
        assert main(["policy", "show", "--json", name]) == 2
    assert Path("mine").read_text(encoding="utf-8") == "nonsense = 3\n"
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]


def test_a_good_file_is_told_what_it_asks_for_and_what_it_changes(tmp_path, capsys):
    file = Path(tmp_path / "own.toml")
    file.write_text('extends = "train"\n[checks.tail_mass]\nmaterial = 0.5\n', encoding="utf-8")
    assert main(["policy", "check", str(file)]) == 0
    shown = capsys.readouterr().out
    assert "'own' can be used" in shown
    assert "checks.tail_mass.material" in shown
    assert main(["policy", "show", str(file)]) == 0
    resolved = capsys.readouterr().out
    assert "material = 0.5  # train has another" in resolved
    assert len(tomllib.loads(resolved)["checks"]) > 20
    assert main(["policy", "show", str(file), "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["changed"] == ["checks.tail_mass.material"]
    assert document["sha256"] in shown


def test_every_problem_of_a_file_is_listed_with_its_line(tmp_path, capsys):
    file = Path(tmp_path / "own.toml")
    file.write_text("[checks.tail_mass]\nmaterial = true\nblind = nan\n", encoding="utf-8")
    assert main(["policy", "check", str(file)]) == 2
    shown = capsys.readouterr()
    assert not shown.out
    assert len(shown.err.splitlines()) == 2
    assert "line 2, checks.tail_mass.material" in shown.err
    assert "line 3, checks.tail_mass.blind" in shown.err
