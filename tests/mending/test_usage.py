from __future__ import annotations

import numpy as np

from assay.mending.forms import Form
from assay.mending.usage import Tried, Use, _choice
from assay.mending.within import Within
from assay.stats.scores import Score

ROWS = 400
NOISE = np.random.default_rng(9).normal(size=ROWS)


def tried(value, *form, noise=0.0, seed=0):
    """A form that scores `value`; `noise` is the spread of each row's influence, one of its own."""
    influence = noise * np.random.default_rng(seed).normal(size=ROWS)
    return Tried(Form(*form), Score(value, influence - influence.mean()))


def chosen(*entries, shared=False, within=None) -> Use:
    return _choice(tuple(entries), shared, None, within)


def says(mended, synthetic, told=0.5, real=0.8, anchored=False):
    scores = {"mended": mended, "synthetic": synthetic, "real": real}
    return Within({rows: both(score, score) for rows, score in scores.items()}, told, anchored)


def both(linear, boosting):
    return {"linear": Score(linear, np.zeros(ROWS)), "boosting": Score(boosting, np.zeros(ROWS))}


REAL = ("real", None, "linear")
PLAIN = ("synthetic", None, "linear")
MENDED = ("mended", None, "linear")


def test_a_share_must_win_clearly_over_the_simple_forms():
    narrow = chosen(tried(0.80, *REAL), tried(0.85, *PLAIN), tried(0.855, "synthetic", 0.5, "linear", noise=0.4))
    assert narrow.chosen.form == Form(*PLAIN)
    clear = chosen(tried(0.80, *REAL), tried(0.85, *PLAIN), tried(0.95, "synthetic", 0.5, "linear", noise=0.4))
    assert clear.chosen.form.share == 0.5


def test_mended_rows_are_used_where_they_are_better_than_the_best_without_mending():
    assert chosen(tried(0.8, *REAL), tried(0.85, *PLAIN), tried(0.86, *MENDED, noise=1.0)).chosen.form == Form(*MENDED)
    assert chosen(tried(0.8, *REAL), tried(0.85, *PLAIN), tried(0.84, *MENDED, noise=1.0)).chosen.form == Form(*PLAIN)
    worse = chosen(tried(0.8, *REAL), tried(0.85, *PLAIN), tried(0.70, *MENDED, noise=1.0))
    assert worse.chosen.form == worse.baseline.form == Form(*PLAIN)
    assert worse.mended.form == Form(*MENDED)


def test_where_the_generator_saw_the_real_rows_these_alone_are_kept_unless_something_wins_by_two_standard_errors():
    flattered = (tried(0.80, *REAL), tried(0.85, *PLAIN, noise=1.0), tried(0.86, *MENDED, noise=1.0, seed=1))
    assert chosen(*flattered).chosen.form == Form(*MENDED)
    assert chosen(*flattered, shared=True).chosen.form == Form(*REAL)
    sure = (tried(0.60, *REAL), tried(0.85, *PLAIN, noise=1.0), tried(0.86, *MENDED, noise=1.0, seed=1))
    assert chosen(*sure, shared=True).baseline.form == Form(*PLAIN)


def test_a_gain_that_follows_from_the_mended_rows_counts_as_far_as_they_pass_for_real():
    unsure = (tried(0.80, *REAL), tried(0.85, *PLAIN), tried(0.845, *MENDED, noise=0.4))  # worse by a quarter of an error
    assert chosen(*unsure, within=says(0.90, 0.85)).chosen.form == Form(*MENDED)
    assert chosen(*unsure, within=says(0.90, 0.85, told=0.95)).chosen.form == Form(*PLAIN)
    sure = (tried(0.80, *REAL), tried(0.85, *PLAIN), tried(0.75, *MENDED, noise=0.4))
    assert chosen(*sure, within=says(0.90, 0.85)).chosen.form == Form(*PLAIN)


def test_many_rows_that_pass_for_real_are_preferred_to_few_real_ones_unless_these_speak_against_it():
    unsure = (tried(0.85, *REAL), tried(0.80, *PLAIN), tried(0.845, *MENDED, noise=0.4))
    assert chosen(*unsure, within=says(0.90, 0.85)).chosen.form == Form(*MENDED)
    assert chosen(*unsure, within=says(0.90, 0.85, told=0.95)).chosen.form == Form(*REAL)
    assert chosen(*unsure, within=says(0.90, 0.85, real=0.91)).chosen.form == Form(*REAL)
    sure = (tried(0.85, *REAL), tried(0.80, *PLAIN), tried(0.75, *MENDED, noise=0.4))
    assert chosen(*sure, within=says(0.90, 0.85)).chosen.form == Form(*REAL)


