"""The search for rules between columns: first on a few rows, which refute nearly all, then on all rows."""

# pyright: reportAttributeAccessIssue=false
# pyarrow.compute makes its functions at import, unseen by type checkers

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from assay.core.threads import one_thread
from assay.data.dataset import Dataset
from assay.data.schema import Constraint

PROBE_ROWS = 500
SMALLEST_SUMMED = 1e-100
QUANTILES = 256
CHANCE_TO_BREAK = 0.02
FEWEST_EVIDENCE = 1_000
FEWEST_INSIDE = 900
FEWEST_ON_GRID = 5_000
FEWEST_WITHOUT_NEIGHBOURS = 10_000
NEIGHBOURS = 0.005
NEAR = 0.1
FEWEST_PER_LEVEL = 10
COVERED = 0.9
MOST_LEVELS = 1_000
MOST_SUM_COLUMNS = 30
MOST_PAIR_COLUMNS = 200
FEWEST_VALUES = 10
FINEST_STEP = 0.01
STEPS = tuple(sorted((lead * 10.0**power for power in range(-4, 7) for lead in (1.0, 2.0, 2.5, 5.0)), reverse=True))


def inequalities(dataset: Dataset) -> list[Constraint]:
    """Find ordered pairs of numbers, or of dates, in which the first never exceeds the second."""
    out: list[Constraint] = []
    modelled = set(dataset.schema.modelled)
    numeric = [name for name in dataset.schema.of_kind("numeric") if not _is_duration(dataset, name)]
    for names in (numeric, dataset.schema.of_kind("datetime")):
        names = [name for name in names if name in modelled][:MOST_PAIR_COLUMNS]
        if len(names) < 2:
            continue
        values = np.column_stack([dataset.numbers(name) for name in names])
        quantiles = [_quantiles(values[:, position]) for position in range(len(names))]
        probe = values[_spread(len(values), PROBE_ROWS)]
        for low in range(len(names)):
            with np.errstate(invalid="ignore"):
                refuted = (probe[:, [low]] > probe).any(axis=0)
            out += [
                Constraint("inequality", (names[low], names[high]))
                for high in np.flatnonzero(~refuted)
                if high != low and _opportunity(quantiles[low], quantiles[high]) and _never_above(values[:, low], values[:, high])
            ]
    return _without_implied(out)


def functional(dataset: Dataset) -> list[tuple[str, str]]:
    """Find pairs of columns of which the first determines the second."""
    names, codes, counts = _levels(dataset)
    if len(names) < 2:
        return []
    found: list[tuple[int, int]] = []
    probe_rows = _spread(len(dataset), 4 * PROBE_ROWS)
    probe = codes[:, probe_rows]
    varied = np.array([_differs(count) >= CHANCE_TO_BREAK for count in counts])
    for a in range(len(names)):
        if not _enough(counts[a]):
            continue
        order = np.argsort(probe[a], kind="stable")
        same = np.diff(probe[a][order]) == 0
        left, right = probe[:, order[:-1]][:, same], probe[:, order[1:]][:, same]
        apart = ((left != right) & (left >= 0) & (right >= 0)).any(axis=1)
        candidates = np.flatnonzero(~apart & varied)
        found += [
            (a, int(b)) for b in candidates if b != a and len(counts[b]) <= len(counts[a]) and _determines(codes[a], codes[b])
        ]
    pairs = [(a, b) for a, b in found if not ((b, a) in found and b < a)]
    return [(names[a], names[b]) for a, b in pairs if not any((a, c) in pairs and (c, b) in pairs for c in range(len(names)))]


