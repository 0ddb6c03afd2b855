"""An estimate in plain words: what was asked, what predictions are worth, why they were refused, and what to do then."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from assay.core.estimated import Answer, Interval
from assay.reporting.text import count, decimals, number, shorten

if TYPE_CHECKING:
    from assay.reporting.estimate import Estimated

LEARNED = {
    "predicted": "a column of both tables",
    "model_rows": "a model of rows that are used for nothing else",
    "half": "a model of half of the further rows, that then count no more",
    "cross": "models of the real rows, each asked about those that it has not seen",
}


def question(found: Estimated) -> str:
    """Say what is estimated.

    Parameters
    ----------
    found : Estimated
        The result.
    """
    asked = found.settings
    column, where = shorten(asked["column"], 40), f" where {shorten(asked['where'], 60)}" if asked["where"] else ""
    if asked["what"] == "rate":
        said = f"Share of the rows with {column} = {shorten(asked['positive'], 30)}"
    elif asked["what"] == "quantile":
        said = f"Quantile of {column}, {number(asked['q'])} of the rows below"
    elif asked["what"] == "mean":
        said = f"Mean of {column}"
    else:
        level = f" = {shorten(asked['positive'], 30)}" if asked["what"] == "logistic" else ""
        given = shorten(", ".join(asked["given"]), 60)
        said = f"{'Linear' if asked['what'] == 'ols' else 'Logistic'} regression of {column}{level} on {given}"
    return f"{said}{where}"


def between(one: Interval) -> tuple[str, str]:
    """Write a value and its interval with the places that the width deserves.

    Examples
    --------
    >>> between(Interval(0.24123, 0.19511, 0.28735))
    ('0.241', '0.195 to 0.287')
    """
    if not 1e-6 < one.width < 1e6:
        return number(one.value), f"{number(one.low)} to {number(one.high)}"
    places = max(0, 1 - math.floor(math.log10(one.width)))
    value, low, high = (decimals(part, places) for part in (one.value, one.low, one.high))
    return value, f"{low} to {high}"


def outcome(answer: Answer) -> list[str]:
    """Say what predictions are worth here, or why no interval with them is told."""
    n, found = answer.rows.real, answer.populations
    rho = f"Truth and predictions are correlated by {number(answer.correlation)}; chance gives {number(answer.threshold)}"
    if answer.status == "too_weak":
        return [
            f"Refused: {rho[:1].lower()}{rho[1:]} in {count(n)} rows. Predictions that cannot be told from noise are no help.",
            "The interval of the real rows alone stands. More real rows, or a better model, would narrow it.",
        ]
    if answer.status == "populations_differ":
        auc = "" if found.auc is None else f" with AUC {found.auc:.3f}"
        shift = f"predictions differ by {number(found.shift)} standard deviations"
        return [
            f"Refused: real and further rows are told apart{auc}, {shift} (p = {number(found.p_value)}, of all tests together). "
            "An interval from them would be about another population.",
            "The interval of the real rows alone stands. Give further rows of the same population.",
        ]
    worth = [one.worth for one in answer.quantities if one.worth is not None]
    ratios = [one.width_ratio for one in answer.quantities if one.width_ratio is not None]
    shares = ", ".join(dict.fromkeys(number(one.weight) for one in answer.quantities))
    lines = [f"{rho}. Lambda {shares}."]
    if ratios:
        low, high = (f"{number(side(ratios))}" for side in (min, max))
        rows = [count(side(worth)) for side in (min, max)]
        of = low if low == high else f"{low} to {high}"
        lines.insert(
            0,
            f"The interval is {of} of the classical one, as narrow as that of "
            f"{rows[0] if rows[0] == rows[1] else ' to '.join(rows)} real rows; there are {count(n)}.",
        )
    return lines


def rows(answer: Answer) -> str:
    """Say which rows took part."""
    said = f"{count(answer.rows.real)} real rows with labels, {count(answer.rows.further)} further ones"
    learned = "" if answer.learned in ("predicted", "cross") else f" ({count(answer.rows.model)} rows)"
    return f"{said}; predictions from {LEARNED[answer.learned]}{learned}."
