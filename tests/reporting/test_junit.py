from __future__ import annotations

from dataclasses import replace
from xml.etree import ElementTree

import pytest
from hostile_reports import hostile
from sample_reports import bad, good, unsure

from assay.reporting.report import Report


def cases(report):
    root = ElementTree.fromstring(report.to_junit().encode())
    return root, {case.get("name"): [child.tag for child in case] for case in root.iter("testcase")}


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("verdict", "failure"),
        ("tail_mass", "failure"),
        ("worst_slice", "error"),
        ("calibration", "error"),
        ("missingness_gap", "skipped"),
        ("triple_gap", "skipped"),
    ],
)
def test_each_outcome_has_its_kind(name, kind):
    assert cases(bad())[1][name] == [kind]


def test_counts_are_those_of_the_cases():
    root, found = cases(bad())
    kinds = [kind for children in found.values() for kind in children]
    suite = root.find("testsuite")
    assert suite is not None
    assert suite.get("tests") == str(len(found))
    assert suite.get("failures") == str(kinds.count("failure")) == "8"
    assert suite.get("errors") == str(kinds.count("error")) == "2"
    assert suite.get("skipped") == str(kinds.count("skipped")) == "2"


def test_only_a_trusted_report_has_no_failure_and_no_error():
    assert cases(good())[1]["verdict"] == ["system-out"]
    root, found = cases(unsure())
    assert found["verdict"] == ["error"]
    assert root.get("failures") == "0"


def test_hostile_names_give_well_formed_xml():
    root, found = cases(hostile())
    assert "safe\\u202egnp.exe" in found
    assert root.get("failures") == "19"


ALLOWED = {  # what the schemas of Ant, Jenkins and Maven's Surefire have in common
    "testsuites": ({"name", "tests", "failures", "errors", "time"}, ["testsuite"]),
    "testsuite": ({"name", "tests", "failures", "errors", "skipped", "time"}, ["properties", "testcase"]),
    "properties": (set(), ["property"]),
    "property": ({"name", "value"}, []),
    "testcase": ({"classname", "name", "time"}, ["skipped", "error", "failure", "system-out"]),
    "failure": ({"message", "type"}, []),
    "error": ({"message", "type"}, []),
    "skipped": ({"message"}, []),
    "system-out": (set(), []),
}


@pytest.mark.parametrize("make", [bad, good, unsure, hostile])
def test_elements_and_attributes_are_those_that_servers_know(make):
    root, _ = cases(make())
    assert root.tag == "testsuites"
    for element in root.iter():
        attributes, children = ALLOWED[element.tag]
        assert set(element.keys()) == attributes, element.tag
        order = [children.index(child.tag) for child in element]
        assert order == sorted(order), element.tag
    for case in root.iter("testcase"):
        assert len(case) <= 1
        assert float(case.get("time")) >= 0
    assert float(root.get("time")) == pytest.approx(sum(float(case.get("time")) for case in root.iter("testcase")), abs=1e-3)


def test_what_could_not_be_told_is_never_a_passed_case():
    for report in (bad(), unsure()):
        _, found = cases(report)
        for check in report.scorecard.checks:
            passed = found[check.family] in ([], ["system-out"])
            assert passed == (check.outcome == "pass"), check.family


def test_what_the_policy_does_not_require_stops_no_build_and_is_not_passed_either():
    report = bad()
    checks = tuple(replace(check, required=False) for check in report.scorecard.checks)
    advisory = Report(replace(report.scorecard, checks=checks), good().judgement, report.policy, report.inputs, report.run)
    root, found = cases(advisory)
    assert (root.get("failures"), root.get("errors")) == ("0", "0")
    assert found["tail_mass"] == ["skipped"]
    told = next(case for case in root.iter("testcase") if case.get("name") == "tail_mass")[0].get("message")
    assert told.startswith("Not required by this policy; outcome fail.")
