"""The entry: what can be asked, what cannot, and that equal seeds give equal numbers in bounded memory."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest

from assay.core.errors import UnknownNameError, UsageError
from assay.lab.laws import WORLDS, expected, simulate
from assay.lab.worlds.regime import REGIMES, Regime
from assay.lab.worlds.simulated import Simulated

NEEDED = {
    "categories": {"probabilities": [0.3, 0.7]},
    "verifier": {"flip": 0.2},
    "worth": {"made": 30},
}
SPELLED = {"mix": "mix:0.25", "fresh": "fresh:0.25", "weighted": "weighted:0.5"}
SHORT = ("verifier", "worth")


@pytest.mark.parametrize("world", WORLDS)
def test_the_table_says_which_pairs_can_be_asked(world):
    generations = 1 if world in SHORT else 3
    for name in REGIMES:
        regime = SPELLED.get(name, name)
        settings = NEEDED.get(world, {})
        if name not in WORLDS[world].closed:
            with pytest.raises(UsageError, match=f"Of {world!r} there are closed forms under"):
                expected(world, regime, generations, 20, **settings)
            continue
        simulated = simulate(world, regime, generations, 20, 7, **settings)
        for numbers in simulated.statistics.values():
            assert numbers.shape == (generations, 7)
            assert np.isfinite(numbers).all()
        # least squares with random features has no closed form where real and made rows are mixed
        more = {"design": "orthogonal"} if world == "regression" and name in ("mix", "fresh") else {}
        law = expected(world, regime, generations, 20, **settings, **more)
        assert law.keys() <= simulated.statistics.keys()
        assert all(numbers.shape == (generations,) for numbers in law.values())


def test_equal_seeds_give_equal_numbers_and_others_do_not():
    one, same, other = (simulate("gaussian", "fresh:0.5", 4, 10, 50, seed=seed)["variance"] for seed in (3, 3, 4))
    np.testing.assert_array_equal(one, same)
    assert not np.isclose(one, other).any()


def test_settings_do_not_move_the_random_numbers_of_what_stays():
    all_ = simulate("gaussian", "replace", 4, 10, 50, seed=3)
    one = simulate("gaussian", "replace", 4, 10, 50, seed=3, only=["variance"])
    assert list(one.statistics) == ["variance"]
    np.testing.assert_array_equal(one["variance"], all_["variance"])


def test_memory_is_bounded_whatever_the_number_of_seeds():
    tracemalloc.start()
    try:
        simulate("gaussian", "accumulate", 20, 300, 2_500, rows=True, only=["variance"])
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 3 * 8 * 2_000_000  # at once they would be 15,000,000 floats, and twice that where they are laid together


def test_parts_are_independent():
    simulated = simulate("gaussian", "replace", 1, 5, 45_000, seed=1, only=["mean"])["mean"][0]
    assert len(np.unique(simulated)) == 45_000


def test_no_closed_form_says_where_there_is_one():
    with pytest.raises(UsageError, match=r"'regression' has no closed form under 'replace' .* and ridge=2\.0") as raised:
        expected("regression", "replace", 3, 20, ridge=2.0)
    assert "gaussian: replace, accumulate" in str(raised.value)
    with pytest.raises(UsageError, match="does not know the regime 'curated'"):
        expected("gaussian", "curated", 3, 20)


def test_unknown_names_are_told():
    with pytest.raises(UnknownNameError, match="Did you mean 'gaussian'"):
        simulate("gausian", "replace", 2, 10, 5)
    with pytest.raises(UnknownNameError, match="Did you mean 'accumulate'"):
        simulate("gaussian", "acumulate", 2, 10, 5)
    with pytest.raises(UsageError, match=r"no setting 'dimensions'. Did you mean 'dimension'"):
        simulate("gaussian", "replace", 2, 10, 5, dimensions=2)
    with pytest.raises(UnknownNameError, match="statistic"):
        simulate("gaussian", "replace", 2, 10, 5, only=["varance"])
    with pytest.raises(UnknownNameError, match="Did you mean 'variance'"):
        simulate("gaussian", "replace", 2, 10, 5)["varance"]


def test_sizes_of_numpy_are_numbers_too():
    one = simulate("gaussian", "replace", 2, np.int64(10), 5)
    np.testing.assert_array_equal(one["mean"], simulate("gaussian", "replace", 2, np.array([10, 10]), 5)["mean"])


@pytest.mark.parametrize(
    ("generations", "size", "seeds", "message"),
    [
        (0, 10, 5, "generations"),
        (2, 1, 5, "size"),
        (2, [10, 10, 10], 5, "size"),
        (2, 10, 0, "seeds"),
        (True, 10, 5, "generations"),
    ],
)
def test_numbers_out_of_range_are_told(generations, size, seeds, message):
    with pytest.raises(UsageError, match=f"^{message} must be"):
        simulate("gaussian", "replace", generations, size, seeds)


@pytest.mark.parametrize("text", ["mix", "mix:1.5", "fresh:all", "replace:0.1", "weighted", "accumulate:2"])
def test_regimes_that_cannot_be_read(text):
    with pytest.raises(UsageError, match="Regime"):
        Regime.parse(text)


def test_a_share_of_no_whole_row_is_told():
    with pytest.raises(UsageError, match="leaves 0 real rows of 10"):
        simulate("gaussian", "mix:0.01", 2, 10, 5)
    assert str(Regime.parse("mix:0.1")) == "mix:0.1"
    assert Regime.parse("fresh:0.25").real_rows(10) == 2


def test_distances_in_standard_errors():
    simulated = Simulated("w", "r", (5, 5), {"s": np.array([[1.0, 2.0, 3.0], [5.0, 5.0, 5.0]])})
    np.testing.assert_allclose(simulated.z("s", np.array([1.0, 5.0])), [1 / (1 / np.sqrt(3)), 0.0])
    assert simulated.z("s", np.array([2.0, 4.0]))[1] == np.inf
    assert simulated.first_below("s", 2.0).tolist() == [1, 1, 0]
    assert simulated.seeds == 3
