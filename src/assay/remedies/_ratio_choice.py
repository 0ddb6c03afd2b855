"""Which density ratio, how much of it, and clipped where: by rows that it was not learned from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from assay.data.entities import entity_codes
from assay.data.scene import Scene
from assay.remedies._ratio import RIDGES, Binned, Linear, binned, binned_setting, boosted, linear, linear_setting, logistic
from assay.remedies._shared import worth
from assay.remedies._weights import clipped, effective
from assay.stats.classifier import DEPENDENCE, normal_tail, stratified_folds

FOLDS = 4
PER_REAL, FEWEST, MOST = 4, 2_000, 5_000  # synthetic rows that are learned from: so many for each real one, within limits
CLIPS = (2.0, 3.0, 5.0, 10.0, 20.0)


class Ground(NamedTuple):
    """Real rows and some synthetic ones, real first.

    Parameters
    ----------
    synthetic : numpy.ndarray of int
        Rows of the synthetic table.
    truth, counts : numpy.ndarray, shape (rows,)
        1 for real rows; how much each counts, both kinds alike in all.
    fold : numpy.ndarray of int, shape (rows,)
        Fold, entities whole.
    worth : float
        Share of the real rows that are independent.
    others : numpy.ndarray of int64, shape (synthetic rows,), or None
        Entities of the synthetic rows.
    """

    synthetic: np.ndarray
    truth: np.ndarray
    counts: np.ndarray
    fold: np.ndarray
    worth: float
    others: np.ndarray | None


class Tried(NamedTuple):
    """One model, cross-fitted: losses of each strength in each fold, and the log ratios, held out, of each strength.

    ``loss`` has shape (strengths, folds), ``held`` shape (strengths, rows); strength 0 is no model.
    """

    model: str
    loss: np.ndarray
    held: np.ndarray
    read: Linear | Binned


def ground(scene: Scene) -> Ground:
    """Draw the synthetic rows that take part, and folds."""
    rng = scene.rng("weigh_ratio")
    real, size = len(scene.real), int(np.clip(PER_REAL * len(scene.real), FEWEST, MOST))
    chosen = np.arange(len(scene.synthetic))
    if len(chosen) > size:
        chosen = np.sort(rng.permutation(len(chosen))[:size])
    truth = np.concatenate([np.ones(real), np.zeros(len(chosen))])
    weights = scene.rows.weights[chosen]
    counts = np.concatenate([np.ones(real), weights * (real / max(float(weights.sum()), 1e-300))])
    groups = [entity_codes(table) for table in (scene.real, scene.synthetic)]
    alone = 1.0 if groups[0] is None else len(np.unique(groups[0])) / max(real, 1)
    units = None
    if groups[0] is not None or groups[1] is not None:
        own = [
            np.arange(len(table)) if part is None else part
            for part, table in zip(groups, (scene.real, scene.synthetic), strict=True)
        ]
        units = np.concatenate([own[0], own[1][chosen]])
    others = None if groups[1] is None else groups[1][chosen]
    return Ground(chosen, truth, counts, stratified_folds(truth.astype(np.int64), FOLDS, rng, units), alone, others)


def tried(model: str, scene: Scene, names: Sequence[str], base: Ground) -> Tried:
    """Cross-fit one model at every strength: ridges from strong to weak, or steps of boosting."""
    if model == "logistic":
        read = linear(scene, names, base.synthetic)
        held = _logistic_path(_standard(read, base)[0], base)
    else:
        read = binned(scene, names, base.synthetic)
        paths = [(fold, boosted(read, base.fold != fold, base.truth, base.counts)[1]) for fold in range(FOLDS)]
        held = np.zeros_like(paths[0][1])
        for fold, path in paths:
            held[:, base.fold == fold] = path[:, base.fold == fold]
    loss = np.stack([(_losses(held, base) * (base.fold == fold)).sum(axis=1) for fold in range(FOLDS)], axis=1)
    return Tried(model, loss, held, read)


def _losses(held: np.ndarray, base: Ground) -> np.ndarray:
    return base.counts * np.logaddexp(0.0, np.where(base.truth > 0, -held, held))


def _standard(read: Linear, base: Ground) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Give standardised values with a column of ones, centres and scales."""
    share = base.counts / base.counts.sum()
    centre = share @ read.values
    scale = np.sqrt(np.maximum(share @ (read.values - centre) ** 2, 1e-6))
    return np.column_stack([(read.values - centre) / scale, np.ones(len(share))]), centre, scale


def _logistic_path(values: np.ndarray, base: Ground) -> np.ndarray:
    held = np.zeros((len(RIDGES) + 1, len(values)))
    for fold in range(FOLDS):
        kept, out = base.fold != fold, base.fold == fold
        found = np.zeros(values.shape[1])
        for at, ridge in enumerate(sorted(RIDGES, reverse=True)):
            found = logistic(values[kept], base.truth[kept], base.counts[kept], found, ridge)
            held[at + 1, out] = values[out] @ found
    return held


