"""The emptiest ball of a check: on made tables, through the context."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pyarrow as pa
import pytest

from assay.checking.context import CheckContext
from assay.data.dataset import Dataset
from assay.data.impose import impose
from assay.data.infer import infer_schema
from assay.measures._empty_balls import EmptyBall, empty_ball
from assay.measures.mode_coverage import ModeCoverage
from assay.stats.ball_scan import DEPENDENCE
from assay.testing.measure_contract import clinic
from assay.verbs.load import load

NAMES = "abcde"


def opened(real: pa.Table, synthetic: pa.Table, holdout: pa.Table, *, seed: int = 0, **roles: str) -> CheckContext:
    known = load(real, name="real", **roles)
    others = [impose(load(table).table, known.schema, name="other") for table in (synthetic, holdout)]
    return CheckContext(known, others[0], others[1], seed=seed, jobs=1, alpha=0.002)


def searched(*tables: pa.Table, seed: int = 0, **roles: str) -> EmptyBall | None:
    with opened(*tables, seed=seed, **roles) as context:
        return empty_ball(context)


def numbers(points: np.ndarray) -> pa.Table:
    return pa.table({name: pa.array(points[:, at].round(3)) for at, name in zip(range(points.shape[1]), NAMES, strict=False)})


def holed(rows: int, share: float, rng: np.random.Generator, centre: float = 1.0) -> np.ndarray:
    """Rows of a Gaussian in five dimensions of which a ball is left out."""
    radius = np.quantile(np.square(rng.normal(size=(40_000, 5)) - centre).sum(axis=1), share)
    points = rng.normal(size=(2 * rows, 5))
    return points[np.square(points - centre).sum(axis=1) > radius][:rows]


@pytest.fixture(scope="module")
def gap() -> tuple[pa.Table, pa.Table, pa.Table]:
    rng = np.random.default_rng(1)
    return numbers(rng.normal(size=(3_000, 5))), numbers(holed(3_000, 0.12, rng)), numbers(rng.normal(size=(3_000, 5)))


def test_a_ball_that_clusters_and_regions_miss_is_named(gap: tuple[pa.Table, pa.Table, pa.Table]) -> None:
    with opened(*gap) as context:
        items = ModeCoverage().measure(context).families[0].items
        found = empty_ball(context)
    proven = {kind: max(item.harm_low for item in items if item.facts["kind"] == kind) for kind in ("cluster", "region", "ball")}
    assert proven["ball"] > 0.5
    assert proven["ball"] > max(proven["cluster"], proven["region"]) + 0.2
    (ball,) = (item for item in items if item.facts["kind"] == "ball")
    assert ball.facts["code"] == "MODE01"
    assert ball.estimate.columns
    assert set(ball.estimate.columns) <= set(NAMES)
    assert ball.estimate.slice == ball.facts["typical"]
    assert all(name in ball.facts["typical"] for name in ball.estimate.columns)
    assert found is not None
    assert (ball.estimate.n_synthetic, ball.estimate.n_real) == found.ball.counts
    inside = np.column_stack([np.array(gap[0][name]) for name in NAMES])[found.real]
    # its real rows lie towards the hole, which is around one in every column
    assert np.all(inside.mean(axis=0) > 0.25)


def test_equal_checks_give_equal_balls(gap: tuple[pa.Table, pa.Table, pa.Table]) -> None:
    one, two = searched(*gap), searched(*gap)
    assert one is not None
    assert two is not None
    assert np.array_equal(one.real, two.real)
    assert one.ball.ratio == two.ball.ratio


def test_row_order_means_nothing(gap: tuple[pa.Table, pa.Table, pa.Table]) -> None:
    rng = np.random.default_rng(2)
    orders = [rng.permutation(len(table)) for table in gap]
    one = searched(*gap)
    two = searched(*(table.take(pa.array(order)) for table, order in zip(gap, orders, strict=True)))
    assert one is not None
    assert two is not None
    assert np.array_equal(one.real[orders[0]], two.real)
    assert one.ball.counts == two.ball.counts


def test_two_real_samples_lack_no_ball() -> None:
    rng = np.random.default_rng(3)
    found = [searched(*(clinic(1_200, rng) for _ in range(3)), seed=seed, target="ill") for seed in range(20)]
    ratios = [one.ball.ratio for one in found if one is not None]
    assert len(ratios) >= 10  # at this size the ball that is found often holds too few rows to tell
    assert all(ratio.bound(0.002, upper=True) > 1.0 for ratio in ratios)
    assert 0.7 < np.mean([ratio.value for ratio in ratios]) < 1.3


def test_a_hole_in_time_and_numbers_is_found() -> None:
    rng = np.random.default_rng(4)

    def dated(points: np.ndarray) -> pa.Table:
        days = np.datetime64("2020-01-01") + (200 * points[:, 2]).round().astype("timedelta64[D]")
        return numbers(points[:, :2]).append_column("day", pa.array(days))

    made = rng.normal(size=(6_000, 3))
    made = made[np.square(made - 0.8).sum(axis=1) > 0.9][:3_000]
    real, holdout = rng.normal(size=(3_000, 3)), rng.normal(size=(3_000, 3))
    found = searched(dated(real), dated(made), dated(holdout))
    assert found is not None
    assert found.ball.ratio.bound(0.002, upper=True) < 0.8
    assert real[found.real, 2].mean() == pytest.approx(0.7, abs=0.5)
    day = dated(real)["day"].to_pylist()
    assert isinstance(day[0], dt.date)


def test_a_hole_in_one_class_is_found() -> None:
    rng = np.random.default_rng(5)

    def classed(points: np.ndarray, labels: np.ndarray) -> pa.Table:
        return numbers(points).append_column("class", pa.array(np.where(labels, "in", "out").tolist()))

    points, labels = rng.normal(size=(3, 3_000, 4)), rng.random((3, 3_000)) < 0.4
    near = np.square(points[1] - 0.6).sum(axis=1) < 2.0
    labels[1] &= ~near  # the rows stay, the class does not
    found = searched(*(classed(*part) for part in zip(points, labels, strict=True)), target="class")
    assert found is not None
    assert found.ball.ratio.bound(0.002, upper=True) < 0.8
    assert labels[0][found.real].all()


@pytest.mark.parametrize("kind", ["nulls", "constant", "empty", "huge", "rare"])
def test_odd_columns_neither_hide_a_hole_nor_make_one(kind: str, gap: tuple[pa.Table, pa.Table, pa.Table]) -> None:
    def odd(table: pa.Table, rng: np.random.Generator) -> pa.Table:
        rows = len(table)
        cells = rng.normal(size=rows).round(3)
        missing = np.zeros(rows, dtype=bool)
        if kind == "nulls":
            missing = rng.random(rows) < 0.4
        elif kind == "constant":
            cells[:] = 3.5
        elif kind == "empty":
            missing[:] = True
        elif kind == "huge":
            cells *= 4e307
        else:
            cells = np.where(rng.random(rows) < 0.01, cells, 0.0)
        return table.append_column("odd", pa.array(cells, pa.float64(), mask=missing))

    rng = np.random.default_rng(6)
    found = searched(*(odd(table, rng) for table in gap))
    assert found is not None
    assert found.ball.ratio.bound(0.002, upper=True) < 0.8
    sound = searched(*(odd(table, rng) for table in (gap[0], gap[2], numbers(rng.normal(size=(3_000, 5))))))
    assert sound is not None
    assert sound.ball.ratio.bound(0.002, upper=True) > 1.0


def test_infinite_numbers_lie_at_the_ends(gap: tuple[pa.Table, pa.Table, pa.Table]) -> None:
    rng = np.random.default_rng(10)
    parts = []
    for table in gap:  # reading refuses them, but a Dataset made by hand may hold them
        cells = rng.normal(size=len(table))
        cells[:60], cells[60:90] = np.inf, -np.inf
        parts.append(table.append_column("odd", pa.array(cells)))
    schema = infer_schema(parts[0])
    with CheckContext(*(Dataset(part, schema) for part in parts), seed=0, jobs=1, alpha=0.002) as context:
        found = empty_ball(context)
    assert found is not None
    assert found.ball.ratio.bound(0.002, upper=True) < 0.8


def test_fewer_than_two_ordered_columns_have_no_ball() -> None:
    rng = np.random.default_rng(7)

    def narrow(rows: int) -> pa.Table:
        return pa.table({"x": pa.array(rng.normal(size=rows).round(3)), "word": pa.array(rng.choice(["p", "q"], rows).tolist())})

    assert searched(narrow(500), narrow(500), narrow(500)) is None
    still = [narrow(500).append_column("still", pa.array([1.0] * 500)) for _ in range(3)]
    assert searched(*still) is None


def test_too_few_rows_have_no_ball() -> None:
    rng = np.random.default_rng(8)
    assert searched(*(numbers(rng.normal(size=(rows, 5))) for rows in (40, 40, 20))) is None


def test_rows_of_one_entity_count_as_fewer() -> None:
    rng = np.random.default_rng(9)

    def repeated(points: np.ndarray, role: str) -> pa.Table:
        table = numbers(np.repeat(points, 4, axis=0))
        return table.append_column("who", pa.array([f"{role}{at // 4:05d}" for at in range(len(table))]))

    tables = [
        repeated(points, role)
        for role, points in (("r", rng.normal(size=(800, 5))), ("s", holed(800, 0.2, rng)), ("h", rng.normal(size=(800, 5))))
    ]
    grouped = searched(*tables, entity="who")
    assert grouped is not None
    counts, ratio = grouped.ball.counts, grouped.ball.ratio
    assert counts[1] / ratio.others == pytest.approx(4 * DEPENDENCE)
