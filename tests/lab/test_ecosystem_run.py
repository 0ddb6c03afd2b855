"""A scenario run: bands, what comes from ranges and what from seeds, which assumption matters, the same numbers again."""

from __future__ import annotations

import json

import numpy as np
import pytest
from tests.lab.ecosystem_text import scenario

from assay.core.ecosystem import Ecosystem
from assay.core.errors import UsageError
from assay.lab.ecosystem import run
from assay.lab.ecosystem_reading import load_scenario
from assay.lab.ecosystem_scenario import drawn
from assay.lab.ecosystem_sensitivity import first_order, from_ranges


@pytest.fixture(scope="module")
def small():
    return scenario(
        {"human.stock": 400, "making.spread": (0.5, 1.0), "detection.true_positive": (0.0, 0.9), "human.wrong": (0.0, 0.001)},
        end=2040,
        readers="[[generators]]\nevery = 1\nrows = 200\n[[classifiers]]\nevery = 2\nrows = 100\n",
    )


@pytest.fixture(scope="module")
def found(small):
    return run(small, draws=60, seeds=3, seed=4)


def test_same_seed_same_numbers_and_plain_data_come_back(small, found):
    again = run(small, draws=60, seeds=3, seed=4)
    assert found == again
    assert found.bands != run(small, draws=60, seeds=3, seed=5).bands
    assert Ecosystem.from_dict(json.loads(json.dumps(found.to_dict(), allow_nan=False))) == found
    with pytest.raises(ValueError, match="schema"):
        Ecosystem.from_dict({"schema": "assay.loop/1"})


def test_bands_hold_every_axis_at_every_time(found):
    assert found.times == tuple(float(year) for year in range(2025, 2041))
    assert set(found.axes) == {
        *("synthetic_share", "corpus_share", "rows_read", "label_error", "log_variance", "tail_mass"),
        *("rare_levels", "rare_mass", "heterozygosity", "classifier_error"),
    }
    for band in found.bands:
        assert len(band.middle) == len(found.times)
        assert all(low <= high for low, high in zip(band.seeds_low, band.seeds_high, strict=True))
    assert found.at("synthetic_share", 2025)["high"] == 0
    # nothing is random in the counts of rows, so all of their width is the ranges'; not that of log variance at the start
    assert found.at("synthetic_share", 2040)["from_ranges"] == pytest.approx(1)
    assert found.at("log_variance", 2025)["from_ranges"] < 0.4
    assert found.at("log_variance", 2040)["from_ranges"] > 0.6
    assert found["log_variance"].middle[-1] < -0.05
    with pytest.raises(KeyError):
        found["beauty"]


def test_outlook_is_in_the_years_asked_for_and_names_what_matters(small, found):
    assert found.years == (2035.0,)
    effects = found.matters("log_variance", 2035.0)
    assert [each.quantity for each in effects][:2] == ["making.spread", "detection.true_positive"]
    assert [each.swing for each in effects] == sorted((each.swing for each in effects), reverse=True)
    assert effects[0].at_low < effects[0].at_high <= 0.05
    assert effects[0].variance_share > 0.4
    share = found.matters("synthetic_share", 2035.0)
    assert share[0].quantity == "detection.true_positive"
    assert share[0].variance_share > 0.9
    assert share[1].swing == 0
    assert run(small, draws=2, seeds=2, years=(2026, 2027)).years == (2026.0, 2027.0)


@pytest.mark.parametrize(
    ("name", "given"),
    [
        *(("draws", given) for given in (1, 2.5, True, "9", None, float("nan"))),
        *(("seeds", given) for given in (1, 2.5, True)),
        *(("seed", given) for given in (-1, 0.5, "1", None)),
        *(("dimension", given) for given in (0, 9, 1.5, True)),
        *(("years", given) for given in ((2050,), (), 2035, "2035", ("2035",), (True,), (float("nan"),))),
    ],
)
def test_options_that_cannot_be_used(small, name, given):
    with pytest.raises(UsageError, match=rf"^{name} must be .* Got "):
        run(small, **{name: given})


def test_numbers_of_numpy_are_numbers_too(small):
    found = run(small, draws=np.int64(2), seeds=np.int32(2), seed=np.int64(1), years=np.array([2030.0, 2035.0]))
    json.dumps(found.to_dict(), allow_nan=False)
    assert found.years == (2030.0, 2035.0)
    assert found == run(small, draws=2, seeds=2, seed=1, years=(2030, 2035))


def test_a_scenario_without_ranges_and_classifiers_has_only_seeds():
    only = run(scenario({"human.stock": 100}), draws=5, seeds=4)
    assert only.effects == ()
    assert only.at("synthetic_share", 2031)["from_ranges"] is None
    assert only["classifier_error"].high[-1] < 0.1


def test_marks_and_detectors_keep_synthetic_rows_out():
    usual, marked, filtered = (
        run(name, draws=10, seeds=2) for name in ("business_as_usual", "provenance_adopted", "filtering_only")
    )
    for year in (2035, 2045):
        most = usual.at("synthetic_share", year)["middle"]
        assert marked.at("synthetic_share", year)["middle"] < most
        assert filtered.at("synthetic_share", year)["middle"] < most
        written = [each.at("corpus_share", year)["middle"] for each in (usual, marked)]
        assert written[0] == pytest.approx(written[1], abs=1e-6)  # they are read, not written, less


def test_generators_that_differ_more_harm_classifiers_less():
    base = load_scenario("business_as_usual").known({"making.shift": 0.5})
    own, same = (run(base.known({"making.alike": alike}), draws=20, seeds=2) for alike in (0.0, 1.0))
    assert own.at("classifier_error", 2045)["middle"] < same.at("classifier_error", 2045)["middle"]


def test_ranges_are_met_evenly(small):
    values = drawn(small, 100, np.random.default_rng(1))
    for each in small.ranged:
        strata = np.floor((values[each.name] - each.low) / (each.high - each.low) * 100)
        assert sorted(strata) == list(range(100))


def test_first_order_shares_of_a_function_known():
    rng = np.random.default_rng(6)
    x = rng.random((4_000, 3))
    y = x[:, 0] * 2 + np.square(x[:, 1] - 0.5) * 6  # variances 4/12 and 36/180, the second without any line in it
    shares = [first_order(x[:, at], y) for at in range(3)]
    law = np.array([4 / 12, 36 / 180, 0]) / (4 / 12 + 36 / 180)
    assert shares == pytest.approx(law.tolist(), abs=0.03)
    product = (x[:, 0] - 0.5) * (x[:, 1] - 0.5)  # together only
    assert first_order(x[:, 0], product) < 0.03


def test_variance_is_split_into_ranges_and_seeds():
    rng = np.random.default_rng(7)
    sampled = rng.normal(0, 2.0, 3_000)[:, None] + rng.normal(0, 1.0, (3_000, 4))
    assert from_ranges(sampled) == pytest.approx(0.8, abs=0.02)
    assert from_ranges(rng.normal(0, 1.0, (3_000, 4))) < 0.03
    assert from_ranges(np.ones((3, 2))) is None
