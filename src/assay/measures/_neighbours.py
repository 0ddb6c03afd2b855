"""Nearest rows across real, synthetic and holdout, searched once for all measures that ask."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pyarrow as pa

from assay.core.errors import NotApplicable
from assay.core.protocols import Context
from assay.data.codec import Codec
from assay.data.dataset import Dataset
from assay.measures._rows import rows
from assay.stats.neighbours import QUERY_BLOCK, References
from assay.stats.rowhash import matrix_digests

MOST_QUERIES = 5_000
LEAST_QUERIES = 1_000
MOST_WORK = 4e11
MISALIGNED = 0.1


class Near(NamedTuple):
    """Distances to the two nearest DIFFERENT rows of a table, of shape (queries, 2) each.

    Queries are drawn rows of real, synthetic and holdout (``*_queries``: their positions); the row itself and its exact
    duplicates are never its own neighbours. ``aligned`` is the synthetic table with the centre and spread of each number
    moved onto the real ones, None where they are there already. What needs a holdout is None without one. ``*_once`` tells, of
    shape (queries,), whether the nearest real row occurs once among the real ones: only such a row can be copied visibly.
    """

    real_queries: np.ndarray
    synthetic_queries: np.ndarray
    holdout_queries: np.ndarray
    sampled: bool
    real_real: np.ndarray
    synthetic_real: np.ndarray
    aligned_real: np.ndarray | None
    holdout_real: np.ndarray | None
    real_holdout: np.ndarray | None
    holdout_holdout: np.ndarray | None
    real_synthetic: np.ndarray | None
    holdout_synthetic: np.ndarray | None
    real_aligned: np.ndarray | None
    holdout_aligned: np.ndarray | None
    real_once: np.ndarray
    synthetic_once: np.ndarray
    aligned_once: np.ndarray | None
    holdout_once: np.ndarray | None


def near(context: Context) -> Near:
    """Search once per check."""
    return context.share("near", lambda: _search(context))


def _search(context: Context) -> Near:
    schema = context.schema
    if not schema.modelled:
        raise NotApplicable("no column carries a distribution: there is no distance between rows.")
    same = rows(context)
    codec: Codec = context.share("codec", lambda: Codec(schema).fit(context.real))
    tables = {"real": context.real, "synthetic": context.synthetic, "aligned": aligned(context)}
    numbers = {"real": same.real, "synthetic": same.synthetic, "aligned": same.synthetic}
    if context.holdout is not None:
        tables["holdout"], numbers["holdout"] = context.holdout, same.holdout
    matrices: dict[str, np.ndarray] = {}
    for name, table in tables.items():
        if table is not None:
            matrices[name] = context.share(f"distance:{name}", lambda table=table: codec.distance(table))
    if "aligned" not in matrices:
        del numbers["aligned"]
    matrices = _varying(matrices)
    pairs = [("real", "real"), ("synthetic", "real")]
    pairs += [("aligned", "real")] if "aligned" in matrices else []
    if "holdout" in matrices:
        pairs += [("holdout", "real"), ("real", "holdout"), ("holdout", "holdout")]
        pairs += [(query, other) for other in ("synthetic", "aligned") if other in matrices for query in ("real", "holdout")]
    # floating-point operations of one query of each table
    work = 2.0 * max(matrices["real"].shape[1], 1) * sum(len(matrices[other]) for _, other in pairs)
    most = int(np.clip(MOST_WORK / work, LEAST_QUERIES, MOST_QUERIES))
    chosen = {name: draw(matrices[name], most, context.rng("neighbours", name)) for name in matrices if name != "aligned"}
    if "aligned" in matrices:
        chosen["aligned"] = chosen["synthetic"]
    first = {name: _first(ids) for name, ids in numbers.items()}
    references = {
        name: context.share(f"references:{name}", lambda name=name: References(matrices[name][first[name][0]]))
        for name in dict.fromkeys(other for _, other in pairs)
    }
    tasks: list[tuple[References, np.ndarray, int, np.ndarray | None]] = []
    sizes: list[int] = []
    for query, other in pairs:
        picked = chosen[query]
        itself = first[other][1][picked] if query == other else None
        starts = range(0, len(picked), QUERY_BLOCK)
        for start in starts:
            part = slice(start, start + QUERY_BLOCK)
            tasks.append((references[other], matrices[query][picked[part]], 2, None if itself is None else itself[part]))
        sizes.append(len(starts))
    # threads, not processes: matrix products release the interpreter, and copying the tables would take longer than searching
    done = context.map(References.nearest, tasks)
    ends = np.cumsum(sizes)
    once = same.times[same.real[first["real"][0]]] == 1
    found: dict[str, np.ndarray] = {}
    for (query, other), end, size in zip(pairs, ends, sizes, strict=True):
        found[f"{query}_{other}"] = np.concatenate([part[0] for part in done[end - size : end]])
        if other == "real":
            found[f"{query}_once"] = once[np.concatenate([part[1][:, 0] for part in done[end - size : end]])]
    return Near(
        chosen["real"],
        chosen["synthetic"],
        chosen.get("holdout", np.empty(0, dtype=np.int64)),
        any(len(chosen[name]) < len(matrices[name]) for name in matrices),
        *(found.get(field) for field in Near._fields[4:]),  # type: ignore[arg-type]
    )


def aligned(context: Context) -> Dataset | None:
    """Align the synthetic table once per check."""
    return context.share("aligned", lambda: align(context.real, context.synthetic))


def align(real: Dataset, synthetic: Dataset) -> Dataset | None:
    """Move median and interquartile range of each number in the synthetic table onto the real ones.

    Returns
    -------
    Dataset or None
        None where no column is off by more than a tenth of its spread. An attacker who knows that a constant was added to
        all rows, or a unit was changed, undoes it first.
    """
    table, moved = synthetic.table, False
    for column in synthetic.schema.columns:
        if not column.ordered or column.name not in synthetic.schema.features:
            continue
        numbers, target = synthetic.numbers(column.name), real.numbers(column.name)
        if np.isnan(numbers).all() or np.isnan(target).all():
            continue
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            centre, spread, mean, deviation = _place(numbers)
            real_centre, real_spread, real_mean, real_deviation = _place(target)
            scale = real_spread if real_spread > 0 else real_deviation
            shifted = min(abs(centre - real_centre), abs(mean - real_mean)) > MISALIGNED * scale
            ratio = real_spread / spread if min(spread, real_spread) > 0 else 1.0
            stretched = (
                min(abs(np.log(ratio)), abs(np.log(max(real_deviation, 1e-300) / max(deviation, 1e-300)))) > 2 * MISALIGNED
            )
            ratio = ratio if stretched else 1.0
            onto = (numbers - centre) * ratio + real_centre
        if not (shifted or stretched) or not np.isfinite([ratio, scale, centre, real_centre]).all():
            continue
        field = pa.field(column.name, pa.float64())
        values = pa.array(onto, mask=~np.isfinite(onto))
        table, moved = table.set_column(table.column_names.index(column.name), field, values), True
    return Dataset(table, synthetic.schema, name="aligned synthetic") if moved else None


def _place(numbers: np.ndarray) -> tuple[float, float, float, float]:
    """Give median, interquartile range, and mean and deviation of the values between the 5% and 95% points."""
    edge, low, centre, high, end = np.nanquantile(numbers, (0.05, 0.25, 0.5, 0.75, 0.95))
    inner = np.clip(numbers, edge, end)
    return float(centre), float(high - low), float(np.nanmean(inner)), float(np.nanstd(inner))


def _varying(matrices: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Leave out columns that are the same in all rows of all tables: they add nothing to a distance."""
    example = matrices["real"][:1]
    varying = np.logical_or.reduce([(matrix != example).any(axis=0) for matrix in matrices.values()])
    return matrices if varying.all() else {name: matrix[:, varying] for name, matrix in matrices.items()}


def draw(matrix: np.ndarray, most: int, rng: np.random.Generator) -> np.ndarray:
    """Draw at most so many rows of a matrix by what they are, not by where they stand: any order gives the same ones."""
    if len(matrix) <= most:
        return np.arange(len(matrix))
    return np.sort(np.argsort(matrix_digests(matrix), kind="stable")[rng.choice(len(matrix), most, replace=False)])


def _first(ids: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Give the first row of each kind in row order, and for every row the place of its kind among them."""
    _, first, inverse = np.unique(ids, return_index=True, return_inverse=True)
    order = np.argsort(first)
    place = np.empty(len(first), dtype=np.int64)
    place[order] = np.arange(len(first))
    return first[order], place[inverse]
