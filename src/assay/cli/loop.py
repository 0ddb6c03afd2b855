"""``assay loop``: what becomes of data when generators learn from what generators made."""

from __future__ import annotations

import sys
from contextlib import redirect_stdout
from typing import TYPE_CHECKING, Annotated, Any

import typer

from assay.cli import options as opt
from assay.cli.drill import TimeLeft
from assay.cli.outputs import command_line_of, deliver, try_outputs
from assay.cli.streams import Progress, overheard, say

if TYPE_CHECKING:
    from assay.reporting.loop import Loop

BESIDE_SCENARIO = ("scenario", "seed", "html", "json", "help")


def loop(
    context: typer.Context,
    real: Annotated[
        str | None, typer.Argument(metavar="REAL", help="Real rows, that the first generation learns from.", show_default=False)
    ] = None,
    with_: Annotated[
        list[str] | None, typer.Option("--with", metavar="NAME", help="A generator, such as tree_chain; may be repeated.")
    ] = None,
    out: Annotated[
        str | None,
        typer.Option(metavar="DIR", help="Keep every generation here; a loop that was broken off goes on from there."),
    ] = None,
    scenario: Annotated[
        str | None,
        typer.Option(
            metavar="NAME|FILE",
            help="No table but a corpus that many share, over calendar years: business_as_usual, provenance_adopted, "
            "filtering_only, or a TOML file. Goes with --seed, --html and --json alone.",
        ),
    ] = None,
    regime: Annotated[
        str,
        typer.Option(
            metavar="A,B",
            help="What each next generation learns from, commas between: replace, accumulate, accumulate_subsample, mix:SHARE, "
            "fresh:SHARE, mended:SHARE, curated:verifier, weighted:golden.",
        ),
    ] = "replace,accumulate",
    generations: Annotated[int, typer.Option(metavar="N", help="Generations of each lineage.")] = 8,
    seeds: Annotated[int, typer.Option(metavar="K", help="Lineages of each generator and regime.")] = 5,
    holdout: opt.SealedRows = None,
    size: opt.Size = None,
    set_: opt.Settings = None,
    target: opt.Target = None,
    task: opt.TaskName = None,
    positive: opt.Positive = None,
    schema: opt.SchemaFile = None,
    entity: opt.Entity = None,
    sensitive: opt.Sensitive = None,
    time: opt.Time = None,
    null: opt.Null = "",
    keep: Annotated[
        str, typer.Option(metavar="none|last|all", help="Whose rows of a finished lineage stay in DIR; scores always do.")
    ] = "last",
    html: opt.Page = None,
    json: opt.Json = None,
    seed: Annotated[int, typer.Option(metavar="N", help="Equal seeds give equal loops.")] = 0,
    jobs: opt.Processes = None,
    budget: Annotated[
        float | None, typer.Option(metavar="SECONDS", help="Time to spend; what is missing is said, and not read as sound.")
    ] = None,
) -> None:
    """Train generators again and again on what former generations made, and measure every generation.

    Exit code 0: it ran through. 2: usage or bad input. 3: something is unfinished. 4: unforeseen.
    """
    from assay.core.errors import UsageError

    outputs = {"--html": html, "--json": json}
    try_outputs(outputs, inputs=tuple(given for given in (real, holdout, schema, scenario) if given), made=out)
    if scenario is not None:
        _refuse_others(context)
        _outlook(scenario, seed, outputs)
        return
    if real is None or not with_ or out is None:
        lacking = [name for name, given in (("REAL", real), ("--with", with_), ("--out", out)) if not given]
        raise UsageError(
            f"assay loop needs REAL, --with and --out, or --scenario. Got no {' and no '.join(lacking)}. "
            "For example: assay loop real.csv --with tree_chain --out loop"
        )
    options: dict[str, Any] = {
        "with": opt.names_of(with_),
        "regime": regime,
        "generations": generations,
        "seeds": seeds,
        "holdout": holdout,
        "size": size,
        "set": tuple(set_ or ()),
        "target": target,
        "task": task,
        "positive": positive,
        "schema": schema,
        "entity": entity,
        "sensitive": tuple(sensitive or ()),
        "time": time,
        "null": null,
        "keep": keep,
        "budget": budget,
        "seed": seed,
    }
    with redirect_stdout(sys.stderr), Progress("Looping") as progress, overheard(progress):  # what a library prints is no result
        found = _looped(real, options, out, jobs, GenerationsLeft(progress))
    _deliver(found, outputs, out)
    raise typer.Exit(found.exit_code)


