"""Order in time: whether successive rows are as alike as they are in reality."""

# pyright: reportAttributeAccessIssue=false
# pyarrow.compute makes its functions at import, unseen by type checkers

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

import numpy as np
import pyarrow as pa

from assay.core.errors import NotApplicable
from assay.core.evidence import Evidence, Item
from assay.core.protocols import Context, Measure
from assay.data.dataset import Dataset
from assay.measures._likeness import Side, codes, entities, judged
from assay.stats.likeness import block_length, sequence_design

LEAST_STEPS = 50
FEW_ENTITIES = 20
EVEN = 1.2  # spacings this near each other are taken for one
SPARSEST = 0.02


class SequenceGap(Measure):
    """Compare how alike rows of successive times are, column by column.

    Notes
    -----
    Rows are sorted by the time column, within the entity where there is one. Of ordered columns the rank autocorrelation at
    lag one, one minus half of von Neumann's ratio of ranks; of levels the agreement of successive rows beyond chance (kappa).
    Within entities chance is what any two rows of the entity show, so that likeness within entities is not taken for order.
    Synthetic minus real: -0.8 is an order lost where reality has 0.8.

    Rows of one time have no order: each is compared with all rows of the next time. Where times lie closer in one table
    than in the other by more than a fifth, the closer one is thinned to the same mean spacing, times taken at random, so that
    successive means the same in both. Ranks are those of each table itself: changes of the margins do not count.

    Errors come from entities as they are, or where there are fewer than 20 from overlapping blocks of ``3 n^(1/3)``
    successive times. Columns that are known to less than .065 (standard error between two real samples) are left out and
    named unless a loss is proven. Nulls of ordered columns are passed over, of levels they are a level.

    What it cannot see: likeness at longer lags than one, seasons, what one column says of another column's next value, and
    how times are spaced.

    References
    ----------
    von Neumann (1941), Distribution of the ratio of the mean square successive difference to the variance, Annals of
    Mathematical Statistics 12. Bartels (1982), The rank version of von Neumann's ratio test for randomness, JASA 77. Kuensch
    (1989), The jackknife and the bootstrap for general stationary observations, Annals of Statistics 17.
    """

    question: ClassVar[str] = "Does one row follow another in time as it does in reality?"
    family: ClassVar[str] = "dependence"
    reads: ClassVar[Literal["profile", "rows"]] = "rows"
    cost: ClassVar[int] = 24
    codes: ClassVar[Mapping[str, str]] = {"SEQ01": "Successive rows in time are not as alike as they are in reality."}
    mechanism: ClassVar[str] = "broken_dependence"
    remedy: ClassVar[str] = (
        "Generate each row from the rows before it, or whole sequences at once, and sort by time; rows drawn one by one do "
        "for models of single rows only, not for lags, windows or forecasts."
    )
    cannot_see: ClassVar[str] = "Order beyond one step, seasons, how one column leads another, and how times are spaced."

    def measure(self, context: Context) -> Evidence:
        """Sort both tables by time and compare successive rows."""
        time = context.schema.time
        if time is None:
            raise NotApplicable("the schema names no time column. Name it: --time COLUMN")
        names = [name for name in context.schema.modelled if name != time]
        if not names:
            raise NotApplicable("no column but the time to look at")
        tables: list[Dataset] = [context.real, context.synthetic]
        times, owners = _times(tables, time), [entities(table) for table in tables]
        gaps = [_gap(when, owner) for when, owner in zip(times, owners, strict=True)]
        shares = [1.0, 1.0]
        if min(gaps) > 0 and max(gaps) > EVEN * min(gaps):
            shares[int(np.argmin(gaps))] = max(min(gaps) / max(gaps), SPARSEST)
        sides = [
            _side(table, when, owner, share, context.rng("sequence_gap", "thin", at))
            for at, (table, when, owner, share) in enumerate(zip(tables, times, owners, shares, strict=True))
        ]
        if sides[0].pairs < LEAST_STEPS:
            raise NotApplicable(f"{time} has {sides[0].pairs} steps in time to look at, and {LEAST_STEPS} are needed")
        within = "" if context.schema.entity is None else f" within {context.schema.entity}"
        thinned = "" if shares == [1.0, 1.0] else f"; {'real' if shares[0] < 1 else 'synthetic'} rows thinned to one spacing"
        family, left_out = judged(
            context,
            "sequence_gap",
            names,
            *sides,
            least=LEAST_STEPS,
            role=time,
            method=f"rank autocorrelation or kappa at lag one{within}, synthetic - real{thinned}; infinitesimal jackknife over "
            + ("entities" if sides[0].length == 1 else f"blocks of {sides[0].length} times"),
            facts={"time": time, "within": within},
        )
        return Evidence((family,), not_applicable=left_out)

    def describe(self, item: Item) -> str:
        """Say how much of the order is lost."""
        e, facts = item.estimate, item.facts
        if not e.columns:
            return (
                f"Over all {facts['items']} columns the likeness of rows that follow each other in {facts['time']} is off by "
                f"{e.effect:.2f} ({e.low:.2f} to {e.high:.2f}), where two real samples show {e.floor_median:.2f} by chance."
            )
        word = "less" if e.effect < 0 else "more"
        return (
            f"From one {facts['time']} to the next{facts['within']}, {e.columns[0]} is {word} alike than in reality: correlation "
            f"{facts['synthetic']:.2f} instead of {facts['real']:.2f} (off by {e.effect:+.2f}, {e.low:+.2f} to {e.high:+.2f})."
        )

    def missed(self, item: Item) -> str:
        """Say how much order could be lost unseen."""
        where = item.estimate.columns[0] if item.estimate.columns else "the average column"
        return f"a correlation of {where} from one time to the next off by up to {item.harm_high:.2f} would not have been seen"


