from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from assay.checking.context import CheckContext
from assay.core import registry
from assay.core.evidence import Evidence, Family, Item
from assay.data.impose import impose
from assay.measures.label_agreement import LabelAgreement
from assay.testing.measure_contract import MeasureContract, with_column
from assay.verbs.load import load


def measured(real: Any, synthetic: Any, holdout: Any, seed: int = 0, learners: Any = ("linear",), **roles: Any) -> Evidence:
    known = load(real, name="real", **roles)
    others = [impose(load(table).table, known.schema, name="other") for table in (synthetic, holdout)]
    with CheckContext(known, others[0], others[1], seed=seed, jobs=2, alpha=0.002, learners=learners) as context:
        return registry.get("measure", "label_agreement")().measure(context)


class TestLabelAgreement(MeasureContract):
    name = "label_agreement"
    rows = 800
    repeats = 3
    severities = (0.0, 0.5, 1.0)

    def evidence(self, real: Any, synthetic: Any, holdout: Any, *, seed: int = 0) -> Evidence:
        return measured(real, synthetic, holdout, seed, **self.roles)

    def damaged(self, table: pa.Table, severity: float, rng: np.random.Generator) -> pa.Table:
        ill = np.array(table.column("ill"))
        wrong = (np.array(table.column("age")) >= 65) & (rng.random(len(ill)) < severity)
        return with_column(table, "ill", np.where(wrong, np.where(ill == "yes", "no", "yes"), ill))

    def harm(self, evidence: Evidence) -> float:
        return max(item.estimate.effect for item in self.judged(evidence).items)

    def proven(self, family: Family) -> float:
        return max(item.harm_low for item in family.items)


def rows(count: int, rng: np.random.Generator, kind: str = "binary") -> pa.Table:
    """A target that follows from two of five columns, and a ward and an age that mark the slices."""
    age = rng.integers(20, 80, count)
    ward = rng.choice(["eye", "skin", "heart", "bone"], count, p=[0.5, 0.25, 0.15, 0.1])
    x, z = rng.normal(size=(2, count))
    signal = 2.5 * x + z
    if kind == "binary":
        target: Any = np.where(signal + rng.logistic(0, 1, count) > 0, "yes", "no").tolist()
    elif kind == "multiclass":
        target = np.array(["low", "mid", "high"])[np.digitize(signal + rng.normal(size=count), [-1.5, 1.5])].tolist()
    else:
        target = signal + rng.normal(size=count)
    return pa.table({"age": age, "ward": ward.tolist(), "x": x.round(3), "z": z.round(3), "y": target})


def place(table: pa.Table) -> np.ndarray:
    return (np.array(table.column("ward")) == "bone") & (np.array(table.column("age")) >= 65)  # .1 * .25 of the rows


def by(evidence: Evidence) -> dict[str, Item]:
    return {item.facts["statistic"]: item for item in evidence.families[0].items}


def test_flips_that_keep_the_prevalence_of_a_fortieth_of_the_rows_are_named() -> None:
    rng = np.random.default_rng(0)
    real, made, holdout = (rows(5_000, rng) for _ in range(3))
    y, here = np.array(made.column("y")), place(made)
    yes, no = np.flatnonzero(here & (y == "yes")), np.flatnonzero(here & (y == "no"))
    many = min(len(yes), len(no))
    y[yes[:many]], y[no[:many]] = "no", "yes"
    item = by(measured(real, with_column(made, "y", y), holdout, target="y"))["noise"]
    assert item.harm_low > 0.1
    assert set(item.estimate.columns) >= {"age", "ward"}
    assert "ward = bone" in str(item.estimate.slice)
    assert item.facts["code"] == "LABEL01"
    assert item.facts["mechanism"] == "label_noise"
    # a label that is wrong scores (1 - p)^2 instead of p^2, p the chance of the true one: on average 1 - 2 E min(p, 1 - p)
    assert 0.35 < item.estimate.effect < 0.75
    assert "agree less" in LabelAgreement().describe(item)


def test_labels_set_to_yes_in_a_slice_are_a_shift() -> None:
    rng = np.random.default_rng(1)
    real, made, holdout = (rows(5_000, rng) for _ in range(3))
    y = np.where(place(made), "yes", np.array(made.column("y")))
    item = by(measured(real, with_column(made, "y", y), holdout, target="y"))["shift"]
    assert item.harm_low > 0.1
    assert item.facts["code"] == "LABEL02"
    assert item.facts["direction"] == 1
    assert 0.4 < item.estimate.effect < 0.9  # half of them said no; the search looks where more of them did
    assert "y = yes is higher" in LabelAgreement().describe(item)


def test_the_most_likely_label_everywhere_is_sharper_than_reality() -> None:
    rng = np.random.default_rng(2)
    real, made, holdout = (rows(3_000, rng) for _ in range(3))
    y = np.where(2.5 * np.array(made.column("x")) + np.array(made.column("z")) > 0, "yes", "no")
    item = by(measured(real, with_column(made, "y", y), holdout, target="y"))["noise"]
    assert item.facts["direction"] == -1
    assert item.facts["mechanism"] == "sampling_bias"
    assert item.harm_low > 0.05
    assert "agree more" in LabelAgreement().describe(item)


@pytest.mark.parametrize("kind", ["multiclass", "regression"])
def test_other_tasks_find_the_slice_too(kind: str) -> None:
    rng = np.random.default_rng(3)
    real, made, holdout = (rows(4_000, rng, kind) for _ in range(3))
    y, here = np.array(made.column("y")).copy(), place(made)
    y[here] = "high" if kind == "multiclass" else y[here] + 3.0  # a standard deviation of y is 2.87
    item = by(measured(real, with_column(made, "y", y), holdout, target="y"))["shift"]
    assert item.harm_low > 0.1
    assert "ward = bone" in str(item.estimate.slice)
    if kind == "regression":
        assert item.estimate.effect == pytest.approx(3.0 / np.sqrt(2.5**2 + 2.0), abs=0.25)
        assert "standard deviations" in LabelAgreement().describe(item)
    else:
        assert item.facts["class"] == "y = high"


def test_a_learner_without_probabilities_is_replaced() -> None:
    from sklearn.svm import LinearSVC

    rng = np.random.default_rng(4)
    real, made, holdout = (rows(600, rng) for _ in range(3))
    items = by(measured(real, made, holdout, learners=(LinearSVC(),), target="y"))
    assert all(abs(item.estimate.effect) < 0.4 for item in items.values())
