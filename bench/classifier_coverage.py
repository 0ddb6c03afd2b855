"""Coverage of the intervals of two_sample, too_close, and utility with its families.

Tables are drawn from a known population, again and again; the truth of each item is its mean effect over all repetitions
(effects are unbiased for the expected AUC or gap at these sizes), and coverage is the share of intervals that hold it.

    python bench/classifier_coverage.py --rows 2000 --repetitions 100
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pyarrow as pa
from threadpoolctl import threadpool_limits

from assay.core.evidence import Item
from assay.core.seeds import spawn
from assay.data.dataset import Dataset
from assay.data.schema import Column, Schema
from assay.measures.too_close import TooClose
from assay.measures.two_sample import TwoSample
from assay.measures.utility import Utility


class Alone:
    """A context without a runner: one process, everything shared."""

    learners = scorer = None

    def __init__(self, real: Dataset, synthetic: Dataset, holdout: Dataset, seed: int, alpha: float = 0.05) -> None:
        self.real, self.synthetic, self.holdout, self.schema = real, synthetic, holdout, real.schema
        self.seed, self.alpha, self._made = seed, alpha, {}

    def rng(self, *task: str | int) -> np.random.Generator:
        """Make the generator of a task."""
        return spawn(self.seed, *task)

    def map(self, function: Callable[..., Any], tasks: list[tuple[Any, ...]]) -> list[Any]:
        """Call in order."""
        return [function(*task) for task in tasks]

    def share(self, key: str, make: Callable[[], Any]) -> Any:
        """Make once."""
        if key not in self._made:
            self._made[key] = make()
        return self._made[key]


def population(rows: int, rng: np.random.Generator, harm: float, task: str = "binary") -> Dataset:
    """Draw rows: correlated numbers and levels, a target of both; `harm` shifts a column, breaks a pair and flips labels."""
    base = rng.normal(size=(rows, 3))
    columns: dict[str, Any] = {f"x{at}": 0.7 * base[:, at % 3] + rng.normal(size=rows) for at in range(6)}
    levels = rng.integers(0, 4, rows)
    logit = columns["x0"] + columns["x1"] * (levels == 1) - 1.0 + 0.5 * np.sin(2 * columns["x2"])
    columns["x0"] = columns["x0"] + harm
    columns["x2"] = np.where(rng.random(rows) < 3 * harm, columns["x1"], columns["x2"])
    columns["c0"] = np.array(list("abcd"))[levels]
    if task == "regression":
        columns["y"] = logit + rng.normal(size=rows)
    else:
        positive = rng.random(rows) < 1 / (1 + np.exp(-logit))
        columns["y"] = np.where(rng.random(rows) < harm, ~positive, positive).astype(np.int64)
    numeric = {name: name.startswith("x") or (name == "y" and task == "regression") for name in columns}
    kinds = tuple(
        Column(name, "numeric" if numeric[name] else "categorical", str(pa.array(values).type))
        for name, values in columns.items()
    )
    schema = Schema(kinds, target="y", task=task, positive=None if task == "regression" else "1")  # pyright: ignore[reportArgumentType]
    return Dataset(pa.table(columns), schema)


def repeat(
    measures: list[Any], rows: int, repetitions: int, harm: float, seed: int = 0, task: str = "binary"
) -> Iterator[tuple[str, Item]]:
    """Give every item of every repetition with its name."""
    for repetition in range(repetitions):
        rng = np.random.default_rng([seed, repetition, rows])
        tables = [population(rows, rng, part, task) for part in (0.0, harm, 0.0)]
        context = Alone(*tables, seed=repetition)
        for measure in measures:
            for family in measure().measure(context).families:
                for item in family.items:
                    if item.estimate.columns and item.estimate.columns != ("c0",):
                        continue  # ranges have other ends in every repetition: only levels have one truth
                    learner = item.facts.get("learner", "")
                    yield f"{family.name} {learner} {item.estimate.slice or ''}".strip(), item


def coverage(found: Iterator[tuple[str, Item]]) -> dict[str, dict[str, float]]:
    """Sum up: mean effect, its spread over repetitions, mean standard error given, and the share of intervals that cover."""
    gathered: defaultdict[str, list[tuple[float, float, float, float]]] = defaultdict(list)
    for name, item in found:
        estimate = item.estimate
        gathered[name].append((estimate.effect, estimate.low, estimate.high, item.harm_high))
    summary = {}
    for name, entries in gathered.items():
        effect, low, high, harm_high = np.array(entries).T
        truth = effect.mean()
        summary[name] = {
            "repetitions": len(entries),
            "truth": float(truth),
            "spread": float(effect.std(ddof=1)) if len(entries) > 1 else 0.0,
            "error": float(np.mean(high - low) / 3.92),
            "coverage": float(np.mean((low <= truth) & (truth <= high))),
            "one_sided": float(np.mean(harm_high >= truth)),
        }
    return summary


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=2000)
    parser.add_argument("--repetitions", type=int, default=100)
    parser.add_argument("--harm", type=float, nargs="+", default=[0.0, 0.05, 0.15])
    parser.add_argument("--task", choices=("binary", "regression"), default="binary")
    parser.add_argument(
        "--measures", nargs="+", choices=("two_sample", "too_close", "utility"), default=["two_sample", "utility"]
    )
    options = parser.parse_args()
    chosen = [{"two_sample": TwoSample, "too_close": TooClose, "utility": Utility}[name] for name in options.measures]
    with threadpool_limits(1):
        for harm in options.harm:
            for name, row in coverage(repeat(chosen, options.rows, options.repetitions, harm, task=options.task)).items():
                numbers = "  ".join(f"{key} {value:.4f}" for key, value in row.items() if key != "repetitions")
                print(f"{options.rows} rows, harm {harm}: {name}: {numbers}", flush=True)


if __name__ == "__main__":
    main()
