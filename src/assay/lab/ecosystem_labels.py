"""Two classes in a shared corpus: labels that are wrong at times, rules that generators turn, and classifiers that learn."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from scipy.special import ndtr

from assay.lab.ecosystem_book import HUMAN, POOLS, Take, Written

LEAST_RIGHT = 1e-9  # of 1 - 2 q: below it labels say nothing, and curation cannot bring back what they said


class Labels:
    """Reality is x = y mu + N(0, identity), y = -1 or 1; a reader's rule is the mean of label times x.

    Parameters
    ----------
    values : mapping of str to numpy.ndarray of shape (lineages,)
        ``making.shift``, ``making.alike`` and ``human.wrong`` are used.
    generators, classifiers : int
        How many. Where there are no classifiers, the generators' own rules are measured.
    rng : numpy.random.Generator
        Draws the directions that the generators turn to.
    signal : float, default 2.0
        Length of mu: the best classifier errs on 2.3% of reality.
    dimension : int, default 8
        Columns of x.

    Notes
    -----
    Each part of the corpus is held as its mean of label times x. Of n rows with a share q of wrong labels that mean is (1 - 2 q)
    u plus noise of variance 1/n, u the rule that the rows were made by. A generator that has learned w makes rows by the rule u =
    |mu| unit(unit(w) + shift o), with o its own direction across the truth; directions of two generators have the correlation
    `alike`. Curation raises 1 - 2 q of what is read. The error of a rule w on reality is Phi(-|mu| cos(w, mu)).

    Axis: ``classifier_error``, mean over classifiers at their last training. It cannot see rules that are not linear, or
    shifts that a generator makes in x.

    References
    ----------
    Dohmatob, E., Feng, Y., Subramonian, A. & Kempe, J. (2025). Strong model collapse. ICLR, section 3 (a shifted rule leaves a
    floor that grows with the square of the synthetic share).
    Feng, Y., Dohmatob, E., Yang, P., Charton, F. & Kempe, J. (2025). Beyond model collapse. ICLR, section 4.
    """

    def __init__(
        self,
        values: Mapping[str, np.ndarray],
        generators: int,
        classifiers: int,
        rng: np.random.Generator,
        *,
        signal: float = 2.0,
        dimension: int = 8,
    ) -> None:
        self.shift, alike = values["making.shift"], values["making.alike"][:, None, None]
        lineages, self.wrong = len(self.shift), values["human.wrong"]
        self.signal, self.dimension = signal, dimension
        self.generators, self.classifiers = generators, classifiers
        own, common = (_across(rng, lineages, count, dimension) for count in (generators, 1))
        self.turns = np.sqrt(alike) * common + np.sqrt(1 - alike) * own
        self.mean = np.zeros((lineages, POOLS, dimension))
        self.models: dict[int, np.ndarray] = {}

    def start(self, count: np.ndarray, rng: np.random.Generator) -> None:
        """Lay in the human stock."""
        self.mean[:, HUMAN] = self._rows(self._truth(len(count)), self.wrong, count, rng)

    def _truth(self, lineages: int) -> np.ndarray:
        rule = np.zeros((lineages, self.dimension))
        rule[:, 0] = self.signal
        return rule

    def _rows(self, rule: np.ndarray, wrong: np.ndarray, count: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        noise = rng.standard_normal(rule.shape) / np.sqrt(np.maximum(count, 1))[:, None]
        return np.where((count > 0)[:, None], (1 - 2 * wrong)[:, None] * rule + noise, 0.0)

    def retain(self, before: np.ndarray, kept: np.ndarray, rng: np.random.Generator) -> None:
        """Keep some rows of each part."""
        self.mean += self._noise(before, kept, rng)

    def _noise(self, whole: np.ndarray, part: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Give how far the mean of some rows is from the mean of all."""
        more = np.where(part > 0, 1 / np.maximum(part, 1) - 1 / np.maximum(whole, 1), 0.0)
        return np.sqrt(np.maximum(more, 0.0))[:, :, None] * rng.standard_normal((*whole.shape, self.dimension))

    def write(self, before: np.ndarray, written: Written, rng: np.random.Generator) -> None:
        """Add rows."""
        lineages = len(self.shift)
        count = before.copy()
        self._add(HUMAN, count, written.human, self._rows(self._truth(lineages), written.human_wrong, written.human, rng))
        for at in range(self.generators):
            rule = self.signal * _unit(_unit(self.models[at]) + self.shift[:, None] * self.turns[:, at])
            for part in (0, 1):
                rows = written.made[:, at, part]
                self._add(part + 1, count, rows, self._rows(rule, written.made_wrong[:, at], rows, rng))

    def _add(self, pool: int, count: np.ndarray, rows: np.ndarray, mean: np.ndarray) -> None:
        both = count[:, pool] + rows
        self.mean[:, pool] += (mean - self.mean[:, pool]) * (rows / np.maximum(both, 1))[:, None]
        count[:, pool] = both

    def learn(self, model: int, take: Take, rng: np.random.Generator) -> None:
        """Learn a rule from the rows read, more of whose labels are right after curation."""
        better = (1 - 2 * take.wrong) / np.maximum(1 - 2 * take.wrong_before, LEAST_RIGHT)
        parts = self.mean * better[:, :, None] + self._noise(take.there, take.counts, rng)
        self.models[model] = (parts * (take.counts / take.rows[:, None])[:, :, None]).sum(axis=1)

    def axes(self, weights: np.ndarray) -> dict[str, np.ndarray]:
        """Measure the classifiers on reality."""
        errors = {at: ndtr(-self.signal * _unit(rule)[:, 0]) for at, rule in self.models.items()}
        if self.classifiers:
            of = range(self.generators, self.generators + self.classifiers)
            return {"classifier_error": np.mean([errors[at] for at in of if at in errors] or list(errors.values()), axis=0)}
        return {"classifier_error": np.asarray(sum(weight * errors[at] for at, weight in enumerate(weights)))}


def _unit(vectors: np.ndarray) -> np.ndarray:
    return vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-300)


def _across(rng: np.random.Generator, lineages: int, count: int, dimension: int) -> np.ndarray:
    """Draw unit vectors at right angles to the truth."""
    vectors = rng.standard_normal((lineages, count, dimension))
    vectors[:, :, 0] = 0.0
    return _unit(vectors)
