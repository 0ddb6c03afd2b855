"""Learners and scorers named on the command line: imported because they were typed, with errors that say what to do."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from assay.cli.__main__ import main
from assay.cli.check import command_line
from assay.cli.given import imported, learner_named, scorer_named
from assay.core.errors import UsageError

MODULE = """
from sklearn.linear_model import LogisticRegression
plain = LogisticRegression(C=0.5)
def make():
    return LogisticRegression(C=0.25)
def broken():
    raise OSError("no model")
def right(model, features, target):
    return float((model.predict(features) == target).mean())
"""


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    name = f"own_models_{tmp_path.name.replace('-', '_')}"
    (tmp_path / f"{name}.py").write_text(MODULE, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [part for part in sys.path if part])
    return name


def test_estimators_factories_and_classes_are_found(own: str) -> None:
    assert learner_named(f"{own}:plain").C == 0.5
    assert learner_named(f"{own}:make").C == 0.25
    assert learner_named("sklearn.linear_model:LogisticRegression").C == 1.0
    assert learner_named("boosting") == "boosting"


def test_scorers_are_names_or_callables(own: str) -> None:
    assert scorer_named("balanced_accuracy") == "balanced_accuracy"
    assert callable(scorer_named(f"{own}:right"))
    assert scorer_named(None) is None


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("no_such_module_anywhere:x", "cannot be imported: ModuleNotFoundError"),
        (":x", "needs MODULE:ATTRIBUTE"),
        ("math:nothing", "math has no 'nothing'"),
    ],
)
def test_what_is_not_there_is_said(name: str, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        imported(name, "--learner")


def test_a_factory_that_fails_is_no_traceback(own: str) -> None:
    with pytest.raises(UsageError, match="failed when called without arguments: OSError"):
        learner_named(f"{own}:broken")


def test_the_command_that_asks_again_names_them() -> None:
    options = {"learner": ("a:b", "linear"), "scorer": "accuracy", "seed": 0}
    assert (
        command_line("r.csv", "s.csv", options)
        == "assay check r.csv s.csv --learner a:b --learner linear --scorer accuracy --seed 0"
    )


def test_a_check_takes_them(own: str, tables: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = [
        "check",
        "real.parquet",
        "alike.parquet",
        "--holdout",
        "holdout.parquet",
        "--policy",
        "quick.toml",
        "--jobs",
        "1",
    ]
    assert main([*arguments, "--learner", f"{own}:make", "--scorer", f"{own}:right"]) == 0
    assert main([*arguments, "--learner", "no_such_module_anywhere:x"]) == 2
    assert "cannot be imported" in capsys.readouterr().err
    assert main([*arguments, "--learner", "forest"]) == 2
    assert "boosting or linear" in capsys.readouterr().err
