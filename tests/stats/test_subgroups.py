from __future__ import annotations

import itertools

import numpy as np

from assay.stats.axes import Axis, level_axis, number_axis
from assay.stats.subgroups import Counts


def table(rows: int, seed: int) -> list[Axis]:
    rng = np.random.default_rng(seed)
    axes = [number_axis(f"x{at}", *[rng.normal(size=rows)] * 2) for at in range(3)]
    axes.append(level_axis("c", *[rng.integers(0, 4, rows).astype(float)] * 2, ["p", "q", "r", "s"]))
    return axes


def test_search_finds_what_trying_every_pair_finds() -> None:
    rows, rng = 400, np.random.default_rng(1)
    axes = table(rows, 0)
    weights = np.stack([np.ones(rows), rng.normal(size=rows)])
    fold = np.arange(rows) % 4

    def score(sums: np.ndarray) -> np.ndarray:
        return np.where(sums[0] >= 12, sums[1] / np.sqrt(np.maximum(sums[0], 1.0)), -np.inf)

    counts = Counts(axes, weights, fold)
    found = counts.search(score, score, without=1)
    assert found is not None
    best = -np.inf
    for a, b in itertools.combinations(range(len(counts.axes)), 2):
        for i, j in itertools.product(range(len(counts.axes[a].names)), range(len(counts.axes[b].names))):
            inside = (counts.axes[a].member[i][counts.axes[a].cells] > 0) & (counts.axes[b].member[j][counts.axes[b].cells] > 0)
            inside &= fold != 1
            best = max(best, float(score(weights[:, inside].sum(axis=1))))
    assert found.score >= best - 1e-9
    inside = found.rows(counts.axes) & (fold != 1)
    assert float(score(weights[:, inside].sum(axis=1))) == np.float64(found.score).round(12) or np.isclose(
        float(score(weights[:, inside].sum(axis=1))), found.score
    )


def test_three_conditions_are_found_and_named() -> None:
    rows = 6_000
    axes = table(rows, 3)
    target = (axes[0].cells >= 8) & (axes[1].cells >= 8) & (axes[3].cells == 2)
    weights = np.stack([np.ones(rows), target * 1.0])

    def score(sums: np.ndarray) -> np.ndarray:
        return np.where(sums[0] >= 50, (sums[1] - 0.1 * sums[0]) / np.sqrt(np.maximum(sums[0], 1.0)), -np.inf)

    counts = Counts(axes, weights, np.arange(rows) % 2)
    found = counts.search(score, score)
    assert found is not None
    assert found.columns(counts.axes) == ("x0", "x1", "c")
    assert (found.rows(counts.axes) == target).mean() > 0.995
    assert found.name(counts.axes).count(" and ") == 2
    assert "c = r" in found.name(counts.axes)
