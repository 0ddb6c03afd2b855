from __future__ import annotations

import numpy as np
import pytest

from assay.stats.ball_scan import DEPENDENCE, Ball, Space, emptiest_ball


def stacked(made: np.ndarray, real: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    points = np.concatenate([made, real]).astype(np.float32)
    return points, np.repeat([True, False], [len(made), len(real)])


def scanned(points: np.ndarray, first: np.ndarray, seed: int = 0, **options) -> Ball | None:
    fold = np.random.default_rng([1, seed]).integers(0, 2, len(points))
    everything = [Space(points, np.ones(len(points), dtype=bool))]
    return emptiest_ball(options.pop("spaces", everything), first, fold, np.random.default_rng([2, seed]), **options)


def holed(rows: int, share: float, rng: np.random.Generator, centre: float = 0.5) -> tuple[np.ndarray, np.ndarray, float]:
    """Real rows of a Gaussian in five dimensions, made rows of the same without a ball, and the ball's squared radius."""
    away = np.sort(np.square(rng.normal(size=(40_000, 5)) - centre).sum(axis=1))
    radius = away[int(share * len(away))]
    made = rng.normal(size=(2 * rows, 5))
    made = made[np.square(made - centre).sum(axis=1) > radius][:rows]
    return made, rng.normal(size=(rows, 5)), float(radius)


@pytest.mark.parametrize("seed", range(3))
def test_a_ball_without_rows_is_found(seed: int) -> None:
    made, real, radius = holed(8_000, 0.05, np.random.default_rng([3, seed]))
    points, first = stacked(made, real)
    found = scanned(points, first, seed)
    assert found is not None
    assert found.ratio.bound(0.001, upper=True) < 0.8
    inside = np.square(points - 0.5).sum(axis=1) <= radius
    assert not (inside & first).any()
    missing = inside & ~first
    assert (missing & found.rows).sum() > 0.3 * missing.sum()
    # by chance a twentieth of what is found would lie in the ball
    assert (missing & found.rows).sum() > 0.4 * found.counts[1]


def test_a_large_ball_without_rows_is_counted_nearly_empty() -> None:
    made, real, radius = holed(6_000, 0.25, np.random.default_rng(4))
    points, first = stacked(made, real)
    found = scanned(points, first)
    assert found is not None
    assert found.ratio.value < 0.15
    assert found.ratio.bound(0.001, upper=True) < 0.25
    inside = np.square(points - 0.5).sum(axis=1) <= radius
    assert (found.rows & inside).sum() > 0.8 * found.rows.sum()


def test_what_is_found_is_what_is_counted() -> None:
    made, real, _ = holed(3_000, 0.1, np.random.default_rng(5))
    points, first = stacked(made[:2_000], real)
    found = scanned(points, first)
    assert found is not None
    assert found.counts == ((found.rows & first).sum(), (found.rows & ~first).sum())
    assert found.share == found.counts[1] / 3_000
    assert found.ratio.scale == pytest.approx(3_000 / 2_000)
    assert found.ratio.hits == pytest.approx(found.counts[0] / DEPENDENCE)
    assert found.ratio.others == pytest.approx(found.counts[1] / DEPENDENCE)
    assert found.rows.shape == first.shape


def test_between_samples_of_one_distribution_the_bounds_hold_at_their_rate() -> None:
    rng = np.random.default_rng(6)
    values, low, high = [], 0, 0
    for seed in range(150):
        points = rng.normal(size=(1_200, 4)).astype(np.float32)
        first = np.arange(1_200) < 600
        found = scanned(points, first, seed)
        if found is not None:
            values.append(found.ratio.value)
            low += found.ratio.bound(0.05, upper=True) < 1.0
            high += found.ratio.bound(0.05, upper=False) > 1.0
    assert len(values) > 110
    assert np.mean(values) == pytest.approx(1.0, abs=0.1)
    for outside in (low, high):
        assert outside / len(values) <= 0.05 + 2.5 * np.sqrt(0.05 * 0.95 / len(values))


def test_a_hole_in_one_class_is_found_within_it() -> None:
    rng = np.random.default_rng(7)
    real, made = rng.normal(size=(8_000, 3)), rng.normal(size=(8_000, 3))
    of_class = [np.arange(8_000) % 4 == 0 for _ in range(2)]
    centre = np.array([0.8, 0.8, 0.8])
    near = [np.square(part - centre).sum(axis=1) < 2.0 for part in (real, made)]
    gone = near[1] & of_class[1]
    # their places go to the other class: all rows together lack nothing
    labels = np.concatenate([of_class[1] & ~gone, of_class[0]])
    points, first = stacked(made, real)
    whole = scanned(points, first, spaces=[Space(points, np.ones(len(points), dtype=bool))])
    assert whole is not None
    assert whole.ratio.value > 0.6
    found = scanned(points, first, spaces=[Space(points, np.ones(len(points), dtype=bool)), Space(points, labels)])
    assert found is not None
    assert found.ratio.value < 0.4
    assert found.ratio.bound(0.001, upper=True) < 0.8
    assert labels[found.rows].all()


def test_groups_divide_what_is_counted_by_their_size() -> None:
    made, real, _ = holed(4_000, 0.1, np.random.default_rng(8))
    points, first = stacked(made, real)
    fold = np.repeat(np.random.default_rng(9).integers(0, 2, len(points)), 2)
    twice = Space(np.repeat(points, 2, axis=0), np.ones(2 * len(points), dtype=bool))
    groups = np.repeat(np.arange(len(points)), 2)
    found = emptiest_ball([twice], np.repeat(first, 2), fold, np.random.default_rng(2), groups)
    free = emptiest_ball([twice], np.repeat(first, 2), fold, np.random.default_rng(2))
    assert found is not None
    assert free is not None
    assert found.counts == free.counts
    assert np.array_equal(found.rows, free.rows)
    # both rows of a pair lie in the same place, so all groups that are found count two rows
    assert found.ratio.others == pytest.approx(free.ratio.others / 2)
    assert found.ratio.hits == pytest.approx(free.ratio.hits / 2)
    assert found.ratio.bound(0.01, upper=True) > free.ratio.bound(0.01, upper=True)


def test_equal_generators_give_equal_balls() -> None:
    made, real, _ = holed(2_000, 0.1, np.random.default_rng(10))
    points, first = stacked(made, real)
    one, two = scanned(points, first), scanned(points, first)
    assert one is not None
    assert two is not None
    assert np.array_equal(one.rows, two.rows)
    assert one[1:] == two[1:]


def test_few_rows_and_rare_classes_give_nothing() -> None:
    rng = np.random.default_rng(11)
    points, first = stacked(rng.normal(size=(15, 3)), rng.normal(size=(15, 3)))
    assert scanned(points, first) is None
    points, first = stacked(rng.normal(size=(500, 3)), rng.normal(size=(500, 3)))
    rare = np.arange(1_000) % 50 == 0
    assert scanned(points, first, spaces=[Space(points, rare)]) is None
    assert scanned(points, first, spaces=[]) is None


def test_one_place_that_all_rows_share_is_no_ball_to_lack_rows() -> None:
    points, first = stacked(np.zeros((1_000, 3)), np.zeros((1_000, 3)))
    found = scanned(points, first)
    assert found is not None
    assert found.counts == (1_000, 1_000)
    assert found.ratio.bound(0.05, upper=True) > 1.0
