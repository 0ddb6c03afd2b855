"""What a scenario of a shared corpus says: quantities with ranges and sources, who writes, who reads, and the calendar."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from assay.core.errors import UsageError

Path = tuple[str | int, ...]
FEWEST = 10  # rows that a reader must want and accept: fewer make no model

# Sections and quantities of a scenario file: what each means, the least and the most that it may be.
QUANTITIES: Mapping[str, Mapping[str, tuple[str, float, float]]] = {
    "human": {
        "stock": ("Human rows in the corpus at the start.", 10, 1e15),
        "inflow": ("New human rows in the first year, as a share of the human stock.", 0, 100),
        "growth": ("Growth of the human inflow in a year: 0.02 is 2% more.", -0.9, 10),
        "wrong": ("Share of human rows with a wrong label.", 0, 0.49),
    },
    "synthetic": {
        "stock": ("Synthetic share of the corpus at the start.", 0, 0.99),
        "inflow": ("Synthetic share of new rows at the start.", 0, 0.99),
        "growth": ("Growth of the synthetic inflow in a year.", -0.9, 10),
    },
    "corpus": {"retention": ("Share of the rows that are still there after a year.", 0, 1)},
    "provenance": {
        "marked": ("Share of new synthetic rows that readers find marked as synthetic.", 0, 1),
        "honoured": ("Share of the marked rows that readers leave out.", 0, 1),
    },
    "detection": {
        "true_positive": ("Share of unmarked synthetic rows that the detector finds; found rows are left out.", 0, 1),
        "false_positive": ("Share of human rows that the detector takes for synthetic.", 0, 0.99),
    },
    "curation": {
        "keep_good": ("Share kept of rows with a right label.", 0.001, 1),
        "keep_bad": ("Share kept of rows with a wrong label.", 0, 1),
    },
    "making": {
        "spread": ("Variance of made rows, as a share of the variance of the model that makes them.", 0.01, 10),
        "rare": ("Share of rare levels in made rows, as a share of what the model has of them.", 0, 10),
        "wrong": ("Share of made labels that a generator turns wrong, beside the wrong ones that it learned.", 0, 0.49),
        "shift": ("How far a generator turns the rule behind the labels, in units of that rule's length.", 0, 10),
        "alike": ("How alike the generators' shifts are: 0 independent, 1 the same.", 0, 1),
    },
}
SECTIONS: Mapping[str, str] = {
    "human": "Rows that people make.",
    "synthetic": "Rows that generators make.",
    "corpus": "What happens to rows once they are there.",
    "provenance": "Marks that say which rows are synthetic.",
    "detection": "A detector that readers use.",
    "curation": "A filter by quality that readers use.",
    "making": "What generators do wrong, each time.",
}
TOP: Mapping[str, str] = {
    "ecosystem": 'The format: "assay.ecosystem/1".',
    "title": "What the scenario is, in a line.",
    "start": "Year in which it begins.",
    "end": "Year in which it ends.",
    "step": '"quarter" or "year".',
    **SECTIONS,
    "generators": "Who learns from the corpus and writes to it, [[generators]].",
    "classifiers": "Who learns from the corpus only, [[classifiers]].",
}
WRITER: Mapping[str, str] = {
    "name": "What it is called.",
    "every": "Years between two trainings, a whole number of steps.",
    "rows": "Rows that it learns from, at least 10; fewer where readers accept fewer.",
    "share": "Its share of the synthetic rows, in proportion; default 1.",
}
READER: Mapping[str, str] = {key: told for key, told in WRITER.items() if key != "share"}
RANGE: Mapping[str, str] = {
    "value": "The number, if it is taken as known.",
    "low": "The least that is thought possible.",
    "high": "The most.",
    "source": "Where it was published: author, year, where.",
    "assumption": "Instead of a source: that it is an assumption, and why this one.",
}


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number of a scenario, or the range that it is thought to lie in.

    Parameters
    ----------
    name : str
        Section and key, such as ``"detection.true_positive"``.
    low, high : float
        Equal where the number is taken as known.
    source : str
        Where it was published, empty for an assumption.
    assumption : str
        Why this number, empty where there is a source.
    """

    name: str
    low: float
    high: float
    source: str = ""
    assumption: str = ""

    @property
    def middle(self) -> float:
        """The number that is taken where ranges are not."""
        return (self.low + self.high) / 2


@dataclass(frozen=True, slots=True)
class Reader:
    """A generator or classifier that learns from the corpus.

    Parameters
    ----------
    name : str
        What it is called.
    every : int
        Steps between two trainings.
    rows : int
        Rows that it learns from at most.
    share : float
        Of the synthetic inflow; 0 for a classifier.
    """

    name: str
    every: int
    rows: int
    share: float = 0.0


