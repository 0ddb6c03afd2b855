"""``assay policy``: what a purpose asks for, and whether a file of one's own says it properly."""

from __future__ import annotations

from typing import Annotated

import typer

from assay.cli.streams import print_document, printing

NAME = typer.Argument(metavar="NAME|FILE", help="train, augment, share, test, or a TOML file.")


def show(
    name: Annotated[str, NAME],
    json: Annotated[bool, typer.Option("--json", help="Print the rules in force as JSON, with their digest.")] = False,
) -> None:
    """Print a policy: its checks, their margins and the reasons.

    It is printed as TOML. What a file inherits is filled in. Redirected into a file, it is a start for a policy of your own.
    """
    from assay.judging.policy import load_policy, policy_text

    policy = load_policy(name)  # a policy that does not hold is refused here as in a check
    if json:
        from assay.reporting.documents import to_json

        print_document(to_json(policy.to_dict()))
        return
    with printing():
        typer.echo((policy.to_toml() if policy.extends else policy_text(name)).rstrip("\n"))


def check(name: Annotated[str, NAME]) -> None:
    """Check a policy of your own, and list every problem.

    Each problem comes with its key and line. Where there is none, it says what the file asks for and changes. Exit code 0: it
    can be used. 2: it cannot.
    """
    from assay.judging.policy import load_policy

    policy = load_policy(name)
    required = sum(rule.required for rule in policy.rules.values())
    lines = [f"Policy {policy.name!r} can be used: {len(policy.rules)} checks, {required} of them required."]
    if policy.extends:
        lines.append(f"It extends {policy.extends!r}" + (" and changes:" if policy.changed else " and changes nothing."))
        lines += [f"  {key}" for key in policy.changed]
    if policy.needs:
        lines.append(f"Without a {' and a '.join(policy.needs)} its verdict is 'cannot tell' at best.")
    lines += [f"Digest of its rules: {policy.sha256}", f"Next: assay check REAL SYNTHETIC --holdout HOLDOUT --policy {name}"]
    with printing():
        typer.echo("\n".join(lines))
