"""Coverage of the count measures: samples of Adult and of a partly damaged copy, against the two populations' own counts.

Both samples are drawn WITH replacement, so the whole table is the population and the truth is the measure on the whole
tables, in the cells fixed by each repetition's real sample, with draws of next to no noise. Ten columns are kept: their 45
pairs and 120 triples are all handed over, while of more only those with the highest bounds would be, a selection.
"""

from __future__ import annotations

from functools import cache
from types import SimpleNamespace
from typing import Any

import numpy as np
import pyarrow as pa

import tables
from assay.checking.profile import Profile, count, lay_out
from assay.core import registry
from assay.core.errors import NotApplicable
from assay.core.estimate import Estimate
from assay.core.seeds import spawn
from assay.data.schema import Schema
from assay.engines.duckdb import DuckDBEngine
from assay.measures.rare_levels import RareLevels, rare_cells
from assay.measures.tail_mass import TailMass, tails
from assay.measures.variance_ratio import VarianceRatio
from assay.stats.resample import BlockDraws, Draws
from assay.verbs.load import load
from coverage_entry import Entry, entry

MEASURES = ("ks_distance", "wasserstein_distance", "category_gap", "pair_gap", "triple_gap", "missingness_gap", "value_spikes")
COLUMNS = (
    "age",
    "workclass",
    "fnlwgt",
    "education",
    "occupation",
    "sex",
    "capital-gain",
    "hours-per-week",
    "native-country",
    "income",
)
DRAWS = 300
FAMILIES = 19
SHRUNK = 1e-6


class Quiet(BlockDraws):
    """Draws whose noise is shrunk a millionfold: no effect is left, and items keep their weights in a mean."""

    def errors(self, counts: np.ndarray) -> np.ndarray:
        """Give errors near zero."""
        return SHRUNK * super().errors(counts)

    def sums(self, summands: np.ndarray) -> np.ndarray:
        """Give totals near the sample's own."""
        total = summands.sum(axis=0, dtype=np.float64)
        return total + SHRUNK * (super().sums(summands) - total)


def once(rows: int, seed: int, harm: float) -> list[Entry]:
    """Draw two samples, and set every interval beside the populations' own value."""
    whole, schema = population()
    damaged = copy(harm)
    rng = np.random.default_rng([21, seed, rows])
    real, synthetic = (part.take(pa.array(rng.integers(0, len(part), rows))) for part in (whole, damaged))
    with DuckDBEngine(threads=1) as engine:
        layout = lay_out(engine, real, schema, rows=rows)
        a, b, all_a, all_b = (count(engine, part, layout) for part in (real, synthetic, whole, damaged))
    draws = Draws.make(a.rows, b.rows, DRAWS, spawn(seed, "draws"))
    quiet = [Quiet.make(profile.rows, DRAWS, spawn(seed, "quiet", at)) for at, profile in enumerate((all_a, all_a, all_b))]
    chosen = {"tails": tails(a), "rare": rare_cells(a, b.total)}
    found = effects(a, b, draws, schema, seed, chosen)
    chosen["scales"] = {e.columns[0]: facts["scale"] for e, facts in found.values() if "scale" in facts}
    truth = effects(all_a, all_b, Draws(*quiet), schema, seed, chosen)
    return [
        entry(name, part, key, estimate, "populations", truth[name, part, key][0].effect)
        for (name, part, key), (estimate, _) in found.items()
        if (name, part, key) in truth
    ]


def effects(
    real: Profile, synthetic: Profile, draws: Draws, schema: Schema, seed: int, chosen: dict[str, Any]
) -> dict[tuple[str, str, str], tuple[Estimate, Any]]:
    """Give every estimate of every measure, and its facts, by family, part and place."""
    context: Any = SimpleNamespace(
        real_profile=real,
        synthetic_profile=synthetic,
        draws=draws,
        alpha=0.05 / FAMILIES,
        schema=schema,
        rng=lambda *task: spawn(seed, *task),
        map=lambda function, tasks: [function(*task) for task in tasks],
    )
    measures = [registry.get("measure", name)() for name in MEASURES]
    measures += [VarianceRatio(chosen.get("scales")), TailMass(chosen["tails"]), RareLevels(chosen["rare"])]
    found: dict[tuple[str, str, str], tuple[Estimate, Any]] = {}
    for measure in measures:
        try:
            families = measure.measure(context).families
        except NotApplicable:
            continue
        for family in families:
            times: dict[str, int] = {}
            for item in family.items:
                if item.facts.get("code") in ("RARE02", "SPIKE01"):
                    continue  # named because they came out empty, or crowded: no intervals of places chosen beforehand
                place = " ".join([*item.estimate.columns, item.estimate.slice or "", item.facts.get("how", "")]).strip()
                times[place] = times.get(place, 0) + 1
                found[family.name, "item", f"{place} {times[place]}"] = item.estimate, item.facts
            if family.mean is not None:
                found[family.name, "mean", "mean"] = family.mean.estimate, {}
    return found


@cache
def population() -> tuple[pa.Table, Schema]:
    """Read the population."""
    dataset = load(tables.table("adult").select(list(COLUMNS)), target="income", name="real")
    return dataset.table, dataset.schema


@cache
def copy(harm: float) -> pa.Table:
    """Damage many columns in a share of the rows each; without harm it is the population itself."""
    whole, _ = population()
    if harm == 0:
        return whole
    rng = np.random.default_rng(7)

    def share(part: float) -> np.ndarray:
        return rng.random(len(whole)) < part * harm

    cells = {name: np.array(whole.column(name).to_pylist(), dtype=object) for name in COLUMNS}
    age = cells["age"].astype(float)
    # Not all rows: an empty tail is infinitely far off on a logarithmic scale, and no number is its truth.
    drawn_in = np.round(age.mean() + (age - age.mean()) * 0.85)
    cells["age"] = np.where(share(0.6), drawn_in, age).astype(np.int64)
    hours = cells["hours-per-week"].astype(np.int64)
    cells["hours-per-week"] = np.where(share(0.15) & (hours > 60), 60, hours)
    cells["fnlwgt"] = (cells["fnlwgt"].astype(float) * np.where(share(0.3), 1.2, 1.0)).astype(np.int64)
    for name, part in (("occupation", 0.2), ("education", 0.08)):
        moved = share(part)
        cells[name][moved] = rng.permutation(cells[name])[moved]
    country = cells["native-country"]
    country[share(0.4) & (country != "United-States") & (country != None)] = "United-States"  # noqa: E711 - element by element
    cells["workclass"][share(0.03)] = None
    return pa.table({name: pa.array(list(values), type=whole.schema.field(name).type) for name, values in cells.items()})
