"""What many synthetic rows can say where few real ones cannot: which learner suits them, and could mending be of use at all?"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from assay.core.processes import share_out
from assay.core.seeds import spawn
from assay.data.amended import Amended
from assay.data.coded import compared, table_codes
from assay.data.dataset import Dataset
from assay.data.entities import entity_codes
from assay.mending.choose import Step
from assay.mending.forms import Form
from assay.mending.judge import apply
from assay.mending.task import Lesson, Task
from assay.stats.learners import BUILT_IN
from assay.stats.rowhash import row_ids
from assay.stats.scores import Score, standard_error

MOST_ROWS = 10_000


class Within(NamedTuple):
    """What mended rows say by themselves.

    ``scores["mended"]["linear"]`` is the score, on mended rows, of the linear learner trained on others of them and the real
    rows; ``scores["synthetic"]`` of the unmended ones and the real rows, ``scores["real"]`` of real rows alone; ``told`` the AUC
    that tells real rows from mended ones; ``anchored`` whether some mended rows were made from real ones; ``groups`` the entities
    of the rows asked about. There are no scores where too few mended rows are left that were not made from real ones.
    """

    scores: dict[str, dict[str, Score]]
    told: float
    anchored: bool = False
    groups: np.ndarray | None = None

    @property
    def silent(self) -> bool:
        """Whether mended rows say nothing."""
        return not self.scores

    @property
    def wary(self) -> float:
        """By how many standard errors a gain must be above zero: none up to an AUC of .6, one at .8, two where all are told."""
        return max(self.told - 0.6, 0.0) / 0.2

    def prefers(self, learner: str) -> float:
        """Give the score by which learners are chosen where real rows cannot tell."""
        return self.scores["mended"][learner].value

    def expected(self, form: Form, baseline: Form) -> tuple[float, float]:
        """Give the gain of a form over a baseline that follows if the mended rows are right, and how far to trust it.

        The second number is a standard deviation: half of the gain where real rows cannot be told from mended ones, as much as
        the gain at an AUC of .6, twice as much at .7 and so on, and the noise of the rows asked about.
        """
        difference = self.scores[form.rows][form.learner] - self.scores[baseline.rows][baseline.learner]
        noise = math.sqrt(2.0) * standard_error(
            difference.influence, self.groups
        )  # of the rows asked about, and as much of those trained on
        distrust = 0.5 * 2.0 ** (max(self.told - 0.5, 0.0) / 0.1)
        return difference.value, math.hypot(difference.value * distrust, noise)

    def useless(self, learner: str, rows: str) -> bool:
        """Whether a model of a baseline's rows does as well on mended rows as one of these."""
        return self.scores[rows][learner].value >= self.scores["mended"][learner].value


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
    made from the same real ones are among those that models were trained on. Equal rows are in the same half, and so are those
    of an entity.
    """
    rng = spawn(seed, "mend", "within")
    parts = [synthetic.take(rows) for rows in _halves(synthetic, rng)]
    mended = [Amended.of(part) for part in parts]
    for at, step in enumerate(steps):
        mended = [apply(step.learned, rows, real, seed, at) for rows in mended]
    anchored = bool(mended[1].anchored.any())
    own_rows = mended[1].take(np.flatnonzero(~mended[1].anchored)).thinned(rng)
    asked, entities = task.lesson(own_rows), entity_codes(own_rows)
    if not task.tells(asked.target):
        return Within({}, told, anchored)
    own = task.lesson(real)
    trained: dict[str, Lesson] = {"real": own, "synthetic": own.plus(task.lesson(Amended.of(parts[0])))}
    if steps:
        trained["mended"] = own.plus(task.lesson(mended[0]))
    jobs_done = share_out(_score, [(task, name, lesson, asked, seed) for lesson in trained.values() for name in BUILT_IN], jobs)
    found = iter(jobs_done)
    scores = {rows: {name: next(found) for name in BUILT_IN} for rows in trained}
    groups = None if entities is None else entities[task.usable(own_rows)]
    return Within({"mended": scores["synthetic"]} | scores, told, anchored, groups)


def _halves(rows: Dataset, rng: np.random.Generator) -> list[np.ndarray]:
    """Cut rows into halves, equal ones, or those of an entity, in the same: a model must not be asked about what it has seen."""
    entities = entity_codes(rows)
    ids = row_ids(table_codes([rows], compared(rows.schema))) if entities is None else entities
    side = (rng.permutation(int(ids.max()) + 1) % 2)[ids]
    order = rng.permutation(len(rows))
    return [np.sort(order[side[order] == half][:MOST_ROWS]) for half in (0, 1)]


def _score(task: Task, name: str, lesson: Lesson, asked: Lesson, seed: int) -> Score:
    return task.score(asked.target, task.predict(name, lesson, asked, seed))
