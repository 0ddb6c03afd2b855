"""Networks keep the rules that all real rows keep, however little they were trained."""

import numpy as np
import pyarrow as pa
import pytest

pytest.importorskip("torch")

from test_invariants import orders

from assay.core.registry import get
from assay.data.schema import Constraint
from assay.data.where import parse
from assay.generators._invariants import Invariants
from assay.generators._kept import drawn_to_keep, rules_kept
from assay.testing.contracts import _dataset

SMALL = {"epochs": 1, "batch": 256, "width": 16, "blocks": 1}


@pytest.mark.parametrize("name", ["autoregressive", "diffusion", "gan", "vae"])
def test_rules_hold_in_every_row_of_a_network(name, tmp_path):
    made = get("generator", name)
    generator = made(**SMALL).fit(orders(1500), seed=0)
    generator.save(tmp_path)
    for drawn in (
        generator.sample(1000, seed=1),
        made.load(tmp_path).sample(1000, seed=1),
        generator.sample_where(200, parse("net > 40 and kind = a", orders().schema), seed=2),
    ):
        net, tax, gross, sent, received = (drawn.numbers(name) for name in ("net", "tax", "gross", "sent", "received"))
        assert np.abs(net + tax - gross).max() < 1e-9
        assert not (sent > received).any()
        for column in ("net", "tax", "gross"):
            numbers, real = drawn.numbers(column), orders(1500).numbers(column)
            assert real.min() <= numbers.min() <= numbers.max() <= real.max()
    assert generator.sample(300, seed=1).sha256 == made.load(tmp_path).sample(300, seed=1).sha256


def test_rows_that_break_a_rule_are_drawn_again_and_moved_only_if_that_does_not_help():
    rng = np.random.default_rng(0)
    low, high = np.sort(rng.integers(0, 50, (2, 2000)), axis=0)
    real = _dataset({"low": ("numeric", pa.array(low)), "high": ("numeric", pa.array(high))})
    fitted = get("generator", "marginals")().fit(real, seed=0)
    codes = fitted._read(real)
    rules = rules_kept(("low", "high"), real.schema, fitted.values_, codes, 2000)
    assert [rule.kind for rule in rules.constraints] == ["inequality"]
    asked = []

    def apart(n):
        asked.append(n)
        return {"low": pa.array(rng.choice(low, n)), "high": pa.array(rng.choice(high, n))}

    cells = drawn_to_keep(rules, fitted.values_, 5000, apart)
    a, b = (cells[name].to_numpy() for name in ("low", "high"))
    assert (a <= b).all()
    one, two = rng.choice(low, 400_000), rng.choice(high, 400_000)
    kept = one <= two
    assert asked[1] / 5000 == pytest.approx(1 - kept.mean(), abs=0.02)
    assert a.mean() == pytest.approx(one[kept].mean(), abs=0.5)  # rejection: independent columns, given the rule

    cells = drawn_to_keep(rules, fitted.values_, 400, lambda n: {"low": pa.array([40] * n), "high": pa.array([10] * n)})
    assert set(cells["low"].to_pylist()) == {40}
    assert set(cells["high"].to_pylist()) == {40}  # nothing drawn keeps it: the nearest value that does


def test_without_rules_rows_are_drawn_once():
    rules = Invariants((), {}, {}, ())
    assert drawn_to_keep(rules, {}, 3, lambda n: {"x": pa.array([0] * n)})["x"].to_pylist() == [0, 0, 0]


def test_under_a_budget_the_declared_rules_are_kept_and_none_are_looked_for():
    pytest.importorskip("opacus")
    rng = np.random.default_rng(0)
    parts = np.sort(rng.integers(0, 60, (1500, 3)), axis=1)
    real = _dataset({name: ("numeric", pa.array(parts[:, at])) for at, name in enumerate("abc")})
    ruled = real.with_schema(real.schema.with_changes(constraints=(Constraint("inequality", ("a", "c")),)))
    public = {name: {"low": 0, "high": 59, "step": 1} for name in "abc"}
    generator = get("generator", "autoregressive")(epsilon=4.0, domain=public, **SMALL).fit(ruled, seed=0)
    drawn = generator.sample(1500, seed=1)
    a, b, c = (drawn.numbers(name) for name in "abc")
    assert (a <= c).all()
    assert (a > b).any()
