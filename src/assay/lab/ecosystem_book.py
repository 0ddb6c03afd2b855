"""The rows of a shared corpus, counted: how many of which origin come, stay, are left out and are learned from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from assay.core.errors import UsageError
from assay.lab.ecosystem_scenario import FEWEST, Reader, Scenario

HUMAN, UNMARKED, MARKED = 0, 1, 2
POOLS = 3
MOST = 1e18  # rows of a corpus: whole numbers end at 9.2e18


@dataclass(frozen=True, slots=True)
class Take:
    """What a reader learns from.

    Parameters
    ----------
    counts : numpy.ndarray of shape (lineages, 3)
        Rows from the human, the unmarked synthetic and the marked synthetic part of the corpus.
    there : numpy.ndarray of shape (lineages, 3)
        Rows of each part, of which these are drawn.
    wrong_before, wrong : numpy.ndarray of shape (lineages, 3)
        Share of wrong labels in each part before and after curation.
    year : float
        When, for messages.
    """

    counts: np.ndarray
    there: np.ndarray
    wrong_before: np.ndarray
    wrong: np.ndarray
    year: float = 0.0

    @property
    def rows(self) -> np.ndarray:
        """All of them, of shape (lineages,)."""
        return self.counts.sum(axis=1)

    @property
    def synthetic_share(self) -> np.ndarray:
        """Share of synthetic rows, of shape (lineages,)."""
        return 1 - self.counts[:, HUMAN] / self.rows

    @property
    def wrong_share(self) -> np.ndarray:
        """Share of wrong labels, of shape (lineages,)."""
        return (self.counts * self.wrong).sum(axis=1) / self.rows


@dataclass(frozen=True, slots=True)
class Written:
    """What comes into the corpus in a step.

    Parameters
    ----------
    human : numpy.ndarray of shape (lineages,)
        Rows.
    made : numpy.ndarray of shape (lineages, generators, 2)
        Rows of each generator, unmarked and marked.
    human_wrong : numpy.ndarray of shape (lineages,)
        Share of wrong labels among the human rows.
    made_wrong : numpy.ndarray of shape (lineages, generators)
        And among each generator's.
    """

    human: np.ndarray
    made: np.ndarray
    human_wrong: np.ndarray
    made_wrong: np.ndarray


class Book:
    """Counts the rows of a scenario, for many lineages at once.

    Parameters
    ----------
    scenario : Scenario
        Who writes and reads, and when.
    values : mapping of str to numpy.ndarray of shape (lineages,)
        Every quantity, for every lineage.

    Attributes
    ----------
    counts : numpy.ndarray of float64, shape (lineages, 3)
        Rows of the corpus, whole numbers: human, unmarked synthetic, marked synthetic.
    wrong : numpy.ndarray of shape (lineages, 3)
        Share of wrong labels in each.

    Notes
    -----
    Nothing is random here: every count is its expectation, rounded. All rows age alike (a share `retention` of them is there a
    year later, whatever their age), so the vintages of one origin can be held together, and nothing is lost by it. Of the rows of
    a part with a share q of wrong labels a reader accepts

        human     (1 - false_positive) (keep_good (1 - q) + keep_bad q)
        unmarked  (1 - true_positive) (keep_good (1 - q) + keep_bad q)
        marked    that, times 1 - honoured

    and learns from as many as it wants, or from all that it accepts, in proportion, rounded: at least 9. What a generator makes
    has wrong labels where those it learned from were wrong, or where it turns a label: q + e (1 - 2 q).
    """

    def __init__(self, scenario: Scenario, values: Mapping[str, np.ndarray]) -> None:
        self.scenario, self.values = scenario, values
        self.step = 0
        stock = np.rint(values["human.stock"])
        zero = np.zeros_like(stock)
        self.counts = np.stack([stock, zero, zero], axis=1)
        self.wrong = np.stack([self._now("human.wrong"), zero, zero], axis=1)
        self.model_wrong = np.zeros((len(stock), len(scenario.generators)))
        self.weights = np.array([each.share for each in scenario.generators])
        self.weights /= self.weights.sum()

    def _now(self, name: str) -> np.ndarray:
        return self.scenario.at(self.values, name, self.step)

    @property
    def year(self) -> float:
        """The year at the end of the step."""
        return float(self.scenario.times[self.step])

    def read(self, reader: Reader, writer: int | None = None) -> Take:
        """Let a reader learn.

        Parameters
        ----------
        reader : Reader
            Who.
        writer : int, optional
            Its number among the generators, if it is one: what it makes from now on is as wrong as what it learned.

        Raises
        ------
        UsageError
            If fewer than 10 rows are accepted.
        """
        before = self.wrong
        good, bad = self._now("curation.keep_good")[:, None], self._now("curation.keep_bad")[:, None]
        kept = good * (1 - before) + bad * before
        found = self._now("detection.true_positive")
        passed = np.stack(
            [
                1 - self._now("detection.false_positive"),
                1 - found,
                (1 - found) * (1 - self._now("provenance.honoured")),
            ],
            axis=1,
        )
        accepted = self.counts * passed * kept
        there = np.floor(accepted.sum(axis=1))
        if there.min() < FEWEST:
            raise UsageError(
                f"Readers accept {int(there.min())} rows in {self.year:g}; a model needs {FEWEST}. "
                "Raise human.stock or human.inflow, or filter less."
            )
        wanted = np.minimum(float(reader.rows), there)
        counts = np.minimum(np.rint(accepted * (wanted / accepted.sum(axis=1))[:, None]), self.counts)
        wrong = np.divide(bad * before, kept, out=np.zeros_like(kept), where=kept > 0)
        take = Take(counts, self.counts.copy(), before.copy(), wrong, self.year)
        if writer is not None:
            learned = take.wrong_share
            self.model_wrong[:, writer] = learned + self._now("making.wrong") * (1 - 2 * learned)
        return take

    def fill(self) -> Written:
        """Let the generators write the synthetic stock that is there at the start."""
        share = self.values["synthetic.stock"]
        return self._write(np.zeros_like(share), self.counts[:, HUMAN] * share / (1 - share))

    def retain(self) -> np.ndarray:
        """Go on by a step and let rows go.

        Returns
        -------
        numpy.ndarray of shape (lineages, 3)
            Rows that stay.
        """
        self.step += 1
        length = 1 / self.scenario.steps_a_year
        self.counts = np.rint(self.counts * (self.values["corpus.retention"] ** length)[:, None])
        return self.counts.copy()

    def grow(self) -> Written:
        """Let humans and generators write for a step.

        Raises
        ------
        UsageError
            If there are then no rows, or more than 1e18.
        """
        length = 1 / self.scenario.steps_a_year
        gone = (self.step - 1) * length
        first = self.values["human.stock"] * self.values["human.inflow"] * length
        share = self.values["synthetic.inflow"]
        human = first * (1 + self.values["human.growth"]) ** gone
        made = first * share / (1 - share) * (1 + self.values["synthetic.growth"]) ** gone
        return self._write(human, made)

    def _write(self, human: np.ndarray, made: np.ndarray) -> Written:
        marked = self._now("provenance.marked")
        parts = np.stack([made * (1 - marked), made * marked], axis=1)[:, None, :] * self.weights[:, None]
        written = Written(np.rint(human), np.rint(parts), self._now("human.wrong"), self.model_wrong.copy())
        coming = np.concatenate([written.human[:, None], written.made.sum(axis=1)], axis=1)
        wrong = np.concatenate(
            [
                (written.human * written.human_wrong)[:, None],
                (written.made * written.made_wrong[:, :, None]).sum(axis=1),
            ],
            axis=1,
        )
        both = self.counts + coming
        total = both.sum(axis=1)
        if total.max() > MOST:
            raise UsageError(
                f"The corpus has {total.max():.2g} rows in {self.year:g}; it may have {MOST:g}. "
                "Lower human.stock, human.growth or synthetic.growth, or end the scenario earlier."
            )
        if total.min() < 1:
            raise UsageError(f"The corpus has no rows in {self.year:g}. Raise human.inflow, human.growth or corpus.retention.")
        wrong += self.counts * self.wrong
        self.wrong = np.divide(wrong, both, out=np.zeros_like(both), where=both > 0)
        self.counts = both
        return written
