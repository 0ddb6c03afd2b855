"""What mending found, in words: the terminal, warnings, what to do next."""

from __future__ import annotations

from dataclasses import replace

import pytest
from jsonschema import Draft202012Validator
from sample_mended import (
    FORMS,
    STEPS,
    copying,
    form,
    gained,
    leaking,
    lost,
    near,
    nothing,
    printed,
    scarce,
    shared,
    targetless,
    unsealed,
)

from assay.core.mended import Measured, Wanted, Why, Withheld
from assay.reporting import mended_words as words
from assay.reporting.documents import mend_schema
from assay.reporting.mended import Mended
from assay.reporting.mended_next import next_steps, replayed
from assay.reporting.mended_warnings import beside_rows, unmeasured, warnings


def flat(shown):
    return " ".join(shown.split())


@pytest.mark.parametrize(
    ("result", "kind", "said"),
    [
        (gained(), "gained", "Mending gained +0.017 (0.011 to 0.023) ROC AUC on 5,000 sealed rows."),
        (nothing(), "nothing", "Nothing helped; best without mending: real rows at 80% of the weight + synthetic rows, linear."),
        (shared(), "unproven", "No gain proven: +0.002 (-0.004 to 0.008) ROC AUC on 5,000 sealed rows."),
        (unsealed(), "unproved", "without sealed rows the gain is not proven"),
        (targetless(), "no_target", "no use is weighed up, as there is no target"),
        (
            replace(gained(), chosen=gained().baseline),
            "unused",
            "and it is still best to train without them: real rows at 80%",
        ),
        (
            lost(),
            "lost",
            "Mending lost -0.017 (-0.023 to -0.011) ROC AUC on 5,000 sealed rows; best without it: real rows at 80%",
        ),
        (scarce(), "too_few", "no use is weighed up, as too few real rows tell of the target"),
        (leaking(), "unproved", "Rows were mended; the gain is not proven."),
        (replace(targetless(), steps=()), "nothing", "Nothing helped: the rows stay as they came."),
    ],
)
def test_the_first_line_says_the_verdict_and_what_mending_gained(result, kind, said):
    assert result.outcome == kind
    assert said in words.gained(result)
    first = flat(printed(result).partition("\n  - ")[0].partition("\n  ! ")[0])
    mark = {"trusted": "✓ TRUSTED", "not_trusted": "✗ NOT TRUSTED", "cannot_tell": "? CANNOT TELL"}[result.verdict]
    assert first == f"{mark} {words.gained(result)}"


def test_a_shared_selection_is_said_loudly_everywhere():
    assert "! SELECTION INVALID: ROWS SHARED" in printed(shared())
    assert '<p class="invalid" role="alert"><b>Selection invalid: rows shared</b>' in shared().to_html()
    assert "Selection invalid: rows shared." in shared()._repr_html_()
    assert next_steps(shared())[0][1].endswith("--with NAME")
    for result in (gained(), unsealed()):
        assert "INVALID" not in printed(result)
        assert "Selection invalid" not in result.to_html()


@pytest.mark.parametrize("width", [80, 100, 160])
def test_a_terminal_shows_all_that_matters(width):
    shown = printed(gained(), width=width)
    for said in (
        "300 real and 12,000 synthetic rows, 5,000 sealed; 11,620 mended rows, by their weights worth 9,412.",
        "not trusted before, trusted after. Worth in real rows to a model: 690 (570 to 810); before: 180 (140 to 220).",
        "1. Drop repeats, whole table",
        "Wrong whatever the distribution. (p under 0.000001, corrected for all it looked at)",
        "2. Weigh classes, income",
        "told apart 0.794 (0.774 to 0.814) → 0.641 (0.611 to 0.671)",
        "use +0.021 (0.013 to 0.029)",
        "3. Refill tails, hours & capital (from real rows)",
        "two real samples score 0.5",
        "Match quantiles, age: it made rows easier to tell from real ones by 0.3 standard errors",
        "sex = Female +0.021 (0.009 to 0.033), 1,700 rows",
        "race: all smaller groups cannot tell: too few, 21 rows",
        "Recalibrated 0.012 (0.002 to 0.022)",
        "As chosen, probabilities are off: recalibrate them on real rows",
        "▸ real 50% + mended, linear 0.871 (0.841 to 0.901) +0.014 (0.002 to 0.026)",
        "▸ chosen; and 2 more, the JSON holds all of them",
        "As chosen 0.872 (0.862 to 0.882)",
        "Over baseline +0.017 (0.011 to 0.023)",
        "120 of 11,620 mended rows were made from real ones",
        "200 real rows where age above 61: the model's loss would fall by 0.0120 (0.0080 to 0.0160), from as many at random by",
        "200 real rows, whichever",
        "--replay recipe.json",
    ):
        assert said in flat(shown), said
    assert max(map(len, shown.splitlines())) <= width
    assert "\x1b" not in shown


