"""How real and synthetic rows are best used: alone, pooled, or with the real ones weighed up, before and after mending."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from assay.core.processes import share_out
from assay.data.dataset import Dataset
from assay.mending.folds import Fold
from assay.mending.forms import Form, fit_in_fold, forms
from assay.mending.judge import DEPENDENCE, errors
from assay.mending.task import Task
from assay.mending.within import Within
from assay.stats.learners import BUILT_IN
from assay.stats.scores import Score, standard_error

PROTECTED = 2.0  # standard errors by which a choice must win where the generator or a remedy's own rows saw the real ones
AHEAD = 1.0  # standard errors by which a form must win over the simple one: there are many to choose from


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


def weigh_up(
    task: Task,
    real: Dataset,
    before: tuple[Fold, ...],
    after: tuple[Fold, ...] | None,
    *,
    shared: bool,
    within: Within | None = None,
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
    within : Within, optional
        What the mended rows say by themselves; see `assay.mending.within`.
    groups : numpy.ndarray of int, optional
        Rows that belong together.
    seed, jobs : int
        Seed and processes.

    Notes
    -----
    Forms are compared on the same rows, by influence functions (paired). The baseline is the best simple form without mending
    (real, synthetic, both), or real rows weighed up or trained on last where these win by one standard error. Mended rows are
    pooled with the real ones, unless alone, at another weight or in two stages they win by one standard error, by the learner
    that is better on real rows, or, within one standard error, on the mended rows themselves. They, and synthetic rows pooled
    with the real ones by either learner, are chosen if the gain over the baseline is above zero, and the largest: estimated from
    real rows (with its standard error) and from what would follow if the mended rows were right (with a standard deviation that
    grows as real rows are told from them), both weighed by their precisions; mended rows never if models of the baseline's rows
    do as well on mended rows as models of these, and the surer, the better real rows are told from mended ones (from an AUC of .6
    on, by one standard error at .8). Where some were made from real rows, only real rows speak, and mended ones must
    win by two standard errors: of many such plans the best was taken, by nothing but its use. Where the generator saw the real
    rows, what is not real alone must win by two.
    """
    asked = forms(after is not None)
    lesson = task.lesson(real)
    tasks: list[tuple[object, ...]] = []
    tests: list[np.ndarray] = []
    for at, (fold, (train, test)) in enumerate(zip(before, task.cuts(real, before), strict=True)):
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
            influence = np.zeros(len(lesson.target))
            influence[order] = found.influence
            tried.append(Tried(form, Score(found.value, influence)))
    own_groups = None if groups is None else groups[task.usable(real)]
    return _choice(tuple(tried), shared, own_groups, within)


def _choice(tried: tuple[Tried, ...], shared: bool, groups: np.ndarray | None, within: Within | None = None) -> Use:
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
    own = [one for one in tried if one.form.rows == "mended"]
    mended = None
    if own:
        pooled = sorted((one for one in own if one.form.simple and one.form.share is None), key=lambda one: -one.score.value)
        simple = pooled[0]
        if within is not None and not within.silent and errors(pooled[0].score - pooled[-1].score, groups) < AHEAD:
            simple = max(pooled, key=lambda one: within.prefers(one.form.learner))
        mended = beyond(simple, [one for one in own if one.form.learner == simple.form.learner])
    rivals = [] if mended is None else [mended]
    if within is not None and not shared:
        rivals += [one for one in tried if one.form.rows == "synthetic" and one.form.simple and one.form.share is None]
    gains = [(_gain(one, baseline, shared, groups, within), one) for one in rivals if one is not baseline]
    gain, top = max(gains, key=lambda each: each[0], default=(0.0, baseline))
    return Use(tried, baseline, mended, top if gain > 0 else baseline)


def _gain(one: Tried, baseline: Tried, shared: bool, groups: np.ndarray | None, within: Within | None) -> float:
    """Give what a form gains over the baseline, by real rows and by what follows from the mended ones."""
    difference = one.score - baseline.score
    ahead = errors(difference, groups)
    if shared:
        return difference.value if ahead > PROTECTED else -math.inf
    if within is None:
        return difference.value
    if within.silent or (one.form.rows == "mended" and within.anchored):
        return difference.value if ahead > PROTECTED else -math.inf
    if one.form.rows == "mended" and within.useless(one.form.learner, baseline.form.rows):
        return -math.inf
    gain, spread = within.expected(one.form, baseline.form)
    error = standard_error(difference.influence, groups) * math.sqrt(DEPENDENCE)
    # both are estimates of one gain: weighed by their precisions
    both = max(spread**2 + error**2, 1e-300)
    found = (difference.value * spread**2 + gain * error**2) / both
    return found if found * math.sqrt(both) > within.wary * spread * error else -math.inf
