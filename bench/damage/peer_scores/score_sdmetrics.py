"""SDMetrics (MIT licence): the overall score of its QualityReport, that is the mean of column shapes and column pair trends."""

from __future__ import annotations

from typing import Any

import batch
import pandas as pd
from sdmetrics.reports import QualityReport

SDTYPES = {"numeric": "numerical", "categorical": "categorical", "boolean": "categorical", "datetime": "datetime"}


def score(case: dict[str, Any], real: pd.DataFrame, synthetic: pd.DataFrame, holdout: pd.DataFrame) -> dict[str, Any]:
    """Give the overall score, higher is better; keys and texts are no part of it."""
    kinds = {name: SDTYPES.get(kind, "id") for name, kind in case["columns"].items()}
    if case["entity"] is not None:
        kinds[case["entity"]] = "id"
    report = QualityReport()
    known = {"tables": {"table": {"columns": {name: {"sdtype": kind} for name, kind in kinds.items()}}}}
    report.generate({"table": real}, {"table": synthetic}, known, verbose=False)
    return {"scores": {"quality": float(report.get_score())}}


if __name__ == "__main__":
    batch.run(score, "sdmetrics")
