"""From curves and joint draws to judged items: estimates with floors, intervals and simultaneous bounds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from assay.core.estimate import Estimate
from assay.core.evidence import Family, Item
from assay.stats.bands import Z90, Z95, Curves, distance_curves, family_z, mean_curves
from assay.stats.resample import effective_tests, simultaneous_z

Place = Mapping[str, Any]


def distance_family(
    measure: str,
    groups: Sequence[Curves],
    places: Sequence[Place],
    *,
    n_real: int,
    n_synthetic: int,
    method: str,
    alpha: float,
    most: int = 50,
) -> Family:
    """Judge distances: one item per place, and their mean.

    Parameters
    ----------
    measure : str
        Name of the measure.
    groups : sequence of Curves
        Curves from the same draws; their items, one group after the other, belong to `places`.
    places : sequence of mapping
        ``columns``, optionally ``slice`` and ``facts``, of each item.
    n_real, n_synthetic : int
        Rows.
    method : str
        How the numbers were made.
    alpha : float
        Error of the family's lower bounds; half goes to the mean, half to the items.
    most : int
        Items kept besides those that could matter: the highest upper bounds.
    """
    z_low = family_z(list(groups), alpha / 2)
    columns = {
        "value": np.concatenate([c.value for c in groups]),
        "effect": np.concatenate([c.effect for c in groups]),
        "low": np.concatenate([c.low() for c in groups]),
        "high": np.concatenate([c.high() for c in groups]),
        "harm_low": np.concatenate([c.low(z_low) for c in groups]),
        "harm_high": np.concatenate([c.high(Z90) for c in groups]),
        "score": np.concatenate([c.score for c in groups]),
        "floor": np.concatenate([np.quantile(c.floor, (0.025, 0.5, 0.975), axis=0) for c in groups], axis=1),
    }
    worst = np.argsort(-columns["harm_high"], kind="stable")[:most]
    kept = np.union1d(worst, np.flatnonzero(columns["harm_low"] > 0))
    items = tuple(_item(measure, columns, int(at), places[int(at)], n_real, n_synthetic, method, None) for at in kept)
    whole = mean_curves(list(groups))
    z_mean = simultaneous_z(1.0, alpha / 2)
    mean = Item(
        _estimate(
            measure,
            float(whole.value[0]),
            np.quantile(whole.floor[:, 0], (0.025, 0.5, 0.975)),
            float(whole.effect[0]),
            float(whole.low()[0]),
            float(whole.high()[0]),
            {"columns": ()},
            n_real,
            n_synthetic,
            f"root mean square over {len(places)} items; {method}",
            None,
        ),
        harm_low=float(whole.low(z_mean)[0]),
        harm_high=float(whole.high(Z90)[0]),
        score=float(whole.score[0]),
        facts={"mean": True, "items": len(places)},
    )
    return Family(measure, items, mean)


def signed_family(
    measure: str,
    value: np.ndarray,
    noise: np.ndarray,
    null_noise: np.ndarray,
    places: Sequence[Place],
    *,
    n_real: int,
    n_synthetic: int,
    method: str,
    alpha: float,
    with_mean: bool = True,
    bounds: tuple[np.ndarray, np.ndarray] | None = None,
    harm_bounds: tuple[np.ndarray, np.ndarray] | None = None,
    name: str = "",
) -> Family:
    """Judge signed differences whose errors are nearly normal: harm is their size, whichever the sign.

    Parameters
    ----------
    value : ndarray of shape (items,)
        Differences (or log ratios), unbiased.
    noise, null_noise : ndarray of shape (draws, items)
        Joint errors of the values, and of those between two real samples.
    places : sequence of mapping
        ``columns``, optionally ``slice`` and ``facts``, of each item.
    bounds, harm_bounds : pair of ndarray of shape (items,), optional
        Exact 95% bounds, and (simultaneous lower, one-sided upper) bounds of the harm, where the normal ones would not do.
    with_mean : bool
        Whether the mean size over the items is judged as well.

    Notes
    -----
    The mean size is the root mean square of all values, a distance, and gets its interval as one; values known worse than the
    median one between two real samples weigh less, by the square of that ratio, so that one noisy column cannot drown all others.
    """
    spread = np.maximum(noise.std(axis=0, ddof=1), 1e-12)
    null_spread = np.maximum(null_noise.std(axis=0, ddof=1), 1e-12)
    z_low = simultaneous_z(effective_tests(np.abs(null_noise / null_spread).max(axis=1)) * 2, alpha / (1 + with_mean))
    low, high = bounds if bounds is not None else (value - Z95 * spread, value + Z95 * spread)
    if harm_bounds is None:
        harm_bounds = (np.maximum(np.abs(value) - z_low * spread, 0.0), np.abs(value) + Z90 * spread)
    columns = {
        "value": value,
        "effect": value,
        "low": np.minimum(low, value),
        "high": np.maximum(high, value),
        "harm_low": harm_bounds[0],
        "harm_high": harm_bounds[1],
        "score": np.abs(value) / null_spread,
        "floor": np.quantile(null_noise, (0.025, 0.5, 0.975), axis=0),
    }
    items = tuple(_item(measure, columns, at, places[at], n_real, n_synthetic, method, None) for at in range(len(places)))
    if not with_mean:
        return Family(measure, items, None, name)
    weights = 1.0 / np.square(np.maximum(null_spread, np.median(null_spread)))
    weights /= weights.sum()
    whole = distance_curves(
        value,
        noise,
        null_noise,
        lambda x: np.sqrt((np.square(x) * weights).sum(axis=-1, keepdims=True)),
        np.zeros(len(value), dtype=np.int64),
    )
    mean = distance_family(
        measure, [whole], [{"columns": ()}], n_real=n_real, n_synthetic=n_synthetic, method=method, alpha=alpha
    ).mean
    assert mean is not None
    return Family(
        measure, items, Item(mean.estimate, mean.harm_low, mean.harm_high, mean.score, {"mean": True, "items": len(value)}), name
    )


def _item(
    measure: str,
    columns: Mapping[str, np.ndarray],
    at: int,
    place: Place,
    n_real: int,
    n_synthetic: int,
    method: str,
    p_value: float | None,
) -> Item:
    number = {name: float(content[at]) for name, content in columns.items() if name != "floor"}
    estimate = _estimate(
        measure,
        number["value"],
        columns["floor"][:, at],
        number["effect"],
        number["low"],
        number["high"],
        place,
        n_real,
        n_synthetic,
        method,
        p_value,
    )
    return Item(estimate, number["harm_low"], number["harm_high"], number["score"], place.get("facts", {}))


def _estimate(
    measure: str,
    value: float,
    floor: np.ndarray,
    effect: float,
    low: float,
    high: float,
    place: Place,
    n_real: int,
    n_synthetic: int,
    method: str,
    p_value: float | None,
) -> Estimate:
    return Estimate(
        measure,
        value,
        float(floor[0]),
        float(floor[1]),
        float(floor[2]),
        effect,
        min(low, effect),
        max(high, effect),
        n_real,
        n_synthetic,
        method,
        columns=tuple(place["columns"]),
        slice=place.get("slice"),
        p_value=p_value,
    )
