"""What other tables have shown: by axis, how much wider than the map's own intervals those that cover must be."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

FILE = "forecast_stretches.json"


@cache
def known_stretch() -> Mapping[str, float]:
    """Give the stretch by axis that the package's benchmark of forecasts found; "" is for axes that it has not seen.

    Notes
    -----
    Made by ``bench/forecast.py --ship`` from lineages of real tables, several generators and regimes. The figures that the
    benchmark reports leave the whole table out that is forecast; these numbers hold all of its tables.
    """
    found: dict[str, float] = json.loads(files("assay.lab").joinpath(FILE).read_text(encoding="utf-8"))
    return found
