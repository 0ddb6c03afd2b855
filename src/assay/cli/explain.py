"""``assay explain``: what a finding's code means."""

from __future__ import annotations

import re
import textwrap
from typing import TYPE_CHECKING, Annotated

import typer

from assay.cli.streams import printing

if TYPE_CHECKING:
    from assay.verbs.explain import Explanation

WIDTH = 88


def explain(
    code: Annotated[
        str | None, typer.Argument(metavar="CODE", help="A code such as TAIL01, or the name of a measure or mechanism.")
    ] = None,
) -> None:
    """Explain a finding: what it means and what mends it.

    Without a code: list them all.
    """
    from assay.verbs.explain import catalogue
    from assay.verbs.explain import explain as run

    if code is None:
        entries = catalogue()
        lines = [f"{entry.code:<10} {entry.measure:<22} {brief(entry.meaning)}" for entry in entries]
    else:
        lines = [line for entry in run(code) for line in (*page(entry), "")][:-1]
    with printing():
        typer.echo("\n".join(lines))


def page(entry: Explanation) -> list[str]:
    """Lay out one explanation as lines."""
    lines = [entry.code, *_wrapped(entry.meaning), ""]
    parts = (
        ("Question", entry.question),
        ("Measure", f"{entry.measure}: {entry.summary}"),
        ("Statistic", entry.statistic),
        ("Mechanism", f"{entry.mechanism}: {entry.mechanism_meaning}"),
        ("Remedy", entry.remedy),
        ("Cannot see", entry.cannot_see),
        ("How much is too much", "\n".join(entry.margins)),
    )
    for heading, text in parts:
        if text:
            lines += [heading, *_wrapped(text)]
    return lines


def brief(meaning: str) -> str:
    """Give the part of a meaning that fits a list.

    Examples
    --------
    >>> brief("A tail is cut: too few rows beyond the real 1% point. Look there.")
    'A tail is cut.'
    """
    return re.split(r"[:.](?: |$)", meaning)[0] + "."


def _wrapped(text: str) -> list[str]:
    """Wrap each line of a text; entries of lists hang."""
    lines: list[str] = []
    for line in text.splitlines():
        hang = "    " if line.startswith("- ") else "  "
        lines += textwrap.wrap(
            line, WIDTH, initial_indent="  ", subsequent_indent=hang, break_long_words=False, break_on_hyphens=False
        )
    return lines
