"""One generation of a loop, wherever it is made: choose the corpus, fit, sample, measure, keep."""

from __future__ import annotations

import time as clock
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple, Protocol, overload

import numpy as np

import assay
from assay.core import registry
from assay.core.errors import AssayError, InputError
from assay.core.lineage import Lineage
from assay.core.protocols import Generator
from assay.core.seeds import integer_seed, spawn
from assay.core.threads import one_thread
from assay.core.trajectory import Descent, Generation, Reading
from assay.data.dataset import Dataset
from assay.data.entities import entity_codes
from assay.data.split import split
from assay.lab.loop_record import Made, Origin
from assay.lab.loop_store import Store
from assay.lab.portrayer import Portrayer
from assay.lab.regime import MOST_SHARED, Source, State, depth, regime_of


class Gauge(Protocol):
    """Measures the rows of a generation against sealed real rows.

    What it could not measure may stand in an attribute ``skipped``: axes, each with the reason.
    """

    def measure(self, rows: Dataset, *, previous: Dataset, seed: int) -> tuple[Reading, ...]:
        """Give every axis.

        Parameters
        ----------
        rows : Dataset
            What the generation made.
        previous : Dataset
            What the generation before made; for the first one the first real part.
        seed : int
            Of the measuring of this generation of this lineage.
        """
        ...


@dataclass(frozen=True)
class Maker:
    """A generator by its name.

    Parameters
    ----------
    name : str
        Registry name, or any name with a class given.
    settings : mapping
        What it is made with.
    made_by : callable, optional
        Makes it, called with the settings; default the class registered under the name.
    """

    name: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    made_by: Callable[..., Generator] | None = None

    def __call__(self) -> Generator:
        """Make it, unfitted."""
        return (self.made_by or registry.get("generator", self.name))(**self.settings)


class Step(NamedTuple):
    """A generation to be made. The first one is shared by all regimes: its lineage has none."""

    descent: Descent
    number: int


class Outcome(NamedTuple):
    """What came of a step: the generation, or why there is none."""

    made: Made | None
    reason: str = ""


