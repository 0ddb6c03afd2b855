"""Rows beyond where the synthetic ones end are made from the real ones there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from scipy.stats import hypergeom

from assay.core.errors import NotApplicable
from assay.core.plan import Plan
from assay.core.protocols import Remedy
from assay.data.amended import Amended
from assay.data.dataset import Dataset
from assay.data.scene import Scene
from assay.remedies._anchors import apart, kept_share, refilled
from assay.remedies._places import inside

SHARES = (0.0, 0.001, 0.005, 0.02)  # of the synthetic rows beyond the edges that are tried
ENDS = ("upper", "lower")
RATIO = 0.25
LEAST_ROWS = 3
MOST_SHARE = 0.25  # of the real rows that a tail may be; more of them were moved as a whole
LEAST_SYNTHETIC = 100


class _Edge(NamedTuple):
    """Where a column ends: rows count as beyond that lie strictly further out than ``value``."""

    column: str
    end: str
    value: float
    p_value: float
    hits: int
    share: float

    def place(self) -> dict[str, Any]:
        """Give the region beyond."""
        if self.end == "upper":
            return {"where": [{"column": self.column, "low": float(np.nextafter(self.value, np.inf)), "high": None}]}
        return {"where": [{"column": self.column, "low": None, "high": self.value}]}


class RefillTails(Remedy):
    """Find columns that reach further in reality than synthetic rows do, and make rows there from the real ones.

    Notes
    -----
    Edges are tried beyond which 0, .1%, .5% and 2% of the synthetic rows lie, at both ends of every ordered column. With c of N
    synthetic rows beyond and two samples of one population, x of n real rows or more lie beyond with the probability that of the
    x + c outermost of all n + N rows c at most are synthetic: hypergeometric, exact whatever the distribution, and conservative
    with ties. With weights N is the effective number. Bonferroni over columns, ends and edges; a share of synthetic rows of a
    quarter of the real one or more is no lost tail. Of an entity one row takes part.

    What is learned: the edge, which is a synthetic value, and the share of real rows beyond less one standard error. Rows are
    made until the tail has that share, see `assay.remedies._anchors`.

    References
    ----------
    Wilks (1942), Statistical prediction with special reference to the problem of tolerance limits, Annals of Mathematical
    Statistics 13.
    """

    question = "Does a column reach further in reality than in the synthetic rows?"
    mends = frozenset({"tail_loss"})
    changes = "rows"
    anchors = True
    cannot_see = (
        "Tails with fewer than three real rows; what lies beyond the outermost real rows; tails of two columns together where "
        "each column alone reaches as far as it should."
    )

    def signs(self, scene: Scene) -> Sequence[Plan]:
        """Test every end of every column."""
        lone = apart(scene)
        if len(lone.real) == 0 or lone.rows.effective < LEAST_SYNTHETIC:
            return ()
        found = [edge for name in scene.numeric for end in ENDS if (edge := _edge(lone, name, end)) is not None]
        error = scene.error / max(2 * len(scene.numeric) * len(SHARES), 1)
        found = sorted((edge for edge in found if edge.p_value < error), key=lambda edge: edge.p_value)
        plans: list[Plan] = []
        for number in dict.fromkeys((1, len(found))) if found else ():
            edges = found[:number]
            tails = [{"column": edge.column, "end": edge.end} for edge in edges]
            plans.append(
                Plan(
                    remedy="refill_tails",
                    mechanism="tail_loss",
                    p_value=float(min(max(edge.p_value for edge in edges) * scene.error / error, 1.0)),
                    numbers=2.0 * number,
                    sign="; ".join(_words(edge, len(lone.real)) for edge in edges[:3]),
                    columns=tuple(dict.fromkeys(edge.column for edge in edges)),
                    options={"tails": tails},
                )
            )
        return tuple(plans)

    def learn(self, plan: Plan, scene: Scene) -> Mapping[str, Any]:
        """Find the edges of the tails anew, and the shares beyond."""
        tails: list[dict[str, Any]] = []
        for tail in plan.options["tails"]:
            edge = _edge(scene, str(tail["column"]), str(tail["end"]))
            if edge is not None:
                tails.append({"place": edge.place(), "share": kept_share(edge.hits, len(scene.real))})
        if not tails:
            raise NotApplicable("none of these real rows lie beyond the synthetic ones")
        return {"tails": tails}

    def apply(self, setting: Mapping[str, Any], rows: Amended, real: Dataset, rng: np.random.Generator) -> Amended:
        """Append rows beyond each edge."""
        for tail in setting["tails"]:
            place = tail["place"]
            rows = refilled(rows, real, inside(place, real), inside(place, rows.table), float(tail["share"]), rng)
        return rows


def _edge(scene: Scene, name: str, end: str) -> _Edge | None:
    """Give the edge that speaks most for a lost tail."""
    real, synthetic = scene.real.numbers(name), scene.synthetic.numbers(name)
    sign = 1.0 if end == "upper" else -1.0
    own, known = sign * real[~np.isnan(real)], ~np.isnan(synthetic) & (scene.rows.weights > 0)
    if len(own) < LEAST_ROWS or known.sum() < LEAST_SYNTHETIC:
        return None
    values, weights = sign * synthetic[known], scene.rows.weights[known]
    order = np.argsort(-values, kind="stable")
    values, weights = values[order], weights[order]
    size = int(weights.sum() ** 2 / np.sum(weights**2))
    reached = np.cumsum(weights) / weights.sum()
    best: _Edge | None = None
    for share in SHARES:
        at = int(np.searchsorted(reached, share, side="right")) if share > 0 else 0
        if at >= len(values):
            continue
        beyond = float(reached[at - 1]) if at > 0 else 0.0  # share of the rows before the edge in this order
        count = int(np.ceil(beyond * size))
        hits = int(np.sum(own > values[at]))
        if not LEAST_ROWS <= hits <= MOST_SHARE * len(own) or beyond > RATIO * hits / len(own):
            continue
        p_value = float(hypergeom.cdf(count, size + len(own), size, hits + count))
        if best is None or p_value < best.p_value:
            best = _Edge(name, end, float(sign * values[at]), p_value, hits, beyond)
    return best


def _words(edge: _Edge, rows: int) -> str:
    end = "upper" if edge.end == "upper" else "lower"
    return (
        f"{edge.hits:,} of {rows:,} real rows lie beyond the {end} end of {edge.column!r}, where "
        f"{edge.share:.2%} of the synthetic rows do, {edge.share * rows:.1f} expected."
    )
