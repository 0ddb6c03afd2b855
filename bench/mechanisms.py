"""One damage at a time in real tables: is it caught, does the right mechanism come first, are the right columns named?

    python bench/mechanisms.py --seeds 2
    python bench/mechanisms.py --summary

Every check is a line in ``bench/results/mechanisms.jsonl``; what is there already is not run again. A damage plays on rows that
no one else has seen: real, holdout and a pool from which the synthetic rows are taken.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa

import assay
import tables

RESULTS = Path(__file__).parent / "results" / "mechanisms.jsonl"
NAMES = ("adult", "bank", "default", "cardio", "beijing")


class Planted(NamedTuple):
    """Damaged tables, the mechanisms that would be right, and the columns that must be named (none: the whole table)."""

    real: pa.Table
    synthetic: pa.Table
    holdout: pa.Table
    right: frozenset[str]
    columns: frozenset[str]


class Case(NamedTuple):
    """Undamaged rows of one table; the pool holds twice the rows that a synthetic table gets."""

    real: pa.Table
    pool: pa.Table
    holdout: pa.Table
    target: str
    rng: np.random.Generator

    @property
    def rows(self) -> int:
        """Rows of the real and of the synthetic table."""
        return len(self.real)

    @property
    def sound(self) -> pa.Table:
        """As many rows of the pool."""
        return self.pool.slice(0, self.rows)

    def numeric(self, distinct: int = 50) -> str:
        """Draw a numeric column with many values, none of them in half of the rows."""
        names = []
        for name in self.pool.column_names:
            column = self.pool.column(name)
            if name == self.target or not (pa.types.is_integer(column.type) or pa.types.is_floating(column.type)):
                continue
            values, times = np.unique(numbers(self.pool, name), return_counts=True)
            if len(values) >= distinct and times.max() < 0.3 * len(self.pool):
                names.append(name)
        return str(self.rng.choice(require(names)))

    def levelled(self, least: int = 2, most: int = 60) -> str:
        """Draw a column by its number of different values."""
        names = [
            name
            for name in self.pool.column_names
            if name != self.target and least <= len(self.pool.column(name).unique()) <= most
        ]
        return str(self.rng.choice(require(names)))


class Unsuitable(Exception):
    """Raised where a table cannot take a damage."""


def require(names: list[str]) -> list[str]:
    if not names:
        raise Unsuitable
    return names


def numbers(table: pa.Table, name: str) -> np.ndarray:
    return np.array(table.column(name).cast(pa.float64()).to_numpy(), dtype=float)


def with_numbers(table: pa.Table, name: str, values: np.ndarray) -> pa.Table:
    """Replace a numeric column, rounded where it holds integers."""
    kind = table.schema.field(name).type
    if pa.types.is_integer(kind):
        values = np.where(np.isnan(values), 0, np.round(values))
        column = pa.array(values.astype(np.int64), mask=np.isnan(numbers(table, name))).cast(kind)
    else:
        column = pa.array(values, mask=np.isnan(values)).cast(kind)
    return table.set_column(table.column_names.index(name), name, column)


def rows(table: pa.Table, at: np.ndarray) -> pa.Table:
    return table.take(pa.array(at))


def planted(case: Case, synthetic: pa.Table, right: str, *columns: str, **others: pa.Table) -> Planted:
    tables_ = {"real": case.real, "holdout": case.holdout} | others
    return Planted(tables_["real"], synthetic, tables_["holdout"], frozenset(right.split()), frozenset(columns))


def tail_clipped(case: Case) -> Planted:
    name = case.numeric()
    values = numbers(case.sound, name)
    return planted(case, with_numbers(case.sound, name, np.minimum(values, np.nanquantile(values, 0.96))), "tail_loss", name)


def tail_dropped(case: Case) -> Planted:
    name = case.numeric()
    values = numbers(case.pool, name)
    kept = np.flatnonzero(~(values > np.nanquantile(values, 0.94)))
    return planted(case, rows(case.pool, kept[: case.rows]), "tail_loss", name)


def both_tails_dropped(case: Case) -> Planted:
    name = case.numeric()
    values = numbers(case.pool, name)
    low, high = np.nanquantile(values, (0.03, 0.97))
    kept = np.flatnonzero(~((values > high) | (values < low)))
    return planted(case, rows(case.pool, kept[: case.rows]), "tail_loss", name)


def _rare(case: Case) -> tuple[str, np.ndarray]:
    names, masks = [], []
    for name in case.pool.column_names:
        column = case.pool.column(name).combine_chunks()
        if name == case.target or len(column.unique()) > 100:
            continue
        if not (pa.types.is_string(column.type) or pa.types.is_boolean(column.type)):
            continue
        codes = np.asarray(column.dictionary_encode().indices.fill_null(-1))
        counts = np.bincount(codes[codes >= 0]) / len(codes)
        low = np.flatnonzero((counts < 0.019) & (counts * case.rows > 25))
        if len(low):
            names.append(name)
            masks.append(np.isin(codes, low))
    name = str(case.rng.choice(require(names)))
    return name, masks[names.index(name)]


def rare_levels_dropped(case: Case) -> Planted:
    name, rare = _rare(case)
    return planted(case, rows(case.pool, np.flatnonzero(~rare)[: case.rows]), "rare_level_loss", name)


def rare_levels_mapped(case: Case) -> Planted:
    name, rare = _rare(case)
    values = np.array(case.pool.column(name).to_pylist(), dtype=object)
    common = next(value for value in values[~rare] if value is not None)
    values[rare] = common
    kind = case.pool.schema.field(name).type
    table = case.pool.set_column(case.pool.column_names.index(name), name, pa.array(list(values), kind))
    return planted(case, table.slice(0, case.rows), "rare_level_loss", name)


def _codes(table: pa.Table, name: str) -> np.ndarray:
    return np.asarray(table.column(name).combine_chunks().dictionary_encode().indices.fill_null(-1)).astype(np.int64)


def _smallest_class(case: Case) -> np.ndarray:
    codes = _codes(case.pool, case.target)
    counts = np.bincount(codes)
    if len(counts) > 10:
        raise Unsuitable
    return codes == int(np.argmin(counts))


def mode_dropped(case: Case) -> Planted:
    name, other = case.numeric(), case.levelled(2, 12)
    values, codes = numbers(case.pool, name), _codes(case.pool, other)
    low, high = np.nanquantile(values, (0.4, 0.75))
    gone = (values >= low) & (values <= high) & (codes == np.argmax(np.bincount(codes[codes >= 0])))
    if not 0.05 < gone.mean() < 0.35:
        raise Unsuitable
    return planted(case, rows(case.pool, np.flatnonzero(~gone)[: case.rows]), "mode_drop", name, other)


def class_refilled(case: Case) -> Planted:
    rare = np.flatnonzero(_smallest_class(case)[: case.rows])
    few = case.rng.permutation(rare)[: max(len(rare) // 6, 12)]
    common = np.setdiff1d(np.arange(case.rows), rare)
    refilled = case.rng.choice(few, len(rare))
    return planted(case, rows(case.sound, np.concatenate([common, refilled])), "duplication", case.target)


def class_refilled_jittered(case: Case) -> Planted:
    found = class_refilled(case)
    count = int(_smallest_class(case)[: case.rows].sum())
    refilled = _jittered(case, found.synthetic.slice(case.rows - count), 0.02)
    return found._replace(synthetic=pa.concat_tables([found.synthetic.slice(0, case.rows - count), refilled]))


def _jittered(case: Case, table: pa.Table, size: float) -> pa.Table:
    for name in table.column_names:
        kind = table.schema.field(name).type
        if name != case.target and (pa.types.is_floating(kind) or pa.types.is_integer(kind)):
            values = numbers(table, name)
            times = np.unique(values, return_counts=True)[1]
            if len(times) > 30 and times.max() < 0.5 * len(values):
                spread = np.subtract(*np.nanquantile(values, (0.84, 0.16))) / 2 * size
                noise = case.rng.normal(0, max(spread, 0.6 if pa.types.is_integer(kind) else 0), len(values))
                moved = np.where(values == 0, values, values + noise)
                table = with_numbers(table, name, moved)
    return table


def rows_repeated(case: Case) -> Planted:
    at = np.arange(case.rows)
    at[case.rows - case.rows // 5 :] = case.rng.integers(0, case.rows // 2, case.rows // 5)
    return planted(case, rows(case.sound, at), "duplication")


def rows_copied(case: Case) -> Planted:
    kept = case.rows - case.rows // 4
    copied = rows(case.real, case.rng.permutation(case.rows)[: case.rows - kept])
    return planted(case, pa.concat_tables([case.sound.slice(0, kept), copied]), "memorisation")


def rows_nearly_copied(case: Case) -> Planted:
    kept = case.rows - case.rows // 4
    copied = _jittered(case, rows(case.real, case.rng.permutation(case.rows)[: case.rows - kept]), 1e-3)
    return planted(case, pa.concat_tables([case.sound.slice(0, kept), copied]), "memorisation")


def _rescaled(case: Case, factor: float) -> Planted:
    name = case.numeric()
    values = numbers(case.sound, name)
    centre = np.nanmean(values)
    return planted(case, with_numbers(case.sound, name, centre + factor * (values - centre)), "variance_change", name)


def sd_shrunk(case: Case) -> Planted:
    return _rescaled(case, 0.7)


def sd_inflated(case: Case) -> Planted:
    return _rescaled(case, 1.4)


def values_rounded(case: Case) -> Planted:
    name = case.numeric()
    values = numbers(case.sound, name)
    low, high = np.nanquantile(values, (0.1, 0.9))
    step = (high - low) / 6
    return planted(case, with_numbers(case.sound, name, np.round(values / step) * step), "artefact", name)


def values_spiked(case: Case) -> Planted:
    name = case.numeric()
    values = numbers(case.sound, name)
    spike = np.nanmedian(values)
    values[case.rng.random(len(values)) < 0.12] = spike
    return planted(case, with_numbers(case.sound, name, values), "artefact", name)


def units_changed(case: Case) -> Planted:
    name = case.numeric()
    factor = float(case.rng.choice([0.4536, 2.54, 12.0, 1000.0]))
    return planted(case, with_numbers(case.sound, name, numbers(case.sound, name) * factor), "artefact", name)


def column_shuffled(case: Case) -> Planted:
    codes = {}
    for name in case.pool.column_names:
        column = case.pool.column(name)
        if pa.types.is_integer(column.type) or pa.types.is_floating(column.type):
            values = np.nan_to_num(numbers(case.pool, name))
            if np.unique(values, return_counts=True)[1].max() < 0.5 * len(values):
                codes[name] = values
    if len(codes) < 2:
        raise Unsuitable
    names = list(codes)
    ranks = np.stack([np.argsort(np.argsort(codes[name])) for name in names])
    strength = np.abs(np.corrcoef(ranks)) - np.eye(len(names))
    strong = [name for at, name in enumerate(names) if name != case.target and strength[at].max() > 0.35]
    name = str(case.rng.choice(require(strong)))
    column = case.sound.column(name).combine_chunks().take(pa.array(case.rng.permutation(case.rows)))
    synthetic = case.sound.set_column(case.sound.column_names.index(name), name, column)
    return planted(case, synthetic, "broken_dependence", name)


def labels_flipped(case: Case) -> Planted:
    name = case.levelled(2, 12)
    codes, classes = _codes(case.sound, name), _smallest_class(case)[: case.rows]
    slice_ = codes == np.argmax(np.bincount(codes[codes >= 0]))
    at = np.flatnonzero(slice_)
    order = np.arange(case.rows)
    order[at] = case.rng.permutation(at)
    if len(at) < 0.1 * case.rows or classes[at].mean() < 0.05:
        raise Unsuitable
    column = case.sound.column(case.target).combine_chunks().take(pa.array(order))
    synthetic = case.sound.set_column(case.sound.column_names.index(case.target), case.target, column)
    return planted(case, synthetic, "label_noise label_shift", case.target)


def label_shift(case: Case) -> Planted:
    rare = _smallest_class(case)
    share = rare.mean()
    wanted = int(case.rows * min(share * 1.8, share + 0.2))
    at = np.concatenate([np.flatnonzero(rare)[:wanted], np.flatnonzero(~rare)[: case.rows - wanted]])
    return planted(case, rows(case.pool, np.sort(at)), "label_shift", case.target)


def covariate_shift(case: Case) -> Planted:
    name = case.numeric(20)
    values = numbers(case.pool, name)
    score = np.argsort(np.argsort(np.nan_to_num(values, nan=np.nanmedian(values)))) / len(values)
    keys = case.rng.exponential(size=len(values)) / np.exp(3.0 * score)
    return planted(case, rows(case.pool, np.sort(np.argsort(keys)[: case.rows])), "covariate_shift", name)


def missing_more(case: Case) -> Planted:
    name = str(case.rng.choice([n for n in case.pool.column_names if n != case.target]))
    gone = case.rng.random(case.rows) < 0.15
    column = case.sound.column(name).combine_chunks()
    masked = pa.compute.if_else(pa.array(gone), pa.scalar(None, column.type), column)
    return planted(case, case.sound.set_column(case.sound.column_names.index(name), name, masked), "missingness_change", name)


def missing_at_random(case: Case) -> Planted:
    """Let real rows miss a number where another one is high, and synthetic rows as often anywhere."""
    name, by = case.numeric(), case.numeric(20)
    if name == by:
        raise Unsuitable
    made = []
    for table in (case.real, case.sound, case.holdout):
        other = np.nan_to_num(numbers(table, by))
        high = other > np.quantile(other, 0.7)
        gone = case.rng.random(len(table)) < np.where(high, 0.6, 0.05)
        values = numbers(table, name)
        if len(made) == 1:
            gone = case.rng.permutation(gone)
        column = pa.array(values, mask=gone | np.isnan(values))
        made.append(table.set_column(table.column_names.index(name), name, column))
    return planted(case, made[1], "missingness_change", name, real=made[0], holdout=made[2])


def rule_broken(case: Case) -> Planted:
    """Add a column that is the sum of two others in every real row, and in all but a twentieth of the synthetic ones."""
    name, other = case.numeric(), case.numeric(10)
    if name == other:
        raise Unsuitable
    made = []
    for table in (case.real, case.sound, case.holdout):
        total = np.nan_to_num(numbers(table, name)) + np.nan_to_num(numbers(table, other))
        if len(made) == 1:
            broken = np.flatnonzero(case.rng.random(len(table)) < 0.06)
            total[broken] = total[case.rng.permutation(broken)]
        made.append(table.append_column("total", pa.array(total)))
    return planted(case, made[1], "constraint_violation", "total", real=made[0], holdout=made[2])


def holdout_leaked(case: Case) -> Planted:
    at = case.rng.permutation(case.rows)[: len(case.holdout) // 5]
    leaked = pa.concat_tables([case.holdout.slice(len(at)), rows(case.real, at)])
    return planted(case, case.sound, "evaluation_leakage", holdout=leaked)


def self_fitted(case: Case) -> Planted:
    table = case.real
    for generation in range(3):
        made = assay.generate(table, with_="marginals", n=case.rows, seed=generation)
        table = made.table if hasattr(made, "table") else pa.table(made)
    return planted(case, table, "broken_dependence recursive_contamination rigid_generator")


DAMAGES: dict[str, Callable[[Case], Planted]] = {
    function.__name__: function
    for function in (
        tail_clipped,
        tail_dropped,
        both_tails_dropped,
        rare_levels_dropped,
        rare_levels_mapped,
        mode_dropped,
        class_refilled,
        class_refilled_jittered,
        rows_repeated,
        rows_copied,
        rows_nearly_copied,
        sd_shrunk,
        sd_inflated,
        values_rounded,
        values_spiked,
        units_changed,
        column_shuffled,
        labels_flipped,
        label_shift,
        covariate_shift,
        missing_more,
        missing_at_random,
        rule_broken,
        holdout_leaked,
    )
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", type=int, default=5_000)
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--tables", default=",".join(NAMES))
    parser.add_argument("--damages", default=",".join(DAMAGES))
    parser.add_argument("--jobs", type=int, default=None)
    parser.add_argument("--results", type=Path, default=RESULTS)
    parser.add_argument("--summary", action="store_true")
    options = parser.parse_args()
    if not options.summary:
        run(options)
    summarise(read(options.results))


def read(path: Path) -> list[dict]:
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def run(options: argparse.Namespace) -> None:
    options.results.parent.mkdir(exist_ok=True)
    done = {(row["damage"], row["table"], row["seed"], row["size"]) for row in read(options.results)}
    for name in options.tables.split(","):
        whole = tables.table(name)
        for seed in range(options.first_seed, options.first_seed + options.seeds):
            for damage in options.damages.split(","):
                n = options.size
                if (damage, name, seed, n) in done:
                    continue
                real, holdout, pool = tables.parts(whole, name, (n, min(n, len(whole) - 3 * n), 2 * n), seed)
                rng = np.random.default_rng([11, seed, list(DAMAGES).index(damage)])
                try:
                    found = DAMAGES[damage](Case(real, pool, holdout, tables.TABLES[name].target, rng))
                except Unsuitable:
                    continue
                row = {"damage": damage, "table": name, "seed": seed, "size": n} | one(
                    found, tables.TABLES[name].target, seed, options.jobs
                )
                with options.results.open("a") as file:
                    file.write(json.dumps(row) + "\n")
                print(damage, name, seed, row["verdict"], row["rank"], row["columns_right"], row["first"], flush=True)


def one(found: Planted, target: str, seed: int, jobs: int | None) -> dict:
    begun = time.process_time()
    report = assay.check(found.real, found.synthetic, holdout=found.holdout, target=target, seed=seed, jobs=jobs)
    findings = [finding for finding in report.findings if finding.severity != "minor"]
    rank = next((at + 1 for at, finding in enumerate(findings) if finding.mechanism in found.right), None)
    named = set(findings[rank - 1].columns) if rank else set()
    return {
        "verdict": report.verdict,
        "right": sorted(found.right),
        "columns": sorted(found.columns),
        "rank": rank,
        "columns_right": rank is not None and (not found.columns or bool(found.columns & named)),
        "first": [[finding.code, finding.mechanism, list(finding.columns)] for finding in findings[:4]],
        "mechanisms": [[part["mechanism"], round(part["score"], 3)] for part in report.to_dict()["mechanisms"][:3]],
        "seconds": round(time.process_time() - begun, 2),
    }


def summarise(done: list[dict]) -> None:
    def line(name: str, own: list[dict]) -> None:
        caught = [row for row in own if row["verdict"] == "not_trusted"]
        n = max(len(caught), 1)
        first = sum(row["rank"] == 1 for row in caught)
        three = sum(row["rank"] is not None and row["rank"] <= 3 for row in caught)
        right = sum(bool(row["columns_right"]) for row in caught)
        print(
            f"{name:26} caught {len(caught):3} of {len(own):3}; mechanism first {first / n:4.0%}, among three {three / n:4.0%}; "
            f"columns right {right / n:4.0%}"
        )

    for damage in DAMAGES:
        own = [row for row in done if row["damage"] == damage]
        if own:
            line(damage, own)
    line("all", done)


if __name__ == "__main__":
    main()
