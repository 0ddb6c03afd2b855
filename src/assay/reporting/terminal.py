"""The report on a terminal: the verdict first, readable without colour, at 80 columns and in a pipe."""

from __future__ import annotations

import shlex
from io import StringIO
from typing import TYPE_CHECKING, TextIO

from rich.box import SIMPLE_HEAD
from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from assay.core.estimate import Estimate
from assay.core.finding import Finding
from assay.core.scorecard import Check, Headline
from assay.reporting import words
from assay.reporting.charts import places, signed
from assay.reporting.text import count, decimals, measured, number, place, shorten, title, visible

if TYPE_CHECKING:
    from assay.reporting.report import Report

STYLES = {"trusted": "bold green", "not_trusted": "bold red", "cannot_tell": "bold yellow"}
MARKS = {"fail": "red", "error": "red", "cannot_tell": "yellow", "pass": "green", "skipped": "dim", "not_applicable": "dim"}
FINDINGS, CHECKS, LINES, SENTENCE = 5, 40, 8, 400
BAR = 28


def show(report: Report, *, file: TextIO | None = None, width: int | None = None) -> None:
    """Print the report.

    Parameters
    ----------
    report : Report
        What to show.
    file : text file, optional
        Where to, standard output by default. Colours appear only on a terminal, and never carry meaning alone.
    width : int, optional
        Columns; by default those of the terminal, 80 in a pipe.
    """
    printed(render(report), file=file, width=width)


def printed(content: RenderableType, *, file: TextIO | None = None, width: int | None = None) -> None:
    """Print what rich renders, without trailing blanks, in what the encoding can say; `show` has the parameters."""
    outer = Console(file=file)
    out = outer.file
    console = Console(
        file=StringIO(),
        width=width or (outer.width if outer.is_terminal else 80),
        force_terminal=outer.is_terminal,
        no_color=outer.no_color,
        highlight=False,
        markup=False,
        emoji=False,
    )
    with console.capture() as capture:
        console.print(content)
    shown = "".join(f"{line.rstrip()}\n" for line in capture.get().splitlines())
    encoding = getattr(out, "encoding", None) or "utf-8"
    out.write(shown.encode(encoding, "replace").decode(encoding))
    out.flush()


def render(report: Report) -> RenderableType:
    """Give the report as something that rich prints; names are plain text, never markup."""
    verdict = words.VERDICTS[report.verdict]
    parts: list[RenderableType] = [
        Text(),
        Text(f"{verdict.symbol} {verdict.word.upper()}", style=STYLES[report.verdict]) + Text(f"  {words.question(report)}"),
        Text(),
        *bullets([*report.reasons] or [verdict.meaning]),
    ]
    if report.rows_needed:
        parts.append(paragraph(f"About {count(report.rows_needed)} rows of each table would settle it."))
    if report.headline is not None:
        parts += _headline(report.headline)
    weakest = _weakest(report.scorecard.checks)
    if weakest is not None:
        parts += [heading("Weakest point"), paragraph(weakest)]
    parts += _findings(report.findings)
    if report.scorecard.checks:
        parts += [heading("Checks (effect and interval of the worst place; lower is better)"), _table(report.scorecard.checks)]
    if report.scorecard.not_checked:
        entries = [
            f"{title(entry.measure)} ({words.OUTCOMES[entry.outcome].word}): {entry.reason}"
            for entry in report.scorecard.not_checked
        ]
        parts += [heading("Not checked"), *bullets(entries)]
    if report.scorecard.warnings:
        parts += [heading("Warnings"), *bullets(report.scorecard.warnings)]
    parts += [heading("Next"), *_next(report), Text()]
    return Group(*parts)


def _headline(headline: Headline) -> list[RenderableType]:
    levels = [(word, getattr(headline, key)) for key, word, _ in words.LEVELS]
    low = min(estimate.low for _, estimate in levels)
    high = max(estimate.high for _, estimate in levels)
    parts: list[RenderableType] = [heading(f"{words.metric(headline.metric)} (higher is better)")]
    parts += [
        paragraph(f"{word:<10}  {bar(estimate, low, high)}  {decimals(estimate.effect)}  ({places(estimate)})", wrap=False)
        for word, estimate in levels
    ]
    parts += [
        Text(),
        paragraph(
            f"Illusion gap {signed(headline.illusion_gap.effect)} ({places(headline.illusion_gap)}): believed minus actual."
        ),
        paragraph(
            f"Utility gap  {signed(headline.utility_gap.effect)} ({places(headline.utility_gap)}): attainable minus actual."
        ),
    ]
    worth = headline.worth_in_real_rows
    if worth is not None:
        parts.append(paragraph(f"Worth in real rows: {words.worth(worth)}."))
    return parts


def bar(estimate: Estimate, low: float, high: float, width: int = BAR) -> str:
    """Draw an estimate as a dot on a line of characters, its interval as dashes.

    Examples
    --------
    >>> from assay.core.estimate import Estimate
    >>> bar(Estimate("auc", .5, 0, 0, 0, .5, .4, .6, 9, 9, "none"), 0, 1, 11)
    '····├●┤····'
    """
    span = (high - low) or 1.0
    left, middle, right = (round((value - low) / span * (width - 1)) for value in (estimate.low, estimate.effect, estimate.high))
    marks = ["·"] * width
    marks[left : right + 1] = ["─"] * (right + 1 - left)
    marks[left], marks[right] = "├", "┤"
    marks[middle] = "●"
    return "".join(marks)


