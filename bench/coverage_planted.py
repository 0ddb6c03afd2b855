"""Coverage of the measures that compare rows: copies, leaks, broken rules and foreign levels planted at a known rate.

Every row is replaced or spoilt with the same probability, which is the truth, in tables drawn from a population without end.
Where the rate planted is not the effect (what an attack reaches, repeats in a discrete table, the shortfall below the floor)
the truth is the mean effect over all repetitions.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from assay.checking.context import CheckContext
from assay.core import registry
from assay.core.evidence import Item
from assay.data.dataset import Dataset
from assay.data.schema import Column, Schema
from coverage_entry import Entry, entry

ALPHA = 0.05 / 19
SCHEMA = Schema(
    (
        Column("age", "numeric", "int64"),
        Column("ward", "categorical", "string"),
        Column("region", "categorical", "string"),
        Column("cost", "numeric", "double"),
        Column("lab", "numeric", "double"),
        Column("low", "numeric", "double"),
        Column("high", "numeric", "double"),
        Column("ill", "boolean", "bool"),
    ),
    target="ill",
    task="binary",
    positive="true",
)
COARSE = Schema(tuple(c for c in SCHEMA.columns if c.name not in ("lab", "low", "high")), "ill", "binary", "true")


def once(rows: int, seed: int, harm: float) -> list[Entry]:
    """Plant each kind of damage by itself and set every interval beside the rate planted."""
    rng = np.random.default_rng([22, seed, rows])
    found: list[Entry] = []

    real, synthetic, holdout = (coarse(rows, rng) for _ in range(3))
    copied = replaced(synthetic, real, harm, rng)
    found += [known("exact_copies", item, harm) for item in items(seed, (real, copied, holdout), COARSE, "exact_copies")]
    repeats = replaced(synthetic, synthetic, harm, rng)
    for name, item in named(seed, (real, repeats, holdout), COARSE, "duplicate_rows"):
        found.append(entry(name, "item", item.estimate.slice or "", item.estimate, "mean"))

    real, synthetic, holdout = (fine(rows, rng) for _ in range(3))
    noisy = replaced(synthetic, jittered(real), harm, rng)
    with context(seed, (real, noisy, holdout), SCHEMA) as shared:
        for item in measured(shared, "near_copies"):
            found.append(known("near_copies", item, harm, item.facts.get("way", "all columns but one")))
        for item in measured(shared, "membership"):
            found.append(entry("membership", "item", item.facts["attack"], item.estimate, "mean"))
        for item in measured(shared, "below_floor"):
            found.append(entry("below_floor", "item", "", item.estimate, "mean"))
    with context(seed, (real, spiked(synthetic, harm, rng), holdout), SCHEMA) as shared:
        for item in measured(shared, "value_spikes"):
            if item.facts["code"] == "SPIKE01":  # the share that a value may have without being heavy is not counted
                planted = max(harm - max(20 / rows, 0.001), 0.0) if item.estimate.columns == ("lab",) else 0.0
                found.append(known("value_spikes", item, planted, item.estimate.columns[0]))
    leaked = replaced(holdout, real, harm, rng)
    for item in items(seed, (real, synthetic, leaked), SCHEMA, "provenance"):
        if item.facts["kind"] == "overlap":  # stamps are read, not estimated
            found.append(known("provenance", item, harm))
    spoilt = foreign(broken(synthetic, harm, rng), harm, rng)
    with context(seed, (real, spoilt, holdout), SCHEMA) as shared:
        for item in measured(shared, "constraint_violations"):
            if item.estimate.columns == ("low", "high"):
                found.append(known("constraint_violations", item, harm))
        for item in measured(shared, "schema_match"):
            name = item.estimate.columns[0]
            if item.facts["code"] != "SCHEMA01":  # types are compared exactly
                found.append(known("schema_match", item, harm if name in ("ward", "cost") else 0.0, name))
    return found


def known(measure: str, item: Item, truth: float, key: str = "") -> Entry:
    """Set an item beside the rate planted."""
    return entry(measure, "item", key, item.estimate, "planted", truth)


def context(seed: int, parts: tuple[pa.Table, pa.Table, pa.Table], schema: Schema) -> CheckContext:
    """Make the context of one check."""
    real, synthetic, holdout = (Dataset(part, schema) for part in parts)
    return CheckContext(real, synthetic, holdout, seed=seed, jobs=1, alpha=ALPHA)


def measured(shared: CheckContext, name: str) -> list[Item]:
    """Give all items of one measure."""
    measure: Any = registry.get("measure", name)()
    return [item for family in measure.measure(shared).families for item in family.items]


def items(seed: int, parts: tuple[pa.Table, pa.Table, pa.Table], schema: Schema, name: str) -> list[Item]:
    """Give all items of one measure on these tables."""
    return [item for _, item in named(seed, parts, schema, name)]


def named(seed: int, parts: tuple[pa.Table, pa.Table, pa.Table], schema: Schema, name: str) -> list[tuple[str, Item]]:
    """Give all items of one measure on these tables with their families' names."""
    measure: Any = registry.get("measure", name)()
    with context(seed, parts, schema) as shared:
        return [(family.name, item) for family in measure.measure(shared).families for item in family.items]


