from __future__ import annotations

from typing import ClassVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from assay.checking.context import CheckContext
from assay.data.impose import impose
from assay.measures import _neighbours
from assay.measures._neighbours import align, near
from assay.measures.near_copies import NearCopies, ratios
from assay.testing.measure_contract import MeasureContract, clinic, with_column
from assay.verbs.load import load


class TestNearCopies(MeasureContract):
    name = "near_copies"
    repeats = 4
    severities: ClassVar[tuple[float, ...]] = (0.0, 0.1, 0.5)

    def damaged(self, table: pa.Table, severity: float, rng: np.random.Generator) -> pa.Table:
        """Replace a share of the rows by real ones with noise of 1% of the scale on numbers."""
        real, _, _ = self.samples(7)
        copied = int(severity * len(table))
        return pa.concat_tables([jittered(real.take(pa.array(rng.permutation(len(real))[:copied])), rng), table.slice(copied)])

    def found(self, synthetic: pa.Table, code: str, *, aligned: bool = False) -> list:
        real, _, holdout = self.samples(7)
        items = self.judged(self.evidence(real, synthetic, holdout)).items
        return [item for item in items if item.facts["code"] == code and item.facts.get("aligned", False) == aligned]

    def test_a_twentieth_of_jittered_copies_is_proven(self) -> None:
        _, second, _ = self.samples(7)
        items = self.found(self.damaged(second, 0.05, np.random.default_rng(0)), "COPY03")
        assert max(item.harm_low for item in items) > 0.005
        assert all(item.estimate.effect <= 0.07 for item in items)

    def test_a_twentieth_with_one_category_changed_is_proven(self) -> None:
        real, second, _ = self.samples(7)
        copies = real.slice(0, 75)
        wards = np.roll(np.array(copies["ward"].to_pylist()), 1)
        items = self.found(pa.concat_tables([with_column(copies, "ward", wards), second.slice(75)]), "COPY04")
        assert items[0].harm_low > 0.005
        assert items[0].estimate.low <= 0.05 <= items[0].estimate.high
        assert "all columns but one" in NearCopies().describe(items[0])

    @pytest.mark.parametrize("change", ["a constant added", "another unit"])
    def test_shift_and_scale_hide_nothing(self, change: str) -> None:
        real, _, _ = self.samples(7)
        moved = real
        for name in ("cost", "lab"):
            spread = pc.stddev(real[name]).as_py()
            onto = pc.add(real[name], 1.5 * spread) if change == "a constant added" else pc.multiply(real[name], 2.54)
            moved = moved.set_column(real.column_names.index(name), name, onto)
        age = pc.add(real["age"], 30).cast(pa.int64())
        moved = moved.set_column(real.column_names.index("age"), "age", age)
        assert max(item.harm_low for item in self.found(moved, "COPY03")) < 0.5
        assert max(item.harm_low for item in self.found(moved, "COPY03", aligned=True)) > 0.9

    def test_columns_shuffled_on_their_own_are_no_copies(self) -> None:
        real, _, holdout = self.samples(7)
        rng = np.random.default_rng(0)
        shuffled = pa.table({name: real[name].take(pa.array(rng.permutation(len(real)))) for name in real.column_names})
        assert all(item.harm_low <= 0.005 for item in self.judged(self.evidence(real, shuffled, holdout)).items)

    def test_pass_is_possible_at_five_thousand_rows(self) -> None:
        rng = np.random.default_rng(5)
        tables = [self.population(rows, rng) for rows in (5000, 5000, 2500)]
        items = self.judged(self.evidence(*tables)).items
        assert all(item.harm_high <= 0.02 for item in items)
        assert not items[0].estimate.sampled

    def test_queries_are_sampled_openly_and_references_never(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(_neighbours, "MOST_QUERIES", 400)
        real, second, holdout = self.samples(7)
        rng = np.random.default_rng(4)
        first = self.evidence(real, real, holdout)
        other = self.evidence(*(table.take(pa.array(rng.permutation(len(table)))) for table in (real, real, holdout)))
        for item, again in zip(self.judged(first).items, self.judged(other).items, strict=True):
            assert item.estimate.value == again.estimate.value
        items = [item for item in self.judged(first).items if item.facts["code"] == "COPY03"]
        assert all(item.estimate.sampled for item in items)
        assert all("400 synthetic rows" in item.estimate.method for item in items)
        assert all(item.estimate.value > 0.95 for item in items), "every query meets its original: all references were looked at"
        assert not any(item.estimate.sampled for item in self.judged(self.evidence(real, second, holdout)).items[2:])


def test_ratio_of_a_row_that_occurs_several_times_is_one() -> None:
    distances = np.array([[0.0, 1.0], [0.0, 1.0], [0.0, 0.0], [1.0, np.inf], [0.5, 2.0]])
    assert ratios(distances, np.array([True, False, True, True, True])).tolist() == [0.0, 1.0, 1.0, 1.0, 0.25]


def jittered(table: pa.Table, rng: np.random.Generator) -> pa.Table:
    for name in ("cost", "lab"):
        noise = pa.array(rng.normal(0, 0.01 * (pc.stddev(table[name]).as_py() or 1.0), len(table)))
        table = table.set_column(table.column_names.index(name), name, pc.add(table[name], noise))
    return table


def test_numbers_do_not_depend_on_jobs() -> None:
    rng = np.random.default_rng(8)
    known = load(clinic(2500, rng), name="real", target="ill")
    others = [impose(clinic(2500, rng), known.schema, name=name) for name in ("synthetic", "holdout")]
    seen = []
    for jobs in (1, 2):
        with CheckContext(known, *others, seed=0, jobs=jobs, alpha=0.003) as context:
            seen.append(near(context))
    for one, other in zip(*seen, strict=True):
        assert np.array_equal(one, other)


def test_nothing_is_aligned_that_lies_right() -> None:
    rng = np.random.default_rng(9)
    known, second = load(clinic(2000, rng), target="ill"), load(clinic(2000, rng), target="ill")
    assert align(known, second) is None
