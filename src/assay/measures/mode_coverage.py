"""Mode coverage: clusters and regions of the real rows that the synthetic rows leave out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

import numpy as np

from assay.core.errors import NotApplicable
from assay.core.estimate import Estimate
from assay.core.evidence import Evidence, Family, Item
from assay.core.protocols import Context, Measure
from assay.measures._balls import METHOD as BALLS
from assay.measures._balls import Spread, spread
from assay.measures._empty_balls import empty_ball
from assay.measures._regions import Regions, regions
from assay.measures._slices import shared_codec, singled_out
from assay.measures._told import told, unmade
from assay.stats.classifier import normal_bound, normal_tail
from assay.stats.clusters import main_axes, nearest_centre, stable_centres
from assay.stats.regions import Ratio

LEAST_SHARE = 0.02
LEAST_OF_CLASS = 400  # real rows of a class that is clustered by itself
CLASSES = 4
SEARCHES = 3
WIDEST_TAIL = 0.1  # share of the real rows up to which an end of a column is a tail
TELLING, SHOWN = 0.75, 0.05  # a cluster is put into words where the ratio's upper bound, at this error, is below that
BALL = "exact given the sum of both counts; ball of rows in the space of the numbers, found on half of the rows, in turn"
TOLD = "exact given the sum of both counts; the 2% of all rows that look most real to cross-fitted classifiers"
CLUSTERS = "exact given the sum of both counts, divided by the mean size of entities; clusters found on the real rows"
REGION = "exact given the sum of both counts; region found on three quarters of the rows and counted on the fourth, in turn"


class ModeCoverage(Measure):
    """Rows that should be there: in clusters, in regions of up to three columns, and around holdout rows.

    Notes
    -----
    - ``mode_coverage``: per region the ratio rho of synthetic rows to those that the real rows lead to expect; harm is 1 - rho.
      Regions are the clusters of the real rows (as many as two halves agree on, also within each class of the target) that
      hold 2% of the holdout; the region of up to three columns with the clearest deficit, found on three folds
      and counted on the fourth, which needs no cluster and sees what is missing in a combination of columns alone; and the 2% of
      holdout and synthetic rows that look most real to the classifiers of two_sample, cross-fitted, which may lie in any shape;
      and the emptiest ball in the space of the numbers, over all rows or in one class, found on half of the rows.
    - ``coverage``: the share of holdout rows with a synthetic row within the distance of their fifth-nearest holdout row,
      against that share for as many real rows. Density, the mean number of rows in those balls over five, is
      reported beside it.

    What it cannot see: modes of fewer than 2% of the rows (see rare_levels and tail_mass), and regions that neither clusters nor
    conditions on three columns nor trees can tell from their surroundings.

    References
    ----------
    Naeem, Oh, Uh, Choi and Yoo (2020), Reliable fidelity and diversity metrics for generative models, ICML. Lange et al. (2004),
    Stability-based validation of clustering solutions, Neural Computation 16. Clopper and Pearson (1934), Biometrika 26.
    """

    question: ClassVar[str] = "Are there kinds of real rows that the synthetic rows leave out?"
    family: ClassVar[str] = "dependence"
    reads: ClassVar[Literal["profile", "rows"]] = "rows"
    needs: ClassVar[frozenset[str]] = frozenset({"holdout"})
    cost: ClassVar[int] = 55
    codes: ClassVar[Mapping[str, str]] = {
        "MODE01": "A region of the real rows, given by values of one to three columns, is missing or much too rare.",
        "MODE02": "A cluster of the real rows is missing or much too rare.",
        "MODE03": "More of the sealed real rows than chance allows have no synthetic row near them.",
    }
    mechanism: ClassVar[str] = "mode_drop"
    remedy: ClassVar[str] = "Draw more rows in the region named (conditional sampling), or add real rows of it."
    cannot_see: ClassVar[str] = "Modes of fewer than 2% of the rows, and regions whose surroundings look the same to trees."

    def measure(self, context: Context) -> Evidence:
        """Count clusters and regions, and the balls around holdout rows."""
        found, balls = regions(context), spread(context)
        clusters = _clusters(context)
        error = context.alpha / SEARCHES / 2.0  # half of it for what is searched, half for all clusters
        items = [_cluster(facts, ratio, counts, context.alpha / 2.0 / len(clusters)) for facts, ratio, counts in clusters]
        if found.under is not None:
            items.append(_region(found, error))
        items += _told_apart(context, error) + _empty(context, error)
        if not items:
            raise NotApplicable("No cluster and no region holds 2% of the rows and 20 rows. Give more rows.")
        families = (
            Family("mode_coverage", tuple(items)),
            Family("mode_coverage", (_coverage(context, balls),), name="coverage"),
        )
        return Evidence(families, reported=(_density(context, balls),))

    def describe(self, item: Item) -> str:
        """Say which rows are missing."""
        e, facts = item.estimate, item.facts
        if facts["kind"] == "coverage":
            return (
                f"{1 - e.value:.1%} of the sealed real rows have no synthetic row near them; {1 - e.floor_median:.1%} have no "
                f"other real row so near. Coverage lost: {e.effect:.1%} ({e.low:.1%} to {e.high:.1%})."
            )
        many = f"{e.value:.0%} of the rows expected ({1 - e.high:.0%} to {1 - e.low:.0%}) are there"
        if facts["kind"] == "region":
            return f"Where {e.slice}, {facts['share']:.1%} of the real rows, {many}, counted on rows not used to find the region."
        if facts["kind"] == "ball":
            where = f" (typically {facts['typical']})" if facts["typical"] else ""
            return (
                f"Of {facts['share']:.1%} of the real rows, near each other in all numbers{where}, {many}, in rows not searched."
            )
        if facts["kind"] == "told":
            where = f" (typically {facts['typical']})" if facts["typical"] else ""
            return (
                f"Among the {facts['share']:.1%} of the sealed real rows that classifiers tell best from synthetic ones{where}, "
                f"{many}, in rows that they were not trained on."
            )
        where = f"the cluster of {facts['share']:.1%} of the real rows"
        if facts["typical"]:
            where += f" with typically {facts['typical']}"
        return f"In {where}, {many}."

    def missed(self, item: Item) -> str:
        """Say what could be missing unseen."""
        if item.facts["kind"] == "coverage":
            return f"a loss of coverage of up to {item.harm_high:.1%} of the real rows would not have been seen at this size"
        if item.facts["kind"] in ("told", "ball"):
            return f"2% of the rows, of any shape, that lack up to {item.harm_high:.0%} of their like would not have been seen"
        what = "a region of 2% of the rows" if item.facts["kind"] == "region" else f"a cluster of {item.facts['share']:.1%}"
        return f"{what} that lacks up to {item.harm_high:.0%} of its rows would not have been seen at this size"


def _clusters(context: Context) -> list[tuple[dict[str, Any], Ratio, tuple[int, int]]]:
    """Cluster the real rows, whole and by class, and count synthetic and holdout rows in each cluster of 2%."""
    codec = shared_codec(context)
    matrices = {
        role: context.share(f"distance:{role}", lambda role=role: codec.distance(getattr(context, role)))
        for role in ("real", "synthetic", "holdout")
    }
    order = np.lexsort(matrices["real"].T[::-1])
    directions = main_axes(matrices["real"][order])
    points = {role: directions.place(matrix) for role, matrix in matrices.items()}
    points["real"] = points["real"][order]
    parts: list[tuple[str, dict[str, np.ndarray]]] = [("", {role: np.arange(len(rows)) for role, rows in points.items()})]
    if codec.classes_:
        labels = {role: codec.labels(getattr(context, role)) for role in points}
        labels["real"] = labels["real"][order]
        counts = np.bincount(labels["real"][labels["real"] >= 0], minlength=len(codec.classes_))
        for at in np.argsort(-counts, kind="stable")[:CLASSES]:
            if counts[at] >= LEAST_OF_CLASS:
                name = f"{context.schema.target} = {codec.classes_[at]}"
                parts.append((name, {role: np.flatnonzero(own == at) for role, own in labels.items()}))
    n_holdout, n_synthetic = len(points["holdout"]), len(points["synthetic"])
    found: list[tuple[dict[str, Any], Ratio, tuple[int, int]]] = []
    for at, (name, rows) in enumerate(parts):
        centres, agreement = stable_centres(points["real"][rows["real"]], context.rng("mode_coverage", at))
        own = nearest_centre(points["real"][rows["real"]], centres)
        placed = {
            role: np.bincount(nearest_centre(points[role][rows[role]], centres), minlength=len(centres))
            for role in ("synthetic", "holdout")
        }
        of_part = name
        for cluster in np.flatnonzero(placed["holdout"] >= max(LEAST_SHARE * n_holdout, 20)):
            counts_of = int(placed["synthetic"][cluster]), int(placed["holdout"][cluster])
            ratio, name = Ratio(*counts_of, n_holdout / n_synthetic), of_part
            if ratio.bound(SHOWN, upper=True) < TELLING:
                inside = np.isin(np.arange(len(order)), rows["real"][own == cluster])
                name = " and ".join(part for part in (name, _typical(context, order, inside)) if part)
            facts = {
                "kind": "cluster",
                "share": counts_of[1] / n_holdout,
                "typical": name,
                "cluster": f"{cluster + 1} of {len(centres)}",
                "agreement": round(agreement, 3),
                "code": "MODE02",
            }
            found.append((facts, ratio, counts_of))
    return found


def _typical(context: Context, order: np.ndarray, inside: np.ndarray) -> str:
    """Give the condition on one column, or on two, that singles a cluster's real rows out best."""
    rows = shared_codec(context).ordinal(context.real, tuple(context.schema.modelled))[order]
    return singled_out(context, rows, inside)[1]


