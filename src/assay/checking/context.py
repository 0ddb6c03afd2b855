"""What a measure sees of a check: tables, profiles, joint draws, seeds, processes and what other measures computed."""

from __future__ import annotations

import contextlib
import importlib
import logging
import threading
from collections.abc import Callable, Sequence
from functools import cached_property
from types import TracebackType
from typing import Any, Self, TypeVar

import joblib
import numpy as np
from threadpoolctl import threadpool_limits

from assay.checking.profile import Profile, count, lay_out
from assay.core.seeds import spawn
from assay.data.dataset import Dataset
from assay.engines.duckdb import DuckDBEngine
from assay.stats.resample import Draws

log = logging.getLogger(__name__)
Result = TypeVar("Result")

DRAWS = 300


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
        Processes that `map` may use; numbers never depend on it.
    alpha : float
        Each family's share of the error.
    learners, scorer : optional
        The user's own, of scikit-learn's kind.

    Notes
    -----
    Every task of `map`, here or in another process, runs on one BLAS and OpenMP thread: float32 matrix products differ in
    their last bits between one and two.
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
    ) -> None:
        self.real, self.synthetic, self.holdout = real, synthetic, holdout
        self.schema = real.schema
        self.seed, self.jobs, self.alpha = seed, jobs, alpha
        self.learners, self.scorer = learners, scorer
        self._shared: dict[str, Any] = {}
        self._lock = threading.RLock()
        self._limits: Any = None
        self._warming: threading.Thread | None = None

    def __enter__(self) -> Self:
        self._limits = threadpool_limits(1)
        if self.jobs > 1:
            self._warming = threading.Thread(target=self._warm, daemon=True)
            self._warming.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._warming is not None:
            self._warming.join()
        if self._limits is not None:
            self._limits.restore_original_limits()

    def _warm(self) -> None:
        """Start the processes and let them import while this one counts; if that fails, `map` will say why."""
        with contextlib.suppress(Exception):
            joblib.Parallel(n_jobs=self.jobs, inner_max_num_threads=1)(joblib.delayed(_load)(at) for at in range(self.jobs))

    @cached_property
    def _profiles(self) -> tuple[Profile, Profile]:
        with DuckDBEngine(threads=self.jobs) as engine:
            layout = lay_out(engine, self.real.table, self.schema, rows=len(self.real))
            entity = self.schema.entity
            return (
                count(engine, self.real.table, layout, entity=entity),
                count(engine, self.synthetic.table, layout, entity=entity),
            )

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

    def map(self, function: Callable[..., Result], tasks: Sequence[tuple[Any, ...]]) -> list[Result]:
        """Call a module-level function on each tuple of arguments, on all jobs; results in order."""
        if self.jobs == 1 or len(tasks) < 2:
            return [function(*task) for task in tasks]
        if self._warming is not None:
            self._warming.join()
        options: dict[str, Any] = {"batch_size": 1, "max_nbytes": "256K", "inner_max_num_threads": 1}
        results: Any = joblib.Parallel(n_jobs=self.jobs, **options)(joblib.delayed(_single)(function, task) for task in tasks)
        return list(results)

    def share(self, key: str, make: Callable[[], Result]) -> Result:
        """Compute something once for all measures of this check."""
        with self._lock:
            if key not in self._shared:
                self._shared[key] = make()
            return self._shared[key]


def _single(function: Callable[..., Result], task: tuple[Any, ...]) -> Result:
    with threadpool_limits(1):
        return function(*task)


def _load(at: int) -> int:
    """Import what the row measures need and what takes longest."""
    importlib.import_module("sklearn.ensemble")
    importlib.import_module("sklearn.linear_model")
    return at
