"""``assay mend``: what makes synthetic rows usable, and what is it worth?"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from contextlib import redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from assay.cli import options as opt
from assay.cli.generate import settings
from assay.cli.outputs import command_line_of, deliver, try_outputs
from assay.cli.streams import Progress, overheard, printing

if TYPE_CHECKING:
    from assay.reporting.mended import Mended

ROLES = ("target", "task", "positive", "schema", "entity", "sensitive", "time", "null")
STEP = 90  # letters that a line of progress has room for
WEIGHED = (
    "Give each row its weight in training: rows without their weights are other rows.\nassay check takes no weights, so what it "
    "says of these rows does not hold for the weighted ones."
)
DEFAULTS = {"policy": "train", "null": "", "seed": 0}


def mend(
    real: Annotated[str, typer.Argument(metavar="REAL", help="Real rows to learn from, at least 40.")],
    synthetic: Annotated[str, typer.Argument(metavar="SYNTHETIC", help="Rows to mend.")],
    holdout: Annotated[str | None, typer.Option(metavar="FILE", help="Sealed real rows; without them nothing is proved.")] = None,
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
    null: opt.Null = "",
    unseen: Annotated[bool, typer.Option("--unseen", help="The generator never saw REAL: the choice is valid on it.")] = False,
    with_: Annotated[
        str | None,
        typer.Option("--with", metavar="NAME", help="The generator that made SYNTHETIC from REAL; fitted anew to choose."),
    ] = None,
    set_: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="A setting of that generator; may be repeated.")
    ] = None,
    out: Annotated[
        str | None,
        typer.Option(metavar="FILE", help="Write the mended rows, and their weights beside them where they have some."),
    ] = None,
    recipe: Annotated[
        str | None, typer.Option(metavar="FILE", help="Write what was learned, as JSON, to be replayed on other rows.")
    ] = None,
    replay: Annotated[
        str | None,
        typer.Option(metavar="RECIPE", help="Mend SYNTHETIC by a saved recipe: learns nothing, proves nothing; needs --out."),
    ] = None,
    json: opt.Json = None,
    html: opt.Page = None,
    seed: Annotated[int, typer.Option(metavar="N", help="Equal seeds give equal rows.")] = 0,
    jobs: opt.Processes = None,
    budget: Annotated[float | None, typer.Option(metavar="SECONDS", help="Time after which no further remedy is tried.")] = None,
) -> None:
    """Mend synthetic rows with few real ones, and prove on sealed rows what that gained.

    Exit code 0: the mended rows are trusted. 1: they are not, or lost on sealed rows. 2: usage or bad input. 3: cannot tell, as
    without sealed rows. 4: unforeseen. With --replay 0: done.
    """
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
        "null": null,
        "unseen": unseen,
        "with": with_,
        "set": tuple(set_ or ()),
        "budget": budget,
        "seed": seed,
    }
    outputs = {"--html": html, "--json": json}
    inputs = (real, synthetic, holdout, schema, policy, replay)
    _require_apart(real, synthetic)
    try_outputs({"--recipe": recipe, **outputs}, inputs, tables={"--out": out})
    if replay is not None:
        _replayed(real, synthetic, replay, options, {"--recipe": recipe, "--jobs": jobs, **outputs}, out)
        return
    with redirect_stdout(sys.stderr), Progress("Mending") as progress, overheard(progress):
        found = _mended(real, synthetic, options, jobs, progress)
        told = _written(found, out, recipe)
    if json == "-":  # standard output holds the document alone
        for line in _beside(found) if out is not None else ():
            typer.echo(line, err=True)
    _deliver(found, outputs, told, kept=out is not None, recipe=recipe)
    raise typer.Exit(found.exit_code)


def _mended(real: str, synthetic: str, options: dict[str, Any], jobs: int | None, progress: Progress) -> Mended:
    from assay.reporting.text import shorten
    from assay.verbs.mend import mend as run

    def tell(step: str) -> None:
        progress.step(shorten(step, STEP))

    opt.require_task(options["task"])
    asked = {name: given for name, given in options.items() if name not in ("with", "set")}
    asked["with_"] = options["with"]
    asked["settings"] = settings(list(options["set"]))
    command = command_line_of("mend", (real, synthetic), options, {**DEFAULTS, "seed": None})
    return run(real, synthetic, **asked, jobs=jobs, command=command, progress=tell)


def _written(found: Mended, out: str | None, recipe: str | None) -> list[str]:
    """Write rows, weights and recipe, and say so."""
    told: list[str] = []
    if out is not None:
        told += [*rows_told(found.write_rows(out), len(found.data or ())), *_beside(found)]
    if recipe is not None and found.recipe is not None:
        found.recipe.save(recipe)
        told.append(f"Wrote {recipe}")
    return told


def _beside(found: Mended) -> list[str]:
    """Say beside the written rows that they are a sample, and what to do instead of training on them."""
    from assay.reporting.mended_warnings import beside_rows

    rows = found.sampled.get("synthetic")
    return [*([] if rows is None else [f"! These come of a sample of the {rows:,} synthetic rows."]), *beside_rows(found)]


def rows_told(written: Sequence[Path], rows: int) -> list[str]:
    """Say where rows and weights were written.

    Examples
    --------
    >>> rows_told([Path("m.csv"), Path("m.weights.parquet")], 1200)
    ['Wrote m.csv (1,200 rows)', 'Wrote m.weights.parquet (the weight of each, to be used in training)']
    """
    table, *weights = written
    lines = [f"Wrote {table} ({rows:,} rows)"]
    return lines + [f"Wrote {path} (the weight of each, to be used in training)" for path in weights]


def _require_apart(real: str, synthetic: str) -> None:
    from assay.core.errors import UsageError

    if os.path.realpath(real) == os.path.realpath(synthetic):
        raise UsageError(f"REAL and SYNTHETIC are one file, {real}. Give the real rows first, then the rows to mend.")


def _replayed(
    real: str, synthetic: str, recipe: str, options: dict[str, Any], others: dict[str, object], out: str | None
) -> None:
    from assay.core.errors import UsageError
    from assay.data.amended_files import uneven, weights_beside
    from assay.verbs.replay import replay as run

    opt.require_task(options["task"])
    given = {f"--{name}": part for name, part in options.items() if name not in ROLES and part != DEFAULTS.get(name)} | others
    idle = [name for name, part in given.items() if part not in (None, False, ())]
    if idle:
        raise UsageError(f"--replay learns nothing and proves nothing, so {', '.join(idle)} would do nothing. Leave it out.")
    if out is None:
        raise UsageError("--replay needs a place for the rows. Got no --out. For example: --out more.parquet")
    with redirect_stdout(sys.stderr), Progress("Mending") as progress, overheard(progress):
        rows = run(real, synthetic, recipe, **{name: options[name] for name in ROLES}, out=out)
    written = [Path(out), weights_beside(out)] if uneven(rows.weights) else [Path(out)]
    with printing():
        for line in rows_told(written, len(rows)):
            typer.echo(line)
        if made := int(rows.anchored.sum()):
            typer.echo(f"{made:,} of them were made from real rows: they say more of these than the others do.")
        typer.echo("Nothing was learned or proved.")
        if len(written) > 1:
            typer.echo(WEIGHED)
            return
        target = options["target"] or "COLUMN"
        typer.echo(f"Next: assay check {real} {out} --holdout HOLDOUT --target {target}")


def _deliver(found: Mended, outputs: dict[str, str | None], told: Sequence[str], *, kept: bool, recipe: str | None) -> None:
    from assay.reporting.mended_terminal import show

    writers = {"--html": found.to_html, "--json": found.to_json}
    deliver(outputs, writers, lambda: show(found, kept=kept, recipe=recipe), told)
