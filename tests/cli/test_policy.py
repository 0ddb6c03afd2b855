from __future__ import annotations

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
