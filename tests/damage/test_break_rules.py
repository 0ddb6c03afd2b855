"""Rules are broken in so many rows, by values that look right."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from tests.damage.made_ground import changed, made_ground, made_table, planted

from assay.core.errors import NotApplicable
from assay.damage.break_rules import BreakRules
from assay.data.constraints import mine, violations

ROWS = 12_000


def base() -> pa.Table:
    return made_table(ROWS).drop_columns(["score"])


def with_sum() -> pa.Table:
    table = base()
    return table.append_column("all", pa.array(np.array(table["income"]) + np.array(table["hours"])))


def with_bound() -> pa.Table:
    rng = np.random.default_rng(1)
    low = rng.integers(0, 400, ROWS)
    table = base().append_column("low", pa.array(low))
    return table.append_column("high", pa.array(low + rng.integers(0, 100, ROWS)))


def with_determined() -> pa.Table:
    table = base()
    country = {"Bonn": "D", "Kiel": "D", "Ulm": "D", "Wien": "A"}
    return table.append_column("country", pa.array([country[city] for city in table["city"].to_pylist()]))


def with_grid() -> pa.Table:
    rng = np.random.default_rng(1)
    return base().append_column("paid", pa.array(50 * rng.integers(1, 200, ROWS)))


def with_key() -> pa.Table:
    return base().append_column("code", pa.array([f"k{at:06d}" for at in np.random.default_rng(1).permutation(ROWS)]))


MAKERS = {"sum": with_sum, "inequality": with_bound, "functional": with_determined, "grid": with_grid, "unique": with_key}


@pytest.mark.parametrize("kind", list(MAKERS))
def test_rule_is_broken_in_so_many_rows(kind):
    ground = made_ground(4000, table=MAKERS[kind]())
    rules = mine(ground.real, ground.holdout)
    assert [rule.kind for rule in rules] == [kind]
    for severity in (0.001, 0.01, 0.1):
        found = planted(BreakRules(severity), ground)
        assert violations(rules[0], found.synthetic).sum() == round(severity * 4000)
        assert set(found.columns) == set(rules[0].columns)
        assert found.real is ground.real
        assert set(changed(ground.sound, found.synthetic, found.columns[0])) == set(found.rows)


def test_wrong_values_are_near():
    ground = made_ground(3000, table=with_sum())
    found = planted(BreakRules(0.1), ground)
    off = np.abs(found.synthetic.numbers("all") - ground.sound.numbers("all"))
    assert off.max() <= 0.1 * ground.sound.numbers("all").std() + 1e-6
    ground = made_ground(3000, table=with_bound())
    found = planted(BreakRules(0.1), ground)
    assert found.synthetic.numbers("low").max() <= ground.sound.numbers("low").max()


def test_without_rule_all_three_get_a_sum():
    ground = made_ground(3000, table=base())
    found = planted(BreakRules(), ground)
    assert found.columns[0] == "total"
    (rule,) = mine(found.real, found.holdout)
    assert rule.kind == "sum"
    assert rule.columns[-1] == "total"
    assert violations(rule, found.synthetic).sum() == 30
    assert set(planted(BreakRules(0.003), ground).rows) < set(found.rows)


def test_few_rows_show_no_rule():
    with pytest.raises(NotApplicable, match="rule"):
        planted(BreakRules(), made_ground(300))
