"""How real and synthetic rows are best used: alone, pooled, or with the real ones weighed up, before and after mending."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from assay.core.processes import share_out
from assay.data.amended import Amended
from assay.data.dataset import Dataset
from assay.mending.folds import Fold
from assay.mending.judge import DEPENDENCE
from assay.mending.task import Lesson, Task
from assay.stats.learners import BUILT_IN
from assay.stats.scores import Score, standard_error

SHARES = (0.25, 0.5, 0.8)  # of all weight that real rows may be given
PROTECTED = 2.0  # standard errors by which a choice must win where its rows were selected on what the generator saw
AHEAD = 1.0  # standard errors by which a form must win over the simple one: there are many to choose from
INFERIOR = -0.5  # standard errors to which a mended table may seem worse, its signs having been tested beforehand


class Form(NamedTuple):
    """A way to train.

    Parameters
    ----------
    rows : {'real', 'synthetic', 'mended'}
        Which further rows there are; 'real' for none.
    share : float or None
        Share of the weight that real rows have; None for every row the weight it has, 0 for none.
    learner : {'boosting', 'linear'}
        Learner.
    """

    rows: str
    share: float | None
    learner: str

    @property
    def simple(self) -> bool:
        """Whether every row has the weight it has: real, synthetic, or both."""
        return self.share in (None, 0.0)

    @property
    def words(self) -> str:
        """Say it.

        Examples
        --------
        >>> Form("mended", 0.5, "linear").words
        'real rows at 50% of the weight + mended rows, linear'
        """
        if self.rows == "real":
            return f"real rows alone, {self.learner}"
        name = {"synthetic": "synthetic rows", "mended": "mended rows"}[self.rows]
        if self.share == 0.0:
            return f"{name} alone, {self.learner}"
        real = "real" if self.share is None else f"real rows at {self.share:.0%} of the weight"
        return f"{real} + {name}, {self.learner}"


@dataclass(frozen=True)
class Tried:
    """A form, and its cross-validated score on real rows that it was not trained on."""

    form: Form
    score: Score


@dataclass(frozen=True)
class Use:
    """What cross-validation says of all forms.

    Parameters
    ----------
    tried : tuple of Tried
        All forms.
    baseline : Tried
        The best without mending; real rows alone where nothing beats these by two standard errors and the generator saw them.
    mended : Tried or None
        The best with mended rows; None where nothing was mended.
    chosen : Tried
        The one to use.
    """

    tried: tuple[Tried, ...]
    baseline: Tried
    mended: Tried | None
    chosen: Tried


def forms(mended: bool) -> tuple[Form, ...]:
    """List what is tried: three baselines and uniform mixing, each with both learners, and the same with mended rows."""
    found = [Form("real", None, name) for name in BUILT_IN]
    for rows in ("synthetic", "mended") if mended else ("synthetic",):
        for share in (0.0, None, *SHARES):
            found += [Form(rows, share, name) for name in BUILT_IN]
    return tuple(found)


def lesson_of(form: Form, real: Lesson, further: Lesson) -> Lesson:
    """Give the rows to train on: real ones weigh 1 each unless a share is asked for."""
    if form.rows == "real":
        return real
    if form.share == 0.0:
        return further
    if form.share is None:
        return real.plus(further)
    total = float(len(real.target) + len(further.target))
    return real.scaled(form.share * total).plus(further.scaled((1.0 - form.share) * total))


def fit_in_fold(
    task: Task, asked: tuple[Form, ...], real: Lesson, test: Lesson, rows: dict[str, Amended], seed: int
) -> list[np.ndarray]:
    """Train every form on a fold's rows and give the ranked predictions of its test rows."""
    further = {name: task.lesson(own) for name, own in rows.items()}
    said: list[np.ndarray] = []
    for form in asked:
        lesson = lesson_of(form, real, further.get(form.rows, real))
        said.append(task.ranked(task.predict(form.learner, lesson, test, seed)))
    return said


