from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from assay.checking.context import CheckContext
from assay.core.evidence import Evidence, Item
from assay.data.impose import impose
from assay.measures.narrowing import Narrowing
from assay.testing.measure_contract import MeasureContract, clinic, with_column
from assay.verbs.load import load


class TestNarrowing(MeasureContract):
    name = "narrowing"
    rows = 1_000
    repeats = 4

    def damaged(self, table: pa.Table, severity: float, rng: np.random.Generator) -> pa.Table:
        kept = np.flatnonzero(np.array(table.column("ward")) == "surgery")[: max(int(len(table) * (1 - severity)), 40)]
        rows = np.where(rng.random(len(table)) < severity, rng.choice(kept, len(table)), np.arange(len(table)))
        return table.take(pa.array(rows))

    def harm(self, evidence: Evidence) -> float:
        return self.judged(evidence).items[0].estimate.effect


def measured(real: pa.Table, synthetic: pa.Table, holdout: pa.Table) -> Item:
    known = load(real, name="real")
    others = [impose(load(table).table, known.schema, name="other") for table in (synthetic, holdout)]
    with CheckContext(known, others[0], others[1], seed=0, jobs=1, alpha=0.002) as context:
        return Narrowing().measure(context).families[0].items[0]


LEVELS = np.array([0.4, 0.25, 0.15, 0.1, 0.06, 0.04])


def levels(rows: int, rng: np.random.Generator, temperature: float = 1.0) -> pa.Table:
    """Four independent categories sampled at a temperature, and a number that follows the first."""
    share = LEVELS ** (1.0 / temperature)
    picks = rng.choice(6, (rows, 4), p=share / share.sum())
    columns = {f"c{at}": pa.array([f"l{pick}" for pick in picks[:, at]]) for at in range(4)}
    return pa.table({**columns, "x": pa.array((picks[:, 0] + rng.normal(size=rows)).round(2))})


def test_low_temperature_is_sampling_bias_of_the_size_that_the_formula_gives() -> None:
    rng = np.random.default_rng(0)
    item = measured(levels(3_000, rng), levels(3_000, rng, 0.7), levels(3_000, rng))
    sharp = LEVELS ** (1 / 0.7) / np.sum(LEVELS ** (1 / 0.7))
    lost = 1 - np.sum(sharp * np.log(sharp)) / np.sum(LEVELS * np.log(LEVELS))  # pairs of independent levels: twice both
    assert item.harm_low > 0.02
    assert item.estimate.effect == pytest.approx(lost, abs=0.06)
    assert item.facts["mechanism"] == "sampling_bias"
    assert item.facts["density"] > item.facts["density_real"]


def test_rows_pulled_to_prototypes_are_narrow() -> None:
    rng = np.random.default_rng(1)
    real, made, holdout = (clinic(1_500, rng) for _ in range(3))
    # 50 of the rows stand for all, with a little noise on the numbers
    made = made.take(pa.array(rng.integers(0, 50, 1_500)))
    for name, step in (("cost", 20.0), ("lab", 1.0)):
        values = made.column(name).to_numpy(zero_copy_only=False)
        moved = np.abs(values + rng.normal(0, step, 1_500)).round(2)
        made = with_column(made, name, [None if np.isnan(value) else float(value) for value in moved])
    item = measured(real, made, holdout)
    assert item.harm_low > 0.05
    assert item.facts["coverage_lost"] > 0.3
    assert item.facts["mechanism"] == "mode_drop"  # rows taken at random are no more typical than others
    assert "density" in Narrowing().describe(item)


def test_numbers_drawn_to_their_middle_are_a_change_of_spread() -> None:
    rng = np.random.default_rng(2)

    def draw(spread: float) -> pa.Table:
        points = rng.normal(0, 10 * spread, (3_000, 4)).round(2)
        level = rng.choice(["p", "q"], 3_000).tolist()
        return pa.table({**{f"x{at}": pa.array(points[:, at]) for at in range(4)}, "c": pa.array(level)})

    item = measured(draw(1.0), draw(0.6), draw(1.0))
    assert item.harm_low > 0.02
    assert item.facts["mechanism"] == "variance_change"


def test_noise_that_widens_is_not_narrowing() -> None:
    rng = np.random.default_rng(3)
    item = measured(levels(2_000, rng), levels(2_000, rng, 1.6), levels(2_000, rng))
    assert item.harm_low == 0.0
    assert item.estimate.effect < 0.0


def test_more_typical_rows_of_the_same_spread_of_numbers_are_sampling_bias() -> None:
    rng = np.random.default_rng(4)

    def draw(share: float) -> pa.Table:
        """Draw half a ring of points and half a wide cloud; typical rows are those on the ring."""
        on_ring = rng.random(3_000) < share
        angle = rng.random(3_000) * 2 * np.pi
        ring = np.stack([np.cos(angle), np.sin(angle)]) * 10
        x, y = np.where(on_ring, ring + rng.normal(0, 0.3, (2, 3_000)), rng.uniform(-14, 14, (2, 3_000)))
        return pa.table({"x": x.round(3), "y": y.round(3)})

    item = measured(draw(0.5), draw(0.95), draw(0.5))
    assert item.harm_low > 0.02
    assert item.facts["mechanism"] == "sampling_bias"