class Workshop:
    """Makes generations of one loop.

    Parameters
    ----------
    pool : Dataset
        Real rows apart from the holdout, in memory. Every replicate cuts its first part and its reserve from them anew.
    makers : mapping of str to Maker
        Generators by name.
    gauge : Gauge
        Measures.
    store : Store
        Keeps.
    size : int
        Rows of the first real part, and of every generation.
    seed : int
        Of the loop.
    portrayer : Portrayer, optional
        Counts the rows of each generation for pictures.

    Notes
    -----
    All randomness of a generation follows from the seed and from its lineage and number, and every table is read back from disk,
    so the outcome is the same in any process, in any order, and after any interruption. Rows of earlier generations that are no
    longer kept are made again, and must come out as they were.
    """

    def __init__(
        self,
        pool: Dataset,
        makers: Mapping[str, Maker],
        gauge: Gauge,
        store: Store,
        *,
        size: int,
        seed: int,
        portrayer: Portrayer | None = None,
    ) -> None:
        self.pool, self.makers, self.gauge, self.store, self.size, self.seed = pool, dict(makers), gauge, store, size, seed
        self.portrayer = portrayer
        self._firsts: dict[int, Dataset] = {}
        self._shared: dict[Any, Any] = {}

    def __call__(self, step: Step) -> Outcome:
        """Make one generation and keep it, or say why it failed."""
        stage = ["learning"]
        try:
            with one_thread():
                return Outcome(self._made(step, stage))
        except Exception as error:
            place = self.store.fail(*step, traceback.format_exc())
            kept = f"{type(error).__name__}; see {place.relative_to(self.store.folder)}"
            what = str(error) if isinstance(error, AssayError) else kept  # the message of any other may tell a value
            return Outcome(None, f"{stage[0]} failed: {what}")

    def first(self, replicate: int) -> Dataset:
        """Give a replicate's first real part, of `size` rows in random order; entities stay whole."""
        if replicate not in self._firsts:
            if len(self._firsts) >= MOST_SHARED:
                self._firsts.clear()
            self._firsts[replicate] = self._cut(replicate)[0]
        return self._firsts[replicate]

    def _cut(self, replicate: int) -> tuple[Dataset, Dataset | None]:
        return cut(self.pool, self.size, integer_seed(self.seed, "loop", "cut", replicate))

    def _made(self, step: Step, stage: list[str]) -> Made:
        descent, number = step
        began = clock.perf_counter()
        corpus, sources, record = self._corpus(step)
        generator = self._fitted(step, corpus)
        fitted = clock.perf_counter()
        stage[0] = "sampling"
        rows = self._sampled(step, generator, sources)
        self.store.keep_rows(descent, number, rows)
        sampled = clock.perf_counter()
        stage[0] = "measuring"
        previous = self.first(descent.seed) if number == 1 else self._rows(descent, number - 1)
        # as it is read back: what a resumed run measures must be the very same table
        kept = self._rows(descent, number)
        readings = self.gauge.measure(kept, previous=previous, seed=self._seed(step, "measure"))
        portrait = None if self.portrayer is None else self.portrayer(kept)
        seconds = {"fit": fitted - began, "sample": sampled - fitted, "measure": clock.perf_counter() - sampled}
        generation = Generation(descent, number, tuple(readings), {name: round(part, 4) for name, part in seconds.items()})
        skipped: Mapping[str, str] = getattr(self.gauge, "skipped", {})
        made = Made(generation, Origin(rows.sha256, depth(rows), {"rows": len(corpus), **record}, dict(skipped), portrait))
        self.store.keep_scores(made)
        return made

    def _corpus(self, step: Step) -> tuple[Dataset, tuple[Source, ...], Mapping[str, float]]:
        """Give what a generation is trained on, the tables it was made of, and the regime's record."""
        real = self.first(step.descent.seed)
        if step.number == 1:
            return real, (Source(real.sha256, depth(real)),), {}
        regime = regime_of(step.descent.regime)
        state = State(
            real,
            _History(lambda at: self._rows(step.descent, at), step.number - 1),
            size=self.size,
            number=step.number,
            seed=integer_seed(self.seed, "loop", *step.descent, "regime"),
            reserve=self._cut(step.descent.seed)[1] if regime.fresh_rows(self.size) else None,
            shared=self._shared,
        )
        corpus = regime.corpus(state, spawn(self.seed, "loop", *step.descent, step.number, "corpus"))
        return corpus, state.sources, state.record

    def _fitted(self, step: Step, corpus: Dataset) -> Generator:
        return self.makers[step.descent.generator]().fit(corpus, seed=self._seed(step, "fit"))

    def _sampled(self, step: Step, generator: Generator, sources: Sequence[Source]) -> Dataset:
        """Draw the rows, with the stamp of the tables that the corpus was made of."""
        seed = self._seed(step, "sample")
        rows: Dataset = generator.sample(self.size, seed=seed)
        lineage = rows.lineage or Lineage(step.descent.generator, seed=seed, assay_version=assay.__version__)
        parents = tuple(source.sha256 for source in sources)
        lineage = replace(lineage, parents=parents, depth=1 + max(source.depth for source in sources))
        return Dataset(rows.table, self.pool.schema, name=rows.name, lineage=lineage)

    def _rows(self, descent: Descent, number: int) -> Dataset:
        """Give the rows of an earlier generation, made again where they are no longer kept, after those they are made of."""
        kept = self.store.rows(*home(descent, number), self.pool.schema)
        if kept is not None:
            return kept
        first = number
        if number > 1:  # one after the other, the oldest first: a long lineage would be too deep a recursion
            everything = regime_of(descent.regime).reads == "all"
            while first > 1 and (everything or not self.store.holds_rows(*home(descent, first - 1))):
                first -= 1
        for at in range(first, number):
            if not self.store.holds_rows(*home(descent, at)):
                self._remade(home(descent, at))
        return self._remade(home(descent, number))

    def _remade(self, step: Step) -> Dataset:
        """Make rows once more that are no longer kept, and keep them."""
        corpus, sources, _ = self._corpus(step)
        rows = self._sampled(step, self._fitted(step, corpus), sources)
        known = self.store.made(*step)
        if known is not None and known.origin.sha256 != rows.sha256:
            raise InputError(
                f"Generation {step.number} was made again, as its rows are no longer kept, and came out otherwise.",
                fix="Something that is installed has changed since. Give --out another folder.",
            )
        self.store.keep_rows(*step, rows)
        return rows

    def _seed(self, step: Step, task: str) -> int:
        return integer_seed(self.seed, "loop", *step.descent, step.number, task)


def home(descent: Descent, number: int) -> Step:
    """Give the step that makes a generation: the first one of all regimes is the same."""
    return Step(descent if number > 1 else descent._replace(regime=""), number)


def cut(pool: Dataset, size: int, seed: int) -> tuple[Dataset, Dataset | None]:
    """Cut real rows into a first part and a reserve, both in random order.

    Parameters
    ----------
    pool : Dataset
        Real rows; those of one entity stay together.
    size : int
        Rows of the first part; reached about where entities are kept together.
    seed : int
        Equal seeds give equal parts.

    Returns
    -------
    first : Dataset
        With the class shares of the pool, where it has a target that is a class.
    reserve : Dataset or None
        The rest; None where nothing is left.
    """
    rng = spawn(seed, "order")
    if size >= len(pool):
        return pool.take(_order(pool, rng), name="real"), None
    rest, first = split(pool, holdout=size / len(pool), seed=seed)
    return first.take(_order(first, rng), name="real"), rest.take(_order(rest, rng), name="reserve")


def _order(rows: Dataset, rng: np.random.Generator) -> np.ndarray:
    """Give a random order of rows in which those of an entity stand together."""
    codes = entity_codes(rows)
    if codes is None:
        return rng.permutation(len(rows))
    _, codes = np.unique(codes, return_inverse=True)
    return np.argsort(rng.permutation(codes.max() + 1)[codes], kind="stable")


class _History(Sequence[Dataset]):
    """The generations so far, each read when it is asked for."""

    def __init__(self, read: Callable[[int], Dataset], count: int) -> None:
        self._read, self._count = read, count

    def __len__(self) -> int:
        return self._count

    @overload
    def __getitem__(self, at: int) -> Dataset: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[Dataset]: ...
    def __getitem__(self, at: int | slice) -> Dataset | Sequence[Dataset]:
        if isinstance(at, slice):
            return [self[one] for one in range(*at.indices(self._count))]
        if not -self._count <= at < self._count:
            raise IndexError(at)
        return self._read(at % self._count + 1)
