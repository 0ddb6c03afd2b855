"""An estimate on a terminal: both intervals side by side, readable without colour, at 80 columns and in a pipe."""

from __future__ import annotations

from typing import TYPE_CHECKING, TextIO

from rich.box import SIMPLE_HEAD
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from assay.core.estimated import Quantity
from assay.reporting import estimate_words as words
from assay.reporting.terminal import bullets, heading, paragraph, printed
from assay.reporting.text import count, number, shorten

if TYPE_CHECKING:
    from assay.reporting.estimate import Estimated

QUANTITIES, LINES = 30, 12


def show(found: Estimated, *, file: TextIO | None = None, width: int | None = None) -> None:
    """Print the result.

    Parameters
    ----------
    found : Estimated
        What to show.
    file : text file, optional
        Where to, standard output by default. Colours appear only on a terminal, and never carry meaning alone.
    width : int, optional
        Columns; by default those of the terminal, 80 in a pipe.
    """
    printed(render(found), file=file, width=width)


def render(found: Estimated) -> RenderableType:
    """Give the result as something that rich prints; names are plain text, never markup."""
    answer, told = found.answer, found.status == "told"
    parts: list[RenderableType] = [
        Text(),
        Text("ESTIMATE" if told else "? CANNOT TELL", style="bold" if told else "bold yellow")
        + Text(f"  {words.question(found)}"),
        Text(),
        *bullets(words.outcome(answer)),
        Text(),
        _table(answer.quantities, found.settings["confidence"], told),
    ]
    if len(answer.quantities) > QUANTITIES:
        parts.append(paragraph(f"and {len(answer.quantities) - QUANTITIES} more; the JSON holds all of them", indent=0))
    parts.append(paragraph(words.rows(answer), indent=0))
    parts += [heading("Assumed, not proven" if told else "What it would rest on"), *bullets(list(answer.assumptions))]
    if answer.warnings:
        parts += [heading("Warnings"), *bullets(list(answer.warnings), most=LINES)]
    return Group(*parts, Text())


def _table(quantities: tuple[Quantity, ...], confidence: float, told: bool) -> RenderableType:
    table = Table(box=SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0), show_edge=False)
    table.add_column("", overflow="fold", max_width=20)
    table.add_column(f"Real rows alone ({100 * confidence:g}%)", overflow="fold")
    if told:
        table.add_column("With predictions", overflow="fold")
        table.add_column("Worth", justify="right")
    for one in quantities[:QUANTITIES]:
        cells = [Text("{} ({})".format(*words.between(part))) for part in (one.classical, one.powered) if part is not None]
        worth = [Text(number(None) if one.worth is None else count(one.worth))] if told else []
        table.add_row(Text(shorten(one.name, 40), style="bold"), *cells, *worth)
    return table