def weigh_up(
    task: Task,
    real: Dataset,
    before: tuple[Fold, ...],
    after: tuple[Fold, ...] | None,
    *,
    shared: bool,
    groups: np.ndarray | None,
    seed: int,
    jobs: int = 1,
) -> Use:
    """Cross-validate all forms and choose.

    Parameters
    ----------
    task : Task
        What the rows are for.
    real : Dataset
        Real rows.
    before, after : tuple of Fold
        Folds with synthetic rows as they came, and mended; the latter None where nothing was.
    shared : bool
        Whether the generator was fitted on these real rows: then a form must beat real rows alone by two standard errors.
    groups : numpy.ndarray of int, optional
        Rows that belong together.
    seed, jobs : int
        Seed and processes.

    Notes
    -----
    Forms are compared on the same rows, by influence functions (paired). The baseline is the best simple form without mending
    (real, synthetic, both), or real rows weighed up where these win by one standard error. Mended rows are pooled with the real
    ones, unless alone or at another weight they win by one standard error, and chosen unless they are worse than the baseline by
    half a standard error: their remedies were chosen for signs that were tested, and judged before. Where the
    generator saw the real rows, what is not real alone must win by two.
    """
    asked = forms(after is not None)
    lesson = task.lesson(real)
    usable = _usable(task, real)
    place = np.full(len(real), -1)
    place[usable] = np.arange(len(usable))
    tasks: list[tuple[object, ...]] = []
    tests: list[np.ndarray] = []
    for at, fold in enumerate(before):
        train, test = (own[own >= 0] for own in (place[fold.train], place[fold.test]))
        tests.append(test)
        rows = {"synthetic": fold.rows} | ({} if after is None else {"mended": after[at].rows})
        for name in BUILT_IN:
            own = tuple(form for form in asked if form.learner == name)
            tasks.append((task, own, lesson.take(train), lesson.take(test), rows, seed))
    done = share_out(fit_in_fold, tasks, jobs)
    order = np.concatenate(tests)
    tried: list[Tried] = []
    for at, name in enumerate(BUILT_IN):
        own = tuple(form for form in asked if form.learner == name)
        for k, form in enumerate(own):
            said = np.concatenate([done[part * len(BUILT_IN) + at][k] for part in range(len(before))])
            found = task.score(lesson.target[order], said)
            influence = np.zeros(len(usable))
            influence[order] = found.influence
            tried.append(Tried(form, Score(found.value, influence)))
    own_groups = None if groups is None else groups[usable]
    return _choice(tuple(tried), shared, own_groups)


def _choice(tried: tuple[Tried, ...], shared: bool, groups: np.ndarray | None) -> Use:
    def best(*kinds: str) -> Tried | None:
        return max(
            (one for one in tried if one.form.rows in kinds and one.form.simple), key=lambda one: one.score.value, default=None
        )

    def beyond(simple: Tried, rivals: Iterable[Tried]) -> Tried:
        """Give the best rival, if it is ahead of the simple form by more than noise."""
        top = max(rivals, key=lambda one: one.score.value, default=simple)
        return top if errors(top.score - simple.score, groups) > AHEAD else simple

    alone, plain = best("real"), best("real", "synthetic")
    assert alone is not None
    assert plain is not None
    baseline = beyond(plain, [one for one in tried if one.form.rows in ("real", "synthetic")])
    if shared and errors(plain.score - alone.score, groups) < PROTECTED:
        baseline = alone
    chosen = baseline
    own = [one for one in tried if one.form.rows == "mended"]
    mended = None
    if own:
        pooled = max((one for one in own if one.form.share is None), key=lambda one: one.score.value)
        mended = beyond(pooled, own)
        ahead = errors(mended.score - baseline.score, groups)
        if ahead > (PROTECTED if shared else INFERIOR):
            chosen = mended
    return Use(tried, baseline, mended, chosen)


def errors(difference: Score, groups: np.ndarray | None) -> float:
    """Give a paired difference in standard errors, folds taken as dependent."""
    error = standard_error(difference.influence, groups) * math.sqrt(DEPENDENCE)
    return difference.value / error if error > 0 else 0.0


def _usable(task: Task, real: Dataset) -> np.ndarray:
    target = task.codec.labels(real)
    return np.flatnonzero(target >= 0 if task.rule.classes else ~np.isnan(target))
