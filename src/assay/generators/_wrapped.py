"""Any object with ``fit`` and ``sample`` as a generator, with the schema, the types and the lineage that all others give."""

from __future__ import annotations

import inspect
import random
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn, Self

import numpy as np

import assay
from assay.core.errors import InputError, NotFittedError, UsageError
from assay.core.lineage import Lineage
from assay.core.seeds import integer_seed
from assay.data.dataset import Dataset
from assay.data.impose import impose
from assay.data.readers import read_table
from assay.generators._settings import rows_wanted

SEEDS = ("seed", "random_state")
COUNTS = ("n", "num_rows", "n_rows", "n_samples", "num_samples", "size")


class Wrapped:
    """A generator made from somebody else's.

    Parameters
    ----------
    model : object
        With ``fit(frame)`` and ``sample(rows)``; the latter gives a frame of pandas, polars or Arrow with the columns learned.
    name : str, optional
        What the lineage calls it; the model's class by default.
    frame : {'pandas', 'arrow'}, default 'pandas'
        What the model is given.

    Notes
    -----
    A seed is handed to ``fit`` and ``sample`` where they take ``seed`` or ``random_state``. Where they do not, the global streams
    of Python, numpy and torch are set for the call and put back afterwards. Whether that makes the model repeatable is the
    model's affair. It cannot be saved here, and draws no conditions.

    Examples
    --------
    >>> import pyarrow as pa
    >>> from assay.verbs.load import load
    >>> class Shuffled:
    ...     def fit(self, table):
    ...         self.table = table
    ...     def sample(self, n):
    ...         return self.table.take(np.random.permutation(len(self.table))[:n])
    >>> real = load(pa.table({"x": [1, 2, 3, 4], "c": ["a", "b", "a", "b"]}))
    >>> made = Wrapped(Shuffled(), frame="arrow").fit(real, seed=0).sample(3, seed=1)
    >>> len(made), made.lineage.generator
    (3, 'Shuffled')
    """

    def __init__(self, model: Any, *, name: str | None = None, frame: str = "pandas") -> None:
        self.model = model
        self.name = name
        self.frame = frame

    def fit(self, real: Dataset, *, seed: int = 0) -> Self:
        """Let the model learn from a real table.

        Raises
        ------
        UsageError
            If the model lacks ``fit`` or ``sample``, or ``frame`` is neither 'pandas' nor 'arrow'.
        """
        missing = [name for name in ("fit", "sample") if not callable(getattr(self.model, name, None))]
        if missing:
            kind = type(self.model).__name__
            raise UsageError(f"Wrapped.model must have fit and sample. Got a {kind} without {' and '.join(missing)}.")
        if self.frame not in ("pandas", "arrow"):
            raise UsageError(f"Wrapped.frame must be 'pandas' or 'arrow'. Got {self.frame!r}.")
        given = real.table.to_pandas() if self.frame == "pandas" else real.table
        with _seeded(self.model.fit, integer_seed(seed, "wrapped", "fit")) as more:
            self.model.fit(given, **more)
        self.schema_, self.parents_, self.seed_ = real.schema, (real.sha256,), seed
        self.depth_ = 1 + (real.lineage.depth if real.lineage else 0)
        return self

    def sample(self, n: int, *, seed: int) -> Dataset:
        """Let the model draw rows.

        Raises
        ------
        NotFittedError
            Before `fit`.
        InputError
            If what it gives has other columns or another number of rows.
        """
        if not hasattr(self, "schema_"):
            raise NotFittedError("This Wrapped is not fitted. Call fit(real) first.")
        rows_wanted(n)
        known = inspect.signature(self.model.sample).parameters
        count = next((name for name in COUNTS if name in known), None)
        with _seeded(self.model.sample, integer_seed(seed, "wrapped", "sample")) as more:
            drawn = self.model.sample(n, **more) if count is None else self.model.sample(**{count: n}, **more)
        synthetic = impose(read_table(drawn), self.schema_, name="synthetic")
        if len(synthetic) != n:
            raise InputError(f"The model gave {len(synthetic)} rows. Expected {n}.", fix="See what its sample takes.")
        parameters = {"model": f"{type(self.model).__module__}.{type(self.model).__qualname__}", "fit_seed": self.seed_}
        name = self.name or type(self.model).__name__
        lineage = Lineage(name, parameters, seed, self.parents_, self.depth_, assay.__version__)
        return Dataset(synthetic.table, self.schema_, name="synthetic", lineage=lineage)

    def save(self, folder: Path) -> NoReturn:
        """Refuse: only the model's own code knows how to write it."""
        raise UsageError(f"A wrapped model is saved by its own means. Got save({str(folder)!r}). Save its model.")

    @classmethod
    def load(cls, folder: Path) -> NoReturn:
        """Refuse, as `save` does."""
        raise UsageError(f"A wrapped model is loaded by its own means. Got load({str(folder)!r}). Load it and wrap it again.")


@contextmanager
def _seeded(call: Any, seed: int) -> Generator[dict[str, int]]:
    """Give the seed as the call takes it, or set the global streams for as long as it runs."""
    name = next((name for name in SEEDS if name in inspect.signature(call).parameters), None)
    if name is not None:
        yield {name: seed}
        return
    torch: Any = sys.modules.get("torch")
    states = random.getstate(), np.random.get_state(), torch.get_rng_state() if torch else None  # noqa: NPY002 - theirs
    random.setstate(random.Random(seed).getstate())
    np.random.set_state(np.random.RandomState(seed).get_state())  # noqa: NPY002 - the model draws from it
    if torch:
        torch.set_rng_state(torch.Generator().manual_seed(seed).get_state())
    try:
        yield {}
    finally:
        random.setstate(states[0])
        np.random.set_state(states[1])  # noqa: NPY002 - put back as it was
        if torch:
            torch.set_rng_state(states[2])
