from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from assay.core.evidence import Evidence, Family
from assay.measures.triple_gap import _interactions, _raked
from assay.testing.measure_contract import MeasureContract, clinic, with_column


def switches(rows: int, rng: np.random.Generator, strength: float = 1.0) -> pa.Table:
    """Draw a table in which `odd` is the parity of two fair coins with a strength, else a third coin: all pairs are independent.

    So is the sign of the third of three normal columns.
    """
    a, b, coin = (rng.random(rows) < 0.5 for _ in range(3))
    x, y, z = (rng.normal(size=rows) for _ in range(3))
    known = rng.random(rows) < strength
    return pa.table(
        {
            "first": a,
            "second": pa.array(np.where(b, "left", "right").tolist()),
            "odd": np.where(known, a ^ b, coin),
            "x": x,
            "y": y,
            "product": np.where(known, np.abs(z) * np.sign(x * y), z),
            "other": rng.normal(size=rows),
            "ill": rng.random(rows) < 0.3,
        }
    )


class TestTripleGap(MeasureContract):
    name = "triple_gap"
    severities = (0.0, 0.6, 1.0)

    def population(self, rows: int, rng: np.random.Generator) -> pa.Table:
        return clinic(rows, rng).append_column("odd", switches(rows, rng).column("odd"))

    def damaged(self, table: pa.Table, severity: float, rng: np.random.Generator) -> pa.Table:
        smoker = np.array(table.column("smoker"))
        old = np.array(table.column("age")) > 52
        return with_column(table, "odd", np.where(rng.random(len(old)) < severity, smoker ^ old, np.array(table["odd"])))

    def damaged_family(self, kept: float, rows: int, seed: int, name: str = "triple_gap") -> Family:
        rng = np.random.default_rng([30, seed])
        tables = switches(rows, rng), switches(rows, rng, kept), switches(rows, rng)
        return self.other(name, *tables).families[0]

    def other(self, name: str, *tables: pa.Table) -> Evidence:
        return type("Other", (MeasureContract,), {"name": name})().evidence(*tables)

    @pytest.mark.parametrize(("kept", "rows"), [(0.0, 1_500), (0.7, 5_000), (0.8, 20_000)])
    def test_parity_that_no_pair_shows_is_found_and_named(self, kept: float, rows: int) -> None:
        found = self.damaged_family(kept, rows, 1)
        over = {item.estimate.columns for item in found.items if item.harm_low > 0.06}
        assert over == {("first", "second", "odd"), ("x", "y", "product")}
        pairs = self.damaged_family(kept, rows, 1, "pair_gap")
        assert max(item.harm_low for item in pairs.items) <= 0.06

    def test_effect_is_the_distance_of_the_two_parities(self) -> None:
        # 4 cells of 1/4 and 4 empty ones against 8 of 1/8: 1/2 (4 (1/64) / (3/8) + 4 (1/64) / (1/8)) = 1/3
        found = self.damaged_family(0.0, 20_000, 2)
        item = next(i for i in found.items if i.estimate.columns == ("first", "second", "odd"))
        assert item.estimate.effect == pytest.approx(np.sqrt(1 / 3), rel=0.05)

    def test_broken_pairs_alone_are_no_triple(self) -> None:
        rng = np.random.default_rng(31)

        def chain(rows: int, tie: float) -> pa.Table:
            a = rng.normal(size=rows)
            b = tie * a + np.sqrt(1 - tie * tie) * rng.normal(size=rows)
            c = tie * b + np.sqrt(1 - tie * tie) * rng.normal(size=rows)
            return pa.table({"a": a, "b": b, "c": c, "ill": rng.random(rows) < 1 / (1 + np.exp(-a))})

        tables = chain(8_000, 0.8), chain(8_000, 0.0), chain(8_000, 0.8)
        assert (
            min(i.harm_low for i in self.other("pair_gap", *tables).families[0].items if "ill" not in i.estimate.columns) > 0.06
        )
        assert max(item.harm_low for item in self.evidence(*tables).families[0].items) <= 0.06

    def test_raking_keeps_the_interaction_and_takes_the_pairs(self) -> None:
        rng = np.random.default_rng(32)
        table, other = rng.dirichlet(np.ones(8), 5), rng.dirichlet(np.ones(8), 5)
        raked = _raked(table, other, (2, 2, 2))
        for axis in (1, 2, 3):
            margins = [part.reshape(-1, 2, 2, 2).sum(axis=axis) for part in (raked, other)]
            assert margins[0] == pytest.approx(margins[1], abs=2e-2)
        contrast = _interactions((2, 2, 2))[:, 0]
        assert np.log(raked) @ contrast == pytest.approx(np.log(table) @ contrast)

    def test_wide_tables_keep_the_target_and_the_strongest_pairs(self) -> None:
        rng = np.random.default_rng(33)
        rows = 1_200
        common = rng.normal(size=rows)
        data = {f"c{k:02d}": rng.normal(size=rows) + (common if k < 20 else 0) for k in range(40)}
        table = pa.table({**data, "ill": rng.random(rows) < 0.5})
        family = self.evidence(table, table, table).families[0]
        assert family.mean is not None
        assert family.mean.facts["items"] == 40 * 39 // 2 + 24 * 23 * 22 // 6
