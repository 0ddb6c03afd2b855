"""Cells that no real row has, and whether that can be chance."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from assay.data.coded import value_codes
from assay.data.dataset import Dataset
from assay.data.entities import entity_codes
from assay.data.scene import Scene
from assay.data.target import level_texts
from assay.remedies._dropped import weighed_counts
from assay.stats.fisher import fewer

ENDS = 10  # outermost real rows that stand for an end
AT_END = 0.03  # share of the real rows on their outermost value from which it is a border
GAP = 0.5
RARE = (2, 10, 50)  # rows of both tables that a level has at most


class Suspect(NamedTuple):
    """Synthetic cells of one column that no real row has the like of.

    Parameters
    ----------
    item : dict
        JSON: column, ``what`` and what it takes to find such cells again with `marked`.
    hit : numpy.ndarray of bool, shape (rows,)
        Synthetic rows concerned.
    words : str
        What they are.
    p_value : float
        Chance that the real rows have none, were both samples of one population.
    """

    item: dict[str, Any]
    hit: np.ndarray
    words: str
    p_value: float


class Tests:
    """Exact tests of whether real rows lack something, and what all of them together err.

    Parameters
    ----------
    scene : Scene
        Both tables.

    Notes
    -----
    Given how many rows of both tables have something, none of n real rows has it with the chance p of Fisher's test. All that
    could have been missing is looked at, so a p-value is corrected to the sum of those chances that are as small or smaller: what
    is in every third row is never missing by chance and costs nothing (after Tarone 1990). Rows of an entity count
    as one.
    """

    def __init__(self, scene: Scene) -> None:
        self._weights = scene.rows.weights
        self._real = _independent(scene.real)
        self._share = _independent(scene.synthetic) / max(len(scene.synthetic), 1)
        self._n = len(scene.real)
        self._chances: list[float] = []

    def lacking(self, real: int, hit: np.ndarray) -> float:
        """Give the chance that no real row has what `real` of them and the synthetic rows of `hit` have, and note it."""
        hits, rows = weighed_counts(self._weights, hit)
        own = real * self._real / self._n
        p_value = (
            float(fewer(0.0, self._real, own + hits * self._share, max(rows * self._share, 1.0) + 0.0)) if own + hits else 1.0
        )
        self._chances.append(p_value)
        return p_value

    def corrected(self, p_value: float) -> float:
        """Give the chance that anything looked at would be missing by so small a chance."""
        chances = np.array(self._chances)
        return float(min(1.0, max(chances[chances <= p_value * (1 + 1e-9)].sum(), p_value)))


def suspects(scene: Scene, tests: Tests) -> list[Suspect]:
    """List what synthetic cells have and real ones lack, all tests noted in `tests`."""
    found: list[Suspect] = []
    for name in scene.schema.modelled:
        found += _nulls(scene, tests, name)
        found += _numbers(scene, tests, name) if scene.schema.column(name).ordered else _levels(scene, tests, name)
    return found


def marked(item: Mapping[str, Any], dataset: Dataset, real: Dataset) -> np.ndarray:
    """Mark the rows of a table whose cell is as an item says, shape (rows,)."""
    name, what = str(item["column"]), item["what"]
    if name not in dataset.names:
        return np.zeros(len(dataset), dtype=bool)
    if what == "null":
        return dataset.nulls(name)
    if what == "level":
        texts = level_texts(dataset.table.column(name)).combine_chunks().dictionary_encode()
        wanted = np.array([text == item["level"] for text in texts.dictionary.to_pylist()] + [False])
        return wanted[texts.indices.fill_null(len(wanted) - 1).to_numpy(zero_copy_only=False).astype(np.int64)]
    if what == "rare":
        codes = value_codes([real.table.column(name), dataset.table.column(name)])
        n = len(real)
        size = int(codes.max()) + 1
        seen = np.bincount(codes[:n][codes[:n] >= 0], minlength=size)
        times = np.bincount(codes[n:][codes[n:] >= 0], minlength=size)
        rare = (seen == 0) & (times <= max(float(item["share"]) * len(codes), 1.0))
        return np.append(rare, False)[codes[n:]]
    values = dataset.numbers(name)
    with np.errstate(invalid="ignore"):
        if what == "infinite":
            return np.isinf(values)
        return values < float(item["at"]) if what == "below" else values > float(item["at"])


def _independent(dataset: Dataset) -> int:
    codes = entity_codes(dataset)
    return len(dataset) if codes is None else len(np.unique(codes))


def _nulls(scene: Scene, tests: Tests, name: str) -> Iterator[Suspect]:
    seen, hit = int(scene.real.nulls(name).sum()), scene.synthetic.nulls(name)
    if not seen and not hit.any():
        return
    p_value = tests.lacking(seen, hit)
    if not seen:
        yield Suspect({"column": name, "what": "null"}, hit, f"no value of {name!r}, which real rows always have", p_value)


def _levels(scene: Scene, tests: Tests, name: str) -> list[Suspect]:
    n = len(scene.real)
    column = scene.synthetic.table.column(name)
    codes = value_codes([scene.real.table.column(name), column])
    real, own = codes[:n], codes[n:]
    size = int(codes.max(initial=-1)) + 1
    seen = np.bincount(real[real >= 0], minlength=size)
    times = np.bincount(own[own >= 0], minlength=size)
    least = np.log(20.0) / max(n, 1) * len(codes)  # rarer ones could well be missing
    found: list[Suspect] = []
    for level in np.flatnonzero(seen + times >= least):
        hit = own == level
        p_value = tests.lacking(int(seen[level]), hit)
        if not seen[level]:
            text = str(level_texts(pa.chunked_array([column.take([int(np.argmax(hit))]).combine_chunks()])).to_pylist()[0])
            item = {"column": name, "what": "level", "level": text}
            found.append(Suspect(item, hit, f"a level of {name!r} that no real row has", p_value))
    for most in RARE:
        rare = (seen + times <= most) & (seen + times > 0)
        if not rare.any():
            continue
        hit = np.append(rare, False)[own]
        p_value = tests.lacking(int(seen[rare].sum()), hit)
        if not seen[rare].any():
            item = {"column": name, "what": "rare", "share": most / len(codes)}
            found.append(Suspect(item, hit, f"rare levels of {name!r}, of which no real row has any", p_value))
    return found


def _numbers(scene: Scene, tests: Tests, name: str) -> Iterator[Suspect]:
    real, own = scene.real.numbers(name), scene.synthetic.numbers(name)
    endless = np.isinf(own)
    if np.isinf(real).any() or endless.any():
        p_value = tests.lacking(int(np.isinf(real).sum()), endless)
        if not np.isinf(real).any():
            yield Suspect({"column": name, "what": "infinite"}, endless, f"infinite values of {name!r}", p_value)
    known = np.sort(real[np.isfinite(real)])
    if len(known) < 2 * ENDS:
        return
    own = np.where(endless, np.nan, own)
    for what, sign in (("below", 1.0), ("above", -1.0)):
        ends, cells = np.sort(sign * known), sign * own
        border = _border(ends, what == "below" and scene.schema.column(name).kind == "numeric")
        with np.errstate(invalid="ignore"):
            if border is not None:
                hit = cells < border
                words = f"values of {name!r} {what} {sign * border:.6g}, a border that no real row crosses"
            else:
                end, middle = float(ends[:ENDS].mean()), float(np.median(ends))
                border = end - (middle - end)
                hit = cells < border
                between = float(((cells >= border) & (cells < end)).mean()) - 2 * ENDS / len(ends)
                words = f"values of {name!r} further out than any real one by the width of the real ones"
                if border >= ends[0] or between > GAP * hit.mean():
                    tests.lacking(int((ends < border).sum()), hit)
                    continue
        if hit.any() and not (ends < border).any():
            yield Suspect({"column": name, "what": what, "at": float(sign * border)}, hit, words, tests.lacking(0, hit))


def _border(ends: np.ndarray, signed: bool) -> float | None:
    """Give a value that real rows never go below, where they say there is one: zero, or one on which many of them lie."""
    if signed and ends[0] >= 0 and ends[0] < np.median(ends):
        return 0.0 if np.count_nonzero(ends == ends[0]) < max(ENDS, AT_END * len(ends)) else float(ends[0])
    if np.count_nonzero(ends == ends[0]) >= max(ENDS, AT_END * len(ends)):
        return float(ends[0])
    return None