def _findings(findings: tuple[Finding, ...]) -> list[RenderableType]:
    if not findings:
        return []
    parts: list[RenderableType] = [heading(f"Findings ({min(FINDINGS, len(findings))} of {len(findings)})")]
    for finding in findings[:FINDINGS]:
        where = place(finding.columns, finding.slice, length=24)
        kind = f"{visible(finding.code)} {finding.severity}: {title(finding.mechanism).lower()}"
        head = f"{words.SEVERITIES[finding.severity]} {kind}, {where}"
        parts += [
            paragraph(head, style="bold"),
            paragraph(finding.message, indent=4),
            paragraph(f"Remedy: {finding.remedy}", indent=4),
            Text(),
        ]
    return parts[:-1]


def _table(checks: tuple[Check, ...]) -> RenderableType:
    table = Table(box=SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0), show_edge=False)
    table.add_column("Outcome", no_wrap=True)
    table.add_column("Check", overflow="fold", width=12)
    table.add_column("Where", overflow="fold", max_width=16)
    table.add_column("Effect (95% interval)", no_wrap=True)
    table.add_column("Margin", justify="right", no_wrap=True)
    shown = words.ordered(checks)
    for check in shown[:CHECKS]:
        word, worst = words.OUTCOMES[check.outcome], check.worst
        effect, around = measured(worst) if worst is not None else ("", "")
        table.add_row(
            Text(f"{word.symbol} {'n/a' if check.outcome == 'not_applicable' else word.word}", style=MARKS[check.outcome]),
            Text(shorten(title(check.family), 28) + ("" if check.required else "*")),
            Text("" if worst is None else place(worst.columns, worst.slice, length=15, most=2)),
            Text(f"{effect} ({around})" if worst is not None else ""),
            Text("" if check.margin is None else number(check.margin)),
        )
    parts: list[RenderableType] = [table]
    if len(shown) > CHECKS:
        parts.append(paragraph(f"and {len(shown) - CHECKS} more; the JSON report holds all of them", indent=0))
    if not all(check.required for check in shown):
        parts.append(paragraph("* not required for this purpose", indent=0))
    return Group(*parts)


def _weakest(checks: tuple[Check, ...]) -> str | None:
    """Say which required check stands worst against its margin: the first that failed, else the nearest to failing."""
    judged = [check for check in words.ordered(checks) if check.required and check.worst is not None and check.margin]
    if not judged:
        return None
    first = judged[0].outcome
    check = max((one for one in judged if one.outcome == first), key=_strain)
    worst = check.worst
    if worst is None:
        return None
    if check.outcome == "cannot_tell" and check.reason:
        return f"{title(check.family)}: {words.why(check)}"
    effect, around = measured(worst)
    where = place(worst.columns, worst.slice, length=24)
    said = f"{title(check.family)}, {where}: {effect} ({around}) against a margin of {number(check.margin)}."
    return f"{said} {check.could_have_missed}" if check.outcome == "pass" and check.could_have_missed else said


def _strain(check: Check) -> float:
    return abs(check.worst.effect) / check.margin if check.worst is not None and check.margin else 0.0


def _next(report: Report) -> list[RenderableType]:
    parts: list[RenderableType] = []
    for sentence, command in words.next_steps(report):
        parts += bullets([sentence])
        if command:
            parts += [Text(f"    {part}", style="bold", no_wrap=True) for part in command_lines(command)]
    return parts


def command_lines(command: str) -> list[str]:
    """Break a command between its arguments, with backslashes, so that it can still be copied into a shell."""
    try:
        arguments = shlex.split(shorten(command, SENTENCE), posix=False)
    except ValueError:
        return [f"$ {shorten(command, SENTENCE)}"]
    lines = ["$"]
    for argument in arguments:
        if len(lines[-1]) + len(argument) > 70 and lines[-1] != "$":
            lines[-1] += " \\"
            lines.append(" ")
        lines[-1] += f" {argument}"
    return lines


def bullets(lines: tuple[str, ...] | list[str], *, most: int = LINES) -> list[RenderableType]:
    """Give lines with dashes, at most so many."""
    parts: list[RenderableType] = []
    for entry in lines[:most]:
        row = Table.grid(padding=(0, 1))
        row.add_row(Text("-"), Text(shorten(entry, SENTENCE), overflow="fold"))
        parts.append(Padding(row, (0, 0, 0, 2)))
    if len(lines) > most:
        parts.append(paragraph(f"- and {len(lines) - most} more; the JSON report holds all of them"))
    return parts


def heading(content: str) -> Text:
    """Give a heading with an empty line above."""
    return Text(f"\n{content}", style="bold underline")


def paragraph(content: str, *, indent: int = 2, style: str = "", wrap: bool = True) -> RenderableType:
    """Give a sentence, made visible and cut where it is endless."""
    return Padding(Text(shorten(content, SENTENCE), style=style, no_wrap=not wrap, overflow="fold"), (0, 0, 0, indent))