def test_what_was_written_need_not_be_written_again():
    assert "--out mended.parquet --recipe recipe.json" in flat(printed(gained())).replace(" \\", "")
    assert "Write the mended rows" not in printed(gained(), kept=True)
    unused = replace(gained(), chosen=gained().baseline)
    assert "Write the mended rows" not in printed(unused)


def test_without_sealed_rows_it_says_what_is_missing():
    shown = flat(printed(unsealed()))
    assert "Without sealed rows copies and membership were not measured." in shown
    assert "assay split REAL" in shown
    assert (unsealed().verdict, unsealed().exit_code) == ("cannot_tell", 3)


def test_privacy_before_and_after_is_told():
    after = replace(gained().after, copies=Measured(0.05, 0.03, 0.07))
    lines = words.privacy(replace(gained(), after=after))
    assert lines[1] == "Rows that copy real ones beyond chance: before 0.4% (0.1% to 0.7%), after 5.0% (3.0% to 7.0%)."
    assert lines[2] == "Advantage of a membership attack: 2.0% (-1.0% to 5.0%), unchanged."
    assert words.privacy(nothing())[0] == "No mended row was made from a real one."


def test_what_got_worse_is_said_before_all_else_and_what_to_do_about_it():
    lines = warnings(copying())
    assert lines[:2] == [
        "Rows that copy real ones beyond chance rose by mending: 0.4% (0.1% to 0.7%) before, 5.0% (3.0% to 7.0%) after.",
        "Advantage of a membership attack rose by mending: 2.0% (-1.0% to 5.0%) before, 20.0% (15.0% to 25.0%) after.",
    ]
    assert lines[2] == "For sex = Female models do worse by mending: -0.021 (-0.033 to -0.009) on 1,700 sealed rows."
    shown = flat(printed(copying()))
    assert shown.index("rose by mending") < shown.index("Remedies were chosen")
    for page in (copying().to_html(), copying()._repr_html_()):
        assert all(line in page for line in lines)
    assert {"assay explain COPY03", "assay explain MIA01"} <= {command for _, command in next_steps(copying())}
    assert warnings(gained()) == warnings(shared()) == warnings(nothing()) == []


def test_a_rise_within_the_intervals_is_no_warning():
    after = replace(gained().after, copies=Measured(0.006, 0.002, 0.01))
    assert warnings(replace(gained(), after=after)) == []


def test_privacy_that_nobody_measured_is_said_where_real_rows_were_used():
    assert warnings(unsealed()) == ["Privacy was not measured, and 120 rows were made from real ones: there are no sealed rows."]
    blind = replace(gained(), after=replace(gained().after, membership=None))
    assert unmeasured(blind) == ["membership"]
    assert warnings(blind) == [
        "Privacy was not measured, and 120 rows were made from real ones: the check could not (membership)."
    ]
    assert words.privacy(blind)[2] == "Advantage of a membership attack: not measured, as the check could not."
    assert any("--policy share" in command for _, command in next_steps(blind))
    honest = replace(unsealed(), steps=STEPS[:2], counts={**unsealed().counts, "from_real": 0})
    assert warnings(honest) == []


