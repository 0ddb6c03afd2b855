from __future__ import annotations

import re

import pyarrow as pa
import pytest

from assay.core.errors import UnknownNameError, UsageError
from assay.data.dataset import Dataset
from assay.data.infer import infer_schema
from assay.lab.loop import LoopPlan
from assay.lab.loop_inputs import makers_of, sealed_apart

from .toy_loop import real_rows


def plan(*regimes, generations=5):
    return LoopPlan.of(("marginals",), regimes or ("replace",), generations, 2)


def test_a_holdout_is_sealed_off_as_large_as_a_generation_at_most():
    real = real_rows(1000)
    pool, sealed, size = sealed_apart(real, None, plan(), None, 0)
    assert (size, len(sealed), len(pool)) == (350, 300, 700)  # two first parts fit into what is not sealed
    assert not set(pool.numbers("x")) & set(sealed.numbers("x"))
    pool, sealed, size = sealed_apart(real, None, plan(), 100, 0)
    assert (size, len(sealed), len(pool)) == (100, 100, 900)
    again, other = (sealed_apart(real, None, plan(), 100, seed)[1] for seed in (0, 1))
    assert again.sha256 == sealed.sha256 != other.sha256


def test_a_holdout_given_is_taken_as_it_is():
    real, holdout = real_rows(1000), real_rows(200, 1)
    pool, sealed, size = sealed_apart(real, holdout, plan(), None, 0)
    assert (pool, sealed, size) == (real, holdout, 500)


def test_the_size_leaves_room_for_what_fresh_regimes_take():
    size = sealed_apart(real_rows(1000), None, plan("fresh:0.5"), None, 0)[2]
    assert size == 175  # 700 rows make two first parts and four halves
    assert sealed_apart(real_rows(30_000), None, plan(), None, 0)[2] == 5000


@pytest.mark.parametrize(
    ("rows", "regimes", "size", "said"),
    [
        (
            45,
            ("replace",),
            None,
            "seals 40 real rows off and learns from 40 others at least. Got 45 in all. Give 80 real rows or",
        ),
        (45, ("fresh:0.5",), None, "Got 45 in all. Give 160 real rows or more, or sealed rows of their own with --holdout"),
        (1000, ("replace",), 10, "at least 40 rows a generation. Got a size of 10"),
        (
            1000,
            ("replace",),
            800,
            "beside 300 sealed ones. Got 700 that are not sealed. Give a size of 700 or less or 800 real rows",
        ),
        (
            1000,
            ("replace", "fresh:0.5"),
            400,
            "Under fresh:0.5 each of 5 generations but the first takes 200 new real rows, 800 new ones in all, beside 400 for "
            "generation 1 and 300 sealed ones. Got 700 that are not sealed. Give 2 generations, a smaller share, a size of "
            "233 or less or 1,200 real rows beside the sealed ones",
        ),
        (
            100,
            ("weighted:golden",),
            None,
            "Got 60 that are not sealed. Give 2 generations, another regime than weighted:golden or",
        ),
        (120, ("replace",), 90, "takes 90 real rows for generation 1, beside 40 sealed ones. Got 80 that are not sealed"),
    ],
)
def test_too_few_rows_are_refused_with_what_would_do(rows, regimes, size, said):
    with pytest.raises(UsageError, match=said):
        sealed_apart(real_rows(rows), None, plan(*regimes), size, 0)


@pytest.mark.parametrize(("rows", "default"), [(80, 40), (100, 40), (134, 47)])
def test_small_tables_are_looped_where_forty_can_be_sealed(rows, default):
    for asked, size in ((None, default), (40, 40)):
        pool, sealed, found = sealed_apart(real_rows(rows), None, plan(), asked, 0)
        assert (found, len(sealed), len(pool)) == (size, 40, rows - 40)
    pool, sealed, found = sealed_apart(real_rows(rows), None, plan(), rows - 40, 0)
    assert (found, len(sealed)) == (rows - 40, 40)


@pytest.mark.parametrize("rows", [45, 60, 79, 80, 100, 134, 300])
@pytest.mark.parametrize("regime", ["replace", "fresh:0.5", "weighted:golden"])
@pytest.mark.parametrize("size", [None, 40, 60, 200])
def test_what_is_advised_is_taken(rows, regime, size):
    try:
        sealed_apart(real_rows(rows), None, plan(regime), size, 0)
    except UsageError as error:
        advice = str(error).rpartition("Give ")[2]
    else:
        return
    if fits := re.search(r"a size of (\d+) or less", advice):
        assert sealed_apart(real_rows(rows), None, plan(regime), int(fits[1]), 0)[2] == int(fits[1])
    if shorter := re.search(r"(\d+) generations", advice):
        sealed_apart(real_rows(rows), None, plan(regime, generations=int(shorter[1])), size, 0)
    if more := re.search(r"([\d,]+) real rows or more", advice):
        sealed_apart(real_rows(int(more[1])), None, plan(regime), None, 0)
    beside = re.search(r"([\d,]+) real rows beside the sealed ones", advice)
    assert fits or shorter or more or beside
    if beside:
        sealed_apart(real_rows(int(beside[1].replace(",", ""))), real_rows(50, 1), plan(regime), size, 0)


def people(rows, each):
    table = real_rows(rows).table.append_column("who", pa.array([f"p{at // each}" for at in range(rows)]))
    return Dataset(table, infer_schema(table, target="class", entity="who"), name="real")


def test_entities_that_are_not_cut_do_not_leave_too_few_sealed():
    for seed in range(5):
        pool, sealed, size = sealed_apart(people(504, 7), None, plan(), 40, seed)
        assert (len(pool), len(sealed), size) == (462, 42, 40)
    with pytest.raises(UsageError, match="Got 39, as the rows of an entity stay together"):
        sealed_apart(people(104, 13), None, plan(), 60, 0)


def test_a_small_holdout_is_refused():
    with pytest.raises(UsageError, match=r"at least 40 sealed rows\. Got 39 in the holdout\. .* of 80 real rows or more"):
        sealed_apart(real_rows(400), real_rows(39, 1), plan(), 100, 0)
    pool, _, size = sealed_apart(real_rows(45), real_rows(40, 1), plan(), None, 0)
    assert (len(pool), size) == (45, 40)
    with pytest.raises(UsageError, match=r"Got 30 that are not sealed\. Give 40 real rows beside the sealed ones"):
        sealed_apart(real_rows(30), real_rows(40, 1), plan(), None, 0)


def test_generators_are_looked_up_before_any_work():
    makers = makers_of(["marginals", "bootstrap_rows", "marginals"], {"marginals": {"text": "null"}})
    assert list(makers) == ["marginals", "bootstrap_rows"]
    assert makers["marginals"]().text == "null"
    with pytest.raises(UnknownNameError, match="marginals"):
        makers_of(["marginls"], {})
    with pytest.raises(UsageError, match="rules learns nothing"):
        makers_of(["rules"], {})
    with pytest.raises(UsageError, match="settings for vae"):
        makers_of(["marginals"], {"vae": {}})
    with pytest.raises(UsageError, match="at least one generator"):
        makers_of([], {})
