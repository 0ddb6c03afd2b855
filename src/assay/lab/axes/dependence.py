"""Dependence between two columns, and what three columns do only together."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from assay.core.errors import NotApplicable
from assay.lab.axes._axis import Distance, Point
from assay.lab.axes._scene import Scene, View

BLOCKS = 4


class Moments(NamedTuple):
    """Centred products of the features, one of each block of rows, and their mean."""

    blocks: list[np.ndarray]
    mean: np.ndarray


class PairDependence(Distance):
    """Root mean square over pairs of columns of the change of dependence, in units of Tschuprow's T; and of each column's pairs.

    Notes
    -----
    Columns are cut into at most seven groups. With z the indicators of the groups about their own mean, over the root of their
    real share, ``D = E_rows[z_a z_b'] - E_sealed[z_a z_b']`` is what the joint table differs by beyond what the marginals
    explain; its square norm over ``sqrt((groups_a - 1)(groups_b - 1))`` is Tschuprow's T squared if the rows have none of the
    dependence there is. The square is unbiased: four blocks of rows give four D, and only products of different ones are taken.
    What is lost and what is won both count. The error is that of the influences, first order.

    References
    ----------
    Tschuprow (1925), Grundbegriffe und Grundprobleme der Korrelationstheorie. Hoeffding (1948), A class of statistics with
    asymptotically normal distribution, Annals of Mathematical Statistics 19.
    """

    name = "pair_dependence"
    question = "Do two columns belong together as they do in reality?"
    unit = "root mean square difference of Tschuprow's T"
    bounds = (0.0, math.inf)
    margin = 0.05
    margin_because = "The policy train's mean margin for pairs (pair_gap), .025 in total variation, is .05 of two even halves."
    cannot_see = (
        "Dependence within groups; the direction of the change; columns beyond the first 60, of which the target is always one."
    )
    needs = frozenset({"columns"})
    rank = 50

    def measure(self, scene: Scene) -> list[Point]:
        """Compare second moments between columns."""
        slices, names = scene.frame.slices("pair"), scene.frame.pair_names
        if len(slices) < 2:
            raise NotApplicable("fewer than two columns vary")
        starts = [each.start for each in slices]
        own, real = scene.share("pairs", lambda: _pairs(scene.rows, scene)), _kept(scene, "pairs", _pairs)
        off = 1.0 - np.eye(len(names))
        differences = [(a - b) for a, b in zip(own.blocks, real.blocks, strict=True)]
        total = own.mean - real.mean

        def blocks(matrix: np.ndarray) -> np.ndarray:
            return np.add.reduceat(np.add.reduceat(matrix, starts, axis=0), starts, axis=1) * off

        whole = np.sum(differences, axis=0)
        square = blocks(whole**2 - np.sum([each**2 for each in differences], axis=0)) / (BLOCKS * (BLOCKS - 1))
        for at in slices:
            total[at, at] = 0.0
        influences = [_pair_influences(view, total, starts) for view in (scene.rows, scene.holdout)]
        pairs = len(names) * (len(names) - 1)
        table = Point(float(square.sum()) / pairs, _error([2.0 * each.sum(axis=1) / pairs for each in influences]))
        columns = [
            Point(
                float(square[at].sum()) / (len(names) - 1), _error([2.0 * e[:, at] / (len(names) - 1) for e in influences]), name
            )
            for at, name in enumerate(names)
        ]
        return [table, *columns]


class TripleDependence(Distance):
    """Root mean square over triples of columns of the change of what three do only together.

    Notes
    -----
    As `PairDependence`, with two to four groups of each column and third moments ``E[z_a z_b z_c]`` about the tables' own means:
    the interaction of Lancaster, which is nought where the joint table follows from its pairs by his formula. Up to 16 columns,
    the target and those of the strongest pairs among the columns of `PairDependence`.

    References
    ----------
    Lancaster (1969), The Chi-squared Distribution, chapter 12; Streitberg (1990), Lancaster interactions revisited, Annals of
    Statistics 18.
    """

    name = "triple_dependence"
    question = "Do three columns act together as they do in reality?"
    unit = "root mean square difference of standardised third moments"
    bounds = (0.0, math.inf)
    margin = 0.05
    margin_because = (
        "The policy train's mean margin for triples (triple_gap), .025 in total variation, is .05 of even halves at most."
    )
    cannot_see = "Interactions within groups, of four columns or more, and of columns beyond the 16 taken."
    needs = frozenset({"columns"})
    rank = 51

    def measure(self, scene: Scene) -> list[Point]:
        """Compare third moments between columns."""
        slices = scene.frame.slices("triple")
        if len(slices) < 3:
            raise NotApplicable("fewer than three columns vary")
        own, real = scene.share("triples", lambda: _triples(scene.rows, scene)), _kept(scene, "triples", _triples)
        differences = [a - b for a, b in zip(own.blocks, real.blocks, strict=True)]
        whole = np.sum(differences, axis=0)
        square = float((whole**2).sum() - sum((each**2).sum() for each in differences)) / (BLOCKS * (BLOCKS - 1))
        triples = math.comb(len(slices), 3)
        total = own.mean - real.mean
        influences = [2.0 * _triple_influences(view, total, slices) / triples / 2.0 for view in (scene.rows, scene.holdout)]
        return [Point(square / 2.0 / triples, _error(influences))]  # every triple stands twice


def _kept(scene: Scene, name: str, make: Any) -> Moments:
    """Compute the sealed rows' moments once."""
    return scene.holdout.keep(name, lambda: make(scene.holdout, scene))


