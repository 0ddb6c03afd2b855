"""Predictions for an estimate: one model for real and further rows, that has learned from neither."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from assay.checking.estimand import Estimand, known_levels
from assay.checking.estimate_tables import Tables
from assay.core.errors import InputError
from assay.core.estimated import Learned
from assay.core.seeds import integer_seed, spawn
from assay.core.threads import one_thread
from assay.data.codec import Codec
from assay.data.dataset import Dataset
from assay.stats import learners

FOLDS = 10
MOST_ROWS = 50_000
LEAST_ROWS = 40


class Predictions(NamedTuple):
    """Predictions for the real rows of shape (n,) and for the further rows `rows` of shape (N,).

    ``learned`` is the number of rows that the model learned from: 0 where it came with the tables.
    """

    real: np.ndarray
    further: np.ndarray
    rows: np.ndarray
    learned: int


def predictions(tables: Tables, estimand: Estimand, way: Learned, predicted: str | None, seed: int) -> Predictions:
    """Predict the labels of real and further rows.

    Parameters
    ----------
    tables : Tables
        Rows.
    estimand : Estimand
        What is predicted.
    way : {'predicted', 'model_rows', 'half', 'cross'}
        A column of the tables; a model learned from rows that are neither real nor further; one learned from half of the further
        rows, which then count no more; or models learned from the real rows, each asked about those it has not seen.
    predicted : str or None
        The column.
    seed : int
        Of splits and fits.

    Notes
    -----
    Prediction-powered intervals hold if the predictions of real and further rows are made by one rule that has not seen the real
    rows' labels. Cross-prediction keeps to it fold by fold: each of ten models predicts the tenth of the real rows that it has
    not learned from, and a tenth of the further ones, so that both have the same mixture of rules; how the ten models hang
    together is of smaller order than their errors (Zrnic and Candes 2024, who average the ten over all further rows).

    References
    ----------
    Zrnic, T., Candes, E. J. (2024). Cross-prediction-powered inference. PNAS 121.
    """
    everywhere = np.arange(len(tables.further))
    if way == "predicted":
        assert predicted is not None
        known = known_levels(tables.real, estimand.column)
        told = [estimand.told(table, predicted, known) for table in (tables.real, tables.further)]
        return Predictions(told[0], told[1], everywhere, 0)
    if not tables.covariates:
        raise InputError(
            "No column is left to predict from.", column=estimand.column, fix="Give tables that share other columns."
        )
    if way == "model_rows":
        assert tables.model is not None
        real, further = _learned(tables, estimand, tables.model, [tables.real, tables.further], seed)
        return Predictions(real, further, everywhere, len(tables.model))
    order = spawn(seed, "estimate", way).permutation(len(tables.further))
    if way == "half":
        first, second = np.sort(order[: len(order) // 2]), np.sort(order[len(order) // 2 :])
        asked = [tables.real, tables.further.take(second)]
        real, further = _learned(tables, estimand, tables.further.take(first), asked, seed)
        return Predictions(real, further, second, len(first))
    fold = spawn(seed, "estimate", "folds").permutation(len(tables.real)) % FOLDS
    share = np.empty(len(order), dtype=np.int64)
    share[order] = np.arange(len(order)) % FOLDS
    real, further = np.empty(len(fold)), np.empty(len(order))
    for part in range(FOLDS):
        asked = [tables.real.take(np.flatnonzero(fold == part)), tables.further.take(np.flatnonzero(share == part))]
        train = tables.real.take(np.flatnonzero(fold != part))
        real[fold == part], further[share == part] = _learned(tables, estimand, train, asked, seed)
    return Predictions(real, further, everywhere, len(fold))


def _learned(tables: Tables, estimand: Estimand, train: Dataset, asked: Sequence[Dataset], seed: int) -> list[np.ndarray]:
    """Learn labels by boosted trees and a linear model, and give the mean of both."""
    if len(train) < LEAST_ROWS and train.name != "real":
        raise InputError(
            f"A model needs at least {LEAST_ROWS} rows to learn from. Got {len(train)} {train.name} rows.",
            fix="Give more of them.",
        )
    if len(train) > MOST_ROWS:
        train = train.take(np.sort(spawn(seed, "estimate", "sample").choice(len(train), MOST_ROWS, replace=False)))
    labels = estimand.truth(train)
    names = list(tables.covariates)
    train, asked = train.select(names), [table.select(names) for table in asked]
    codec = Codec(train.schema).fit(train)
    centre, scale, target, task = 0.0, 1.0, labels.astype(np.int64) if estimand.binary else labels, "binary"
    if not estimand.binary:
        task, centre, scale = "regression", float(np.mean(labels)), float(np.std(labels)) or 1.0
        target = (labels - centre) / scale
    told = [np.zeros(len(table)) for table in (*asked, train)]
    with one_thread(), warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # a few steps are enough: any model is allowed
        for name, encode in (("boosting", codec.ordinal), ("linear", codec.onehot)):
            features = encode(train)
            if name == "boosting":
                features = np.where(np.isnan(features).all(axis=0), 0.0, features)
            learner = learners.utility_learner(name, task, integer_seed(seed, "estimate", name))
            model = learners.fit(learner, features, target)
            for at, table in enumerate((*asked, train)):
                told[at] += learners.predict(model, encode(table), 2 if estimand.binary else 0) / 2
    if estimand.what == "quantile":  # predictions vary less than labels: what is asked is which lie below a label's quantile
        spread = np.linspace(0, 1, min(len(labels), 1001))
        before, after = np.quantile(told[-1], spread), np.quantile(target, spread)
        told = [np.interp(one, *_rising(before, after)) for one in told]
    return [centre + scale * one for one in told[:-1]]


def _rising(before: np.ndarray, after: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Leave out the knots that stand at one place, but for the first."""
    kept = np.concatenate([[True], np.diff(before) > 0])
    return before[kept], after[kept]