def told_apart(found: Sequence[Tried], base: Ground) -> tuple[float, float, str]:
    """Test whether held-out real rows have higher ratios than held-out synthetic ones.

    Returns
    -------
    auc, p_value : float
    model : str
        The one with the smallest loss.

    Notes
    -----
    In each fold the model and strength are taken that do best in the other folds, so that none is chosen by the rows that it is
    tested on. The mean of the folds' weighted AUCs is compared with one half; its variance is Mann and Whitney's, synthetic rows
    counted for what the weights of their entities are worth, twice for the folds' dependence (`assay.stats.classifier`).
    """
    values: list[float] = []
    nulls: list[float] = []
    loss = np.concatenate([part.loss for part in found])
    held = np.concatenate([part.held for part in found])
    for fold in range(FOLDS):
        rows = base.fold == fold
        best = int(np.argmin(np.delete(loss, fold, axis=1).sum(axis=1)))
        real, synthetic = rows & (base.truth > 0), rows & (base.truth == 0)
        if not real.any() or not synthetic.any():
            continue
        values.append(_auc(held[best][real], held[best][synthetic], base.counts[synthetic]))
        mass, others = base.counts[synthetic], base.others
        own = effective(mass) if others is None else worth(others[synthetic[-len(others) :]], mass)
        n1, n0 = base.worth * real.sum(), max(own, 1.0)
        nulls.append((n0 + n1 + 1.0) / (12.0 * n0 * n1))
    if not values:
        return 0.5, 1.0, found[0].model
    auc = float(np.mean(values))
    error = float(np.sqrt(np.mean(nulls) * DEPENDENCE / len(values)))
    best = int(np.argmin([part.loss.sum(axis=1).min() for part in found]))
    return auc, normal_tail((auc - 0.5) / error), found[best].model


def _auc(real: np.ndarray, synthetic: np.ndarray, weights: np.ndarray) -> float:
    """Give the chance that a real row scores above a weighted synthetic one, ties half."""
    order = np.argsort(synthetic, kind="stable")
    below = np.concatenate([[0.0], np.cumsum(weights[order])])
    sides = [below[np.searchsorted(synthetic[order], real, side=side)] for side in ("left", "right")]
    return float(np.mean(sides[0] + sides[1]) / 2.0 / max(float(below[-1]), 1e-300))


def chosen(found: Tried, base: Ground) -> tuple[int, float, float]:
    """Choose how strong the model is, what power of its ratio is taken, and where it is clipped.

    Returns
    -------
    strength : int
        That of the smallest held-out loss; 0 for no model.
    power : float
        Slope, at most 1, of a logistic regression of the kind of row on the held-out log ratio: what of it holds for other rows.
    most : float
        Clip with the smallest held-out ``mean w^2 / 2 - mean of w at real rows``, the squared error of the ratio but for a
        constant.

    References
    ----------
    Platt (1999), Probabilistic outputs for support vector machines. Kanamori, Hido and Sugiyama (2009), A least-squares approach
    to direct importance estimation, JMLR 10.
    """
    strength = int(np.argmin(found.loss.sum(axis=1)))
    score = found.held[strength]
    if strength == 0 or np.ptp(score) == 0:
        return 0, 0.0, CLIPS[0]
    line = np.column_stack([score, np.ones(len(score))])
    power = float(np.clip(logistic(line, base.truth, base.counts, np.array([1.0, 0.0]), 1e-6)[0], 0.0, 1.0))
    ratio = np.exp(power * (score - score.max()))
    synthetic = base.truth == 0
    weights = base.counts[synthetic]
    errors: list[float] = []
    for most in CLIPS:
        factor = clipped(ratio[synthetic], weights, most)
        scale = float(np.max(factor / np.maximum(ratio[synthetic], 1e-300)))
        at_real = np.minimum(ratio[~synthetic] * scale, most)
        errors.append(float(weights @ factor**2 / weights.sum()) / 2.0 - float(at_real.mean()))
    return strength, power, CLIPS[int(np.argmin(errors))]


def setting(found: Tried, strength: int, base: Ground) -> list[dict[str, Any]]:
    """Learn the model anew from all rows at one strength, as JSON terms."""
    if isinstance(found.read, Binned):
        steps, _ = boosted(found.read, np.ones(len(base.truth), dtype=bool), base.truth, base.counts, strength)
        return binned_setting(found.read, steps)
    values, _, scale = _standard(found.read, base)
    coefficients = np.zeros(values.shape[1])
    for ridge in sorted(RIDGES, reverse=True)[:strength]:
        coefficients = logistic(values, base.truth, base.counts, coefficients, ridge)
    return linear_setting(found.read, coefficients[:-1] / scale)