def sums(dataset: Dataset, *, fewest: int = FEWEST_EVIDENCE) -> list[Constraint]:
    """Find columns of numbers that are the sum of others in all of at least `fewest` rows, in tables of at most 30 of them."""
    modelled = set(dataset.schema.modelled)
    names = [name for name in dataset.schema.of_kind("numeric") if name in modelled]
    if not 3 <= len(names) <= MOST_SUM_COLUMNS:
        return []
    values = np.column_stack([dataset.numbers(name) for name in names])
    whole = values[~np.isnan(values).any(axis=1)]
    if len(whole) < fewest:
        return []
    size = np.abs(whole).max(axis=0)
    lively = ((whole != 0).mean(axis=0) > FINEST_STEP) & (whole.min(axis=0) < whole.max(axis=0))
    lively &= (size > SMALLEST_SUMMED) & (size < 1.0 / SMALLEST_SUMMED)  # products and sums of the others leave the doubles
    names = [name for name, kept in zip(names, lively, strict=True) if kept]
    whole = whole[:, lively]
    probe = whole[_spread(len(whole), 64)]
    out: list[Constraint] = []
    for total in range(len(names)):
        candidates = (*_two_parts(probe, total), *_many_parts(whole[_spread(len(whole), PROBE_ROWS)], total))
        out += [
            Constraint("sum", (*(names[part] for part in parts), names[total]))
            for parts in candidates
            if _adds_up(whole, parts, total)
        ]
    return list({frozenset(rule.columns): rule for rule in out}.values())


def grids(dataset: Dataset, *, fewest: int = FEWEST_ON_GRID) -> list[Constraint]:
    """Find columns of numbers whose values, at least `fewest`, are all multiples of a step that is coarse for their spread."""
    out: list[Constraint] = []
    modelled = set(dataset.schema.modelled)
    for name in dataset.schema.of_kind("numeric"):
        kind = dataset.table.column(name).type
        if name not in modelled or pa.types.is_duration(kind):
            continue
        values = dataset.numbers(name)
        values = values[~np.isnan(values)]
        levels = np.unique(values[values != 0.0])
        if len(values) < fewest or len(levels) < FEWEST_VALUES:
            continue
        finest = max(1.0 if pa.types.is_integer(kind) else 0.0, FINEST_STEP * float(np.std(values)))
        epsilon = float(np.finfo(np.float32 if pa.types.is_float32(kind) else np.float64).eps)
        for step in STEPS:
            if step < finest or (step == 1.0 and pa.types.is_integer(kind)):
                break
            if np.abs(levels).max() / step * epsilon < 0.01 and not off_grid(levels / step, epsilon).any():
                out.append(Constraint("grid", (name,), {"step": step}))
                break
    return out


def off_grid(counts: np.ndarray, epsilon: float) -> np.ndarray:
    """Mark the multiples of a step, of shape (n,), that are not whole: within rounding, and never nothing for something."""
    whole = np.round(counts)
    apart = np.abs(counts - whole) > np.maximum(1e-6, 4.0 * np.abs(counts) * epsilon)
    return apart | ((whole == 0) & (counts != 0))


def _spread(rows: int, most: int) -> np.ndarray:
    """Give positions spread evenly over the rows."""
    return np.unique(np.linspace(0, rows - 1, min(rows, most)).astype(np.int64))


def _is_duration(dataset: Dataset, name: str) -> bool:
    return pa.types.is_duration(dataset.table.column(name).type)


def _quantiles(values: np.ndarray) -> np.ndarray:
    values = np.sort(values[~np.isnan(values)])
    return values[_spread(len(values), QUANTILES)] if len(values) else values


def _opportunity(low: np.ndarray, high: np.ndarray) -> bool:
    """Whether values paired at random would break the rule often enough to speak of one."""
    if not len(low) or not len(high):
        return False
    return float(np.mean(1.0 - np.searchsorted(low, high, side="right") / len(low))) >= CHANCE_TO_BREAK


def _never_above(low: np.ndarray, high: np.ndarray) -> bool:
    both = ~(np.isnan(low) | np.isnan(high))
    low, high = low[both], high[both]
    if len(low) < FEWEST_EVIDENCE or (low > high).any() or not (low != high).any():
        return False
    gap = (high - low)[(low > low.min()) & (high < high.max())]  # a row at the end of the range could not break the rule
    near = gap <= NEAR * np.median(gap) if len(gap) else gap
    return len(gap) >= FEWEST_WITHOUT_NEIGHBOURS or (len(gap) >= FEWEST_INSIDE and bool(near.mean() >= NEIGHBOURS))


