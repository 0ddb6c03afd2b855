"""A drill on a terminal: what would not have been noticed first, readable without colour, at 80 columns and in a pipe."""

from __future__ import annotations

from typing import TYPE_CHECKING, TextIO

from rich.box import SIMPLE_HEAD
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from assay.reporting import drill_words as words
from assay.reporting.terminal import bullets, command_lines, heading, paragraph, printed
from assay.reporting.text import number, shorten, visible

if TYPE_CHECKING:
    from assay.reporting.drill import Drill

MARKS = {"above": "red", "cannot_tell": "yellow", "below": "green"}


def show(drill: Drill, *, file: TextIO | None = None, width: int | None = None) -> None:
    """Print the result.

    Parameters
    ----------
    drill : Drill
        What to show.
    file : text file, optional
        Where to, standard output by default. Colours appear only on a terminal, and never carry meaning alone.
    width : int, optional
        Columns; by default those of the terminal, 80 in a pipe.
    """
    printed(render(drill), file=file, width=width)


def render(drill: Drill) -> RenderableType:
    """Give the result as something that rich prints; names are plain text, never markup."""
    parts: list[RenderableType] = [
        Text(),
        Text("? CANNOT TELL" if not drill.kinds else "DRILL", style="bold yellow" if not drill.kinds else "bold")
        + Text("  Would a check of this size have noticed?"),
        Text(),
        *bullets([words.summary(drill), words.drilled_sizes(drill)]),
    ]
    if drill.kinds:
        parts += [heading("Smallest severity caught with 80% probability (95% interval), least noticed first"), _table(drill)]
    parts += [heading("False alarms"), paragraph(words.alarms(drill.false_alarms))]
    if words.named(drill):
        parts += [heading("Was it also named?"), paragraph(words.named(drill))]
    weakest = words.weakest(drill)
    if weakest is not None:
        parts += [heading("Weakest point"), *map(paragraph, words.weak_point(weakest))]
    if drill.not_planted:
        entries = [f"{visible(entry.kind)} ({visible(entry.harm)}): {visible(entry.reason)}" for entry in drill.not_planted]
        parts += [heading("Not planted"), *bullets(entries, most=60)]
    parts.append(heading("Next"))
    for sentence, command in words.next_steps(drill):
        parts += bullets([sentence])
        if command:
            parts += [Text(f"    {part}", style="bold", no_wrap=True) for part in command_lines(command)]
    return Group(*parts, Text())


def _table(drill: Drill) -> RenderableType:
    table = Table(box=SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0), show_edge=False)
    table.add_column("", no_wrap=True, width=1)
    table.add_column("Harm", overflow="fold", width=22)
    table.add_column("Caught from", overflow="fold", width=24)
    table.add_column("Material", justify="right", no_wrap=True)
    table.add_column("Caught there", no_wrap=True, min_width=18)
    for kind in words.ordered(drill.kinds):
        word = words.STANDINGS[kind.standing]
        table.add_row(
            Text(word.symbol, style=MARKS[kind.standing]),
            Text(shorten(kind.kind, 40), style="bold") + Text(f"\n{visible(kind.harm)}", style="not bold"),
            Text(words.reach(kind.reach, kind)) + Text(f"\n{visible(kind.unit)}", style="dim"),
            Text(number(kind.material)),
            Text(words.chance(kind.at_material)),
        )
    key = ", ".join(f"{word.symbol} {word.meaning}" for word in words.STANDINGS.values())
    return Group(table, paragraph(key, indent=0))
