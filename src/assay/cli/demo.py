"""``assay demo``: the whole path on a real table."""

from __future__ import annotations

import sys
from contextlib import redirect_stdout
from textwrap import wrap
from typing import TYPE_CHECKING, Annotated

import typer

from assay.cli.streams import Progress, printing

if TYPE_CHECKING:
    from assay.verbs.demo import Trial

WIDTH = 100
LEVELS = ("trained", "believed", "actual", "attainable")


def demo(
    out: Annotated[str, typer.Option(metavar="DIR", help="Where tables and reports are written.")] = "assay-demo",
    rows: Annotated[int, typer.Option(metavar="N", min=1000, help="Flights drawn from the 336,776.")] = 30_000,
    seed: Annotated[int, typer.Option(metavar="N", min=0, help="Equal seeds give equal results.")] = 0,
    jobs: Annotated[int | None, typer.Option(metavar="N", help="Threads; default all cores.")] = None,
) -> None:
    """Run the whole path on a real table: split, generate, check.

    Two generators stand side by side. The table: flights from New York in 2013, the weather of their hour, and which were
    cancelled. Exit code 0 when it ran through, whatever the verdicts.
    """
    from assay.verbs.demo import demo as run

    with redirect_stdout(sys.stderr), Progress("Demo") as progress:
        trials = run(out, rows=rows, seed=seed, jobs=jobs, step=progress.step)
    with printing():
        typer.echo("\n".join(summary(trials, out)))


def summary(trials: tuple[Trial, ...], folder: str) -> list[str]:
    """Lay the reports out beside each other, as lines."""
    tables = trials[0].report.inputs
    lines = [
        "Flights from New York in 2013: will a flight be cancelled?",
        f"{tables['real']['rows']:,} real rows went to the generators, {tables['holdout']['rows']:,} were sealed away.",
        "",
        _row("", [trial.generator for trial in trials]),
        _row("verdict", [trial.report.verdict.replace("_", " ").upper() for trial in trials]),
    ]
    headlines = [trial.report.headline for trial in trials]
    metric = next((headline.metric for headline in headlines if headline), "")
    for level in LEVELS:
        cells = [_cell(getattr(headline, level)) if headline else "not measured" for headline in headlines]
        lines.append(_row(f"{level}", cells))
    if metric:
        lines += [
            "",
            f"Numbers are {metric.replace('_', ' ')}. Believed: what validation on synthetic rows promises.",
            "Actual: what sealed real rows show. Attainable: a model trained on real rows.",
        ]
    for trial in trials:
        lines += ["", f"Why {trial.generator} is {trial.report.verdict.replace('_', ' ')}:"]
        first = {finding.code: f"{finding.code}: {finding.message}" for finding in reversed(trial.report.findings)}
        told = [first[code] for code in dict.fromkeys(finding.code for finding in trial.report.findings)]
        for sentence in (told or list(trial.report.reasons))[:3]:
            lines += wrap(sentence, WIDTH, initial_indent="  - ", subsequent_indent="    ", break_long_words=False)
    lines += ["", f"Reports, for a browser: {', '.join(f'{folder}/{trial.generator}.html' for trial in trials)}"]
    sources = f"{folder}/real.parquet {folder}/{trials[-1].generator}.parquet --holdout {folder}/holdout.parquet"
    return [*lines, f"Next: assay check {sources} --target cancelled"]


def _row(label: str, cells: list[str]) -> str:
    return f"  {label:<12}{''.join(f'{cell:<26}' for cell in cells)}".rstrip()


def _cell(estimate: object) -> str:
    value, low, high = (getattr(estimate, name) for name in ("value", "low", "high"))
    return f"{value:.3f} ({low:.3f} to {high:.3f})"
