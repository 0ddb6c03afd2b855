"""How much is it really? Intervals from few labelled real rows and many rows that a model labels, where it helps."""

from __future__ import annotations

import os
import platform
import time as clock
from collections.abc import Iterable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import assay
from assay.checking.estimand import Estimand
from assay.checking.estimate_answer import answered
from assay.checking.estimate_tables import kept, require_independent, require_unrelated, together
from assay.checking.large import sample
from assay.checking.options import require_usable
from assay.checking.profile_files import ProfiledDataset
from assay.core.errors import UsageError
from assay.core.estimated import What
from assay.data.dataset import Dataset
from assay.data.schema import Kind, Schema
from assay.data.schema_files import load_schema
from assay.reporting.estimate import Estimated
from assay.verbs.check import PACKAGES
from assay.verbs.load import load


def estimate(
    real: Any,
    further: Any,
    *,
    column: str | None = None,
    what: What = "mean",
    q: float | None = None,
    positive: object = None,
    given: str | Iterable[str] = (),
    where: str | None = None,
    predicted: str | None = None,
    model_rows: Any = None,
    same_population: bool = False,
    confidence: float = 0.95,
    schema: Schema | str | Path | None = None,
    entity: str | None = None,
    null: str = "",
    seed: int = 0,
    command: str = "assay.estimate",
) -> Estimated:
    """Estimate a quantity from few labelled real rows, with the help of many rows that a model labels.

    Parameters
    ----------
    real : path, frame or Dataset
        Few real rows with labels: a random sample of the population that is asked about.
    further : path, frame or Dataset
        Many rows of the same population. Best real rows without labels. Synthetic rows, or rows that a model has labelled, need
        `same_population`.
    column : str
        What is estimated; default the target of `schema`.
    what : {'mean', 'rate', 'quantile', 'ols', 'logistic'}
        Mean of numbers, share of the rows with a level, quantile, or coefficients of a linear or logistic regression.
    q : float, optional
        Share of the rows below the quantile.
    positive : str, number or bool, optional
        The level of a rate or logistic regression. Default for two levels: inferred.
    given : iterable of str
        Regressors. Categories count by level, against the most frequent one in the real rows.
    where : str, optional
        Condition on real and further rows, such as ``age >= 30 and sex = 'F'``.
    predicted : str, optional
        Column of both tables with a model's predictions; the model must not have learned from the real rows.
    model_rows : path, frame or Dataset, optional
        Labelled rows to learn a model from and to use for nothing else: synthetic ones may be as wrong as they like. What made
        them must not have seen the rows of `real`.
    same_population : bool, default False
        Your statement that further rows which are synthetic, or labelled, are of the population of the real ones.
    confidence : float, default 0.95
        Of the intervals.
    schema : Schema or path, optional
        Kinds of the columns.
    entity : str, optional
        Column whose equal values belong together; each may come once.
    null : str, default ""
        In CSV, the cell that means null.
    seed : int
        Equal seeds give equal estimates.
    command : str
        What the result's ``run`` says it was made by.

    Returns
    -------
    Estimated

    Raises
    ------
    InputError
        A table that cannot be read, columns that are lacking, too few rows, rows that stand in two tables.
    UsageError
        Options that cannot be used; further rows that are synthetic or labelled without `same_population`; synthetic rows that
        were made from the labelled rows themselves.

    Notes
    -----
    Prediction-powered inference (PPI++): the estimate of the real rows, corrected by lambda times what predictions say of further
    rows beyond what they say of the real ones. With neither `predicted` nor `model_rows` Assay's own model (boosted trees and a
    linear one) learns from half of the further rows where these have labels, else from the real rows by cross-prediction. It is
    refused where the correlation of truth and prediction is at most 1 / sqrt(n - 2), and where real and further rows are told
    apart. What it cannot see: further rows of another population that differs by less than n real rows can show, which can move
    the estimate by more than its interval.

    Examples
    --------
    >>> import numpy as np, pyarrow as pa
    >>> rng = np.random.default_rng(0)
    >>> pulse = rng.normal(70, 10, 1030)
    >>> table = pa.table({"pulse": pulse, "told": pulse + rng.normal(0, 5, 1030)})
    >>> found = estimate(table.slice(0, 30), table.slice(30).drop_columns(["pulse"]), column="pulse", predicted="told")
    >>> found.status, found["mean"].width_ratio < 0.6
    ('told', True)
    """
    started = clock.monotonic()
    require_usable(seed, None, None)
    declared = schema if isinstance(schema, Schema) or schema is None else load_schema(schema)
    if isinstance(real, Dataset) and declared is None:
        declared = real.schema
    column = str(column) if column is not None else declared.target if declared is not None else None
    if column is None:
        raise UsageError("An estimate needs a column, and the schema has no target. Got none. Name it: column= (--column).")
    if predicted is not None and (model_rows is not None or predicted == column):
        raise UsageError(
            f"predicted (--predicted) names another column than {column!r}, and goes without model_rows (--model-rows), as no "
            f"model is learned. Got {predicted!r}. Leave one of them out."
        )
    if where is not None and not isinstance(where, str):  # pyright: ignore[reportUnnecessaryIsInstance] (callers without types)
        raise UsageError(f'where (--where) must be a condition as text. Got {where!r}. For example: where="age >= 30".')
    level = None if positive is None else str(positive).lower() if isinstance(positive, bool) else str(positive)
    if level is None and declared is not None and column == declared.target and what in ("rate", "logistic"):
        level = declared.positive
    names = tuple(part.strip() for part in given.split(",")) if isinstance(given, str) else tuple(map(str, given))
    estimand = Estimand(what, column, q, level, names, confidence)
    kinds: dict[str, Kind] = {} if declared is None else {part.name: part.kind for part in declared.columns if part.kind}
    sources = {"real": real, "further": further, "model": model_rows}
    loaded = {word: _loaded(source, word, declared if word == "real" else None, entity, null) for word, source in sources.items()}
    labelled, unlabelled, others = loaded["real"], loaded["further"], loaded["model"]
    if labelled is None or unlabelled is None:
        raise UsageError("An estimate needs real rows with labels and further rows. Got None. Give both tables.")
    drawn = [None if one is None else sample(one, seed=seed) for one in (labelled, unlabelled, others)]
    assert drawn[0] is not None
    assert drawn[1] is not None
    tables = together(drawn[0], drawn[1], drawn[2], estimand, predicted, kinds)
    cut = [
        f"Of {len(whole):,} {whole.name} rows {len(part):,} were drawn at random."
        for whole, part in zip((labelled, unlabelled, others), drawn, strict=True)
        if whole is not None and part is not None and len(part) < len(whole)
    ]
    tables = tables._replace(warnings=(*cut, *tables.warnings))
    stamped = unlabelled.lineage is not None
    if (stamped or tables.labelled) and not same_population:
        raise UsageError(_refusal(column, stamped))
    require_unrelated((unlabelled, others), labelled.sha256, column)
    tables, estimand = kept(tables, estimand, predicted, where)
    require_independent(tables, column)
    return Estimated(
        answered(tables, estimand, predicted, seed, made=stamped or tables.labelled),
        {
            "what": what,
            "column": column,
            "q": q,
            "positive": estimand.positive,
            "given": list(names),
            "where": where,
            "predicted": predicted,
            "same_population": same_population,
            "confidence": confidence,
        },
        {
            word: None if one is None else {"rows": len(one), "columns": len(one.schema.columns), "sha256": one.sha256}
            for word, one in loaded.items()
        },
        {
            "assay_version": assay.__version__,
            "versions": {"python": platform.python_version(), **{name: version(name) for name in PACKAGES}},
            "command": command,
            "seed": seed,
            "jobs": os.cpu_count() or 1,
            "timings": {"total": round(clock.monotonic() - started, 3)},
        },
    )


def _loaded(source: Any, word: str, schema: Schema | None, entity: str | None, null: str) -> Dataset | None:
    if source is None:
        return None
    if schema is not None:  # classes are not drawn apart: the rows stay a random sample
        schema = schema.with_changes(target=None, task=None, positive=None)
    found = load(source, schema=schema, entity=entity if word == "real" else None, null=null, name=word)
    if isinstance(found, ProfiledDataset):
        raise UsageError(f"An estimate needs rows, and the {word} table is a saved profile. Give the table itself.")
    return found


def _refusal(column: str, stamped: bool) -> str:
    got = "a lineage stamp: a generator made them" if stamped else f"labels in {column!r}"
    own = "" if stamped else " If their labels are real, put them among the real rows."
    return (
        "Further rows must be real rows without labels, or be stated to be of the population of the real ones: an interval from "
        f"rows of another population is about that one, and few real rows cannot tell. Got {got}.{own} Give real rows without "
        "labels as further rows, and these as model_rows (--model-rows), from which a model only learns; or state it: "
        "same_population=True (--same-population)."
    )
