"""Identifiers and free text copied word for word."""

# pyright: reportAttributeAccessIssue=false
# pyarrow.compute makes its functions at import, unseen by type checkers

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from assay.core.errors import NotApplicable
from assay.core.evidence import Evidence, Family, Item
from assay.core.protocols import Context, Measure
from assay.data.dataset import Dataset
from assay.measures._copies import Copied, copied, share_item

DENSE = 0.01
LEAST = 20


class CopiedValues(Measure):
    """Find real identifiers and real free text among the synthetic rows.

    Notes
    -----
    Per id, entity and text column: the share of synthetic rows whose value is one that occurs ONCE in the real table,
    against the same share of holdout rows (without a holdout: none is expected). A share c of copies shows as
    ``c = (s - h) / (r - h)``, as for whole rows (`exact_copies`). Numbers that fill more than 1% of their range are left out,
    as fresh ones meet real ones by chance. What it cannot see: values copied with any character changed, and those that
    several real rows share.

    References
    ----------
    Zou and Donner (2008), Construction of confidence limits about effect measures, Statistics in Medicine 27.
    """

    question: ClassVar[str] = "Do real identifiers or real texts appear in it?"
    family: ClassVar[str] = "privacy"
    reads: ClassVar[Literal["profile", "rows"]] = "rows"
    whole: ClassVar[tuple[str, ...]] = ("real",)
    cost: ClassVar[int] = 13
    codes: ClassVar[Mapping[str, str]] = {
        "COPY06": "Real identifiers or real free text appear word for word among the synthetic rows."
    }
    mechanism: ClassVar[str] = "memorisation"
    remedy: ClassVar[str] = (
        "Make fresh identifiers, and leave free text out unless a generator writes it anew; drop the rows that have real ones."
    )
    cannot_see: ClassVar[str] = "Values copied with any character changed; values that several real rows share."

    def measure(self, context: Context) -> Evidence:
        """Count real values per column."""
        schema = context.schema
        names = [c.name for c in schema.columns if c.kind in ("id", "text") or c.name == schema.entity]
        if not names:
            raise NotApplicable("no id, entity or text column")
        items: list[Item] = []
        bare: dict[str, str] = {}
        for name in names:
            telling = _once(context.real, name)
            reach = len(telling) / max(len(context.real), 1)
            if len(telling) < LEAST:
                bare[name] = f"fewer than {LEAST} values that occur once in the real table"
            elif _dense(telling):
                bare[name] = "numbers so close together that fresh ones meet real ones by chance"
            else:
                items.append(_judged(context, name, telling, reach, len(names)))
        if not items:
            raise NotApplicable("; ".join(f"{name}: {why}" for name, why in bare.items()))
        return Evidence((Family("copied_values", tuple(items)),), not_applicable=bare)

    def describe(self, item: Item) -> str:
        """Say how many values are real ones."""
        e = item.estimate
        return (
            f"{e.value:.2%} of the synthetic rows carry a real value of {e.columns[0]}, word for word; "
            f"independent real rows do in {e.floor_median:.2%}."
        )

    def missed(self, item: Item) -> str:
        """Say how many real values could be there."""
        most = max(item.harm_high, 1e-4)
        return f"real values of {item.estimate.columns[0]} in up to {most:.2%} of the synthetic rows would not have been seen"


def _once(table: Dataset, name: str) -> pa.Array:
    """Give the values that occur once."""
    counted = pc.value_counts(table.table.column(name).combine_chunks().drop_null())
    return counted.field("values").filter(pc.equal(counted.field("counts"), 1))


def _dense(values: pa.Array) -> bool:
    """Say whether numbers fill so much of their range that chance meets them."""
    if not pa.types.is_integer(values.type):
        return False
    numbers = np.asarray(values.cast(pa.float64(), safe=False))
    return len(numbers) > DENSE * (numbers.max() - numbers.min() + 1)


def _met(table: Dataset, name: str, telling: pa.Array) -> int:
    column = table.table.column(name)
    if column.type != telling.type:
        column = column.cast(telling.type)
    return int(pc.sum(pc.is_in(column, value_set=telling).cast(pa.int64())).as_py() or 0)


def _judged(context: Context, name: str, telling: pa.Array, reach: float, columns: int) -> Item:
    n_real, n_synthetic = len(context.real), len(context.synthetic)
    k = _met(context.synthetic, name, telling)
    control, n_control = (0, n_real) if context.holdout is None else (_met(context.holdout, name, telling), len(context.holdout))
    found: Copied = copied(k, n_synthetic, control, n_control, reach, context.alpha / columns)
    return share_item(
        "copied_values",
        found,
        seen=k / n_synthetic,
        honest=control / n_control,
        n=n_synthetic,
        n_control=n_control,
        rows=(n_real, n_synthetic),
        method="share of synthetic rows with a value seen once in the real table; MOVER interval against the holdout",
        facts={},
        least=n_real,
        columns=(name,),
    )
