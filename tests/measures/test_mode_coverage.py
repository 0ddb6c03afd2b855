from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from assay.checking.context import CheckContext
from assay.core.errors import NotApplicable
from assay.core.evidence import Evidence, Family, Item
from assay.data.impose import impose
from assay.measures.mode_coverage import ModeCoverage
from assay.testing.measure_contract import MeasureContract, clinic
from assay.verbs.load import load


def refilled(table: pa.Table, gone: np.ndarray, rng: np.random.Generator) -> pa.Table:
    """Replace rows by others of the table that stay."""
    rows = np.arange(len(table))
    rows[gone] = rng.choice(np.flatnonzero(~gone), int(gone.sum()))
    return table.take(pa.array(rows))


class TestModeCoverage(MeasureContract):
    name = "mode_coverage"
    rows = 1_000
    repeats = 4
    severities = (0.0, 0.6, 1.0)

    def damaged(self, table: pa.Table, severity: float, rng: np.random.Generator) -> pa.Table:
        here = (np.array(table.column("ward")) == "cardiology") & (np.array(table.column("age")) >= 60)
        return refilled(table, here & (rng.random(len(table)) < severity), rng)

    def harm(self, evidence: Evidence) -> float:
        region = next(item for item in self.judged(evidence).items if item.facts["kind"] == "region")
        return region.estimate.effect

    def proven(self, family: Family) -> float:
        # half of a region missing is what counts: between real samples the bound may leave zero, not get near it
        return max(item.harm_low for item in family.items) / 8.0


class TestCoverage(TestModeCoverage):
    family = "coverage"

    def damaged(self, table: pa.Table, severity: float, rng: np.random.Generator) -> pa.Table:
        return refilled(table, np.array(table.column("age")) > 80 - 50 * severity, rng)

    def harm(self, evidence: Evidence) -> float:
        return 1.0 - self.judged(evidence).items[0].estimate.value

    def proven(self, family: Family) -> float:
        return max(item.harm_low for item in family.items)


def measured(real: pa.Table, synthetic: pa.Table, holdout: pa.Table, **roles: str) -> Evidence:
    known = load(real, name="real", **roles)
    others = [impose(load(table).table, known.schema, name="other") for table in (synthetic, holdout)]
    with CheckContext(known, others[0], others[1], seed=0, jobs=1, alpha=0.002) as context:
        return ModeCoverage().measure(context)


def corners(rows: int, rng: np.random.Generator) -> pa.Table:
    """Three uniform columns and a level, independent of each other: no cluster anywhere."""
    x = rng.random((rows, 3))
    return pa.table(
        {
            **{name: pa.array((100 * x[:, at]).round(2)) for at, name in enumerate("abc")},
            "d": pa.array(rng.choice(["p", "q", "r"], rows).tolist()),
        }
    )


def test_a_conjunction_without_a_trace_in_any_column_is_found() -> None:
    rng = np.random.default_rng(0)
    real, made, holdout = (corners(5_000, rng) for _ in range(3))
    a, b = (np.array(made.column(name)) for name in "ab")
    here = (a < 16) & (b >= 84)  # .16 * .16 of the rows
    b2 = b.copy()
    b2[here] = 84 * rng.random(here.sum())
    there = rng.permutation(np.flatnonzero((a >= 16) & (b < 84)))[: here.sum()]
    b2[there] = 84 + 16 * rng.random(here.sum())  # what b loses above 84 in the corner it gets back elsewhere
    made = made.set_column(1, "b", pa.array(b2.round(2)))
    item = next(item for item in measured(real, made, holdout).families[0].items if item.facts["kind"] == "region")
    assert item.harm_low > 0.5
    assert item.estimate.columns == ("a", "b")
    assert item.facts["code"] == "MODE01"
    sentence = ModeCoverage().describe(item)
    assert "a < 1" in sentence
    assert "b >= 8" in sentence


