"""A scenario of a shared corpus run with real generators and actual rows, at small scale."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
import pyarrow as pa

from assay.core.errors import UsageError
from assay.core.registry import get
from assay.core.seeds import integer_seed, spawn
from assay.data.codec import Codec
from assay.data.dataset import Dataset
from assay.lab.ecosystem_book import HUMAN, POOLS, Book, Take, Written
from assay.lab.ecosystem_columns import BEYOND
from assay.lab.ecosystem_levels import RAREST, expected_alive
from assay.lab.ecosystem_scenario import Scenario, middles, offsets
from assay.stats.learners import fit, predict, utility_learner

Human = Callable[[int, np.random.Generator], Dataset]
FEWEST_BEHIND_LEVEL = 10  # a level with fewer rows in the reference is not told apart


def run_rows(
    scenario: Scenario,
    human: Dataset | Human,
    generators: Sequence[str | Callable[[], Any]],
    *,
    reference: Dataset,
    seeds: int = 4,
    seed: int = 0,
) -> dict[str, np.ndarray]:
    """Run a scenario with real generators.

    Parameters
    ----------
    scenario : Scenario
        Who writes and reads, with as few rows as can be run: see `Scenario.scaled`. Every quantity is in the middle of its range.
    human : Dataset or callable
        Human rows. Of a table, every row is given out once; a callable makes them, called with a number of rows and a generator
        of random numbers.
    generators : sequence of str or callable
        For each generator of the scenario a registry name, or what makes an unfitted one; fewer are taken in turns.
    reference : Dataset
        Sealed human rows that what is learned from is compared with.
    seeds : int, default 4
        Lineages.
    seed : int, default 0
        Equal seeds give equal numbers.

    Returns
    -------
    dict of str to numpy.ndarray of shape (steps + 1, seeds)
        ``synthetic_share``, ``corpus_share`` and ``rows_read``; as far as the table has such columns ``log_variance``,
        ``tail_mass``, ``rare_levels``, ``rare_mass`` and ``heterozygosity`` of the rows learned from, means over columns and
        generators; and ``classifier_error`` on the reference, where the target is a class.

    Raises
    ------
    UsageError
        If the human table is too small, or nothing can be measured.

    Notes
    -----
    Counts of rows are those of the toy worlds, row for row. What generators do wrong they do themselves: the quantities of
    `making` are not used, and labels are not made wrong on purpose, so that curation decides by the parts' shares only.
    Missing values are left out of what is measured. Levels with fewer than 10 rows in the reference are not looked at.
    """
    if seeds < 1 or not generators:
        raise UsageError(f"run_rows needs generators and seeds >= 1. Got {len(generators)} generators and seeds={seeds}.")
    makers = [generators[at % len(generators)] for at in range(len(scenario.generators))]
    measures = _Measures(reference)
    lineages = [_Lineage(scenario, human, makers, measures, seed, at).run() for at in range(seeds)]
    return {name: np.stack([each[name] for each in lineages], axis=1) for name in lineages[0]}


def human_rows(scenario: Scenario) -> int:
    """Give the human rows that a scenario takes in all its years, at its start and after."""
    book = Book(scenario, middles(scenario, 1))
    return int(book.counts[0, HUMAN]) + sum(int(_next(book).human[0]) for _ in range(scenario.steps))


def _next(book: Book) -> Written:
    book.retain()
    return book.grow()


class _Lineage:
    def __init__(
        self,
        scenario: Scenario,
        human: Dataset | Human,
        makers: Sequence[str | Callable[[], Any]],
        measures: _Measures,
        seed: int,
        number: int,
    ) -> None:
        self.scenario, self.makers, self.measures = scenario, makers, measures
        self.task: tuple[str | int, ...] = ("ecosystem", "rows", number)
        self.seed, self.rng, self.count = seed, spawn(seed, *self.task), 0
        self.human = human if not isinstance(human, Dataset) else partial(_dealt, human, self.rng.permutation(len(human)), [0])
        if isinstance(human, Dataset) and human_rows(scenario) > len(human):
            raise UsageError(
                f"The scenario takes {human_rows(scenario):,} human rows, and the table has {len(human):,}. "
                "Scale it down with Scenario.scaled, or give more rows."
            )
        self.pools: list[pa.Table | None] = [None] * POOLS
        self.models: dict[int, Any] = {}
        self.scores: dict[int, dict[str, float]] = {}

    def run(self) -> dict[str, np.ndarray]:
        scenario = self.scenario
        book = Book(scenario, middles(scenario, 1))
        readers = [*scenario.generators, *scenario.classifiers]
        writers = len(scenario.generators)
        turns = [*offsets(scenario.generators), *offsets(scenario.classifiers)]
        self._add(HUMAN, self.human(int(book.counts[0, HUMAN]), self.rng).table)
        takes = {at: self._learn(at, book.read(readers[at], at)) for at in range(writers)}
        self._write(book.fill())
        takes |= {at: self._learn(at, book.read(readers[at])) for at in range(writers, len(readers))}
        found: dict[str, list[float]] = {}
        self._measure(book, takes, found)
        for step in range(1, scenario.steps + 1):
            for part, kept in enumerate(book.retain()[0]):
                self.pools[part] = self._some(part, int(kept))
            self._write(book.grow())
            for at, reader in enumerate(readers):
                if step >= turns[at] and (step - turns[at]) % reader.every == 0:
                    takes[at] = self._learn(at, book.read(reader, at if at < writers else None))
            self._measure(book, takes, found)
        return {name: np.array(numbers) for name, numbers in found.items()}

    def _some(self, part: int, kept: int) -> pa.Table | None:
        pool = self.pools[part]
        if pool is None or kept == 0:
            return None
        return pool if kept == len(pool) else pool.take(pa.array(np.sort(self.rng.choice(len(pool), kept, replace=False))))

    def _add(self, part: int, rows: pa.Table) -> None:
        pool = self.pools[part]
        self.pools[part] = rows if pool is None else pa.concat_tables([pool, rows]).combine_chunks()

    def _learn(self, at: int, take: Take) -> Take:
        parts = (self._some(part, int(count)) for part, count in enumerate(take.counts[0]))
        table = pa.concat_tables([each for each in parts if each is not None]).combine_chunks()
        read = Dataset(table, self.measures.reference.schema, name="read")
        if at < len(self.makers):
            maker = self.makers[at]
            model = get("generator", maker)() if isinstance(maker, str) else maker()
            self.models[at] = model.fit(read, seed=self._next_seed())
            self.scores[at] = self.measures.of(read)
        else:
            self.scores[at] = self.measures.classifier(read, self._next_seed())
        return take

    def _next_seed(self) -> int:
        self.count += 1
        return integer_seed(self.seed, *self.task, self.count)

    def _write(self, written: Written) -> None:
        if written.human[0]:
            self._add(HUMAN, self.human(int(written.human[0]), self.rng).table)
        for at, model in self.models.items():
            rows = [int(count) for count in written.made[0, at]]
            if sum(rows):
                made = model.sample(sum(rows), seed=self._next_seed()).table
                for part, begin, count in ((1, 0, rows[0]), (2, rows[0], rows[1])):
                    if count:
                        self._add(part, made.slice(begin, count))

    def _measure(self, book: Book, takes: Mapping[int, Take], found: dict[str, list[float]]) -> None:
        writers, weights = self.scenario.generators, book.weights
        axes = {
            "synthetic_share": sum(w * float(takes[at].synthetic_share[0]) for at, w in enumerate(weights)),
            "corpus_share": float(1 - book.counts[0, HUMAN] / book.counts[0].sum()),
            "rows_read": sum(w * float(takes[at].rows[0]) / writers[at].rows for at, w in enumerate(weights)),
        }
        for name in self.scores[0]:
            axes[name] = float(sum(w * self.scores[at][name] for at, w in enumerate(weights)))
        errors = [score["classifier_error"] for at, score in self.scores.items() if at >= len(writers) and score]
        if errors:
            axes["classifier_error"] = float(np.mean(errors))
        for name, value in axes.items():
            found.setdefault(name, []).append(value)


class _Measures:
    """Compares rows with the reference."""

    def __init__(self, reference: Dataset) -> None:
        self.reference = reference
        schema = reference.schema
        kinds = {each.name: each.kind for each in schema.columns}
        self.numeric = [name for name in schema.modelled if kinds[name] == "numeric" and name != schema.target]
        self.levels: dict[str, tuple[pa.Array, np.ndarray]] = {}
        self.ends: dict[str, tuple[float, float, float]] = {}
        for name in self.numeric:
            numbers = reference.numbers(name)
            numbers = numbers[np.isfinite(numbers)]
            low, high = np.quantile(numbers, [BEYOND, 1 - BEYOND])
            self.ends[name] = float(low), float(high), float(numbers.var(ddof=1))
        self.codec = Codec(schema).fit(reference)
        for name in (name for name in schema.modelled if kinds[name] == "categorical"):
            levels = self.codec.levels_[name]
            counts = np.bincount(reference.codes(name, levels) + 1, minlength=len(levels) + 1)[1:].astype(float)
            self.levels[name] = levels, counts
        if not self.ends and not self.levels:
            raise UsageError("run_rows measures numeric and categorical columns. The reference has neither.")

    def of(self, read: Dataset) -> dict[str, float]:
        """Give the axes of the rows read."""
        found: dict[str, list[float]] = {}
        for name, (low, high, variance) in self.ends.items():
            numbers = read.numbers(name)
            numbers = numbers[np.isfinite(numbers)]
            found.setdefault("log_variance", []).append(float(np.log(max(numbers.var(ddof=1) / variance, 1e-300))))
            outside = float(((numbers < low) | (numbers > high)).mean())
            found.setdefault("tail_mass", []).append(outside / (2 * BEYOND))
        for name, (levels, counts) in self.levels.items():
            codes = read.codes(name, levels)
            here = np.bincount(codes[(codes >= 0) & (codes < len(levels))], minlength=len(levels)).astype(float)
            real, shares = counts / counts.sum(), here / max(here.sum(), 1.0)
            found.setdefault("heterozygosity", []).append(float((1 - shares @ shares) / max(1 - real @ real, 1e-300)))
            rare = (real < RAREST) & (counts >= FEWEST_BEHIND_LEVEL)
            if rare.any():
                found.setdefault("rare_levels", []).append(float((here[rare] > 0).sum() / expected_alive(real[rare], len(read))))
                found.setdefault("rare_mass", []).append(float(shares[rare].sum() / real[rare].sum()))
        return {name: float(np.mean(numbers)) for name, numbers in found.items()}

    def classifier(self, read: Dataset, seed: int) -> dict[str, float]:
        """Give the error of a classifier that learns from the rows read; empty where the target is no class."""
        schema = self.reference.schema
        if schema.target is None or schema.task == "regression":
            return {}
        columns = [name for name in schema.modelled if name != schema.target]
        labels = self.codec.labels(read)
        known = labels >= 0
        truth = self.codec.labels(self.reference)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a linear learner that stops early is still a classifier
            learner = fit(utility_learner("linear", "multiclass", seed), self.codec.onehot(read, columns)[known], labels[known])
        told = predict(learner, self.codec.onehot(self.reference, columns), 0)
        return {"classifier_error": float((told != truth).mean())}


def _dealt(table: Dataset, order: np.ndarray, given: list[int], count: int, rng: np.random.Generator) -> Dataset:
    """Give out rows of a table in an order, each once; `given` holds how many are gone."""
    begin = given[0]
    given[0] += count
    return table.take(np.sort(order[begin : begin + count]))
