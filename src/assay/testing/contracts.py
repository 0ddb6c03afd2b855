"""What every generator must keep, as a test class for plug-in authors to subclass."""

from __future__ import annotations

import datetime
import json
from abc import ABC, abstractmethod
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from assay.core.errors import NotFittedError
from assay.data.dataset import Dataset
from assay.data.schema import Column, Kind, Schema


def mixed_table(rows: int = 400, *, seed: int = 0) -> Dataset:
    """Make a small table with everything that gets lost: nulls, dates, integers, decimals, booleans, rare levels, an id.

    Parameters
    ----------
    rows : int, default 400
        Rows, at least 20.
    seed : int, default 0
        Seed of its content.

    Examples
    --------
    >>> mixed_table(50).names[:3]
    ('id', 'age', 'weight')
    """
    rng = np.random.default_rng(seed)
    age = rng.integers(18, 90, rows)
    level = np.where(age > 60, "old", np.where(rng.random(rows) < 0.5, "young", "grown")).astype(object)
    level[:3] = "rare"
    cents = rng.integers(100, 99_999, rows)
    day = datetime.date(2020, 1, 1)
    columns: dict[str, tuple[Kind, pa.Array]] = {
        "id": ("id", pa.array(np.arange(1000, 1000 + rows))),
        "age": ("numeric", pa.array(age, pa.int16())),
        "weight": ("numeric", pa.array(rng.normal(70, 9, rows), mask=rng.random(rows) < 0.3)),
        "fives": ("numeric", pa.array(rng.integers(0, 12, rows) * 5, pa.int64())),
        "price": ("numeric", pa.array([Decimal(int(part)).scaleb(-2) for part in cents], pa.decimal128(9, 2))),
        "rate": ("numeric", pa.array(np.round(rng.random(rows), 2).astype(np.float32))),
        "level": ("categorical", pa.array(level, pa.string(), mask=rng.random(rows) < 0.1)),
        "member": ("boolean", pa.array(rng.random(rows) < 0.3, mask=rng.random(rows) < 0.05)),
        "day": ("datetime", pa.array([day + datetime.timedelta(int(part)) for part in rng.integers(0, 700, rows)], pa.date32())),
        "seen": ("datetime", pa.array(rng.integers(0, 10**9, rows), pa.int64()).cast(pa.timestamp("s", tz="UTC"))),
        "same": ("numeric", pa.array(np.full(rows, 7))),
        "nothing": ("numeric", pa.nulls(rows, pa.float64())),
    }
    return _dataset(columns)


def _dataset(columns: dict[str, tuple[Kind, pa.Array]]) -> Dataset:
    table = pa.table({name: cells for name, (_, cells) in columns.items()})
    described = (Column(name, kind, str(cells.type), cells.null_count > 0) for name, (kind, cells) in columns.items())
    return Dataset(table, Schema(tuple(described)), name="real")


