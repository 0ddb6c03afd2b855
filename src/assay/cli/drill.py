"""``assay drill``: whether a check would have noticed."""

from __future__ import annotations

import sys
import time as clock
from contextlib import redirect_stdout
from typing import TYPE_CHECKING, Annotated, Any

import typer

from assay.cli.check import command_line_of, try_outputs
from assay.cli.streams import Progress, print_document, printing

if TYPE_CHECKING:
    from assay.reporting.drill import Drill


def drill(
    real: Annotated[str, typer.Argument(metavar="REAL", help="Real rows, in which known damage is planted.")],
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
    null: Annotated[str, typer.Option(metavar="TOKEN", help="In CSV, the cell that means null; default the empty one.")] = "",
    kinds: Annotated[
        str | None, typer.Option(metavar="A,B", help="Kinds of damage to plant, commas between them; default all of them.")
    ] = None,
    rows: Annotated[
        int | None,
        typer.Option(metavar="N", help="Rows of the tables drilled; default what the real table allows, at most 5,000."),
    ] = None,
    rounds: Annotated[int, typer.Option(metavar="N", help="Plantings of each kind; more make intervals narrower.")] = 8,
    json: Annotated[str | None, typer.Option(metavar="FILE|-", help="Write the result as JSON; - for standard output.")] = None,
    html: Annotated[str | None, typer.Option(metavar="FILE", help="Write the result as one HTML page, with pictures.")] = None,
    out: Annotated[
        str | None, typer.Option(metavar="DIR", help="Keep every planting here; a drill that was broken off goes on from there.")
    ] = None,
    seed: Annotated[int, typer.Option(metavar="N", help="Equal seeds give equal drills.")] = 0,
    jobs: Annotated[
        int | None, typer.Option(metavar="N", help="Processes; default all cores. The result does not depend on it.")
    ] = None,
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
    from typing import get_args

    from assay.core.errors import UnknownNameError
    from assay.data.schema import Task
    from assay.verbs.drill import drill as run

    if options["task"] not in (None, *get_args(Task)):
        raise UnknownNameError("task", options["task"], get_args(Task))
    asked = dict(options)
    if options["kinds"] is not None:
        asked["kinds"] = [kind.strip() for kind in options["kinds"].split(",") if kind.strip()]
    command = command_line_of("drill", (real,), options, {"policy": "train", "null": "", "rounds": 8})
    return run(real, **asked, out=out, jobs=jobs, command=command, progress=progress)


def _deliver(drill: Drill, outputs: dict[str, str | None]) -> None:
    """Write the files, then print; the JSON last, so that it stands only where all else is written."""
    from assay.core.files import write_atomically
    from assay.reporting.drill_terminal import show

    if outputs["--html"]:
        write_atomically(outputs["--html"], drill.to_html().encode("utf-8", "backslashreplace"))
    text = drill.to_json() if outputs["--json"] else ""
    if outputs["--json"] == "-":
        print_document(text)
        return
    if outputs["--json"]:
        write_atomically(outputs["--json"], text.encode("utf-8", "backslashreplace"))
    with printing():
        show(drill)
        for path in outputs.values():
            if path:
                sys.stdout.write(f"  Wrote {path}\n")