def _times(tables: list[Dataset], name: str) -> list[np.ndarray]:
    """Give the times of both tables as numbers, NaN where null; text by its place among the texts of both."""
    kind = tables[0].table.schema.field(name).type
    if pa.types.is_temporal(kind) or pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        return [table.numbers(name) for table in tables]
    joined = pa.chunked_array([chunk for table in tables for chunk in table.table.column(name).cast(kind).chunks], type=kind)
    place = codes(joined).astype(np.float64)
    place[place < 0] = np.nan
    return [place[: len(tables[0])], place[len(tables[0]) :]]


def _units(when: np.ndarray, owner: np.ndarray) -> np.ndarray:
    """Give the distinct times of every owner numbers in order; rows without a time come last."""
    order = np.lexsort((when, owner))
    new = np.zeros(len(order), dtype=np.int64)
    new[1:] = (np.diff(owner[order]) != 0) | (np.diff(when[order]) != 0)  # NaN differs from everything
    units = np.empty(len(order), dtype=np.int64)
    units[order] = np.cumsum(new)
    return units


def _gap(when: np.ndarray, owner: np.ndarray | None) -> float:
    """Give the mean distance of successive times, the longest twentieth left out; 0 where there is none."""
    owner = np.zeros(len(when), dtype=np.int64) if owner is None else owner
    order = np.lexsort((when, owner))
    steps = np.diff(when[order])[np.diff(owner[order]) == 0]
    steps = steps[np.isfinite(steps) & (steps > 0)]
    return float(steps[steps <= np.quantile(steps, 0.95)].mean()) if len(steps) else 0.0


def _side(table: Dataset, when: np.ndarray, owner: np.ndarray | None, share: float, rng: np.random.Generator) -> Side:
    """Give a table whose times are sorted and, where wished, thinned."""
    units = _units(when, np.zeros(len(when), dtype=np.int64) if owner is None else owner)
    usable = np.isfinite(when)
    if share < 1.0:
        usable &= (rng.random(int(units.max()) + 1) < share)[units]

    def design(there: np.ndarray) -> Any:
        return sequence_design(owner, when, there & usable)

    whole = design(np.ones(len(when), dtype=bool))
    steps = 0 if whole is None else len(np.unique(units[whole.kept]))
    many = owner is not None and whole is not None and len(np.unique(owner[whole.kept])) >= FEW_ENTITIES
    if many:
        assert owner is not None
        return Side(table, design, owner, 1, units, steps)
    return Side(table, design, units, block_length(max(steps, 1)), units, steps)
