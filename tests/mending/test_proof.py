from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from scipy.special import expit
from scipy.stats import t as student

from assay import load
from assay.core.mended import Proof, Why
from assay.data.amended import Amended
from assay.data.dataset import Dataset
from assay.mending.choose import Chosen
from assay.mending.folds import folds_of
from assay.mending.forms import Form
from assay.mending.judge import Judged
from assay.mending.proof.groups import group_gains
from assay.mending.proof.prove import prove
from assay.mending.proof.refits import SPLITS, Answers, Rows, answers, measure
from assay.mending.run import FOLDS, Outcome
from assay.mending.task import Task
from assay.mending.usage import Tried, Use
from assay.stats.scores import Score, standard_error

REAL_ALONE, SYNTHETIC_ALONE = Form("real", None, "linear"), Form("synthetic", 0.0, "linear")
POOLED, MENDED = Form("synthetic", None, "linear"), Form("mended", None, "linear")


def people(count: int, seed: int, *, sure: float = 1.0, entity: bool = False) -> Dataset:
    """A class that follows a number, in two groups of people and a small third; labels are surer than in reality by `sure`."""
    rng = np.random.default_rng(seed)
    x, z = rng.normal(size=(2, count))
    group = rng.choice(["her", "him", "them"], count, p=[0.5, 0.49, 0.01])
    y = np.where(rng.random(count) < expit(sure * (1.5 * x + 0.5 * z)), "yes", "no")
    table = {"x": x, "z": z, "group": group, "y": y}
    if entity:
        table["person"] = [f"{seed}-{at // 4}" for at in range(count)]
    return load(pa.table(table), target="y", sensitive=("group",), entity="person" if entity else None)


def outcome(real: Dataset, synthetic: Dataset, mended: Dataset | None = None, baseline: Form = REAL_ALONE) -> Outcome:
    folds = folds_of(real, synthetic, FOLDS, 0, most=6_000)
    after = folds if mended is None else folds_of(real, mended, FOLDS, 0, most=6_000)
    nothing = Judged(Score(0.5, np.zeros(len(real))), None)
    chosen = Chosen((), (), Amended.of(synthetic if mended is None else mended), after, nothing, nothing)
    tried = [Tried(form, Score(0.5, np.zeros(len(real)))) for form in (REAL_ALONE, SYNTHETIC_ALONE, POOLED, MENDED)]
    by_form = {one.form: one for one in tried}
    use = Use(tuple(tried), by_form[baseline], by_form[MENDED], by_form[baseline if mended is None else MENDED])
    return Outcome(chosen, use, Task.of(real), folds)


def proved(*parts: Dataset | None, seed: int = 0, jobs: int = 1, **options: Form) -> Proof:
    real, synthetic, mended, holdout = parts
    found, _ = prove(outcome(real, synthetic, mended, **options), real, synthetic, holdout, seed=seed, jobs=jobs)
    assert isinstance(found, Proof)
    return found


def test_the_baseline_gains_nothing_over_itself():
    found = proved(people(200, 1), people(600, 2), None, people(1_000, 3))
    assert (found.gain.low, found.gain.value, found.gain.high) == (0.0, 0.0, 0.0)
    assert found.baseline == found.mended == found.real
    assert all(one.gain is None or one.gain.high == 0 for one in found.groups)


def test_intervals_hold_the_noise_of_the_rows_trained_on():
    task, real = Task.of(people(80, 1)), people(80, 1)
    sealed = task.lesson(people(4_000, 3))
    said = answers(task, (REAL_ALONE,), Rows.of(task, real, 0, "real"), {}, sealed, seed=0, jobs=1)[REAL_ALONE]

    def score(predicted: np.ndarray) -> Score:
        return task.score(sealed.target, predicted)

    found = measure(score, said)
    alone = 1.959964 * standard_error(score(said.whole).influence)
    assert found.high - found.value > alone
    halves = np.array([[score(part).value for part in pair] for pair in said.halves])
    refits = np.mean((halves[:, 0] - halves[:, 1]) ** 2) / 4
    assert found.high - found.value >= 1.959964 * np.hypot(alone / 1.959964, np.sqrt(refits)) * 0.999
    same = Answers(said.whole, ((said.whole, said.whole),) * SPLITS)
    assert measure(score, same).high - found.value == pytest.approx(alone, rel=1e-4)


