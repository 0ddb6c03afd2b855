from __future__ import annotations

from xml.etree import ElementTree

import pytest
from hostile_reports import hostile
from sample_reports import bad, good, unsure


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
