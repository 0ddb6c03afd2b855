"""What every planted damage must keep to: subclass `DamageContract` in a test file and name the damage."""

# pyright: reportAttributeAccessIssue=false
# pyarrow.compute makes its functions at import, unseen by type checkers

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from assay.core import registry
from assay.core.errors import NotApplicable
from assay.core.finding import MECHANISMS
from assay.core.seeds import spawn
from assay.data.dataset import Dataset
from assay.data.ground import Ground, Planted
from assay.data.infer import infer_schema
from assay.stats.rowhash import row_ids
from assay.testing.measure_contract import clinic

BACKED = 10
SHORT = 5


class DamageContract:
    """The contract of a planted damage.

    Attributes
    ----------
    name : str
        Registry name.
    slack : float
        Share of the cells by which a larger severity may touch fewer, where a cell keeps its value by chance.

    Notes
    -----
    Override `grounds` where the damage needs a table that `made_grounds` does not have. It cannot see whether the harm is what
    the damage says of itself: that is for a test of its own.
    """

    name: ClassVar[str]
    slack: ClassVar[float] = 0.01
    _seen: ClassVar[dict[tuple[str, float], Planted | NotApplicable]]

    def __init_subclass__(cls) -> None:
        cls._seen = {}

    def grounds(self) -> Mapping[str, Ground]:
        """Give the sound rows to plant in, by a name for messages; one of them at least must take the damage."""
        return made_grounds()

    @property
    def kind(self) -> Any:
        """The class under test."""
        return registry.get("damage", self.name)

    def plant(self, ground: Ground, severity: float) -> Planted:
        """Plant with a state of the generator that is each ground's own."""
        return self.kind(severity).plant(ground, spawn(3, "contract", self.name, ground.schema.target or ""))

    def planted(self, severity: float) -> dict[str, Planted]:
        """Plant in every ground that takes it, once per severity."""
        out: dict[str, Planted] = {}
        for label, ground in self.grounds().items():
            key = (label, severity)
            if key not in self._seen:
                try:
                    self._seen[key] = self.plant(ground, severity)
                except NotApplicable as reason:
                    self._seen[key] = reason
            found = self._seen[key]
            if isinstance(found, Planted):
                out[label] = found
        return out

    def test_it_says_what_it_is(self) -> None:
        """Ask for every attribute, each of its kind."""
        kind = self.kind
        for attribute in ("harm", "unit", "harmless_because", "material_because"):
            assert len(getattr(kind, attribute).split()) >= 2, attribute
        assert kind.mechanism in MECHANISMS
        assert isinstance(kind.also, frozenset)
        assert kind.also <= set(MECHANISMS) - {kind.mechanism}
        assert kind.touches in ("cells", "rows", "holdout")
        assert kind.needs <= {"target", "entity", "time"}
        assert kind.__doc__
        assert kind().right == kind.also | {kind.mechanism}

    def test_the_grid_rises_from_harmless_to_material(self) -> None:
        """Ask that severities rise and that both fixed ones are among them."""
        kind = self.kind
        assert len(kind.severities) >= 3
        assert all(later > earlier for earlier, later in itertools.pairwise(kind.severities))
        assert kind.material in kind.severities
        assert kind().severity == kind.material
        assert kind.harmless is None or (kind.harmless in kind.severities and kind.harmless < kind.material)

    def test_some_ground_takes_it(self) -> None:
        """Ask that it can be planted in one of the grounds at least, and in all of these up to the material severity."""
        taken = {severity: set(self.planted(severity)) for severity in self.kind.severities}
        material = taken[self.kind.material]
        assert material
        assert all(labels == material for severity, labels in taken.items() if severity <= self.kind.material), taken
        assert all(labels <= material for labels in taken.values()), taken

    def test_equal_states_plant_equally(self) -> None:
        """Ask for the same tables, bit for bit, from equal states of the generator."""
        for label, first in self.planted(self.kind.material).items():
            again = self.plant(self.grounds()[label], self.kind.material)
            for role in ("real", "synthetic", "holdout"):
                assert getattr(again, role).sha256 == getattr(first, role).sha256, (label, role)
            assert (again.note, again.columns) == (first.note, first.columns), label
            assert np.array_equal(again.rows, first.rows), label

    def test_sound_rows_stay_as_they_are(self) -> None:
        """Ask that nothing is written into the ground."""
        for label in self.planted(self.kind.material):
            ground = self.grounds()[label]
            before = [_digest(part) for part in (ground.real, ground.spare, ground.holdout, ground.sound)]
            with suppress(NotApplicable):  # a gross one may find no room
                self.plant(ground, self.kind.severities[-1])
            assert [_digest(part) for part in (ground.real, ground.spare, ground.holdout, ground.sound)] == before, label

    def test_tables_keep_their_columns(self) -> None:
        """Ask for the ground's columns and types; what is added is added to all three tables."""
        for severity in self.kind.severities:
            for label, planted in self.planted(severity).items():
                schema = self.grounds()[label].real.table.schema
                for part in (planted.real, planted.synthetic, planted.holdout):
                    assert part.table.select(schema.names).schema.equals(schema), (label, severity, part.name)
                    assert part.table.column_names == planted.synthetic.table.column_names, (label, severity)
                assert set(planted.columns) <= set(planted.synthetic.names), (label, severity)

    def test_tables_keep_their_size(self) -> None:
        """Ask for as many rows as the ground has, fewer only where spare rows have run out."""
        for label, planted in self.planted(self.kind.material).items():
            ground = self.grounds()[label]
            assert 0 < len(planted.synthetic) <= ground.rows, label
            assert self.kind.touches != "cells" or len(planted.synthetic) == len(ground.sound), label

    def test_all_else_is_untouched(self) -> None:
        """Ask that only the rows and columns told are others, and the synthetic table as a whole is not where the holdout is."""
        for severity in self.kind.severities:
            for label, planted in self.planted(severity).items():
                ground = self.grounds()[label]
                if self.kind.touches == "holdout":
                    assert planted.synthetic.sha256 == ground.sound.sha256, (label, severity)
                if self.kind.touches != "cells":
                    continue
                own_real = planted.real.sha256 == ground.real.sha256
                for name in ground.sound.names:
                    other = _other(ground.sound, planted.synthetic, name)
                    assert name in planted.columns or not other.any(), (label, severity, name)
                    # where all three tables were made ready for it, its column is another one in every row
                    assert not own_real or set(np.flatnonzero(other)) <= set(planted.rows), (label, severity, name)

    def test_places_do_not_depend_on_the_severity(self) -> None:
        """Ask for the same columns at every severity, and for rows that a larger one only adds to."""
        grid = [self.planted(severity) for severity in self.kind.severities]
        for label in grid[0]:
            for earlier, later in itertools.pairwise(grid):
                if label in later:
                    assert earlier[label].columns == later[label].columns, label
                    assert set(earlier[label].rows) <= set(later[label].rows), label

    def test_rows_are_positions(self) -> None:
        """Ask for positions in the table, each once."""
        for severity in self.kind.severities:
            for label, planted in self.planted(severity).items():
                table = planted.holdout if self.kind.touches == "holdout" else planted.synthetic
                assert planted.rows.dtype == np.int64, label
                assert len(np.unique(planted.rows)) == len(planted.rows), label
                assert planted.rows.size == 0 or 0 <= planted.rows.min() <= planted.rows.max() < len(table), label

    def test_more_severity_touches_more(self) -> None:
        """Ask that cells or rows that are others become no fewer as the severity rises, and that there are some."""
        grid = [self.planted(severity) for severity in self.kind.severities]
        for label in grid[-1]:
            ground = self.grounds()[label]
            counts = [self._touched(ground, grid[0][label], planted[label]) for planted in grid]
            slack = self.slack * ground.rows
            assert all(later >= earlier - slack for earlier, later in itertools.pairwise(counts)), (label, counts)
            assert counts[-1] > 0, label

    def _touched(self, ground: Ground, least: Planted, planted: Planted) -> int:
        if self.kind.touches == "holdout":
            return _gone(ground.holdout, planted.holdout)
        ready = planted.real.sha256 == ground.real.sha256
        # where the tables were made ready for the damage, the least of it stands in for none
        sound = ground.sound if ready else least.synthetic
        if self.kind.touches == "rows":
            return _gone(sound, planted.synthetic)
        return sum(int(_other(sound, planted.synthetic, name).sum()) for name in planted.synthetic.names)

    def test_the_note_tells_no_value(self) -> None:
        """Ask that the note names the first column at fault and no value with fewer than ten rows behind it."""
        for severity in self.kind.severities:
            for label, planted in self.planted(severity).items():
                assert planted.note.endswith("."), label
                assert not planted.columns or planted.columns[0] in planted.note, (label, planted.note)
                words = set(re.findall(r"[\w.:-]*\w", _without_names(planted)))
                for part in (self.grounds()[label].real, planted.real, planted.synthetic, planted.holdout):
                    assert not words & _seldom(part), (label, planted.note)

    def test_roles_that_it_needs(self) -> None:
        """Ask that without a role that it needs it does not apply."""
        if self.kind.needs:
            with pytest.raises(NotApplicable):
                self.plant(without_roles(), self.kind.material)

    def test_tables_that_cannot_take_it(self) -> None:
        """Ask for `NotApplicable` and no other error on tables of a few rows, and on those with nothing to plant in."""
        for ground in (few_rows(), without_roles(), barren()):
            for severity in (self.kind.severities[0], self.kind.material):
                try:
                    planted = self.plant(ground, severity)
                except NotApplicable:
                    continue
                else:
                    assert len(planted.synthetic)


