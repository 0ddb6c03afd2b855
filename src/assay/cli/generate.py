"""``assay generate``: make synthetic rows."""

from __future__ import annotations

import shlex
import sys
from contextlib import redirect_stdout
from typing import Annotated

import typer

from assay.cli import options as opt
from assay.cli.streams import Progress, overheard, printing


def generate(
    n: Annotated[int, typer.Option("-n", metavar="ROWS", help="Rows to make.")],
    out: Annotated[
        str,
        typer.Option(
            metavar="FILE", help="Where to write them: .parquet, .csv, .csv.gz or .jsonl; a folder/ for all tables of a scenario."
        ),
    ],
    real: Annotated[
        str | None, typer.Argument(metavar="REAL", help="Rows to learn from; left out with --load and --with rules.")
    ] = None,
    with_: Annotated[str | None, typer.Option("--with", metavar="NAME", help="The generator, such as tree_chain.")] = None,
    set_: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="A setting of the generator; may be repeated.")
    ] = None,
    where: Annotated[
        str | None, typer.Option(metavar="EXPRESSION", help="Rows wanted, such as \"age >= 30 and sex = 'F'\".")
    ] = None,
    balance: Annotated[str | None, typer.Option(metavar="COLUMN", help="Make every level of it equally often.")] = None,
    target: opt.Target = None,
    schema: Annotated[str | None, typer.Option(metavar="FILE", help="Kinds and roles of the columns.")] = None,
    null: opt.Null = "",
    seed: Annotated[int, typer.Option(metavar="N", help="Equal seeds give equal rows.")] = 0,
    device: Annotated[str, typer.Option(metavar="DEVICE", help="Where generators that can choose compute.")] = "cpu",
    save: Annotated[
        str | None,
        typer.Option(
            metavar="DIR", help="Save the fitted generator; it holds values of the real table, or what a budget allows."
        ),
    ] = None,
    load: Annotated[str | None, typer.Option(metavar="DIR", help="Draw from a saved generator instead of fitting one.")] = None,
) -> None:
    """Make synthetic rows and write them with their lineage."""
    import os

    from assay.core.errors import UsageError
    from assay.verbs.generate import generate as run

    if real is not None and os.path.realpath(real) == os.path.realpath(out):
        raise UsageError(f"--out {out} is the real table as well. Give it a path of its own.")
    with redirect_stdout(sys.stderr), Progress(f"Making {n:,} rows") as progress, overheard(progress):
        made = run(
            real,
            with_=with_,
            n=n,
            settings=settings(set_ or []),
            where=where,
            balance=balance,
            target=target,
            schema=schema,
            null=null,
            seed=seed,
            device=device,
            out=out,
            save=save,
            load=load,
        )
    name = made.lineage.generator if made.lineage else with_
    privacy = made.lineage.parameters.get("privacy") if made.lineage else None
    with printing():
        typer.echo(f"Wrote {len(made):,} rows to {out} ({name}, seed {seed}).")
        if privacy:
            budget = f"epsilon {privacy['epsilon']:g} at delta {privacy['delta']:g}"
            lines = [f"Privacy: {budget}; the unit is {privacy['unit']}.", "Taken as public:"]
            lines += [f"  - {what}" for what in privacy["declared_public"]]
            lines += ["Not covered:", *(f"  - {what}" for what in privacy["not_covered"])]
            typer.echo("\n".join(lines))
        if save is not None:
            private = made.lineage is not None and made.lineage.parameters.get("privacy")
            told = (
                " What it tells of a real row is bounded." if private else " It holds values of the real table: keep it as safe."
            )
            typer.echo(f"Saved the generator in {save}.{'' if name == 'rules' else told}")
        if name == "rules":
            typer.echo(
                "Next: assay check REAL SYNTHETIC, where a real table is to be stood in for; there is none behind these rows."
            )
            return
        words = ["assay", "check", real or "REAL", out, "--holdout", "HOLDOUT", "--target", target or "COLUMN"]
        typer.echo(f"Next: {shlex.join(words)}")


def settings(pairs: list[str]) -> dict[str, str]:
    """Read ``key=value`` pairs.

    Examples
    --------
    >>> settings(["trees=20", "first=age,sex"])
    {'trees': '20', 'first': 'age,sex'}
    """
    from assay.core.errors import UsageError

    out: dict[str, str] = {}
    for pair in pairs:
        key, equals, text = pair.partition("=")
        if not equals or not key.strip():
            raise UsageError(f"--set must be KEY=VALUE. Got {pair!r}. For example: --set trees=20")
        out[key.strip()] = text
    return out
