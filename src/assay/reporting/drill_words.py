"""The plain words of a drill: how a reach is said, what stands first, what to do next."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from assay.core.drilled import Chance, FalseAlarms, KindDrilled, Reach
from assay.reporting.text import count, number, title, visible
from assay.reporting.words import Word

if TYPE_CHECKING:
    from assay.reporting.drill import Drill

STANDINGS: dict[str, Word] = {
    "above": Word("✗", "missed", "with 90% certainty, material damage is caught less often than 80 times in 100"),
    "cannot_tell": Word("?", "cannot tell", "neither of these can be told from so few plantings"),
    "below": Word("✓", "caught", "with 90% certainty, material damage is caught at least 80 times in 100"),
}
ORDER = tuple(STANDINGS)
WANTED_ROUNDS, SUGGESTED = 4, 3


def ordered(kinds: tuple[KindDrilled, ...]) -> list[KindDrilled]:
    """Sort kinds: what is missed first, then what is open, then what is caught; the least noticed first."""
    return sorted(kinds, key=lambda kind: (ORDER.index(kind.standing), kind.at_material.rate, kind.kind))


def percent(rate: float) -> str:
    """Write a chance in whole per cent, never 0 or 100 where it is neither.

    Examples
    --------
    >>> percent(0.004), percent(0.5), percent(0.998), percent(0.0), percent(1.0)
    ('<1%', '50%', '>99%', '0%', '100%')
    """
    if 0 < rate < 0.005:
        return "<1%"
    if 0.995 <= rate < 1:
        return ">99%"
    return f"{rate:.0%}"


def chance(chance: Chance) -> str:
    """Write a chance with its interval.

    Examples
    --------
    >>> chance(Chance(0.9, 0.72, 0.98))
    '90% (72% to 98%)'
    """
    return f"{percent(chance.rate)} ({percent(chance.low)} to {percent(chance.high)})"


def reach(reach: Reach, kind: KindDrilled) -> str:
    """Write the smallest severity that is caught with 80% probability, with its interval."""
    smallest, largest = number(kind.doses[0].severity), number(kind.doses[-1].severity)
    low = f"under {smallest}" if reach.low is None else number(reach.low)
    high = f"over {largest}" if reach.high is None else number(reach.high)
    if reach.standing == "cannot_tell":
        return "cannot tell" + ("" if reach.low is None and reach.high is None else f" ({low} to {high})")
    if reach.standing == "never":
        return f"over {largest}" + ("" if reach.low == kind.doses[-1].severity else f" ({low} to {high})")
    if reach.standing == "always":
        return f"under {smallest}" + ("" if reach.high == kind.doses[0].severity else f" ({low} to {high})")
    return f"{number(reach.severity)} ({low} to {high})"


def more_rows(kind: KindDrilled) -> str:
    """Say what more rows would buy."""
    said = [f"at {count(at.rows)} rows {reach(at, kind)}" for at in kind.more]
    basis = "" if kind.more_told else ", mostly by what is assumed, as the plantings hardly tell"
    return f"With more rows{basis}: {'; '.join(said)}."


def drilled_sizes(drill: Drill) -> str:
    """Say which sizes were drilled."""
    full = drill.sizes[0]
    said = f"{count(full['real'])} real rows, as many in the synthetic table's place and {count(full['holdout'])} sealed ones"
    there = drill.inputs["real"]["rows"]
    small = f"; and at {count(drill.sizes[1]['real'])}, to tell what more rows would buy" if len(drill.sizes) > 1 else ""
    return f"Drilled at {said}, cut anew out of {count(there)} for every planting{small}."


def summary(drill: Drill) -> str:
    """Say in one sentence what was noticed."""
    if not drill.kinds:
        return "Nothing was planted, so nothing can be said."
    tally = {name: sum(kind.standing == name for kind in drill.kinds) for name in ORDER}
    parts = [
        f"{tally['below']} of {len(drill.kinds)} kinds of damage are caught at their material severity at least 80 times in 100"
    ]
    if tally["above"]:
        parts.append(f"{tally['above']} are not")
    if tally["cannot_tell"]:
        parts.append(f"of {tally['cannot_tell']} it cannot be told")
    return ", ".join(parts) + "."


def alarms(found: FalseAlarms) -> str:
    """Say how often sound rows were refused."""
    if not found.checks:
        return "No sound rows were checked, so false alarms cannot be told."
    return f"Sound rows were refused in {found.alarms} of {found.checks} checks: {chance(found.chance)}."


def named(drill: Drill) -> str:
    """Say how often a catch also named what was wrong, and where."""
    caught = sum(kind.named.caught for kind in drill.kinds)
    if not caught:
        return ""
    first, three, columns = (sum(getattr(kind.named, key) for kind in drill.kinds) for key in ("first", "among_three", "columns"))
    return (
        f"Of {caught} catches the right mechanism stood first in {percent(first / caught)}, among the first three in "
        f"{percent(three / caught)}; the right place was named in {percent(columns / caught)}."
    )


def weakest(drill: Drill) -> KindDrilled | None:
    """Give the kind that is noticed least at its material severity."""
    found = ordered(drill.kinds)
    return found[0] if found else None


def weak_point(kind: KindDrilled) -> tuple[str, str]:
    """Say how the least noticed kind fares, and what more rows would buy: two sentences."""
    return (
        f"{title(kind.kind)}: {visible(kind.harm)}. At the material severity, {number(kind.material)}, caught with "
        f"{chance(kind.at_material)}; caught 80 times in 100 from {reach(kind.reach, kind)}.",
        more_rows(kind),
    )


def next_steps(drill: Drill) -> list[tuple[str, str]]:
    """Say what to do next: sentences, each with a command or an empty string."""
    steps: list[tuple[str, str]] = []
    if drill.asked["done"] < drill.asked["plantings"]:
        steps.append(("The budget ended first. Run it again with more; with --out it goes on where it was.", _again(drill)))
    if not drill.kinds:
        return steps or [("No kind of damage fits this table. See why below, and give it more rows or a target.", "")]
    open_ = [kind.kind for kind in ordered(drill.kinds) if kind.standing == "cannot_tell"]
    if open_ and drill.asked["done"] == drill.asked["plantings"]:
        rounds = WANTED_ROUNDS * drill.asked["rounds"]
        sentence = "Plant the open kinds more often: intervals narrow."
        steps.append((sentence, _again(drill, kinds=",".join(open_[:SUGGESTED]), rounds=rounds)))
    missed = [kind for kind in ordered(drill.kinds) if kind.standing == "above"]
    if missed:
        steps.append((f"Do not trust a check of this size to see: {'; '.join(visible(kind.harm) for kind in missed[:4])}.", ""))
    steps.append(("Check a synthetic table against these rows.", "assay check REAL SYNTHETIC --holdout HOLDOUT --target COLUMN"))
    return steps


def _again(drill: Drill, **changed: object) -> str:
    """Give the drill's own command with other options."""
    try:
        given = shlex.split(str(drill.run["command"]))
    except ValueError:
        return ""
    if given[:2] != ["assay", "drill"]:
        return ""
    for name in changed:
        while f"--{name}" in given:
            at = given.index(f"--{name}")
            del given[at : at + 2]
    return shlex.join([*given, *(part for name, value in changed.items() for part in (f"--{name}", str(value)))])
