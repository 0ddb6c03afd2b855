"""Sufficient statistics and actual rows: the same distribution, whichever is drawn."""

from __future__ import annotations

import numpy as np
import pytest
from tests.lab.held_to_law import ERRORS, held, same_distribution

from assay.lab.laws import simulate

CASES = [
    ("gaussian", "replace", {}),
    ("gaussian", "replace", {"dimension": 3, "estimator": "mle"}),
    ("gaussian", "accumulate", {"bias": 0.9}),
    ("gaussian", "mix:0.25", {}),
    ("gaussian", "fresh:0.25", {"dimension": 2}),
    ("gaussian", "weighted:golden", {"beside": 30}),
    ("categories", "replace", {"probabilities": [0.05, 0.15, 0.3, 0.5]}),
    ("categories", "fresh:0.25", {"probabilities": [0.05, 0.15, 0.3, 0.5]}),
    ("regression", "replace", {"dimension": 3}),
    ("regression", "accumulate", {"dimension": 3, "noise": 2.0}),
    ("regression", "mix:0.5", {"dimension": 3, "ridge": 1.0}),
    ("regression", "replace", {"dimension": 30, "noise": 0.0}),
    ("shifted", "fresh:0.5", {"dimension": 4}),
    ("verifier", "curated", {"flip": 0.55, "keep_wrong": 0.5, "dimension": 4}),
    ("worth", "weighted:estimated", {"made": 40, "delta": 0.2}),
    ("tails", "replace", {"cut": 20, "levels": 300}),
]


@pytest.mark.parametrize(("world", "regime", "settings"), CASES, ids=lambda part: part if isinstance(part, str) else "")
def test_both_agree(world, regime, settings):
    generations = 1 if world == "worth" else 4
    short = simulate(world, regime, generations, 24, 2_000, seed=1, **settings)
    rows = simulate(world, regime, generations, 24, 2_000, seed=2, rows=True, **settings)
    assert short.statistics.keys() == rows.statistics.keys()
    for name, drawn in rows.statistics.items():
        error = np.hypot(short.standard_error(name), rows.standard_error(name))
        assert (np.abs(short.mean(name) - rows.mean(name)) <= ERRORS * error + 1e-12).all(), name
        assert all(same_distribution(one.round(12), other.round(12)) for one, other in zip(short[name], drawn, strict=True)), name


def test_different_distributions_are_told_apart():
    one = simulate("gaussian", "replace", 1, 24, 2_000, seed=1)["variance"][0]
    other = simulate("gaussian", "replace", 1, 20, 2_000, seed=2)["variance"][0]
    assert same_distribution(one, simulate("gaussian", "replace", 1, 24, 2_000, seed=3)["variance"][0])
    assert not same_distribution(one, other * 1.1)


@pytest.mark.parametrize(("world", "settings"), [("gaussian", {"dimension": 2}), ("regression", {"dimension": 3})])
def test_closed_forms_hold_for_rows(world, settings):
    held(world, "replace", 4, 20, 2_000, rows=True, **settings)
