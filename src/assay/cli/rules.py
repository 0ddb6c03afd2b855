"""``assay rules``: scenario files, drafted from a real table and checked."""

from __future__ import annotations

import os
from typing import Annotated

import typer

from assay.cli import options as opt
from assay.cli.streams import Progress, printing


def draft(
    real: Annotated[str, typer.Argument(metavar="REAL", help="Real rows.")],
    out: Annotated[str, typer.Option(metavar="FILE", help="Where to write the scenario (TOML).")],
    target: Annotated[
        str | None, typer.Option(metavar="COLUMN", help="The column to be predicted: what it depends on most.")
    ] = None,
    schema: Annotated[str | None, typer.Option(metavar="FILE", help="Kinds and roles of the columns.")] = None,
    null: opt.Null = "",
) -> None:
    """Draft a scenario from a real table, for a person to edit.

    It holds kinds, levels and quantiles with at least 10 real rows behind each, nulls, rules that every real row keeps, and what
    the target depends on, with comments that say where each comes from. It loads and generates as it is.
    """
    from assay.core.errors import UsageError
    from assay.verbs.draft import draft as run

    for what, path in {"the real table": real, "the schema": schema}.items():
        if path is not None and os.path.realpath(path) == os.path.realpath(out):
            raise UsageError(f"--out {out} is {what} as well. Give it a path of its own.")
    if not out.lower().endswith(".toml"):
        raise UsageError(f"A scenario is a TOML file. Got --out {out}. Let it end in .toml.")
    with Progress("Drafting a scenario"):
        run(real, out=out, target=target, schema=schema, null=null)
    with printing():
        typer.echo(f"Wrote a scenario to {out}. Columns are independent of each other but for what it says: edit it.")
        typer.echo(f"Next: assay rules check {out}")
        typer.echo(f"      assay generate --with rules --set scenario={out} -n 1000 --out made.parquet")


def check(
    scenario: Annotated[str, typer.Argument(metavar="FILE|NAME", help="A scenario file (TOML), or clinic, payments, sensors.")],
) -> None:
    """Check a scenario, list every problem, and say what it makes.

    Each problem comes with its line and key. Where there is none, a few rows are made. Exit code 0: it can be used. 2: it cannot.
    """
    from assay.scenario.describe import describe
    from assay.scenario.reading import load_scenario

    lines = describe(load_scenario(scenario))
    with printing():
        typer.echo("\n".join(lines))
        typer.echo(f"Next: assay generate --with rules --set scenario={scenario} -n 1000 --out made.parquet")