def fine(rows: int, rng: np.random.Generator) -> pa.Table:
    """Draw rows that never repeat; the first of two numbers never exceeds the second."""
    age = np.clip(rng.normal(52, 17, rows), 18, 95).round().astype(np.int64)
    ward = rng.choice(6, rows, p=[0.38, 0.3, 0.15, 0.1, 0.05, 0.02])
    lab = rng.normal(100 + 10 * (ward == 2), 15, rows)
    low = rng.normal(120, 20, rows)
    return pa.table(
        {
            "age": age,
            "ward": pa.array(np.array(["surgery", "cardiology", "oncology", "eye", "skin", "burns"])[ward].tolist()),
            "region": pa.array(np.array(list("nesw"))[rng.integers(0, 4, rows)].tolist()),
            "cost": np.exp(rng.normal(6 + age / 60, 0.8)),
            "lab": lab,
            "low": low,
            "high": low + rng.gamma(2, 6, rows),
            "ill": rng.random(rows) < 1 / (1 + np.exp(-((age - 60) / 12 + 1.2 * (ward == 1)))),
        }
    )


def coarse(rows: int, rng: np.random.Generator) -> pa.Table:
    """Draw rows of a discrete table, of which honest ones repeat."""
    table = fine(rows, rng)
    cost = np.round(np.array(table.column("cost")), -1)
    return table.select(list(COARSE.names)).set_column(table.column_names.index("cost"), "cost", pa.array(cost))


def replaced(table: pa.Table, by: pa.Table, share: float, rng: np.random.Generator) -> pa.Table:
    """Replace each row with probability `share` by a row of another table drawn at random."""
    rows = len(table)
    at = np.where(rng.random(rows) < share, rows + rng.integers(0, len(by), rows), np.arange(rows))
    return pa.concat_tables([table, by]).take(pa.array(at)).combine_chunks()


def jittered(table: pa.Table) -> pa.Table:
    """Change one number of every row by far less than the distance between rows."""
    return table.set_column(table.column_names.index("lab"), "lab", pa.array(np.array(table.column("lab")) + 1e-6))


def spiked(table: pa.Table, share: float, rng: np.random.Generator) -> pa.Table:
    """Write one constant into a share of the rows of a column of real numbers."""
    lab = np.where(rng.random(len(table)) < share, 101.25, np.array(table.column("lab")))
    return table.set_column(table.column_names.index("lab"), "lab", pa.array(lab))


def broken(table: pa.Table, share: float, rng: np.random.Generator) -> pa.Table:
    """Put the second of two numbers below the first in a share of the rows."""
    low, high = (np.array(table.column(name)) for name in ("low", "high"))
    high = np.where(rng.random(len(table)) < share, low - 1.0, high)
    return table.set_column(table.column_names.index("high"), "high", pa.array(high))


def foreign(table: pa.Table, share: float, rng: np.random.Generator) -> pa.Table:
    """Write a level that reality does not have in a share of the rows, and in as many others a negative number."""
    ward = np.array(table.column("ward").to_pylist(), dtype=object)
    ward[rng.random(len(table)) < share] = "unheard-of"
    cost = np.where(rng.random(len(table)) < share, -1.0, np.array(table.column("cost")))
    table = table.set_column(table.column_names.index("ward"), "ward", pa.array(list(ward), pa.string()))
    return table.set_column(table.column_names.index("cost"), "cost", pa.array(cost))
