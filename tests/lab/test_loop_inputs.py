from __future__ import annotations

import numpy as np
import pytest

from assay.core.errors import InputError, UnknownNameError, UsageError
from assay.lab.loop import LoopPlan
from assay.lab.loop_inputs import makers_of, require_apart, sealed_apart

from .toy_loop import real_rows


def plan(*regimes, generations=5):
    return LoopPlan.of(("marginals",), regimes or ("replace",), generations, 2)


def test_a_holdout_is_sealed_off_as_large_as_a_generation_at_most():
    real = real_rows(1000)
    pool, sealed, size = sealed_apart(real, None, plan(), None, 0)
    assert (size, len(sealed), len(pool)) == (350, 300, 700)  # two first parts fit into what is not sealed
    assert not set(pool.numbers("x")) & set(sealed.numbers("x"))
    pool, sealed, size = sealed_apart(real, None, plan(), 100, 0)
    assert (size, len(sealed), len(pool)) == (100, 100, 900)
    again, other = (sealed_apart(real, None, plan(), 100, seed)[1] for seed in (0, 1))
    assert again.sha256 == sealed.sha256 != other.sha256


def test_a_holdout_given_is_taken_as_it_is():
    real, holdout = real_rows(1000), real_rows(200, 1)
    pool, sealed, size = sealed_apart(real, holdout, plan(), None, 0)
    assert (pool, sealed, size) == (real, holdout, 500)


def test_the_size_leaves_room_for_what_fresh_regimes_take():
    size = sealed_apart(real_rows(1000), None, plan("fresh:0.5"), None, 0)[2]
    assert size == 175  # 700 rows make two first parts and four halves
    assert sealed_apart(real_rows(30_000), None, plan(), None, 0)[2] == 5000


@pytest.mark.parametrize(
    ("rows", "regimes", "size", "said"),
    [
        (100, ("replace",), None, "at least 40 rows a generation. Got 35, of 100"),
        (1000, ("replace",), 10, "at least 40 rows a generation. Got 10"),
        (1000, ("replace",), 800, "takes 800 real rows for generation 1, beside 300 sealed ones. Got 1,000 in all"),
        (1000, ("fresh:0.5",), 400, "and 800 new ones in later generations, beside 300 sealed ones. Got 700 that are not sealed"),
        (120, ("replace",), 60, "takes 60 real rows"),
    ],
)
def test_too_few_rows_are_refused_with_what_would_do(rows, regimes, size, said):
    with pytest.raises(UsageError, match=said):
        sealed_apart(real_rows(rows), None, plan(*regimes), size, 0)


def test_a_small_holdout_is_refused():
    with pytest.raises(UsageError, match="at least 40 sealed rows"):
        sealed_apart(real_rows(400), real_rows(39, 1), plan(), 100, 0)


def test_a_holdout_that_is_the_real_table_is_refused():
    real = real_rows(100)
    require_apart(real, real.take(np.arange(50)))
    with pytest.raises(InputError, match="the real table itself"):
        require_apart(real, real_rows(100))


def test_generators_are_looked_up_before_any_work():
    makers = makers_of(["marginals", "bootstrap_rows", "marginals"], {"marginals": {"text": "null"}})
    assert list(makers) == ["marginals", "bootstrap_rows"]
    assert makers["marginals"]().text == "null"
    with pytest.raises(UnknownNameError, match="marginals"):
        makers_of(["marginls"], {})
    with pytest.raises(UsageError, match="rules learns nothing"):
        makers_of(["rules"], {})
    with pytest.raises(UsageError, match="settings for vae"):
        makers_of(["marginals"], {"vae": {}})
    with pytest.raises(UsageError, match="at least one generator"):
        makers_of([], {})