class GeneratorContract(ABC):
    """The contract of a generator of tables.

    Subclass it in a test file and pytest runs every method whose name starts with ``test``::

        class TestMarginals(GeneratorContract):
            def make(self):
                return Marginals()

    It cannot see whether the synthetic data is any good: `assay check` measures that.
    """

    @abstractmethod
    def make(self) -> Any:
        """Give a new, unfitted generator."""

    def real(self) -> Dataset:
        """Give the table to learn from; `mixed_table` by default."""
        return mixed_table()

    def fitted(self) -> Any:
        """Give a generator fitted on `real` with seed 0."""
        return self.make().fit(self.real(), seed=0)

    def test_fit_returns_itself(self) -> None:
        """``fit`` returns the generator."""
        generator = self.make()
        assert generator.fit(self.real(), seed=0) is generator

    def test_the_same_seed_gives_the_same_rows(self) -> None:
        """Equal seeds give equal rows, whatever was drawn in between."""
        generator = self.fitted()
        first = generator.sample(150, seed=1).sha256
        generator.sample(37, seed=2)
        assert generator.sample(150, seed=1).sha256 == first

    def test_another_seed_gives_other_rows(self) -> None:
        """Different seeds give different rows."""
        generator = self.fitted()
        assert generator.sample(150, seed=1).sha256 != generator.sample(150, seed=2).sha256

    def test_fitting_is_seeded(self) -> None:
        """Two fits with one seed give one generator."""
        assert self.fitted().sample(150, seed=1).sha256 == self.fitted().sample(150, seed=1).sha256

    def test_schema_and_types_round_trip(self) -> None:
        """The sample has the real table's columns, types and schema, and as many rows as asked for."""
        real, synthetic = self.real(), self.fitted().sample(123, seed=1)
        assert len(synthetic) == 123
        assert synthetic.schema == real.schema
        assert synthetic.table.schema.equals(real.table.schema)

    def test_the_real_table_stays_as_it_is(self) -> None:
        """Fitting and sampling do not touch the real table."""
        real = self.real()
        before = Dataset(real.table, real.schema).sha256
        self.make().fit(real, seed=0).sample(50, seed=1)
        assert Dataset(real.table, real.schema).sha256 == before

    def test_nulls_stay_only_where_they_were(self) -> None:
        """A column without nulls gets none; one of nothing but nulls stays so; the share of the others is about kept."""
        real, synthetic = self.real(), self.fitted().sample(1000, seed=1)
        for name in real.names:
            share = real.nulls(name).mean()
            found = synthetic.nulls(name).mean()
            assert found == share if share in (0.0, 1.0) else abs(found - share) < 0.12, name

    def test_levels_are_real_ones(self) -> None:
        """No category that the real table does not have."""
        real, synthetic = self.real(), self.fitted().sample(500, seed=1)
        for name in real.schema.of_kind("categorical", "boolean"):
            if name in real.schema.modelled:
                known = set(real.table.column(name).to_pylist())
                assert set(synthetic.table.column(name).to_pylist()) <= known, name

    def test_ids_are_fresh_and_unique(self) -> None:
        """Identifiers are never real ones and never twice."""
        real, synthetic = self.real(), self.fitted().sample(500, seed=1)
        for name in real.schema.of_kind("id"):
            drawn = [cell for cell in synthetic.table.column(name).to_pylist() if cell is not None]
            assert not set(drawn) & set(real.table.column(name).to_pylist()), name
            assert name == real.schema.entity or len(set(drawn)) == len(drawn), name

    def test_save_and_load_give_the_same_samples(self, tmp_path: Path) -> None:
        """A generator read back gives the rows of the one saved, and its files hold no pickle."""
        generator = self.fitted()
        generator.save(tmp_path / "saved")
        again = type(generator).load(tmp_path / "saved")
        assert again.sample(100, seed=1).sha256 == generator.sample(100, seed=1).sha256
        assert again.sample(100, seed=1).lineage == generator.sample(100, seed=1).lineage
        assert not list((tmp_path / "saved").rglob("*.pkl"))

    def test_unfitted_is_an_error(self, tmp_path: Path) -> None:
        """``sample`` and ``save`` before ``fit`` raise `NotFittedError`."""
        for call in (lambda: self.make().sample(5, seed=0), lambda: self.make().save(tmp_path / "unfitted")):
            try:
                call()
            except NotFittedError:
                continue
            raise AssertionError("no NotFittedError before fit")

    def test_the_lineage_says_where_rows_came_from(self) -> None:
        """Generator, seed, parent and depth are stamped, one deeper when fitted on synthetic rows; JSON can hold them."""
        real, first = self.real(), self.fitted().sample(200, seed=3)
        assert first.lineage is not None
        assert (first.lineage.seed, first.lineage.depth, first.lineage.parents) == (3, 1, (real.sha256,))
        json.loads(first.lineage.to_json())
        second = self.make().fit(first, seed=0).sample(20, seed=1)
        assert second.lineage is not None
        assert (second.lineage.depth, second.lineage.parents) == (2, (first.sha256,))

    def test_row_counts_from_one_on(self) -> None:
        """One row can be asked for, and more than the real table has."""
        generator, rows = self.fitted(), len(self.real())
        assert len(generator.sample(1, seed=0)) == 1
        assert len(generator.sample(3 * rows, seed=0)) == 3 * rows

    def test_one_column_tables(self) -> None:
        """Every column alone can be learned, constant and all-null ones too."""
        real = self.real()
        for column in real.schema.columns:
            if column.kind == "text":
                continue
            alone = real.with_schema(Schema((column,)))
            synthetic = self.make().fit(alone, seed=0).sample(60, seed=1)
            assert synthetic.table.schema.equals(alone.table.schema), column.name
