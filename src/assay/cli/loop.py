"""``assay loop``: what becomes of data when generators learn from what generators made."""

from __future__ import annotations

import sys
from contextlib import redirect_stdout
from typing import TYPE_CHECKING, Annotated, Any

import typer

from assay.cli.check import command_line_of, try_outputs
from assay.cli.drill import TimeLeft
from assay.cli.streams import Progress, overheard, print_document, printing

if TYPE_CHECKING:
    from assay.reporting.loop import Loop


def loop(
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
            "filtering_only, or a TOML file. Goes with --seed and --json alone.",
        ),
    ] = None,
    regime: Annotated[
        str,
        typer.Option(
            metavar="A,B",
            help="What each next generation learns from, commas between: replace, accumulate, accumulate_subsample, mix:SHARE, "
            "fresh:SHARE, curated:verifier, weighted:golden.",
        ),
    ] = "replace,accumulate",
    generations: Annotated[int, typer.Option(metavar="N", help="Generations of each lineage.")] = 8,
    seeds: Annotated[int, typer.Option(metavar="K", help="Lineages of each generator and regime.")] = 5,
    holdout: Annotated[
        str | None, typer.Option(metavar="FILE", help="Sealed real rows; default: some of REAL are sealed off.")
    ] = None,
    size: Annotated[
        int | None, typer.Option(metavar="ROWS", help="Rows of a generation; default what the table allows, at most 5,000.")
    ] = None,
    set_: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="NAME.KEY=VALUE", help="A setting of a generator; may be repeated."),
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
    keep: Annotated[
        str, typer.Option(metavar="none|last|all", help="Whose rows of a finished lineage stay in DIR; scores always do.")
    ] = "last",
    html: Annotated[str | None, typer.Option(metavar="FILE", help="Write the result as one HTML page, with pictures.")] = None,
    json: Annotated[str | None, typer.Option(metavar="FILE|-", help="Write the result as JSON; - for standard output.")] = None,
    seed: Annotated[int, typer.Option(metavar="N", help="Equal seeds give equal loops.")] = 0,
    jobs: Annotated[
        int | None, typer.Option(metavar="N", help="Processes; default all cores. The result does not depend on it.")
    ] = None,
    budget: Annotated[
        float | None, typer.Option(metavar="SECONDS", help="Time to spend; what is missing is said, and not read as sound.")
    ] = None,
) -> None:
    """Train generators again and again on what former generations made, and measure every generation.

    Exit code 0: it ran through. 2: usage or bad input. 3: something is unfinished. 4: unforeseen.
    """
    from assay.core.errors import UsageError

    outputs = {"--html": html, "--json": json}
    try_outputs(outputs, inputs=tuple(given for given in (real, holdout, schema, scenario) if given))
    if scenario is not None:
        if real is not None or with_ or out is not None or html is not None:
            raise UsageError(
                "--scenario runs toy worlds of a shared corpus: it takes no REAL, --with, --out or --html. Leave them out."
            )
        _outlook(scenario, seed, json)
        return
    if real is None or not with_ or out is None:
        lacking = [name for name, given in (("REAL", real), ("--with", with_), ("--out", out)) if not given]
        raise UsageError(
            f"assay loop needs REAL, --with and --out, or --scenario. Got no {' and no '.join(lacking)}. "
            "For example: assay loop real.csv --with tree_chain --out loop"
        )
    options: dict[str, Any] = {
        "with": tuple(name.strip() for part in with_ for name in part.split(",") if name.strip()),
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


def settings_by_generator(pairs: tuple[str, ...]) -> dict[str, dict[str, str]]:
    """Read ``NAME.key=value`` pairs.

    Examples
    --------
    >>> settings_by_generator(("vae.epochs=20", "vae.width=64"))
    {'vae': {'epochs': '20', 'width': '64'}}
    """
    from assay.core.errors import UsageError

    out: dict[str, dict[str, str]] = {}
    for pair in pairs:
        key, equals, text = pair.partition("=")
        name, dot, setting = key.strip().partition(".")
        if not (equals and dot and name and setting):
            raise UsageError(f"--set must be NAME.KEY=VALUE. Got {pair!r}. For example: --set tree_chain.trees=20")
        out.setdefault(name, {})[setting] = text
    return out


def _looped(real: str, options: dict[str, Any], out: str, jobs: int | None, progress: GenerationsLeft) -> Loop:
    from typing import get_args

    from assay.core.errors import UnknownNameError
    from assay.data.schema import Task
    from assay.verbs.loop import loop as run

    if options["task"] not in (None, *get_args(Task)):
        raise UnknownNameError("task", options["task"], get_args(Task))
    asked = {name: given for name, given in options.items() if name not in ("with", "regime", "set")}
    asked["generators"] = options["with"]
    asked["regimes"] = [part.strip() for part in options["regime"].split(",") if part.strip()]
    asked["settings"] = settings_by_generator(options["set"])
    command = command_line_of("loop", (real,), {**options, "out": out}, {"null": "", "keep": "last"})
    return run(real, **asked, out=out, jobs=jobs, command=command, progress=progress)


def _outlook(scenario: str, seed: int, json: str | None) -> None:
    """Run a scenario of a shared corpus, write the file, then print."""
    from assay.core.files import write_atomically
    from assay.lab.ecosystem import run
    from assay.reporting.documents import to_json
    from assay.reporting.ecosystem_terminal import show

    with Progress("Running the corpus over the years"):
        found = run(scenario, seed=seed)
    text = to_json(found.to_dict()) if json else ""
    if json == "-":
        print_document(text)
        return
    if json:
        write_atomically(json, text.encode("utf-8", "backslashreplace"))
    with printing():
        show(found)
        if json:
            sys.stdout.write(f"  Wrote {json}\n")


def _deliver(loop: Loop, outputs: dict[str, str | None], out: str) -> None:
    """Write the files, then print; the JSON last, so that it stands only where all else is written."""
    from assay.core.files import write_atomically
    from assay.reporting.loop_terminal import show

    html, json = outputs["--html"], outputs["--json"]
    if html:
        write_atomically(html, loop.to_html().encode("utf-8", "backslashreplace"))
    text = loop.to_json() if json else ""
    if json == "-":
        print_document(text)
        return
    if json:
        write_atomically(json, text.encode("utf-8", "backslashreplace"))
    with printing():
        show(loop)
        sys.stdout.write(f"  Wrote {out}/loop.json and {out}/trajectory.parquet\n")
        for path in filter(None, outputs.values()):
            sys.stdout.write(f"  Wrote {path}\n")
        if loop.trajectory.unfinished:
            sys.stdout.write("  Next: the same command goes on from where it was.\n")
