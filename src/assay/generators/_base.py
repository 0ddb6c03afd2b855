"""What every table generator does alike: settings, identifiers, lineage, conditions, saving and loading."""

from __future__ import annotations

import logging
from abc import ABC, abstractmethod
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
import pyarrow as pa

import assay
from assay.core.errors import AssayError, InputError, NotFittedError, UsageError, raise_all
from assay.core.lineage import Lineage
from assay.core.seeds import spawn
from assay.data.dataset import Dataset
from assay.data.where import Clause, Condition
from assay.generators._folder import AGAIN, read_folder, read_settings, write_folder
from assay.generators._identifiers import FreshIds
from assay.generators._settings import OneOf, Rule, check, defaults_of, rows_wanted
from assay.generators._values import ColumnValues

logger = logging.getLogger(__name__)

TEXT = OneOf(("refuse", "null"))
FIRST_ROUND = 4_096
LARGEST_ROUND = 200_000
LEAST_DRAWN = 400_000  # rows drawn before a rare condition is given up
LEAST_RATE = 1e-4
FEW = 10  # rows from which a level may be named

Cells = dict[str, pa.Array]


class TableGenerator(ABC):
    """Base of the generators of one table.

    A subclass stores its settings in ``__init__`` (keyword-only), names their rules in `rules`, and offers `_learn` and
    `_draw`; `_state` and `_restore` say what is saved. Everything else is here.

    Attributes
    ----------
    schema_ : Schema
        The real table's schema.
    values_ : dict of str to ColumnValues
        What each modelled column holds.
    identifiers_ : dict of str to FreshIds
        Id columns and the entity column.
    parents_ : tuple of str
        Digest of the real table.
    depth_ : int
        Generations away from real data.
    rows_ : int
        Rows learned from.
    seed_ : int
        Seed of the fit.

    Notes
    -----
    Ids and the entity column are not modelled: they get fresh identifiers (`FreshIds`). The rows of an entity are drawn
    independently of each other: what one entity's rows have in common is lost. Free text is never copied: a table with text
    columns is refused, or filled with nulls there with ``text="null"``.
    A saved generator holds values of the real table: guard it like the table. Under a privacy budget (see
    `autoregressive`) it tells of them what the budget allows.
    """

    rules: ClassVar[dict[str, Rule]] = {"text": TEXT}
    text: str

    # -- what a subclass offers

    @abstractmethod
    def _learn(self, codes: dict[str, np.ndarray], rng: np.random.Generator) -> None:
        """Learn from the codes of the modelled columns, each of shape (rows,)."""

    @abstractmethod
    def _draw(self, n: int, rng: np.random.Generator) -> Cells:
        """Give n rows of the modelled columns."""

    def _draw_where(self, n: int, condition: Condition, rng: np.random.Generator) -> Cells:
        """Give n rows that meet a condition; by drawing and rejecting unless a subclass knows better."""
        return self._rejected(n, condition, lambda count: self._draw(count, rng))

    def _state(self) -> dict[str, np.ndarray]:
        """Give what was learned as arrays."""
        return {}

    def _restore(self, state: dict[str, np.ndarray]) -> None:  # noqa: B027 - a generator of nothing but marginals keeps no state
        """Take back what `_state` gave."""

    def _weights(self) -> dict[str, np.ndarray]:
        """Give the weights of a network, saved as safetensors."""
        return {}

    def _notes(self) -> dict[str, Any]:
        """Give what the manifest should hold besides, such as loss curves."""
        return {}

    def _reweigh(self, weights: dict[str, np.ndarray], notes: dict[str, Any]) -> None:  # noqa: B027 - most have no network
        """Take back what `_weights` and `_notes` gave, after `_restore`."""

    # -- what everybody calls

    @classmethod
    def registry_name(cls) -> str:
        """Give the name that the registry knows this class by."""
        return cls.__module__.rpartition(".")[2]

    def settings(self) -> dict[str, Any]:
        """Give the settings as stored."""
        return {name: getattr(self, name) for name in defaults_of(type(self))}

    def fit(self, real: Dataset, *, seed: int = 0) -> Self:
        """Learn from a real table.

        Parameters
        ----------
        real : Dataset
            Rows to learn from.
        seed : int, default 0
            Seed of everything random in fitting.

        Raises
        ------
        UsageError
            If a setting is not allowed.
        InputError
            If the table has no rows, or free text and ``text="refuse"``.
        """
        check(type(self).__name__, self.rules, self.settings())
        if not hasattr(real, "schema") or not hasattr(real, "lineage"):
            got = type(real).__name__
            raise UsageError(f"{type(self).__name__}.fit takes a Dataset. Got {got}. Make one with assay.load(...).")
        if len(real) == 0 or not real.schema.columns:
            raise InputError("There is nothing to learn from: the table has no rows or no columns.")
        schema = real.schema
        if self.text == "refuse":
            raise_all([_text_refused(name) for name in schema.of_kind("text") if name != schema.entity])
        self.schema_, self.seed_, self.rows_ = schema, seed, len(real)
        self.parents_ = (real.sha256,)
        self.depth_ = 1 + (real.lineage.depth if real.lineage else 0)
        self.values_: dict[str, ColumnValues] = {}
        self.identifiers_: dict[str, FreshIds] = {}
        self.dtypes_ = {name: real.table.column(name).type for name in schema.names}
        self._learn(self._read(real), spawn(seed, self.registry_name(), "fit"))
        return self

    def _read(self, real: Dataset) -> dict[str, np.ndarray]:
        """Learn values and identifiers, and give the codes of the modelled columns, each of shape (rows,)."""
        schema, codes = real.schema, dict[str, np.ndarray]()
        for column in schema.columns:
            cells = real.table.column(column.name)
            if column.name in schema.modelled:
                self.values_[column.name], codes[column.name] = ColumnValues.learn(cells, ordered=column.ordered)
            elif column.kind != "text" or column.name == schema.entity:
                self.identifiers_[column.name] = FreshIds.learn(column.name, cells, repeats=column.name == schema.entity)
        return codes

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
        self._ready(n)
        rng = self._rng(seed)
        return self._finished(self._draw(n, rng), n, rng, seed, {})

    def sample_where(self, n: int, condition: Condition, *, seed: int) -> Dataset:
        """Draw rows that meet a condition.

        Parameters
        ----------
        n : int
            Rows wanted, at least 1.
        condition : Condition
            See `assay.data.where.parse`.
        seed : int
            The same seed gives the same rows.

        Raises
        ------
        InputError
            If no row can meet the condition, or fewer than one in 10,000 do where rows must be drawn and rejected.
        """
        self._ready(n)
        self._check_modelled(condition.columns)
        rng = self._rng(seed)
        cells = self._draw_where(n, condition, rng)
        return self._finished(cells, n, rng, seed, {"where": condition.text})

    def sample_balanced(self, n: int, column: str, *, seed: int, condition: Condition | None = None) -> Dataset:
        """Draw rows with equally many of each level of a column, by conditional draws.

        Parameters
        ----------
        n : int
            Rows wanted, at least 1. What does not divide goes one each to the first levels.
        column : str
            A column with levels; null is a level if the real table has nulls there.
        seed : int
            The same seed gives the same rows.
        condition : Condition, optional
            What all rows must meet besides.

        Raises
        ------
        InputError
            If the column has no levels, or a level cannot be drawn under the condition.
        """
        self._ready(n)
        if not self.schema_.column(column).levelled or column not in self.values_:
            message = f"Only a column of levels can be balanced: {column!r} is {self.schema_.column(column).kind}."
            raise InputError(message, column=column, fix="Name a categorical or boolean one.")
        base = condition or Condition("", ())
        self._check_modelled(base.columns)
        rng = self._rng(seed)
        values = self.values_[column]
        levels = [values.support[at] for at in range(values.levels)]
        if values.counts[:2].any():
            levels.append(pa.scalar(None, type=values.support.type))
        # a level with few rows stays unnamed in messages
        rare = [count < FEW for count in (*values.counts[2:], values.counts[:2].sum())]
        wanted = [base.also(Clause(column, "=", (level,)), unnamed=few) for level, few in zip(levels, rare, strict=False)]
        wanted = [each for each in wanted if all(self._possible(each))]
        if not wanted:
            raise impossible(base.text)
        if any(rare[: len(levels)]):
            logger.warning("%d levels of %r have fewer than %d real rows behind them", sum(rare[: len(levels)]), column, FEW)
        share, rest = divmod(n, len(wanted))
        parts = [self._draw_where(share + (at < rest), each, rng) for at, each in enumerate(wanted) if share + (at < rest)]
        order = pa.array(rng.permutation(n))
        cells = {name: pa.concat_arrays([part[name] for part in parts]).take(order) for name in self.values_}
        return self._finished(cells, n, rng, seed, {"balance": column, **({"where": base.text} if base.text else {})})

    def save(self, folder: Path) -> None:
        """Write the fitted generator to a folder, as JSON, npz without pickle and Arrow."""
        self._ready(1)
        write_folder(
            Path(folder), self._manifest(), self._state(), self.values_, self.identifiers_, self.dtypes_, self._weights()
        )

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read what `save` wrote.

        Raises
        ------
        InputError
            If the folder holds no generator, another one, or was changed since.
        """
        saved = read_folder(Path(folder))
        if saved.manifest["generator"] != cls.registry_name():
            found = saved.manifest["generator"]
            raise InputError(f"This folder holds a {found!r} generator, not {cls.registry_name()!r}.", file=str(folder))
        self = cls(**read_settings(cls, saved.manifest, Path(folder)))
        self.schema_, self.values_, self.identifiers_, self.dtypes_ = saved.schema, saved.values, saved.identifiers, saved.dtypes
        self.parents_ = tuple(saved.manifest["parents"])
        self.depth_, self.seed_, self.rows_ = (saved.manifest[name] for name in ("depth", "seed", "rows"))
        try:
            self._restore(saved.arrays)
            self._reweigh(saved.weights, saved.manifest.get("notes", {}))
        except AssayError:
            raise
        except (LookupError, TypeError, ValueError, AttributeError, RuntimeError) as error:
            message = f"This saved generator is not whole: it lacks what a {cls.registry_name()!r} generator learns."
            raise InputError(message, file=str(folder), fix=AGAIN) from error
        return self

    # -- the parts of the above

    def _manifest(self) -> dict[str, Any]:
        return {
            "schema": "assay.generator/1",
            "generator": self.registry_name(),
            "settings": self.settings(),
            "table": self.schema_,
            "parents": list(self.parents_),
            "depth": self.depth_,
            "seed": self.seed_,
            "rows": self.rows_,
            "notes": self._notes(),
            "assay_version": assay.__version__,
        }

    def _rng(self, seed: int) -> np.random.Generator:
        return spawn(seed, self.registry_name(), "sample")

    def _ready(self, n: object) -> None:
        name = type(self).__name__
        if not hasattr(self, "schema_"):
            raise NotFittedError(f"This {name} is not fitted. Call fit(real) first, or {name}.load(folder).")
        rows_wanted(n)

    def _check_modelled(self, columns: tuple[str, ...]) -> None:
        for name in columns:
            if name not in self.values_:
                kind = "the entity" if name == self.schema_.entity else self.schema_.column(name).kind
                raise InputError(f"Column {name!r} is {kind}: it is not modelled, so no condition can be put on it.", column=name)

    def _allowed(self, name: str, condition: Condition) -> np.ndarray:
        """Give which codes of a column meet its clauses, as bool of shape (2 + levels,), position code + 2."""
        values = self.values_[name]
        cells = pa.concat_arrays([pa.nulls(2, type=values.support.type), values.support])
        met = values.counts > 0
        for clause in condition.of(name):
            met &= clause.mask(cells)
        return met

    def _possible(self, condition: Condition) -> list[bool]:
        """Say of each column concerned whether any real value of it meets its clauses; ordered ones may have values between."""
        return [bool(self._allowed(name, condition).any()) or self.values_[name].ordered for name in condition.columns]

    def _rejected(self, n: int, condition: Condition, draw: Any, first: int | None = None) -> Cells:
        """Draw in rounds, `first` rows at first, keep what meets the condition, and give up where too little does."""
        if not all(self._possible(condition)):
            raise impossible(condition.text)
        parts: list[Cells] = []
        kept = drawn = 0
        size = min(first or max(2 * n, FIRST_ROUND), LARGEST_ROUND)
        while kept < n:
            cells: Cells = draw(size)
            met = np.ones(size, dtype=bool)
            for clause in condition.clauses:
                met &= clause.mask(cells[clause.column])
            drawn, kept = drawn + size, kept + int(met.sum())
            parts.append({name: column.filter(pa.array(met)) for name, column in cells.items()})
            rate = kept / drawn
            if kept < n and drawn >= LEAST_DRAWN and rate < LEAST_RATE:
                raise too_rare(condition.text, kept, drawn)
            if kept < n:
                logger.info("%s: %d of %d rows drawn meet it (%.2g%%), %d wanted", condition.text, kept, drawn, 100 * rate, n)
            size = int(np.clip(1.2 * (n - kept) / max(rate, 1e-3), FIRST_ROUND, LARGEST_ROUND))
        return {name: pa.concat_arrays([part[name] for part in parts]).slice(0, n) for name in parts[0]}

    def _finished(self, cells: Cells, n: int, rng: np.random.Generator, seed: int, asked: dict[str, Any]) -> Dataset:
        columns: list[pa.Array] = []
        for name in self.schema_.names:
            if name in cells:
                column = cells[name]
            elif name in self.identifiers_:
                column = self.identifiers_[name].draw(n, rng)
            else:
                column = pa.nulls(n, type=self.dtypes_[name])
            columns.append(column if column.type == self.dtypes_[name] else column.cast(self.dtypes_[name]))
        table = pa.table(columns, names=list(self.schema_.names))
        return Dataset(table, self.schema_, name="synthetic", lineage=self._lineage(seed, asked))

    def _lineage(self, seed: int, asked: Mapping[str, Any]) -> Lineage:
        """Say where drawn rows come from."""
        parameters = {**self.settings(), **asked, **({"fit_seed": self.seed_} if self.seed_ != seed else {})}
        return Lineage(self.registry_name(), parameters, seed, self.parents_, self.depth_, assay.__version__)


def _text_refused(name: str) -> InputError:
    return InputError(
        f"Column {name!r} is free text, which would have to be copied from real rows.",
        column=name,
        fix="Drop the column, call it categorical in the schema, or fill it with nulls: text='null' (--set text=null).",
    )


def impossible(text: str) -> InputError:
    """Make the error for a condition that no real value meets."""
    fix = "Ask for values that the real table has."
    return InputError(f"No row can meet {text!r}: the real table has no such values.", fix=fix)


def too_rare(text: str, kept: int, drawn: int) -> InputError:
    """Make the error for a condition that too few of the rows drawn meet."""
    rate = f"about {kept / drawn:.1g} of the rows" if kept else f"none of {drawn:,} rows drawn"
    return InputError(f"Too few rows meet {text!r}: {rate} did, which is below {LEAST_RATE:g}.", fix="Widen the condition.")
