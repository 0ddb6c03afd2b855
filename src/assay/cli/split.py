"""``assay split``: seal real rows away before any generator sees them."""

from __future__ import annotations

from typing import Annotated

import typer

from assay.cli import options as opt
from assay.cli.streams import Progress, printing


def split(
    real: Annotated[str, typer.Argument(metavar="REAL", help="Real rows.")],
    out_real: Annotated[str, typer.Option(metavar="FILE", help="Where to write the rows for generators.")],
    out_holdout: Annotated[str, typer.Option(metavar="FILE", help="Where to write the sealed rows.")],
    holdout: Annotated[float, typer.Option(metavar="SHARE", help="Share of the rows to seal.")] = 0.3,
    entity: Annotated[str | None, typer.Option(metavar="COLUMN", help="Rows with the same value stay together.")] = None,
    null: opt.Null = "",
    seed: Annotated[int, typer.Option(metavar="N", help="Equal seeds give equal splits.")] = 0,
) -> None:
    """Split real rows: some to make data from, some to judge it."""
    import os

    from assay.core.errors import UsageError
    from assay.core.files import require_writable
    from assay.data.writers import SUFFIXES, write_table
    from assay.verbs.load import load
    from assay.verbs.split import split as run

    if len({os.path.realpath(path) for path in (real, out_real, out_holdout)}) < 3:
        raise UsageError("REAL, --out-real and --out-holdout must be three different files. Give each a path of its own.")
    for path in (out_real, out_holdout):
        require_writable(path, SUFFIXES)
    with Progress("Splitting"):
        kept, sealed = run(load(real, null=null), holdout=holdout, entity=entity, seed=seed)
        write_table(kept, out_real)
        write_table(sealed, out_holdout)
    with printing():
        typer.echo(f"Wrote {len(kept):,} rows to {out_real} and sealed {len(sealed):,} rows in {out_holdout} (seed {seed}).")
        typer.echo(f"Next: assay generate {out_real} --with tree_chain -n {len(kept)} --out synthetic.parquet")
