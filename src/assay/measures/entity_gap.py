"""Entities: whether rows that belong together are as alike, as constant and as many as they are in reality."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, ClassVar, Literal

import numpy as np

from assay.core.errors import NotApplicable
from assay.core.estimate import Estimate
from assay.core.evidence import Evidence, Family, Item
from assay.core.protocols import Context, Measure
from assay.data.dataset import Dataset
from assay.measures._likeness import DRAWS, Side, codes, entities, judged
from assay.stats.bands import distance_curves
from assay.stats.intervals import difference_bound, difference_interval, effective_counts
from assay.stats.items import distance_family
from assay.stats.likeness import entity_design, errors

LEAST_ENTITIES = 12
CONSTANT = 0.001  # share of real rows that may differ from their entity's commonest value in a column that counts as constant
STEPS_UP = 1.1


class EntityGap(Measure):
    """Compare what the rows of one entity have in common, and how many they are.

    Notes
    -----
    Entities of the two tables need not have the same names: only what they are made of is compared. Families:

    - ``entity_gap``: for every column how alike two rows of an entity are beyond any two rows, synthetic minus real: pairwise
      intraclass correlation of ranks, or kappa for levels. -0.8 is likeness lost where reality has 0.8.
    - ``entity_constants``: for columns that are constant within real entities (at most .1% of the rows differ), the share of
      rows that differ from the commonest value of their entity, beyond the real share.
    - ``entity_rows``: rows per entity, as the Wasserstein distance of the log sizes of the entities that rows lie in: 0.1 is a
      size off by a tenth for the average row.

    Ranks are those of each table itself. Errors are linearised with entities as units. Columns whose likeness is known to
    less than .065 (standard error between two real samples) are left out and named unless a loss is proven. Nulls of ordered
    columns are passed over, of levels they are a level. Entities of one row say nothing of likeness; with fewer than 12 of
    two rows it is not measured.

    What it cannot see: what two columns of an entity have in common across rows, and likeness of three rows and more.

    References
    ----------
    Fisher (1925), Statistical Methods for Research Workers, chapter 7. Donner and Koval (1980), The estimation of intraclass
    correlation in the analysis of family data, Biometrics 36. Karlin, Cameron and Williams (1981), Sibling and parent-offspring
    correlation estimation with variable family size, PNAS 78.
    """

    question: ClassVar[str] = "Do rows of one entity belong together as they do in reality?"
    family: ClassVar[str] = "dependence"
    reads: ClassVar[Literal["profile", "rows"]] = "rows"
    cost: ClassVar[int] = 23
    codes: ClassVar[Mapping[str, str]] = {
        "ENT01": "Rows of one entity are not as alike as they are in reality.",
        "ENT02": "Entities have other numbers of rows than in reality.",
        "ENT03": "A column that is constant within real entities is not constant within synthetic ones.",
    }
    mechanism: ClassVar[str] = "broken_dependence"
    remedy: ClassVar[str] = (
        "Generate whole entities: draw the number of rows and what is constant once an entity, then the rows given these; rows "
        "drawn one by one with entities handed out afterwards do for models of single rows only."
    )
    cannot_see: ClassVar[str] = "What one column of a row says of another column of the entity's other rows."

    def measure(self, context: Context) -> Evidence:
        """Compare rows within entities, constants and numbers of rows."""
        entity = context.schema.entity
        real, synthetic = entities(context.real), entities(context.synthetic)
        if entity is None or real is None or synthetic is None:
            raise NotApplicable("the schema names no entity column. Name it: --entity COLUMN")
        families = [_rows_family(context, entity, real, synthetic)]
        left_out: dict[str, str] = {}
        sides = [_side(table, owner) for table, owner in ((context.real, real), (context.synthetic, synthetic))]
        if sides[0].pairs < LEAST_ENTITIES:
            left_out[entity] = f"{sides[0].pairs} real entities have two rows, and {LEAST_ENTITIES} are needed to see likeness"
            return Evidence(tuple(families), not_applicable=left_out)
        names = [name for name in context.schema.modelled if name != entity]
        try:
            family, left_out = judged(
                context,
                "entity_gap",
                names,
                *sides,
                least=LEAST_ENTITIES,
                role=entity,
                method="intraclass correlation of ranks or kappa, synthetic - real; infinitesimal jackknife over entities",
                facts={"entity": entity, "kind": "likeness"},
            )
            families.insert(0, family)
        except NotApplicable as error:
            left_out[entity] = str(error)
        constants = _constants(context, entity, real, synthetic)
        if constants:
            families.insert(1, Family("entity_gap", constants, name="entity_constants"))
        return Evidence(tuple(families), not_applicable=left_out)

    def describe(self, item: Item) -> str:
        """Say what became of the entities."""
        e, facts = item.estimate, item.facts
        entity = facts["entity"]
        if facts["kind"] == "rows":
            return (
                f"Entities ({entity}) have {facts['synthetic']:.1f} rows on average and {facts['real']:.1f} in reality; the "
                f"size of the entity that a row belongs to is off by a factor of {math.exp(e.effect):.2f} "
                f"({math.exp(e.low):.2f} to {math.exp(e.high):.2f})."
            )
        if facts["kind"] == "constant":
            return (
                f"{e.columns[0]} is constant within {entity} in reality; {e.value:.1%} of the synthetic rows differ from their "
                f"entity's commonest value ({max(e.low, 0):.1%} to {e.high:.1%} too many)."
            )
        if not e.columns:
            return (
                f"Over all {facts['items']} columns the likeness of rows of one {entity} is off by {e.effect:.2f} "
                f"({e.low:.2f} to {e.high:.2f}), where two real samples show {e.floor_median:.2f} by chance."
            )
        word = "less" if e.effect < 0 else "more"
        return (
            f"Rows of one {entity} are {word} alike in {e.columns[0]} than in reality: correlation {facts['synthetic']:.2f} "
            f"instead of {facts['real']:.2f} (off by {e.effect:+.2f}, {e.low:+.2f} to {e.high:+.2f})."
        )

    def missed(self, item: Item) -> str:
        """Say what could have happened to the entities unseen."""
        most, facts = item.harm_high, item.facts
        if facts["kind"] == "rows":
            return (
                f"rows per {facts['entity']} off by a factor of up to {math.exp(most):.2f} would not have been seen at this size"
            )
        where = item.estimate.columns[0] if item.estimate.columns else "the average column"
        if facts["kind"] == "constant":
            return f"{where} changing within {facts['entity']} in up to {most:.2%} of the rows would not have been seen"
        return f"likeness of {where} within {facts['entity']} off by up to {most:.2f} would not have been seen at this size"


def _side(table: Dataset, owner: np.ndarray) -> Side:
    return Side(table, lambda there: entity_design(owner, there), owner, 1, owner, int((np.bincount(owner) > 1).sum()))


def _rows_family(context: Context, entity: str, real: np.ndarray, synthetic: np.ndarray) -> Family:
    """Compare the sizes of the entities that rows lie in."""
    sizes = [np.bincount(owner)[owner] for owner in (real, synthetic)]
    edges = np.unique(np.floor(STEPS_UP ** np.arange(np.log(max(part.max() for part in sizes)) / np.log(STEPS_UP) + 1)))
    held = [np.searchsorted(edges, part, side="right") - 1 for part in sizes]
    there = [(part[:, None] == np.arange(len(edges))).astype(np.float64) for part in held]
    shares = [part.mean(axis=0) for part in there]
    covariances = [
        errors((part - share) / len(part), owner, 1, 1e-9)
        for part, share, owner in zip(there, shares, (real, synthetic), strict=True)
    ]
    null = covariances[0] * (1.0 + len(real) / len(synthetic))

    def drawn(covariance: np.ndarray, which: str) -> np.ndarray:
        size, directions = np.linalg.eigh(covariance)
        normal = context.rng("entity_rows", which).standard_normal((DRAWS, len(size)))
        return normal @ (directions * np.sqrt(np.maximum(size, 0.0))).T

    curves = distance_curves(
        shares[1] - shares[0],
        drawn(covariances[0] + covariances[1], "noise"),
        drawn(null, "null"),
        lambda x: (np.abs(np.cumsum(x, axis=-1)[..., :-1]) * np.diff(np.log(edges))).sum(axis=-1, keepdims=True),
        np.zeros(len(edges), dtype=np.int64),
    )
    means = [len(owner) / np.count_nonzero(np.bincount(owner)) for owner in (real, synthetic)]
    facts = {"entity": entity, "kind": "rows", "code": "ENT02", "real": float(means[0]), "synthetic": float(means[1])}
    items = distance_family(
        "entity_gap",
        [curves],
        [{"columns": (entity,), "facts": facts}],
        n_real=len(real),
        n_synthetic=len(synthetic),
        method="Wasserstein distance of log sizes of the entities that rows lie in; linearised errors, test inversion",
        alpha=context.alpha,
    ).items
    return Family("entity_gap", items, name="entity_rows")


def _constants(context: Context, entity: str, real: np.ndarray, synthetic: np.ndarray) -> tuple[Item, ...]:
    """Judge every column that is constant within real entities."""
    found: list[tuple[str, tuple[float, float, int], tuple[float, float, int]]] = []
    for name in context.schema.names:
        if name == entity:
            continue
        held = codes(context.real.table.column(name))
        if len(np.unique(held)) < 2:
            continue
        ours = _differing(held, real)
        if ours[0] <= CONSTANT:
            theirs = _differing(codes(context.synthetic.table.column(name)), synthetic)
            if theirs[2]:
                found.append((name, ours, theirs))
    return tuple(_constant(context, name, entity, ours, theirs, len(found)) for name, ours, theirs in found)


def _differing(held: np.ndarray, owner: np.ndarray) -> tuple[float, float, int]:
    """Give the share of rows that differ from their entity's commonest value, its variance, and the rows looked at."""
    width = int(held.max(initial=-1)) + 2
    pairs, times = np.unique(owner * width + held + 1, return_counts=True)
    own = pairs // width
    sizes = np.bincount(owner)
    most = np.zeros(len(sizes), dtype=np.int64)
    np.maximum.at(most, own, times)
    many = sizes > 1
    rows = int(sizes[many].sum())
    if not rows:
        return 0.0, 0.0, 0
    odd = (sizes - most)[many].astype(np.float64)
    share = odd.sum() / rows
    return float(share), float(np.square(odd - share * sizes[many]).sum() / rows**2), rows


