from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from assay import load
from assay.core import registry
from assay.core.errors import InputError, UnknownNameError, UsageError
from assay.core.seeds import spawn
from assay.lab.regime import State, regime_of
from assay.lab.regimes.weighted import best_weight, copies

from .toy_loop import made, real_rows

SIZE = 60
NAMES = ("accumulate", "accumulate_subsample", "curated", "fresh", "mended", "mix", "replace", "weighted")
WRITTEN = (
    "replace",
    "accumulate",
    "accumulate_subsample",
    "mix:0.1",
    "fresh:0.1",
    "mended:0.1",
    "curated:verifier",
    "weighted:golden",
)


def parts(count):
    """Tables whose rows cannot be confounded: x of table k lies around 100 k."""
    whole = real_rows(SIZE * 6)
    out = []
    for at in range(count):
        rows = whole.take(np.arange(at * SIZE, (at + 1) * SIZE))
        x = rows.numbers("x") + 100 * at
        rows.table = rows.table.set_column(0, "x", [x.tolist()])
        out.append(rows)
    return out


def state(generations=3, *, number=None, seed=0):
    real, reserve, *history = parts(2 + generations)
    history = [made(rows, at + 1) for at, rows in enumerate(history)]
    return State(real, history, size=SIZE, number=number or generations + 1, seed=seed, reserve=reserve)


def counts(corpus, tables):
    """Rows of each table in a corpus."""
    found = np.round(corpus.numbers("x") / 100).astype(int)
    return [int((found == at).sum()) for at in range(tables)]


def corpus(text, given, seed=0):
    return regime_of(text).corpus(given, spawn(seed))


def test_these_regimes_exist_and_say_what_they_are():
    assert set(NAMES) <= set(registry.names("regime"))
    for text in WRITTEN:
        regime = regime_of(text)
        assert regime.text == text
        assert regime.meaning
        assert regime.usage.startswith(regime.name)
        assert regime.reads == ("all" if "accumulate" in text else "last")


def test_replace_is_the_last_generation_itself():
    given = state()
    rows = corpus("replace", given)
    assert counts(rows, 5) == [0, 0, 0, 0, SIZE]
    assert [source.depth for source in given.sources] == [3]
    assert given.sources[0].sha256 == rows.sha256


def test_accumulate_has_the_real_rows_and_every_generation():
    given = state()
    rows = corpus("accumulate", given)
    assert counts(rows, 5) == [SIZE, 0, SIZE, SIZE, SIZE]
    assert [source.depth for source in given.sources] == [0, 1, 2, 3]
    assert rows.lineage.depth == 3


def test_the_subsample_draws_as_many_rows_without_repeats_from_the_whole_history():
    drawn = []
    for seed in range(40):
        given = state()
        rows = corpus("accumulate_subsample", given, seed)
        assert len(rows) == SIZE == len(np.unique(rows.numbers("x")))
        assert counts(rows, 5)[1] == 0
        assert given.record == {"real_rows": counts(rows, 5)[0]}
        drawn.append(counts(rows, 5))
    # each of the four tables gives 15 on average; the error of a mean of 40 hypergeometric counts is 0.46
    assert np.abs(np.delete(np.mean(drawn, axis=0), 1) - SIZE / 4).max() < 2
    assert len({tuple(each) for each in drawn}) > 1


def test_mix_keeps_the_same_real_rows_in_every_generation():
    first, second = state(1), state(3)
    one, two = corpus("mix:0.1", first, 1), corpus("mix:0.1", second, 2)
    assert counts(one, 3) == [6, 0, SIZE - 6]
    assert counts(two, 5) == [6, 0, 0, 0, SIZE - 6]
    assert np.array_equal(one.numbers("x")[:6], two.numbers("x")[:6])
    assert not np.array_equal(one.numbers("x")[:6], corpus("mix:0.1", state(1, seed=9)).numbers("x")[:6])
    assert len(np.unique(two.numbers("x"))) == SIZE


def test_fresh_rows_are_new_in_every_generation_until_the_reserve_is_used_up():
    regime = regime_of("fresh:0.25")
    assert regime.fresh_rows(SIZE) == 15
    seen = []
    for number in (2, 3, 4, 5):
        rows = corpus("fresh:0.25", state(3, number=number))
        assert counts(rows, 5) == [0, 15, 0, 0, SIZE - 15]
        seen.append(rows.numbers("x")[:15])
    assert len(np.unique(np.concatenate(seen))) == SIZE
    with pytest.raises(InputError, match="used up: generation 6 needs 15 new ones after 60, and there are 60"):
        corpus("fresh:0.25", state(3, number=6))