def _cluster(facts: dict[str, Any], ratio: Ratio, counts: tuple[int, int], error: float) -> Item:
    where = f"cluster {facts['cluster']}" + (f" where {facts['typical']}" if facts["typical"] else "")
    return _item(ratio, counts, error, facts, f"cluster {facts['cluster']}; {CLUSTERS}", (), where, False, 0.0)


def _told_apart(context: Context, error: float) -> list[Item]:
    """Count the rows that look most real to classifiers, which find regions of any shape; say what singles them out."""
    try:
        found = unmade(context)
    except NotApplicable:  # too few rows for classifiers are no reason to leave clusters and regions out
        return []
    typical: tuple[tuple[str, ...], str] = ((), "")
    if found.ratio.bound(SHOWN, upper=True) < TELLING:
        pair = told(context).pair
        real = pair.labels == 0
        typical = singled_out(context, pair.matrix[real], found.rows[real])
    facts = {"kind": "told", "share": found.share, "typical": typical[1], "code": "MODE01" if typical[0] else "MODE02"}
    return [_item(found.ratio, found.counts, error, facts, TOLD, typical[0], typical[1], told(context).pair.sampled, 0.0)]


def _empty(context: Context, error: float) -> list[Item]:
    """Count the ball of rows, near each other in all numbers, that is emptiest."""
    found = empty_ball(context)
    if found is None:
        return []
    ball, typical = found.ball, ((), "")
    if ball.ratio.bound(SHOWN, upper=True) < TELLING:
        matrix = shared_codec(context).ordinal(context.real, tuple(context.schema.modelled))
        typical = singled_out(context, matrix, found.real)
    facts = {"kind": "ball", "share": ball.share, "typical": typical[1], "code": "MODE01" if typical[0] else "MODE02"}
    return [_item(ball.ratio, ball.counts, error, facts, BALL, typical[0], typical[1], False, 0.0)]


