"""Support, rare levels and the law of drift."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from tests.lab.scenes import point, scene, value

from assay.core.errors import NotApplicable
from assay.lab.axes.support import expected_survival, log_ratio, survival_of_rows

SHARES = np.array([0.5, 0.3, *([0.0125] * 16)])
NAMES = np.array([f"level{at:02d}" for at in range(len(SHARES))])


def drawn(rows: int, seed: int, shares: np.ndarray = SHARES) -> pa.Table:
    rng = np.random.default_rng([21, seed])
    other = rng.choice(np.array(["m", "w"]), rows)
    return pa.table({"level": NAMES[rng.choice(len(shares), rows, p=shares / shares.sum())].tolist(), "other": other.tolist()})


def test_support_is_the_mass_of_what_is_still_there():
    lost = SHARES.copy()
    lost[1] = 0.0
    shown = scene(drawn(2000, 0), drawn(1000, 1), drawn(2000, 2, lost))
    missing = np.mean([name == NAMES[1] for name in drawn(1000, 1)["level"].to_pylist()])
    assert value("support", shown, "level") == pytest.approx(1.0 - missing)
    assert value("support", shown, "other") == 1.0
    assert value("support", shown) == pytest.approx(1.0 - missing / 2)
    found = point("support", shown, "level")
    assert found.low < 0.7 < found.high


def test_rare_survival_counts_levels_and_not_rows():
    shares = SHARES.copy()
    shares[2:6] = 0.0
    shown = scene(drawn(2000, 0), drawn(1000, 1), drawn(2000, 2, shares))
    assert value("rare_survival", shown) == pytest.approx(12 / 16)
    assert value("rare_survival", shown, "level") == pytest.approx(12 / 16)
    found = point("rare_mass", shown)
    expected = np.log((12 * 0.0125 / shares.sum()) / 0.2)
    assert abs(found.work - expected) < 2.6 * found.error


def test_nulls_and_new_levels_are_no_support():
    table = pa.table({"level": ["a", "b", None, "d"] * 100})
    rows = pa.table({"level": ["a", "b", "new", None] * 100})
    shown = scene(table, table, rows)
    assert value("support", shown) == pytest.approx(0.75)


def test_three_hundred_levels_do_not_break_it():
    rng = np.random.default_rng(3)
    many = [pa.table({"code": [f"c{at:03d}" for at in rng.integers(0, 300, 900)]}) for _ in range(3)]
    shown = scene(*many)
    assert 0.8 < value("support", shown) <= 1.0
    assert 0.8 < value("rare_survival", shown) <= 1.0


def test_without_rare_levels_there_is_nothing_to_survive():
    table = pa.table({"level": ["a", "b"] * 100})
    with pytest.raises(NotApplicable, match="no level has under 2%"):
        point("rare_survival", scene(table, table, table))


@pytest.mark.parametrize(("count", "generation"), [(3, 1), (5, 3), (5, 10), (12, 20)])
def test_survival_under_replacement_follows_the_branching_law(count, generation):
    rng = np.random.default_rng([count, generation])
    size, lineages = 2_000, 40_000
    counts = np.full(lineages, float(count))
    for _ in range(generation):
        counts = rng.binomial(size, counts / size).astype(float)
    alive = float((counts > 0).mean())
    noise = np.sqrt(alive * (1 - alive) / lineages)
    # the law takes the size as infinite: what it leaves out is of order count / size
    assert abs(alive - expected_survival(np.array([count]), generation)[0]) < 4 * noise + count / size


@pytest.mark.parametrize(("rows", "generation"), [(1, 1), (9, 1), (9, 2), (9, 5), (40, 20)])
def test_survival_of_real_rows_counts_the_sample_that_generation_1_learns_from(rows, generation):
    rng = np.random.default_rng([rows, generation])
    there, size, lineages = 10_000, 3_500, 40_000
    counts = rng.hypergeometric(rows, there - rows, size, lineages).astype(float)
    for _ in range(generation):
        counts = rng.binomial(size, counts / size).astype(float)
    alive = float((counts > 0).mean())
    noise = np.sqrt(alive * (1 - alive) / lineages)
    told = float(survival_of_rows(np.array([rows]), size / there, generation)[0])
    # the law takes the size as infinite: what it leaves out is of order count / size
    assert abs(alive - told) < 4 * noise + rows / there
    assert told < expected_survival(np.array([rows * size / there]), generation)[0]
    if rows == 9:  # that law is told by one sampling less
        assert expected_survival(np.array([rows * size / there]), generation)[0] - alive > 0.03


def test_survival_of_real_rows_that_are_all_learned_from_is_that_of_their_descendants():
    gone = np.exp(np.exp(-1.0) - 1.0)
    assert survival_of_rows(np.array([3]), 1.0, 2)[0] == pytest.approx(1.0 - gone**3)
    assert survival_of_rows(np.array([0, 5]), 0.5, 1)[0] == 0.0


def test_log_ratio_of_nothing_is_finite_and_unsure():
    found = log_ratio(np.zeros(500), np.repeat([0.0, 1.0], [480, 20]))
    assert found.work == pytest.approx(np.log(0.5 / 20.5))
    assert found.error > 1.0
