from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
import pyarrow as pa
import pytest
from models_world import Alone, draw
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import make_scorer, roc_auc_score

from assay.core.errors import NotApplicable, UsageError
from assay.core.evidence import Evidence, Family
from assay.data.dataset import Dataset
from assay.measures.utility import Utility
from assay.measures.worth_in_real_rows import WorthInRealRows
from assay.testing.measure_contract import MeasureContract, with_column


def measured(*tables: Dataset, **options: Any) -> tuple[Evidence, dict[str, Family]]:
    evidence = Utility().measure(Alone(*tables, **options))  # pyright: ignore[reportArgumentType]
    return evidence, {family.name: family for family in evidence.families}


@pytest.mark.parametrize(("task", "metric"), [("binary", "auc"), ("multiclass", "auc"), ("regression", "r2")])
def test_two_real_samples_lose_nothing(task: str, metric: str) -> None:
    evidence, families = measured(*(draw(800, seed, task) for seed in range(3)))
    assert set(families) == {"utility", "illusion_gap", "worst_slice"}
    for family in families.values():
        assert all(item.harm_low <= 0.01 for item in family.items), family.name
    for item in families["utility"].items:
        assert item.facts["metric"] == metric
        assert item.estimate.low <= 0.005
        assert item.estimate.high >= -0.005
    assert evidence.headline["metric"] == metric


@pytest.mark.parametrize("task", ["binary", "multiclass", "regression"])
def test_noise_in_the_labels_is_lost_utility(task: str) -> None:
    evidence, families = measured(draw(1000, 0, task), draw(1000, 1, task, flipped=0.6), draw(1000, 2, task))
    boosting = next(item for item in families["utility"].items if item.facts["learner"] == "boosting")
    assert boosting.harm_low > 0.01
    sentence = Utility().describe(boosting)
    assert f"{boosting.facts['attainable']:.3f}" in sentence
    assert "lost" in sentence
    headline = evidence.headline
    assert headline["utility_gap"].value == pytest.approx(headline["attainable"].value - headline["actual"].value)
    assert headline["illusion_gap"].value == pytest.approx(headline["believed"].value - headline["actual"].value)
    assert all(Utility().missed(item) and Utility().describe(item) for family in families.values() for item in family.items)


def test_a_clean_world_is_an_illusion() -> None:
    """Synthetic labels that follow a rule without noise: the model shines on synthetic rows only."""
    clean = draw(1200, 1)
    label = pa.array(np.array(clean.table.column("x")) > 0)
    clean = Dataset(clean.table.set_column(3, "y", label), clean.schema)
    evidence, families = measured(draw(1200, 0), clean, draw(1200, 2))
    assert all(item.harm_low > 0.04 and item.facts["code"] == "USE03" for item in families["illusion_gap"].items)
    assert evidence.headline["believed"].value > 0.99
    assert "illusion" in Utility().describe(families["illusion_gap"].items[0])


def test_the_slice_at_fault_is_named() -> None:
    _, families = measured(draw(2500, 0), draw(2500, 1, flipped=0.9, only="b"), draw(2500, 2), learners=["boosting"])
    groups = [item for item in families["worst_slice"].items if item.estimate.columns == ("group",)]
    worst = max(groups, key=lambda item: item.harm_low)
    assert worst.estimate.slice == "group = b"
    assert worst.harm_low > 0.03
    assert "group = b" in Utility().describe(worst)
    assert "z is null" in {item.estimate.slice for item in families["worst_slice"].items}


def test_rare_positives_are_judged_by_relative_average_precision() -> None:
    evidence, families = measured(draw(1500, 0, rate=-4.5), draw(1500, 1, rate=-4.5, flipped=0.1), draw(1500, 2, rate=-4.5))
    item = next(item for item in families["utility"].items if item.facts["learner"] == "boosting")
    assert item.facts["metric"] == "average_precision"
    assert item.estimate.effect == pytest.approx(item.estimate.value / item.facts["attainable"])
    assert "%" in Utility().describe(item)
    assert evidence.headline["metric"] == "average_precision"
    (recall,) = evidence.reported
    assert "false-positive rate of 1%" in recall.method
    assert recall.low <= recall.effect <= recall.high


def test_synthetic_rows_of_one_class_teach_nothing() -> None:
    synthetic = draw(400, 1)
    synthetic = Dataset(synthetic.table.set_column(3, "y", pa.array([False] * 400)), synthetic.schema)
    _, families = measured(draw(400, 0), synthetic, draw(400, 2))
    assert all(item.facts["actual"] == 0.5 and item.harm_low > 0.1 for item in families["utility"].items)


