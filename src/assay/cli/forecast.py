"""``assay forecast``: when does a loop break, and how much real data prevents it?"""

from __future__ import annotations

import sys
from contextlib import redirect_stdout
from typing import TYPE_CHECKING, Annotated, Any

import typer

from assay.cli import options as opt
from assay.cli.loop import GenerationsLeft
from assay.cli.outputs import command_line_of, deliver, try_outputs
from assay.cli.streams import Progress, overheard

if TYPE_CHECKING:
    from assay.reporting.forecast import Forecast


def forecast(
    source: Annotated[
        str, typer.Argument(metavar="DIR|REAL", help="Folder of a finished assay loop, or real rows to run short loops on.")
    ],
    with_: Annotated[
        list[str] | None,
        typer.Option("--with", metavar="NAME", help="With REAL: a generator, such as tree_chain; may be repeated."),
    ] = None,
    regime: Annotated[
        str,
        typer.Option(metavar="A,B", help="With REAL: regimes, commas between; mix:SHARE at two shares tells the safe one."),
    ] = "replace,mix:0.1,mix:0.3",
    generations: Annotated[int, typer.Option(metavar="N", help="How far to forecast, at most 1,000.")] = 10,
    pilots: Annotated[int, typer.Option(metavar="G", help="With REAL: generations of each pilot, at least 3.")] = 3,
    seeds: Annotated[int, typer.Option(metavar="K", help="Lineages of each pilot, at least 3.")] = 5,
    out: Annotated[
        str | None, typer.Option(metavar="DIR", help="Keep the pilots here; what was broken off goes on from there.")
    ] = None,
    holdout: opt.SealedRows = None,
    size: opt.Size = None,
    small: Annotated[
        float, typer.Option(metavar="SHARE", help="Size of the second pilots, as a share of the first; 0 for none.")
    ] = 0.5,
    mix: Annotated[
        list[str] | None,
        typer.Option(metavar="REAL:SYNTHETIC", help="Rows of both at which to predict a model's worth; may be repeated."),
    ] = None,
    set_: opt.Settings = None,
    target: opt.Target = None,
    task: opt.TaskName = None,
    positive: opt.Positive = None,
    schema: opt.SchemaFile = None,
    entity: opt.Entity = None,
    sensitive: opt.Sensitive = None,
    time: opt.Time = None,
    null: opt.Null = "",
    html: opt.Page = None,
    json: opt.Json = None,
    seed: Annotated[int, typer.Option(metavar="N", help="Equal seeds give equal forecasts.")] = 0,
    jobs: opt.Processes = None,
    budget: Annotated[float | None, typer.Option(metavar="SECONDS", help="Time to spend on pilots and fits.")] = None,
) -> None:
    """Forecast a loop from short ones: when each axis leaves its margin, and how much real data prevents it.

    Exit code 0: something is told. 2: usage or bad input. 3: nothing can be told. 4: unforeseen.
    """
    outputs = {"--html": html, "--json": json}
    try_outputs(outputs, inputs=(source, holdout, schema), made=out)
    options: dict[str, Any] = {
        "with": opt.names_of(with_),
        "regime": regime,
        "generations": generations,
        "pilots": pilots,
        "seeds": seeds,
        "holdout": holdout,
        "size": size,
        "small": small,
        "mix": tuple(mix or ()),
        "set": tuple(set_ or ()),
        "target": target,
        "task": task,
        "positive": positive,
        "schema": schema,
        "entity": entity,
        "sensitive": tuple(sensitive or ()),
        "time": time,
        "null": null,
        "budget": budget,
        "seed": seed,
    }
    with redirect_stdout(sys.stderr), Progress("Forecasting") as progress, overheard(progress):
        found = _forecast(source, options, out, jobs, GenerationsLeft(progress))
    _deliver(found, outputs)
    raise typer.Exit(found.exit_code)


def mixes_of(texts: tuple[str, ...]) -> list[tuple[int, int]] | None:
    """Read ``REAL:SYNTHETIC`` rows; None where none are given.

    Examples
    --------
    >>> mixes_of(("1000:500",))
    [(1000, 500)]
    """
    from assay.core.errors import UsageError

    found: list[tuple[int, int]] = []
    for text in texts:
        real, colon, synthetic = text.partition(":")
        if not (colon and real.strip().isdigit() and synthetic.strip().isdigit() and int(real) + int(synthetic)):
            raise UsageError(f"--mix must be REAL:SYNTHETIC, both rows. Got {text!r}. For example: --mix 1000:5000")
        found.append((int(real), int(synthetic)))
    return found or None


def _forecast(source: str, options: dict[str, Any], out: str | None, jobs: int | None, progress: GenerationsLeft) -> Forecast:
    from assay.verbs.forecast import forecast as run

    opt.require_task(options["task"])
    asked = {name: given for name, given in options.items() if name not in ("with", "regime", "set", "mix")}
    asked["generators"] = options["with"]
    asked["regimes"] = [part.strip() for part in options["regime"].split(",") if part.strip()]
    asked["settings"] = opt.settings_by_generator(options["set"])
    asked["mixes"] = mixes_of(options["mix"])
    command = command_line_of("forecast", (source,), {**options, "out": out}, {"null": ""})
    return run(source, **asked, out=out, jobs=jobs, command=command, progress=progress)


def _deliver(found: Forecast, outputs: dict[str, str | None]) -> None:
    from assay.reporting.forecast_terminal import show

    deliver(outputs, {"--html": found.to_html, "--json": found.to_json}, lambda: show(found))
