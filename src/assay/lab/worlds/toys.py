"""Generators of one column whose fate in a loop is known: to run the laws through the code of the real loop."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
import pyarrow as pa

import assay
from assay.core.errors import InputError, NotFittedError, UsageError
from assay.core.files import write_atomically
from assay.core.lineage import Lineage
from assay.core.seeds import spawn
from assay.data.dataset import Dataset
from assay.data.schema import Column, Kind, Schema

FILE = "toy.json"


class ToyGenerator(ABC):
    """Base of the toy generators: a table of one column, `assay.core.protocols.Generator`.

    They are no public generators: nothing registers them. A subclass stores its settings in ``__init__`` and offers `_learn`,
    `_draw`, `_state` and `_restore`.

    Attributes
    ----------
    kind : str
        Of the column that it takes.
    name : str
        What the lineage calls it.
    """

    kind: ClassVar[Kind]
    name: ClassVar[str]

    @abstractmethod
    def settings(self) -> dict[str, Any]:
        """Give the settings as stored."""

    @abstractmethod
    def _learn(self, cells: pa.ChunkedArray) -> None:
        """Learn from the cells of the column."""

    @abstractmethod
    def _draw(self, n: int, rng: np.random.Generator) -> pa.Array:
        """Give n cells."""

    @abstractmethod
    def _state(self) -> dict[str, Any]:
        """Give what was learned, as plain JSON."""

    @abstractmethod
    def _restore(self, state: Mapping[str, Any]) -> None:
        """Take back what `_state` gave."""

    @classmethod
    def registry_name(cls) -> str:
        """Give the name that the lineage calls it by."""
        return cls.name

    def fit(self, real: Dataset, *, seed: int = 0) -> Self:
        """Learn from a table of one column.

        Parameters
        ----------
        real : Dataset
            Rows to learn from, without nulls.
        seed : int, default 0
            Noted in the lineage; nothing is random in the fit.

        Raises
        ------
        UsageError
            If it is no `Dataset`.
        InputError
            If the table has no row, a null, another number of columns than one, or one of another kind.
        """
        if not isinstance(real, Dataset):  # pyright: ignore[reportUnnecessaryIsInstance] - users pass frames
            raise UsageError(
                f"{type(self).__name__}.fit takes a Dataset. Got {type(real).__name__}. Make one with assay.load(...)."
            )
        if len(real) == 0 or len(real.names) != 1 or real.schema.columns[0].kind != self.kind:
            kinds = ", ".join(column.kind for column in real.schema.columns)
            raise InputError(
                f"{type(self).__name__} learns from rows with one {self.kind} column. Got {len(real)} rows of: {kinds or 'none'}."
            )
        column = real.names[0]
        if real.nulls(column).any():
            raise InputError(f"{type(self).__name__} takes no nulls.", column=column, fix="Drop those rows.")
        self.schema_, self.parents_, self.seed_ = real.schema, (real.sha256,), seed
        self.depth_ = 1 + (real.lineage.depth if real.lineage else 0)
        self._learn(real.table.column(column))
        return self

    def sample(self, n: int, *, seed: int) -> Dataset:
        """Draw rows.

        Parameters
        ----------
        n : int
            Rows wanted, at least 1.
        seed : int
            The same seed gives the same rows.

        Raises
        ------
        NotFittedError
            Before `fit` or `load`.
        """
        self._ready()
        if isinstance(n, bool) or n < 1:
            raise UsageError(f"n must be an integer >= 1. Got {n!r}.")
        cells = self._draw(n, spawn(seed, self.name, "sample"))
        parameters = {**self.settings(), "fit_seed": self.seed_}
        lineage = Lineage(self.name, parameters, seed, self.parents_, self.depth_, assay.__version__)
        column = self.schema_.columns[0]
        table = pa.table({column.name: cells.cast(column.dtype)})
        return Dataset(table, self.schema_, name="synthetic", lineage=lineage)

    def save(self, folder: Path) -> None:
        """Write the fitted generator to a folder, as one JSON file."""
        self._ready()
        Path(folder).mkdir(parents=True, exist_ok=True)
        document = {
            "schema": "assay.toy/1",
            "generator": self.name,
            "settings": self.settings(),
            "column": asdict(self.schema_.columns[0]),
            "target": self.schema_.target,
            "task": self.schema_.task,
            "parents": list(self.parents_),
            "depth": self.depth_,
            "seed": self.seed_,
            "state": self._state(),
        }
        write_atomically(Path(folder) / FILE, json.dumps(document, allow_nan=False).encode())

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read what `save` wrote.

        Raises
        ------
        InputError
            If the folder holds none, or another one.
        """
        try:
            document = json.loads((Path(folder) / FILE).read_bytes())
            if document["generator"] != cls.name:
                raise InputError(f"This folder holds a {document['generator']!r} generator, not {cls.name!r}.", file=str(folder))
            self = cls(**document["settings"])
            self.schema_ = Schema((Column(**document["column"]),), target=document["target"], task=document["task"])
            self.parents_, self.depth_ = tuple(document["parents"]), document["depth"]
            self.seed_ = document["seed"]
            self._restore(document["state"])
        except (OSError, ValueError, KeyError, TypeError) as error:
            if isinstance(error, InputError):
                raise
            fix = "Give a folder written by save."
            raise InputError("This folder holds no saved toy generator.", file=str(folder), fix=fix) from error
        return self

    def _ready(self) -> None:
        if not hasattr(self, "schema_"):
            name = type(self).__name__
            raise NotFittedError(f"This {name} is not fitted. Call fit(real) first, or {name}.load(folder).")


