"""A lineage in a toy world, whatever the world: the regimes written once, for thousands of seeds at once."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar

import numpy as np

from assay.lab.worlds.regime import Regime

Statistics = dict[str, np.ndarray]


class World(ABC):
    """A reality with a way to learn from it; every array has the seeds on its first axis.

    Attributes
    ----------
    regimes : tuple of str
        Names of the regimes that can be simulated.
    rows : bool
        Whether actual rows are drawn, not sufficient statistics.
    """

    regimes: ClassVar[tuple[str, ...]]
    rows: bool

    def adopt(self, regime: Regime, sizes: Sequence[int]) -> None:  # noqa: B027 - most worlds are the same under every regime
        """Make ready for a regime, or raise `UsageError` where these settings do not go with it."""

    @abstractmethod
    def real(self, count: int, seeds: int, rng: np.random.Generator) -> Any:
        """Draw a batch of real rows for every seed."""

    @abstractmethod
    def made(self, model: Any, count: int, rng: np.random.Generator) -> Any:
        """Draw a batch from every seed's model."""

    @abstractmethod
    def fit(self, batch: Any) -> Any:
        """Learn every seed's model."""

    @abstractmethod
    def statistics(self, model: Any) -> Statistics:
        """Measure every seed's model against reality, each of shape (seeds,)."""

    @abstractmethod
    def floats(self, sizes: Sequence[int], regime: Regime) -> int:
        """Give how many floats one seed holds at most."""

    @abstractmethod
    def expected(self, regime: Regime, sizes: Sequence[int]) -> Mapping[str, np.ndarray]:
        """Give the means of the statistics that have a closed form, each of shape (generations,); none where there is none."""

    def pooled(self, first: Any, second: Any) -> Any:
        """Lay two batches together, where a regime of this world does."""
        raise NotImplementedError

    def part(self, batch: Any, count: int, rng: np.random.Generator) -> Any:
        """Draw rows of a batch without replacement, where a regime of this world does."""
        raise NotImplementedError

    def weighted(self, real: Any, made: Any, regime: Regime) -> Any:
        """Learn from each of two batches apart and weight what was learned, where a regime of this world does."""
        raise NotImplementedError

    def beside(self, count: int) -> int:
        """Give the rows made for `count` real ones under the regime ``weighted``."""
        return count


def descend(world: World, regime: Regime, sizes: Sequence[int], seeds: int, rng: np.random.Generator) -> Iterator[Statistics]:
    """Run one lineage a seed.

    Parameters
    ----------
    world : World
        Reality and learner.
    regime : Regime
        What generations after the first learn from; the first learns from real rows alone.
    sizes : sequence of int
        Rows per generation.
    seeds : int
        Lineages.
    rng : numpy.random.Generator
        Draws everything.

    Yields
    ------
    dict of str to numpy.ndarray of shape (seeds,)
        One generation's statistics.
    """
    held: Any = None
    if regime.name == "mix":
        count = regime.real_rows(sizes[0])
        held = world.real(count, seeds, rng)
        batch = world.pooled(held, world.real(sizes[0] - count, seeds, rng))
    else:
        batch = world.real(sizes[0], seeds, rng)
    model = world.fit(batch)
    yield world.statistics(model)
    for count in sizes[1:]:
        if regime.name == "weighted":
            made = world.made(model, world.beside(count), rng)
            model = world.weighted(world.real(count, seeds, rng), made, regime)
            yield world.statistics(model)
            continue
        if regime.name == "accumulate":
            batch = taken = world.pooled(batch, world.made(model, count, rng))
        elif regime.name == "accumulate_subsample":
            batch = world.pooled(batch, world.made(model, count, rng))
            taken = world.part(batch, count, rng)
        elif regime.name == "mix":
            taken = world.pooled(held, world.made(model, count - regime.real_rows(sizes[0]), rng))
        elif regime.name == "fresh":
            real = regime.real_rows(count)
            taken = world.pooled(world.real(real, seeds, rng), world.made(model, count - real, rng))
        else:
            taken = world.made(model, count, rng)
        model = world.fit(taken)
        yield world.statistics(model)


def drawn(rows: np.ndarray, count: int, rng: np.random.Generator) -> np.ndarray:
    """Draw positions without replacement, for each seed its own.

    Parameters
    ----------
    rows : numpy.ndarray of shape (seeds, rows, ...)
        What to draw from.
    count : int
        How many.

    Returns
    -------
    numpy.ndarray of int64, shape (seeds, count)
        Positions on the second axis.
    """
    keys = rng.random(rows.shape[:2])
    return np.argpartition(keys, count - 1, axis=1)[:, :count] if count < rows.shape[1] else np.argsort(keys, axis=1)


def most_rows(sizes: Sequence[int], regime: Regime) -> int:
    """Give the rows that one seed holds at most."""
    return sum(sizes) if regime.name.startswith("accumulate") else 2 * max(sizes)