def mean(said: np.ndarray) -> Score:
    return Score(float(said.mean()), said - said.mean())


@pytest.mark.parametrize("entities", [20, 39])
def test_intervals_of_few_entities_are_those_of_their_means(entities):
    said = np.random.default_rng(entities).normal(size=entities).repeat(6)
    found = measure(mean, Answers(said, ((said, said),) * SPLITS), groups=np.arange(entities).repeat(6))
    error = said[::6].std(ddof=1) / np.sqrt(entities)
    assert found.high - found.value == pytest.approx(student.ppf(0.975, entities - 1) * error)


def test_intervals_of_many_entities_are_as_the_influences_say():
    said = np.random.default_rng(0).normal(size=40).repeat(6)
    found = measure(mean, Answers(said, ((said, said),) * SPLITS), groups=np.arange(40).repeat(6))
    assert found.high - found.value == pytest.approx(1.959964 * said[::6].std() / np.sqrt(40), rel=1e-4)


def test_forms_are_compared_on_the_same_halves():
    found = proved(people(200, 1), people(600, 2), people(600, 2), people(2_000, 3), baseline=POOLED)
    assert found.gain.value == pytest.approx(0.0, abs=1e-12)
    assert found.gain.high - found.gain.low < 1e-9  # equal rows, halved alike


def test_halves_leave_entities_whole():
    real = people(200, 1, entity=True)
    rows = Rows.of(Task.of(real), real, 0, "real")
    who = np.array(real.table.column("person").to_pylist())
    assert len(rows.halves) == SPLITS
    for first, second in rows.halves:
        assert not set(who[first]) & set(who[second])
        assert sorted([*first, *second]) == list(range(200))


def test_the_result_does_not_depend_on_the_jobs():
    parts = people(150, 1), people(400, 2, sure=0.3), people(400, 4), people(500, 3)
    assert proved(*parts) == proved(*parts, jobs=2)


def test_a_gain_is_found_in_every_group_large_enough():
    found = proved(people(60, 1), people(800, 2, sure=-1.0), people(800, 4), people(3_000, 3), baseline=SYNTHETIC_ALONE)
    assert found.gain.low > 0
    groups = {one.group: one for one in found.groups}
    assert groups["group = her"].gain.low > 0
    assert groups["group = him"].gain.low > 0
    assert sum(one.rows for one in found.groups) == 3_000


def test_a_group_of_too_few_sealed_rows_cannot_be_told():
    found = proved(people(200, 1), people(600, 2), people(600, 4), people(600, 3))
    small = [one for one in found.groups if one.group not in ("group = her", "group = him")]
    assert [one.gain for one in small] == [None]
    assert small[0].group == "group: all smaller groups"


def test_intervals_of_groups_hold_at_once():
    real, sealed = people(200, 1), people(1_000, 3)
    task, further = Task.of(real), Rows.of(Task.of(real), people(600, 2), 0, "further")
    lesson = task.lesson(sealed)
    said = answers(
        task, (REAL_ALONE, SYNTHETIC_ALONE), Rows.of(task, real, 0, "real"), {"synthetic": further}, lesson, seed=0, jobs=1
    )
    found = group_gains(task, real, sealed, lesson.target, said[SYNTHETIC_ALONE], said[REAL_ALONE], None)
    told = [one for one in found if one.gain is not None]
    assert len(told) == 2
    rows = np.flatnonzero(np.array(sealed.table.column("group").to_pylist()) == "her")
    parts = [Answers(one.whole[rows], tuple((a[rows], b[rows]) for a, b in one.halves)) for one in said.values()]

    def score(predicted: np.ndarray) -> Score:
        return task.score(lesson.target[rows], predicted)

    both, alone = (measure(score, parts[1], parts[0], error=error) for error in (0.025, 0.05))
    assert told[0].gain == both
    assert both.high > alone.high