def test_a_dropped_cluster_is_found_by_clusters() -> None:
    rng = np.random.default_rng(1)
    centres = rng.normal(0, 30, (6, 5))

    def draw(rows: int, kept: int = 6) -> pa.Table:
        points = centres[rng.integers(0, kept, rows)] + rng.normal(size=(rows, 5))
        return pa.table({f"x{at}": pa.array(points[:, at].round(3)) for at in range(5)})

    evidence = measured(draw(2_000), draw(2_000, kept=5), draw(2_000))
    clusters = [item for item in evidence.families[0].items if item.facts["kind"] == "cluster"]
    worst = max(clusters, key=lambda item: item.harm_low)
    # one sixth of the rows: 333 expected, none there; CP upper bound of 0 in 333 is far below a half
    assert worst.harm_low > 0.9
    assert worst.estimate.value == 0.0
    assert worst.facts["share"] == pytest.approx(1 / 6, abs=0.03)
    assert evidence.families[1].items[0].estimate.effect == pytest.approx(1 / 6, abs=0.04)


def test_a_memoriser_covers_what_it_has_seen_and_density_is_reported() -> None:
    rng = np.random.default_rng(2)
    real, holdout = clinic(1_000, rng), clinic(1_000, rng)
    evidence = measured(real, real, holdout, target="ill")
    coverage = evidence.families[1].items[0].estimate
    assert coverage.value == coverage.floor_median  # the same rows cover the same balls
    density = evidence.reported[0]
    assert density.value == density.floor_median
    assert density.floor_median == pytest.approx(1.0, abs=0.15)


def test_few_rows_do_not_apply() -> None:
    rng = np.random.default_rng(3)
    with pytest.raises(NotApplicable, match="at least 100"):
        measured(clinic(200, rng), clinic(80, rng), clinic(200, rng), target="ill")


def gaussian(rows: int, rng: np.random.Generator, hole: float = 0.0) -> pa.Table:
    """Five independent columns, without the rows near one in all of them."""
    points = rng.normal(size=(2 * rows, 5))
    points = points[np.square(points - 1.0).sum(axis=1) > hole][:rows]
    return pa.table({name: pa.array(points[:, at].round(3)) for at, name in enumerate("abcde")})


def by_kind(evidence: Evidence) -> dict[str, Item]:
    return {item.facts["kind"]: item for item in evidence.families[0].items}


def test_holes_without_edges_along_columns_are_put_into_words() -> None:
    rng = np.random.default_rng(6)
    evidence = measured(gaussian(2_500, rng), gaussian(2_500, rng, hole=4.0), gaussian(2_500, rng))
    measure = ModeCoverage()
    for kind, words in (("told", "that classifiers tell best from synthetic ones"), ("ball", "near each other in all numbers")):
        item = by_kind(evidence)[kind]
        e = item.estimate
        assert item.harm_low > 0.2
        assert item.facts["code"] == "MODE01"
        assert e.columns
        sentence = measure.describe(item)
        assert words in sentence
        assert f"(typically {e.slice})" in sentence
        assert all(name in e.slice for name in e.columns)
        assert f"{item.facts['share']:.1%} of the" in sentence
        assert f"{e.value:.0%} of the rows expected ({1 - e.high:.0%} to {1 - e.low:.0%}) are there" in sentence
        assert f"lack up to {item.harm_high:.0%} of their like" in measure.missed(item)
        # value, bounds and effect are one number said in several ways
        assert e.low <= e.effect == pytest.approx(1.0 - e.value)
        assert item.harm_low <= e.effect <= item.harm_high


def test_holes_that_are_none_have_no_place() -> None:
    rng = np.random.default_rng(7)
    evidence = measured(*(gaussian(2_500, rng) for _ in range(3)))
    measure = ModeCoverage()
    for kind in ("told", "ball"):
        item = by_kind(evidence)[kind]
        assert item.harm_low == 0.0
        assert item.facts["code"] == "MODE02"
        assert item.facts["typical"] == ""
        assert item.estimate.columns == ()
        assert "typically" not in measure.describe(item)
        assert item.estimate.floor_low <= item.estimate.value <= item.estimate.floor_high
        assert item.harm_high < 1.0


def test_a_small_holdout_widens_what_chance_allows() -> None:
    rng = np.random.default_rng(8)
    evidence = measured(gaussian(2_000, rng), gaussian(2_000, rng), gaussian(150, rng))
    assert set(by_kind(evidence)) >= {"told", "ball"}
    thin = by_kind(evidence)["told"]
    assert thin.estimate.n_real + thin.estimate.n_synthetic == pytest.approx(0.02 * 2_150, abs=5)
    assert thin.estimate.floor_low <= thin.estimate.value <= thin.estimate.floor_high
