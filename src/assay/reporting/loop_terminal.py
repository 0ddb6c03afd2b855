"""A loop on a terminal: what left its floor first, readable without colour, at 80 columns and in a pipe."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, TextIO

from rich.box import SIMPLE_HEAD
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from assay.lab.loop_summary import Course, Level
from assay.reporting.terminal import bullets, heading, paragraph, printed
from assay.reporting.text import count, number, shorten, title, visible

if TYPE_CHECKING:
    from assay.reporting.loop import Loop

AXES, MISSING = 8, 6


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
    trajectory = loop.trajectory
    finished = not trajectory.unfinished
    parts: list[RenderableType] = [
        Text(),
        Text("LOOP" if finished else "? UNFINISHED", style="bold" if finished else "bold yellow")
        + Text("  What remains when generators learn from what generators made?"),
        Text(),
        *bullets(_asked(loop)),
    ]
    for (generator, regime), group in groupby(loop.courses, key=lambda one: (one.generator, one.regime)):
        found = list(group)
        parts += [heading(f"{visible(generator)}, {visible(regime)}"), paragraph(first_left(found)), _table(found)]
        if len(found) > AXES:
            parts.append(paragraph(f"and {len(found) - AXES} more axes; the JSON holds all of them", indent=0))
    if loop.courses:
        parts.append(paragraph("Means over lineages, with 95% intervals where there are several.", indent=0))
    if not finished:
        parts += [heading("Unfinished, and not to be read as sound"), *bullets(_unfinished(loop), most=60)]
    return Group(*parts, Text())


def first_left(found: list[Course]) -> str:
    """Say which axes left their floors first: at generation 1 the generator's own doing, then the loop's."""
    gone: dict[int, list[str]] = {}
    for one in found:
        if one.left is not None:
            gone.setdefault(one.left, []).append(title(one.axis))
    if not gone:
        return "No axis left its floor for good."
    own = "" if 1 not in gone else f"Outside its floor before any loop: {_some(gone.pop(1))}. "
    if not gone:
        return f"{own}No other axis left its floor for good."
    first = min(gone)
    return f"{own}First to leave its floor: {_some(gone[first])}, at generation {first}."


def _some(names: list[str]) -> str:
    return ", ".join(names[:4]) + (f" and {len(names) - 4} more" if len(names) > 4 else "")


def level(level: Level) -> str:
    """Write a mean over lineages with its interval.

    Examples
    --------
    >>> level(Level(0.5, 0.41, 0.59, 5)), level(Level(0.5, None, None, 1))
    ('0.5 (0.41 to 0.59)', '0.5')
    """
    around = "" if level.low is None or level.high is None else f" ({number(level.low)} to {number(level.high)})"
    return f"{number(level.mean)}{around}"


def _table(found: list[Course]) -> RenderableType:
    table = Table(box=SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0), show_edge=False)
    table.add_column("Axis", overflow="fold", max_width=20)
    table.add_column("Floor", overflow="fold", max_width=16)
    table.add_column("Generation 1", overflow="fold", max_width=16)
    table.add_column(f"Generation {max(one.generation for one in found)}", overflow="fold", max_width=16)
    table.add_column("Left at", justify="right", no_wrap=True)
    for one in found[:AXES]:
        table.add_row(
            Text(shorten(title(one.axis), 28), style="bold"),
            Text(f"{number(one.floor_low)} to {number(one.floor_high)}"),
            Text(level(one.first)),
            Text(level(one.last)),
            Text("never" if one.left is None else str(one.left)),
        )
    return table


def _asked(loop: Loop) -> list[str]:
    real, settings = loop.trajectory.real, loop.trajectory.settings
    said: list[str] = []
    if "rows" in real:
        said.append(f"{count(real['rows'])} real rows; {count(real.get('holdout_rows', 0))} rows are sealed and measure.")
    if "size" in settings:
        said.append(
            f"{settings['generations']} generations of {count(settings['size'])} rows, {settings['seeds']} lineages for each "
            "generator and regime."
        )
    return said


def _unfinished(loop: Loop) -> list[str]:
    found = loop.trajectory.unfinished
    said = [
        f"{visible(descent.generator)}, {visible(descent.regime)}, seed {descent.seed}, generation {at}: {visible(reason)}"
        for descent, at, reason in found[:MISSING]
    ]
    return said + ([f"and {len(found) - MISSING} more; the JSON holds all of them"] if len(found) > MISSING else [])
