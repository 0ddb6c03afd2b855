"""The stories end to end on few rows: what they print and draw is what was found, and what was planted is found."""

from __future__ import annotations

import importlib
from pathlib import Path
from types import SimpleNamespace
from xml.etree import ElementTree

import pytest

from assay.core.mended import Measured
from assay.reporting.mended_words import around, percent

EXAMPLES = Path(__file__).parents[2] / "examples"
DOCS = EXAMPLES.parent / "docs"


@pytest.fixture
def story(monkeypatch):
    monkeypatch.syspath_prepend(str(EXAMPLES))
    return importlib.import_module


@pytest.fixture
def told(story, shared_data, tmp_path, capsys):
    def tell(name, file):
        if not (shared_data / file).exists():
            pytest.skip(f"{file} is not there")
        picture = tmp_path / f"{name}.svg"
        found = story(name).main(["--small", "--data", str(shared_data), "--out", str(picture), "--jobs", "1"])
        return found, " ".join(capsys.readouterr().out.split()), picture

    return tell


def drawn(picture):
    return " ".join(node.text or "" for node in ElementTree.parse(picture).iter() if node.tag.endswith("text"))


def test_a_clinic_in_another_unit_is_found_and_mended(told):
    found, printed, picture = told("medical", "cardio_train.csv")
    mended, proof = found.mended, found.mended.proof
    assert mended.selection == "unseen"
    assert found.report.verdict == "not_trusted"
    assert set(found.report.findings[0].columns) >= {"ap_hi", "ap_lo"}
    first = mended.steps[0]
    assert first.remedy == "match_line"
    assert "ap_hi" in first.columns
    assert "changing its unit" in first.sign
    assert first.told_before.value > 0.95
    assert first.told_after.high < first.told_before.low - 0.1
    pressures = [part.numbers("ap_hi").mean() for part in (found.parts.real, found.synthetic, mended.data)]
    assert pressures[1] < 0.2 * pressures[0]
    assert pressures[2] == pytest.approx(pressures[0], rel=0.25)
    for score in (proof.real, proof.synthetic, proof.baseline, proof.mended):
        assert around(score) in printed
        assert around(score) in drawn(picture)
    assert around(proof.over_real, sign=True) in printed


def test_a_generator_of_the_same_frauds_is_judged_on_rows_it_did_not_see(told):
    (found, caught), printed, picture = told("fraud", "creditcard_fraud_sample.csv")
    mended, proof = found.mended, found.mended.proof
    assert mended.selection == "refitted"
    assert found.synthetic.lineage.parents == (found.parts.real.sha256,)
    assert proof.metric == "average_precision"
    scores = (proof.real, proof.synthetic, proof.baseline, proof.mended)
    assert [one.precision.value for one in caught] == pytest.approx([score.value for score in scores], abs=1e-6)
    for one, score in zip(caught, scores, strict=True):
        assert 0.0 <= one.recall.value <= 1.0
        assert one.recall.low < one.recall.high
        assert f"{one.name} {percent(one.recall)}" in printed
        assert around(score) in drawn(picture)


def test_scarce_rows_are_drawn_once(story, make_dataset):
    whole = make_dataset(200, 0)
    parts = story("story").scarce(whole, 50, 60, 70, seed=3)
    assert [len(part) for part in parts] == [50, 60, 70]
    rows = [repr(row) for part in parts for row in part.table.to_pylist()]
    assert len(set(rows)) == 180
    again = story("story").scarce(whole, 50, 60, 70, seed=3)
    assert [part.sha256 for part in parts] == [part.sha256 for part in again]
    assert parts.real.sha256 != story("story").scarce(whole, 50, 60, 70, seed=4).real.sha256


@pytest.mark.parametrize(
    ("gain", "said"),
    [
        (Measured(0.02, 0.01, 0.03), "better than real rows alone"),
        (Measured(-0.02, -0.03, -0.01), "worse than real rows alone"),
        (Measured(0.02, -0.01, 0.05), "neither a gain"),
        (Measured(0.0, 0.0, 0.0), "What was chosen is real rows alone"),
    ],
)
def test_no_more_is_said_than_the_interval_shows(story, gain, said):
    mended = SimpleNamespace(proof=SimpleNamespace(over_real=gain))
    assert said in story("story").verdict_on(mended, "over_real", "real rows alone")


@pytest.mark.parametrize("name", ["fraud", "medical"])
def test_the_picture_that_is_committed_is_of_no_machine(name):
    picture = DOCS / f"story-{name}.svg"
    assert "sealed" in drawn(picture)
    assert not any(path in picture.read_text("utf-8") for path in ("/home/", "/work/", "/tmp/", "/root/"))
