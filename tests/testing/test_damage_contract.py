"""A damage that breaks the contract is told so by the test that asks for it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from assay.core.errors import InputError
from assay.core.protocols import Damage
from assay.damage.spike_values import SpikeValues
from assay.data.ground import Ground, Planted, written
from assay.testing.damage_contract import DamageContract


class Sound(SpikeValues):
    """A damage that keeps the contract."""


def _again(planted: Planted, **changes: object) -> Planted:
    fields = {"real", "synthetic", "holdout", "note", "columns", "rows"}
    return Planted(**{name: getattr(planted, name) for name in fields} | changes)  # type: ignore[arg-type]


class Unseeded(Sound):
    """One that draws from nowhere."""

    def plant(self, ground: Ground, rng: np.random.Generator) -> Planted:
        return super().plant(ground, np.random.default_rng())


class Wandering(Sound):
    """One whose places depend on the severity."""

    def plant(self, ground: Ground, rng: np.random.Generator) -> Planted:
        rng.random(round(1000 * self.severity))
        return super().plant(ground, rng)


class Telling(Sound):
    """One that tells a value."""

    def plant(self, ground: Ground, rng: np.random.Generator) -> Planted:
        planted = super().plant(ground, rng)
        value = planted.synthetic.table.column(planted.columns[0])[int(planted.rows[0])].as_py()
        seldom = next(cell for cell in ground.real.table.column(ground.real.names[1]).to_pylist() if cell != value)
        return _again(planted, note=f"{planted.note[:-1]}, not {seldom}.")


class Spilling(Sound):
    """One that touches rows it does not name."""

    def plant(self, ground: Ground, rng: np.random.Generator) -> Planted:
        planted = super().plant(ground, rng)
        return _again(planted, rows=planted.rows[1:])


class Straying(Sound):
    """One that touches a column it does not name."""

    def plant(self, ground: Ground, rng: np.random.Generator) -> Planted:
        planted = super().plant(ground, rng)
        others = [name for name in ground.schema.of_kind("numeric") if name not in planted.columns]
        values = planted.synthetic.numbers(others[0]) + 1
        return _again(planted, synthetic=written(planted.synthetic, others[0], values))


class Lacking(Sound):
    """One whose synthetic table lacks a column."""

    def plant(self, ground: Ground, rng: np.random.Generator) -> Planted:
        planted = super().plant(ground, rng)
        names = planted.synthetic.names[:-1]
        return _again(planted, synthetic=planted.synthetic.select(names))


class Fading(Sound):
    """One that does less where it should do more."""

    def plant(self, ground: Ground, rng: np.random.Generator) -> Planted:
        damage = SpikeValues(0.4 - self.severity * 0.9)
        return damage.plant(ground, rng)


class Crashing(Sound):
    """One that raises another error where it does not apply."""

    def plant(self, ground: Ground, rng: np.random.Generator) -> Planted:
        try:
            return super().plant(ground, rng)
        except ValueError as error:
            raise InputError("no column will do") from error


class Unjustified(Sound):
    """One whose material severity is not in its grid, and whose mechanism nobody knows."""

    material = 0.11
    mechanism = "gremlins"


def contract_of(damage: type[Damage]) -> DamageContract:
    class Contract(DamageContract):
        name = "spike_values"
        kind = damage  # type: ignore[assignment]

    return Contract()


TESTS: dict[type[Damage], Callable[[DamageContract], None]] = {
    Unseeded: DamageContract.test_equal_states_plant_equally,
    Wandering: DamageContract.test_places_do_not_depend_on_the_severity,
    Telling: DamageContract.test_the_note_tells_no_value,
    Spilling: DamageContract.test_all_else_is_untouched,
    Straying: DamageContract.test_all_else_is_untouched,
    Lacking: DamageContract.test_tables_keep_their_columns,
    Fading: DamageContract.test_more_severity_touches_more,
    Crashing: DamageContract.test_tables_that_cannot_take_it,
    Unjustified: DamageContract.test_the_grid_rises_from_harmless_to_material,
}


@pytest.mark.parametrize(("damage", "test"), TESTS.items(), ids=[one.__name__ for one in TESTS])
def test_a_broken_damage_is_told_so(damage: type[Damage], test: Callable[[DamageContract], None]) -> None:
    test(contract_of(Sound))
    with pytest.raises((AssertionError, InputError, KeyError)):
        test(contract_of(damage))


def test_an_unknown_mechanism_is_told() -> None:
    with pytest.raises(AssertionError):
        contract_of(Unjustified).test_it_says_what_it_is()
