"""The real tables that benchmarks run on, and how each is split into real, second real and holdout rows.

Tables lie at ``$ASSAY_DATA``, else at ``../shared/data`` beside the project; none of them is part of it.
"""

from __future__ import annotations

import itertools
import os
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from assay.data.readers import read_table

FOLDER = Path(os.environ.get("ASSAY_DATA") or Path(__file__).parents[2] / "shared" / "data")


@dataclass(frozen=True)
class Real:
    """One table: file, target, and what to know about it."""

    file: str
    target: str
    null: str = ""
    entity: str | None = None
    drop: tuple[str, ...] = field(default=())
    rows: int | None = None
    time: str | None = None


TABLES: dict[str, Real] = {
    "adult": Real("adult.csv", "income", null="?"),
    "bank": Real("bank_marketing_full.csv", "y"),
    "default": Real("default_credit_card.csv", "default.payment.next.month", drop=("ID",)),
    "cardio": Real("cardio_train.csv", "cardio", drop=("id",)),
    "diabetes": Real("diabetes_130_hospitals.parquet", "readmitted", entity="patient_nbr", drop=("encounter_id",)),
    "acs": Real("acs_income_2018_part.parquet", "Income", rows=120_000),
    "fraud": Real("creditcard_fraud_sample.csv", "Class"),
    "beijing": Real("beijing_pm25.csv", "pm2.5", null="NA", drop=("No",)),
    "beijing_time": Real("beijing_pm25.csv", "pm2.5", null="NA", drop=("No",), time="when"),
    "california": Real("california_housing.csv", "median_house_value"),
    "magic": Real("magic04.csv", "class"),
    "mammography": Real("mammography.csv", "class"),
    "shoppers": Real("online_shoppers_intention.csv", "Revenue"),
}


def table(name: str) -> pa.Table:
    """Read one table whole; rows without a target are left out."""
    real = TABLES[name]
    whole = read_table(FOLDER / real.file, null=real.null).drop_columns(list(real.drop))
    if name == "diabetes":
        columns = [pc.if_else(pc.equal(c, "?"), None, c) if pa.types.is_string(c.type) else c for c in whole.columns]
        whole = pa.table(columns, names=whole.column_names)
    if name == "beijing_time":
        whole = stamped(whole)
    whole = whole.filter(pc.is_valid(whole.column(real.target)))
    if real.rows is not None and len(whole) > real.rows:
        whole = whole.take(pa.array(np.sort(np.random.default_rng(0).permutation(len(whole))[: real.rows])))
    return whole


def stamped(whole: pa.Table) -> pa.Table:
    """Put one column of timestamps, `when`, in the place of year, month, day and hour."""
    year, month, day, hour = (whole.column(name).to_numpy() for name in ("year", "month", "day", "hour"))
    months = ((year - 1970) * 12 + month - 1).astype("datetime64[M]").astype("datetime64[s]")
    when = months + (((day - 1) * 24 + hour) * 3600).astype("timedelta64[s]")
    return whole.drop_columns(["year", "month", "day", "hour"]).add_column(0, "when", pa.array(when))


def parts(whole: pa.Table, name: str, sizes: tuple[int, ...], seed: int) -> list[pa.Table]:
    """Split rows at random into parts of these sizes; rows of an entity go to one part (sizes are then reached about)."""
    rng = np.random.default_rng([4, seed])
    entity = TABLES[name].entity
    if entity is None:
        order = rng.permutation(len(whole))
    else:
        codes = np.asarray(whole.column(entity).combine_chunks().dictionary_encode().indices)
        order = np.argsort(rng.permutation(codes.max() + 1)[codes], kind="stable")
    bounds = np.cumsum([0, *sizes])
    bounds = np.minimum(bounds, len(whole))
    if entity is not None:
        sorted_codes = codes[order]
        for at in range(1, len(bounds) - 1):
            while 0 < bounds[at] < len(whole) and sorted_codes[bounds[at]] == sorted_codes[bounds[at] - 1]:
                bounds[at] += 1
    return [whole.take(pa.array(order[a:b])) for a, b in itertools.pairwise(bounds)]
