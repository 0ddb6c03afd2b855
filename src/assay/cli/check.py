"""``assay check``: whether the synthetic table may stand in for the real one."""

from __future__ import annotations

import shlex
import sys
from contextlib import redirect_stdout
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any

import typer

from assay.cli.github import running, tell
from assay.cli.streams import Progress, print_document, printing, say

if TYPE_CHECKING:
    from assay.reporting.report import Report

JOBS_HELP = "Threads; default all cores. The result does not depend on it."


def check(
    real: Annotated[str, typer.Argument(metavar="REAL", help="The rows that the generator learned from.")],
    synthetic: Annotated[str, typer.Argument(metavar="SYNTHETIC", help="The rows that it made.")],
    holdout: Annotated[str | None, typer.Option(metavar="FILE", help="Sealed real rows that no generator saw.")] = None,
    target: Annotated[str | None, typer.Option(metavar="COLUMN", help="The column to be predicted.")] = None,
    task: Annotated[
        str | None, typer.Option(metavar="TASK", help="binary, multiclass or regression; default inferred from the target.")
    ] = None,
    positive: Annotated[str | None, typer.Option(metavar="VALUE", help="The positive class; default inferred.")] = None,
    schema: Annotated[
        str | None, typer.Option(metavar="FILE", help="Kinds and roles of the columns: TOML, or SDV metadata as JSON.")
    ] = None,
    entity: Annotated[str | None, typer.Option(metavar="COLUMN", help="Rows that belong together share its value.")] = None,
    sensitive: Annotated[
        list[str] | None, typer.Option(metavar="COLUMN", help="A column whose groups must not be harmed; may be repeated.")
    ] = None,
    time: Annotated[str | None, typer.Option(metavar="COLUMN", help="When each row happened.")] = None,
    policy: Annotated[
        str, typer.Option(metavar="NAME|FILE", help="What the data is for: train, augment, share, test, or a TOML file.")
    ] = "train",
    learner: Annotated[
        list[str] | None,
        typer.Option(metavar="MODULE:ATTRIBUTE", help="A learner of your own in place of the two built in; may be repeated."),
    ] = None,
    scorer: Annotated[
        str | None, typer.Option(metavar="NAME", help="One of scikit-learn's scorers, or MODULE:ATTRIBUTE of your own.")
    ] = None,
    null: Annotated[str, typer.Option(metavar="TOKEN", help="In CSV, the cell that means null; default the empty one.")] = "",
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
    from typing import get_args

    from assay.cli.given import learner_named, scorer_named
    from assay.core.errors import UnknownNameError
    from assay.data.schema import Task
    from assay.verbs.check import check as run

    if options["task"] not in (None, *get_args(Task)):
        raise UnknownNameError("task", options["task"], get_args(Task))
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


def command_line_of(verb: str, arguments: tuple[str, ...], options: dict[str, Any], defaults: dict[str, Any]) -> str:
    """Give a verb's command: its arguments, then the options that are not left at their defaults."""
    words = ["assay", verb, *arguments]
    for name, given in options.items():
        if given is None or given == defaults.get(name):
            continue
        for part in given if isinstance(given, tuple) else (given,):
            words += [f"--{name}", f"{part:g}" if isinstance(part, float) else str(part)]
    return shlex.join(words)


def try_outputs(outputs: dict[str, str | None], inputs: tuple[str | None, ...]) -> None:
    """Find out before work starts whether every output can be written, and that none would overwrite a table."""
    import os

    from assay.cli.failure import is_table
    from assay.core.errors import UsageError
    from assay.core.files import require_writable

    taken = {os.path.realpath(path): "an input" for path in inputs if path is not None}
    for option, path in outputs.items():
        if path is None or (option == "--json" and path == "-"):
            continue
        if os.path.realpath(path) in taken:
            raise UsageError(f"{option} {path} is {taken[os.path.realpath(path)]} as well. Give it a path of its own.")
        if path != os.devnull:
            taken[os.path.realpath(path)] = "another output"
        require_writable(path)
        if is_table(path):
            raise UsageError(f"{option} needs a path for a report. Got {path!r}, the name of a table.")


def _deliver(report: Report, outputs: dict[str, str | None]) -> None:
    """Write the files, then print; the JSON last, so that it stands only where all else is written."""
    from assay.core.files import write_atomically
    from assay.reporting.report import Report as Document
    from assay.reporting.terminal import show

    for warning in report.scorecard.warnings:
        say(f"Warning: {warning}")
    if outputs["--html"]:
        write_atomically(outputs["--html"], report.to_html().encode("utf-8", "backslashreplace"))
    if outputs["--junit"]:
        write_atomically(outputs["--junit"], report.to_junit().encode("utf-8", "backslashreplace"))
    text = report.to_json() if outputs["--json"] else ""
    if outputs["--json"] == "-":
        print_document(text)
        return
    if outputs["--json"]:
        write_atomically(outputs["--json"], text.encode("utf-8", "backslashreplace"))
    unwarned = replace(report.scorecard, warnings=())  # they stand on standard error
    with printing():
        show(Document(unwarned, report.judgement, report.policy, report.inputs, report.run, report.pictures))
        for path in outputs.values():
            if path:
                sys.stdout.write(f"  Wrote {path}\n")
