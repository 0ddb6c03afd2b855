"""``assay explain``: what a finding's code means."""

from __future__ import annotations

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
    """Explain a finding: what it means, how it is measured, what mends it. Without a code: list them all."""
    from assay.verbs.explain import catalogue
    from assay.verbs.explain import explain as run

    if code is None:
        entries = catalogue()
        lines = [f"{entry.code:<10} {entry.measure:<22} {entry.meaning}" for entry in entries]
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
    )
    for heading, text in parts:
        if text:
            lines += [heading, *_wrapped(text)]
    return lines


def _wrapped(text: str) -> list[str]:
    return textwrap.wrap(text, WIDTH, initial_indent="  ", subsequent_indent="  ", break_long_words=False, break_on_hyphens=False)