def test_a_holdout_that_is_not_sealed_is_said_and_what_follows():
    lines = warnings(leaking())
    assert lines[0].startswith("Nothing is proved. A proof needs sealed rows")
    assert lines[1] == (
        "The holdout is not sealed: 300 of its rows were withheld from the proof (equal to real rows: 280; to synthetic rows: 3; "
        "of entities that real rows have: 17)."
    )
    assert any(command.startswith("assay split REAL") for _, command in next_steps(leaking()))
    assert (leaking().after.verdict, leaking().verdict) == ("trusted", "cannot_tell")
    assert replace(leaking(), after=leaking().before).verdict == "not_trusted"
    few = replace(gained(), withheld=Withheld(2, 0, 0, False))
    assert warnings(few) == []
    assert "2 holdout rows were withheld from the proof (equal to real rows: 2), no more than chance may bring." in flat(
        printed(few)
    )


def test_a_holdout_that_is_not_real_is_said_where_no_use_is_weighed_up_either():
    few = replace(gained(), proof=None, unweighed=Why("too_few", "Few."), unproved=Why("holdout_not_real", "Made by x."))
    assert warnings(few) == ["Few.", "Nothing is proved. Made by x."]


def test_rows_that_lost_are_not_trusted_whatever_a_check_says():
    assert (lost().after.verdict, lost().verdict, lost().exit_code) == ("trusted", "not_trusted", 1)
    assert lost().to_dict()["outcome"] == "lost"
    assert beside_rows(lost()) == [
        "! On sealed rows what was chosen did worse than the baseline.",
        f"  Train on: {FORMS[3].words}.",
    ]
    assert words.usage(lost()).startswith(f"Train on: {FORMS[3].words}.")
    said = [sentence for sentence, _ in next_steps(lost())]
    assert f"Train without the mended rows: {FORMS[3].words}." in said
    assert not any("Do the same" in one or "Write the mended" in one for one in said)
    bare = replace(lost(), steps=(), chosen=FORMS[1].words)
    assert (bare.outcome, bare.verdict, bare.best) == ("lost", "not_trusted", FORMS[3].words)
    assert words.gained(bare).startswith("The choice lost -")
    unused = replace(gained(), chosen=gained().baseline)
    assert (unused.verdict, unused.exit_code) == ("trusted", 0)
    assert beside_rows(unused) == ["! These rows are not the best to train on.", f"  Train on: {FORMS[3].words}."]
    assert beside_rows(gained()) == []
    assert beside_rows(nothing()) == ["! These are the rows as they came: no remedy helped."]
    assert words.group_lines(unused) == []
    assert "Over the baseline in each group" not in unused.to_html()


@pytest.mark.parametrize(
    ("mended", "recalibrated", "said"),
    [
        (Measured(0.02, 0.0, 0.04), near(0.01), "no error of the probabilities is proven"),
        (Measured(0.05, 0.04, 0.06), near(0.01), "recalibrate them on real rows"),
        (Measured(0.05, 0.01, 0.09), near(0.03), "is not proven"),
        (Measured(0.05, 0.04, 0.06), near(0.06), "does not put them right"),
    ],
)
def test_it_says_whether_probabilities_can_be_believed(mended, recalibrated, said):
    proof = gained().proof
    found = replace(proof.calibration, mended=mended, recalibrated=recalibrated)
    assert said in words.believed(replace(proof, calibration=found))
    assert words.believed(nothing().proof) == ""


