"""The pytest plugin, run in a pytest of its own."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from importlib.metadata import entry_points
from pathlib import Path

import pytest

pytest_plugins = ["pytester"]
LOAD = [] if "assay" in {point.name for point in entry_points(group="pytest11")} else ["-p", "assay.testing.plugin"]
TABLES = """
import numpy as np
import pyarrow as pa
import pytest

def people(seed, rows=1500, shift=0.0):
    rng = np.random.default_rng(seed)
    return pa.table({"age": rng.normal(50 + shift, 10, rows), "wage": rng.lognormal(3, 1, rows)})

POLICY = '''
needs = []
[checks.ks_distance]
material = 0.05
blind = 0.2
[checks.exact_copies]
material = 0.005
blind = 0.02
'''

@pytest.fixture
def policy(tmp_path):
    (tmp_path / "own.toml").write_text(POLICY)
    return tmp_path / "own.toml"

"""


@pytest.fixture
def outcome(pytester):
    def run(body: str):
        pytester.makepyfile(TABLES + body)
        return pytester.runpytest_subprocess(*LOAD, "-q", "-p", "no:cacheprovider", "-p", "no:xdist")

    return run


def test_what_holds_passes(outcome):
    result = outcome(
        """
def test_alike(assay_check, policy):
    checked = assay_check(people(1), people(2), holdout=people(3), policy=policy, jobs=1)
    checked.assert_trusted()
    checked.assert_check("ks_distance")
    checked.assert_at_most("ks_distance", 0.1)
    checked.assert_no_finding("DIST01")
    checked.assert_no_finding("COPY01")
    assert checked.report.trusted
"""
    )
    result.assert_outcomes(passed=1)


def test_what_is_disproved_fails_with_the_place(outcome):
    result = outcome(
        """
@pytest.fixture
def checked(assay_check, policy):
    return assay_check(people(1), people(2, shift=20), holdout=people(3), policy=policy, jobs=1)

def test_verdict(checked):
    checked.assert_trusted()

def test_check(checked):
    checked.assert_check("ks_distance")

def test_limit(checked):
    checked.assert_at_most("ks_distance", 0.1)

def test_code(checked):
    checked.assert_no_finding("DIST01")
"""
    )
    result.assert_outcomes(failed=4)
    result.stdout.fnmatch_lines(["*Not trusted, for policy 'own': *age*"])
    result.stdout.fnmatch_lines(["*KS distance fails: *age*"])
    result.stdout.fnmatch_lines(["*Exceeds: the harm of KS distance is at least 0.*; 0.1 is allowed. Worst: age.*"])
    result.stdout.fnmatch_lines(["*DIST01 in age: * Remedy: *"])
    result.stdout.no_fnmatch_line("*annot tell*")


def test_what_cannot_be_told_fails_and_says_so(outcome):
    result = outcome(
        """
@pytest.fixture
def checked(assay_check, policy):
    return assay_check(people(1, 60), people(2, 60), policy=policy, jobs=1)

def test_verdict(checked):
    checked.assert_trusted()

def test_check(checked):
    checked.assert_check("exact_copies")

def test_limit(checked):
    checked.assert_at_most("ks_distance", 0.01)

def test_code(checked):
    checked.assert_no_finding("COPY01")

def test_code_of_a_measure_that_did_not_run(checked):
    checked.assert_no_finding("MIA01")
"""
    )
    result.assert_outcomes(failed=5)
    result.stdout.fnmatch_lines(["*Cannot tell, for policy 'own': *"])
    result.stdout.fnmatch_lines(["*Cannot tell: Exact copies: *would not have been seen*"])
    result.stdout.fnmatch_lines(["*Cannot tell: the harm of KS distance may be as large as 0.*; 0.01 is allowed.*"])
    result.stdout.fnmatch_lines(["*Cannot tell whether COPY01 holds: Exact copies: *"])
    result.stdout.fnmatch_lines(["*Cannot tell: policy 'own' runs no membership.*"])
    result.stdout.no_fnmatch_line("*Exceeds*")


def test_a_slip_of_the_pen_does_not_pass(outcome):
    result = outcome(
        """
@pytest.mark.parametrize(("method", "arguments"), [
    ("assert_check", ("ks_distnace",)),
    ("assert_at_most", ("ks_distnace", 1.0)),
    ("assert_no_finding", ("DIST1",)),
    ("assert_at_most", ("ks_distance", float("nan"))),
    ("assert_at_most", ("ks_distance", True)),
])
def test_slip(assay_check, policy, method, arguments):
    getattr(assay_check(people(1, 200), people(2, 200), policy=policy, jobs=1), method)(*arguments)
"""
    )
    result.assert_outcomes(failed=5)
    result.stdout.fnmatch_lines(["*Did you mean 'ks_distance'?*"])
    result.stdout.fnmatch_lines(["*Did you mean 'DIST01'?*"])
    result.stdout.fnmatch_lines(["*limit must be a number >= 0. Got nan.*"])


def test_the_fixture_is_listed_with_what_it_does(pytester):
    result = pytester.runpytest_subprocess(*LOAD, "--fixtures", "-q", "-p", "no:xdist")
    result.stdout.fnmatch_lines(["*assay_check*", "*Check a synthetic table in a test*"])


def test_loading_the_plugin_costs_nothing():
    code = (
        "import sys, pytest\nbefore = set(sys.modules)\nimport assay.testing.plugin\n"
        "print(*sorted(name for name in set(sys.modules) - before if not name.startswith('_')))"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert set(ended.stdout.split()) <= {"assay", "assay.testing", "assay.testing.plugin", "logging", "string", "traceback"}


def test_the_plugin_is_declared():
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["entry-points"]["pytest11"] == {"assay": "assay.testing.plugin"}
