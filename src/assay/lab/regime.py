"""What the next generation of a loop is trained on: the base of every regime, and what it may choose from."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from typing import Any, ClassVar, Literal, NamedTuple, TypeVar

import numpy as np
import pyarrow as pa

from assay.core import registry
from assay.core.errors import InputError, UsageError
from assay.core.lineage import Lineage
from assay.core.seeds import spawn
from assay.data.dataset import Dataset
from assay.data.schema import Schema

Result = TypeVar("Result")
MOST_SHARED = 16  # of each kind, what lineages have made once is kept in memory


class Source(NamedTuple):
    """A table that a corpus was made of: its digest, and how far it is from real rows."""

    sha256: str
    depth: int


class State:
    """Everything that a regime may make the next corpus of.

    Parameters
    ----------
    real : Dataset
        The first real part: what generation 1 was trained on. Its rows stand in random order.
    history : sequence of Dataset
        The rows of generations 1 to ``number - 1``; each is read from disk when it is asked for.
    size : int
        Rows that a generation has.
    number : int
        The generation that will be trained, at least 2.
    seed : int
        Of the lineage: the same in all its generations.
    reserve : Dataset, optional
        Real rows in random order that share no row with `real`.
    shared : dict, optional
        Keeps what `share` makes; default: for this state only.

    Notes
    -----
    What is read through it is taken down: it becomes the lineage stamp of what is made from the corpus.
    """

    def __init__(
        self,
        real: Dataset,
        history: Sequence[Dataset],
        *,
        size: int,
        number: int,
        seed: int,
        reserve: Dataset | None = None,
        shared: dict[Any, Any] | None = None,
    ) -> None:
        self._real, self._history, self._reserve = real, history, reserve
        self.size, self.number, self.seed = size, number, seed
        self.record: dict[str, float] = {}
        self._shared: dict[Any, Any] = {} if shared is None else shared
        self._read: dict[str, Source] = {}

    @property
    def real(self) -> Dataset:
        """The first real part."""
        return self._seen(self._real)

    @property
    def last(self) -> Dataset:
        """Rows of the last generation."""
        return self._seen(self._history[-1])

    def generations(self) -> Iterator[Dataset]:
        """Give the rows of all generations so far, oldest first, one in memory at a time."""
        for at in range(len(self._history)):
            yield self._seen(self._history[at])

    def fresh(self, rows: int) -> Dataset:
        """Give real rows that no earlier generation of this lineage has seen, as many in each of them.

        Raises
        ------
        InputError
            If the reserve is used up.
        """
        first = (self.number - 2) * rows
        there = 0 if self._reserve is None else len(self._reserve)
        if self._reserve is None or first + rows > there:
            raise InputError(
                f"The real rows kept apart are used up: generation {self.number} needs {rows:,} new ones after {first:,}, and "
                f"there are {there:,}.",
                fix="Give more real rows, a smaller share or size, or fewer generations.",
            )
        return self._seen(self._reserve.take(np.arange(first, first + rows)))

    def note(self, **facts: float) -> None:
        """Put numbers on the record of the generation."""
        self.record |= {name: float(fact) for name, fact in facts.items()}

    def rng(self, *task: str | int) -> np.random.Generator:
        """Make the generator of a task that is the same in every generation of the lineage."""
        return spawn(self.seed, "regime", *task)

    def share(self, key: str, make: Callable[[], Result]) -> Result:
        """Make something once that depends on nothing but the first real part, and keep it for the generations to come."""
        place = (self.seed, key)
        if place not in self._shared:
            if len(self._shared) >= MOST_SHARED:
                self._shared.clear()
            self._shared[place] = make()
        return self._shared[place]

    @property
    def sources(self) -> tuple[Source, ...]:
        """The tables read so far, in the order in which they were."""
        return tuple(self._read.values())

    def _seen(self, rows: Dataset) -> Dataset:
        self._read.setdefault(rows.sha256, Source(rows.sha256, depth(rows)))
        return rows


class Regime(ABC):
    """How real and synthetic rows make up what each next generation is trained on.

    Subclasses stand alone in a file of `assay.lab.regimes` named as the class in snake case, and are written as that name, with
    an argument after a colon where they take one: ``mix:0.1``.

    Parameters
    ----------
    argument : str, optional
        What stood after the colon.

    Attributes
    ----------
    meaning : str
        What the next generation learns from, in one line.
    usage : str
        How it is written.
    reads : {'last', 'all'}
        Which generations it asks for; the others need not be kept.

    Raises
    ------
    UsageError
        If the argument cannot be used.
    """

    meaning: ClassVar[str]
    usage: ClassVar[str]
    reads: ClassVar[Literal["last", "all"]] = "last"

    def __init__(self, argument: str | None = None) -> None:
        if argument is not None:
            raise UsageError(f"The regime {self.name} takes nothing after a colon. Got {argument!r}. Write: {self.usage}")

    @property
    def name(self) -> str:
        """Name in the registry."""
        return type(self).__module__.rpartition(".")[2]

    @property
    def text(self) -> str:
        """The regime as it is written, equal for equal regimes."""
        return self.name

    def require_usable(self, schema: Schema) -> None:  # noqa: B027 - most can use any table
        """Raise a UsageError, before any work, where a table of this schema cannot be used."""

    def fresh_rows(self, size: int) -> int:
        """Give the new real rows that each generation from the second on takes."""
        del size
        return 0

    @abstractmethod
    def corpus(self, state: State, rng: np.random.Generator) -> Dataset:
        """Give the rows that the next generation is trained on.

        Parameters
        ----------
        state : State
            What there is.
        rng : numpy.random.Generator
            Chooses; equal states choose equally.
        """


class SharedRegime(Regime):
    """A regime with a share of real rows after the colon.

    Parameters
    ----------
    argument : str
        The share, in (0, 1).
    """

    def __init__(self, argument: str | None = None) -> None:
        try:
            self.share = float(argument or "")
        except ValueError:
            self.share = math.nan
        if not 0.0 < self.share < 1.0:
            got = "none" if argument is None else repr(argument)
            raise UsageError(f"The regime {self.name} needs a share of real rows in (0, 1). Got {got}. Write: {self.usage}")

    @property
    def text(self) -> str:
        """The regime as it is written."""
        return f"{self.name}:{self.share!r}"

    def real_rows(self, size: int) -> int:
        """Give the real rows among `size` of them: the share, rounded, at least one of either kind."""
        return min(max(round(self.share * size), 1), size - 1)


def regime_of(text: str) -> Regime:
    """Read a regime as it is written.

    Raises
    ------
    UnknownNameError
        If there is none of that name; the message lists those that there are.
    UsageError
        If what stands after the colon cannot be used.

    Examples
    --------
    >>> regime_of("mix:0.10").text
    'mix:0.1'
    """
    name, colon, argument = text.strip().partition(":")
    return registry.get("regime", name.strip())(argument.strip() if colon else None)


def depth(rows: Dataset) -> int:
    """Give how many generators stand between a table and reality: 0 for real rows."""
    return 0 if rows.lineage is None else rows.lineage.depth


def pooled(parts: Sequence[Dataset]) -> Dataset:
    """Put tables of one schema under each other; the result is as far from reality as the farthest of them."""
    deepest = max(map(depth, parts))
    table = pa.concat_tables([part.table for part in parts]).combine_chunks()
    return Dataset(table, parts[0].schema, name="corpus", lineage=Lineage("corpus", depth=deepest) if deepest else None)


def some(rows: Dataset, wanted: int, rng: np.random.Generator) -> Dataset:
    """Draw rows without replacement, in the order in which they stand; all of them where no more are there."""
    if wanted >= len(rows):
        return rows
    return rows.take(np.sort(rng.choice(len(rows), wanted, replace=False)))
