from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from assay.core.plan import Plan
from assay.data.amended import Amended
from assay.data.codec import Codec
from assay.data.dataset import Dataset
from assay.data.ground import replaced, written
from assay.data.scene import Scene
from assay.mending import judge as judging
from assay.mending.folds import folds_of
from assay.mending.judge import found_in_fold, signs
from assay.mending.run import mend_rows, select

from .toy import rows


@pytest.fixture(scope="module")
def real():
    return rows(400, 1)


def remedies(chosen):
    return [step.learned.plan.remedy for step in chosen.steps]


def test_sound_rows_are_left_alone(real):
    assert sum(bool(select(real, rows(2_500, seed), seed=seed).steps) for seed in (10, 11, 12)) <= 1


def test_what_was_moved_is_moved_back_first_and_proved_on_unseen_rows(real):
    sound = rows(2_500, 20)
    moved = written(sound, "x", sound.numbers("x") * 0.4 + 1.0)
    outcome = mend_rows(real, moved, seed=0)
    assert remedies(outcome.chosen)[0] == "match_line"
    assert outcome.chosen.first.apart.value > 0.8
    assert outcome.chosen.last.apart.value < 0.6
    mended = outcome.chosen.rows.table.numbers("x")
    assert np.corrcoef(mended, sound.numbers("x"))[0, 1] > 0.99
    assert abs(mended.mean()) < 0.25
    assert 0.8 < mended.std() < 1.25
    assert outcome.use.chosen.form.rows == "mended"
    assert outcome.use.chosen.score.value > outcome.use.baseline.score.value


def test_repeats_are_dropped_before_anything_is_measured(real):
    few = rows(400, 30)
    repeated = few.take(np.concatenate([np.arange(400), np.random.default_rng(0).integers(0, 400, 2_100)]))
    chosen = select(real, repeated, seed=0)
    assert remedies(chosen)[0] == "drop_repeats"
    assert len(chosen.rows) == 400


def test_labels_turned_in_a_slice_are_turned_back(real):
    sound = rows(4_000, 40)
    inside = sound.numbers("x") > 0.8
    old = np.array(sound.table.column("y").to_pylist())
    turned = np.where(inside, np.where(old == "yes", "no", "yes"), old)
    chosen = select(real, replaced(sound, "y", pa.array(turned, sound.table.column("y").type)), seed=0)
    assert remedies(chosen)[0] in ("turn_labels", "drop_labels", "teach_labels")
    assert chosen.last.use.value > chosen.first.use.value


def test_without_a_target_rows_are_mended_until_they_cannot_be_told_apart():
    real, sound = rows(400, 50, target=False), rows(2_500, 51, target=False)
    outcome = mend_rows(real, written(sound, "z", sound.numbers("z") + 2.0), seed=0)
    assert outcome.use is None
    assert "match_line" in remedies(outcome.chosen)
    assert outcome.chosen.last.apart.value < outcome.chosen.first.apart.value - 0.2


def test_the_same_seed_chooses_the_same_at_any_number_of_jobs(real):
    sound = rows(2_000, 60)
    moved = written(sound, "x", sound.numbers("x") + 1.0)
    one, two = (mend_rows(real, moved, seed=3, jobs=jobs) for jobs in (1, 2))
    assert [step.learned for step in one.chosen.steps] == [step.learned for step in two.chosen.steps]
    assert one.chosen.rows.table.table == two.chosen.rows.table.table
    assert np.array_equal(one.chosen.rows.weights, two.chosen.rows.weights)
    assert one.use.chosen.form == two.use.chosen.form
    assert np.array_equal(one.use.chosen.score.influence, two.use.chosen.score.influence)


def test_each_remedy_may_be_wrong_in_a_share_of_the_error_only(real, monkeypatch):
    asked = []

    class Watcher:
        needs_target = False

        def signs(self, scene):
            asked.append(scene.error)
            return [Plan("watcher", "artefact", 0.0, 1.0, "")]

    monkeypatch.setattr(judging, "get", lambda kind, name: Watcher)
    monkeypatch.setattr(judging, "names", lambda kind: ("one", "two"))
    assert len(signs(Scene(real, None, 0), 0.01)) == 2
    assert asked == [0.01] * 2
    assert len(signs(Scene(real, None, 0), 0.02, ("one",))) == 1


def test_a_slice_is_found_again_by_a_folds_training_rows_alone(real):
    """Turned labels of the rows that judge must not say where labels are turned."""
    sound = rows(4_000, 40)
    inside = sound.numbers("x") > 0.8
    old = np.array(sound.table.column("y").to_pylist())
    turned = replaced(sound, "y", pa.array(np.where(inside, np.where(old == "yes", "no", "yes"), old), pa.string()))
    plan = next(plan for plan in signs(Scene(real, Amended.of(turned), 0), 0.01, ("turn_labels",)))
    fold = folds_of(real, turned, 4, 0, most=4_000)[0]
    (found,) = found_in_fold(real, fold, (plan,), 0, 0.01)
    assert found is not None
    assert found.remedy == plan.remedy
    assert "x" in found.columns
    poisoned = real.table.to_pandas()
    poisoned.loc[fold.test, "y"] = "no"
    again = Dataset(pa.Table.from_pandas(poisoned, schema=real.table.schema, preserve_index=False), real.schema)
    assert found_in_fold(again, fold, (plan,), 0, 0.01) == [found]


def test_what_a_folds_training_rows_do_not_show_is_not_done_there(real):
    sound = rows(2_500, 41)
    fold = folds_of(real, sound, 4, 0, most=2_500)[1]
    plan = Plan("match_line", "mean_shift", 0.0, 2.0, "", ("x",), {"forms": {"x": "line"}, "within": False})
    assert found_in_fold(real, fold, (plan,), 0, 1e-9) == [None]


def test_rows_made_from_real_ones_are_not_given_out_where_mended_rows_are_not_chosen(real, monkeypatch):
    from assay.mending import run

    sound = rows(3_000, 70)
    lost = sound.take(np.flatnonzero(sound.numbers("x") < 0.8))
    asked = []

    def never(*arguments, **options):
        asked.append(options)
        use = weigh(*arguments, **options)
        return type(use)(use.tried, use.baseline, use.mended, use.baseline)

    weigh = run.weigh_up
    monkeypatch.setattr(run, "weigh_up", never)
    outcome = mend_rows(real, lost, seed=0)
    assert not outcome.chosen.rows.anchored.any()
    assert not any(remedy.startswith("refill") for remedy in remedies(outcome.chosen))


def test_a_plan_that_leaves_hardly_any_rows_is_no_plan(real, monkeypatch):
    sound = rows(2_500, 42)
    fold = folds_of(real, sound, 4, 0, most=2_500)[0]
    few = fold.rows.take(np.arange(judging.LEAST_LEFT - 1))
    monkeypatch.setattr(judging, "mended", lambda *_: few)
    plan = Plan("drop_repeats", "duplication", 0.0, 1.0, "")
    assert judging.plan_in_fold(Codec(real.schema).fit(real), None, real, fold, plan, 0, 0) is None


def test_without_any_remedy_nothing_is_done(real):
    assert mend_rows(real, rows(600, 43), seed=0, only=()).chosen.steps == ()
