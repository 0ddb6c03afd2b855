"""Does the map forecast lineages that it has not seen? Toy worlds, whose lineages are simulated by the thousand."""

from __future__ import annotations

import math
from functools import cache

import numpy as np
import pytest

from assay.lab.forecast_conformal import distances, interval, scores_within, simultaneous
from assay.lab.forecast_map import AxisMap, Cells, Regimen
from assay.lab.forecast_stretch import stretch_of
from assay.lab.laws import simulate

TRIALS, LINEAGES, GENERATIONS, SEEN = 50, 5, 8, 4


def test_a_regime_says_what_is_known_of_it():
    assert Regimen.of("replace") == Regimen(1.0, (0.0,))
    assert Regimen.of("fresh:0.25") == Regimen(0.75, (0.0,))
    assert Regimen.of("mix:0.25").anchored
    assert Regimen.of("accumulate").clocks == (1.0, 2.0)
    assert Regimen.of("weighted:golden") == Regimen(1.0, (0.0,))


def one_cell(persistence=1.0, clock=0.0, step=0.2, start=0.5, noise=0.3, *, anchored=False):
    return Cells(*(np.array([each]) for each in (persistence, clock, step, start, noise, 0.0)), anchored)


def test_a_random_walk_has_its_covariance():
    found = one_cell().covariance(4)[0]
    k = np.arange(4)
    assert np.allclose(found, 0.5 + 0.2 * np.minimum.outer(k, k) + 0.3 * np.eye(4))


def test_a_map_that_forgets_settles():
    cell = one_cell(0.5, step=0.3, start=0.4, noise=0.0)
    assert np.diagonal(cell.covariance(40)[0])[-1] == pytest.approx(0.3 / (1 - 0.25))
    assert cell.shape(40)[0, [0, 1, -1]] == pytest.approx([0.0, 1.0, 2.0])
    kept = one_cell(0.5, step=0.3, start=0.4, noise=0.0, anchored=True)
    assert np.diagonal(kept.covariance(40)[0])[-1] == pytest.approx(0.3 / (1 - 0.25) + 0.4)


def test_the_steps_of_a_growing_corpus_shrink():
    assert one_cell(clock=1.0).shape(4)[0] == pytest.approx([0.0, 1.0, 1.0 + 2 / 3, 1.0 + 2 / 3 + 2 / 4])
    assert one_cell(clock=2.0).weights(3)[0] == pytest.approx([1.0, (2 / 3) ** 2])


def test_many_long_lineages_tell_the_map():
    rng = np.random.default_rng(3)
    level = np.zeros(200)
    values = np.empty((200, 7))
    for k in range(7):
        values[:, k] = level + 0.05 * rng.normal(size=200)
        level = 0.7 * level + 0.3 + 0.1 * rng.normal(size=200)
    learned = AxisMap(values, 0.05**2, Regimen.of("replace"))
    weight, mean, _ = learned.posterior()
    assert weight @ learned.cells.persistence == pytest.approx(0.7, abs=0.06)
    assert weight @ mean[:, 1] == pytest.approx(0.3, abs=0.03)
    paths = learned.draw(60, 2_000, rng)
    assert paths.readings[:, -1].mean() == pytest.approx(1.0, abs=0.08)


def test_missing_readings_are_not_learned_from():
    rng = np.random.default_rng(1)
    values = rng.normal(size=(6, 4))
    torn = np.vstack([values, np.full((1, 4), np.nan)])
    whole = AxisMap(values, 0.1, Regimen.of("replace"))
    weight, mean, _ = AxisMap(torn, 0.1, Regimen.of("replace")).posterior()
    assert np.allclose(weight, whole.posterior()[0])
    assert np.allclose(mean, whole.posterior()[1])


def test_lineages_that_read_alike_are_not_sure_to_stay_so():
    same = np.ones((5, 3))
    narrow, floored = (AxisMap(same, 0.0, Regimen(), least=least) for least in (1e-12, 0.04))
    widths = [
        np.ptp(np.quantile(one.draw(3, 500, np.random.default_rng(0)).readings[:, 2], (0.05, 0.95))) for one in (narrow, floored)
    ]
    assert widths[0] < 1e-5
    assert 0.05 < widths[1] < 0.4


@cache
def lineages(regime, size, world="gaussian"):
    settings = {"bandwidth": 0.2} if world == "kernel" else {}
    return np.log(simulate(world, regime, GENERATIONS, size, 3_000, seed=5, only=("variance",), **settings)["variance"].T)


def held_out(values, regime, noise, rng):
    """Coverage of single generations and of whole lineages beyond the pilots, by trial."""
    single, whole = np.empty(TRIALS), np.empty(TRIALS)
    spread = noise * values[:, 0].std()
    regimen = Regimen.of(regime)
    for trial in range(TRIALS):
        at = rng.permutation(len(values))
        seen = values[at[:LINEAGES], :SEEN] + spread * rng.normal(size=(LINEAGES, SEEN))
        later = values[at[LINEAGES : LINEAGES + 400]]
        later = later + spread * rng.normal(size=later.shape)
        own_noise = max(spread**2, 1e-8)
        stretch = stretch_of(scores_within(seen, own_noise, regimen, rng, replicates="abcde", draws=300))
        by = stretch.over(SEEN, GENERATIONS)[SEEN:]
        paths = AxisMap(seen, own_noise, regimen).draw(GENERATIONS, 2_000, rng)
        scores = distances(later, interval(paths))[:, SEEN:]
        single[trial] = (scores <= by).mean()
        whole[trial] = (scores <= by * simultaneous(paths, SEEN + 1)).all(axis=1).mean()
    return single, whole


@pytest.mark.parametrize("noise", [0.0, 1.0])
@pytest.mark.parametrize(
    ("world", "regime", "size"),
    [
        ("gaussian", "replace", 400),
        ("gaussian", "accumulate", 400),
        ("gaussian", "mix:0.1", 300),
        ("gaussian", "fresh:0.1", 300),
        ("kernel", "replace", 300),
    ],
)
def test_ninety_percent_intervals_cover_lineages_that_were_held_out(world, regime, size, noise):
    values = lineages(regime, size, world)
    for covered in held_out(values, regime, noise, np.random.default_rng(11)):
        error = covered.std(ddof=1) / math.sqrt(TRIALS)  # of the mean over pilots drawn anew
        assert 0.85 - 2 * error <= covered.mean() <= 0.95 + 2 * error