def made_grounds() -> Mapping[str, Ground]:
    """Give three made grounds, by their names.

    ``clinic`` has a binary target, nulls and dates, ``visits`` an entity, a time and three classes, ``houses`` a price as target.
    """
    return _made()


@cache
def _made() -> Mapping[str, Ground]:
    rng = np.random.default_rng(11)
    return {
        "clinic": _ground(clinic(7_000, rng), target="ill"),
        "visits": _ground(
            visits(7_000, rng), target="outcome", entity="person", time="seen", sensitive=("smoker",), rows=1_900, holdout=900
        ),
        "houses": _ground(houses(7_000, rng), target="price"),
    }


def visits(rows: int, rng: np.random.Generator) -> pa.Table:
    """Draw visits in order of time, about four a person, with two dates of which the first is the earlier, and three classes."""
    person = np.sort(rng.integers(0, rows // 4, rows))
    own = rng.normal(size=rows // 4)[person]
    clinic_ = rng.choice(np.array(["north", "south", "east", "west", "island"]), rows, p=[0.4, 0.3, 0.182, 0.1, 0.018])
    pressure = np.round(125 + 12 * own + 6 * rng.normal(size=rows) + 10 * (clinic_ == "north"))
    pulse = np.round(70 + 0.3 * (pressure - 125) + 8 * rng.normal(size=rows), 1)
    smoker = rng.random(rows) < 0.3
    score = (pressure - 125) / 14 + 0.8 * smoker + rng.logistic(size=rows)
    outcome = np.select([score > 2.2, score > 0.3], ["severe", "mild"], "none")
    seen = np.datetime64("2022-01-01") + (rng.integers(0, 300, rows) + 60 * (np.arange(rows) % 4)).astype("timedelta64[D]")
    order = np.lexsort((seen, person))
    seen = seen[order]
    left = seen + rng.integers(0, 20, rows).astype("timedelta64[D]")
    return pa.table(
        {
            "person": pa.array([f"P{number:05d}" for number in person]),
            "seen": pa.array(seen),
            "left": pa.array(left),
            "clinic": pa.array(clinic_.tolist()),
            "pressure": pa.array(pressure),
            "pulse": pa.array(pulse, mask=rng.random(rows) < 0.05),
            "drugs": pa.array(rng.poisson(2.5, rows)),
            "smoker": pa.array(smoker),
            "outcome": pa.array(outcome.tolist()),
        }
    )


def houses(rows: int, rng: np.random.Generator) -> pa.Table:
    """Draw houses with floors that add up to an area, a region that depends on the age, and a price."""
    region = rng.choice(np.array(["coast", "hills", "plain", "city", "isle"]), rows, p=[0.3, 0.3, 0.282, 0.1, 0.018])
    built = np.clip(1990 - 22 * (region == "city") + 18 * (region == "coast") + rng.normal(0, 12, rows), 1850, 2023).round()
    ground_, upper = (np.exp(rng.normal(4.3, 0.3, rows)).round(1) for _ in range(2))
    rooms = np.clip((ground_ + upper) / 35 + rng.normal(0, 1, rows), 1, 12).round()
    income = np.exp(rng.normal(10.4 + 0.3 * (region == "coast"), 0.4, rows)).round(2)
    price = 1500 * (ground_ + upper) + 900 * (built - 1950) + 1.5 * income + rng.normal(0, 2e4, rows)
    return pa.table(
        {
            "region": pa.array(region.tolist()),
            "built": pa.array(built.astype(np.int16)),
            "ground": pa.array(ground_),
            "upper": pa.array(upper),
            "area": pa.array((ground_ + upper).round(1)),
            "rooms": pa.array(rooms.astype(np.int64)),
            "income": pa.array(income, mask=rng.random(rows) < 0.08),
            "garden": pa.array(rng.random(rows) < 0.5, mask=rng.random(rows) < 0.03),
            "price": pa.array(price.round(0)),
        }
    )


@cache
def few_rows() -> Ground:
    """Give a ground of ten rows a table."""
    return _ground(clinic(40, np.random.default_rng(5)), target="ill", rows=10, holdout=10)


@cache
def without_roles() -> Ground:
    """Give a clinic without a target, an entity or a time."""
    return _ground(clinic(1_600, np.random.default_rng(6)).drop_columns(["admitted"]), rows=500, holdout=250)


@cache
def barren() -> Ground:
    """Give a ground whose columns hold one value, nothing, or a number that is each row's own."""
    rows = 1_600
    table = pa.table(
        {
            "number": pa.array([f"N{number:06d}" for number in range(rows)]),
            "same": pa.array(np.full(rows, 7.0)),
            "nothing": pa.nulls(rows, pa.float64()),
            "word": pa.array(["yes"] * rows),
        }
    )
    return _ground(table, rows=500, holdout=250)


def _ground(table: pa.Table, *, rows: int = 2_000, holdout: int = 1_000, **roles: Any) -> Ground:
    return Ground.cut(Dataset(table, infer_schema(table, **roles)), rows=rows, holdout=holdout, seed=1)


def _digest(dataset: Dataset) -> str:
    """Digest anew: a dataset keeps the digest that it has once given."""
    return Dataset(dataset.table, dataset.schema).sha256


def _other(first: Dataset, second: Dataset, name: str) -> np.ndarray:
    """Give the rows in which a column differs; nulls equal nulls."""
    one, two = first.table.column(name), second.table.column(name)
    gone_one, gone_two = first.nulls(name), second.nulls(name)
    unequal = np.asarray(pc.fill_null(pc.not_equal(one, two), False).combine_chunks())
    return (unequal & ~gone_one & ~gone_two) | (gone_one != gone_two)


def _gone(first: Dataset, second: Dataset) -> int:
    """Count the rows of the first table that the second lacks, identifiers apart."""
    names = [c.name for c in first.schema.columns if c.kind != "id" or c.name == first.schema.entity]
    both = pa.concat_tables([first.table.select(names), second.table.select(names)])
    codes = [np.asarray(column.combine_chunks().dictionary_encode().indices.fill_null(-1)) for column in both.columns]
    ids = row_ids([own.astype(np.int64) for own in codes])
    times = [np.bincount(part, minlength=ids.max() + 1) for part in (ids[: len(first)], ids[len(first) :])]
    return int(np.maximum(times[0] - times[1], 0).sum())


def _seldom(dataset: Dataset) -> set[str]:
    """Give the texts and the long fractions that stand in fewer than ten rows, as they would be written."""
    found: set[str] = set()
    for name in dataset.names:
        column = dataset.table.column(name)
        if not (pa.types.is_string(column.type) or pa.types.is_floating(column.type)):
            continue
        for entry in column.value_counts().to_pylist():
            written = str(entry["values"])
            if entry["counts"] < BACKED and len(written) >= SHORT and not written.endswith(".0"):
                found.add(written)
    return found - {"None", "nan"}


def _without_names(planted: Planted) -> str:
    """Give the note without the names of columns and without percentages."""
    note = planted.note
    for name in planted.synthetic.names:
        note = note.replace(repr(name), "")
    return re.sub(r"[\d.]+%", "", note)
