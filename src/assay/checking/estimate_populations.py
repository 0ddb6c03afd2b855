"""Whether real and further rows are of one population, as far as rows can tell."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa
from scipy.special import ndtri, stdtr
from sklearn.exceptions import ConvergenceWarning

from assay.checking.estimate_tables import Tables
from assay.core.errors import NotApplicable
from assay.core.estimated import Populations
from assay.core.seeds import spawn
from assay.core.threads import one_thread
from assay.data.codec import Codec
from assay.data.dataset import Dataset
from assay.data.pairing import stack
from assay.stats.classifier import normal_tail, pooled_ranks
from assay.stats.discriminate import discriminate

ERROR = 0.01  # of all tests together
LEARNERS = ("boosted_trees", "random_trees")
TESTS = len(LEARNERS) + 1
TIMES, LEAST = 5, 2_000  # further rows to one real row that a classifier sees: more of them add no power
POWER = 0.8


def compare(
    tables: Tables, real: np.ndarray, further: np.ndarray, rows: np.ndarray, weight: float | None, seed: int
) -> Populations:
    """Compare real and further rows: can classifiers tell them apart, and do predictions differ on average?

    Parameters
    ----------
    tables : Tables
        Rows.
    real, further : numpy.ndarray, shapes (n,) and (N,)
        Predictions.
    rows : numpy.ndarray of int, shape (N,)
        Which further rows those are.
    weight : float or None
        Lambda of a mean or rate; None for other quantities.
    seed : int
        Of folds and fits.

    Notes
    -----
    A mean with predictions is moved by lambda times the difference of mean predictions that a difference of populations brings.
    What it cannot see: a difference that is smaller than the spread of a mean of n predictions, which is as large as the interval
    itself; no test of n real rows can. That the populations are one is therefore an assumption, whatever is found here.

    References
    ----------
    Lopez-Paz and Oquab (2017), Revisiting classifier two-sample tests, ICLR.
    """
    both = np.concatenate([real, further])
    spread = float(np.std(both)) or 1.0
    error = float(np.sqrt(np.var(real, ddof=1) / len(real) + np.var(further, ddof=1) / len(further)))
    apart = float(np.mean(further) - np.mean(real))
    p_values = [2 * float(stdtr(len(real) - 1, -abs(apart) / error))] if error > 0 else [1.0 if apart == 0 else 0.0]
    auc = None
    try:
        found = _told(tables.real, tables.further.take(rows), tables.covariates, seed)
    except NotApplicable:
        found = []
    for one in found:
        auc = max(auc or 0.0, one.value)
        p_values.append(normal_tail((one.value - 0.5) / one.null_error))
    p_value = min(1.0, TESTS * min(p_values))
    unseen = None if weight is None else float(weight * error * (ndtri(1 - ERROR / TESTS / 2) + ndtri(POWER)))
    return Populations(auc, apart / spread, p_value, p_value < ERROR, unseen)


def _told(real: Dataset, further: Dataset, names: tuple[str, ...], seed: int) -> list[Any]:
    """Give the cross-fitted AUC of every learner; rows are encoded by what both tables show, so that neither is special."""
    most = max(TIMES * len(real), LEAST)
    if len(further) > most:
        further = further.take(np.sort(spawn(seed, "estimate", "apart", "rows").choice(len(further), most, replace=False)))
    parts = [table.select(list(names)) for table in (real, further)]
    both = pa.concat_tables([part.table.replace_schema_metadata() for part in parts])
    codec = Codec(parts[0].schema).fit(Dataset(both, parts[0].schema))
    rng = spawn(seed, "estimate", "apart")
    pair = stack(codec, parts[0], parts[1], rng)
    with one_thread(), warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        found, _ = discriminate(pooled_ranks(pair.matrix), pair.labels, LEARNERS, rng, _each)
    return [one.auc for one in found]


def _each(function: Callable[..., Any], tasks: list[tuple[Any, ...]], apart: bool = False) -> list[Any]:
    return [function(*task) for task in tasks]
