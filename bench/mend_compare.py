"""Score what mending chose, and everything it must beat, on sealed rows."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from assay.core.errors import NotApplicable
from assay.data.amended import Amended
from assay.data.dataset import Dataset
from assay.data.scene import Scene
from assay.mending.folds import folds_of
from assay.mending.forms import Form, lesson_of
from assay.mending.judge import apply, learn, signs
from assay.mending.run import FOLDS, MOST_JUDGED, Outcome, usable_task
from assay.mending.task import Lesson, Task
from assay.mending.usage import Tried, weigh_up
from assay.stats.refits import half_variance, halves
from assay.stats.scores import Score, average_precision, recall_at, standard_error

SPLITS = 2


def compare(
    outcome: Outcome,
    real: Dataset,
    synthetic: Dataset,
    sealed: Dataset,
    undamaged: Undamaged | None,
    *,
    seed: int,
) -> dict:
    """Give a case's scores, differences and their errors."""
    task, use, chosen = outcome.task, outcome.use, outcome.chosen
    assert task is not None
    assert use is not None
    lesson, asked = task.lesson(real), task.lesson(sealed)
    plain, mended = task.lesson(Amended.of(synthetic)), task.lesson(chosen.rows)
    bench = Bench(task, lesson, asked, seed)

    def rows(form: Form) -> Lesson:
        return mended if form.rows == "mended" else plain

    best = {
        "real": top(use.tried, lambda form: form.rows == "real"),
        "synthetic": top(use.tried, lambda form: form.rows == "synthetic" and form.share == 0.0),
        "pooled": top(use.tried, lambda form: form == Form("synthetic", None, form.learner)),
        "mixed": top(use.tried, lambda form: form.rows == "synthetic" and form.share not in (None, 0.0)),
        "staged": top(use.tried, lambda form: form.rows == "synthetic" and form.staged),
    }
    honest = top(use.tried, lambda form: form.rows == "real" or (form.rows == "synthetic" and form.simple))
    found: dict = {name: round(bench.score(form, rows(form)).value, 5) for name, form in best.items()}
    base, after = (honest, plain), (use.chosen.form, rows(use.chosen.form))
    scores = {"baseline": bench.score(*base), "mended": bench.score(*after), "real": bench.score(best["real"], plain)}
    for name in ("baseline", "mended"):
        found[name] = round(scores[name].value, 5)
    found["unmended"] = round(bench.score(use.baseline.form, plain).value, 5)  # the tool's own choice, shares and stages among it
    found["sealed_error"] = round(standard_error((scores["mended"] - scores["baseline"]).influence), 5)
    found["forms"] = [honest.words, use.chosen.form.words]
    found["mended_error"] = bench.error(scores["mended"] - scores["baseline"], after, base)
    found["over_real_error"] = bench.error(scores["mended"] - scores["real"], after, (best["real"], plain))
    found["steps"] = [step.learned.plan.remedy for step in chosen.steps]
    promised = use.chosen.score.value - max(one.score.value for one in use.tried if one.form == honest)
    found["promised"] = round(promised, 5)  # by cross-validation: how much better it is than the baseline
    found["told"] = [round(chosen.first.apart.value, 3), round(chosen.last.apart.value, 3)]
    found["dropped"] = [[one.plan.remedy, finite(one.told), finite(one.use)] for one in chosen.dropped]
    if undamaged is not None:
        ideal = (undamaged.form, task.lesson(Amended.of(undamaged.rows)))
        score = bench.score(*ideal)
        found["attainable"] = round(score.value, 5)
        found["gap_error"] = bench.error(score - scores["baseline"], ideal, base)
    ratio = weighed(real, synthetic, task, seed)
    if ratio is not None:
        found["density_ratio"] = round(bench.score(Form("mended", None, honest.learner), ratio).value, 5)
    if task.rule.metric == "average_precision":
        for name, pair in (("real", (best["real"], plain)), ("baseline", base), ("mended", after)):
            said = bench.said(*pair)
            found[f"{name}_rare"] = [round(kind(asked.target, said).value, 4) for kind in (average_precision, recall_at)]
    return found


def top(tried: tuple[Tried, ...], wanted) -> Form:
    return max((one for one in tried if wanted(one.form)), key=lambda one: one.score.value).form


class Undamaged(NamedTuple):
    """Rows without the harm, and the form of use that cross-validation chooses with these."""

    rows: Dataset
    form: Form

    @classmethod
    def of(cls, real: Dataset, rows: Dataset, seed: int) -> Undamaged | None:
        """Choose the form; None where nothing can be learned."""
        task = usable_task(real)
        if task is None:
            return None
        cut = folds_of(real, rows, FOLDS, seed, most=MOST_JUDGED)
        return cls(rows, weigh_up(task, real, cut, None, shared=False, groups=None, seed=seed).baseline.form)


def weighed(real: Dataset, synthetic: Dataset, task: Task, seed: int) -> Lesson | None:
    """Weigh synthetic rows by the generic density ratio, whether it helps or not; None where it has no sign at 5%."""
    scene = Scene(real, Amended.of(synthetic), seed)
    plans = signs(scene, 0.05, ("weigh_ratio",))
    if not plans:
        return None
    try:
        learned = learn(min(plans, key=lambda plan: plan.p_value), scene)
    except NotApplicable:
        return None
    return task.lesson(apply(learned, scene.rows, real, seed, 0))


def finite(value: float) -> float | None:
    return round(value, 2) if math.isfinite(value) else None


class Bench:
    """Trains forms and scores them on sealed rows."""

    def __init__(self, task: Task, real: Lesson, sealed: Lesson, seed: int) -> None:
        self.task, self.real, self.sealed, self.seed = task, real, sealed, seed
        self._said: dict[tuple[Form, int], np.ndarray] = {}

    def said(self, form: Form, further: Lesson) -> np.ndarray:
        """Give a form's predictions, made once."""
        key = (form, id(further))
        if key not in self._said:
            self._said[key] = self.task.predict(form.learner, lesson_of(form, self.real, further), self.sealed, self.seed)
        return self._said[key]

    def score(self, form: Form, further: Lesson) -> Score:
        """Give a form's score."""
        return self.task.score(self.sealed.target, self.said(form, further))

    def error(self, difference: Score, one: tuple[Form, Lesson], other: tuple[Form, Lesson]) -> float:
        """Give the standard error of a difference: sealed rows, and refits on halves of the real and of the further rows."""
        rng = np.random.default_rng(self.seed)
        values: list[list[float]] = []
        for a, b in halves(len(self.real.target), SPLITS, rng):
            pair: list[float] = []
            cuts = [halves(len(further.target), 1, np.random.default_rng(len(values)))[0] for _, further in (one, other)]
            for side, rows in enumerate((a, b)):
                scores = []
                for (form, further), cut in zip((one, other), cuts, strict=True):
                    lesson = lesson_of(form, self.real.take(rows), further.take(cut[side]))
                    said = self.task.predict(form.learner, lesson, self.sealed, self.seed)
                    scores.append(self.task.score(self.sealed.target, said).value)
                pair.append(scores[0] - scores[1])
            values.append(pair)
        spread = np.array(values)
        refits = float(half_variance(spread[:, 0], spread[:, 1]))
        return round(math.sqrt(standard_error(difference.influence) ** 2 + refits), 5)
