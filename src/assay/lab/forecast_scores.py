"""What other tables have shown: by axis, how much wider than the map's own intervals those that cover must be."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files

FILE = "forecast_stretches.json"
NOTHING = (
    "No stretch from other tables has been measured: past the generations that lineages left out reach, "
    "nothing but the map itself bears the intervals out."
)


@dataclass(frozen=True)
class Known:
    """Stretches of other tables.

    Parameters
    ----------
    stretch : mapping of str to float
        By axis; "" for axes that were not seen. Empty where nothing has been measured.
    origin : str
        What they were measured on, in a sentence, or that none has been measured.
    """

    stretch: Mapping[str, float] = field(default_factory=dict)
    origin: str = NOTHING


@cache
def known_stretch() -> Known:
    """Give what the package has.

    Notes
    -----
    Written by ``bench/forecast.py --ship`` from lineages of real tables, several generators and regimes, with what it was
    measured on. Without tables in it, nothing is known, and `origin` says so. The figures that the benchmark reports leave the
    whole table out that is forecast; these numbers hold all of its tables.
    """
    return read_stretch(files("assay.lab").joinpath(FILE).read_text(encoding="utf-8"))


def read_stretch(text: str) -> Known:
    """Read stretches from JSON.

    Examples
    --------
    >>> read_stretch('{"tables": [], "stretch": {}}') == Known({}, NOTHING)
    True
    """
    found = json.loads(text)
    if not found["tables"]:
        return Known()
    origin = (
        f"Stretches rest on {found['lineages']} held-out lineages of {', '.join(found['tables'])} "
        f"({', '.join(found['generators'])}; {', '.join(found['regimes'])}), generations {found['generations'][0]} to "
        f"{found['generations'][1]} from pilots of {found['pilots']}, which few lineages of one's own move little; of another "
        "table, generator or later generation they prove nothing."
    )
    return Known(found["stretch"], origin)
