"""From tables to an answer: predictions, both intervals, and whether the one with predictions may be told."""

from __future__ import annotations

from dataclasses import replace

from assay.checking.estimand import Estimand
from assay.checking.estimate_model import predictions
from assay.checking.estimate_populations import compare
from assay.checking.estimate_tables import Tables
from assay.core.errors import InputError
from assay.core.estimated import Answer, Counts, Learned, Populations, Status
from assay.stats import prediction_powered as ppi

LEAST = 40  # further rows


def answered(tables: Tables, estimand: Estimand, predicted: str | None, seed: int, *, made: bool) -> Answer:
    """Estimate with and without predictions.

    Parameters
    ----------
    tables : Tables
        Rows that can be used.
    estimand : Estimand
        Settled.
    predicted : str or None
        Column of predictions.
    seed : int
        Of splits and fits.
    made : bool
        Whether further rows are synthetic or labelled, and of one population with the real ones only because it was stated.

    Raises
    ------
    InputError
        Too few rows.
    """
    if len(tables.further) < LEAST:
        raise InputError(f"At least {LEAST} further rows are needed. Got {len(tables.further)}.", fix="Give more of them.")
    truth, (design, names) = estimand.truth(tables.real), estimand.design(tables.real)
    estimand.require(truth, design)
    way: Learned = (
        "predicted" if predicted else "model_rows" if tables.model is not None else "half" if tables.labelled else "cross"
    )
    told = predictions(tables, estimand, way, predicted, seed)
    more_design = estimand.design(tables.further.take(told.rows))[0]
    quantities, rho = estimand.quantities(truth, told.real, told.further, design, more_design, names)
    weight = quantities[0].weight if estimand.what in ("mean", "rate") else None
    populations = compare(tables, told.real, told.further, told.rows, weight, seed)
    weak = ppi.too_weak(max(rho, 0.0), len(truth))  # lambda is 0 where predictions run against the truth
    status: Status = "populations_differ" if populations.differ else "too_weak" if weak else "told"
    if status != "told":
        quantities = tuple(replace(one, powered=None) for one in quantities)
    warned = list(tables.warnings)
    if way == "predicted" and rho > 0.999:
        warned.append(
            "Predictions equal the labels of the real rows: a model that has learned from them does that, and is no help."
        )
    return Answer(
        status,
        way,
        Counts(len(truth), len(told.further), told.learned),
        quantities,
        rho,
        ppi.threshold(len(truth)),
        populations,
        _assumptions(way, populations, made),
        tuple(warned),
    )


def _assumptions(way: Learned, populations: Populations, made: bool) -> tuple[str, ...]:
    """Say what the intervals rest on and no test can show."""
    stated = " This was stated by same_population (--same-population), and nothing else says so." if made else ""
    tested = "No difference was found, which does not prove it" if not populations.differ else "They are told apart"
    unseen = populations.unseen
    blind = f": one that moves the estimate by {unseen:.3g} would go unseen in one case of five" if unseen is not None else ""
    learned = {
        "predicted": "The model that made the predictions has not learned from the real rows.",
        "model_rows": "What made the model rows has not seen the labels of the real rows.",
        "half": "What made the further rows has not seen the labels of the real rows.",
        "cross": "",
    }[way]
    found = (
        "Real rows are a random sample of the population, independent of each other.",
        f"Further rows are a sample of the same population.{stated} {tested}{blind}.",
        learned,
    )
    return tuple(filter(None, found))
