"""``assay check``: whether the synthetic table may stand in for the real one."""

from __future__ import annotations

import sys
from contextlib import redirect_stdout
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any

import typer

from assay.cli import options as opt
from assay.cli.github import running, tell
from assay.cli.outputs import command_line_of, deliver, try_outputs
from assay.cli.streams import Progress, say

if TYPE_CHECKING:
    from assay.reporting.report import Report

JOBS_HELP = "Threads; default all cores. The result does not depend on it."


def check(
    real: Annotated[str, typer.Argument(metavar="REAL", help="The rows that the generator learned from.")],
    synthetic: Annotated[str, typer.Argument(metavar="SYNTHETIC", help="The rows that it made.")],
    holdout: Annotated[str | None, typer.Option(metavar="FILE", help="Sealed real rows that no generator saw.")] = None,
    target: opt.Target = None,
    task: opt.TaskName = None,
    positive: opt.Positive = None,
    schema: opt.SchemaFile = None,
    entity: opt.Entity = None,
    sensitive: Annotated[
        list[str] | None, typer.Option(metavar="COLUMN", help="A column whose groups must not be harmed; may be repeated.")
    ] = None,
    time: opt.Time = None,
    policy: opt.Policy = "train",
    learner: Annotated[
        list[str] | None,
        typer.Option(metavar="MODULE:ATTRIBUTE", help="A learner of your own in place of the two built in; may be repeated."),
    ] = None,
    scorer: Annotated[
        str | None, typer.Option(metavar="NAME", help="One of scikit-learn's scorers, or MODULE:ATTRIBUTE of your own.")
    ] = None,
    null: opt.Null = "",
    json: Annotated[str | None, typer.Option(metavar="FILE|-", help="Write the report as JSON; - for standard output.")] = None,
    html: Annotated[str | None, typer.Option(metavar="FILE", help="Write the report as one HTML page.")] = None,
    junit: Annotated[str | None, typer.Option(metavar="FILE", help="Write the checks as JUnit XML.")] = None,
    github: Annotated[
        bool | None, typer.Option(help="Annotate the run for GitHub Actions; default where it runs.", show_default=False)
    ] = None,
    seed: Annotated[int, typer.Option(metavar="N", help="Equal seeds give equal reports.")] = 0,
    jobs: Annotated[int | None, typer.Option(metavar="N", help=JOBS_HELP)] = None,
    budget: Annotated[
        float | None, typer.Option(metavar="SECONDS", help="Time to spend; what does not fit is skipped, and said.")
    ] = None,
) -> None:
    """Check whether synthetic rows can stand in for real ones.

    Exit code 0: trusted. 1: not trusted. 2: usage or bad input. 3: cannot tell. 4: unforeseen.
    """
    outputs = {"--json": json, "--html": html, "--junit": junit}
    try_outputs(outputs, inputs=(real, synthetic, holdout, schema, policy))
    options: dict[str, Any] = {
        "holdout": holdout,
        "target": target,
        "task": task,
        "positive": positive,
        "schema": schema,
        "entity": entity,
        "sensitive": tuple(sensitive or ()),
        "time": time,
        "policy": policy,
        "learner": tuple(learner or ()),
        "scorer": scorer,
        "null": null,
        "seed": seed,
        "budget": budget,
    }
    with redirect_stdout(sys.stderr), Progress("Checking") as progress:  # whatever a library prints is not the report
        report = _checked(real, synthetic, options, jobs, progress)
    _deliver(report, outputs)
    if running() if github is None else github:
        tell(report)
    raise typer.Exit(report.exit_code)


def _checked(real: str, synthetic: str, options: dict[str, Any], jobs: int | None, progress: Progress) -> Report:
    from assay.cli.given import learner_named, scorer_named
    from assay.verbs.check import check as run

    opt.require_task(options["task"])
    asked = {name: given for name, given in options.items() if name not in ("learner", "scorer")}
    asked["learners"] = [learner_named(name) for name in options["learner"]] or None
    asked["scorer"] = scorer_named(options["scorer"])
    return run(real, synthetic, **asked, jobs=jobs, command=command_line(real, synthetic, options), progress=progress, tell=say)


def command_line(real: str, synthetic: str, options: dict[str, Any]) -> str:
    """Give the command that asks the same again: all that changes the result, and nothing else.

    Examples
    --------
    >>> command_line("real.csv", "made.csv", {"target": "ill", "policy": "train", "null": "", "seed": 0, "sensitive": ("sex",)})
    'assay check real.csv made.csv --target ill --sensitive sex --seed 0'
    """
    order = ("holdout", "target", "task", "positive", "schema", "entity", "sensitive", "time", "policy")
    order += ("learner", "scorer", "null", "budget", "seed")
    ordered = {name: options.get(name) for name in order}
    return command_line_of("check", (real, synthetic), ordered, {"policy": "train", "null": ""})


def _deliver(report: Report, outputs: dict[str, str | None]) -> None:
    from assay.reporting.report import Report as Document
    from assay.reporting.terminal import show

    for warning in report.scorecard.warnings:
        say(f"Warning: {warning}")
    unwarned = replace(report.scorecard, warnings=())  # they stand on standard error
    shown = Document(unwarned, report.judgement, report.policy, report.inputs, report.run, report.pictures)
    deliver(outputs, {"--html": report.to_html, "--junit": report.to_junit, "--json": report.to_json}, lambda: show(shown))
