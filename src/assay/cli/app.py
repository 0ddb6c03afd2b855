"""The commands, put together."""

from __future__ import annotations

from typing import Annotated

import typer

import assay
from assay.cli.check import check
from assay.cli.demo import demo
from assay.cli.doctor import doctor
from assay.cli.drill import drill
from assay.cli.estimate import estimate
from assay.cli.explain import explain
from assay.cli.failure import EXIT_CODES
from assay.cli.forecast import forecast
from assay.cli.generate import generate
from assay.cli.loop import loop
from assay.cli.mend import mend
from assay.cli.policy import check as check_policy
from assay.cli.policy import show
from assay.cli.profile import profile
from assay.cli.rules import check as check_scenario
from assay.cli.rules import draft
from assay.cli.split import split

# Plain help: rich would cost a tenth of a second before the first letter and draw boxes into pipes.
STYLE = {"rich_markup_mode": None, "no_args_is_help": True, "context_settings": {"help_option_names": ["-h", "--help"]}}

app = typer.Typer(
    name="assay",
    help="Make synthetic data and prove whether it can be trusted in place of real data.",
    epilog=f"Exit codes of check: {', '.join(f'{code} {word}' for code, (word, _) in EXIT_CODES.items())}.",
    add_completion=False,
    **STYLE,  # type: ignore[arg-type]
)
policy = typer.Typer(help="Read and check the policies that data is judged by.", **STYLE)  # type: ignore[arg-type]
rules = typer.Typer(help="Draft and check scenarios, which the generator rules makes tables by.", **STYLE)  # type: ignore[arg-type]

for command in (check, drill, loop, forecast, mend, estimate, generate, split, profile, explain, doctor, demo):
    app.command()(command)
policy.command()(show)
policy.command("check")(check_policy)
app.add_typer(policy, name="policy")
rules.command()(draft)
rules.command("check")(check_scenario)
app.add_typer(rules, name="rules")


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"assay {assay.__version__}")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool, typer.Option("--version", help="Print the version and exit.", is_eager=True, callback=_print_version)
    ] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an unforeseen error. Stands anywhere.")] = False,
) -> None:
    """Make synthetic data and prove whether it can be trusted in place of real data."""
