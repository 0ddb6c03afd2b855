from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from jsonschema import Draft202012Validator

import assay.verbs.estimate
from assay.cli.__main__ import main
from assay.reporting.documents import estimate_schema

ASK = ["estimate", "few.parquet", "many.parquet", "--column", "default", "--what", "rate"]
TOLD = [*ASK, "--predicted", "score"]


@pytest.fixture
def rows(tables, make_table, monkeypatch) -> Path:
    """Beside the usual tables: 200 rows with labels and 1,500 without, both with a score, and others to learn from."""
    monkeypatch.setattr("assay.checking.estimate_populations._told", lambda *_: [])
    few, many = make_table(200, 1), make_table(1_500, 2)
    for name, table in {"few": few, "many": many, "other": make_table(400, 3)}.items():
        noise = np.random.default_rng(len(table)).random(len(table))
        score = pa.array(np.clip(0.7 * table.column("default").to_numpy() + 0.3 * noise, 0, 1))
        if name != "other":
            table = table.append_column("score", score).append_column("dice", pa.array(np.sin(1e6 * noise)))
        pq.write_table(table.drop_columns(["default"]) if name == "many" else table, f"{name}.parquet")
    return tables


def plain(text):
    document = json.loads(text)
    Draft202012Validator(estimate_schema()).validate(document)
    document.get("run", {}).pop("timings", None)
    return document


def test_it_prints_both_intervals_and_writes_the_document(rows, capsys):
    assert main([*TOLD, "--json", "out.json"]) == 0
    shown = capsys.readouterr().out
    for said in ("ESTIMATE", "Real rows alone (95%)", "With predictions", "Worth", "Assumed, not proven", "Wrote out.json"):
        assert said in shown
    assert max(map(len, shown.splitlines())) <= 80
    document = plain(Path("out.json").read_text("utf-8"))
    command = "assay estimate few.parquet many.parquet --column default --what rate --predicted score --seed 0"
    assert document["run"]["command"] == command
    assert main([*TOLD, "--json", "-"]) == 0
    assert plain(capsys.readouterr().out) == document


def test_the_command_asks_the_same_again_to_the_last_digit(rows, capsys):
    assert main([*TOLD, "--confidence", "0.91234567", "--json", "-"]) == 0
    document = plain(capsys.readouterr().out)
    assert document["settings"]["confidence"] == 0.91234567
    assert "--confidence 0.91234567 " in document["run"]["command"]


def test_a_model_learns_from_rows_of_its_own(rows, capsys):
    assert main([*ASK, "--model-rows", "other.parquet", "--json", "-"]) == 0
    document = plain(capsys.readouterr().out)
    assert (document["learned"], document["rows"]["model"]) == ("model_rows", 400)
    assert "--model-rows other.parquet" in document["run"]["command"]


def test_a_refusal_exits_3_with_the_real_rows_interval(rows, capsys):
    assert main([*ASK, "--predicted", "dice", "--json", "out.json"]) == 3
    assert "CANNOT TELL" in capsys.readouterr().out
    document = plain(Path("out.json").read_text("utf-8"))
    assert (document["status"], document["reason"]) == ("refused", "too_weak")
    assert document["quantities"][0]["classical"]["low"] > 0


def test_synthetic_rows_need_a_statement(rows, capsys):
    assert main(["generate", "other.parquet", "--with", "marginals", "-n", "1500", "--out", "made.parquet"]) == 0
    ask = ["estimate", "few.parquet", "made.parquet", "--column", "default", "--what", "rate"]
    capsys.readouterr()
    assert main(ask) == 2
    said = capsys.readouterr().err
    assert "a generator made them" in said
    assert "--model-rows" in said
    assert "--same-population" in said
    main([*ask, "--same-population", "--json", "-"])
    document = plain(capsys.readouterr().out)
    assert document["settings"]["same_population"] is True
    assert any("stated" in said for said in document["assumptions"])
    assert "--same-population" in document["run"]["command"]


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (["--column", "defalt"], "'default'"),
        (["--what", "average"], "quantile"),
        (["--what", "quantile"], "--q"),
        (["--what", "ols"], "--given"),
        (["--positive", "2"], "'2'"),
        (["--predicted", "scroe"], "'score'"),
        (["--model-rows", "other.parquet"], "--model-rows"),
        (["--where", "age >"], "character"),
        (["--where", "age > 500"], "Got 0 of 200"),
        (["--where", "default = 1"], "--where names 'default'"),
        (["--confidence", "95"], "0.95"),
        (["--entity", "city"], "one row of each entity"),
        (["--schema", "nowhere.toml"], "nowhere.toml"),
        (["--seed", "-1"], "seed"),
    ],
)
def test_bad_input_exits_2_with_an_error_document(rows, capsys, more, said):
    assert main([*TOLD, *more, "--json", "out.json"]) == 2
    assert said in capsys.readouterr().err
    document = plain(Path("out.json").read_text("utf-8"))
    assert document["schema"] == "assay.error/1"
    assert said in json.dumps(document)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["estimate"], "REAL"),
        (["estimate", "few.parquet"], "FURTHER"),
        (["estimate", "few.parquet", "many.parquet"], "--column"),
        (["estimate", "nowhere.csv", "many.parquet", "--column", "default"], "nowhere.csv"),
        (["estimate", "few.parquet", "few.parquet", "--column", "default", "--what", "rate"], "among the real rows"),
        ([*TOLD, "--json", "few.parquet"], "few.parquet"),
        ([*TOLD, "--nonsense"], "--nonsense"),
    ],
)
def test_wrong_usage_exits_2(rows, capsys, arguments, said):
    assert main(arguments) == 2
    assert said in capsys.readouterr().err


def test_something_unforeseen_exits_4(rows, capsys, monkeypatch):
    def fault(*_, **__):
        raise ZeroDivisionError

    monkeypatch.setattr(assay.verbs.estimate, "answered", fault)
    assert main([*TOLD, "--json", "out.json"]) == 4
    assert plain(Path("out.json").read_text("utf-8"))["schema"] == "assay.error/1"
