"""Mending on a terminal: verdict and gain first, readable without colour, at 80 columns and in a pipe."""

from __future__ import annotations

from typing import TYPE_CHECKING, TextIO

from rich.box import SIMPLE_HEAD
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from assay.core.mended import Taken
from assay.reporting import mended_words as words
from assay.reporting.mended_next import next_steps
from assay.reporting.mended_warnings import warnings
from assay.reporting.terminal import STYLES, bullets, command_lines, heading, paragraph, printed
from assay.reporting.text import shorten, visible
from assay.reporting.words import VERDICTS, metric

if TYPE_CHECKING:
    from assay.reporting.mended import Mended

LEFT, WANTED, REASONS, GROUPS = 6, 5, 4, 12
GROUP = 30  # letters of a group's name
REASON = 70  # of why a column makes no groups
CHOSEN = "▸"


def show(
    mended: Mended, *, file: TextIO | None = None, width: int | None = None, kept: bool = False, recipe: str | None = None
) -> None:
    """Print the result.

    Parameters
    ----------
    mended : Mended
        What to show.
    file : text file, optional
        Where to, standard output by default. Colours appear only on a terminal, and never carry meaning alone.
    width : int, optional
        Columns; by default those of the terminal, 80 in a pipe.
    kept : bool
        Whether the rows were written, so that it need not be said how.
    recipe : str, optional
        Where the recipe was written, for what is said of it.
    """
    printed(render(mended, kept=kept, recipe=recipe), file=file, width=width)


def render(mended: Mended, *, kept: bool = False, recipe: str | None = None) -> RenderableType:
    """Give the result as something that rich prints; names are plain text, never markup."""
    verdict = VERDICTS[mended.verdict]
    parts: list[RenderableType] = [
        Text(),
        Text(f"{verdict.symbol} {verdict.word.upper()}", style=STYLES[mended.verdict]) + Text(f"  {words.gained(mended)}"),
        Text(),
    ]
    parts += [paragraph(f"! {line}", style="bold") for line in warnings(mended)]
    if mended.selection == "shared":
        invalid, _, why = words.SELECTIONS["shared"].partition(". ")
        parts += [paragraph(f"! {invalid.upper()}", style="bold red"), paragraph(why, indent=4)]
    else:
        parts += bullets([words.SELECTIONS[mended.selection]])
    parts += bullets(words.head_lines(mended))
    if mended.after is not None and mended.after.verdict != "trusted":
        parts += bullets([f"{shorten(reason, 200)}" for reason in mended.after.reasons[:REASONS]])
    parts.append(heading(words.steps_title(mended)))
    parts.append(_steps(mended.steps) if mended.steps else paragraph("No remedy had a sign and helped on real rows."))
    if mended.left:
        lines = [f"{words.remedy(one)}, {words.where(one)}: {visible(one.reason)}" for one in mended.left]
        parts += [heading("Left out, for what each did when it was tried last"), *bullets(lines, most=LEFT)]
    parts += [*_forms(mended), *_proof(mended)]
    parts += [heading("Privacy"), *bullets(words.privacy(mended))]
    if mended.wanted:
        parts += [heading("Real rows worth collecting"), *bullets(_wanted(mended), most=WANTED)]
    parts.append(heading("Next"))
    for sentence, command in next_steps(mended, kept=kept, recipe=recipe):
        parts += bullets([sentence])
        if command:
            parts += [Text(f"    {part}", style="bold", no_wrap=True) for part in command_lines(command)]
    return Group(*parts, Text())


def _wanted(mended: Mended) -> list[str]:
    return [words.wanted(one, weighed=mended.chosen is not None) for one in mended.wanted]


def _steps(steps: tuple[Taken, ...]) -> RenderableType:
    parts: list[RenderableType] = []
    for at, step in enumerate(steps, 1):
        parts += [
            paragraph(
                f"{at}. {words.remedy(step)}, {words.where(step)}{' (from real rows)' if step.anchors else ''}", style="bold"
            ),
            paragraph(words.evidence(step), indent=5),
            paragraph(f"told apart  {words.told(step)}", indent=5),
        ]
        if step.use is not None:
            parts.append(paragraph(f"use         {words.use(step)}", indent=5))
    said = (
        "Told apart: AUC with which a classifier tells real rows from these; two real samples score 0.5. Use: what models gained "
    )
    parts.append(
        paragraph(f"{said}that were trained on these and real rows. Both on real rows that were not learned from.", indent=0)
    )
    return Group(*parts)


def _forms(mended: Mended) -> list[RenderableType]:
    if not mended.forms:
        return []
    shown = words.forms_shown(mended)
    table = Table(box=SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0), show_edge=False)
    table.add_column("", no_wrap=True, width=1)
    table.add_column("Trained on", overflow="fold", max_width=44)
    table.add_column("Score (95%)", no_wrap=True)
    table.add_column("To baseline", no_wrap=True)
    for form in shown:
        chosen = form.words == mended.chosen
        against = "baseline" if form.words == mended.baseline else words.around(form.against, sign=True)
        name = Text(words.short(form), style="bold" if chosen else "")
        table.add_row(Text(CHOSEN if chosen else ""), name, Text(words.around(form.score)), Text(against))
    hidden = len(mended.forms) - len(shown)
    more = f"; and {hidden} more, the JSON holds all of them" if hidden else ""
    parts: list[RenderableType] = [heading("Ways to train, by cross-validation on real rows, higher is better"), table]
    parts.append(paragraph(f"{CHOSEN} chosen{more}", indent=0))
    return parts


def _proof(mended: Mended) -> list[RenderableType]:
    proof = mended.proof
    if proof is None:
        return []
    lines = [
        paragraph(f"{name:<16} {words.around(score)}", wrap=False) for _, name, score in words.proof_lines(proof)
    ]  # fmt: skip
    parts: list[RenderableType] = [
        heading(f"{metric(proof.metric)} on {proof.rows:,} sealed rows, which had no part in any choice"),
        *lines,
        paragraph(f"{'Over baseline':<16} {words.around(proof.gain, sign=True)}", wrap=False),
        paragraph(f"{'Over real alone':<16} {words.around(proof.over_real, sign=True)}", wrap=False),
        paragraph(words.INTERVALS, indent=2),
    ]
    groups = words.group_lines(mended)
    if groups:
        parts.append(heading("Over baseline in each group, intervals that hold at once"))
        width = max((len(shorten(name, GROUP)) for name, rows, _ in groups if rows), default=0)
        lines = [
            f"{shorten(name, GROUP):<{width}} {gain}, {rows:,} rows" if rows else f"{shorten(name, REASON)}; {gain}, 0 rows"
            for name, rows, gain in groups
        ]
        parts += bullets(lines, most=GROUPS)
    calibrated = words.calibration_lines(proof)
    if calibrated:
        parts.append(heading("How far probabilities are off on sealed rows"))
        parts += [paragraph(f"{name:<16} {words.around(found)}", wrap=False) for name, found in calibrated]
        parts.append(paragraph(words.believed(proof)))
    return parts
