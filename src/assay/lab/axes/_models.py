"""The one model of each generation that several axes ask: trained on its rows, asked on sealed, own and previous ones."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from assay.core.errors import NotApplicable
from assay.lab.axes._scene import Scene, View
from assay.lab.fitting import fit
from assay.stats import learners, scores

KEPT, LEAST = 0.25, 20


class Asked(NamedTuple):
    """Truth and prediction on some rows."""

    truth: np.ndarray
    predicted: np.ndarray


class Model(NamedTuple):
    """What the model of a table said of sealed rows, of further rows of its own table, and of the previous ones."""

    sealed: Asked
    own: Asked
    previous: Asked


def model(scene: Scene) -> Model:
    """Train on three quarters of the rows and ask, once a scene.

    Raises
    ------
    NotApplicable
        If there are too few rows with a target.
    """
    return scene.share("model", lambda: _trained(scene))


def score(scene: Scene, asked: Asked) -> scores.Score:
    """Score predictions: ROC AUC, the mean of the classes' AUCs, or R2."""
    task = scene.frame.schema.task
    if task == "regression":
        return scores.r2(asked.truth, asked.predicted)
    return scores.roc_auc(asked.truth, asked.predicted) if task == "binary" else scores.macro_auc(asked.truth, asked.predicted)


def _trained(scene: Scene) -> Model:
    frame = scene.frame
    classes, task = len(frame.codec.classes_), str(frame.schema.task)
    known = np.flatnonzero(_known(scene.rows.get("labels")))
    known = known[scene.rng("model").permutation(len(known))]
    held = int(len(known) * KEPT)
    if held < LEAST or not frame.features:
        raise NotApplicable(f"a model needs features and at least {int(LEAST / KEPT)} rows with a target")
    features, labels = scene.rows.get("inputs"), scene.rows.get("labels")
    train, kept = known[held:], known[:held]
    learner = learners.utility_learner("boosting", task, scene.integer_seed("model"), classes)
    fitted = fit(learner, features[train], labels[train])

    def ask(view: View, rows: np.ndarray) -> Asked:
        if len(rows) < LEAST:
            raise NotApplicable(f"a score needs at least {LEAST} rows with a target")
        return Asked(view.get("labels")[rows], learners.predict(fitted, view.get("inputs")[rows], classes))

    sealed, previous = (np.flatnonzero(_known(view.get("labels"))) for view in (scene.holdout, scene.previous))
    return Model(ask(scene.holdout, sealed), ask(scene.rows, kept), ask(scene.previous, previous))


def _known(labels: np.ndarray) -> np.ndarray:
    return ~np.isnan(labels) if labels.dtype.kind == "f" else labels >= 0
