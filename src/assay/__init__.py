"""Assay makes synthetic data and proves whether it can be trusted in place of real data.

The verbs stand in the order of the work: `load` a table, `split` a holdout off, `generate` rows, `check` them; `drill` says what
a check would have noticed, `loop` what becomes of data when models learn from what models made, `forecast` what would, from a few
short loops; `mend` makes the best of few real rows and many synthetic ones; `estimate` tells a mean, rate, quantile or
coefficient from few labelled rows and many that a model labels. Nothing heavy is imported before one of them is used.
"""

from __future__ import annotations

import logging
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from assay.data.dataset import Dataset
    from assay.data.schema import Schema
    from assay.reporting.report import Report
    from assay.verbs.check import check
    from assay.verbs.drill import drill
    from assay.verbs.estimate import estimate
    from assay.verbs.forecast import forecast
    from assay.verbs.generate import generate
    from assay.verbs.load import load
    from assay.verbs.loop import loop
    from assay.verbs.mend import mend
    from assay.verbs.split import split

logging.getLogger(__name__).addHandler(logging.NullHandler())  # what is said is for those who ask for it

__version__ = "0.1.0"
__all__ = ["Dataset", "Report", "Schema", "check", "drill", "estimate", "forecast", "generate", "load", "loop", "mend", "split"]

_HOMES = {
    "load": "assay.verbs.load",
    "split": "assay.verbs.split",
    "generate": "assay.verbs.generate",
    "check": "assay.verbs.check",
    "drill": "assay.verbs.drill",
    "estimate": "assay.verbs.estimate",
    "forecast": "assay.verbs.forecast",
    "loop": "assay.verbs.loop",
    "mend": "assay.verbs.mend",
    "Dataset": "assay.data.dataset",
    "Schema": "assay.data.schema",
    "Report": "assay.reporting.report",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'assay' has no attribute {name!r}")
    found = getattr(import_module(_HOMES[name]), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted([*__all__, "__version__"])
