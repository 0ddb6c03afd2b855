"""Ways to train on real and further rows: alone, pooled, the real ones weighed up, or in two stages."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from assay.data.amended import Amended
from assay.mending.task import Lesson, Staged, Task
from assay.stats.learners import BUILT_IN

SHARES = (0.25, 0.5, 0.8)  # of all weight that real rows may be given


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
    staged : bool
        Whether a model of the further rows alone goes on learning from the real ones; `share` is None.
    """

    rows: str
    share: float | None
    learner: str
    staged: bool = False

    @property
    def simple(self) -> bool:
        """Whether every row has the weight it has, and all are trained on at once: real, synthetic, or both."""
        return self.share in (None, 0.0) and not self.staged

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
        if self.staged:
            return f"{name} first, real ones then, {self.learner}"
        real = "real" if self.share is None else f"real rows at {self.share:.0%} of the weight"
        return f"{real} + {name}, {self.learner}"


def forms(mended: bool) -> tuple[Form, ...]:
    """List what is tried: three baselines, uniform mixing and two stages, with both learners, and the same with mended rows."""
    found = [Form("real", None, name) for name in BUILT_IN]
    for rows in ("synthetic", "mended") if mended else ("synthetic",):
        for share in (0.0, None, *SHARES):
            found += [Form(rows, share, name) for name in BUILT_IN]
        found += [Form(rows, None, name, staged=True) for name in BUILT_IN]
    return tuple(found)


def lesson_of(form: Form, real: Lesson, further: Lesson) -> Lesson | Staged:
    """Give the rows to train on: real ones weigh 1 each unless a share is asked for."""
    if form.rows == "real":
        return real
    if form.staged:
        return Staged(further, real)
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
    alone: dict[tuple[str, str], Any] = {}  # models of further rows alone: they go on where a form is staged
    said: list[np.ndarray] = []
    for form in asked:
        lesson, key = lesson_of(form, real, further.get(form.rows, real)), (form.rows, form.learner)
        if isinstance(lesson, Staged):
            if key not in alone:
                alone[key] = task.fit(form.learner, lesson.first, seed)
            said.append(task.ranked(task.go_on(form.learner, alone[key], lesson.then, test, seed)))
            continue
        model = task.fit(form.learner, lesson, seed)
        if form.share == 0.0:
            alone[key] = model
        said.append(task.ranked(task.ask(form.learner, model, test)))
    return said
