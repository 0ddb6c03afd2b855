"""``assay profile``: count a table into a file that suffices for all checks of counts."""

from __future__ import annotations

from typing import Annotated

import typer

from assay.cli import options as opt
from assay.cli.streams import Progress, printing


def profile(
    table: Annotated[str, typer.Argument(metavar="TABLE", help="The rows to count.")],
    out: Annotated[str, typer.Option(metavar="FILE", help="Where to write the profile.")],
    like: Annotated[
        str | None, typer.Option(metavar="PROFILE", help="Count the cells of this profile, so that both compare and add up.")
    ] = None,
    target: opt.Target = None,
    schema: Annotated[str | None, typer.Option(metavar="FILE", help="Kinds and roles of the columns.")] = None,
    entity: opt.Entity = None,
    null: opt.Null = "",
    jobs: Annotated[int | None, typer.Option(metavar="N", help="Threads; default all cores.")] = None,
) -> None:
    """Count a table into a profile: it checks without the rows, adds up, and shows no value of fewer than ten rows."""
    import os

    from assay.core.errors import UsageError
    from assay.verbs.profile import profile as run

    read = {"the table itself": table, "the profile of --like": like, "the schema": schema}
    for what, path in read.items():
        if path is not None and os.path.realpath(path) == os.path.realpath(out):
            raise UsageError(f"--out {out} is {what}. Give it a path of its own.")
    if like is not None and (target or schema or entity):
        raise UsageError("--like brings its own schema. Leave out --target, --schema and --entity.")
    roles = {key: part for key, part in (("target", target), ("schema", schema), ("entity", entity)) if part is not None}
    with Progress("Counting"):
        made = run(table, out=out, like=like, null=null, jobs=jobs, **roles)
    with printing():
        typer.echo(f"Wrote the counts of {len(made):,} rows to {out}.")
        typer.echo(f"Next: assay profile SYNTHETIC --like {like or out} --out FILE, and assay check {like or out} FILE")
