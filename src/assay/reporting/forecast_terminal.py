"""A forecast on a terminal: when each axis leaves, readable without colour, at 80 columns and in a pipe."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, TextIO

from rich.box import SIMPLE_HEAD
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from assay.core.forecast import Cost, Leaving, Mixture, Outlook, SafeShare, SizeEffect
from assay.reporting.terminal import bullets, heading, paragraph, printed
from assay.reporting.text import count, number, shorten, title, visible

if TYPE_CHECKING:
    from assay.reporting.forecast import Forecast

AXES, LINES = 10, 12
SIZES = {
    "inside": "inside already",
    "more_rows": "more rows",
    "another_generator": "another generator: rows do not mend it",
    "both": "ten times the rows and more, or another generator",
    "cannot_tell": "cannot tell",
}


def show(forecast: Forecast, *, file: TextIO | None = None, width: int | None = None) -> None:
    """Print the result.

    Parameters
    ----------
    forecast : Forecast
        What to show.
    file : text file, optional
        Where to, standard output by default. Colours appear only on a terminal, and never carry meaning alone.
    width : int, optional
        Columns; by default those of the terminal, 80 in a pipe.
    """
    printed(render(forecast), file=file, width=width)


def render(forecast: Forecast) -> RenderableType:
    """Give the result as something that rich prints; names are plain text, never markup."""
    answers = forecast.answers
    told = forecast.status == "told"
    parts: list[RenderableType] = [
        Text(),
        Text("FORECAST" if told else "? CANNOT TELL", style="bold" if told else "bold yellow")
        + Text(f"  What would a loop do within {answers.horizon} generations?"),
        Text(),
        *bullets([cost(answers.cost)]),
    ]
    most = max((one.rows for one in answers.outlooks), default=0)
    shown = [one for one in answers.outlooks if one.rows == most]
    for (generator, regime), group in groupby(shown, key=lambda one: (one.generator, one.regime)):
        found = list(group)
        parts += [heading(f"{visible(generator)}, {visible(regime)}"), _table(found, answers.horizon)]
        if len(found) > AXES:
            parts.append(paragraph(f"and {len(found) - AXES} more axes; the JSON holds all of them", indent=0))
        if any(one.leaving.status == "cannot_tell" for one in found):
            parts.append(paragraph(narrowed(found), indent=0))
    if shown:
        parts.append(paragraph("90% intervals, of one new lineage.", indent=0))
    sections = (
        ("Share of real rows that keeps it inside", [share(one) for one in sorted(answers.shares, key=_told_first)]),
        (
            "More rows, or another generator?",
            [size(one) for one in sorted(answers.sizes, key=lambda one: one.answer == "cannot_tell")],
        ),
        ("Real and synthetic rows together", [line for one in answers.mixtures for line in mixture(one)]),
        ("Not forecast", [f"{visible(what)}: {visible(why)}" for what, why in answers.untold.items()]),
    )
    for name, lines in sections:
        if lines:
            more = [f"and {len(lines) - LINES} more; the JSON holds all of them"] if len(lines) > LINES else []
            parts += [heading(name), *bullets([*lines[:LINES], *more], most=60)]
    return Group(*parts, Text())


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
    """Say what would narrow what cannot be told."""
    wanted = [one.leaving.narrows for one in found if one.leaving.status == "cannot_tell" and one.leaving.narrows]
    return "What cannot be told would be narrowed by " + ", ".join(dict.fromkeys(wanted)) + "." if wanted else "Cannot tell."


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
    return f"{title(found.axis)}, {visible(found.generator)}, {of}: {told}"


def _told_first(found: SafeShare) -> int:
    return ("share", "any", "none", "cannot_tell").index(found.status)


def _share(value: float | None) -> str:
    return "none" if value is None else number(value)


def size(found: SizeEffect) -> str:
    """Say what size would do."""
    rows = "" if found.rows is None else f", {count(found.rows)} of them"
    endless = f"with endless rows {number(found.endless)} ({number(found.low)} to {number(found.high)})"
    where = f"{title(found.axis)}, {visible(found.generator)}, {visible(found.regime)}"
    return f"{where}: {SIZES[found.answer]}{rows}; {endless} at generation {found.generation}"


def mixture(found: Mixture) -> list[str]:
    """Say what a model is worth at a mix."""
    check = f"points left out are missed by {number(found.left_out_error)} (noise of a point {number(found.noise)})"
    if found.status == "cannot_tell":
        return [
            f"{visible(found.generator)}: cannot tell; {check}, no better than a constant. More and larger fits would narrow it."
        ]
    lines = [
        f"{visible(found.generator)}, {count(one.real)} real and {count(one.synthetic)} synthetic rows: {found.score} "
        f"{number(one.score)} ({number(one.low)} to {number(one.high)})"
        for one in found.predictions
    ]
    return [*lines, f"{visible(found.generator)}: {check}"]


def cost(found: Cost) -> str:
    """Say what was saved."""
    loop = f"the loop itself with {found.seeds} lineages would take {number(found.loop)} s"
    word = "saved" if found.saved >= 0 else "lost"
    return f"Pilots took {number(found.pilots)} s; {loop}: {number(abs(found.saved))} s {word}."


def _table(found: list[Outlook], horizon: int) -> RenderableType:
    table = Table(box=SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0), show_edge=False)
    table.add_column("Axis", overflow="fold", max_width=20)
    table.add_column("Limit", overflow="fold", max_width=16)
    table.add_column(f"Generation {horizon}", overflow="fold", max_width=24)
    table.add_column("Leaves at", overflow="fold", max_width=18)
    for one in found[:AXES]:
        end = one.bands[-1]
        table.add_row(
            Text(shorten(title(one.axis), 28), style="bold"),
            Text(_limit(one)),
            Text(f"{number(end.middle)} ({number(end.low)} to {number(end.high)})"),
            Text(when(one.leaving, horizon)),
        )
    return table


def _limit(one: Outlook) -> str:
    if one.limit_low is None:
        return f"to {number(one.limit_high)}"
    return f"from {number(one.limit_low)}" if one.limit_high is None else f"{number(one.limit_low)} to {number(one.limit_high)}"