def _region(found: Regions, error: float) -> Item:
    under = found.under
    assert under is not None
    columns, name = under.where.columns(under.axes), under.where.name(under.axes)
    facts = {"kind": "region", "share": under.share, "code": "MODE01"}
    return _item(under.ratio, under.counts, error, facts, REGION, columns, name, found.sampled, under.unseen)


def _item(
    ratio: Ratio,
    counts: tuple[int, int],
    error: float,
    facts: dict[str, Any],
    method: str,
    columns: tuple[str, ...],
    where: str,
    sampled: bool,
    unseen: float,
) -> Item:
    """Bound the share of the expected rows that is missing; what is missing beyond one point of one column is its tail."""
    ends = tuple(f"{name} {sign} " for name in columns for sign in ("<", ">="))
    if len(columns) == 1 and facts["share"] <= WIDEST_TAIL and where.startswith(ends):
        facts = {**facts, "mechanism": "tail_loss"}
    effect = 1.0 - ratio.value
    expected = max(ratio.others / ratio.scale, 1.0)
    reach = 1.96 * float(np.sqrt((1.0 + 1.0 / ratio.scale) / expected))
    estimate = Estimate(
        "mode_coverage",
        ratio.value,
        max(1.0 - reach, 0.0),
        1.0,
        1.0 + reach,
        effect,
        min(1.0 - ratio.bound(0.025, upper=True), effect),
        max(1.0 - ratio.bound(0.025, upper=False), effect),
        counts[1],
        counts[0],
        method,
        columns=columns,
        slice=where,
        sampled=sampled,
    )
    low = max(1.0 - ratio.bound(error, upper=True), 0.0)
    high = max(1.0 - ratio.bound(0.05, upper=False), unseen, 0.0)
    return Item(estimate, low, high, _score(ratio), facts)


def _score(ratio: Ratio) -> float:
    expected = ratio.others / ratio.scale
    return float((expected - ratio.hits) / np.sqrt(max(expected * (1.0 + 1.0 / ratio.scale), 1.0)))


def _coverage(context: Context, balls: Spread) -> Item:
    share = balls.coverage
    effect = share.real - share.synthetic
    reach = 1.96 * share.error
    score = effect / max(share.error, 1e-12)
    estimate = Estimate(
        "mode_coverage",
        share.synthetic,
        max(share.real - reach, 0.0),
        share.real,
        min(share.real + reach, 1.0),
        effect,
        max(effect - reach, -1.0),
        min(effect + reach, 1.0),
        balls.queries,
        balls.rows,
        f"coverage: {BALLS}",
        p_value=normal_tail(score),
        sampled=balls.sampled,
    )
    return Item(
        estimate,
        max(effect - normal_bound(share.error, context.alpha), 0.0),
        max(effect + normal_bound(share.error, 0.05), 0.0),
        score,
        {"kind": "coverage", "code": "MODE03"},
    )


def _density(context: Context, balls: Spread) -> Estimate:
    share = balls.density
    effect, reach = share.synthetic - share.real, 1.96 * share.error
    return Estimate(
        "mode_coverage",
        share.synthetic,
        max(share.real - reach, 0.0),
        share.real,
        share.real + reach,
        effect,
        effect - reach,
        effect + reach,
        balls.queries,
        balls.rows,
        f"density: {BALLS}",
        sampled=balls.sampled,
    )
