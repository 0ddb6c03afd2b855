"""What every measure must keep to: subclass `MeasureContract` in a test file, name the measure and plant its damage."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa
import pytest

from assay.checking.context import CheckContext
from assay.core import registry
from assay.core.errors import NotApplicable
from assay.core.evidence import Evidence, Family, Item
from assay.data.impose import impose
from assay.verbs.load import load


class MeasureContract:
    """The contract of a measure.

    Attributes
    ----------
    name : str
        Registry name.
    family : str
        The family under test, if the measure has several.
    roles : dict
        Target and other roles for `assay.load`.
    rows : int
        Rows of each table.
    repeats : int
        Pairs of real samples for the floor's rate.
    severities : tuple of float
        Rising severities of the damage; the value must rise with them.

    Notes
    -----
    Override `population` with a table that suits the measure and `damaged` with the damage that it must see.
    """

    name: ClassVar[str]
    family: ClassVar[str] = ""
    roles: ClassVar[dict[str, Any]] = {"target": "ill"}
    rows: ClassVar[int] = 1_500
    repeats: ClassVar[int] = 6
    severities: ClassVar[tuple[float, ...]] = (0.0, 0.3, 0.9)

    def population(self, rows: int, rng: np.random.Generator) -> pa.Table:
        """Draw real rows."""
        return clinic(rows, rng)

    def damaged(self, table: pa.Table, severity: float, rng: np.random.Generator) -> pa.Table:
        """Plant damage of a severity between 0 and 1 in rows drawn from the population."""
        raise NotImplementedError(f"{type(self).__name__}.damaged must plant the damage that {self.name} is there to see")

    def evidence(self, real: Any, synthetic: Any, holdout: Any, *, seed: int = 0) -> Evidence:
        """Measure three tables."""
        known = load(real, name="real", **self.roles)
        others = [
            impose(load(table).table, known.schema, name=role) for role, table in (("synthetic", synthetic), ("holdout", holdout))
        ]
        with CheckContext(known, others[0], others[1], seed=seed, jobs=1, alpha=0.003) as context:
            return registry.get("measure", self.name)().measure(context)

    def judged(self, evidence: Evidence) -> Family:
        """Give the family under test."""
        return next(family for family in evidence.families if family.name == (self.family or self.name))

    def harm(self, evidence: Evidence) -> float:
        """Give the size that damage must move: the largest value over the items."""
        return max(abs(item.estimate.value) for item in self.judged(evidence).items)

    def samples(self, seed: int) -> tuple[pa.Table, pa.Table, pa.Table]:
        """Draw real, second real and holdout rows."""
        rng = np.random.default_rng([20, seed])
        return self.population(self.rows, rng), self.population(self.rows, rng), self.population(self.rows, rng)

    def test_two_real_samples_score_inside_the_floor(self) -> None:
        """Ask that real against real leaves the floor no more often than its nominal rate allows."""
        outside = total = 0
        for seed in range(self.repeats):
            real, second, holdout = self.samples(seed)
            for item in self.judged(self.evidence(real, second, holdout, seed=seed)).items:
                e = item.estimate
                slack = 1e-9 + 0.02 * (e.floor_high - e.floor_low)
                outside += not e.floor_low - slack <= e.value <= e.floor_high + slack
                total += 1
        # Items of one pair of samples move together, so the binomial error is widened threefold.
        assert outside / total <= 0.05 + 3 * 1.64 * math.sqrt(0.05 * 0.95 / total)

    def test_two_real_samples_do_no_proven_harm(self) -> None:
        """Ask that real against real shows no proven harm to speak of."""
        for seed in range(self.repeats):
            real, second, holdout = self.samples(100 + seed)
            family = self.judged(self.evidence(real, second, holdout, seed=seed))
            assert all(item.harm_low <= max(item.harm_high, 0.0) + 1e-12 for item in family.items)
            assert self.proven(family) <= 0.05

    def proven(self, family: Family) -> float:
        """Give the largest proven harm; real against real it must be next to nothing."""
        return max(item.harm_low for item in family.items)

    def test_planted_damage_moves_the_value(self) -> None:
        """Ask that the value rises with the severity of the damage."""
        real, second, holdout = self.samples(7)
        seen = [
            self.harm(self.evidence(real, self.damaged(second, severity, np.random.default_rng(9)), holdout))
            for severity in self.severities
        ]
        assert all(later > earlier for earlier, later in itertools.pairwise(seen)), seen

    def test_row_order_is_irrelevant(self) -> None:
        """Ask that shuffled rows give the same value."""
        real, second, holdout = self.samples(3)
        rng = np.random.default_rng(4)
        shuffled = [table.take(pa.array(rng.permutation(len(table)))) for table in (real, second, holdout)]
        first, other = self.evidence(real, second, holdout), self.evidence(*shuffled)
        assert self.harm(other) == pytest.approx(self.harm(first), rel=self.order_tolerance, abs=self.order_tolerance)

    order_tolerance: ClassVar[float] = 1e-6

    def test_frames_agree_and_are_left_alone(self) -> None:
        """Ask that pandas, polars and Arrow give the same numbers and are not changed."""
        pandas, polars = pytest.importorskip("pandas"), pytest.importorskip("polars")
        tables = self.samples(5)
        before = [table.to_pydict() for table in tables]
        reference = list(_numbers(self.evidence(*tables)))
        as_polars = [polars.from_arrow(table) for table in tables]
        as_pandas = [table.to_pandas(types_mapper=pandas.ArrowDtype) for table in tables]
        assert list(_numbers(self.evidence(*as_polars))) == pytest.approx(reference)
        assert list(_numbers(self.evidence(*as_pandas))) == pytest.approx(reference)
        assert [table.to_pydict() for table in tables] == before

    def test_constant_and_empty_columns_give_no_false_number(self) -> None:
        """Ask that constant and all-null columns give finite numbers or an outcome."""
        tables = [
            table.append_column("constant", pa.array([1.0] * len(table))).append_column(
                "nothing", pa.array([None] * len(table), pa.float64())
            )
            for table in self.samples(6)
        ]
        try:
            evidence = self.evidence(*tables)
        except NotApplicable:
            return
        assert all(math.isfinite(number) for number in _numbers(evidence))

    def test_same_seed_same_numbers(self) -> None:
        """Ask that equal seeds give equal numbers."""
        tables = self.samples(8)
        assert list(_numbers(self.evidence(*tables))) == list(_numbers(self.evidence(*tables)))

    def test_sentences_are_sentences(self) -> None:
        """Ask that findings and limits read as sentences."""
        real, second, holdout = self.samples(7)
        measure = registry.get("measure", self.name)()
        family = self.judged(self.evidence(real, self.damaged(second, self.severities[-1], np.random.default_rng(9)), holdout))
        for item in [*family.items[:5], *([family.mean] if family.mean else [])]:
            for sentence in (measure.describe(item), measure.missed(item)):
                assert len(sentence.split()) > 4
                assert "nan" not in sentence.lower().split()

    def test_metadata_is_complete(self) -> None:
        """Ask for question, codes, remedy and blind spots."""
        measure = registry.get("measure", self.name)
        assert measure.codes
        assert all(code.isupper() and code[-2:].isdigit() for code in measure.codes)
        assert measure.question.endswith("?")
        assert measure.remedy
        assert measure.cannot_see


def _numbers(evidence: Evidence) -> Iterator[float]:
    """Give all numbers of some evidence, in order."""
    for family in evidence.families:
        members: list[Item] = [*family.items, *([family.mean] if family.mean else [])]
        for item in members:
            e = item.estimate
            yield from (
                e.value,
                e.floor_low,
                e.floor_median,
                e.floor_high,
                e.effect,
                e.low,
                e.high,
                item.harm_low,
                item.harm_high,
            )


def clinic(rows: int, rng: np.random.Generator) -> pa.Table:
    """Draw a mixed table: numbers with a heavy tail and nulls, categories with rare levels, a date, a dependent target."""
    age = np.clip(rng.normal(52, 17, rows), 18, 95).round().astype(np.int64)
    cost = np.exp(rng.normal(6 + age / 60, 0.8, rows)).round(2)
    ward = rng.choice(
        np.array(["surgery", "cardiology", "oncology", "eye", "skin", "rare"]), rows, p=[0.38, 0.3, 0.15, 0.1, 0.055, 0.015]
    )
    lab = rng.normal(100 + 10 * (ward == "oncology"), 15, rows)
    risk = 1 / (1 + np.exp(-((age - 60) / 12 + 1.2 * (ward == "cardiology") - 0.3)))
    ill = rng.random(rows) < risk
    day = np.datetime64("2023-01-01") + rng.integers(0, 700, rows).astype("timedelta64[D]")
    return pa.table(
        {
            "age": pa.array(age),
            "cost": pa.array(cost),
            "ward": pa.array(ward.tolist()),
            "lab": pa.array(lab, mask=rng.random(rows) < 0.04 + 0.1 * ill),
            "smoker": pa.array(rng.random(rows) < 0.25),
            "admitted": pa.array(day),
            "ill": pa.array(np.where(ill, "yes", "no").tolist()),
        }
    )


def with_column(table: pa.Table, name: str, values: Any) -> pa.Table:
    """Give a table in which one column has other values of the same type."""
    at = table.column_names.index(name)
    return table.set_column(at, name, pa.array(list(values), type=table.schema.field(name).type))
