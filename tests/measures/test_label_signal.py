from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from assay.checking.context import CheckContext
from assay.core import registry
from assay.core.evidence import Evidence, Family, Item
from assay.data.impose import impose
from assay.testing.measure_contract import MeasureContract, with_column
from assay.verbs.load import load


def measured(real: Any, synthetic: Any, holdout: Any, seed: int = 0, learners: Any = ("linear",), **roles: Any) -> Evidence:
    known = load(real, name="real", **roles)
    others = [impose(load(table).table, known.schema, name="other") for table in (synthetic, holdout)]
    with CheckContext(known, others[0], others[1], seed=seed, jobs=1, alpha=0.002, learners=learners) as context:
        return registry.get("measure", "label_signal")().measure(context)


class TestLabelSignal(MeasureContract):
    name = "label_signal"
    rows = 800
    repeats = 3
    severities = (0.0, 0.4, 0.8)

    def evidence(self, real: Any, synthetic: Any, holdout: Any, *, seed: int = 0) -> Evidence:
        return measured(real, synthetic, holdout, seed, **self.roles)

    def damaged(self, table: pa.Table, severity: float, rng: np.random.Generator) -> pa.Table:
        ill = np.array(table.column("ill"))
        wrong = rng.random(len(ill)) < severity / 2
        return with_column(table, "ill", np.where(wrong, np.where(ill == "yes", "no", "yes"), ill))

    def harm(self, evidence: Evidence) -> float:
        return max(item.estimate.effect for item in self.judged(evidence).items)

    def proven(self, family: Family) -> float:
        return max(item.harm_low for item in family.items)


def rows(count: int, rng: np.random.Generator, kind: str = "binary", *, wrong: float = 0.0, sharp: bool = False) -> pa.Table:
    """A target that follows from one of two columns; labels are drawn anew in a share of the rows."""
    x, z = rng.normal(size=(2, count))
    if kind == "regression":
        y: Any = 2.0 * x + rng.normal(size=count)
        anew = rng.random(count) < wrong
        y[anew] = rng.permutation(y[anew])
        return pa.table({"x": x, "z": z, "y": y})
    classes = {"binary": [0.0], "multiclass": [-1.0, 1.0]}[kind]
    noise = 0.0 if sharp else rng.logistic(0, 1, count)
    y = np.digitize(2.0 * x + noise, classes)
    anew = rng.random(count) < wrong
    y[anew] = rng.permutation(y[anew])
    return pa.table({"x": x, "z": z, "y": np.array(["a", "b", "c"])[y].tolist()})


def item(evidence: Evidence) -> Item:
    return evidence.families[0].items[0]


@pytest.mark.parametrize("kind", ["binary", "multiclass", "regression"])
def test_labels_drawn_anew_in_three_tenths_of_the_rows_lose_three_tenths_of_the_signal(kind):
    rng = np.random.default_rng(5)
    made = rows(4000, rng, kind, wrong=0.3)
    found = item(measured(rows(4000, rng, kind), made, rows(4000, rng, kind), target="y"))
    assert found.facts["code"] == "LABEL03"
    assert found.estimate.low < 0.3 < found.estimate.high
    assert found.estimate.high - found.estimate.low < 0.2
    assert found.harm_low > 0.1


def test_the_most_likely_label_everywhere_adds_to_the_signal():
    rng = np.random.default_rng(6)
    found = item(measured(rows(3000, rng), rows(3000, rng, sharp=True), rows(3000, rng), target="y"))
    assert found.facts["code"] == "LABEL04"
    assert found.facts["mechanism"] == "overconfidence"
    assert found.estimate.high < -0.15


def test_another_distribution_of_the_columns_takes_no_signal_away():
    rng = np.random.default_rng(7)
    pool = rows(12_000, rng)
    weight = np.exp(0.5 * np.array(pool.column("x")))
    tilted = pool.take(pa.array(rng.choice(len(pool), 3000, replace=False, p=weight / weight.sum())))
    found = item(measured(rows(3000, rng), tilted, rows(3000, rng), target="y"))
    assert abs(found.estimate.effect) < 0.12
    assert found.harm_low == 0.0 or found.harm_low < 0.05


def test_real_against_real_lies_within_the_floor_at_the_nominal_rate():
    inside = 0
    for seed in range(40):
        rng = np.random.default_rng([8, seed])
        estimate = item(measured(rows(600, rng), rows(600, rng), rows(600, rng), seed, target="y")).estimate
        inside += estimate.floor_low <= estimate.value <= estimate.floor_high
    assert inside >= 34  # 95% of 40 are 38; fewer than 34 has probability .003


def test_sentences_say_sizes_and_directions():
    rng = np.random.default_rng(9)
    found = item(measured(rows(3000, rng), rows(3000, rng, wrong=0.5), rows(3000, rng), target="y"))
    measure = registry.get("measure", "label_signal")()
    assert "less strongly than real labels do" in measure.describe(found)
    assert "would not have been seen" in measure.missed(found)
