"""A remedy that breaks the contract is told so by the test that asks for it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from toy_remedies import ToyWeights

from assay.core.errors import InputError
from assay.core.plan import Plan
from assay.core.protocols import Remedy
from assay.data.amended import Amended
from assay.data.dataset import Dataset
from assay.data.scene import Scene
from assay.testing.remedy_contract import RemedyContract, changed
from assay.testing.remedy_scenes import few_and_many, odd

GUIDE = Path(__file__).parents[2] / "docs" / "mend.md"


class Sound(ToyWeights):
    """A remedy that keeps the contract."""


class Loud(Sound):
    """One that sees signs in anything."""

    def signs(self, scene: Scene) -> Sequence[Plan]:
        found = list(super().signs(replace(scene, error=1.0)))
        return [replace(plan, p_value=plan.p_value * scene.error) for plan in found]


class Blind(Sound):
    """One that never sees any."""

    def signs(self, scene: Scene) -> Sequence[Plan]:
        return ()


class Misnamed(Sound):
    """One whose plans name another mechanism."""

    def signs(self, scene: Scene) -> Sequence[Plan]:
        return [replace(plan, mechanism="tail_loss") for plan in super().signs(scene)]


class Unseeded(Sound):
    """One that draws from nowhere."""

    def apply(self, setting: Mapping[str, Any], rows: Amended, real: Dataset, rng: np.random.Generator) -> Amended:
        return rows.weighed(np.random.default_rng().random(len(rows)))


class Undefined(Sound):
    """One that learns NaN."""

    def learn(self, plan: Plan, scene: Scene) -> Mapping[str, Any]:
        return {**super().learn(plan, scene), "spread": float("nan")}


class Telling(Sound):
    """One that learns a value of one row."""

    def learn(self, plan: Plan, scene: Scene) -> Mapping[str, Any]:
        name = next(name for name in scene.numeric if pa.types.is_floating(scene.real.table.schema.field(name).type))
        return {**super().learn(plan, scene), "anchor": float(np.nanmax(scene.real.numbers(name)))}


class Retyping(Sound):
    """One that gives a column another type."""

    def apply(self, setting: Mapping[str, Any], rows: Amended, real: Dataset, rng: np.random.Generator) -> Amended:
        table = rows.table.table
        cells = table.column(0).cast(pa.string())
        other = Dataset(table.set_column(0, table.column_names[0], cells), rows.table.schema)
        return super().apply(setting, rows, real, rng).with_table(other)


class Negative(Sound):
    """One that gives negative weights."""

    def apply(self, setting: Mapping[str, Any], rows: Amended, real: Dataset, rng: np.random.Generator) -> Amended:
        found = super().apply(setting, rows, real, rng)
        return replace(found, weights=found.weights - found.weights.max() / 2)


class Straying(Sound):
    """One that shuffles a column beside."""

    def apply(self, setting: Mapping[str, Any], rows: Amended, real: Dataset, rng: np.random.Generator) -> Amended:
        table = rows.table.table
        cells = table.column(1).take(pa.array(rng.permutation(len(table))))
        other = Dataset(table.set_column(1, table.schema.field(1), cells), rows.table.schema)
        return super().apply(setting, rows, real, rng).with_table(other)


class Meddling(Sound):
    """One that changes rows made from real ones."""

    def apply(self, setting: Mapping[str, Any], rows: Amended, real: Dataset, rng: np.random.Generator) -> Amended:
        table = rows.table.table
        order = np.arange(len(table))
        order[rows.anchored] = rng.permutation(order[rows.anchored])
        other = Dataset(table.set_column(1, table.schema.field(1), table.column(1).take(pa.array(order))), rows.table.schema)
        return super().apply(setting, rows, real, rng).with_table(other)


class Unsaid(Sound):
    """One that leaves out rows and does not say so."""

    def apply(self, setting: Mapping[str, Any], rows: Amended, real: Dataset, rng: np.random.Generator) -> Amended:
        return super().apply(setting, rows.take(np.arange(len(rows) - 1)), real, rng)


class Writing(Sound):
    """One that writes into the weights given."""

    def apply(self, setting: Mapping[str, Any], rows: Amended, real: Dataset, rng: np.random.Generator) -> Amended:
        found = super().apply(setting, rows, real, rng)
        rows.weights[:] = rows.weights * 1.5
        return found


class Bound(Sound):
    """One that can only be done to the rows it was learned from."""

    def learn(self, plan: Plan, scene: Scene) -> Mapping[str, Any]:
        return {**super().learn(plan, scene), "rows": len(scene.rows)}

    def apply(self, setting: Mapping[str, Any], rows: Amended, real: Dataset, rng: np.random.Generator) -> Amended:
        assert len(rows) == setting["rows"]
        return super().apply(setting, rows, real, rng)


class Crashing(Sound):
    """One that raises another error where it cannot learn."""

    def learn(self, plan: Plan, scene: Scene) -> Mapping[str, Any]:
        if len(scene.real) < 100:
            raise InputError("too few rows")
        return super().learn(plan, scene)


class Fragile(Sound):
    """One that breaks on odd tables."""

    def signs(self, scene: Scene) -> Sequence[Plan]:
        assert len(scene.numeric) > 0
        return super().signs(scene)


class Unexplained(Sound):
    """One that mends what nobody knows."""

    mends = frozenset({"gremlins"})


def tilted() -> Iterator[tuple[str, Scene]]:
    for seed in (0, 1):
        real, synthetic = few_and_many(seed)
        cells = synthetic.table.column(str(real.schema.target)).to_pylist()
        rare = np.array([cell == sorted(set(cells), key=cells.count)[0] for cell in cells])
        kept = np.flatnonzero(~rare | (np.cumsum(rare) % 4 == 0))
        yield f"toy {seed}", Scene(real, Amended.of(synthetic.take(kept)), seed=seed)


def contract_of(remedy: type[Remedy]) -> RemedyContract:
    class Contract(RemedyContract):
        name = "toy_weights"
        kind = remedy  # type: ignore[assignment]
        rounds = 24

        def scenes(self) -> Iterator[tuple[str, Scene]]:
            return tilted()

    return Contract()


TESTS: dict[type[Remedy], Callable[[RemedyContract], None]] = {
    Unsaid: RemedyContract.test_it_changes_what_it_says,
    Loud: RemedyContract.test_two_samples_of_one_population_give_no_sign,
    Blind: RemedyContract.test_some_scene_has_signs,
    Misnamed: RemedyContract.test_plans_are_sound,
    Unseeded: RemedyContract.test_equal_draws_give_equal_rows,
    Undefined: RemedyContract.test_what_is_learned_is_json,
    Telling: RemedyContract.test_what_is_learned_tells_no_rare_value,
    Retyping: RemedyContract.test_rows_keep_schema_and_types,
    Negative: RemedyContract.test_weights_are_sound,
    Straying: RemedyContract.test_it_changes_what_it_says,
    Meddling: RemedyContract.test_rows_made_from_real_ones_keep_their_cells,
    Writing: RemedyContract.test_inputs_stay_as_they_are,
    Bound: RemedyContract.test_it_is_replayed_on_other_rows,
    Crashing: RemedyContract.test_it_learns_from_part_of_the_rows_or_says_that_it_cannot,
    Fragile: RemedyContract.test_odd_tables_give_no_error,
    Unexplained: RemedyContract.test_it_says_what_it_is,
}


@pytest.mark.parametrize(("remedy", "test"), TESTS.items(), ids=[one.__name__ for one in TESTS])
def test_a_broken_remedy_is_told_so(remedy: type[Remedy], test: Callable[[RemedyContract], None]) -> None:
    test(contract_of(Sound))
    with pytest.raises((AssertionError, InputError, ValueError)):
        test(contract_of(remedy))


SUITE = sorted(name for name in vars(RemedyContract) if name.startswith("test_"))


@pytest.mark.parametrize("name", SUITE)
def test_a_sound_remedy_passes_all_of_it(name: str) -> None:
    getattr(contract_of(Sound), name)()


@pytest.fixture(scope="module")
def guide() -> type[Remedy]:
    """Give the remedy that the guide shows."""
    block = next(part for part in GUIDE.read_text("utf-8").split("```python\n") if "class DropNegative" in part)
    module = SimpleNamespace()
    exec(block.partition("```")[0], vars(module))
    return module.DropNegative


@pytest.mark.parametrize("name", SUITE)
def test_the_remedy_in_the_guide_passes_all_of_it(guide: type[Remedy], name: str) -> None:
    class Contract(RemedyContract):
        kind = guide  # type: ignore[assignment]

    Contract.name = "drop_negative"
    getattr(Contract(), name)()


def test_odd_tables_are_of_many_kinds() -> None:
    labels = [label for label, _ in odd()]
    assert len(labels) == len(set(labels)) > 40


def test_what_changed_is_told_by_kind() -> None:
    real, synthetic = few_and_many(0)
    target = str(real.schema.target)
    rng = np.random.default_rng(0)
    other = next(name for name in synthetic.names if name not in (target, synthetic.schema.entity))
    for weights in (np.ones(len(synthetic)), np.resize([0.5, 0.0, 1.0, 2.5], len(synthetic))):
        rows = Amended(synthetic, weights, np.zeros(len(synthetic), dtype=bool))
        part = rows.take(np.arange(900))
        assert changed(rows, rows) == set()
        assert changed(rows, part.weighed(np.ones(900))) == {"rows"}
        assert changed(rows, part.weighed(np.where(np.arange(900) < 400, 2.0, 1.0))) == {"rows", "weights"}
        assert changed(rows, rows.weighed(rng.random(len(rows)))) == {"weights"}
        assert changed(rows, rows.with_table(shuffled(synthetic, target, rng))) == {"labels"}
        assert changed(rows, rows.with_table(shuffled(synthetic, other, rng))) == {"values"}
        assert changed(rows, rows.joined(real, np.ones(len(real)))) == {"rows"}


def shuffled(dataset: Dataset, name: str, rng: np.random.Generator) -> Dataset:
    at = dataset.names.index(name)
    cells = dataset.table.column(at).take(pa.array(rng.permutation(len(dataset))))
    return Dataset(dataset.table.set_column(at, dataset.table.schema.field(at), cells), dataset.schema)
