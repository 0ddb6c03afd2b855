from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hostile_reports import every_report, hostile
from jsonschema import Draft202012Validator
from sample_reports import bad, good, unsure

from assay.core.errors import InputError, UsageError
from assay.reporting.documents import report_schema
from assay.reporting.report import Report

KEYS = [
    *("schema", "verdict", "reasons", "rows_needed", "warnings", "policy", "inputs", "headline", "checks", "estimates"),
    *("findings", "mechanisms", "not_checked", "run"),
]


def test_the_document_has_exactly_the_keys_of_the_contract_in_their_order():
    document = bad().to_dict()
    assert list(document) == KEYS
    assert list(document["policy"]) == ["name", "sha256"]
    assert list(document["inputs"]) == ["real", "synthetic", "holdout"]
    assert list(document["inputs"]["real"]) == ["rows", "columns", "sha256"]
    assert list(document["headline"]) == [
        *("metric", "trained", "believed", "actual", "attainable", "illusion_gap", "utility_gap", "worth_in_real_rows")
    ]
    assert list(document["checks"][0]) == [
        *("measure", "family", "required", "outcome", "mean", "worst", "margin", "blind", "could_have_missed")
    ]
    assert list(document["mechanisms"][0]) == ["mechanism", "score"]
    assert list(document["run"]) == ["assay_version", "versions", "command", "seed", "jobs", "timings"]


@every_report
def test_the_document_obeys_its_schema(report: Report):
    Draft202012Validator(report_schema()).validate(json.loads(report.to_json()))


@every_report
def test_reading_back_gives_the_same_document(report: Report):
    document = json.loads(report.to_json())
    assert Report.from_dict(document).to_dict() == document


def test_a_document_of_another_kind_is_refused():
    with pytest.raises(UsageError, match=r"assay\.report/1"):
        Report.from_dict({**bad().to_dict(), "schema": "assay.report/2"})


def test_numbers_that_are_not_finite_become_null():
    report = bad()
    checks = (replace(report.scorecard.checks[0], margin=float("inf"), blind=float("nan")),)
    report = Report(replace(report.scorecard, checks=checks), report.judgement, report.policy, report.inputs, report.run)
    entry = json.loads(report.to_json())["checks"][0]
    assert entry["margin"] is None
    assert entry["blind"] is None


def test_what_the_report_says_of_itself():
    assert (bad().trusted, bad().verdict, bad().exit_code) == (False, "not_trusted", 1)
    assert (good().trusted, good().verdict, good().exit_code) == (True, "trusted", 0)
    assert (unsure().rows_needed, unsure().headline, unsure().exit_code) == (31_000, None, 3)
    assert bad().findings[0].code == "TAIL01"
    assert repr(good()) == "Report('trusted', 17 of 17 checks passed, 0 findings)"


@pytest.mark.parametrize(("suffix", "start"), [("json", b'{\n  "schema"'), ("html", b"<!DOCTYPE html>"), ("xml", b"<?xml")])
def test_save_goes_by_the_suffix(tmp_path, suffix, start):
    path = tmp_path / f"report.{suffix}"
    path.write_bytes(b"stale")
    assert bad().save(path) == path
    assert path.read_bytes().lstrip().startswith(start)
    assert [entry.name for entry in tmp_path.iterdir()] == [path.name]


def test_save_says_what_it_cannot_do(tmp_path):
    with pytest.raises(UsageError, match=r"\.json, \.html or \.xml"):
        bad().save(tmp_path / "report.pdf")
    with pytest.raises(InputError, match="existing folder"):
        bad().save(tmp_path / "absent" / "report.json")


def test_names_that_hide_what_they_are_stay_readable_and_exact_in_json():
    text = hostile().to_json()
    assert "\u202e" not in text
    assert "\x1b" not in text
    assert "\\u202e" in text
    assert json.loads(text)["warnings"][3] == "safe\u202egnp.exe"
