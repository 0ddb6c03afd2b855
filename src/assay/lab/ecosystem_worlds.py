"""What a toy world of a shared corpus has to offer, and how a scenario is run in several of them at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

import numpy as np

from assay.lab.ecosystem_book import Book, Take, Written
from assay.lab.ecosystem_scenario import Scenario, offsets

LARGE = 1e8  # rows from which on the error of a mean, below 1e-4 standard deviations, is left out


class PoolWorld(Protocol):
    """A reality, a corpus held as what is sufficient of its rows, and models that learn from it; lineages on the first axis."""

    def start(self, count: np.ndarray, rng: np.random.Generator) -> None:
        """Lay in the human stock, `count` rows of shape (lineages,)."""
        ...

    def learn(self, model: int, take: Take, rng: np.random.Generator) -> None:
        """Draw what a reader reads, and refit its model: generators come first, then classifiers."""
        ...

    def retain(self, before: np.ndarray, kept: np.ndarray, rng: np.random.Generator) -> None:
        """Keep some rows of each part of the corpus, drawn at random; both of shape (lineages, 3)."""
        ...

    def write(self, before: np.ndarray, written: Written, rng: np.random.Generator) -> None:
        """Add rows to the corpus, which had `before` rows, of shape (lineages, 3)."""
        ...

    def axes(self, weights: np.ndarray) -> dict[str, np.ndarray]:
        """Measure what the models learned from, each axis of shape (lineages,), generators weighted by what they write."""
        ...


def unfold(
    scenario: Scenario, values: Mapping[str, np.ndarray], worlds: Sequence[PoolWorld], rng: np.random.Generator
) -> dict[str, np.ndarray]:
    """Run a scenario in toy worlds.

    Parameters
    ----------
    scenario : Scenario
        Who writes and reads, and when.
    values : mapping of str to numpy.ndarray of shape (lineages,)
        Every quantity, for every lineage.
    worlds : sequence of PoolWorld
        With as many lineages; they share the counts of rows.
    rng : numpy.random.Generator
        Draws everything.

    Returns
    -------
    dict of str to numpy.ndarray of shape (steps + 1, lineages)
        Axes at the end of every step: ``synthetic_share`` (of the rows that generators learned from at their last training),
        ``corpus_share`` (of the corpus), ``rows_read`` (of the rows wanted), ``label_error`` (share of wrong labels among
        the rows learned from), and those of the worlds.

    Notes
    -----
    At the start all generators learn from the human stock and write the synthetic stock; classifiers then learn from both. In
    every step rows are lost, humans and generators write, and those whose turn it is learn.
    """
    book = Book(scenario, values)
    readers = [*scenario.generators, *scenario.classifiers]
    writers = len(scenario.generators)
    turns = [*offsets(scenario.generators), *offsets(scenario.classifiers)]
    takes: list[Take] = []
    for world in worlds:
        world.start(book.counts[:, 0], rng)

    def learn(at: int) -> Take:
        take = book.read(readers[at], at if at < writers else None)
        for world in worlds:
            world.learn(at, take, rng)
        return take

    def write(before: np.ndarray, written: Written) -> None:
        for world in worlds:
            world.write(before, written, rng)

    takes += [learn(at) for at in range(writers)]
    before = book.counts.copy()
    write(before, book.fill())
    takes += [learn(at) for at in range(writers, len(readers))]
    found: dict[str, list[np.ndarray]] = {}

    def measure() -> None:
        weights, own = book.weights, takes[:writers]
        axes = {
            "synthetic_share": sum(w * take.synthetic_share for w, take in zip(weights, own, strict=True)),
            "corpus_share": 1 - book.counts[:, 0] / book.counts.sum(axis=1),
            "rows_read": sum(w * take.rows / each.rows for w, take, each in zip(weights, own, scenario.generators, strict=True)),
            "label_error": sum(w * take.wrong_share for w, take in zip(weights, own, strict=True)),
        }
        for world in worlds:
            axes |= world.axes(weights)
        for name, numbers in axes.items():
            found.setdefault(name, []).append(np.asarray(numbers, dtype=float))

    measure()
    for step in range(1, scenario.steps + 1):
        before = book.counts.copy()
        kept = book.retain()
        for world in worlds:
            world.retain(before, kept, rng)
        write(kept, book.grow())
        for at, reader in enumerate(readers):
            if step >= turns[at] and (step - turns[at]) % reader.every == 0:
                takes[at] = learn(at)
        measure()
    return {name: np.stack(numbers) for name, numbers in found.items()}