def _without_implied(rules: list[Constraint]) -> list[Constraint]:
    pairs = {rule.columns for rule in rules}
    names = {name for pair in pairs for name in pair}
    return [
        rule
        for rule in rules
        if not any((rule.columns[0], middle) in pairs and (middle, rule.columns[1]) in pairs for middle in names)
    ]


def _levels(dataset: Dataset) -> tuple[list[str], np.ndarray, list[np.ndarray]]:
    """Give names, codes of shape (columns, rows), -1 where null, and level counts of the columns with 2 to 1,000 levels."""
    names: list[str] = []
    codes: list[np.ndarray] = []
    counts: list[np.ndarray] = []
    for name in dataset.schema.modelled[:MOST_PAIR_COLUMNS]:
        encoded = pc.dictionary_encode(dataset.table.column(name)).combine_chunks()
        if 2 <= len(encoded.dictionary) <= MOST_LEVELS:
            code = np.asarray(pc.fill_null(encoded.indices, -1)).astype(np.int32)
            names.append(name)
            codes.append(code)
            counts.append(np.bincount(code[code >= 0], minlength=len(encoded.dictionary)))
    return names, np.array(codes).reshape(len(names), len(dataset)), counts


def _differs(counts: np.ndarray) -> float:
    """Give the chance that two random rows differ."""
    shares = counts / max(counts.sum(), 1)
    return float(1.0 - np.sum(shares**2))


def _enough(counts: np.ndarray) -> bool:
    backed = counts[counts >= FEWEST_PER_LEVEL].sum()
    return bool(backed >= max(FEWEST_EVIDENCE, COVERED * counts.sum()) and len(counts) * 5 <= counts.sum())


def _determines(first: np.ndarray, second: np.ndarray) -> bool:
    both = (first >= 0) & (second >= 0)
    first, second = first[both], second[both]
    if len(first) < FEWEST_EVIDENCE:
        return False
    partner = np.zeros(first.max() + 1, dtype=second.dtype)
    partner[first] = second
    return bool((partner[first] == second).all())


def _two_parts(probe: np.ndarray, total: int) -> Iterator[tuple[int, ...]]:
    others = [column for column in range(probe.shape[1]) if column != total]
    for at, first in enumerate(others[:-1]):
        rest = others[at + 1 :]
        gap = np.abs(probe[:, [first]] + probe[:, rest] - probe[:, [total]])
        scale = np.abs(probe[:, [first]]) + np.abs(probe[:, rest]) + 1e-9
        for position in np.flatnonzero((gap <= 1e-6 * scale).all(axis=0)):
            yield (first, rest[int(position)])


def _many_parts(probe: np.ndarray, total: int) -> Iterator[tuple[int, ...]]:
    others = [column for column in range(probe.shape[1]) if column != total]
    scale = np.abs(probe).max(axis=0)
    with one_thread():
        weights = np.linalg.lstsq(probe[:, others] / scale[others], probe[:, total] / scale[total], rcond=1e-10)[0]
    weights = weights * scale[total] / scale[others]
    parts = tuple(column for column, weight in zip(others, weights, strict=True) if abs(weight - 1.0) < 1e-3)
    if len(parts) > 2:
        yield parts


def _adds_up(values: np.ndarray, parts: tuple[int, ...], total: int) -> bool:
    chosen = values[:, list(parts)]
    size = np.abs(chosen).sum(axis=1)
    if (np.abs(chosen.sum(axis=1) - values[:, total]) > 1e-6 * np.maximum(size, 1e-9)).any():
        return False
    busy = (chosen != 0).sum(axis=1) >= 2
    copies = (np.abs(chosen - values[:, [total]]) <= 1e-9 * np.abs(values[:, [total]])).all(axis=0)
    return bool(busy.mean() > FINEST_STEP and not copies.any())
