"""Evidently (Apache-2.0): the share of drifted columns that its preset for data drift gives.

Three ways: the preset as it comes (above 1,000 rows distances against a threshold of 0.1), with the p-values of its
Kolmogorov-Smirnov test for numbers, and with those of its chi-square test for levels, too (which takes the reference for the
population, so that many columns drift between two real samples). Its default verdict is a drifted dataset when half of the
columns drift.
"""

from __future__ import annotations

from typing import Any

import batch
import pandas as pd
from evidently import DataDefinition, Dataset, Report
from evidently.metrics import DriftedColumnsCount

HALF = 0.5


def score(case: dict[str, Any], real: pd.DataFrame, synthetic: pd.DataFrame, holdout: pd.DataFrame) -> dict[str, Any]:
    """Give minus the shares, higher is better, and the default verdict."""
    numbers, levels = batch.of_kind(case, "numeric"), batch.of_kind(case, "categorical", "boolean")
    known = DataDefinition(numerical_columns=numbers, categorical_columns=levels)
    old, new = (Dataset.from_pandas(table[numbers + levels], data_definition=known) for table in (real, synthetic))
    # The preset is this count and a picture for every column; only the count is asked for.
    ways = {
        "preset": DriftedColumnsCount(),
        "ks": DriftedColumnsCount(num_method="ks"),
        "tests": DriftedColumnsCount(num_method="ks", cat_method="chisquare"),
    }
    shares = {}
    for way, metric in ways.items():
        told = Report([metric], include_tests=False).run(new, old).dict()
        shares[way] = float(told["metrics"][0]["value"]["share"])
    return {"scores": {way: 0.0 - share for way, share in shares.items()}, "refused": shares["preset"] >= HALF}


if __name__ == "__main__":
    batch.run(score, "evidently")
