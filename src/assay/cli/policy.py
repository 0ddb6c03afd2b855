"""``assay policy show``: what a purpose asks for."""

from __future__ import annotations

from typing import Annotated

import typer

from assay.cli.streams import printing


def show(
    name: Annotated[str, typer.Argument(metavar="NAME|FILE", help="train, augment, share, test, or a TOML file.")],
) -> None:
    """Print a policy as TOML: its checks with their margins, each with its reason.

    Redirected into a file, it is a start for a policy of your own.
    """
    from assay.judging.policy import load_policy, policy_text

    load_policy(name)  # a policy that does not hold is refused here as in a check
    with printing():
        typer.echo(policy_text(name).rstrip("\n"))