@dataclass(frozen=True, slots=True)
class Scenario:
    """A scenario, read and checked.

    Parameters
    ----------
    name, title : str
        What it is called.
    start, end : int
        Years.
    steps_a_year : int
        4 or 1.
    quantities : mapping of str to Quantity
        By section and key. A key with ``_later`` is what the quantity has become in the year `by` of its section.
    by : mapping of str to float
        For each section with such keys, the year in which the change is complete; it is even until then.
    generators, classifiers : tuple of Reader
        At least one generator.
    sha256 : str
        Of the text.
    """

    name: str
    title: str
    start: int
    end: int
    steps_a_year: int
    quantities: Mapping[str, Quantity]
    by: Mapping[str, float]
    generators: tuple[Reader, ...]
    classifiers: tuple[Reader, ...]
    sha256: str = ""

    @property
    def steps(self) -> int:
        """Steps of the calendar after the start."""
        return (self.end - self.start) * self.steps_a_year

    @property
    def times(self) -> np.ndarray:
        """Years at the end of every step, the start among them, of shape (steps + 1,)."""
        return self.start + np.arange(self.steps + 1) / self.steps_a_year

    @property
    def ranged(self) -> tuple[Quantity, ...]:
        """The quantities that are not taken as known."""
        return tuple(each for each in self.quantities.values() if each.high > each.low)

    def scaled(self, stock: int) -> Scenario:
        """Give the same scenario with a human stock of so many rows, and readers' rows in proportion, at least 10.

        Parameters
        ----------
        stock : int
            Human rows at the start, at least 10.

        Raises
        ------
        UsageError
            If there are fewer.
        """
        if not stock >= FEWEST:
            raise UsageError(f"stock must be a number of rows >= {FEWEST}. Got {stock!r}.")
        times = stock / self.quantities["human.stock"].middle

        def smaller(reader: Reader) -> Reader:
            return replace(reader, rows=max(FEWEST, round(reader.rows * times)))

        return replace(
            self.known({"human.stock": float(stock)}),
            generators=tuple(map(smaller, self.generators)),
            classifiers=tuple(map(smaller, self.classifiers)),
        )

    def known(self, values: Mapping[str, float]) -> Scenario:
        """Give the same scenario with some quantities taken as known.

        Parameters
        ----------
        values : mapping of str to float
            By section and key.
        """
        changed = {name: replace(self.quantities[name], low=value, high=value) for name, value in values.items()}
        return replace(self, quantities={**self.quantities, **changed})

    def at(self, values: Mapping[str, np.ndarray], name: str, step: int) -> np.ndarray:
        """Give a quantity at a step of the calendar.

        Parameters
        ----------
        values : mapping of str to numpy.ndarray of shape (lineages,)
            As `drawn` gives them.
        name : str
            Section and key.
        step : int
            From 0.
        """
        first, later = values[name], values.get(f"{name}_later")
        if later is None:
            return first
        by = self.by[name.partition(".")[0]]
        gone = min(1.0, step / self.steps_a_year / (by - self.start))
        return first + (later - first) * gone


def middles(scenario: Scenario, lineages: int) -> dict[str, np.ndarray]:
    """Give the middle of every quantity's range, for so many lineages."""
    return {name: np.full(lineages, each.middle) for name, each in scenario.quantities.items()}


def drawn(scenario: Scenario, draws: int, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Draw every quantity from its range, evenly and independently, stratified.

    Parameters
    ----------
    scenario : Scenario
        Whose ranges.
    draws : int
        How many.
    rng : numpy.random.Generator
        Draws everything.

    Returns
    -------
    dict of str to numpy.ndarray of shape (draws,)

    Notes
    -----
    A Latin hypercube: each range is cut into as many strata as there are draws, and each is met once, in an order of its own.

    References
    ----------
    McKay, M. D., Beckman, R. J. & Conover, W. J. (1979). A comparison of three methods for selecting values of input variables
    in the analysis of output from a computer code. Technometrics 21(2), section 2.3.
    """
    found = middles(scenario, draws)
    for each in scenario.ranged:
        at = (rng.permutation(draws) + rng.random(draws)) / draws
        found[each.name] = each.low + (each.high - each.low) * at
    return found


def repeated(values: Mapping[str, np.ndarray], times: int) -> dict[str, np.ndarray]:
    """Repeat each draw so many times, one after the other."""
    return {name: np.repeat(each, times) for name, each in values.items()}


def told(scenario: Scenario) -> list[dict[str, Any]]:
    """Give what a scenario assumes, as plain data: every quantity with its range and where that comes from."""
    return [
        {"name": each.name, "low": each.low, "high": each.high, "source": each.source, "assumption": each.assumption}
        for each in scenario.quantities.values()
    ]


def offsets(readers: Sequence[Reader]) -> tuple[int, ...]:
    """Give the step at which each reader trains again for the first time: those of one rhythm take turns."""
    return tuple(reader.every - (reader.every * at) // len(readers) for at, reader in enumerate(readers))