def _constant(
    context: Context, name: str, entity: str, ours: tuple[float, float, int], theirs: tuple[float, float, int], items: int
) -> Item:
    mine, real = effective_counts(*theirs), effective_counts(*ours)
    low, high = difference_interval(*mine, *real)
    effect = theirs[0] - ours[0]
    floor = 1.96 * np.sqrt(ours[1] * (1.0 + ours[2] / theirs[2]) + 1.0 / ours[2] ** 2) + 3.0 / theirs[2]
    estimate = Estimate(
        "entity_gap",
        theirs[0],
        0.0,
        ours[0],
        float(ours[0] + floor),
        effect,
        min(float(low), effect),
        max(float(high), effect),
        len(context.real),
        len(context.synthetic),
        "share of rows that differ from their entity's commonest value, - real share; Zou and Donner over effective counts",
        columns=(name,),
    )
    facts: dict[str, Any] = {"columns": (name, entity), "entity": entity, "kind": "constant", "code": "ENT03"}
    return Item(
        estimate,
        max(float(difference_bound(*mine, *real, error=context.alpha / items, upper=False)), 0.0),
        max(float(difference_bound(*mine, *real, error=0.05, upper=True)), 0.0),
        effect / float(np.sqrt(theirs[1] + ours[1] + 1.0 / theirs[2] ** 2)),
        facts,
    )