def test_rows_made_from_real_ones_must_win_on_real_rows():
    unsure = (tried(0.80, *REAL), tried(0.85, *PLAIN), tried(0.86, *MENDED, noise=0.4))
    assert chosen(*unsure, within=says(0.90, 0.85)).chosen.form == Form(*MENDED)
    assert chosen(*unsure, within=says(0.90, 0.85, anchored=True)).chosen.form == Form(*PLAIN)
    sure = (tried(0.80, *REAL), tried(0.85, *PLAIN), tried(0.90, *MENDED, noise=0.4))
    assert chosen(*sure, within=says(0.84, 0.85, anchored=True)).chosen.form == Form(*MENDED)


def test_a_gain_within_the_noise_of_the_rows_asked_about_is_not_believed():
    pair = (tried(0.80, *REAL), tried(0.85, *PLAIN), tried(0.845, *MENDED, noise=0.4))
    said = says(0.856, 0.85)
    noisy = said._replace(scores=said.scores | {"mended": {name: Score(0.856, NOISE) for name in ("linear", "boosting")}})
    assert chosen(*pair, within=said).chosen.form == Form(*MENDED)
    assert chosen(*pair, within=noisy).chosen.form == Form(*PLAIN)


def test_the_learner_of_unmended_rows_may_be_the_one_that_suits_the_mended_ones():
    pair = tried(0.85, *PLAIN), tried(0.845, "synthetic", None, "boosting", noise=0.4)
    other = Form("synthetic", None, "boosting")
    said = says(0.88, 0.88)
    suits = said._replace(scores=said.scores | {"synthetic": both(0.85, 0.90)})
    assert chosen(tried(0.80, *REAL), *pair, within=said).chosen.form == Form(*PLAIN)
    assert chosen(tried(0.80, *REAL), *pair, within=suits).chosen.form == other
    assert chosen(tried(0.80, *REAL), *pair, within=suits._replace(told=0.95)).chosen.form == Form(*PLAIN)
    assert chosen(tried(0.80, *REAL), *pair, within=suits, shared=True).chosen.form == Form(*REAL)


def test_rows_that_would_not_help_if_they_were_reality_are_not_used():
    better = (tried(0.80, *REAL), tried(0.85, *PLAIN), tried(0.86, *MENDED, noise=0.4))
    assert chosen(*better).chosen.form == Form(*MENDED)
    assert chosen(*better, within=says(0.85, 0.86)).chosen.form == Form(*PLAIN)


def test_the_learner_that_suits_the_mended_rows_is_taken_where_real_rows_cannot_tell():
    pair = (tried(0.85, "mended", None, "linear", noise=0.5), tried(0.855, "mended", None, "boosting", noise=0.5, seed=1))
    within = says(0.0, 0.7)
    within = within._replace(scores=within.scores | {"mended": both(0.9, 0.8)})
    assert chosen(tried(0.6, *REAL), tried(0.6, *PLAIN), *pair).mended.form.learner == "boosting"
    assert chosen(tried(0.6, *REAL), tried(0.6, *PLAIN), *pair, within=within).mended.form.learner == "linear"


def test_where_mended_rows_are_silent_they_must_win_on_real_rows():
    unsure = (tried(0.80, *REAL), tried(0.85, *PLAIN), tried(0.86, *MENDED, noise=0.4))
    assert chosen(*unsure, within=Within({}, 0.5)).chosen.form == Form(*PLAIN)
    sure = (tried(0.80, *REAL), tried(0.85, *PLAIN), tried(0.90, *MENDED, noise=0.4))
    assert chosen(*sure, within=Within({}, 0.5)).chosen.form == Form(*MENDED)


def test_small_gains_of_rows_that_do_not_pass_for_real_are_not_taken():
    unsure = (tried(0.85, *REAL), tried(0.80, *PLAIN), tried(0.86, *MENDED, noise=0.4))  # ahead by half an error
    assert chosen(*unsure, within=says(0.90, 0.85, told=0.55)).chosen.form == Form(*MENDED)
    assert chosen(*unsure, within=says(0.90, 0.85, told=0.99)).chosen.form == Form(*REAL)
    sure = (tried(0.85, *REAL), tried(0.80, *PLAIN), tried(0.92, *MENDED, noise=0.4))
    assert chosen(*sure, within=says(0.90, 0.85, told=0.99)).chosen.form == Form(*MENDED)