def test_too_few_rows_of_a_class_do_not_apply() -> None:
    with pytest.raises(NotApplicable, match="two classes with at least 10 rows"):
        measured(draw(300, 0), draw(300, 1), draw(60, 2, rate=-9))


def test_unknown_classes_and_missing_targets_are_left_out_and_said() -> None:
    synthetic = draw(400, 1, "multiclass")
    odd = ["new", None, *synthetic.table.column("y").to_pylist()[2:]]
    evidence, _ = measured(
        draw(400, 0, "multiclass"),
        Dataset(synthetic.table.set_column(3, "y", pa.array(odd)), synthetic.schema),
        draw(400, 2, "multiclass"),
    )
    assert any(warning.startswith("2 synthetic rows") for warning in evidence.warnings)


def test_users_learners_and_scorer_are_used() -> None:
    tables = [draw(400, seed) for seed in range(3)]
    scorer = make_scorer(roc_auc_score, response_method="predict_proba")
    evidence, families = measured(*tables, learners=[LogisticRegression(), DummyClassifier()], scorer=scorer)
    assert [item.facts["learner"] for item in families["utility"].items] == ["LogisticRegression", "DummyClassifier"]
    assert evidence.headline["metric"] == "score"
    assert evidence.headline["actual"].value > 0.75  # the better of the two
    assert "the given score" in Utility().describe(families["utility"].items[0])
    with pytest.raises(UsageError, match="boosting or linear"):
        measured(*tables, learners=["forest"])


def test_row_order_changes_nothing() -> None:
    real, synthetic, holdout = (draw(300, seed) for seed in range(3))
    rng = np.random.default_rng(0)
    shuffled = [table.take(rng.permutation(300)) for table in (real, synthetic, holdout)]
    first, other = measured(real, synthetic, holdout)[0], measured(*shuffled)[0]
    for key in ("actual", "believed", "attainable", "trained"):
        assert other.headline[key].value == pytest.approx(first.headline[key].value, abs=1e-9)


def test_worth_grows_with_the_rows_and_knows_its_ends() -> None:
    real, holdout = draw(4000, 0), draw(4000, 2)
    worth = []
    for synthetic in (draw(4000, 1).take(np.arange(300)), draw(4000, 1), draw(4000, 1, flipped=0.5)):
        estimate = WorthInRealRows().measure(Alone(real, synthetic, holdout)).headline["worth_in_real_rows"]  # pyright: ignore[reportArgumentType]
        assert estimate.low <= estimate.value <= estimate.high
        worth.append(estimate)
    few, same, useless = worth
    assert few.low <= 600
    assert few.value < 1500 < same.value
    assert same.high == 4000
    assert useless.value == 125
    assert "at most the smallest size" in useless.method


class Labels(MeasureContract):
    """Tables of which only the synthetic labels are damaged."""

    name = "utility"
    rows = 600
    repeats = 2
    severities: ClassVar[tuple[float, ...]] = (0.0, 0.5, 1.0)

    def damaged(self, table: pa.Table, severity: float, rng: np.random.Generator) -> pa.Table:
        ill = np.array(table.column("ill").to_pylist())
        struck = rng.random(len(ill)) < severity
        return with_column(table, "ill", np.where(struck, self.labels(table, ill, rng), ill).tolist())

    def labels(self, table: pa.Table, ill: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Give the labels that damage puts in the place of the real ones."""
        raise NotImplementedError


class TestUtility(Labels):
    def labels(self, table: pa.Table, ill: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        return rng.permutation(ill)


class Beside(Labels):
    """The families beside `utility`, of the same evidence: `TestUtility` compares the numbers of all of them."""

    repeats = 1

    test_frames_agree_and_are_left_alone = None
    test_constant_and_empty_columns_give_no_false_number = None
    test_same_seed_same_numbers = None
    test_metadata_is_complete = None


class TestWorstSlice(Beside):
    family = "worst_slice"

    def labels(self, table: pa.Table, ill: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        return rng.permutation(ill)

    def harm(self, evidence: Evidence) -> float:
        """Give the mean loss over the slices: the worst of twenty moves by chance, too."""
        return float(np.mean([item.estimate.value for item in self.judged(evidence).items]))


class TestIllusionGap(Beside):
    family = "illusion_gap"

    def labels(self, table: pa.Table, ill: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Let the age alone decide: a cleaner world than the real one."""
        return np.where(np.array(table.column("age")) > 55, "yes", "no")
