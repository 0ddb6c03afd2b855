from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
import pyarrow as pa
import pytest
from models_world import Alone, draw
from sklearn.svm import LinearSVC

from assay.core.errors import NotApplicable
from assay.core.evidence import Family
from assay.data.dataset import Dataset
from assay.measures.calibration import Calibration
from assay.testing.measure_contract import MeasureContract, with_column


def measured(*tables: Dataset, **options: Any) -> Family:
    (family,) = Calibration().measure(Alone(*tables, **options)).families  # pyright: ignore[reportArgumentType]
    return family


@pytest.mark.parametrize("task", ["binary", "multiclass", "regression"])
def test_two_real_samples_are_calibrated_alike(task: str) -> None:
    family = measured(*(draw(1500, seed, task) for seed in range(3)))
    assert {item.facts["metric"] for item in family.items} == ({"slope"} if task == "regression" else {"ece", "brier"})
    assert len(family.items) == (2 if task == "regression" else 4)
    assert all(item.harm_low <= 0.02 for item in family.items)


@pytest.mark.parametrize("task", ["binary", "multiclass", "regression"])
def test_noise_in_the_labels_makes_underconfident_models(task: str) -> None:
    family = measured(draw(1500, 0, task), draw(1500, 1, task, flipped=0.4), draw(1500, 2, task), learners=["linear"])
    for item in family.items:
        assert item.harm_low > 0.02, item.facts["metric"]
        assert "underconfident" in Calibration().describe(item)
        assert "would not have been seen" in Calibration().missed(item)


def test_labels_without_noise_make_overconfident_models() -> None:
    clean = draw(1500, 1)
    clean = Dataset(clean.table.set_column(3, "y", pa.array(np.array(clean.table.column("x")) > 0)), clean.schema)
    family = measured(draw(1500, 0), clean, draw(1500, 2))
    for item in family.items:
        assert item.harm_low > 0.02
        assert "overconfident" in Calibration().describe(item)


def test_a_shifted_rate_is_off_by_the_shift() -> None:
    """One constant feature: every model predicts the training rate, so that the error is the difference of rates."""

    def flat(seed: int, rate: float) -> Dataset:
        base = draw(4000, seed)
        table = base.table.set_column(0, "x", pa.array(np.zeros(4000))).set_column(1, "z", pa.array(np.zeros(4000)))
        table = table.set_column(2, "group", pa.array(["a"] * 4000))
        return Dataset(table.set_column(3, "y", pa.array(np.arange(4000) < rate * 4000)), base.schema)

    family = measured(flat(0, 0.3), flat(1, 0.5), flat(2, 0.3), learners=["linear"])
    ece, brier = family.items
    assert ece.estimate.effect == pytest.approx(0.2, abs=0.01)
    assert brier.estimate.effect == pytest.approx(0.04, abs=0.004)
    assert "50.0%, where 30.0% are" in Calibration().describe(ece)


def test_learners_without_probabilities_have_no_calibration() -> None:
    with pytest.raises(NotApplicable, match="probabilities"):
        measured(*(draw(300, seed) for seed in range(3)), learners=[LinearSVC()])


class TestCalibration(MeasureContract):
    """Everybody who is struck becomes ill: every predicted probability is too high."""

    name = "calibration"
    rows = 600
    repeats = 2
    severities: ClassVar[tuple[float, ...]] = (0.0, 0.3, 0.8)

    def damaged(self, table: pa.Table, severity: float, rng: np.random.Generator) -> pa.Table:
        ill = np.array(table.column("ill").to_pylist())
        return with_column(table, "ill", np.where(rng.random(len(ill)) < severity, "yes", ill).tolist())
