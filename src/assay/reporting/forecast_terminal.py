"""A forecast on a terminal: when each axis leaves, readable without colour, at 80 columns and in a pipe."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, TextIO

from rich.box import SIMPLE_HEAD
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from assay.core.forecast import Outlook
from assay.reporting import forecast_words as words
from assay.reporting.terminal import bullets, heading, paragraph, printed
from assay.reporting.text import number, shorten, title, visible

if TYPE_CHECKING:
    from assay.reporting.forecast import Forecast

AXES, LINES = 10, 12


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
        *bullets([words.cost(answers.cost)]),
    ]
    most = max((one.rows for one in answers.outlooks), default=0)
    shown = [one for one in answers.outlooks if one.rows == most]
    for (generator, regime), group in groupby(shown, key=lambda one: (one.generator, one.regime)):
        found = list(group)
        parts += [heading(f"{visible(generator)}, {visible(regime)}"), _table(found, answers.horizon)]
        if len(found) > AXES:
            parts.append(paragraph(f"and {len(found) - AXES} more axes; the JSON holds all of them", indent=0))
        if any(one.leaving.status == "cannot_tell" for one in found):
            parts.append(paragraph(words.narrowed(found), indent=0))
    if shown:
        parts.append(paragraph(f"90% intervals, of one new lineage. {words.reach(answers)}", indent=0))
        parts += [paragraph(answers.known, indent=0)] if answers.known else []
    for name, lines in words.sections(answers):
        if lines:
            more = [f"and {len(lines) - LINES} more; the JSON holds all of them"] if len(lines) > LINES else []
            parts += [heading(name), *bullets([*lines[:LINES], *more], most=60)]
    return Group(*parts, Text())


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
            Text(words.when(one.leaving, horizon)),
        )
    return table


def _limit(one: Outlook) -> str:
    if one.limit_low is None and one.limit_high is None:
        return "none in reach"
    if one.limit_low is None:
        return f"to {number(one.limit_high)}"
    return f"from {number(one.limit_low)}" if one.limit_high is None else f"{number(one.limit_low)} to {number(one.limit_high)}"
