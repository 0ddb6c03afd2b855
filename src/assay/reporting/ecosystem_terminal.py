"""A scenario of a shared corpus on a terminal: the outlook, what it hangs on, and what it leaves out."""

from __future__ import annotations

from typing import TextIO

from rich.box import SIMPLE_HEAD
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from assay.core.ecosystem import Ecosystem
from assay.reporting.ecosystem_words import AXES, between, matters, widths
from assay.reporting.terminal import bullets, heading, paragraph, printed
from assay.reporting.text import number, title, visible


def show(ecosystem: Ecosystem, *, file: TextIO | None = None, width: int | None = None) -> None:
    """Print the result.

    Parameters
    ----------
    ecosystem : Ecosystem
        What to show.
    file : text file, optional
        Where to, standard output by default.
    width : int, optional
        Columns; by default those of the terminal, 80 in a pipe.
    """
    printed(render(ecosystem), file=file, width=width)


def render(ecosystem: Ecosystem) -> RenderableType:
    """Give the result as something that rich prints; names are plain text, never markup."""
    first, last = ecosystem.times[0], ecosystem.times[-1]
    years = ecosystem.years or (last,)
    ours = [each for each in ecosystem.assumptions if each["low"] < each["high"] and not each["source"]]
    sourced = [each for each in ecosystem.assumptions if each["source"]]
    asked = ecosystem.settings
    return Group(
        Text(),
        Text("ECOSYSTEM", style="bold") + Text(f"  {visible(ecosystem.title or ecosystem.name)}"),
        Text(),
        paragraph(
            f"A model of a shared corpus from {first:g} to {last:g} under stated assumptions, not a prediction. "
            f"{asked.get('draws', 0)} draws from the scenario's ranges, {asked.get('seeds', 0)} seeds each; medians, with 95% "
            "intervals."
        ),
        heading("Outlook"),
        _table(ecosystem, years),
        heading(f"What it hangs on, by {years[-1]:g}, one assumption at a time"),
        *bullets([f"{_name(axis)}: {matters(ecosystem, axis, years[-1])}" for axis in ecosystem.axes], most=20),
        heading("Where the figures come from"),
        paragraph(
            f"{_some(len(sourced), 'quantity has', 'quantities have')} a published source. "
            f"{_some(len(ours), 'range is an assumption', 'ranges are assumptions')} of the scenario:"
        ),
        *bullets(
            [f"{each['name']}, {number(each['low'])} to {number(each['high'])}: {visible(each['assumption'])}" for each in ours],
            most=30,
        ),
        heading("What the model leaves out"),
        *bullets(ecosystem.left_out, most=20),
        Text(),
    )


def _some(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"


def _name(axis: str) -> str:
    return AXES[axis].name if axis in AXES else title(axis)


def _table(ecosystem: Ecosystem, years: tuple[float, ...]) -> RenderableType:
    table = Table(box=SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0), show_edge=False)
    table.add_column("Axis", overflow="fold", max_width=18)
    for year in years:
        table.add_column(f"{year:g}", overflow="fold", max_width=20)
    table.add_column(f"Width in {years[-1]:g}", overflow="fold", max_width=16)
    for axis in ecosystem.axes:
        cells = [Text(between(axis, ecosystem, year)) for year in years]
        table.add_row(Text(_name(axis), style="bold"), *cells, Text(widths(ecosystem, axis, years[-1])))
    return table
