"""Conditional and balanced draws: every row meets what was asked, and the rest follows the real conditional distribution."""

import logging

import numpy as np
import pyarrow as pa
import pytest

from assay.core.errors import InputError, UsageError
from assay.core.registry import get
from assay.data.where import parse
from assay.generators.tree_chain import TreeChain
from assay.testing.contracts import _dataset, mixed_table

NAMES = ("marginals", "bootstrap_rows", "gaussian_copula", "tree_chain")


def dependent(rows=4000):
    """`y` is 1 with probability .9 where `c` is 'a' and .1 elsewhere; 'a' is 1% of the rows."""
    rng = np.random.default_rng(3)
    rare = rng.random(rows) < 0.01
    y = rng.random(rows) < np.where(rare, 0.9, 0.1)
    x = rng.normal(np.where(rare, 3.0, 0.0))
    level = np.where(rare, "a", rng.choice(["b", "c"], rows))
    return _dataset(
        {
            "x": ("numeric", pa.array(x)),
            "c": ("categorical", pa.array(level)),
            "y": ("boolean", pa.array(y)),
            "id": ("id", pa.array(range(rows))),
        }
    )


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    "text", ["age >= 80", "level = null and member != null", "fives in (5, 10) and day > 2020-06-01", "weight > 80.5"]
)
def test_every_row_meets_the_condition(name, text):
    real = mixed_table()
    condition = parse(text, real.schema)
    drawn = get("generator", name)().fit(real, seed=0).sample_where(120, condition, seed=1)
    assert len(drawn) == 120
    assert condition.mask(drawn).all()
    assert drawn.table.schema.equals(real.table.schema)
    assert drawn.lineage is not None
    assert drawn.lineage.parameters["where"] == text


@pytest.mark.parametrize(
    ("name", "low", "high"),
    [("bootstrap_rows", 0.75, 1.0), ("tree_chain", 0.55, 1.0), ("gaussian_copula", 0.15, 1.0), ("marginals", 0.05, 0.2)],
)
def test_the_rest_follows_from_the_condition(name, low, high):
    real = dependent()
    drawn = get("generator", name)().fit(real, seed=0).sample_where(400, parse("c = a", real.schema), seed=1)
    assert low <= drawn.numbers("y").mean() <= high


@pytest.mark.parametrize("name", NAMES)
def test_conditional_draws_are_seeded(name):
    real = mixed_table()
    generator, condition = get("generator", name)().fit(real, seed=0), parse("age > 40", real.schema)
    first, again, other = (generator.sample_where(50, condition, seed=seed).sha256 for seed in (1, 1, 2))
    assert first == again
    assert first != other


@pytest.mark.parametrize("name", NAMES)
def test_every_level_equally_often(name):
    real = dependent()
    drawn = get("generator", name)().fit(real, seed=0).sample_balanced(100, "c", seed=1)
    levels, counts = np.unique(drawn.table.column("c").to_pylist(), return_counts=True)
    assert dict(zip(levels.tolist(), counts.tolist(), strict=True)) == {"a": 34, "b": 33, "c": 33}
    assert len(set(drawn.table.column("id").to_pylist())) == 100
    assert drawn.table.column("c").to_pylist()[:34] != ["a"] * 34


@pytest.mark.parametrize("name", NAMES)
def test_null_is_a_level_and_conditions_join(name):
    real = mixed_table()
    drawn = (
        get("generator", name)().fit(real, seed=0).sample_balanced(90, "member", seed=1, condition=parse("age > 30", real.schema))
    )
    assert drawn.table.column("member").null_count == 30
    assert (drawn.numbers("age") > 30).all()


def test_a_column_drawn_first_makes_rare_conditions_cheap():
    real = dependent()
    generator = TreeChain(first=("c",)).fit(real, seed=0)
    assert generator.order_[0] == "c"
    assert set(generator.sample_where(5000, parse("c = a", real.schema), seed=1).table.column("c").to_pylist()) == {"a"}


def test_first_must_name_modelled_columns():
    with pytest.raises(InputError, match="Did you mean 'c'"):
        TreeChain(first=("cc",)).fit(dependent(), seed=0)
    with pytest.raises(UsageError, match=r"TreeChain.first must name modelled columns. Got 'id'"):
        TreeChain(first=("id",)).fit(dependent(), seed=0)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("text", ["c = z", "x > 1e6", "c = null"])
def test_the_impossible_is_an_error_and_not_a_hang(name, text):
    real = dependent(500)
    generator = get("generator", name)().fit(real, seed=0)
    with pytest.raises(InputError, match=r"No row can meet|Too few rows meet"):
        generator.sample_where(10, parse(text, real.schema), seed=1)


def test_too_rare_is_said_with_the_rate(caplog):
    rng = np.random.default_rng(0)
    apart = _dataset(
        {
            "c": ("categorical", pa.array(["a"] * 500 + ["b"] * 500)),
            "x": ("numeric", pa.array(np.r_[rng.random(500), 5 + rng.random(500)])),
        }
    )
    generator = TreeChain(subsample=1.0).fit(apart, seed=0)
    with (
        caplog.at_level(logging.INFO),
        pytest.raises(InputError, match=r"Too few rows meet 'c = a and x > 5.2': none of \d+,\d+ rows drawn did"),
    ):
        generator.sample_where(10, parse("c = a and x > 5.2", apart.schema), seed=1)
    assert "0 of 4096 rows drawn meet it" in caplog.text


def test_only_levels_can_be_balanced_and_only_modelled_columns_conditioned():
    real = dependent(100)
    generator = get("generator", "marginals")().fit(real, seed=0)
    with pytest.raises(InputError, match="Only a column of levels can be balanced: 'x' is numeric"):
        generator.sample_balanced(10, "x", seed=0)
    with pytest.raises(InputError, match="Column 'id' is id: it is not modelled"):
        generator.sample_where(10, parse("id = 3", real.schema), seed=0)


def test_a_rare_level_is_not_named_in_messages(caplog):
    real = mixed_table()
    generator = TreeChain().fit(real, seed=0)
    with caplog.at_level(logging.INFO):
        generator.sample_balanced(40, "level", seed=0)
    assert "1 levels of 'level' have fewer than 10 real rows" in caplog.text
    assert "'rare'" not in caplog.text
