"""Which real rows are worth collecting, by the learning curve of every slice."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pyarrow as pa

from assay.core.errors import InputError
from assay.core.mended import Measured, Wanted
from assay.core.seeds import spawn
from assay.data.amended import Amended
from assay.data.dataset import Dataset
from assay.data.entities import entity_codes
from assay.data.where import parse
from assay.mending.collection.curve import Curve, curve_of
from assay.mending.collection.lacking import lacking
from assay.mending.collection.slices import axes_of
from assay.mending.collection.slopes import LEAST_ROWS, LEAST_SHARE, Slopes, Worths
from assay.mending.folds import Fold
from assay.mending.judge import DEPENDENCE
from assay.mending.run import Outcome
from assay.stats.axes import Axis
from assay.stats.scores import standard_error
from assay.stats.subgroups import Counts, Subgroup

ANY = "any rows"
Z = 1.959964
LEAST_WANTED = 50
MOST_COUNTED = 6_000  # synthetic rows that slices are counted in


class Candidate(NamedTuple):
    """The most promising slice, and what rows of it are expected to bring, measured where it was not searched.

    Parameters
    ----------
    where : str
        Condition; empty where no slice is large enough.
    columns : tuple of str
        Its columns.
    rows : int
        Rows to be collected.
    gain, at_random, ahead : Measured
        What these rows bring, what as many random ones bring, and the difference.
    """

    where: str
    columns: tuple[str, ...]
    rows: int
    gain: Measured
    at_random: Measured
    ahead: Measured


def wanted(outcome: Outcome, real: Dataset, *, seed: int, jobs: int) -> tuple[Wanted, ...]:
    """Name the slice of real rows worth collecting.

    Parameters
    ----------
    outcome : Outcome
        Of `assay.mending.run.mend_rows`.
    real : Dataset
        The real rows it learned from.
    seed, jobs : int
        Seed and processes.

    Returns
    -------
    tuple of Wanted
        One entry: a slice where its rows are expected to bring more than as many random ones beyond noise, else any rows.

    Notes
    -----
    See `candidate`. Rows are half as many as there are, at least 50. What it cannot see: what a row costs, how rows of one slice
    would help in another, and slices of less than 5% of the rows or of more than two columns.
    """
    found = candidate(outcome, real, seed=seed, jobs=jobs)
    if found.where and found.ahead.low > 0:
        return (Wanted(found.where, found.columns, found.rows, found.gain, found.at_random),)
    return (Wanted(ANY, (), found.rows, found.at_random, found.at_random),)


def candidate(outcome: Outcome, real: Dataset, *, seed: int, jobs: int) -> Candidate:
    """Search the slice whose rows promise most, and measure that in folds that had no part in the search.

    Parameters
    ----------
    outcome, real, seed, jobs
        See `wanted`.

    Notes
    -----
    The chosen form is trained on none, half and all of each fold's real rows, and its loss on held-out real rows falls from
    half to all by d, row by row; what it falls from none to all tells of d, too
    (`assay.mending.collection.slopes.Worths.falls`). In a slice with a share p of the n rows the curve is taken as ``c + a /
    sqrt(N + e)`` in the slice's real rows N, e being the worth of synthetic rows, the same multiple of n p in all slices: m
    rows of the slice move it from N = n p to n p + m, m random ones from n p to (n + m) p. Slices' slopes are noisy and are
    drawn towards what the overall slope and the lack of synthetic rows there would give (empirical Bayes). For each fold the
    slice of one or two columns with the largest p times expected fall is found on the other folds, and its gain measured on the
    fold, as it is. Gains are means over the folds, so they belong to the slices that the search finds and pay for the search;
    the slice named is the one found on all folds.

    Intervals hold for the falls that were measured, not for the shape of the curve; whether a slice is ahead is asked given the
    share that the late fall has of the early one. Columns other than the target are searched:
    rows picked by what is to be predicted would change what there is to learn. So may rows of a slice that no curve speaks for:
    chosen by how much they would tell a model of the form it has (optimal design), they do harm where it has another.

    Without a target, see `assay.mending.collection.lacking.lacking`.

    References
    ----------
    Athey and Imbens (2016), PNAS 113 (honest splitting); Efron and Morris (1973), JASA 68 (shrinkage); Chen, Johansson and Sontag
    (2018), NeurIPS, section 4 (learning curves of groups).
    """
    rows = max(LEAST_WANTED, len(real) // 2)
    task, use = outcome.task, outcome.use
    if task is None or use is None:
        return _named(real, lacking(real, _some(outcome.chosen.rows, seed), outcome.chosen.folds, seed=seed), rows)
    form = use.chosen.form
    mended = form.rows == "mended" or not outcome.before
    folds: tuple[Fold, ...] = outcome.chosen.folds if mended else outcome.before
    made = _some(outcome.chosen.rows if mended else folds[0].rows, seed)
    curve = curve_of(task, form, real, folds, seed=seed, jobs=jobs)
    worths = Worths.of(curve.none - curve.all, curve.half - curve.all, curve.trained, form.rows == "real")
    part = real.take(curve.rows)
    axes = axes_of(part, made.table, real.schema.features)
    groups = entity_codes(real)
    own = None if groups is None else np.unique(groups[curve.rows], return_inverse=True)[1]
    return _named(real, _honest(axes, curve, worths, made, rows, own, seed), rows)


def _honest(
    axes: list[Axis], curve: Curve, worths: Worths, made: Amended, rows: int, groups: np.ndarray | None, seed: int
) -> tuple[str, tuple[str, ...], Measured, Measured, Measured]:
    """Search on all folds but one, measure on that one; name what is found on all."""
    late = curve.half - curve.all
    falls = worths.falls(curve.none - curve.all, late)
    count = len(falls)
    at_random = np.full(count, float(worths.factor(np.array(rows / count))))
    if not axes:
        random = _measured(at_random, late, curve, groups)
        return "", (), random, random, _mean(0.0 * falls, groups)
    nothing = np.zeros(len(made))
    weights = np.stack(
        [np.concatenate([np.ones(count), nothing])]
        + [np.concatenate([value, nothing]) for value in (falls, falls**2)]
        + [np.concatenate([np.zeros(count), made.weights])]
    )
    parts = int(curve.fold.max()) + 1
    fold = np.concatenate([curve.fold, spawn(seed, "mend", "wanted").permutation(len(made)) % parts])
    counts = Counts(axes, weights, fold)
    gain = np.zeros(count)
    for at in range(parts):
        kept = fold != at
        slopes = Slopes.of(worths, counts.axes, weights, kept)
        found = _best(counts, slopes, round(rows * slopes.rows / count), at)
        if found is None:
            continue
        inside = found.rows(counts.axes)
        sums = weights[:, inside & kept].sum(axis=1)
        held = np.flatnonzero(inside[:count] & (curve.fold == at))
        gain[held] = float(slopes.factor(sums, round(rows * slopes.rows / count)))
    best = _best(counts, Slopes.of(worths, counts.axes, weights, np.ones(len(fold), dtype=bool)), rows, None)
    where = "" if best is None else best.name(counts.axes)
    columns = () if best is None else best.columns(counts.axes)
    collected, random = _measured(gain, falls, curve, groups), _measured(at_random, late, curve, groups)
    plain = _measured(gain, late, curve, groups)  # its reach counts the noise of the share of the early fall, too
    reach = max(collected.high - collected.value, plain.high - plain.value)
    collected = Measured(collected.value, collected.value - reach, collected.value + reach)
    return where, columns, collected, random, _mean((gain - at_random) * falls, groups)


def _best(counts: Counts, slopes: Slopes, rows: int, without: int | None) -> Subgroup | None:
    """Find the most promising slice of one or two columns; no third column is tried where nothing promises to be looked into."""
    return counts.search(lambda sums: np.full(sums.shape[1:], -np.inf), slopes.score(rows), without)


def _measured(factor: np.ndarray, falls: np.ndarray, curve: Curve, groups: np.ndarray | None) -> Measured:
    """Give an expected fall for these very real rows: to the noise of the mean is added how much falls differ between halves."""
    found = _mean(factor * falls, groups)
    apart = [(factor * curve.luck)[curve.fold == at] for at in range(int(curve.fold.max()) + 1)]
    luck = np.mean([part.mean() ** 2 - part.var() / max(len(part), 1) for part in apart]) / 2.0  # less the noise of test rows
    reach = float(np.hypot(found.high - found.value, Z * np.sqrt(max(float(luck), 0.0))))
    return Measured(found.value, found.value - reach, found.value + reach)


def _mean(values: np.ndarray, groups: np.ndarray | None) -> Measured:
    """Give the mean over rows with its 95% interval, folds taken as dependent."""
    value = float(values.mean())
    reach = Z * standard_error(values - value, groups) * float(np.sqrt(DEPENDENCE))
    return Measured(value, value - reach, value + reach)


def _some(rows: Amended, seed: int) -> Amended:
    if len(rows) <= MOST_COUNTED:
        return rows
    return rows.take(np.sort(spawn(seed, "mend", "counted").choice(len(rows), MOST_COUNTED, replace=False)))


def _named(real: Dataset, found: tuple[str, tuple[str, ...], Measured, Measured, Measured], rows: int) -> Candidate:
    """Name a slice only if the condition as written picks rows enough; one that cannot be read back picks none."""
    where, columns, gain, at_random, ahead = found
    if where and _picked(where, real) < max(LEAST_ROWS, LEAST_SHARE * len(real)):
        where, columns = "", ()
    return Candidate(where, columns, rows, gain, at_random, ahead)


def _picked(where: str, real: Dataset) -> int:
    try:
        return int(parse(where, real.schema).mask(real).sum())
    except (InputError, pa.ArrowException):  # a fault here is none of the user's, and no reason to end a run at its end
        return 0
