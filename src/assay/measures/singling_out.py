"""Singling out: conditions learned from the synthetic table that hold for exactly one real person."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Literal

import numpy as np

from assay.core.errors import NotApplicable
from assay.core.estimate import Estimate
from assay.core.evidence import Evidence, Family, Item
from assay.core.protocols import Context, Measure
from assay.data.codec import Codec
from assay.measures._neighbours import aligned, draw
from assay.stats.attacks import Risk
from assay.stats.rowhash import matrix_digests, single

ATTEMPTS = 1_500
FEWEST_ATTACKS = 50
MOST_ROWS = 10_000
LEAST_ROWS = 50
MOST_COLUMNS = 8
LEAST_COLUMNS = 2
FURTHER = 1  # columns added to a condition that holds for one row already, so that it holds for others by chance less often
METHOD = (
    "{n} conditions that hold for one synthetic row: share that holds for exactly one of {m} training rows, against {m} holdout "
    "rows; risk over control, MOVER interval of the ratio of misses"
)


class SinglingOut(Measure):
    """Share of conditions, each true of one synthetic row, that are true of exactly one training row.

    Notes
    -----
    An attack takes a synthetic row and its columns in random order and says: the level (or the gap) is this one, the number is
    at least, or at most, this one, whichever is the outer side; until this holds for no other synthetic row, and one column
    more (eight at most). It is then tried on training rows and, as the control, on as many holdout rows: any condition so
    narrow holds for one row by chance now and then. The effect is ``(attack - control) / (1 - control)``, 0 without leakage and
    1 for copies.

    Numbers of the synthetic table whose centre and spread are off are moved onto the real ones first. Tables over 10,000 rows
    are asked about a sample of so many rows of each kind, which is said; all synthetic rows serve.

    What it cannot see: exact numbers that one person alone has (equality is tried on levels only; a generator that draws real
    values repeats them without knowing any row), conditions found with other knowledge than the synthetic table, and leaks of
    single people, which are lost in the share.

    References
    ----------
    Cohen and Nissim (2020), Towards formalizing the GDPR's notion of singling out, PNAS 117. Giomi, Boenisch, Wehmeyer and
    Tasnadi (2023), A unified framework for quantifying privacy risk in synthetic data, PETS.
    """

    question: ClassVar[str] = "Can a condition read off the synthetic table single a training row out?"
    family: ClassVar[str] = "privacy"
    reads: ClassVar[Literal["profile", "rows"]] = "rows"
    needs: ClassVar[frozenset[str]] = frozenset({"holdout"})
    whole: ClassVar[tuple[str, ...]] = ("real",)
    cost: ClassVar[int] = 47
    codes: ClassVar[Mapping[str, str]] = {
        "SINGLE01": "Conditions that hold for one synthetic row hold for exactly one training row more often than for one "
        "of other real rows."
    }
    mechanism: ClassVar[str] = "memorisation"
    remedy: ClassVar[str] = (
        "Drop synthetic rows that copy training rows, and refit with more regularisation, larger leaves or fewer steps, or with "
        "differential privacy."
    )
    cannot_see: ClassVar[str] = "Exact numbers of one person alone; conditions from other knowledge; leaks of single people."

    def measure(self, context: Context) -> Evidence:
        """Learn conditions, and try them."""
        rows = min(len(context.real), len(context.holdout), MOST_ROWS)
        if rows < LEAST_ROWS:
            raise NotApplicable(
                f"singling out needs at least {LEAST_ROWS} rows in the real table and in the holdout; got {rows}."
            )
        if len(context.schema.modelled) < LEAST_COLUMNS:
            raise NotApplicable("fewer than two columns carry a distribution: no condition singles a row out.")
        codec: Codec = context.share("codec", lambda: Codec(context.schema).fit(context.real))
        moved = aligned(context)
        name = "synthetic" if moved is None else "aligned"
        tables = {"real": context.real, name: moved or context.synthetic, "holdout": context.holdout}
        encoded = {
            key: context.share(f"ordinal:{key}", lambda table=table: codec.ordinal(table)) for key, table in tables.items()
        }
        order = np.argsort(matrix_digests(single(encoded[name])), kind="stable")
        ordered = np.array([context.schema.column(column).ordered for column in context.schema.modelled])
        synthetic = np.asfortranarray(encoded[name][order])
        kept = {
            side: np.asfortranarray(encoded[side][draw(single(encoded[side]), rows, context.rng("singling_out", side))])
            for side in ("real", "holdout")
        }
        alone = _conditions(synthetic, ordered, context.rng("singling_out"))
        if len(alone) < FEWEST_ATTACKS:
            raise NotApplicable(f"only {len(alone)} conditions hold for a single synthetic row: rows hardly differ.")
        hits = {side: sum(_matches(table, condition) == 1 for condition in alone) for side, table in kept.items()}
        risk = Risk(float(hits["real"]), float(len(alone)), float(hits["holdout"]), float(len(alone)))
        sampled = rows < max(len(context.real), len(context.holdout))
        return Evidence((Family("singling_out", (_item(context, risk, rows, sampled),)),))

    def describe(self, item: Item) -> str:
        """Say how many conditions single a training row out."""
        e = item.estimate
        return (
            f"{e.value:.1%} of the conditions that hold for one synthetic row hold for exactly one training row, and "
            f"{e.floor_median:.1%} for one of other real rows: {e.effect:.1%} ({e.low:.1%} to {e.high:.1%}) of those that chance "
            "would miss single somebody out."
        )

    def missed(self, item: Item) -> str:
        """Say how many conditions could single somebody out."""
        return f"up to {item.harm_high:.1%} of such conditions singling training rows out would not have been seen at this size"


Condition = list[tuple[int, str, float]]


def _conditions(synthetic: np.ndarray, ordered: np.ndarray, rng: np.random.Generator) -> list[Condition]:
    """Narrow conditions down on random rows, column by column, until they hold for one row only."""
    centre = np.array([np.median(column[~np.isnan(column)]) if not np.isnan(column).all() else 0.0 for column in synthetic.T])
    width = synthetic.shape[1]
    found: list[Condition] = []
    for example in synthetic[rng.choice(len(synthetic), min(ATTEMPTS, len(synthetic)), replace=False)]:
        condition: Condition = []
        rows: np.ndarray | None = None
        further = FURTHER
        for at in rng.permutation(width)[:MOST_COLUMNS]:
            single = rows is not None and len(rows) == 1
            if single and further == 0:
                break
            further -= single
            value = float(example[at])
            side = "null" if np.isnan(value) else "is" if not ordered[at] else "least" if value > centre[at] else "most"
            condition.append((int(at), side, value))
            rows = _narrowed(synthetic, rows, (int(at), side, value))
        if rows is not None and len(rows) == 1:
            found.append(condition)
    return found


def _narrowed(table: np.ndarray, rows: np.ndarray | None, part: tuple[int, str, float]) -> np.ndarray:
    """Keep the rows (all, where None) for which one part of a condition holds."""
    at, side, value = part
    column = table[:, at] if rows is None else table[rows, at]
    if side == "null":
        holds = np.isnan(column)
    else:
        holds = column == value if side == "is" else column >= value if side == "least" else column <= value
    return np.flatnonzero(holds) if rows is None else rows[holds]


def _matches(table: np.ndarray, condition: Condition) -> int:
    """Count the rows for which a condition holds."""
    rows: np.ndarray | None = None
    for part in condition:
        rows = _narrowed(table, rows, part)
    return len(table) if rows is None else len(rows)


def _item(context: Context, risk: Risk, rows: int, sampled: bool) -> Item:
    control, effect = risk.control, risk.value
    spread = 1.96 * float(np.sqrt(max(control * (1 - control), 0.25 / risk.rows) * 2 / risk.rows))
    estimate = Estimate(
        "singling_out",
        risk.attack,
        max(control - spread, 0.0),
        control,
        min(control + spread, 1.0),
        effect,
        min(risk.bound(0.025, upper=False), effect),
        max(risk.bound(0.025, upper=True), effect),
        len(context.real),
        len(context.synthetic),
        METHOD.format(n=round(risk.rows), m=rows),
        sampled=sampled,
    )
    low, high = max(risk.bound(context.alpha, upper=False), 0.0), max(risk.bound(0.05, upper=True), 0.0)
    return Item(estimate, low, high, risk.score, {})
