"""Inequalities and sums that all real rows keep hold in every row drawn."""

import datetime

import numpy as np
import pyarrow as pa
import pytest

from assay.data.schema import Constraint
from assay.data.where import parse
from assay.generators.tree_chain import TreeChain
from assay.testing.contracts import _dataset


def orders(rows=2500, seed=0):
    """Net and tax add up to gross; what was ordered is sent and then received, or lost; a floor lies under all of it."""
    rng = np.random.default_rng(seed)
    net, tax = rng.integers(100, 9000, rows), rng.integers(0, 900, rows)
    sent = rng.integers(0, 900, rows)
    received = sent + rng.geometric(0.2, rows) - 1
    day = datetime.date(2020, 1, 1).toordinal() - datetime.date(1970, 1, 1).toordinal()
    return _dataset(
        {
            "gross": ("numeric", pa.array((net + tax) / 100)),
            "sent": ("datetime", pa.array(sent + day, pa.int32()).cast(pa.date32())),
            "received": ("datetime", pa.array(received + day, pa.int32(), mask=rng.random(rows) < 0.2).cast(pa.date32())),
            "net": ("numeric", pa.array(net / 100)),
            "tax": ("numeric", pa.array(tax / 100)),
            "kind": ("categorical", pa.array(rng.choice(["a", "b"], rows))),
        }
    )


@pytest.mark.parametrize("first", [(), ("gross",), ("tax", "gross"), ("received", "net")])
def test_rules_hold_in_every_row(first, tmp_path):
    generator = TreeChain(first=first, trees=3).fit(orders(), seed=0)
    generator.save(tmp_path)
    for drawn in (
        generator.sample(4000, seed=1),
        TreeChain.load(tmp_path).sample(4000, seed=1),
        generator.sample_where(500, parse("net > 40 and kind = a", orders().schema), seed=2),
    ):
        net, tax, gross, sent, received = (drawn.numbers(name) for name in ("net", "tax", "gross", "sent", "received"))
        assert np.abs(net + tax - gross).max() < 1e-9
        assert not (sent > received).any()
        assert np.isnan(received).mean() == pytest.approx(0.2, abs=0.07)
        for name in ("net", "tax", "gross"):
            numbers, real = drawn.numbers(name), orders().numbers(name)
            assert real.min() <= numbers.min() <= numbers.max() <= real.max()
            assert (np.round(numbers, 2) == numbers).all()
    assert generator.sample(300, seed=1).sha256 == TreeChain.load(tmp_path).sample(300, seed=1).sha256


def test_what_follows_from_two_rules_holds_where_the_one_between_comes_last():
    rng = np.random.default_rng(0)
    parts = np.sort(rng.integers(0, 60, (1500, 3)), axis=1)
    real = _dataset({name: ("numeric", pa.array(parts[:, at])) for at, name in enumerate("abc")})
    given = (Constraint("inequality", ("a", "b")), Constraint("inequality", ("b", "c")))
    ruled = real.with_schema(real.schema.with_changes(constraints=given))
    generator = TreeChain(first=("c", "a"), trees=2).fit(ruled, seed=0)
    a, b, c = (generator.sample(5000, seed=1).numbers(name) for name in "abc")
    assert (a <= b).all()
    assert (b <= c).all()


def test_a_rule_of_the_schema_that_real_rows_break_is_not_forced():
    rng = np.random.default_rng(0)
    real = _dataset({name: ("numeric", pa.array(rng.integers(0, 99, 1500))) for name in "ab"})
    ruled = real.with_schema(real.schema.with_changes(constraints=(Constraint("inequality", ("a", "b")),)))
    drawn = TreeChain(trees=2).fit(ruled, seed=0).sample(2000, seed=1)
    assert (drawn.numbers("a") > drawn.numbers("b")).mean() == pytest.approx(0.5, abs=0.05)