class ToyGaussian(ToyGenerator):
    """Refit mean and variance of one numeric column and draw from the normal distribution.

    Parameters
    ----------
    estimator : {'unbiased', 'mle'}, default 'unbiased'
        Sum of squares over rows - 1, or over rows.

    Notes
    -----
    In a loop it follows the world 'gaussian' of `assay.lab.laws`, with mean and variance fitted in generation n as there. The
    column should be of floats: rounded to whole numbers it would follow no law.

    Examples
    --------
    >>> schema = Schema((Column("x", "numeric", "double"),))
    >>> real = Dataset(pa.table({"x": [1.0, 2.0, 3.0]}), schema)
    >>> toy = ToyGaussian().fit(real)
    >>> toy.mean_, toy.variance_, len(toy.sample(7, seed=1))
    (2.0, 1.0, 7)
    """

    kind: ClassVar[Kind] = "numeric"
    name: ClassVar[str] = "toy_gaussian"

    def __init__(self, *, estimator: str = "unbiased") -> None:
        self.estimator = estimator

    def settings(self) -> dict[str, Any]:
        """Give the settings as stored."""
        return {"estimator": self.estimator}

    def _learn(self, cells: pa.ChunkedArray) -> None:
        if self.estimator not in ("unbiased", "mle"):
            raise UsageError(f"ToyGaussian.estimator must be 'unbiased' or 'mle'. Got {self.estimator!r}.")
        freedom = int(self.estimator == "unbiased")
        if len(cells) <= freedom:
            raise InputError(f"ToyGaussian needs at least {freedom + 1} rows. Got {len(cells)}.")
        numbers = cells.to_numpy().astype(np.float64)
        self.mean_, self.variance_ = float(numbers.mean()), float(numbers.var(ddof=freedom))

    def _draw(self, n: int, rng: np.random.Generator) -> pa.Array:
        return pa.array(rng.normal(self.mean_, np.sqrt(self.variance_), n))

    def _state(self) -> dict[str, Any]:
        return {"mean": self.mean_, "variance": self.variance_}

    def _restore(self, state: Mapping[str, Any]) -> None:
        self.mean_, self.variance_ = float(state["mean"]), float(state["variance"])


class ToyCategories(ToyGenerator):
    """Refit the shares of the levels of one column and draw from them: Wright-Fisher.

    Notes
    -----
    In a loop it follows the world 'categories' of `assay.lab.laws`. A level that no row has is gone for good.

    Examples
    --------
    >>> schema = Schema((Column("c", "categorical", "string"),))
    >>> real = Dataset(pa.table({"c": ["a", "b", "b", "b"]}), schema)
    >>> dict(zip(*(each.tolist() for each in (ToyCategories().fit(real).levels_, ToyCategories().fit(real).shares_))))
    {'a': 0.25, 'b': 0.75}
    """

    kind: ClassVar[Kind] = "categorical"
    name: ClassVar[str] = "toy_categories"

    def settings(self) -> dict[str, Any]:
        """Give the settings: there are none."""
        return {}

    def _learn(self, cells: pa.ChunkedArray) -> None:
        levels, counts = np.unique(cells.cast(pa.string()).to_numpy().astype(str), return_counts=True)
        self.levels_, self.shares_ = levels, counts / len(cells)

    def _draw(self, n: int, rng: np.random.Generator) -> pa.Array:
        return pa.array(self.levels_.tolist()).take(pa.array(rng.choice(len(self.levels_), n, p=self.shares_)))

    def _state(self) -> dict[str, Any]:
        return {"levels": self.levels_.tolist(), "shares": self.shares_.tolist()}

    def _restore(self, state: Mapping[str, Any]) -> None:
        self.levels_, self.shares_ = np.array(state["levels"], dtype=str), np.array(state["shares"], dtype=float)
