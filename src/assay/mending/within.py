"""What many synthetic rows can say where few real ones cannot: which learner suits them, and could mending be of use at all?"""

from __future__ import annotations

import numpy as np

from assay.core.processes import share_out
from assay.core.seeds import spawn
from assay.data.amended import Amended
from assay.data.dataset import Dataset
from assay.mending.choose import Step
from assay.mending.judge import apply
from assay.mending.task import Lesson, Task
from assay.mending.usage import Within
from assay.stats.learners import BUILT_IN
from assay.stats.scores import Score

MOST_ROWS = 10_000


def within(
    task: Task, real: Dataset, synthetic: Dataset, steps: tuple[Step, ...], *, told: float, seed: int, jobs: int = 1
) -> Within:
    """Train on half of the synthetic rows, mended and not, and on real ones alone, and score on the other half, mended.

    Parameters
    ----------
    task : Task
        What the rows are for.
    real, synthetic : Dataset
        Tables; the real rows are pooled with the synthetic ones in training.
    steps : tuple of Step
        Remedies, as they were learned.
    told : float
        AUC that tells real rows from the mended ones.
    seed, jobs : int
        Seed and processes.

    Notes
    -----
    The mended rows stand in for reality, many as they are: that is no proof of them, and in favour of what was done. So it is
    used in ways that survive this: where real rows cannot tell two learners apart, the one that suits the mended rows is taken;
    the gain that would follow is believed the less, the better real rows are told from these; and where even by their own
    measure models of mended rows do no better than models of the others, these are left alone (weights that right a
    distribution, for instance, and cost more in rows than it is worth). Rows made from real ones are not asked about: others
    made from the same real ones are among those that models were trained on.
    """
    rng = spawn(seed, "mend", "within")
    order = rng.permutation(len(synthetic))[: 2 * MOST_ROWS]
    parts = [synthetic.take(np.sort(rows)) for rows in (order[::2], order[1::2])]
    mended = [Amended.of(part) for part in parts]
    for at, step in enumerate(steps):
        mended = [apply(step.learned, rows, real, seed, at) for rows in mended]
    anchored = bool(mended[1].anchored.any())
    asked = task.lesson(mended[1].take(np.flatnonzero(~mended[1].anchored)).thinned(rng))
    own = task.lesson(real)
    trained: dict[str, Lesson] = {"real": own, "synthetic": own.plus(task.lesson(Amended.of(parts[0])))}
    if steps:
        trained["mended"] = own.plus(task.lesson(mended[0]))
    jobs_done = share_out(_score, [(task, name, lesson, asked, seed) for lesson in trained.values() for name in BUILT_IN], jobs)
    found = iter(jobs_done)
    scores = {rows: {name: next(found) for name in BUILT_IN} for rows in trained}
    return Within({"mended": scores["synthetic"]} | scores, told, anchored)


def _score(task: Task, name: str, lesson: Lesson, asked: Lesson, seed: int) -> Score:
    return task.score(asked.target, task.predict(name, lesson, asked, seed))
