"""The plain words of mending: what it gained, how the choice was made, what was done, and what to do next."""

from __future__ import annotations

import math
import shlex
from typing import TYPE_CHECKING, Literal

from assay.core.mended import Checked, FormScored, Left, Measured, Proof, Taken, Wanted
from assay.reporting import words
from assay.reporting.text import count, decimals, place, title, visible

if TYPE_CHECKING:
    from assay.reporting.mended import Mended

Gained = Literal["gained", "lost", "unproven", "unused", "nothing", "unproved", "no_target"]
SELECTIONS: dict[str, str] = {
    "unseen": "Remedies were chosen on real rows that the generator never saw, as you said.",
    "refitted": "Remedies were chosen on real rows that a generator fitted anew, without them, never saw.",
    "shared": "Selection invalid: rows shared. The generator may have seen the real rows that remedies were chosen on, so these "
    "cannot bear a remedy out. Mended rows are preferred only where they beat the baseline by two standard errors.",
}
ROLES = ("--target", "--task", "--positive", "--schema", "--entity", "--sensitive", "--time", "--null")
ALIKE = 0.5
SHOWN = 8


def outcome(mended: Mended) -> Gained:
    """Tell what became of it, in one word.

    Notes
    -----
    ``gained`` and ``lost`` where the interval on sealed rows leaves out zero, ``unproven`` where it does not, ``unused`` where
    mended rows are not the ones to train on, ``nothing`` where no remedy was kept, ``unproved`` without sealed rows,
    ``no_target`` where there is no use to weigh up: no target, or too few real rows to learn it from.
    """
    if not mended.steps:
        return "nothing"
    if mended.chosen is None:
        return "no_target"
    if mended.chosen == mended.baseline:
        return "unused"
    if mended.proof is None:
        return "unproved"
    gain = mended.proof.gain
    return "unproven" if not gain.beyond_noise else "gained" if gain.value > 0 else "lost"


def gained(mended: Mended) -> str:
    """Say in one sentence what mending gained on sealed rows, or that nothing helped."""
    proof, best = mended.proof, visible(mended.baseline)
    kind = outcome(mended)
    if kind == "nothing":
        return (
            f"Nothing helped; best without mending: {best}." if mended.baseline else "Nothing helped: the rows stay as they came."
        )
    if kind == "no_target":
        return "Rows were mended; no use is weighed up, as there is no target, or too few real rows to learn it from."
    if kind == "unused":
        return f"Rows were mended, and it is still best to train without them: {best}."
    if kind == "unproved" or proof is None:
        return "Rows were mended; without sealed rows the gain is not proven."
    told = f"{around(proof.gain, sign=True)} {words.metric(proof.metric)} on {count(proof.rows)} sealed rows"
    if kind == "gained":
        return f"Mending gained {told}."
    return f"Mending lost {told}." if kind == "lost" else f"No gain proven: {told}."


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


def usage(mended: Mended) -> str:
    """Say how to train."""
    if mended.chosen is None:
        return ""
    weights = " Give each row its weight: --out writes them beside the rows." if mended.weighted and _uses_mended(mended) else ""
    return f"Train on: {visible(mended.chosen)}.{weights}"


def privacy(mended: Mended) -> list[str]:
    """Say how many rows were made from real ones, and how copies and a membership attack fare before and after."""
    made, rows = int(mended.counts["from_real"]), int(mended.counts["mended"])
    lines = [
        f"{count(made)} of {count(rows)} mended rows were made from real ones: they say more of these than the others do."
        if made
        else "No mended row was made from a real one."
    ]
    for name, key in (("Rows that copy real ones beyond chance", "copies"), ("Advantage of a membership attack", "membership")):
        before, after = (_of(checked, key) for checked in (mended.before, mended.after))
        if before is not None and after is not None:
            same = "unchanged" if before == after else f"before {percent(before)}, after {percent(after)}"
            lines.append(f"{name}: {percent(after)}, {same}." if same == "unchanged" else f"{name}: {same}.")
    if mended.after is None:
        lines.append("Without sealed rows copies and membership were not measured.")
    return lines


