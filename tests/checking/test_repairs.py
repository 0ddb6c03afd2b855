"""Weights of rows that mend one feature of a synthetic table, on tables whose damage is known."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import pyarrow as pa
import pytest

from assay.checking.context import CheckContext
from assay.checking.measured_again import tables
from assay.checking.repairs import Repairs, lacking
from assay.data.impose import impose
from assay.verbs.load import load

ROWS = 4_000


def plain(rows: int, rng: np.random.Generator) -> pa.Table:
    """Two columns that go together, one that stands alone, and a level."""
    x = rng.normal(size=rows)
    z = 0.6 * x + 0.8 * rng.normal(size=rows)
    return pa.table(
        {
            "x": pa.array(x.round(3)),
            "z": pa.array(z.round(3), mask=rng.random(rows) < 0.05),
            "w": pa.array(rng.normal(size=rows).round(3)),
            "k": pa.array(rng.choice(["p", "q", "r"], rows, p=[0.5, 0.3, 0.2]).tolist()),
        }
    )


def selected(table: pa.Table, rows: int, rng: np.random.Generator) -> pa.Table:
    """Rows that are taken the more likely the higher two columns stand."""
    ranks = [np.argsort(np.argsort(np.nan_to_num(np.array(table[name].to_numpy(), dtype=float)))) for name in ("x", "w")]
    keys = rng.exponential(size=len(table)) / np.exp(1.5 * (ranks[0] + ranks[1]) / len(table))
    return table.take(pa.array(np.argsort(keys)[:rows]))


@contextmanager
def opened(real: pa.Table, synthetic: pa.Table) -> Iterator[Repairs]:
    known = load(real, name="real")
    with CheckContext(known, impose(load(synthetic).table, known.schema, name="s"), None, seed=0, jobs=1, alpha=0.01) as context:
        yield Repairs(context)


def apart(repairs: Repairs, name: str, repair: object) -> float:
    """Total variation between a column's coarse groups."""
    p, q = tables(repairs, [name], repair)  # type: ignore[arg-type]
    return float(0.5 * np.abs(p - q).sum())


def test_margins_give_every_column_its_real_shares_at_once() -> None:
    rng = np.random.default_rng(0)
    with opened(plain(ROWS, rng), selected(plain(4 * ROWS, rng), ROWS, rng)) as repairs:
        assert min(apart(repairs, name, repairs.nothing) for name in ("x", "w")) > 0.1
        repair = repairs.margins(["x", "w"])
        assert max(apart(repairs, name, repair) for name in ("x", "w")) < 1e-3
        # z was selected along x only, and comes right with it
        assert apart(repairs, "z", repair) < 0.7 * apart(repairs, "z", repairs.nothing)
        assert len(repair.weights) == ROWS
        assert repair.weights.mean() == pytest.approx(1.0)
        assert repair.weights.min() > 0
        assert repair.refill is None
        assert not repair.moved
        alone = repairs.margins(["x"])
        assert apart(repairs, "x", alone) < 1e-9
        assert apart(repairs, "w", alone) == pytest.approx(apart(repairs, "w", repairs.nothing), abs=0.03)


def test_margins_of_a_sound_table_leave_rows_about_as_they_are() -> None:
    rng = np.random.default_rng(1)
    with opened(plain(ROWS, rng), plain(ROWS, rng)) as repairs:
        weights = repairs.margins(["x", "w", "k"]).weights
    assert weights.mean() == pytest.approx(1.0)
    assert np.std(weights) < 0.2


def test_margins_drop_rows_of_groups_that_reality_lacks() -> None:
    rng = np.random.default_rng(2)
    real, made = plain(ROWS, rng), plain(ROWS, rng)
    missing = rng.random(ROWS) < 0.3
    made = made.set_column(2, "w", pa.array(np.array(made["w"]), mask=missing))
    with opened(real, made) as repairs:
        repair = repairs.margins(["w", "x"])
        assert np.all(repair.weights[missing] == 0)
        assert apart(repairs, "w", repair) < 1e-3
        assert repair.weights.mean() == pytest.approx(1.0)


def test_real_rows_stand_in_where_a_column_shares_nothing_with_reality() -> None:
    rng = np.random.default_rng(3)
    real, made = plain(ROWS, rng), selected(plain(4 * ROWS, rng), ROWS, rng)
    made = made.set_column(2, "w", pa.nulls(ROWS, pa.float64()))  # all null, where reality has none
    with opened(real, made) as repairs:
        repair = repairs.margins(["w", "x"])
        assert repair.refill is not None
        assert np.all(repair.weights == 0)
        assert repair.refill.sum() == pytest.approx(ROWS)
        assert max(apart(repairs, name, repair) for name in ("w", "x")) < 1e-3


def test_real_rows_stand_in_where_a_selection_left_none() -> None:
    rng = np.random.default_rng(6)
    real, pool = plain(ROWS, rng), plain(4 * ROWS, rng)
    made = pool.take(pa.array(np.flatnonzero(np.array(pool["x"]) > -0.8)[:ROWS]))
    with opened(real, made) as repairs:
        repair = repairs.margins(["x", "w"])
        assert repair.refill is not None
        assert np.array(real["x"])[repair.refill > 0].max() < 0.0
        assert repair.weights.sum() + repair.refill.sum() == pytest.approx(ROWS)
        assert max(apart(repairs, name, repair) for name in ("x", "w")) < 1e-3


def test_a_region_is_refilled_and_the_rest_keeps_its_proportions() -> None:
    rng = np.random.default_rng(4)
    real, made = plain(ROWS, rng), plain(2 * ROWS, rng)
    x, w = np.array(made["x"]), np.array(made["w"])
    made = made.take(pa.array(np.flatnonzero(~((x > 0.5) & (w > 0.5)))[:ROWS]))
    with opened(real, made) as repairs:
        before_p, before_q = tables(repairs, ["x", "w"], repairs.nothing)
        repair = repairs.region(["x", "w"])
        p, q = tables(repairs, ["x", "w"], repair)
        few = lacking(before_p, before_q, ROWS)
        assert few.any()
        assert before_q[few].sum() < 0.3 * before_p[few].sum()
        assert q[few].sum() == pytest.approx(p[few].sum(), rel=0.02)
        rest = ~few & (before_q > 0)
        assert q[rest] / before_q[rest] == pytest.approx(np.full(rest.sum(), (q[rest] / before_q[rest])[0]), rel=1e-6)


def test_joint_mends_what_goes_together_and_leaves_shares() -> None:
    rng = np.random.default_rng(5)
    real, made = plain(ROWS, rng), plain(ROWS, rng)
    made = made.set_column(0, "x", pa.array(rng.permutation(np.array(made["x"]))))
    with opened(real, made) as repairs:
        before = tables(repairs, ["x", "z"], repairs.nothing)
        repair = repairs.joint(["x", "z"])
        after = tables(repairs, ["x", "z"], repair)
        gaps = [0.5 * np.abs(p - q).sum() for p, q in (before, after)]
        assert gaps[1] < 0.25 * gaps[0]
        for axis in (0, 1):
            assert after[1].sum(axis=axis) == pytest.approx(before[1].sum(axis=axis), abs=0.005)


def test_cells_lack_rows_only_where_enough_are_expected() -> None:
    p, q = np.array([0.5, 0.4, 0.09, 0.01]), np.array([0.75, 0.23, 0.02, 0.0])
    assert lacking(p, q, 200).tolist() == [False, True, True, False]  # two rows of the last were expected
    assert lacking(p, q, 2_000).tolist() == [False, True, True, True]