def test_the_golden_ratio_weighs_new_real_rows_against_made_ones():
    golden = (np.sqrt(5) - 1) / 2
    assert best_weight(10, 10) == pytest.approx(golden)
    for k in (0.25, 1.0, 3.0):  # the weight that is best makes the variance w of n real rows'
        w, all_w = best_weight(round(100 * k), 100), np.linspace(0.01, 0.99, 981)
        variance = (all_w**2) / (1 - (1 - all_w) ** 2) + k * (1 - all_w) ** 2 / (1 - (1 - all_w) ** 2)
        assert all_w[variance.argmin()] == pytest.approx(w, abs=0.001)
        assert variance.min() == pytest.approx(w, abs=1e-4)
    assert copies(10, 10) == (3, 2)
    given = state(1)
    rows = corpus("weighted:golden", given)
    assert counts(rows, 3) == [0, 90, 60]
    assert given.record == {"real_rows": 30, "real_weight": 0.6}
    assert set(np.unique(rows.numbers("x"), return_counts=True)[1]) == {2, 3}


def test_the_verifier_turns_wrong_labels_away_and_says_how_often():
    real, labelled = real_rows(600, 1), real_rows(300, 2)
    flipped = labelled.table.set_column(2, "class", [(1 - labelled.numbers("class")).astype(int).tolist()])
    kept = {}
    for name, table in (("right", labelled.table), ("wrong", flipped)):
        rows = made(labelled, 1)
        rows.table = table
        given = State(real, [rows], size=300, number=2, seed=0)
        try:
            found = corpus("curated", given)
        except InputError as error:
            assert "too few to learn from" in str(error)  # noqa: PT017 - either is right for wrong labels
        else:
            assert len(found) == round(given.record["kept"] * 300)
            assert set(found.numbers("x")) <= set(labelled.numbers("x"))
        kept[name] = given.record["kept"]
    # nine in ten labels follow from the level: right ones are kept at about the rate measured on real rows, and so are wrong ones
    assert 0.8 < given.record["keep_good"] < 1
    assert given.record["keep_bad"] < 0.5 * given.record["keep_good"]
    assert kept["right"] == pytest.approx(given.record["keep_good"], abs=0.08)
    assert kept["wrong"] == pytest.approx(given.record["keep_bad"], abs=0.08)


def test_curation_needs_a_target():
    rows = real_rows()
    with pytest.raises(UsageError, match="--target"):
        regime_of("curated:verifier").require_usable(rows.select(["x", "level"]).schema)
    regime_of("curated:verifier").require_usable(rows.schema)


def test_new_real_rows_mend_what_was_made_before_it_is_learned_from():
    rng = np.random.default_rng(0)

    def rows(count, shift):
        x = rng.normal(size=count)
        y = np.where(x + rng.normal(size=count) > 0, "yes", "no")
        return load(pa.table({"x": x + shift, "z": rng.normal(size=count), "y": y}), target="y")

    real, reserve, last = rows(400, 0.0), rows(600, 0.0), made(rows(400, 2.0), 1)
    given = State(real, [last], size=400, number=2, seed=0, reserve=reserve)
    regime = regime_of("mended:0.4")
    assert regime.fresh_rows(400) == 160
    corpus = regime.corpus(given, spawn(0))
    assert len(corpus) == 400
    assert corpus.lineage.depth == 1
    assert np.array_equal(corpus.numbers("x")[:160], reserve.numbers("x")[:160])
    assert abs(corpus.numbers("x")[160:].mean()) < 0.4  # two standard deviations too high as they were made
    assert given.record["remedies"] >= 1
    assert given.record["told"] < 0.7
    few = State(real, [last], size=40, number=2, seed=0, reserve=reserve)
    assert abs(regime_of("mended:0.5").corpus(few, spawn(0)).numbers("x")[20:].mean() - 2.0) < 0.8
    assert few.record == {"real_rows": 20, "kept": 20}


@pytest.mark.parametrize(
    ("text", "error", "said"),
    [
        (
            "mxi:0.1",
            UnknownNameError,
            r"Did you mean 'mix'\? Known: accumulate, accumulate_subsample, curated, fresh, mended, mix",
        ),
        ("mix", UsageError, r"mix needs a share of real rows in \(0, 1\). Got none. Write: mix:SHARE"),
        ("mix:1", UsageError, "Got '1'"),
        ("fresh:often", UsageError, "Got 'often'"),
        ("fresh:nan", UsageError, "Got 'nan'"),
        ("replace:0.1", UsageError, "takes nothing after a colon"),
        ("weighted:silver", UsageError, "weighted:golden"),
        ("curated:me", UsageError, "curated:verifier"),
    ],
)
def test_what_is_no_regime_is_met_with_what_there_is(text, error, said):
    with pytest.raises(error, match=said):
        regime_of(text)


def test_a_regime_is_one_class_as_the_guide_shows():
    guide = (Path(__file__).parents[2] / "docs" / "loop.md").read_text("utf-8")
    shown = next(block for block in guide.split("```python\n") if block.startswith('"""Each generation is')).partition("```")[0]
    room: dict[str, object] = {"__name__": "our_regimes.oldest"}
    exec(compile(shown, "oldest.py", "exec"), room)
    regime, given = room["Oldest"](), state()
    assert counts(regime.corpus(given, spawn(0)), 5) == [30, 0, 60, 0, 0]
    assert (regime.text, given.record) == ("oldest", {"real_rows": 30})
    assert [source.depth for source in given.sources] == [1, 0]
