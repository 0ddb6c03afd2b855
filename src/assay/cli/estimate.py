"""``assay estimate``: how much is it really, from few labelled real rows and many that a model labels?"""

from __future__ import annotations

import sys
from contextlib import redirect_stdout
from typing import Annotated, Any

import typer

from assay.cli import options as opt
from assay.cli.outputs import command_line_of, deliver, try_outputs
from assay.cli.streams import Progress, overheard


def estimate(
    real: Annotated[str, typer.Argument(metavar="REAL", help="Few real rows with labels, a random sample.")],
    further: Annotated[
        str,
        typer.Argument(metavar="FURTHER", help="Many rows of the same population, best real rows without labels."),
    ],
    column: Annotated[
        str | None, typer.Option(metavar="COLUMN", help="What is estimated; default the target of the schema.")
    ] = None,
    what: Annotated[
        str, typer.Option(metavar="QUANTITY", help="mean, rate (of a level), quantile, ols or logistic (coefficients).")
    ] = "mean",
    q: Annotated[float | None, typer.Option("--q", metavar="SHARE", help="Share of the rows below a quantile.")] = None,
    positive: Annotated[
        str | None, typer.Option(metavar="VALUE", help="The level of a rate or logistic regression; of two inferred.")
    ] = None,
    given: Annotated[
        list[str] | None, typer.Option(metavar="A,B", help="Regressors of ols and logistic; may be repeated.")
    ] = None,
    where: Annotated[str | None, typer.Option(metavar="'EXPRESSION'", help="Only rows such as: age >= 30 and sex = 'F'.")] = None,
    predicted: Annotated[
        str | None,
        typer.Option(metavar="COLUMN", help="A model's predictions, in both tables; it must not have learned from REAL."),
    ] = None,
    model_rows: Annotated[
        str | None,
        typer.Option(metavar="FILE", help="Labelled rows, best synthetic ones, that a model learns from and nothing else."),
    ] = None,
    same_population: Annotated[
        bool,
        typer.Option("--same-population", help="You state that synthetic or labelled FURTHER are of the population of REAL."),
    ] = False,
    confidence: Annotated[float, typer.Option(metavar="SHARE", help="Confidence of the intervals.")] = 0.95,
    schema: opt.SchemaFile = None,
    entity: opt.Entity = None,
    null: opt.Null = "",
    json: opt.Json = None,
    seed: Annotated[int, typer.Option(metavar="N", help="Equal seeds give equal estimates.")] = 0,
) -> None:
    """Estimate a quantity from few labelled real rows, with the help of many rows that a model labels.

    Exit code 0: an interval with predictions is given. 2: usage or bad input. 3: it is refused, and that of the real rows alone
    stands. 4: unforeseen.
    """
    outputs = {"--json": json}
    try_outputs(outputs, inputs=(real, further, model_rows, schema))
    options: dict[str, Any] = {
        "column": column,
        "what": what,
        "q": q,
        "positive": positive,
        "given": opt.names_of(given),
        "where": where,
        "predicted": predicted,
        "model-rows": model_rows,
        "confidence": confidence,
        "schema": schema,
        "entity": entity,
        "null": null,
        "seed": seed,
    }
    stated = ("--same-population",) if same_population else ()
    command = command_line_of("estimate", (real, further, *stated), options, {"null": "", "confidence": 0.95, "what": "mean"})
    with redirect_stdout(sys.stderr), Progress("Estimating") as progress, overheard(progress):
        from assay.verbs.estimate import estimate as run

        asked = {name.replace("-", "_"): part for name, part in options.items()}
        found = run(real, further, **asked, same_population=same_population, command=command)
    from assay.reporting.estimate_terminal import show

    deliver(outputs, {"--json": found.to_json}, lambda: show(found))
    raise typer.Exit(found.exit_code)
