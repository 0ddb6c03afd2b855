"""The plain words of mending: what it gained, how the choice was made, what was done, and what to do next."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from assay.core.mended import Checked, FormScored, Left, Measured, Proof, Taken, Wanted, Withheld
from assay.reporting import words
from assay.reporting.text import count, decimals, place, title, visible

if TYPE_CHECKING:
    from assay.reporting.mended import Mended

SELECTIONS: dict[str, str] = {
    "unseen": "Remedies were chosen on real rows that the generator never saw, as you said.",
    "refitted": "Remedies were chosen on real rows that a generator fitted anew, without them, never saw.",
    "shared": "Selection invalid: rows shared. The generator may have seen the real rows that remedies were chosen on, so these "
    "cannot bear a remedy out. Mended rows are preferred only where they beat the baseline by two standard errors.",
}
PRIVATE = (("Rows that copy real ones beyond chance", "copies"), ("Advantage of a membership attack", "membership"))
INTERVALS = "Intervals hold for other sealed rows and for models of other rows of the same kind, not for other choices."
ALIKE = 0.5
SHOWN = 8


def gained(mended: Mended) -> str:
    """Say in one sentence what mending gained on sealed rows, or that nothing helped."""
    proof, best, kind = mended.proof, visible(mended.best), mended.outcome
    if kind == "nothing":
        return (
            f"Nothing helped; best without mending: {best}." if mended.baseline else "Nothing helped: the rows stay as they came."
        )
    if kind in ("no_target", "too_few"):
        why = "there is no target" if kind == "no_target" else "too few real rows tell of the target"
        return f"Rows were mended; no use is weighed up, as {why}."
    if kind == "unused":
        return f"Rows were mended, and it is still best to train without them: {best}."
    if kind == "unproved" or proof is None:
        if mended.unproved is not None and mended.unproved.code != "no_holdout":
            return "Rows were mended; the gain is not proven."
        return "Rows were mended; without sealed rows the gain is not proven."
    told = f"{around(proof.gain, sign=True)} {words.metric(proof.metric)} on {count(proof.rows)} sealed rows"
    if kind == "gained":
        return f"Mending gained {told}."
    if kind != "lost":
        return f"No gain proven: {told}."
    if mended.steps and uses_mended(mended):
        return f"Mending lost {told}; best without it: {best}."
    return f"The choice lost {told}; best: {best}."


def around(found: Measured, *, sign: bool = False) -> str:
    """Write a number with its 95% interval, with the places that the interval's width deserves.

    Examples
    --------
    >>> around(Measured(0.0123, 0.0041, 0.0205), sign=True), around(Measured(0.51, 0.49, 0.53)), around(Measured(0.5, 0.5, 0.5))
    ('+0.012 (0.004 to 0.021)', '0.510 (0.490 to 0.530)', '0.500 (0.500 to 0.500)')
    """
    width = found.high - found.low
    places = min(6, max(0, 1 - math.floor(math.log10(width)))) if 1e-6 < width < 1e6 else 3
    value, low, high = (decimals(part, places) for part in (found.value, found.low, found.high))
    plus = "+" if sign and found.value > 0 and any(digit in value for digit in "123456789") else ""
    return f"{plus}{value} ({low} to {high})"


def percent(found: Measured) -> str:
    """Write a share with its interval in per cent.

    Examples
    --------
    >>> percent(Measured(0.012, 0.0, 0.031))
    '1.2% (0.0% to 3.1%)'
    """
    value, low, high = (decimals(100 * part, 1) for part in (found.value, found.low, found.high))
    return f"{value}% ({low}% to {high}%)"


def told(step: Taken) -> str:
    """Say how well rows were told apart before and after a step."""
    return f"{around(step.told_before)} → {around(step.told_after)}"


def use(step: Taken) -> str:
    """Say what models trained on these and the real rows gained by a step."""
    return "" if step.use is None else around(step.use, sign=True)


def where(step: Taken | Left) -> str:
    """Say at which columns a remedy stands."""
    return place(step.columns, length=24)


def evidence(step: Taken) -> str:
    """Say what spoke for a step: its sign, how sure it is, and whether it was done for what the rows are."""
    chance = "under 0.000001" if step.p_value < 1e-6 else decimals(step.p_value, 6).rstrip("0") or "0"
    fact = " Wrong whatever the distribution." if step.fact else ""
    return f"{visible(step.sign)}{fact} (p {chance}, corrected for all it looked at)"


def short(form: FormScored) -> str:
    """Say a form in few letters.

    Examples
    --------
    >>> short(FormScored("", "mended", 0.5, "linear", *2 * (Measured(0.0, 0.0, 0.0),)))
    'real 50% + mended, linear'
    """
    if form.rows == "real":
        return f"real alone, {visible(form.learner)}"
    if form.share == 0.0:
        return f"{visible(form.rows)} alone, {visible(form.learner)}"
    if form.staged:
        return f"{visible(form.rows)}, then real, {visible(form.learner)}"
    weight = "" if form.share is None else f" {form.share:.0%}"
    return f"real{weight} + {visible(form.rows)}, {visible(form.learner)}"


def forms_shown(mended: Mended) -> list[FormScored]:
    """Give the best few ways to train, with the baseline, the chosen one, and the best of real and of synthetic rows alone."""
    best_of = {(form.rows, form.share == 0.0): form.words for form in reversed(mended.forms)}
    must = {mended.baseline, mended.chosen, best_of.get(("real", False)), best_of.get(("synthetic", True))} - {None}
    others = [form.words for form in mended.forms if form.words not in must][: SHOWN - len(must)]
    return [form for form in mended.forms if form.words in must or form.words in others]


def role(mended: Mended, form: FormScored) -> str:
    """Say whether a form is the baseline or the chosen one."""
    if form.words == mended.chosen:
        return "chosen" if form.words != mended.baseline else "baseline, chosen"
    return "baseline" if form.words == mended.baseline else ""


def proof_lines(proof: Proof) -> list[tuple[str, str, Measured]]:
    """Give the four scores on sealed rows: key, name, score."""
    return [
        ("real", "Real alone", proof.real),
        ("synthetic", "Synthetic alone", proof.synthetic),
        ("baseline", "Baseline", proof.baseline),
        ("mended", "As chosen", proof.mended),
    ]


def withheld(rows: Withheld) -> str:
    """Say how many rows of the holdout prove nothing, and why; nothing where there are none.

    Examples
    --------
    >>> withheld(Withheld(10, 2, 0, True))
    'The holdout is not sealed: 12 of its rows were withheld from the proof (equal to real rows: 10; to synthetic rows: 2).'
    """
    parts = (
        (rows.repeated, "equal to real rows"),
        (rows.copied, "to synthetic rows" if rows.repeated else "equal to synthetic rows"),
        (rows.entities, "of entities that real rows have"),
    )
    if not rows.rows:
        return ""
    told = "; ".join(f"{why}: {count(number)}" for number, why in parts if number)
    if rows.leaked:
        return f"The holdout is not sealed: {count(rows.rows)} of its rows were withheld from the proof ({told})."
    return f"{count(rows.rows)} holdout rows were withheld from the proof ({told}), no more than chance may bring."


def group_lines(mended: Mended) -> list[tuple[str, int, str]]:
    """Give the gain in each group of the sensitive columns: name, sealed rows, and the gain; none where nothing is changed."""
    if mended.proof is None or mended.chosen == mended.baseline:
        return []
    return [
        (visible(one.group), one.rows, around(one.gain, sign=True) if one.gain else "cannot tell" + ": too few" * bool(one.rows))
        for one in mended.proof.groups
    ]


def calibration_lines(proof: Proof) -> list[tuple[str, Measured]]:
    """Give how far probabilities are off: of the baseline, as chosen, and recalibrated."""
    found = proof.calibration
    if found is None:
        return []
    return [("Baseline", found.baseline), ("As chosen", found.mended), ("Recalibrated", found.recalibrated)]


def believed(proof: Proof) -> str:
    """Say whether the probabilities of the chosen model can be believed."""
    found = proof.calibration
    if found is None:
        return ""
    if found.mended.low <= 0:
        return "As chosen: no error of the probabilities is proven."
    if found.recalibrated.high < found.mended.low:
        return "As chosen, probabilities are off: recalibrate them on real rows that the model was not trained on."
    if found.recalibrated.value < found.mended.value:
        return "As chosen, probabilities are off; that recalibration on real rows puts them right is not proven."
    return "As chosen, probabilities are off, and recalibration on real rows does not put them right."


def head_lines(mended: Mended) -> list[str]:
    """Give the lines under the headline: sizes, rows withheld, verdicts, and how to train."""
    return [line for line in (sizes(mended), *sampled(mended), chance(mended), verdicts(mended), usage(mended)) if line]


def sampled(mended: Mended) -> list[str]:
    """Say which tables only a sample was drawn of, and what that means; nothing where all rows were read."""
    meant = {
        "real": "remedies were learned from these alone",
        "synthetic": "these were mended, and --out writes no others",
        "holdout": "the proof is on these alone",
    }
    if mended.steps:
        meant["synthetic"] += "; --replay mends all rows"
    return [
        f"Of {count(rows)} {role} rows {count(float(mended.counts[role]))} were drawn at random: {meant[role]}."
        for role, rows in mended.sampled.items()
    ]


def chance(mended: Mended) -> str:
    """Say how many rows of a sealed holdout were withheld all the same."""
    return "" if mended.withheld is None or mended.withheld.leaked else withheld(mended.withheld)


def usage(mended: Mended) -> str:
    """Say how to train."""
    if mended.chosen is None:
        return ""
    if mended.outcome == "lost":
        return f"Train on: {visible(mended.baseline)}. By cross-validation {visible(mended.chosen)} was chosen, and it lost."
    weights = " Give each row its weight: --out writes them beside the rows." if mended.weighted and uses_mended(mended) else ""
    return f"Train on: {visible(mended.chosen)}.{weights}"


def privacy(mended: Mended) -> list[str]:
    """Say how many rows were made from real ones, and how copies and a membership attack fare before and after."""
    made, rows = int(mended.counts["from_real"]), int(mended.counts["mended"])
    lines = [
        f"{count(made)} of {count(rows)} mended rows were made from real ones: they say more of these than the others do."
        if made
        else "No mended row was made from a real one."
    ]
    if mended.after is None:
        return [*lines, "Without sealed rows copies and membership were not measured."]
    for name, key in PRIVATE:
        before, after = (_of(checked, key) for checked in (mended.before, mended.after))
        if after is None:
            lines.append(f"{name}: not measured, as the check could not.")
        elif before is None:
            lines.append(f"{name}: after {percent(after)}, before not measured.")
        else:
            same = "unchanged" if before == after else f"before {percent(before)}, after {percent(after)}"
            lines.append(f"{name}: {percent(after)}, {same}." if same == "unchanged" else f"{name}: {same}.")
    return lines


def sizes(mended: Mended) -> str:
    """Say how many rows went in and came out."""
    counts = {name: count(float(number)) for name, number in mended.counts.items()}
    sealed = f", {counts['holdout']} sealed" if mended.counts["holdout"] else ""
    worth = ""
    if float(mended.counts["effective"]) < 0.995 * float(mended.counts["mended"]):
        worth = f", by their weights worth {counts['effective']}"
    return f"{counts['real']} real and {counts['synthetic']} synthetic rows{sealed}; {counts['mended']} mended rows{worth}."


def wanted(one: Wanted, weighed: bool = True) -> str:
    """Say which real rows are worth collecting, against as many at random; where no use was weighed up, by what is lacking.

    Examples
    --------
    >>> slice = Wanted("age >= 61", ("age",), 200, Measured(0.9, 0.8, 1.0), Measured(0.2, 0.1, 0.3))
    >>> wanted(slice, weighed=False)
    '200 real rows where age >= 61: synthetic rows lack 90.0% (80.0% to 100.0%) of them, 20.0% (10.0% to 30.0%) of random ones.'
    """
    if not weighed:
        lack = f"synthetic rows lack {percent(one.gain)} of them"
        if one.where == "any rows":
            return f"{count(one.rows)} real rows, whichever: {lack}."
        return f"{count(one.rows)} real rows where {visible(one.where)}: {lack}, {percent(one.at_random)} of random ones."
    gain = f"the model's loss would fall by {around(one.gain)}"
    if one.where == "any rows":
        gain = gain if one.gain.low > 0 else f"that the model's loss would fall is not proven, by {around(one.gain)}"
        return f"{count(one.rows)} real rows, whichever: {gain}."
    return f"{count(one.rows)} real rows where {visible(one.where)}: {gain}, from as many at random by {around(one.at_random)}."


def verdicts(mended: Mended) -> str:
    """Say what a check says before and after."""
    before, after = mended.before, mended.after
    if before is None or after is None:
        return "No sealed rows, so no check."
    first, last = (words.VERDICTS[checked.verdict].word.lower() for checked in (before, after))
    was = "" if before.worth is None or not mended.steps else f"; before: {_rows(before.worth)}"
    worth = "" if after.worth is None else f" Worth in real rows to a model: {_rows(after.worth)}{was}."
    return f"Check of the rows: {f'{first} before, {last} after' if mended.steps else last}.{worth}"


def steps_title(mended: Mended) -> str:
    """Give the heading of the steps."""
    n = len(mended.steps)
    return "No remedy was kept" if not n else "One remedy, kept" if n == 1 else f"{n} remedies, in the order they are done"


def remedy(step: Taken | Left) -> str:
    """Give a remedy's name in words."""
    return title(step.remedy)


def _of(checked: Checked | None, key: str) -> Measured | None:
    return None if checked is None else getattr(checked, key)


def _rows(worth: Measured) -> str:
    """Write a number of rows with its interval; without one it is an end of what was tried."""
    if worth.low == worth.high:
        return f"{count(worth.value)}, the end of what was tried"
    return f"{count(worth.value)} ({count(worth.low)} to {count(worth.high)})"


def uses_mended(mended: Mended) -> bool:
    """Tell whether mended rows are to be trained on: the choice says so, or there was none."""
    return mended.chosen is None or any(form.rows == "mended" for form in mended.forms if form.words == mended.chosen)
