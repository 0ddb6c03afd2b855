"""``assay forecast``: when does a loop break, and how much real data prevents it?"""

from __future__ import annotations

import sys
from contextlib import redirect_stdout
from typing import TYPE_CHECKING, Annotated, Any

import typer

from assay.cli.check import command_line_of, try_outputs
from assay.cli.loop import GenerationsLeft, settings_by_generator
from assay.cli.streams import Progress, overheard, print_document, printing

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
    generations: Annotated[int, typer.Option(metavar="N", help="How far to forecast.")] = 10,
    pilots: Annotated[int, typer.Option(metavar="G", help="With REAL: generations of each pilot, at least 3.")] = 3,
    seeds: Annotated[int, typer.Option(metavar="K", help="Lineages of each pilot, at least 3.")] = 5,
    out: Annotated[
        str | None, typer.Option(metavar="DIR", help="Keep the pilots here; what was broken off goes on from there.")
    ] = None,
    holdout: Annotated[
        str | None, typer.Option(metavar="FILE", help="Sealed real rows; default: some of REAL are sealed off.")
    ] = None,
    size: Annotated[
        int | None, typer.Option(metavar="ROWS", help="Rows of a generation; default what the table allows, at most 5,000.")
    ] = None,
    small: Annotated[
        float, typer.Option(metavar="SHARE", help="Size of the second pilots, as a share of the first; 0 for none.")
    ] = 0.5,
    mix: Annotated[
        list[str] | None,
        typer.Option(metavar="REAL:SYNTHETIC", help="Rows of both at which to predict a model's worth; may be repeated."),
    ] = None,
    set_: Annotated[
        list[str] | None, typer.Option("--set", metavar="NAME.KEY=VALUE", help="A setting of a generator; may be repeated.")
    ] = None,
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
        list[str] | None, typer.Option(metavar="COLUMN", help="A column whose groups are measured apart; may be repeated.")
    ] = None,
    time: Annotated[str | None, typer.Option(metavar="COLUMN", help="When each row happened.")] = None,
    null: Annotated[str, typer.Option(metavar="TOKEN", help="In CSV, the cell that means null; default the empty one.")] = "",
    json: Annotated[str | None, typer.Option(metavar="FILE|-", help="Write the result as JSON; - for standard output.")] = None,
    seed: Annotated[int, typer.Option(metavar="N", help="Equal seeds give equal forecasts.")] = 0,
    jobs: Annotated[
        int | None, typer.Option(metavar="N", help="Processes; default all cores. The result does not depend on it.")
    ] = None,
    budget: Annotated[float | None, typer.Option(metavar="SECONDS", help="Time to spend on pilots.")] = None,
) -> None:
    """Forecast a loop from short ones: when each axis leaves its margin, and how much real data prevents it.

    Exit code 0: something is told. 2: usage or bad input. 3: nothing can be told. 4: unforeseen.
    """
    try_outputs({"--json": json}, inputs=(source, holdout, schema))
    options: dict[str, Any] = {
        "with": tuple(name.strip() for part in with_ or () for name in part.split(",") if name.strip()),
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
    _deliver(found, json)
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
    from typing import get_args

    from assay.core.errors import UnknownNameError
    from assay.data.schema import Task
    from assay.verbs.forecast import forecast as run

    if options["task"] not in (None, *get_args(Task)):
        raise UnknownNameError("task", options["task"], get_args(Task))
    asked = {name: given for name, given in options.items() if name not in ("with", "regime", "set", "mix")}
    asked["generators"] = options["with"]
    asked["regimes"] = [part.strip() for part in options["regime"].split(",") if part.strip()]
    asked["settings"] = settings_by_generator(options["set"])
    asked["mixes"] = mixes_of(options["mix"])
    command = command_line_of("forecast", (source,), {**options, "out": out}, {"null": ""})
    return run(source, **asked, out=out, jobs=jobs, command=command, progress=progress)


def _deliver(found: Forecast, json: str | None) -> None:
    """Write the file, then print."""
    from assay.core.files import write_atomically
    from assay.reporting.forecast_terminal import show

    text = found.to_json() if json else ""
    if json == "-":
        print_document(text)
        return
    if json:
        write_atomically(json, text.encode("utf-8", "backslashreplace"))
    with printing():
        show(found)
        if json:
            sys.stdout.write(f"  Wrote {json}\n")