def sizes(mended: Mended) -> str:
    """Say how many rows went in and came out."""
    counts = {name: count(float(number)) for name, number in mended.counts.items()}
    sealed = f", {counts['holdout']} sealed" if mended.counts["holdout"] else ""
    worth = ""
    if float(mended.counts["effective"]) < 0.995 * float(mended.counts["mended"]):
        worth = f", by their weights worth {counts['effective']}"
    return f"{counts['real']} real and {counts['synthetic']} synthetic rows{sealed}; {counts['mended']} mended rows{worth}."


def wanted(one: Wanted) -> str:
    """Say which real rows are worth collecting, against as many at random."""
    gain = f"the model's loss would fall by {around(one.gain)}"
    if one.where == "any rows":
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


def next_steps(mended: Mended, *, kept: bool = False) -> list[tuple[str, str]]:
    """Say what to do next: sentences, each with a command or an empty string.

    Parameters
    ----------
    mended : Mended
        The result.
    kept : bool
        Whether the rows were written.
    """
    steps: list[tuple[str, str]] = []
    if mended.selection == "shared":
        steps.append(
            (
                "Name the generator, which is then fitted anew without the rows that choose; or say --unseen where it never saw "
                "these rows.",
                again(mended, "--with", "NAME"),
            )
        )
    if mended.counts["holdout"] == 0:
        steps.append(
            (
                "Seal real rows off, so that the gain can be proven and the rows be checked.",
                "assay split REAL --holdout 0.3 --out-real real.parquet --out-holdout holdout.parquet",
            )
        )
    if mended.chosen is None:
        steps.append(_target_wanted(mended))
    if mended.steps and not kept and _uses_mended(mended):
        steps.append(
            ("Write the mended rows, and the recipe.", again(mended, "--out", "mended.parquet", "--recipe", "recipe.json"))
        )
    if mended.after is not None and mended.after.verdict == "not_trusted":
        for code, _, message in mended.after.findings[:2]:
            steps.append((f"Still wrong: {visible(message)}", f"assay explain {visible(code)}"))
    if mended.steps and _uses_mended(mended):
        steps.append(
            (
                "Do the same to more rows of this generator: nothing is learned anew, nothing proved.",
                replayed(mended),
            )
        )
    if not mended.steps and mended.verdict != "trusted":
        steps.append(("Find out what is wrong with the rows.", "assay check REAL SYNTHETIC --holdout HOLDOUT --target COLUMN"))
    return steps


def again(mended: Mended, *more: str) -> str:
    """Give the command that asks the same again with more options; nothing where it was asked in Python."""
    command = visible(mended.run.get("command", ""))
    return f"{command} {shlex.join(more)}" if command.startswith("assay mend ") else ""


def _target_wanted(mended: Mended) -> tuple[str, str]:
    if "--target" in str(mended.run.get("command", "")):
        return "Give more real rows: of two classes of the target at least ten each, or a target of numbers that varies.", ""
    return "Name the column that models will predict.", again(mended, "--target", "COLUMN")


def replayed(mended: Mended) -> str:
    """Give the command that replays the recipe on more rows, with the roles of columns as they were given."""
    try:
        real, _, *options = shlex.split(str(mended.run.get("command", "")))[2:]
    except ValueError:
        real, options = "REAL", []
    kept = [part for at, name in enumerate(options) if name in ROLES for part in (name, *options[at + 1 : at + 2])]
    given = shlex.join([real, "MORE", *kept])
    return f"assay mend {visible(given)} --replay recipe.json --out more.parquet"


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


def _uses_mended(mended: Mended) -> bool:
    """Tell whether mended rows are to be trained on: the choice says so, or there was none."""
    return mended.chosen is None or any(form.rows == "mended" for form in mended.forms if form.words == mended.chosen)