def test_what_to_do_next_is_commands_that_go_on():
    commands = [command for _, command in next_steps(shared()) if command]
    asked = shared().run["command"]
    assert commands == [
        f"{asked} --with NAME",
        f"{asked} --out mended.parquet --recipe recipe.json",
        "assay explain LABEL01",
        "assay mend real.parquet MORE --target income --replay recipe.json --out more.parquet",
    ]
    assert all(not command.startswith("assay.mend") for command in commands)
    roles = replace(gained(), run={**shared().run, "command": "assay mend a b --schema s.toml --unseen --null '' --seed 3"})
    assert replayed(roles) == "assay mend a MORE --schema s.toml --null '' --replay recipe.json --out more.parquet"
    written = [command for _, command in next_steps(shared(), kept=True, recipe="it.json") if command.startswith("assay mend")]
    assert written[1:] == ["assay mend real.parquet MORE --target income --replay it.json --out more.parquet"]
    assert ("Write the recipe.", f"{asked} --recipe recipe.json") in next_steps(shared(), kept=True)
    assert ("Write the mended rows.", f"{asked} --out mended.parquet") in next_steps(shared(), recipe="it.json")
    called = replace(shared(), run={**shared().run, "command": "assay.mend"})
    assert next_steps(called)[0][1] == ""
    assert replayed(called) == "assay mend REAL MORE --replay recipe.json --out more.parquet"


def test_without_a_use_it_asks_for_a_target_or_for_rows_of_it():
    assert next_steps(scarce())[0][0].startswith("Give more real rows: of two classes")
    assert "Got 1 such classes." in flat(printed(scarce()))
    unnamed = replace(targetless(), run={**gained().run, "command": "assay mend a.csv b.csv"})
    assert next_steps(unnamed)[0] == (
        "Name the column that models will predict.",
        "assay mend a.csv b.csv --target COLUMN",
    )


def test_baseline_and_chosen_are_always_among_the_forms_shown():
    many = tuple(form("mended", share, "linear", 0.9 - share / 100, 0.1) for share in (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.9))
    result = replace(gained(), forms=(*many, *FORMS[3:]), chosen=many[0].words)
    shown = words.forms_shown(result)
    assert len(shown) == words.SHOWN
    assert {many[0].words, FORMS[3].words, FORMS[5].words, FORMS[9].words} <= {one.words for one in shown}
    assert [words.role(result, one) for one in shown].count("baseline") == 1
    assert words.role(nothing(), FORMS[3]) == "baseline, chosen"


def test_without_a_use_slices_are_told_by_what_synthetic_rows_lack():
    lacking = replace(targetless(), wanted=gained().wanted)
    said = (
        "200 real rows where age above 61: synthetic rows lack 1.2% (0.8% to 1.6%) of them, 0.5% (0.2% to 0.8%) of random ones."
    )
    for shown in (flat(printed(lacking)), lacking.to_html()):
        assert said in shown
        assert "200 real rows, whichever: synthetic rows lack 0.5% (0.2% to 0.8%) of them." in shown
        assert "loss would fall" not in shown
    assert "model&#39;s loss would fall by 0.0120" in gained().to_html()


def test_a_sample_says_so_and_how_to_mend_all_rows():
    inputs = {role: {**told, "rows": 250_000} for role, told in gained().inputs.items()}
    result = replace(gained(), inputs=inputs)
    assert result.to_dict()["sampled"] == {"real": 250_000, "synthetic": 250_000, "holdout": 250_000}
    Draft202012Validator(mend_schema()).validate(result.to_dict())
    assert Mended.from_dict(result.to_dict()) == result
    said = (
        "Of 250,000 synthetic rows 12,000 were drawn at random: these were mended, and --out writes no others; --replay mends all"
    )
    for shown in (flat(printed(result)), result.to_html(), result._repr_html_()):
        assert said in shown
        assert "Of 250,000 real rows 300 were drawn at random" in shown
    command = "assay mend real.parquet synthetic.parquet --target income --replay recipe.json --out all.parquet"
    assert ("Mend all 250,000 synthetic rows, of which these are a sample.", command) in next_steps(result)
    assert "--replay" not in words.sampled(replace(result, steps=()))[1]
    assert gained().sampled == unsealed().sampled == {}
    assert "drawn at random" not in printed(gained())


def test_rows_from_which_no_fall_is_proven_are_not_said_to_bring_one():
    one = Wanted("any rows", (), 100, Measured(-0.0003, -0.003, 0.0024), Measured(-0.0003, -0.003, 0.0024))
    assert words.wanted(one) == (
        "100 real rows, whichever: that the model's loss would fall is not proven, by -0.0003 (-0.0030 to 0.0024)."
    )