class GenerationsLeft(TimeLeft):
    """The same of a loop, whose generations are called by the names of generator and regime."""

    unit = "generations"

    def called(self, what: str) -> str:
        """Give the names as they are."""
        return what


def _looped(real: str, options: dict[str, Any], out: str, jobs: int | None, progress: GenerationsLeft) -> Loop:
    from assay.verbs.loop import loop as run

    opt.require_task(options["task"])
    asked = {name: given for name, given in options.items() if name not in ("with", "regime", "set")}
    asked["generators"] = options["with"]
    asked["regimes"] = [part.strip() for part in options["regime"].split(",") if part.strip()]
    asked["settings"] = opt.settings_by_generator(options["set"])
    command = command_line_of("loop", (real,), {**options, "out": out}, {"null": "", "keep": "last"})
    return run(real, **asked, out=out, jobs=jobs, command=command, progress=progress, tell=say)


def _refuse_others(context: typer.Context) -> None:
    """Refuse every option that a scenario of a shared corpus does not use, so that none is passed over in silence."""
    from assay.core.errors import UsageError

    given = [
        parameter.opts[0] if parameter.param_type_name == "option" else "REAL"
        for parameter in context.command.params
        if parameter.name not in BESIDE_SCENARIO and _was_given(context, parameter.name)
    ]
    if given:
        raise UsageError(
            "--scenario runs toy worlds of a shared corpus, and goes with --seed, --html and --json alone: "
            f"it takes no {' and no '.join(given)}. Leave {'it' if len(given) == 1 else 'them'} out."
        )


def _was_given(context: typer.Context, name: str | None) -> bool:
    source = context.get_parameter_source(name or "")
    return source is not None and not source.name.startswith("DEFAULT")


def _outlook(scenario: str, seed: int, outputs: dict[str, str | None]) -> None:
    """Run a scenario of a shared corpus, write the file, then print."""
    from assay.checking.options import require_usable
    from assay.lab.ecosystem import run
    from assay.reporting.documents import to_json
    from assay.reporting.ecosystem_html import page
    from assay.reporting.ecosystem_terminal import show

    require_usable(seed, None, None)
    with Progress("Running the corpus over the years"):
        found = run(scenario, seed=seed)
    writers = {"--html": lambda: page(found), "--json": lambda: to_json(found.to_dict())}
    deliver(outputs, writers, lambda: show(found))


def _deliver(loop: Loop, outputs: dict[str, str | None], out: str) -> None:
    from assay.reporting.loop_terminal import show

    told = [f"Wrote {out}/loop.json and {out}/trajectory.parquet", *_next(loop, out)]
    deliver(outputs, {"--html": loop.to_html, "--json": loop.to_json}, lambda: show(loop), told)


def _next(loop: Loop, out: str) -> list[str]:
    """Say what is to be done about what is unfinished: go on, where time was short; else mend or leave out what failed."""
    from assay.lab.loop import SPENT
    from assay.lab.loop_step import home
    from assay.lab.loop_store import Store

    lines: list[str] = []
    stopped = [(descent, number) for descent, number, reason in loop.trajectory.unfinished if reason != SPENT]
    if len(stopped) < len(loop.trajectory.unfinished):
        lines.append("Next: the same command goes on from where it was.")
    failures = dict.fromkeys(Store(out).failure(*home(*step)) for step in stopped)
    files = [path.as_posix() for path in failures if path.exists()]
    if files:
        more = f" and {len(files) - 1} more" if len(files) > 1 else ""
        lines += [f"Failed: {files[0]}{more}", "Next: mend what it names, or leave that generator or regime out."]
    return lines
