"""What to do next after mending: sentences with commands that go on."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from assay.reporting import mended_words as words
from assay.reporting.mended_warnings import CODES, unmeasured, worse
from assay.reporting.text import count, visible

if TYPE_CHECKING:
    from assay.reporting.mended import Mended

ROLES = ("--target", "--task", "--positive", "--schema", "--entity", "--sensitive", "--time", "--null")
SPLIT = "assay split REAL --holdout 0.3 --out-real real.parquet --out-holdout holdout.parquet"


def next_steps(mended: Mended, *, kept: bool = False, recipe: str | None = None) -> list[tuple[str, str]]:
    """Say what to do next: sentences, each with a command or an empty string.

    Parameters
    ----------
    mended : Mended
        The result.
    kept : bool
        Whether the rows were written.
    recipe : str, optional
        Where the recipe was written.
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
    steps += _warned(mended)
    if mended.counts["holdout"] == 0:
        steps.append(("Seal real rows off, so that the gain can be proven and the rows be checked.", SPLIT))
    if mended.chosen is None:
        steps.append(_target_wanted(mended))
    good = mended.outcome != "lost" and words.uses_mended(mended)
    unwritten = [] if kept else [("mended rows", "--out", "mended.parquet")]
    unwritten += [] if recipe else [("recipe", "--recipe", "recipe.json")]
    if mended.steps and good and unwritten:
        named = ", and the ".join(name for name, _, _ in unwritten)
        steps.append((f"Write the {named}.", again(mended, *(part for _, *option in unwritten for part in option))))
    if mended.after is not None and mended.after.verdict == "not_trusted":
        for code, _, message in mended.after.findings[:2]:
            steps.append((f"Still wrong: {visible(message)}", f"assay explain {visible(code)}"))
    if mended.steps and good and "synthetic" in mended.sampled:
        rows = count(mended.sampled["synthetic"])
        steps.append((f"Mend all {rows} synthetic rows, of which these are a sample.", replayed(mended, recipe, same=True)))
    if mended.steps and good:
        steps.append(
            (
                "Do the same to more rows of this generator: nothing is learned anew, nothing proved.",
                replayed(mended, recipe),
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
    if mended.unweighed is not None and mended.unweighed.code == "no_features":
        return "Give tables that have columns to predict the target from.", ""
    if mended.unweighed is not None and mended.unweighed.code != "no_target":
        return "Give more real rows: of two classes of the target at least ten each, or a target of numbers that varies.", ""
    return "Name the column that models will predict.", again(mended, "--target", "COLUMN")


def replayed(mended: Mended, recipe: str | None = None, *, same: bool = False) -> str:
    """Give the command that replays the recipe on more rows, or on all of the same, with the roles of columns as given."""
    try:
        real, synthetic, *options = shlex.split(str(mended.run.get("command", "")))[2:]
    except ValueError:
        real, synthetic, options = "REAL", "SYNTHETIC", []
    kept = [part for at, name in enumerate(options) if name in ROLES for part in (name, *options[at + 1 : at + 2])]
    given = shlex.join([real, synthetic if same else "MORE", *kept, "--replay", recipe or "recipe.json"])
    return f"assay mend {visible(given)} --out {'all' if same else 'more'}.parquet"


def _warned(mended: Mended) -> list[tuple[str, str]]:
    """Say what to do about what the warnings tell."""
    steps: list[tuple[str, str]] = []
    if mended.outcome in ("unused", "lost"):
        steps.append((f"Train without the mended rows: {visible(mended.best)}.", ""))
    for key, name, _, _ in worse(mended):
        steps.append((f"{name} rose by mending: do not hand these rows out.", f"assay explain {CODES[key]}"))
    if unmeasured(mended) and mended.after is not None:
        steps.append(
            ("Measure privacy before these rows are handed out.", "assay check REAL MENDED --holdout HOLDOUT --policy share")
        )
    if mended.withheld is not None and mended.withheld.leaked:
        steps.append((f"Split the original rows once more: {count(mended.withheld.rows)} of the holdout are not sealed.", SPLIT))
    return steps
