"""The rows that classifiers tell best from synthetic ones: on made tables, through the context."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pyarrow as pa
import pytest

from assay.checking.context import CheckContext
from assay.core.errors import NotApplicable
from assay.data.impose import impose
from assay.measures._told import SHARE, Told, Unmade, told, unmade
from assay.measures.mode_coverage import ModeCoverage
from assay.testing.measure_contract import clinic
from assay.verbs.load import load


def opened(real: pa.Table, synthetic: pa.Table, holdout: pa.Table, *, seed: int = 0, **roles: str) -> CheckContext:
    known = load(real, name="real", **roles)
    others = [impose(load(table).table, known.schema, name="other") for table in (synthetic, holdout)]
    return CheckContext(known, others[0], others[1], seed=seed, jobs=1, alpha=0.002)


def counted(*tables: pa.Table, seed: int = 0, **roles: str) -> tuple[Told, Unmade]:
    with opened(*tables, seed=seed, **roles) as context:
        return told(context), unmade(context)


def numbers(points: np.ndarray) -> pa.Table:
    return pa.table({name: pa.array(points[:, at].round(3)) for at, name in enumerate("abcde")})


def holed(rows: int, share: float, rng: np.random.Generator, centre: float = 1.0) -> np.ndarray:
    """Rows of a Gaussian in five dimensions of which a ball is left out."""
    radius = np.quantile(np.square(rng.normal(size=(40_000, 5)) - centre).sum(axis=1), share)
    points = rng.normal(size=(2 * rows, 5))
    return points[np.square(points - centre).sum(axis=1) > radius][:rows]


@pytest.fixture(scope="module")
def gap() -> tuple[pa.Table, pa.Table, pa.Table]:
    rng = np.random.default_rng(1)
    return numbers(rng.normal(size=(2_500, 5))), numbers(holed(2_500, 0.12, rng)), numbers(rng.normal(size=(2_500, 5)))


def test_rows_of_a_hole_without_edges_along_columns_are_named(gap: tuple[pa.Table, pa.Table, pa.Table]) -> None:
    with opened(*gap) as context:
        items = ModeCoverage().measure(context).families[0].items
        known, found = told(context), unmade(context)
    (item,) = (item for item in items if item.facts["kind"] == "told")
    assert item.harm_low > 0.5
    assert item.harm_low > max(one.harm_low for one in items if one.facts["kind"] in ("cluster", "region")) + 0.2
    assert item.facts["code"] == "MODE01"
    assert item.estimate.columns
    assert set(item.estimate.columns) <= set("abcde")
    assert item.estimate.slice
    assert (item.estimate.n_synthetic, item.estimate.n_real) == found.counts
    chosen = np.column_stack([np.array(gap[2][name]) for name in "abcde"])[known.pair.rows[found.rows & (known.pair.labels == 0)]]
    assert np.all(chosen.mean(axis=0) > 0.4)  # they lie towards the hole, which is around one in every column


def test_what_is_chosen_is_what_is_counted(gap: tuple[pa.Table, pa.Table, pa.Table]) -> None:
    known, found = counted(*gap)
    labels, fold = known.pair.labels, known.found[0].fold
    assert found.counts == ((found.rows & (labels == 1)).sum(), (found.rows & (labels == 0)).sum())
    assert found.share == found.counts[1] / 2_500
    assert found.ratio.scale == 1.0
    for part in range(int(fold.max()) + 1):
        assert found.rows[fold == part].sum() == round(SHARE * (fold == part).sum())


def test_equal_checks_choose_equal_rows_and_order_means_nothing(gap: tuple[pa.Table, pa.Table, pa.Table]) -> None:
    small = [table.slice(0, 600) for table in gap]
    first, again = counted(*small), counted(*small)
    assert np.array_equal(first[1].rows, again[1].rows)
    rng = np.random.default_rng(2)
    mixed = counted(*(table.take(pa.array(rng.permutation(600))) for table in small))
    assert mixed[1].counts == first[1].counts
    assert np.array_equal(mixed[0].pair.matrix[mixed[1].rows], first[0].pair.matrix[first[1].rows])


def test_two_real_samples_lack_nothing_that_classifiers_can_tell() -> None:
    rng = np.random.default_rng(3)
    hits = others = 0
    for seed in range(20):
        _, found = counted(*(clinic(300, rng) for _ in range(3)), seed=seed, target="ill")
        assert found.ratio.bound(0.002, upper=True) > 1.0
        hits, others = hits + found.counts[0], others + found.counts[1]
    # the labels of the chosen rows are a draw of halves: 240 of them have a standard deviation of 7.7
    assert hits + others == pytest.approx(20 * 12, abs=40)
    assert abs(hits - others) < 2 * 4 * 7.7


def test_unequal_sizes_are_made_up_for() -> None:
    rng = np.random.default_rng(4)
    tables = [numbers(rng.normal(size=(rows, 5))) for rows in (1_000, 3_000, 1_000)]
    _, found = counted(*tables)
    assert found.ratio.scale == pytest.approx(1 / 3)
    assert 0.4 < found.ratio.value < 2.5
    assert found.counts[0] > 1.3 * found.counts[1]


def test_odd_columns_are_borne(gap: tuple[pa.Table, pa.Table, pa.Table]) -> None:
    rng = np.random.default_rng(5)

    def odd(table: pa.Table) -> pa.Table:
        rows = len(table)
        holes = pa.array(rng.normal(size=rows), mask=rng.random(rows) < 0.4)
        table = table.append_column("still", pa.array([1.5] * rows)).append_column("nothing", pa.nulls(rows, pa.float64()))
        days = [dt.date(2020, 1, 1) + dt.timedelta(days=int(day)) for day in rng.integers(0, 900, rows)]
        return table.append_column("holes", holes).append_column("day", pa.array(days))

    _, found = counted(*(odd(table) for table in gap))
    assert found.ratio.bound(0.002, upper=True) < 0.75


def test_one_column_is_enough() -> None:
    rng = np.random.default_rng(6)
    values = rng.normal(size=(3, 2_000))
    made = values[1].copy()
    made[(made > 0.5) & (made < 0.7)] = 0.0
    tables = [pa.table({"x": pa.array(part.round(3))}) for part in (values[0], made, values[2])]
    with opened(*tables) as context:
        found, where = unmade(context), ModeCoverage().measure(context).families[0].items
    assert found.ratio.bound(0.002, upper=True) < 0.75
    (item,) = (item for item in where if item.facts["kind"] == "told")
    assert item.estimate.columns == ("x",)


def test_rows_of_one_entity_count_as_fewer() -> None:
    rng = np.random.default_rng(7)

    def repeated(points: np.ndarray, role: str) -> pa.Table:
        table = numbers(np.repeat(points, 4, axis=0))
        return table.append_column("who", pa.array([f"{role}{at // 4:05d}" for at in range(len(table))]))

    tables = [repeated(rng.normal(size=(250, 5)), role) for role in "rsh"]
    _, found = counted(*tables, entity="who")
    assert sum(found.counts) == 40
    # ties are broken by chance, so not all four rows of an entity need be among the chosen
    assert 1.4 * 1.5 < found.counts[1] / found.ratio.others <= 1.4 * 4 + 1e-9


def test_too_few_sealed_rows_do_not_apply() -> None:
    rng = np.random.default_rng(8)
    tables = [numbers(rng.normal(size=(rows, 5))) for rows in (500, 500, 30)]
    with opened(*tables) as context, pytest.raises(NotApplicable, match="at least 40 rows"):
        unmade(context)
