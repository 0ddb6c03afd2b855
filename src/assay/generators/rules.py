"""Rows from a scenario file: rules instead of real rows."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
import pyarrow as pa

import assay
from assay.core.errors import InputError, NotFittedError, UsageError, did_you_mean
from assay.core.files import write_atomically
from assay.core.lineage import Lineage
from assay.core.seeds import spawn
from assay.data.dataset import Dataset
from assay.data.dtypes import arrow_type
from assay.data.schema import Schema
from assay.data.where import Clause, Condition
from assay.generators._folder import MANIFEST, ensure_folder, read_manifest
from assay.generators._rows_where import RowsWhere
from assay.generators._settings import defaults_of, rows_wanted
from assay.scenario.memory import check_memory
from assay.scenario.model import Scenario
from assay.scenario.reading import load_scenario, read_scenario, shipped
from assay.scenario.schema import levels_of, schema_of
from assay.scenario.subset import rows_left
from assay.scenario.world import World

SCENARIO_FILE = "scenario.toml"
MOST_LEVELS = 10_000
ANY = Condition("", ())


class Rules:
    """Make rows by the rules of a scenario file, without any real row.

    Parameters
    ----------
    scenario : str, default ''
        A scenario file (TOML), or the name of one that ships: clinic, payments, sensors.
    table : str, default ''
        The table of the scenario that is wanted; default its main one.

    Attributes
    ----------
    schema_ : Schema
        Of the table wanted.
    scenario_ : Scenario
        What was read.
    seed_ : int
        Seed of `fit`, which nothing depends on.

    Notes
    -----
    It learns nothing: `fit` reads the scenario and checks all of it. Tables are made whole, column by column, with a stream of
    random numbers for each column, so that one column more changes no other. Distributions are drawn by their quantiles; keys of
    other tables, rates of events and labels hold by construction. As many rows as asked for are made of the table wanted, the
    other tables follow from the scenario.
    Conditions on labels of events, and on columns that depend on nothing else, are met by construction; others by drawing and
    rejecting, which is given up where fewer than one row in 10,000 meets them.
    What it cannot make: anything that the scenario does not say. Dependences that nobody wrote down are not there, and a model
    trained on such rows learns the scenario, not the world.

    Examples
    --------
    >>> rows = Rules(scenario="payments").fit(seed=0).sample(1000, seed=1)
    >>> sum(rows.table.column("fraud").to_pylist())
    2
    """

    learns: ClassVar[bool] = False

    def __init__(self, *, scenario: str = "", table: str = "") -> None:
        self.scenario = scenario
        self.table = table

    @classmethod
    def registry_name(cls) -> str:
        """Give the name that the registry knows this class by."""
        return "rules"

    def settings(self) -> dict[str, Any]:
        """Give the settings as stored."""
        return {name: getattr(self, name) for name in defaults_of(type(self))}

    def fit(self, real: Dataset | None = None, *, seed: int = 0) -> Self:
        """Read the scenario and check it.

        Parameters
        ----------
        real : None
            There is nothing to learn from real rows.
        seed : int, default 0
            Nothing depends on it.

        Raises
        ------
        UsageError
            If real rows are given or no scenario is named.
        InputError
            If the scenario has problems; all of them are listed.
        """
        if real is not None:
            raise UsageError(
                "rules makes rows by a scenario and learns nothing from real ones. Leave the real table out; "
                "a scenario for it is written by: assay rules draft REAL --out FILE"
            )
        if not self.scenario:
            raise UsageError(
                "rules needs a scenario: name a file or one that ships, as in --set scenario=payments. "
                f"Those that ship: {', '.join(shipped())}."
            )
        self._adopt(load_scenario(self.scenario))
        self.seed_ = seed
        return self

    def sample(self, n: int, *, seed: int) -> Dataset:
        """Make rows.

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
        InputError
            If something in the scenario does not work out on the rows, or they would not fit into the memory.
        """
        self._ready(n)
        check_memory(self.scenario_, self.table_, n, [self.table_])
        world = World(self.scenario_, self.table_, n, seed)
        world.make([self.table_])
        return self._stamped(world.arrow(self.table_), self.schema_, seed, {})

    def sample_tables(self, n: int, *, seed: int, condition: Condition | None = None) -> dict[str, Dataset]:
        """Make all tables of the scenario together.

        Parameters
        ----------
        n : int
            Rows of the table wanted, at least 1; the others follow.
        seed : int
            The same seed gives the same rows; those of the table wanted are those of `sample`.
        condition : Condition, optional
            What the rows of the table wanted must meet.

        Raises
        ------
        InputError
            As of `sample` and `sample_where`.

        Notes
        -----
        Under a condition one world is made, so large that enough rows of it meet the condition; the rows that do not, and all
        that refer to them, are left out. Tables that the rows wanted refer to stay whole.
        """
        self._ready(n)
        names = self.scenario_.tables
        if condition is None:
            check_memory(self.scenario_, self.table_, n, names)
            world = World(self.scenario_, self.table_, n, seed)
            world.make(names)
            made = {name: world.arrow(name) for name in names}
        else:
            world, met = RowsWhere(self.scenario_, self.table_, seed).world(n, condition, "where")
            made = {name: world.arrow(name).filter(pa.array(kept)) for name, kept in rows_left(world, self.table_, met).items()}
        asked = {} if condition is None else {"where": condition.text}
        return {
            name: self._stamped(made[name], schema_of(self.scenario_, name), seed, {"table": name, **asked}) for name in names
        }

    def sample_where(self, n: int, condition: Condition, *, seed: int) -> Dataset:
        """Make rows that meet a condition.

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
        rows = RowsWhere(self.scenario_, self.table_, seed).rows(n, condition, "where")
        return self._stamped(rows, self.schema_, seed, {"where": condition.text})

    def sample_balanced(self, n: int, column: str, *, seed: int, condition: Condition | None = None) -> Dataset:
        """Make rows with equally many of each level of a column, each level by conditional draws.

        Parameters
        ----------
        n : int
            Rows wanted, at least 1. What does not divide goes one each to the first levels.
        column : str
            A column whose levels the scenario names: a label, a choice, or a chance.
        seed : int
            The same seed gives the same rows.
        condition : Condition, optional
            What all rows must meet besides.

        Raises
        ------
        InputError
            If the scenario does not name the column's levels, or a level cannot be made under the condition.
        """
        self._ready(n)
        described = self.schema_.column(column)
        rule = self.scenario_.tables[self.table_].column(column)
        assert rule is not None
        levels = levels_of(self.scenario_, self.scenario_.tables[self.table_], rule)
        if levels is None or not 1 <= len(levels) <= MOST_LEVELS:
            fix = "Name a column filled by values, bernoulli, planted, or cases of these."
            raise InputError(
                f"The scenario does not name the levels of {column!r}, so it cannot be balanced.", column=column, fix=fix
            )
        kind = arrow_type(described.dtype)
        scalars = dict.fromkeys(_scalar(level, kind) for level in levels)
        base = condition or ANY
        wanted = [base.also(Clause(column, "=", (scalar,))) for scalar in scalars]
        share, rest = divmod(n, len(wanted))
        drawn = RowsWhere(self.scenario_, self.table_, seed)
        counts = [share + (at < rest) for at in range(len(wanted))]
        parts = [drawn.rows(count, wanted[at], f"balance {at}") for at, count in enumerate(counts) if count]
        order = pa.array(spawn(seed, "rules", "balance").permutation(n))
        table = pa.concat_tables(parts).take(order)
        return self._stamped(table, self.schema_, seed, {"balance": column, **({"where": base.text} if base.text else {})})

    def save(self, folder: Path) -> None:
        """Write the scenario and the settings to a folder."""
        self._ready(1)
        folder = Path(folder)
        ensure_folder(folder)
        data = self.scenario_.text.encode()
        manifest = {
            "schema": "assay.generator/1",
            "generator": self.registry_name(),
            "settings": self.settings(),
            "seed": self.seed_,
            "depth": 1,
            "parents": [self.scenario_.sha256],
            "files": {SCENARIO_FILE: hashlib.sha256(data).hexdigest()},
            "assay_version": assay.__version__,
        }
        write_atomically(folder / SCENARIO_FILE, data)
        write_atomically(folder / MANIFEST, json.dumps(manifest, indent=1, sort_keys=True).encode())

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read what `save` wrote.

        Raises
        ------
        InputError
            If the folder holds no generator, another one, or was changed since.
        """
        folder = Path(folder)
        manifest = read_manifest(folder)
        if manifest["generator"] != cls.registry_name():
            raise InputError(f"This folder holds a {manifest['generator']!r} generator, not 'rules'.", file=str(folder))
        fix = "Make and save it again."
        try:
            data = (folder / SCENARIO_FILE).read_bytes()
            digest, settings = manifest["files"][SCENARIO_FILE], manifest["settings"]
            self = cls(scenario=str(settings["scenario"]), table=str(settings["table"]))
            self.seed_ = int(manifest["seed"])
        except (OSError, KeyError, TypeError, ValueError) as error:
            raise InputError("This saved generator is not whole.", file=str(folder), fix=fix) from error
        if hashlib.sha256(data).hexdigest() != digest:
            message = f"{SCENARIO_FILE} is not the file that was saved: its digest differs."
            raise InputError(message, file=str(folder), fix=fix)
        self._adopt(read_scenario(data.decode(), file=self.scenario))
        return self

    # -- the parts of the above

    def _adopt(self, scenario: Scenario) -> None:
        name = self.table or scenario.main
        if name not in scenario.tables:
            near = did_you_mean(name, scenario.tables)
            raise InputError(
                f"The scenario has no table {name!r}.{near} It has: {', '.join(scenario.tables)}.", file=scenario.file
            )
        self.scenario_, self.table_ = scenario, name
        self.schema_: Schema = schema_of(scenario, name)

    def _ready(self, n: object) -> None:
        if not hasattr(self, "schema_"):
            raise NotFittedError("This Rules has read no scenario yet. Call fit() first, or Rules.load(folder).")
        rows_wanted(n)

    def _stamped(self, table: pa.Table, schema: Schema, seed: int, asked: dict[str, Any]) -> Dataset:
        parameters = {**self.settings(), **asked}
        lineage = Lineage(self.registry_name(), parameters, seed, (self.scenario_.sha256,), 1, assay.__version__)
        return Dataset(table, schema, name="synthetic", lineage=lineage)


def _scalar(level: Any, kind: pa.DataType) -> pa.Scalar:
    if level is None:
        return pa.scalar(None, type=kind)
    if pa.types.is_string(kind) and not isinstance(level, str):
        return pa.scalar(str(level).lower() if isinstance(level, bool) else f"{level:.15g}")
    if isinstance(level, np.datetime64):
        return pa.scalar(level.astype("datetime64[us]").item(), type=pa.timestamp("us")).cast(kind)
    return pa.scalar(level).cast(kind)
