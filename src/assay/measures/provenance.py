"""Provenance of the real tables, and the seal of the holdout."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import ClassVar, Literal

import numpy as np

from assay.core.errors import NotApplicable
from assay.core.estimate import Estimate
from assay.core.evidence import Evidence, Family, Item
from assay.core.protocols import Context, Measure
from assay.data.dataset import Dataset
from assay.measures._copies import copied
from assay.measures._rows import rows


class Provenance(Measure):
    """Stamps of generators on the real tables, and rows that real and holdout share.

    Notes
    -----
    - *Stamps*: a real or holdout table that carries a generator's lineage is synthetic, of the depth the stamp tells.
    - *Sealed*: the synthetic table's stamp names the digests of the tables its generator was fitted on; the holdout's must not be
      among them.
    - *Overlap*: the share of holdout rows that equal a real row, beyond what chance brings. As in `exact_copies` only real rows
      that occur once count; an independent row meets one of them with probability ``2 f2 / n`` (f2: pairs of equal rows among
      the n real ones). Honest splits of discrete tables overlap and pass.

    What it cannot see: synthetic rows whose stamp was lost, and leaked rows of which a value was changed.

    References
    ----------
    Good (1953), The population frequencies of species and the estimation of population parameters, Biometrika 40.
    """

    question: ClassVar[str] = "Are the real rows real, and has nothing seen the holdout?"
    family: ClassVar[str] = "lineage"
    reads: ClassVar[Literal["profile", "rows"]] = "rows"
    equal_rows: ClassVar[bool] = True
    cost: ClassVar[int] = 1
    codes: ClassVar[Mapping[str, str]] = {
        "LINE01": "A table given as real was made by a generator.",
        "LINE02": "The holdout is not sealed: it shares rows with the training rows, or a generator was fitted on it.",
        "LINE03": "Synthetic rows equal holdout rows more often than real rows do: the generator has seen the holdout.",
    }
    mechanism: ClassVar[str] = "evaluation_leakage"
    remedy: ClassVar[str] = (
        "Split the original table once more with assay split, keep the holdout away from every generator, "
        "and fit the generator again on the other part."
    )
    cannot_see: ClassVar[str] = "Synthetic rows whose stamp was lost; leaked rows with a value changed."

    def measure(self, context: Context) -> Evidence:
        """Read the stamps and count the overlap."""
        real, synthetic, holdout = context.real, context.synthetic, context.holdout
        sizes = (len(real), len(synthetic))
        items = [_stamp(real, "real", *sizes)]
        if holdout is not None:
            items.append(_stamp(holdout, "holdout", *sizes))
            parents = synthetic.lineage.parents if synthetic.lineage is not None else ()
            items.append(_exact(float(holdout.sha256 in parents), *sizes, {"kind": "parent", "code": "LINE02"}))
            items += [item for item in (_leaked(context), _overlap(context, len(synthetic))) if item is not None]
        warned: tuple[str, ...] = ()
        if synthetic.lineage is not None and synthetic.lineage.depth > 1:
            warned = (
                f"The synthetic table is {synthetic.lineage.depth} generations away from real rows: "
                f"its generator ({synthetic.lineage.generator}) was fitted on synthetic data.",
            )
        return Evidence((Family("provenance", tuple(items)),), warnings=warned)

    def describe(self, item: Item) -> str:
        """Say what is not what it seems."""
        e, facts = item.estimate, item.facts
        if facts["kind"] == "stamp":
            return (
                f"The {facts['table']} table is not real: its stamp says that {facts['generator']} made it, "
                f"{facts['depth']} generation{'s' if facts['depth'] != 1 else ''} away from real rows."
            )
        if facts["kind"] == "leak":
            return (
                f"{e.value:.2%} of the synthetic rows equal a row of the holdout; real rows do in {e.floor_median:.2%}. "
                f"{e.effect:.2%} ({max(e.low, 0):.2%} to {e.high:.2%}) were taken from there: the holdout is not sealed."
            )
        if e.effect == 0 and facts["kind"] != "overlap":
            return "Nothing in the stamps says that real rows are synthetic or that a generator has seen the holdout."
        if facts["kind"] == "parent":
            return "The holdout is not sealed: the synthetic table's stamp names it among the tables its generator was fitted on."
        return (
            f"{e.value:.2%} of the holdout rows equal a row of the real table where its own duplicates lead to expect "
            f"{e.floor_median:.2%}: {e.effect:.2%} ({max(e.low, 0):.2%} to {e.high:.2%}) leaked."
        )

    def missed(self, item: Item) -> str:
        """Say what could have leaked."""
        if item.facts["kind"] == "overlap":
            most = max(item.harm_high, 1e-4)
            return f"leaked rows making up to {most:.2%} of the holdout would not have been seen at this size"
        if item.facts["kind"] == "leak":
            most = max(item.harm_high, 1e-4)
            return f"holdout rows making up to {most:.2%} of the synthetic ones would not have been seen at this size"
        return "a table made by a generator whose stamp was lost would not have been seen"


def _stamp(dataset: Dataset, table: str, n_real: int, n_synthetic: int) -> Item:
    lineage = dataset.lineage
    if lineage is None:
        return _exact(0.0, n_real, n_synthetic, {"kind": "none", "table": table})
    facts = {
        "kind": "stamp",
        "table": table,
        "generator": lineage.generator,
        "depth": lineage.depth,
        "code": "LINE01",
        "mechanism": "recursive_contamination",
        "remedy": f"Give the original rows as {table}; what a generator made cannot stand for reality.",
    }
    return _exact(1.0, n_real, n_synthetic, facts)


def _exact(effect: float, n_real: int, n_synthetic: int, facts: Mapping[str, object]) -> Item:
    estimate = Estimate(
        "provenance", effect, 0.0, 0.0, 0.0, effect, effect, effect, n_real, n_synthetic, "stamps of the tables as given"
    )
    return Item(estimate, effect, effect, 20.0 * effect, facts)


def _leaked(context: Context) -> Item | None:
    """Judge synthetic rows that equal holdout rows seen once there, against real rows that do."""
    try:
        same = rows(context)
    except NotApplicable:
        return None
    n_real, n_synthetic, n_holdout = len(same.real), len(same.synthetic), len(same.holdout)
    if n_holdout == 0:
        return None
    size = int(max(part.max() for part in (same.real, same.synthetic, same.holdout))) + 1
    once = np.bincount(same.holdout, minlength=size) == 1
    reach = float(once[same.holdout].mean())
    k, control = int(once[same.synthetic].sum()), int(once[same.real].sum())
    if reach < 0.1 or control >= 0.5 * reach * n_real:
        return None
    found = copied(k, n_synthetic, control, n_real, reach, context.alpha)
    honest = control / n_real
    spread = 1.96 * math.sqrt(max(honest, 1 / n_real) * (1 / n_synthetic + 1 / n_real))
    estimate = Estimate(
        "provenance",
        k / n_synthetic,
        max(honest - spread, 0.0),
        honest,
        honest + spread,
        found.effect,
        found.low,
        found.high,
        n_real,
        n_synthetic,
        f"share of synthetic rows that equal one of the {n_holdout} holdout rows seen once; MOVER interval against the real rows",
    )
    return Item(estimate, found.harm_low, found.harm_high, found.score, {"kind": "leak", "code": "LINE03"})


def _overlap(context: Context, n_synthetic: int) -> Item | None:
    try:
        same = rows(context)
    except NotApplicable:
        return None
    n_real, n_holdout = len(same.real), len(same.holdout)
    reach = same.once / n_real
    if reach < 0.1 or 2 * same.twice >= same.once:
        return None
    once = int((same.times[same.holdout] == 1).sum())
    expected = 2 * same.twice / n_real
    found = copied(once, n_holdout, same.twice, n_real / 2, reach, context.alpha)
    spread = 1.96 * math.sqrt(max(expected, 1 / n_real) * (1 / n_holdout + 2 / n_real))
    estimate = Estimate(
        "provenance",
        once / n_holdout,
        max(expected - spread, 0.0),
        expected,
        expected + spread,
        found.effect,
        found.low,
        found.high,
        n_real,
        n_synthetic,
        f"share of the {n_holdout} holdout rows that equal a real row seen once; MOVER interval against the real rows' own pairs",
    )
    return Item(estimate, found.harm_low, found.harm_high, found.score, {"kind": "overlap", "code": "LINE02"})
