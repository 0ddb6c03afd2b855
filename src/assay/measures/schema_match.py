"""Schema match: the types, levels and signs of the real table."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import ClassVar, Literal

import numpy as np
import pyarrow as pa

from assay.core.errors import NotApplicable
from assay.core.estimate import Estimate
from assay.core.evidence import Evidence, Family, Item
from assay.core.protocols import Context, Measure
from assay.data.dataset import Dataset
from assay.data.schema import Column
from assay.measures._rows import rows
from assay.stats.intervals import difference_bound, difference_interval

RESOLUTION = 0.005
MATERIAL = 0.001
SIGN_ROWS = 1_000
METHOD = "share of synthetic rows with {what}; MOVER interval against holdout and Good-Turing counts of real rows"


class SchemaMatch(Measure):
    """Changed types, levels that reality does not have, and numbers of a sign it does not have, per column.

    Notes
    -----
    Three exact or nearly exact questions per column:

    - *type*: a column whose values had to be cast to the real type fails outright (sets of columns that differ are an
      input error);
    - *levels*: the share of synthetic rows whose level no real row has, minus what another real sample would show. The
      latter is known twice over: from the levels seen once among n real rows (Good-Turing: ``f1 / n``) and from the holdout,
      which are added up;
    - *sign*: the share of negative numbers in a column without one among at least 1,000 real rows.

    A column whose levels are an open set (diagnoses, cities: the honest share of unseen levels is so high that an excess of
    0.5% cannot be resolved at this size) can fail but not pass: it is named as not covered.

    What it cannot see: levels that are known but wrong for the row, new values of numbers, and anything in ids and free text
    but their type.

    References
    ----------
    Good (1953), The population frequencies of species and the estimation of population parameters, Biometrika 40.
    """

    question: ClassVar[str] = "Does the synthetic table have the real table's types and levels?"
    family: ClassVar[str] = "schema"
    reads: ClassVar[Literal["profile", "rows"]] = "rows"
    cost: ClassVar[int] = 2
    codes: ClassVar[Mapping[str, str]] = {
        "SCHEMA01": "A column's values are of another type than the real table's.",
        "SCHEMA02": "A column has levels that the real table does not have, in more rows than chance would bring.",
        "SCHEMA03": "A column has negative numbers where the real one has none.",
    }
    mechanism: ClassVar[str] = "artefact"
    remedy: ClassVar[str] = (
        "Write the column with the real table's type and levels; map unknown levels to known ones or drop their rows."
    )
    cannot_see: ClassVar[str] = "Known levels in the wrong rows; new values of numbers; ids and free text but for their type."

    def measure(self, context: Context) -> Evidence:
        """Look at every column."""
        error = context.alpha / len(context.schema.columns)
        sizes = (len(context.real), len(context.synthetic))
        items: list[Item] = []
        counted: list[tuple[str, str]] = []
        counts: list[tuple[float, float, float, float]] = []
        for column in context.schema.columns:
            name = column.name
            if name in context.synthetic.dtype_changes:
                facts = {"code": "SCHEMA01", "had": context.synthetic.dtype_changes[name], "wants": column.dtype}
                items.append(_exact(name, 1.0, *sizes, facts))
                continue
            found = _new_levels(context, name) if column.levelled else _negative(context, column)
            if found is None:
                items.append(_exact(name, 0.0, *sizes, {"code": "SCHEMA01"}))
            else:
                counted.append((name, "SCHEMA02" if column.levelled else "SCHEMA03"))
                counts.append(found)
        reported: list[Estimate] = []
        open_sets: dict[str, str] = {}
        for item in _shares(counted, np.array(counts).reshape(-1, 4), error, *sizes):
            expected = item.estimate.floor_median
            n, n_control = counts[[name for name, _ in counted].index(item.estimate.columns[0])][1::2]
            if 4 * math.sqrt(expected * (1 - expected) * (1 / n + 1 / n_control)) > RESOLUTION and item.harm_low <= MATERIAL:
                reported.append(item.estimate)
                open_sets[item.estimate.columns[0]] = (
                    f"its levels are an open set: another real sample would show unseen levels in {expected:.1%} of its rows"
                )
            else:
                items.append(item)
        if not items:
            raise NotApplicable("the levels of every column are an open set at this size.")
        return Evidence((Family("schema_match", tuple(items)),), reported=tuple(reported), not_applicable=open_sets)

    def describe(self, item: Item) -> str:
        """Say what is foreign."""
        e, facts = item.estimate, item.facts
        name = e.columns[0]
        if facts["code"] == "SCHEMA01" and "had" not in facts:
            return f"Column {name} has the real table's type in the synthetic table too."
        if facts["code"] == "SCHEMA01":
            return f"Column {name} is {facts['had']} in the synthetic table and {facts['wants']} in the real one."
        what = "a level that no real row has" if facts["code"] == "SCHEMA02" else "a negative number, which no real row has"
        return (
            f"{e.value:.2%} of the synthetic rows have {what} in {name}; another real sample would have them in "
            f"{e.floor_median:.2%}."
        )

    def missed(self, item: Item) -> str:
        """Say how many foreign values could be there."""
        if item.facts["code"] == "SCHEMA01":
            return f"new values of {item.estimate.columns[0]} within its type would not have been seen"
        most = max(item.harm_high, 1e-4)
        what = "negative numbers" if item.facts["code"] == "SCHEMA03" else "unknown levels"
        return f"{what} in up to {most:.2%} of the rows of {item.estimate.columns[0]} would not have been seen at this size"


def _new_levels(context: Context, name: str) -> tuple[float, float, float, float] | None:
    """Count rows with unseen levels: synthetic hits and rows, control hits and rows."""
    same = rows(context)
    if name not in same.names:
        return None
    n_real, n_synthetic = len(context.real), len(context.synthetic)
    real, synthetic, holdout = np.split(same.codes[same.names.index(name)], [n_real, n_real + n_synthetic])
    highest = max(int(part.max(initial=-1)) for part in (real, synthetic, holdout))
    times = np.bincount(real + 1, minlength=highest + 2)  # null comes first

    def unseen(part: np.ndarray) -> float:
        return float(np.count_nonzero((part >= 0) & (times[part + 1] == 0)))

    once = float(np.count_nonzero(times[1:] == 1))
    return unseen(synthetic), float(n_synthetic), once + unseen(holdout), float(n_real + len(holdout))


def _negative(context: Context, column: Column) -> tuple[float, float, float, float] | None:
    """Count negative numbers where the real rows have none; None where the question does not arise."""
    real: list[Dataset] = [part for part in (context.real, context.holdout) if part is not None]
    total = sum(len(part) for part in real)
    kind = context.real.table.column(column.name).type
    if column.kind != "numeric" or pa.types.is_temporal(kind) or total < SIGN_ROWS:
        return None
    if any(np.nanmin(part.numbers(column.name), initial=np.inf) < 0 for part in real):
        return None
    hits = float(np.count_nonzero(context.synthetic.numbers(column.name) < 0))
    return hits, float(len(context.synthetic)), 0.0, float(total)


def _shares(counted: list[tuple[str, str]], counts: np.ndarray, error: float, n_real: int, n_synthetic: int) -> list[Item]:
    """Judge hits and rows, synthetic and control, of shape (items, 4)."""
    if not counted:
        return []
    columns = counts.T
    lows, highs = difference_interval(*columns)
    harm_lows = difference_bound(*columns, error=error, upper=False)
    harm_highs = difference_bound(*columns, error=0.05, upper=True)
    items: list[Item] = []
    for at, (name, code) in enumerate(counted):
        k, n, control, n_control = counts[at]
        honest = control / n_control
        effect = k / n - honest
        reach = 1.96 * math.sqrt(max(honest * (1 - honest), 0.25 / n_control) * (1 / n + 1 / n_control))
        estimate = Estimate(
            "schema_match",
            k / n,
            max(honest - reach, 0.0),
            honest,
            honest + reach,
            effect,
            min(lows[at], effect),
            max(highs[at], effect),
            n_real,
            n_synthetic,
            METHOD.format(what="an unseen level" if code == "SCHEMA02" else "a negative number"),
            columns=(name,),
        )
        items.append(
            Item(estimate, max(float(harm_lows[at]), 0.0), max(float(harm_highs[at]), 0.0), effect / reach * 1.96, {"code": code})
        )
    return items


def _exact(name: str, effect: float, n_real: int, n_synthetic: int, facts: Mapping[str, str]) -> Item:
    estimate = Estimate(
        "schema_match", effect, 0.0, 0.0, 0.0, effect, effect, effect, n_real, n_synthetic, "exact comparison of types", (name,)
    )
    return Item(estimate, effect, effect, 20.0 * effect, facts)