def test_probabilities_that_are_too_sure_are_put_right_by_real_rows():
    found = proved(people(400, 1), people(4_000, 2, sure=6.0), people(4_000, 4, sure=6.0), people(4_000, 3)).calibration
    assert found.mended.low > 0.05
    assert found.recalibrated.high < found.mended.low
    assert found.baseline.value < found.mended.value


def test_a_regression_has_no_calibration():
    def line(count: int, seed: int) -> Dataset:
        x, noise = np.random.default_rng(seed).normal(size=(2, count))
        return load(pa.table({"x": x, "y": x + noise}), target="y")

    found = proved(line(100, 1), line(300, 2), line(300, 4), line(400, 3))
    assert found.calibration is None
    assert found.metric == "r2"
    assert found.groups == ()


def test_several_classes_are_recalibrated_by_one_number():
    def three(count: int, seed: int) -> Dataset:
        rng = np.random.default_rng(seed)
        x = rng.normal(size=count)
        return load(
            pa.table({"x": x, "y": np.array(["a", "b", "c"])[np.digitize(x + rng.normal(size=count), [-0.5, 0.5])]}), target="y"
        )

    found = proved(three(200, 1), three(400, 2), three(400, 4), three(600, 3)).calibration
    assert 0 <= found.recalibrated.low <= found.recalibrated.value <= found.recalibrated.high


def test_too_few_sealed_rows_prove_nothing_and_it_is_said_why():
    real, synthetic = people(200, 1), people(600, 2)
    leaked = Dataset(pa.concat_tables([people(8, 3).table, real.table]), real.schema)
    found, withheld = prove(outcome(real, synthetic), real, synthetic, leaked, seed=0, jobs=1)
    assert isinstance(found, Why)
    assert found.code == "too_few_sealed"
    assert "ten rows of two classes each" in found.words
    assert "200 of 208 were withheld" in found.words
    assert withheld.repeated == 200


def test_too_few_sealed_entities_prove_nothing_and_it_is_said_why():
    real, synthetic = people(200, 1, entity=True), people(600, 2, entity=True)

    def found(entities: int) -> Proof | Why:
        return prove(outcome(real, synthetic), real, synthetic, people(4 * entities, 3, entity=True), seed=0, jobs=1)[0]

    why = found(19)
    assert isinstance(why, Why)
    assert why.code == "too_few_sealed"
    assert why.words == "A proof needs sealed rows of 20 entities. Got 76 rows of 19 entities in 'person'."
    assert isinstance(found(20), Proof)


def test_a_group_of_too_few_entities_cannot_be_told():
    real, synthetic, sealed = people(200, 1, entity=True), people(600, 2, entity=True), people(600, 3, entity=True)
    few = np.where(np.arange(600) < 76, "her", "him")  # 19 entities
    sealed = Dataset(sealed.table.set_column(sealed.table.schema.get_field_index("group"), "group", pa.array(few)), sealed.schema)
    found, _ = prove(outcome(real, synthetic), real, synthetic, sealed, seed=0, jobs=1)
    assert [(one.group, one.rows, one.gain is None) for one in found.groups] == [
        ("group = her", 76, True),
        ("group = him", 524, False),
    ]


def test_without_a_use_there_is_none_to_prove():
    real, synthetic = people(200, 1), people(600, 2)
    told = outcome(real, synthetic)
    found, withheld = prove(Outcome(told.chosen, None, None), real, synthetic, people(100, 3), seed=0, jobs=1)
    assert (found.code, withheld.rows) == ("no_use", 0)