def _parts(rows: int, scene: Scene) -> list[np.ndarray]:
    """Cut rows into blocks at random; never by their order, which a generator may have its own way with."""
    return np.array_split(np.random.default_rng([scene.frame.seed, rows]).permutation(rows), BLOCKS)


def _pairs(view: View, scene: Scene) -> Moments:
    features = view.get("pair_features")
    found = []
    for rows in _parts(len(features), scene):
        moved = features[rows] - features[rows].mean(axis=0)
        found.append(moved.T @ moved / max(len(rows) - 1, 1))
    return Moments(found, np.mean(found, axis=0))


def _pair_influences(view: View, total: np.ndarray, starts: list[int]) -> np.ndarray:
    features = view.get("pair_features")
    moved = features - features.mean(axis=0)
    return np.add.reduceat((moved @ total) * moved, starts, axis=1)


def _triples(view: View, scene: Scene) -> Moments:
    """Give third moments of each column (its groups) with pairs of later ones, end to end."""
    features, slices = view.get("triple_features"), scene.frame.slices("triple")
    found = []
    for rows in _parts(len(features), scene):
        moved = features[rows] - features[rows].mean(axis=0)
        n = len(rows)
        factor = n / max((n - 1) * (n - 2), 1)  # of an unbiased third cumulant
        parts = []
        for at in range(len(slices) - 2):
            later = moved[:, slices[at].stop :]
            for group in range(slices[at].start, slices[at].stop):
                product = (later * moved[:, group, None]).T @ later * factor
                parts.append((product * _apart(slices, at)).ravel())
        found.append(np.concatenate(parts))
    return Moments(found, np.mean(found, axis=0))


def _triple_influences(view: View, total: np.ndarray, slices: list[slice]) -> np.ndarray:
    features = view.get("triple_features")
    moved = features - features.mean(axis=0)
    found, start = np.zeros(len(features)), 0
    for at in range(len(slices) - 2):
        later = moved[:, slices[at].stop :]
        width = later.shape[1]
        for group in range(slices[at].start, slices[at].stop):
            matrix = total[start : start + width * width].reshape(width, width)
            found += moved[:, group] * np.einsum("ij,ij->i", later @ matrix, later)
            start += width * width
    return found


def _apart(slices: list[slice], at: int) -> np.ndarray:
    """Give 1 where two features belong to different columns after this one."""
    owner = np.concatenate([np.full(each.stop - each.start, k) for k, each in enumerate(slices[at + 1 :])])
    return (owner[:, None] != owner).astype(np.float64)


def _error(influences: list[np.ndarray]) -> float:
    return math.sqrt(sum(float(each.var()) / len(each) for each in influences))
