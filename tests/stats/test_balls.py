from __future__ import annotations

import numpy as np
import pytest

from assay.stats.balls import balls


def test_counts_are_those_of_all_distances() -> None:
    rng = np.random.default_rng(0)
    references, one, other = (np.float32(rng.normal(size=(n, 4))) for n in (300, 200, 150))
    picked = rng.permutation(300)[:260]
    found = balls(references[picked], picked, references, (one, other), 5)
    apart = np.sqrt(((references[picked][:, None] - references) ** 2).sum(axis=2, dtype=np.float64))
    apart[np.arange(260), picked] = np.inf
    radius = np.sort(apart, axis=1)[:, 4]
    for at, sample in enumerate((one, other)):
        held = np.sqrt(((references[picked][:, None] - sample) ** 2).sum(axis=2, dtype=np.float64)) <= radius[:, None]
        assert found.inside[at].tolist() == held.sum(axis=1).tolist()
        assert found.hits[at].tolist() == held.sum(axis=0).tolist()
        assert found.alone[at].tolist() == (held & (held.sum(axis=1) == 1)[:, None]).sum(axis=0).tolist()


def test_coverage_between_equal_samples_is_the_share_of_a_coin() -> None:
    # of n references and n others, the five nearest are all references with chance about 2^-5
    rng = np.random.default_rng(1)
    covered = []
    for _ in range(10):
        references, sample = (np.float32(rng.normal(size=(800, 3))) for _ in range(2))
        found = balls(references, np.arange(800), references, (sample,), 5)
        covered.append((found.inside[0] > 0).mean())
    assert np.mean(covered) == pytest.approx(1 - 2**-5, abs=0.006)


def test_equal_rows_count_although_the_ball_has_no_radius() -> None:
    references = np.repeat(np.float32([[0.1, 7.3], [5.0, 2.7]]), 20, axis=0)
    found = balls(references, np.arange(40), references, (references[:4],), 5)
    assert found.inside[0].tolist() == [4] * 20 + [0] * 20
