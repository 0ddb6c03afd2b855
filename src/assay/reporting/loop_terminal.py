"""A loop on a terminal: what left its margin first, readable without colour, at 80 columns and in a pipe."""

from __future__ import annotations

from typing import TYPE_CHECKING, TextIO

from rich.box import SIMPLE_HEAD
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from assay.lab.leaving import groups
from assay.lab.loop_summary import Course, Level
from assay.reporting import loop_words as words
from assay.reporting.terminal import bullets, heading, paragraph, printed
from assay.reporting.text import number, shorten, visible

if TYPE_CHECKING:
    from assay.reporting.loop import Loop

AXES, MISSING, SKIPPED = 8, 6, 8


def show(loop: Loop, *, file: TextIO | None = None, width: int | None = None) -> None:
    """Print the result.

    Parameters
    ----------
    loop : Loop
        What to show.
    file : text file, optional
        Where to, standard output by default. Colours appear only on a terminal, and never carry meaning alone.
    width : int, optional
        Columns; by default those of the terminal, 80 in a pipe.
    """
    printed(render(loop), file=file, width=width)


def render(loop: Loop) -> RenderableType:
    """Give the result as something that rich prints; names are plain text, never markup."""
    finished = not loop.trajectory.unfinished
    parts: list[RenderableType] = [
        Text(),
        Text("LOOP" if finished else "? UNFINISHED", style="bold" if finished else "bold yellow")
        + Text("  What remains when generators learn from what generators made?"),
        Text(),
        *bullets(words.asked(loop)),
    ]
    courses, collapses = loop.courses, loop.collapses
    for group in groups(loop.trajectory):
        key = (group.generator, group.regime)
        found = sorted((one for one in courses if (one.generator, one.regime) == key), key=_rank)
        said = words.first_to_leave(words.steps(found), words.extent(loop, group, found))
        parts += [heading(f"{visible(key[0])}, {visible(key[1])}"), paragraph(said)]
        if found:
            parts += [_table(found, group.last), paragraph(words.collapsed(collapses[key]), indent=0)]
        if len(found) > AXES:
            parts.append(paragraph(f"and {len(found) - AXES} more axes; the JSON holds all of them", indent=0))
    if courses:
        unsure = " A generation with ? is the mean's alone: the interval does not bear it out."
        said = "Means over lineages, with 95% intervals where there are several."
        parts.append(paragraph(said + (unsure if any(one.left and not one.sure for one in courses) else ""), indent=0))
    unmeasured = words.skipped(loop, most=SKIPPED)
    if unmeasured:
        parts += [heading("Not measured"), *bullets(unmeasured, most=60)]
    if not finished:
        missing = words.unfinished(loop, most=MISSING)
        parts += [heading("Unfinished, and not to be read as sound"), *bullets(missing, most=60)]
    return Group(*parts, Text())


def level(level: Level) -> str:
    """Write a mean over lineages with its interval.

    Examples
    --------
    >>> level(Level(0.5, 0.41, 0.59, 5)), level(Level(0.5, None, None, 1))
    ('0.5 (0.41 to 0.59)', '0.5')
    """
    around = "" if level.low is None or level.high is None else f" ({number(level.low)} to {number(level.high)})"
    return f"{number(level.mean)}{around}"


def _table(found: list[Course], last: int) -> RenderableType:
    table = Table(box=SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0), show_edge=False)
    table.add_column("Axis", overflow="fold", max_width=20)
    table.add_column("Floor", overflow="fold", max_width=16)
    table.add_column("Generation 1", overflow="fold", max_width=16)
    table.add_column(f"Generation {last}", overflow="fold", max_width=16)
    table.add_column("Left at", justify="right", no_wrap=True)
    for one in found[:AXES]:
        table.add_row(
            Text(shorten(words.axis_title(one.axis), 28), style="bold"),
            Text(f"{number(one.floor_low)} to {number(one.floor_high)}"),
            Text(level(one.first) + (f" at generation {one.began}" if one.began > 1 else "")),
            Text(level(one.last) + ("" if one.generation == last else f" at generation {one.generation}; {_gone(one)}")),
            Text(_left(one)),
        )
    return table


def _rank(one: Course) -> int:
    """Put what has left in front, then what nobody can tell."""
    return 0 if one.left is not None else 1 if one.unmeasured is not None else 2


def _gone(one: Course) -> str:
    return f"not measured since generation {one.unmeasured}"


def _left(one: Course) -> str:
    """Say from which generation on an axis has left; of one that was not measured to the end, 'never' cannot be said."""
    if one.left is None:
        return "never" if one.unmeasured is None else "unknown"
    return f"{one.left}{'' if one.sure else '?'}"
