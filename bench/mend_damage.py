"""One known mechanism each, planted in independent rows of a table, strongly enough to harm those who learn from them.

A damage takes the rows, what matters in them (the columns of numbers and of levels, foremost first, by what a model loses
without them) and draws; it gives the damaged rows. ``RIGHT`` names the remedies that are right for it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from sklearn.cluster import KMeans

from assay.data.codec import Codec
from assay.data.dataset import Dataset
from assay.data.ground import replaced, written


class Matter(NamedTuple):
    """Columns by what they matter to the target, foremost first, and the encoder."""

    numbers: tuple[str, ...]
    levels: tuple[str, ...]
    codec: Codec


Damage = Callable[[Dataset, Matter, np.random.Generator], Dataset | None]


def on_numbers(change: Callable[[np.ndarray, float, float, np.random.Generator], np.ndarray]) -> Damage:
    """Change all numbers by their means and standard deviations."""

    def damage(rows: Dataset, matter: Matter, rng: np.random.Generator) -> Dataset | None:
        for name in matter.numbers:
            values = rows.numbers(name)
            rows = written(rows, name, change(values, float(np.nanmean(values)), float(np.nanstd(values)), rng))
        return rows if matter.numbers else None

    return damage


def on_foremost(change: Callable[[np.ndarray, float, float, np.random.Generator], np.ndarray]) -> Damage:
    """Change the foremost number alone."""

    def damage(rows: Dataset, matter: Matter, rng: np.random.Generator) -> Dataset | None:
        return on_numbers(change)(rows, matter._replace(numbers=matter.numbers[:1]), rng)

    return damage


def rounded(values: np.ndarray, mean: float, spread: float, rng: np.random.Generator) -> np.ndarray:
    step = 1.5 * spread or 1.0
    return np.round((values - mean) / step) * step + mean


def spiked(values: np.ndarray, mean: float, spread: float, rng: np.random.Generator) -> np.ndarray:
    return np.where(rng.random(len(values)) < 0.3, np.nanquantile(values, 0.9), values)


def shifted(values: np.ndarray, mean: float, spread: float, rng: np.random.Generator) -> np.ndarray:
    return values + spread * float(rng.choice([-0.75, 0.75]))


def lost_mode(rows: Dataset, matter: Matter, rng: np.random.Generator) -> Dataset | None:
    """Drop a cluster of about a tenth of the rows."""
    points = matter.codec.distance(rows, [name for name in rows.schema.features if name in matter.codec.schema.modelled])
    some = rng.permutation(len(points))[:4_000]
    found = KMeans(10, n_init=1, random_state=int(rng.integers(2**31 - 1))).fit(points[some])
    label = found.predict(points)
    share = np.bincount(label, minlength=10) / len(label)
    fit = np.flatnonzero((share > 0.05) & (share < 0.25))
    return rows.take(np.flatnonzero(label != rng.choice(fit))) if len(fit) else None


def lost_class_mode(rows: Dataset, matter: Matter, rng: np.random.Generator) -> Dataset | None:
    """Drop the largest of three clusters of the rarer class, from two fifths to two thirds of it."""
    target = rows.schema.target
    if target is None or rows.schema.task == "regression":
        return None
    codes = rows.codes(target, pc.unique(rows.table.column(target).combine_chunks()).drop_null())  # type: ignore[attr-defined]
    count = np.bincount(codes[codes >= 0])
    if len(count) != 2:
        return None
    own = np.flatnonzero(codes == int(np.argmin(count)))
    points = matter.codec.distance(rows, [name for name in rows.schema.features if name in matter.codec.schema.modelled])[own]
    some = rng.permutation(len(own))[:4_000]
    label = KMeans(3, n_init=1, random_state=int(rng.integers(2**31 - 1))).fit(points[some]).predict(points)
    share = np.bincount(label, minlength=3) / len(label)
    gone = own[label == int(np.argmax(share))]
    return rows.take(np.delete(np.arange(len(rows)), gone)) if share.max() < 2 / 3 else None


def lost_tail(rows: Dataset, matter: Matter, rng: np.random.Generator) -> Dataset | None:
    """Drop the outer tenth of the foremost number, on a random side."""
    if not matter.numbers:
        return None
    values = rows.numbers(matter.numbers[0])
    side = rng.random() < 0.5
    cut = np.nanquantile(values, 0.9 if side else 0.1)
    gone = values > cut if side else values < cut
    if not 0.01 < gone.mean() < 0.2:
        gone = values >= cut if side else values <= cut
    return rows.take(np.flatnonzero(~gone)) if 0.01 < gone.mean() < 0.2 else None


def rare_levels(rows: Dataset, matter: Matter, rng: np.random.Generator) -> Dataset | None:
    """Drop the rows with a level of less than 5% in any of three columns."""
    gone = np.zeros(len(rows), dtype=bool)
    for name in matter.levels[:3]:
        levels = matter.codec.levels_[name]
        codes = rows.codes(name, levels)
        share = np.bincount(codes[codes >= 0], minlength=len(levels) + 1) / len(codes)
        gone |= (codes >= 0) & (share[np.maximum(codes, 0)] < 0.05)
    return rows.take(np.flatnonzero(~gone)) if 0.01 < gone.mean() < 0.5 else None


def flipped_slice(rows: Dataset, matter: Matter, rng: np.random.Generator) -> Dataset | None:
    """Turn the labels of a range of a number, about a fifth of the rows."""
    target = rows.schema.target
    if target is None:
        return None
    for name in rng.permutation(matter.numbers[:5]):
        values = rows.numbers(str(name))
        low = float(rng.uniform(0.0, 0.8))
        a, b = np.nanquantile(values, (low, low + 0.2))
        inside = (values >= a) & (values <= b)
        if 0.1 < inside.mean() < 0.35:
            break
    else:
        return None
    if rows.schema.task == "regression":
        numbers = rows.numbers(target)
        return written(rows, target, np.where(inside, 2 * np.nanmedian(numbers[inside]) - numbers, numbers))
    column = rows.table.column(target).combine_chunks()
    levels = pc.unique(column).drop_null()  # type: ignore[attr-defined]
    if len(levels) != 2:
        return None
    codes = rows.codes(target, levels)
    turned = np.where(inside & (codes >= 0), 1 - codes, codes)
    return replaced(rows, target, levels.take(pa.array(turned, mask=turned < 0)).cast(column.type))


def repeated(rows: Dataset, matter: Matter, rng: np.random.Generator) -> Dataset | None:
    """Put repeats of an eighth of the rows in the place of seven eighths."""
    few = rng.permutation(len(rows))[: len(rows) // 8]
    return rows.take(np.concatenate([few, rng.choice(few, len(rows) - len(few))]))


def selected(rows: Dataset, matter: Matter, rng: np.random.Generator) -> Dataset | None:
    """Keep half of the rows, by a logistic selection along the foremost number."""
    if not matter.numbers:
        return None
    values = rows.numbers(matter.numbers[0])
    order = np.argsort(np.argsort(np.nan_to_num(values, nan=float(np.nanmedian(values))))) / len(values) - 0.5
    chance = 1.0 / (1.0 + np.exp(-8.0 * float(rng.choice([-1.0, 1.0])) * order))
    return rows.take(np.flatnonzero(rng.random(len(rows)) < chance))


DAMAGES: dict[str, Damage] = {
    "shrunk": on_numbers(lambda x, mean, spread, rng: mean + 0.5 * (x - mean)),
    "shrunk_one": on_foremost(lambda x, mean, spread, rng: mean + 0.4 * (x - mean)),
    "inflated": on_numbers(lambda x, mean, spread, rng: mean + 2.0 * (x - mean)),
    "shifted": on_numbers(shifted),
    "shifted_one": on_foremost(shifted),
    "units": on_foremost(lambda x, mean, spread, rng: x * 100.0),
    "spiked": lambda rows, matter, rng: on_numbers(spiked)(rows, matter._replace(numbers=matter.numbers[:2]), rng),
    "rounded": on_numbers(rounded),
    "lost_mode": lost_mode,
    "lost_class_mode": lost_class_mode,
    "lost_tail": lost_tail,
    "rare_levels": rare_levels,
    "flipped_slice": flipped_slice,
    "repeated": repeated,
    "selected": selected,
}
PLANTED = {"broken_rule": "break_rules"}  # damages of the package that change real and sealed rows as well
INVERTIBLE = ("shrunk", "shrunk_one", "inflated", "shifted", "shifted_one", "units", "spiked")
RIGHT: dict[str, tuple[str, ...]] = {
    "shrunk": ("match_line", "match_quantiles"),
    "shrunk_one": ("match_line", "match_quantiles"),
    "inflated": ("match_line", "match_quantiles"),
    "shifted": ("match_line", "match_quantiles"),
    "shifted_one": ("match_line", "match_quantiles"),
    "units": ("match_line", "match_quantiles"),
    "spiked": ("thin_spikes", "match_quantiles"),
    "rounded": ("spread_grid", "match_quantiles"),
    "lost_mode": ("refill_modes", "refill_levels", "refill_tails"),
    "lost_class_mode": ("refill_modes", "refill_levels", "refill_tails"),
    "lost_tail": ("refill_tails", "refill_modes"),
    "rare_levels": ("refill_levels", "refill_modes"),
    "flipped_slice": ("turn_labels", "drop_labels", "teach_labels"),
    "repeated": ("drop_repeats",),
    "selected": ("weigh_columns", "weigh_ratio", "weigh_classes"),
    "broken_rule": ("keep_rules",),
}
