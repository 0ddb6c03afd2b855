from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from tests.remedies.row_toys import MOST_FALSE, SYNTHETIC, false_signs, mended, odd_scenes, scene_of, sound_table

from assay.data.amended import Amended
from assay.data.constraints import violations
from assay.data.dataset import Dataset
from assay.data.ground import replaced, written
from assay.data.infer import infer_schema
from assay.data.scene import Scene
from assay.data.schema import Constraint
from assay.remedies.keep_rules import KeepRules

CODES = {"Bonn": "N", "Kiel": "H", "Ulm": "S", "Wien": "S"}


def ruled(seed: int = 0, real: int = 300) -> tuple[Dataset, Dataset]:
    """Draw rows with a sum, a dependence, a grid and an order."""
    rng = np.random.default_rng(seed)
    rows = real + SYNTHETIC
    table = sound_table(rows, seed)
    net, tax = np.round(rng.gamma(2, 100, rows), 2), np.round(rng.gamma(2, 20, rows), 2)
    start = np.round(rng.uniform(0, 10, rows), 3)
    more = {
        "net": net,
        "tax": tax,
        "gross": np.round(net + tax, 2),
        "rent": 25.0 * rng.integers(10, 60, rows),
        "start": start,
        "end": np.round(start + rng.exponential(3, rows), 3),
        "area": [CODES[city] for city in table.column("city").to_pylist()],
    }
    for name, cells in more.items():
        table = table.append_column(name, pa.array(cells))
    schema = infer_schema(table, target="grant")
    return Dataset(table.slice(0, real), schema), Dataset(table.slice(real), schema)


def places(rows: int, share: float = 0.1) -> np.ndarray:
    mask = np.zeros(rows, dtype=bool)
    mask[np.random.default_rng(5).permutation(rows)[: round(share * rows)]] = True
    return mask


@pytest.mark.parametrize("name", ["gross", "net"])
def test_sums_are_computed_anew_where_they_were_spoilt(name: str) -> None:
    real, synthetic = ruled()
    values = synthetic.numbers(name)
    damaged = written(synthetic, name, np.where(places(len(values)), values + 900, values))
    out, plan = mended(KeepRules(), scene_of(real, damaged))
    assert plan.fact
    np.testing.assert_allclose(out.table.numbers(name), values, atol=1e-6)


def test_determined_levels_are_looked_up() -> None:
    real, synthetic = ruled(1)
    cells = np.array(synthetic.table.column("area").to_pylist(), dtype=object)
    cells[places(len(cells))] = "N"
    out, _ = mended(KeepRules(), scene_of(real, replaced(synthetic, "area", pa.array(cells.tolist()))))
    assert out.table.table.column("area").to_pylist() == synthetic.table.column("area").to_pylist()


def test_numbers_go_back_to_their_grid() -> None:
    real, synthetic = ruled(2)
    noise = np.random.default_rng(0).uniform(-10, 10, len(synthetic))
    out, plan = mended(KeepRules(), scene_of(real, written(synthetic, "rent", synthetic.numbers("rent") + noise)))
    assert plan.columns == ("rent",)
    np.testing.assert_allclose(out.table.numbers("rent"), synthetic.numbers("rent"))


def test_orders_are_mended_by_exchange_or_by_leaving_out() -> None:
    real, synthetic = ruled(3)
    start, end, hit = synthetic.numbers("start"), synthetic.numbers("end"), places(len(synthetic))
    damaged = written(written(synthetic, "start", np.where(hit, end, start)), "end", np.where(hit, start, end))
    scene = scene_of(real, damaged)
    assert [plan.fact for plan in KeepRules().signs(scene)] == [False, False]
    out, _ = mended(KeepRules(), scene)
    kept = len(out) / len(synthetic)
    assert kept > 0.97
    assert not violations(Constraint("inequality", ("start", "end")), out.table).any()
    assert len(mended(KeepRules(), scene, at=1)[0]) == len(synthetic) - hit.sum()


def test_declared_rules_count() -> None:
    real, synthetic = ruled(4)
    schema = real.schema.with_changes(constraints=(Constraint("inequality", ("start", "end")),))
    hit = places(len(synthetic))
    damaged = written(synthetic, "end", np.where(hit, -synthetic.numbers("end"), synthetic.numbers("end")))
    out, plan = mended(KeepRules(), scene_of(real.with_schema(schema), damaged.with_schema(schema)))
    assert plan.fact
    assert not violations(schema.constraints[0], out.table).any()


def numbered(rng: np.random.Generator, rows: int, numbers: int | None) -> pa.Table:
    """Draw rows whose numbers are out of so many, or all different."""
    keys = 7 * rng.permutation(rows) if numbers is None else rng.integers(0, numbers, rows)
    return pa.table({"patient_id": keys, "x": rng.normal(size=rows), "c": rng.choice(["a", "b"], rows).tolist()})


@pytest.mark.parametrize(("numbers", "declared", "found"), [(10**6, False, 0), (10**6, True, 1), (20_000, False, 20)])
def test_repeated_keys_are_held_against_as_few_rows_as_are_real(numbers: int, declared: bool, found: int) -> None:
    """Ids that anybody draws from a million repeat in 20,000 rows and hardly in 1,000; those that real rows count do not."""
    rules = (Constraint("unique", ("patient_id",)),) if declared else ()
    signs = 0
    for seed in range(20):
        rng = np.random.default_rng([3, seed])
        real = numbered(rng, 1_000, numbers if numbers == 10**6 else None)
        schema = infer_schema(real).with_changes(constraints=rules)
        scene = Scene(Dataset(real, schema), Amended.of(Dataset(numbered(rng, 20_000, numbers), schema)), seed, 0.0024)
        signs += len(KeepRules().signs(scene))
    assert signs == found if not declared else signs >= found


def test_rows_that_keep_the_rules_give_no_sign() -> None:
    for seed in range(10):
        assert not KeepRules().signs(scene_of(*ruled(seed)))


def test_sound_rows_give_no_sign() -> None:
    assert false_signs(KeepRules(), 100) <= MOST_FALSE


@pytest.mark.parametrize("name", odd_scenes())
def test_odd_tables_give_no_plan(name: str) -> None:
    assert not KeepRules().signs(odd_scenes()[name])


def test_an_order_of_two_numbers_is_known_whatever_the_rows_are_sorted_by() -> None:
    rng = np.random.default_rng(3)

    def rows(count: int) -> pa.Table:
        low = np.sort(rng.normal(size=count))
        return pa.table({"low": low, "high": low + 0.3 + rng.exponential(0.2, count)})

    table = rows(300)
    schema = infer_schema(table)
    synthetic = Dataset(rows(3_000), schema)
    broken = np.where(places(3_000), synthetic.numbers("low") - 0.5, synthetic.numbers("high"))
    plans = KeepRules().signs(scene_of(Dataset(table, schema), written(synthetic, "high", broken)))
    assert plans
    assert {name for plan in plans for name in plan.columns} == {"low", "high"}
