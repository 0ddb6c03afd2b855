"""The toy worlds of a shared corpus: counts in closed form, the laws of a loop, and draws of parts held against rows."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import ndtr
from tests.lab.ecosystem_text import TWO, fresh, scenario
from tests.lab.held_to_law import ERRORS, same_distribution

from assay.core.errors import UsageError
from assay.lab.ecosystem_book import Book, Take, Written
from assay.lab.ecosystem_columns import Columns, root_of, subset, tails
from assay.lab.ecosystem_labels import Labels
from assay.lab.ecosystem_levels import Levels, expected_alive, long_tail, sample
from assay.lab.ecosystem_scenario import middles
from assay.lab.ecosystem_worlds import unfold
from assay.lab.laws import expected, simulate

LINEAGES = 5_000
SHARES = np.array([*[0.01] * 20, 0.8])


def within(numbers: np.ndarray, law: np.ndarray) -> bool:
    error = numbers.std(axis=1, ddof=1) / np.sqrt(numbers.shape[1])
    return bool((np.abs(numbers.mean(axis=1) - law) <= ERRORS * np.maximum(error, 1e-12)).all())


@pytest.mark.parametrize(("share", "size"), [(0.1, 50), (0.5, 20)])
def test_a_corpus_that_is_replaced_every_year_keeps_the_laws_of_fresh_rows(share, size):
    found = fresh(size, share, 2033)
    values, rng = middles(found, LINEAGES), np.random.default_rng(4)
    axes = unfold(found, values, [Columns(values, 1, dimension=1), Levels(values, 1, probabilities=SHARES)], rng)
    regime = f"fresh:{share}"
    assert within(np.exp(axes["log_variance"]), expected("gaussian", regime, 9, size)["variance"])
    mixed = 1 - SHARES @ SHARES
    law = expected("categories", regime, 9, size, probabilities=SHARES)["heterozygosity"]
    assert within(axes["heterozygosity"] * mixed, law)
    law7 = simulate("categories", regime, 9, size, LINEAGES, probabilities=SHARES, seed=3)
    common, usual = 1.0, 20 * (1 - 0.99**size)
    apart = axes["rare_levels"].mean(axis=1) * usual - (law7.mean("survivors") - common)
    error = np.hypot(axes["rare_levels"].std(axis=1) * usual / np.sqrt(LINEAGES), law7.standard_error("survivors"))
    assert (np.abs(apart) <= ERRORS * error).all()


def test_spread_below_one_leaves_what_sampling_bias_leaves():
    found = fresh(2_000, 0.25, 2045)
    values, rng = middles(found, 400), np.random.default_rng(4)
    values["making.spread"] = np.full(400, 0.7)
    axes = unfold(found, values, [Columns(values, 1, dimension=2)], rng)
    law = 0.25 / (1 - 0.75 * 0.7)  # law 3 for large samples: r / (1 - (1 - r) L)
    assert np.exp(axes["log_variance"][-1].mean()) == pytest.approx(law, rel=5e-3)


def test_rows_are_counted_as_the_scenario_says():
    found = scenario(
        {
            "human.stock": 1_000,
            "human.inflow": 0.2,
            "human.growth": 0.1,
            "synthetic.stock": 0.2,
            "provenance.marked": 0.25,
            "provenance.honoured": 0.8,
            "detection.true_positive": 0.5,
            "detection.false_positive": 0.1,
        },
        readers=TWO,
    )
    book = Book(found, middles(found, 3))
    book.read(found.generators[0], 0)
    written = book.fill()
    assert written.made[0].tolist() == [[125.0, 42.0], [62.0, 21.0]]  # 250 rows, two to one, three quarters unmarked
    assert book.counts[0].tolist() == [1_000, 187, 63]
    book.retain()
    assert book.counts[0].tolist() == [700, 131, 44]
    assert book.grow().human.tolist() == [200.0] * 3
    book.retain()
    assert book.grow().human.tolist() == [220.0] * 3
    accepted = book.counts[0] * [0.9, 0.5, 0.5 * 0.2]
    take = book.read(found.generators[0], 0)
    assert np.abs(take.counts[0] - 30 * accepted / accepted.sum()).max() <= 0.5
    wanted = found.generators[0].__class__("all", 1, 10**6)
    assert np.abs(book.read(wanted).counts[0] - accepted).max() <= 1


def test_labels_go_wrong_as_the_recursion_says_and_curation_mends_them():
    given = {"human.wrong": 0.1, "making.wrong": 0.05, "curation.keep_good": 0.8, "curation.keep_bad": 0.2}
    found = scenario({**given, "human.stock": 10**6})
    book = Book(found, middles(found, 1))
    take = book.read(found.generators[0], 0)
    kept = 0.2 * 0.1 / (0.2 * 0.1 + 0.8 * 0.9)
    assert take.wrong_share[0] == pytest.approx(kept)
    assert book.model_wrong[0, 0] == pytest.approx(kept + 0.05 * (1 - 2 * kept))


def test_too_few_accepted_rows_are_told():
    found = scenario({"human.stock": 20, "human.inflow": 0, "synthetic.inflow": 0})
    with pytest.raises(UsageError, match=r"Readers accept 7 rows in 2028; a model needs 10"):
        unfold(found, middles(found, 2), [], np.random.default_rng(0))


@pytest.mark.parametrize("d", [1, 3])
def test_a_part_of_normal_rows_is_drawn_as_rows_would_be(d):
    rng = np.random.default_rng(8)
    rows = rng.standard_normal((12_000, 15, d))
    mean = rows.mean(axis=1)
    apart = rows - mean[:, None]
    scatter = np.einsum("rni,rnj->rij", apart, apart)
    whole, kept = np.full(12_000, 15.0), np.full(12_000, 6.0)
    got_mean, got_scatter = subset(mean, scatter, whole, kept, rng)
    part = rows[:, :6]
    own = part - part.mean(axis=1, keepdims=True)
    other = np.einsum("rni,rnj->rij", own, own)
    assert same_distribution(got_mean[:, 0], part.mean(axis=1)[:, 0])
    assert same_distribution(np.trace(got_scatter, axis1=1, axis2=2), np.trace(other, axis1=1, axis2=2))
    assert same_distribution(got_scatter[:, 0, d - 1], other[:, 0, d - 1])
    # and it hangs together with the whole as a part does
    for one, two in ((got_mean[:, 0], part.mean(axis=1)[:, 0]), (got_scatter[:, 0, 0], other[:, 0, 0])):
        for with_ in (mean[:, 0], scatter[:, 0, 0]):
            assert np.corrcoef(one, with_)[0, 1] == pytest.approx(np.corrcoef(two, with_)[0, 1], abs=0.05)
    all_mean, all_scatter = subset(mean, scatter, whole, whole, rng)
    assert np.array_equal(all_mean, mean)
    assert np.array_equal(all_scatter, scatter)


def test_mass_of_tails_does_not_hang_on_how_few_rows_there_are():
    rng = np.random.default_rng(3)
    for rows in (3, 10, 50):
        drawn = rng.standard_normal((20_000, rows))
        squares = ((drawn - drawn.mean(axis=1, keepdims=True)) ** 2).sum(axis=1)
        mass = tails(drawn.mean(axis=1)[:, None], squares[:, None], np.full(20_000, float(rows)))
        assert abs(mass.mean() - 1) < ERRORS * mass.std() / np.sqrt(20_000)
    narrow = tails(np.zeros((1, 1)), np.array([[0.5 * (1e9 - 1)]]), np.array([1e9]))
    assert narrow[0] == pytest.approx(ndtr(-2.3263478740 / np.sqrt(0.5)) / 0.01, rel=1e-6)


def test_levels_are_drawn_without_replacement_and_large_parts_by_rates():
    rng = np.random.default_rng(5)
    counts = np.tile(np.array([3, 7, 40]), (20_000, 1))
    taken = sample(counts, np.full(20_000, 50.0), np.full(20_000, 20.0), rng)
    assert (taken.sum(axis=1) == 20).all()
    assert taken[:, 0].mean() == pytest.approx(1.2, abs=0.04)
    assert taken[:, 0].var() == pytest.approx(20 * 0.06 * 0.94 * 30 / 49, rel=0.06)
    large = np.tile(np.array([30, 10**9]), (4_000, 1))
    some = sample(large, np.full(4_000, 1e9 + 30), np.full(4_000, 1e8), rng)
    assert some[:, 0].mean() == pytest.approx(3, abs=0.2)
    assert some[:, 1].mean() == pytest.approx(1e8, rel=1e-4)


def test_rare_levels_at_internet_scale_die_as_those_of_a_small_corpus_do():
    """Survival hangs on expected rows alone: 1,500 rows or 1.5e10, it is the same."""
    alive = []
    for stock in (20_000, 2e11):
        rows = int(stock / 20)
        found = scenario({"human.stock": stock}, readers=f"[[generators]]\nevery = 1\nrows = {rows}\n")
        values = middles(found, 1_000)
        shares = np.array([*[2 / rows] * 10, *[8 / rows] * 10, 1 - 100 / rows])
        axes = unfold(found, values, [Levels(values, 1, probabilities=shares)], np.random.default_rng(2))
        alive.append(axes["rare_levels"])
    error = np.hypot(*(each.std(axis=1) / np.sqrt(1_000) for each in alive))
    assert (np.abs(alive[0].mean(axis=1) - alive[1].mean(axis=1)) <= ERRORS * error).all()
    assert alive[0][0].mean() == pytest.approx(1, abs=0.01)


def test_a_turned_rule_leaves_the_floor_of_strong_collapse():
    """Law 6: with a share p of rows by a rule that is off by c, what is learned is off by p c, whatever the number of rows."""
    lineages, p, c = 50, 0.4, 0.3
    found = scenario({"human.stock": 1e12, "making.shift": c})
    values = middles(found, lineages)
    rng = np.random.default_rng(0)
    world = Labels(values, 1, 1, rng)
    none = np.zeros((lineages, 3))
    stock = np.column_stack([np.full(lineages, 1e12), none[:, 1:]])
    world.start(stock[:, 0], rng)
    world.learn(0, Take(stock, stock, none, none), rng)
    made = np.zeros((lineages, 1, 2))
    made[:, 0, 0] = 1e12 * p / (1 - p)
    world.write(stock, Written(np.zeros(lineages), made, np.zeros(lineages), np.zeros((lineages, 1))), rng)
    counts = stock + np.column_stack([np.zeros(lineages), made[:, 0, 0], np.zeros(lineages)])
    world.learn(1, Take(counts, counts, none, none), rng)
    rule = np.array([1 - p + p / np.hypot(1, c), p * c / np.hypot(1, c)])
    assert world.axes(np.ones(1))["classifier_error"] == pytest.approx(ndtr(-2 * rule[0] / np.hypot(*rule)), abs=1e-6)


def test_rare_levels_are_held_against_the_rows_read_not_the_rows_wanted():
    """Readers that filter, or want more than there is, read fewer rows of reality alone: nothing is lost by it."""
    wanted = 1_000
    for given in ({"detection.false_positive": 0.9}, {"human.stock": 100}):
        found = scenario(
            {"human.stock": 1_000, "human.inflow": 0, "synthetic.inflow": 0, "corpus.retention": 1, **given},
            readers=f"[[generators]]\nevery = 1\nrows = {wanted}\n",
        )
        values = middles(found, 4_000)
        shares = np.array([*[0.01] * 20, 0.8])
        axes = unfold(found, values, [Levels(values, 1, probabilities=shares)], np.random.default_rng(2))
        assert axes["rows_read"][0, 0] == pytest.approx(0.1, abs=0.002)
        assert abs(axes["rare_levels"][0].mean() - 1) < ERRORS * axes["rare_levels"][0].std() / np.sqrt(4_000)
    assert expected_alive(np.full(20, 0.01), wanted) / expected_alive(np.full(20, 0.01), 100) > 1.5  # what it fell to before


def test_a_few_rows_of_a_huge_part_are_as_many_as_wanted():
    rng = np.random.default_rng(6)
    counts = np.tile(np.array([10**9, 3 * 10**9]), (20_000, 1))
    counts[:100] = [4, 12]
    kept = np.where(np.arange(20_000) < 100, 8.0, 10.0)
    taken = sample(counts, counts.sum(axis=1).astype(float), kept, rng)
    assert (taken.sum(axis=1) == kept).all()
    assert taken[100:, 0].mean() == pytest.approx(2.5, abs=0.05)
    assert taken[:100, 0].max() <= 4
    world = Levels({"making.rare": np.ones(20_000)}, 1, probabilities=[0.01] * 20 + [0.8])
    world.start(np.where(np.arange(20_000) < 10_000, 20.0, 1e12), rng)
    assert (world.counts[:10_000, 0].sum(axis=1) == 20).all()


def test_a_root_of_what_has_shrunk_to_a_line():
    whole = np.array([[[4.0, 2.0], [2.0, 3.0]]])
    assert root_of(whole) == pytest.approx(np.linalg.cholesky(whole))
    both = np.concatenate([whole, [[[4.0, 2.0], [2.0, 1.0]]], np.zeros((1, 2, 2))])
    root = root_of(both)
    assert root @ root.swapaxes(1, 2) == pytest.approx(both)


def test_long_tail_is_a_distribution_at_any_size():
    for rows in (100, 10_000, 15 * 10**9):
        shares = long_tail(rows)
        assert shares.sum() == pytest.approx(1)
        assert (shares > 0).all()
        assert (shares < 0.02).any()
