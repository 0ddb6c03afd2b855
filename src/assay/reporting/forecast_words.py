"""A forecast in plain words: when an axis leaves, which share keeps it, what size would do, and what it saved."""

from __future__ import annotations

from collections.abc import Sequence

from assay.core.forecast import Answers, Cost, Leaving, Mixture, Outlook, SafeShare, SizeEffect
from assay.reporting.loop_words import axis_name, axis_title
from assay.reporting.text import count, number, visible

SIZES = {
    "inside": "inside already",
    "more_rows": "more rows",
    "another_generator": "another generator: rows do not mend it",
    "both": "ten times the rows and more, or another generator",
    "cannot_tell": "cannot tell",
}


def sections(answers: Answers) -> list[tuple[str, list[str]]]:
    """Give what is told beside the axes: headings, each with its sentences, perhaps none."""
    return [
        ("Share of real rows that keeps it inside", [share(one) for one in sorted(answers.shares, key=_told_first)]),
        ("More rows, or another generator?", _sizes(answers.sizes)),
        ("Real and synthetic rows together", [line for one in answers.mixtures for line in mixture(one)]),
        ("Not forecast", [f"{visible(what)}: {visible(why)}" for what, why in answers.untold.items()]),
    ]


def assurance(answers: Answers) -> str:
    """Say how far ahead pilots bear the intervals out, and what does beyond."""
    return f"{reach(answers)} {answers.known}".strip()


def reach(answers: Answers) -> str:
    """Say how far ahead pilots bear the intervals out; nothing where there are none."""
    reaches = sorted({one.reach for one in answers.outlooks})
    told = " or ".join(map(str, reaches[-2:]))
    return f"Lineages left out bear them out to generation {told}; after it there is no guarantee." if reaches else ""


def _sizes(found: Sequence[SizeEffect]) -> list[str]:
    lines = [size(one) for one in sorted(found, key=lambda one: one.answer == "cannot_tell")]
    return (
        [*lines, "All sizes are cut from one pool of real rows: what it lacks, more of its rows do not bring."] if lines else []
    )


def first_to_leave(found: Sequence[Outlook]) -> str:
    """Say in one sentence what leaves its margin first.

    Parameters
    ----------
    found : sequence of Outlook
        Of one generator and regime.
    """
    outside = sum(one.leaving.status == "outside" for one in found)
    unknown = sum(one.leaving.status == "cannot_tell" for one in found)
    leaving = [(one.leaving.generation, one.axis) for one in found if one.leaving.status in ("leaves", "some")]
    known = sorted((at, axis) for at, axis in leaving if at is not None)
    said = [f"{outside} of {len(found)} axes {'is' if outside == 1 else 'are'} outside before any loop"] if outside else []
    if known:
        names = [axis_name(axis) for at, axis in known if at == known[0][0]]
        told = ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
        said.append(f"first to leave: {told}, at generation {known[0][0]}")
    elif unknown < len(found) - outside:
        said.append(f"no {'other ' if outside else ''}axis is told to leave")
    if unknown:
        said.append(f"{unknown} cannot be told")
    sentence = "; ".join(said)
    return f"{sentence[:1].upper()}{sentence[1:]}."


def when(leaving: Leaving, horizon: int) -> str:
    """Say when an axis leaves.

    Examples
    --------
    >>> when(Leaving("leaves", 4, 2, None, 0.93, ""), 8)
    '4 (2 to after 8)'
    >>> when(Leaving("stays", None, 7, None, 0.08, ""), 8)
    'not within 8'
    """
    if leaving.status == "cannot_tell":
        return "cannot tell"
    if leaving.status == "outside":
        return "1, before any loop"
    if leaving.status == "stays":
        return f"not within {horizon}"
    middle, low, high = (f"after {horizon}" if at is None else str(at) for at in (leaving.generation, leaving.low, leaving.high))
    return f"{middle} ({low} to {high})"


def narrowed(found: list[Outlook]) -> str:
    """Say what would narrow what cannot be told, and why not where lineages ended early."""
    unknown = [one for one in found if one.leaving.status == "cannot_tell"]
    wanted = dict.fromkeys(one.leaving.narrows for one in unknown if one.leaving.narrows)
    said = ["What cannot be told would be narrowed by " + ", ".join(wanted) + "."] if wanted else []
    ended = max((one.unfinished for one in unknown), default=0)
    if ended:
        said.append(f"Lineages that ended early: {ended}. Those that did not may be the lucky ones.")
    return " ".join(said) or "Cannot tell."


def share(found: SafeShare) -> str:
    """Say what share suffices."""
    of = "the same real rows always" if found.kind == "mix" else "new real rows every time"
    around = f" (90% interval {_share(found.low)} to {_share(found.high)})"
    told = {
        "share": f"a share of {number(found.share)} suffices{around}",
        "any": f"the smallest share tried, {number(found.share)}, suffices",
        "none": "no share suffices: not even real rows alone keep it inside",
        "cannot_tell": f"cannot tell{around}; pilots at more shares and with more seeds would narrow it",
    }[found.status]
    return f"{axis_title(found.axis)}, {visible(found.generator)}, {of}: {told}"


def _told_first(found: SafeShare) -> int:
    return ("share", "any", "none", "cannot_tell").index(found.status)


def _share(value: float | None) -> str:
    return "none" if value is None else number(value)


def size(found: SizeEffect) -> str:
    """Say what size would do."""
    rows = "" if found.rows is None else f", {count(found.rows)} of them"
    endless = f"with endless rows {number(found.endless)} ({number(found.low)} to {number(found.high)})"
    where = f"{axis_title(found.axis)}, {visible(found.generator)}, {visible(found.regime)}"
    return f"{where}: {SIZES[found.answer]}{rows}; {endless} at generation {found.generation}"


def mixture(found: Mixture) -> list[str]:
    """Say what a model is worth at a mix."""
    check = f"points left out are missed by {number(found.left_out_error)} (noise of a point {number(found.noise)})"
    if found.status == "cannot_tell":
        return [
            f"{visible(found.generator)}: cannot tell; {check}, no better than a constant. More and larger fits would narrow it."
        ]
    lines = [
        f"{visible(found.generator)}, {count(one.real)} real and {count(one.synthetic)} synthetic rows: "
        + (
            f"{found.score} {number(one.score)} ({number(one.low)} to {number(one.high)})"
            if one.status == "told"
            else "cannot tell, these are more rows than any fit had"
        )
        for one in found.predictions
    ]
    return [*lines, f"{visible(found.generator)}: {check}"]


def cost(found: Cost) -> str:
    """Say what was saved."""
    loop = f"the loop itself with {found.seeds} lineages would take {number(found.loop)} s"
    word = "saved" if found.saved >= 0 else "lost"
    return f"Pilots took {number(found.pilots)} s; {loop}: {number(abs(found.saved))} s {word}."
