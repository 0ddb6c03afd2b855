"""Options that several commands share: the roles of the columns, where results go, and what a loop is made of."""

from __future__ import annotations

from typing import Annotated

import typer

Target = Annotated[str | None, typer.Option(metavar="COLUMN", help="The column to be predicted.")]
TaskName = Annotated[
    str | None, typer.Option(metavar="TASK", help="binary, multiclass or regression; default inferred from the target.")
]
Positive = Annotated[str | None, typer.Option(metavar="VALUE", help="The positive class; default inferred.")]
SchemaFile = Annotated[
    str | None, typer.Option(metavar="FILE", help="Kinds and roles of the columns: TOML, or SDV metadata as JSON.")
]
Entity = Annotated[str | None, typer.Option(metavar="COLUMN", help="Rows that belong together share its value.")]
Sensitive = Annotated[
    list[str] | None, typer.Option(metavar="COLUMN", help="A column whose groups are measured apart; may be repeated.")
]
Time = Annotated[str | None, typer.Option(metavar="COLUMN", help="When each row happened.")]
Null = Annotated[str, typer.Option(metavar="TOKEN", help="In CSV, the cell that means null; default the empty one.")]
Policy = Annotated[
    str, typer.Option(metavar="NAME|FILE", help="What the data is for: train, augment, share, test, or a TOML file.")
]
Json = Annotated[str | None, typer.Option(metavar="FILE|-", help="Write the result as JSON; - for standard output.")]
Page = Annotated[str | None, typer.Option(metavar="FILE", help="Write the result as one HTML page, with pictures.")]
Processes = Annotated[
    int | None, typer.Option(metavar="N", help="Processes; default all cores. The result does not depend on it.")
]
SealedRows = Annotated[str | None, typer.Option(metavar="FILE", help="Sealed real rows; default: some of REAL are sealed off.")]
Size = Annotated[
    int | None, typer.Option(metavar="ROWS", help="Rows of a generation; default what the table allows, at most 5,000.")
]
Settings = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="NAME.KEY=VALUE", help="A setting of a generator; may be repeated."),
]


def require_task(name: str | None) -> None:
    """Raise an error where there is no such task."""
    from typing import get_args

    from assay.core.errors import UnknownNameError
    from assay.data.schema import Task

    if name not in (None, *get_args(Task)):
        raise UnknownNameError("task", name, get_args(Task))


def names_of(given: list[str] | None) -> tuple[str, ...]:
    """Read names of an option that may be repeated and may hold several with commas between.

    Examples
    --------
    >>> names_of(["vae, gan", "tree_chain"])
    ('vae', 'gan', 'tree_chain')
    """
    return tuple(name.strip() for part in given or () for name in part.split(",") if name.strip())


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
