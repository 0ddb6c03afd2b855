"""What a measure sees of a check: tables, profiles, joint draws, seeds, threads and what other measures computed."""

from __future__ import annotations

import logging
import sys
import threading
import warnings
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from types import TracebackType
from typing import Any, Self, TypeVar

import numpy as np

from assay.checking.profile import Profile
from assay.checking.profile_files import counted
from assay.core.memory import engine_memory
from assay.core.processes import share_out
from assay.core.seeds import spawn
from assay.core.threads import one_thread
from assay.data.dataset import Dataset
from assay.data.stored import StoredDataset
from assay.engines.duckdb import DuckDBEngine
from assay.stats.resample import Draws

log = logging.getLogger(__name__)
Result = TypeVar("Result")

DRAWS = 300
APART_ROWS = 2_000


class CheckContext:
    """The context of one check.

    Parameters
    ----------
    real, synthetic : Dataset
        The tables, under one schema.
    holdout : Dataset or None
        Sealed real rows.
    seed : int
        The user's seed.
    jobs : int
        Threads that `map` may use; numbers never depend on it.
    alpha : float
        Each family's share of the error.
    learners, scorer : optional
        The user's own, of scikit-learn's kind.

    Notes
    -----
    Every task of `map` runs on one BLAS and OpenMP thread: float32 matrix products differ in their last bits between one and
    two. Tasks that hold the interpreter (many small fits) go to a further process, which is started while the tables are
    counted; all others are shared out among threads.
    """

    def __init__(
        self,
        real: Dataset,
        synthetic: Dataset,
        holdout: Dataset | None,
        *,
        seed: int,
        jobs: int,
        alpha: float,
        learners: Sequence[Any] | None = None,
        scorer: Any = None,
        whole: tuple[Dataset, Dataset] | None = None,
        cut: Mapping[str, tuple[int, int]] | None = None,
        twins: Callable[[], Sequence[Dataset | None]] | None = None,
    ) -> None:
        self.real, self.synthetic, self.holdout = real, synthetic, holdout
        self.cut = dict(cut or {})
        self._twins = twins
        self._whole = whole or (real, synthetic)
        self.schema = real.schema
        self.seed, self.jobs, self.alpha = seed, jobs, alpha
        self.learners, self.scorer = learners, scorer
        self._shared: dict[str, Any] = {}
        self._lock = threading.RLock()
        self._limits: Any = None

    def __enter__(self) -> Self:
        self._limits = one_thread()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._limits is not None:
            self._limits.restore_original_limits()

    @cached_property
    def _profiles(self) -> tuple[Profile, Profile]:
        stored = any(isinstance(table, StoredDataset) for table in self._whole)
        with DuckDBEngine(self.jobs, engine_memory() if stored else None) as engine:
            real, synthetic = counted(engine, self._whole, self.schema)
            return real, synthetic

    @cached_property
    def twin(self) -> CheckContext:
        """The context of measures that look for equal rows, of tables that stay in their files."""
        if self._twins is None:
            return self
        real, synthetic, holdout = self._twins()
        assert real is not None
        assert synthetic is not None
        options: dict[str, Any] = {"learners": self.learners, "scorer": self.scorer}
        return CheckContext(real, synthetic, holdout, seed=self.seed, jobs=self.jobs, alpha=self.alpha, **options)

    @property
    def real_profile(self) -> Profile:
        """Counts of the real table."""
        with self._lock:
            return self._profiles[0]

    @property
    def synthetic_profile(self) -> Profile:
        """Counts of the synthetic table, in the same cells."""
        with self._lock:
            return self._profiles[1]

    @cached_property
    def draws(self) -> Draws:
        """Joint draws that all count measures share."""
        return Draws.make(self.real_profile.rows, self.synthetic_profile.rows, DRAWS, self.rng("draws"))

    def rng(self, *task: str | int) -> np.random.Generator:
        """Make the generator of one named task."""
        return spawn(self.seed, "check", *task)

    def map(self, function: Callable[..., Result], tasks: Sequence[tuple[Any, ...]], *, apart: bool = False) -> list[Result]:
        """Call a function on each tuple of arguments, on all jobs; results in order.

        `apart` says that it holds the interpreter, so that only other processes can help; on few rows they are not worth it.
        """
        if apart and self.jobs > 1 and len(self.real) >= APART_ROWS:
            return share_out(function, tasks, self.jobs)
        learning = sys.modules.get("sklearn.exceptions")  # where only counts are measured, nothing imports it: it takes a while
        with warnings.catch_warnings():
            # Learners' iterations are bounded on purpose. Filters belong to the process, so they are set here, not in tasks.
            if learning is not None:
                warnings.simplefilter("ignore", learning.ConvergenceWarning)
            if self.jobs == 1 or len(tasks) < 2:
                return [function(*task) for task in tasks]
            with ThreadPoolExecutor(self.jobs, initializer=one_thread) as pool:
                return [future.result() for future in [pool.submit(function, *task) for task in tasks]]

    def share(self, key: str, make: Callable[[], Result]) -> Result:
        """Compute something once for all measures of this check."""
        with self._lock:
            if key not in self._shared:
                self._shared[key] = make()
            return self._shared[key]
