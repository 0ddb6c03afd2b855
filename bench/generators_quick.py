"""Fidelity of every generator on Adult's official split, with seconds and copies; resumable, results as JSON.

Shape and trend are SDMetrics' definitions (Kolmogorov-Smirnov, total variation; correlation and contingency similarity) as
errors in percent. The row 'holdout' is what real rows score. Run: python bench/generators_quick.py [--data FOLDER]
"""

from __future__ import annotations

import argparse
import itertools
import json
import time
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import cross_val_predict

from assay.core.files import write_atomically
from assay.core.registry import get
from assay.data.codec import Codec
from assay.data.dataset import Dataset
from assay.verbs.load import load

ROOT = Path(__file__).parents[1]
TRAIN_ROWS = 32_561
BINS = 10


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data")
    options.add_argument("--out", type=Path, default=ROOT / "bench" / "results" / "generators_quick.json")
    options.add_argument("--seeds", type=int, default=3)
    options.add_argument(
        "--with", dest="names", nargs="*", default=["marginals", "bootstrap_rows", "gaussian_copula", "tree_chain"]
    )
    chosen = options.parse_args()
    adult = load(chosen.data / "adult.csv", target="income")
    train, holdout = adult.take(np.arange(TRAIN_ROWS)), adult.take(np.arange(TRAIN_ROWS, len(adult)))
    results: dict[str, Any] = json.loads(chosen.out.read_bytes()) if chosen.out.exists() else {}
    codec = Codec(train.schema).fit(train)
    if "holdout" not in results:
        results["holdout"] = scores(codec, train, holdout, holdout)
    for name, seed in itertools.product(chosen.names, range(chosen.seeds)):
        key = f"{name}/{seed}"
        if key not in results:
            begun = time.perf_counter(), time.process_time()
            synthetic = get("generator", name)().fit(train, seed=seed).sample(TRAIN_ROWS, seed=seed)
            seconds, cpu_seconds = time.perf_counter() - begun[0], time.process_time() - begun[1]
            results[key] = {
                "seconds": round(seconds, 2),
                "cpu_seconds": round(cpu_seconds, 2),
                **scores(codec, train, synthetic, holdout),
            }
            chosen.out.parent.mkdir(parents=True, exist_ok=True)
            write_atomically(chosen.out, json.dumps(results, indent=1).encode())
        print(key, results[key], flush=True)
    print("holdout", results["holdout"])


def scores(codec: Codec, train: Dataset, other: Dataset, holdout: Dataset) -> dict[str, float]:
    first, second, sealed = (codec.ordinal(data) for data in (train, other, holdout))
    names, schema = train.schema.modelled, train.schema
    numeric = [schema.column(name).ordered for name in names]
    rows = {tuple(row) for row in first.tolist()}
    found = {
        "shape_error": 100 * float(np.mean([shape(first[:, at], second[:, at], numeric[at]) for at in range(len(names))])),
        "trend_error": 100
        * float(np.mean([trend(first, second, numeric, *pair) for pair in itertools.combinations(range(len(names)), 2)])),
        "two_sample_auc": two_sample(first, second, numeric),
        "copied_share": float(np.mean([tuple(row) in rows for row in second.tolist()])),
    }
    if other is not holdout:
        target = names.index(str(schema.target))
        use = [at for at in range(len(names)) if at != target]
        learner = boosted([numeric[at] for at in use]).fit(second[:, use], codec.labels(other))
        found["tstr_auc"] = float(roc_auc_score(codec.labels(holdout), learner.predict_proba(sealed[:, use])[:, 1]))
    return {key: round(number, 5) for key, number in found.items()}


def shape(first: np.ndarray, second: np.ndarray, numeric: bool) -> float:
    points = np.unique(np.concatenate([first, second]))
    if numeric:
        below = [np.searchsorted(np.sort(part), points, side="right") / len(part) for part in (first, second)]
        return float(np.abs(below[0] - below[1]).max())
    return distance(np.searchsorted(points, first), np.searchsorted(points, second))


def trend(first: np.ndarray, second: np.ndarray, numeric: list[bool], one: int, two: int) -> float:
    if numeric[one] and numeric[two]:
        return abs(float(np.corrcoef(first[:, one], first[:, two])[0, 1] - np.corrcoef(second[:, one], second[:, two])[0, 1])) / 2
    cells = [[binned(data[:, at], first[:, at], numeric[at]) for at in (one, two)] for data in (first, second)]
    return distance(*(pair[0] * 1000 + pair[1] for pair in cells))


def binned(column: np.ndarray, real: np.ndarray, numeric: bool) -> np.ndarray:
    if not numeric:
        return column.astype(np.int64)
    return np.digitize(column, np.histogram_bin_edges(real, BINS)[1:-1]).astype(np.int64)


def distance(first: np.ndarray, second: np.ndarray) -> float:
    cells = int(max(first.max(), second.max())) + 1
    shares = [np.bincount(part, minlength=cells) / len(part) for part in (first, second)]
    return float(np.abs(shares[0] - shares[1]).sum() / 2)


def two_sample(first: np.ndarray, second: np.ndarray, numeric: list[bool]) -> float:
    rows, rng = min(len(first), len(second)), np.random.default_rng(0)
    matrix = np.concatenate([part[rng.permutation(len(part))[:rows]] for part in (first, second)])
    labels = np.repeat([0, 1], rows)
    said = cross_val_predict(boosted(numeric), matrix, labels, cv=5, method="predict_proba")[:, 1]
    return float(roc_auc_score(labels, said))


def boosted(numeric: list[bool]) -> HistGradientBoostingClassifier:
    return HistGradientBoostingClassifier(categorical_features=[not each for each in numeric], random_state=0)


if __name__ == "__main__":
    main()
