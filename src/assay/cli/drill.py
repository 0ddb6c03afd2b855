"""``assay drill``: whether a check would have noticed."""

from __future__ import annotations

import sys
import time as clock
from contextlib import redirect_stdout
from typing import TYPE_CHECKING, Annotated, Any

import typer

from assay.cli import options as opt
from assay.cli.outputs import command_line_of, deliver, try_outputs
from assay.cli.streams import Progress

if TYPE_CHECKING:
    from assay.reporting.drill import Drill


def drill(
    real: Annotated[str, typer.Argument(metavar="REAL", help="Real rows, in which known damage is planted.")],
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
    kinds: Annotated[
        str | None, typer.Option(metavar="A,B", help="Kinds of damage to plant, commas between them; default all of them.")
    ] = None,
    rows: Annotated[
        int | None,
        typer.Option(metavar="N", help="Rows of the tables drilled; default what the real table allows, at most 5,000."),
    ] = None,
    rounds: Annotated[int, typer.Option(metavar="N", help="Plantings of each kind; more make intervals narrower.")] = 8,
    json: opt.Json = None,
    html: opt.Page = None,
    out: Annotated[
        str | None, typer.Option(metavar="DIR", help="Keep every planting here; a drill that was broken off goes on from there.")
    ] = None,
    seed: Annotated[int, typer.Option(metavar="N", help="Equal seeds give equal drills.")] = 0,
    jobs: opt.Processes = None,
    budget: Annotated[
        float | None, typer.Option(metavar="SECONDS", help="Time to spend; what is missing makes intervals wider.")
    ] = None,
) -> None:
    """Plant known damage in real rows and say which kinds and sizes a check would notice.

    Exit code 0: it ran, whatever was noticed. 2: usage or bad input. 3: nothing can be said. 4: unforeseen.
    """
    outputs = {"--json": json, "--html": html}
    try_outputs(outputs, inputs=(real, schema, policy))
    options: dict[str, Any] = {
        "target": target,
        "task": task,
        "positive": positive,
        "schema": schema,
        "entity": entity,
        "sensitive": tuple(sensitive or ()),
        "time": time,
        "policy": policy,
        "null": null,
        "kinds": kinds,
        "rows": rows,
        "rounds": rounds,
        "budget": budget,
        "seed": seed,
    }
    with redirect_stdout(sys.stderr), Progress("Drilling") as progress:  # whatever a library prints is not the result
        found = _drilled(real, options, out, jobs, TimeLeft(progress))
    _deliver(found, outputs)
    raise typer.Exit(found.exit_code)


class TimeLeft:
    """Tells a progress line how far the work is and how long it will still take, going by what was done so far.

    Parameters
    ----------
    progress : Progress
        The line.
    """

    unit = "plantings"

    def __init__(self, progress: Progress) -> None:
        self.progress = progress
        self._begun: tuple[float, int] | None = None

    def __call__(self, what: str, done: int, total: int) -> None:
        """Take note of a piece that was done."""
        now = clock.monotonic()
        if self._begun is None:
            self._begun = now, done
        since, before = self._begun
        left = "" if done == before else f", {duration((now - since) / (done - before) * (total - done))} left"
        self.progress.step(f"{done} of {total} {self.unit}{left}, {self.called(what)}")

    def called(self, what: str) -> str:
        """Give what a piece is called: a kind of damage, in words."""
        return what.replace("_", " ")


def duration(seconds: float) -> str:
    """Write a time in the unit that fits.

    Examples
    --------
    >>> duration(4.2), duration(250), duration(7300)
    ('5 s', '5 min', '2.1 h')
    """
    if seconds < 100:
        return f"{int(seconds) + 1} s"
    return f"{int(seconds / 60) + 1} min" if seconds < 6000 else f"{int(seconds / 360) / 10 + 0.1:.1f} h"


def _drilled(real: str, options: dict[str, Any], out: str | None, jobs: int | None, progress: TimeLeft) -> Drill:
    from assay.verbs.drill import drill as run

    opt.require_task(options["task"])
    asked = dict(options)
    if options["kinds"] is not None:
        asked["kinds"] = [kind.strip() for kind in options["kinds"].split(",") if kind.strip()]
    command = command_line_of("drill", (real,), options, {"policy": "train", "null": "", "rounds": 8})
    return run(real, **asked, out=out, jobs=jobs, command=command, progress=progress)


def _deliver(drill: Drill, outputs: dict[str, str | None]) -> None:
    from assay.reporting.drill_terminal import show

    deliver(outputs, {"--html": drill.to_html, "--json": drill.to_json}, lambda: show(drill))
