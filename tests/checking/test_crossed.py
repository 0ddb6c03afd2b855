"""Crossed counts equal those of a plain loop over the cells, whatever the blocks and groups."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from assay.checking.crossed import Pairs, Segments, Triples

ROWS, BLOCKS = 3_000, 7
SIZES = np.array([2, 4, 3, 2, 5])


def blocks_of(kind: str, rng: np.random.Generator) -> np.ndarray:
    if kind == "even":
        return rng.integers(0, BLOCKS, ROWS)
    if kind == "uneven":  # one block holds nearly all, two hold none
        return np.where(rng.random(ROWS) < 0.9, 3, rng.integers(2, BLOCKS, ROWS))
    return np.zeros(ROWS, dtype=np.int64)


def drawn(rng: np.random.Generator) -> np.ndarray:
    """Groups of each column, the last one rare (nulls) and one that does not occur."""
    groups = np.stack([rng.integers(0, size, ROWS) for size in SIZES])
    groups[2][(groups[2] == 2) & (rng.random(ROWS) < 0.99)] = 0
    groups[4][groups[4] == 1] = 0
    return groups


def filled(counts: Pairs | Triples, groups: np.ndarray, block: np.ndarray) -> None:
    order = np.argsort(block, kind="stable")
    for rows in np.array_split(order, 2):  # two batches
        segments = Segments.make(np.bincount(block[rows], minlength=BLOCKS))
        parts = [segments.bits(groups[at][rows].astype(np.uint8), kept) for at, kept in enumerate(counts.kept)]
        if isinstance(counts, Triples):
            parts.append(segments.every)
        for strip in segments.strips():
            counts.add(np.concatenate(parts), segments, strip)


@pytest.mark.parametrize("kind", ["even", "uneven", "one block"])
def test_pairs(kind: str) -> None:
    rng = np.random.default_rng(0)
    groups, block = drawn(rng), blocks_of(kind, rng)
    pairs = Pairs(SIZES, BLOCKS)
    filled(pairs, groups, block)
    found = np.zeros((BLOCKS, SIZES.sum(), SIZES.sum()))
    pairs.finish(found, 0, 3)
    pairs.finish(found, 3, BLOCKS)
    starts = np.concatenate([[0], np.cumsum(SIZES)])
    expected = np.zeros_like(found)
    for a, b in itertools.product(range(len(SIZES)), repeat=2):
        np.add.at(expected, (block, starts[a] + groups[a], starts[b] + groups[b]), 1)
    assert np.array_equal(found, expected)


@pytest.mark.parametrize("kind", ["even", "uneven", "one block"])
@pytest.mark.parametrize("stops", [[5, 5, 5, 5, 5], [5, 4, 4, 4], [5]])
def test_triples(kind: str, stops: list[int]) -> None:
    rng = np.random.default_rng(1)
    groups, block = drawn(rng), blocks_of(kind, rng)
    triples = Triples(SIZES, np.array(stops), BLOCKS)
    filled(triples, groups, block)
    for first, stop in enumerate(stops):
        for b, c in itertools.combinations(range(first + 1, stop), 2):
            members = np.array([[first, b, c]])
            found = np.concatenate([triples.finish(members, 0, 4)[0], triples.finish(members, 4, BLOCKS)[0]], axis=3)
            expected = np.zeros_like(found)
            np.add.at(expected, (groups[first], groups[b], groups[c], block), 1)
            assert np.array_equal(found, expected)
