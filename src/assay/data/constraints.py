"""Rules that every real row keeps, and the rows of another table that break them."""

# pyright: reportAttributeAccessIssue=false
# pyarrow.compute makes its functions at import, unseen by type checkers

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from assay.data.dataset import Dataset
from assay.data.mining import functional, grids, inequalities, off_grid, sums
from assay.data.schema import Constraint
from assay.data.target import level_texts
from assay.data.validate import short

FEWEST_ROWS = 1_000
FEWEST_BEHIND_LEVEL = 10


def mine(real: Dataset, holdout: Dataset | None = None) -> tuple[Constraint, ...]:
    """Find rules that all rows of real and holdout keep and that another real sample would keep too.

    Parameters
    ----------
    real, holdout : Dataset
        Real rows; each rule must hold in every row of both.

    Returns
    -------
    tuple of Constraint
        Inequalities, functional dependencies, unique keys, sums and grids, in this order. None from fewer than 1,000 rows: no
        violation in n rows bounds the share of violations by 3/n at 95%, so by 0.3% there and by 0.015% at 20,000.

    Notes
    -----
    A rule that holds for lack of opportunity says nothing, so each needs chances to be broken:

    - *inequality* a <= b, of two numbers or two dates: values paired at random must break it in at least 2% of rows, and
      900 rows not at the end of a range must keep it, of which half a percent come near to breaking it (a hard limit has
      neighbours, a thin tail has none), or 10,000 without neighbours;
    - *functional* a -> b: judged on levels of a with at least 10 rows, which must cover 90% of the rows and 1,000 of them, 5
      rows to a level on average, and b must differ in at least 2% of random pairs of rows. Only those levels and
      their partners are kept in ``parameters["pairs"]``. Of two columns that determine each other the first is kept, and
      what follows from two kept rules is left out;
    - *unique*: columns of kind ``id`` without a repeat;
    - *sum*: no part constant, no part zero in over 99% of rows, the total no copy of a part;
    - *grid*: the coarsest step of 1, 2, 2.5 or 5 times a power of ten, at least 1% of the standard deviation (finer ones are
      mere formatting) and coarser than what the type already says, with 10 or more different values in 5,000 rows.

    What it cannot see: rules with exceptions, rules of three columns other than sums, rules within groups, composite keys, sums
    in tables of more than 30 numeric columns.

    References
    ----------
    Hanley, J. A. and Lippman-Hand, A. (1983), "If nothing goes wrong, is everything all right?", JAMA 249(13).
    Huhtala, Y. et al. (1999), "TANE: an efficient algorithm for discovering functional and approximate dependencies",
    The Computer Journal 42(2).
    """
    rows = len(real) + (len(holdout) if holdout is not None else 0)
    if rows < FEWEST_ROWS:
        return ()
    together = real if holdout is None else _stacked(real, holdout)
    return (*inequalities(together), *_pairs(together), *_keys(together), *sums(together), *grids(together))


def violations(constraint: Constraint, dataset: Dataset) -> np.ndarray:
    """Mark the rows that break a rule.

    Parameters
    ----------
    constraint : Constraint
        From `mine` or the user.
    dataset : Dataset
        With the columns the rule names.

    Returns
    -------
    numpy.ndarray
        Booleans of shape (rows,). Rows with a null in a column of the rule keep it; of equal keys all but the first
        break it; a level that ``parameters["pairs"]`` does not name keeps its rule. Without pairs, rows that differ from their
        level's most frequent partner in this very table break it.

    Examples
    --------
    >>> from assay.data.infer import infer_schema
    >>> table = pa.table({"start": [1, 5, 3], "end": [2, 4, None]})
    >>> violations(Constraint("inequality", ("start", "end")), Dataset(table, infer_schema(table)))
    array([False,  True, False])
    """
    columns, parameters = constraint.columns, constraint.parameters
    if constraint.kind == "inequality":
        low, high = dataset.numbers(columns[0]), dataset.numbers(columns[1])
        return low > high + 1e-9 * np.abs(high)
    if constraint.kind == "sum":
        parts = np.column_stack([dataset.numbers(name) for name in columns[:-1]])
        total = dataset.numbers(columns[-1])
        return np.abs(parts.sum(axis=1) - total) > 1e-6 * np.maximum(np.abs(parts).sum(axis=1), 1e-9)
    if constraint.kind == "grid":
        values = dataset.numbers(columns[0]) / float(parameters["step"])
        return off_grid(values, _precision(dataset, columns[0]))
    if constraint.kind == "unique":
        return _repeats(dataset, columns)
    return _strangers(dataset, columns[0], columns[1], parameters.get("pairs"))


def phrase(constraint: Constraint) -> str:
    """Say a rule in words.

    Examples
    --------
    >>> phrase(Constraint("sum", ("net", "tax", "gross")))
    "'net' + 'tax' is 'gross'"
    """
    names = [short(name) for name in constraint.columns]
    if constraint.kind == "inequality":
        return f"{names[0]} is at most {names[1]}"
    if constraint.kind == "functional":
        return f"{names[0]} determines {names[1]}"
    if constraint.kind == "unique":
        return f"{' and '.join(names)} never repeat{'s' if len(names) == 1 else ' together'}"
    if constraint.kind == "sum":
        return f"{' + '.join(names[:-1])} is {names[-1]}"
    return f"{names[0]} is a multiple of {float(constraint.parameters['step']):g}"


def _stacked(real: Dataset, holdout: Dataset) -> Dataset:
    table = pa.concat_tables([real.table.replace_schema_metadata(), holdout.table.replace_schema_metadata()])
    return Dataset(table, real.schema)


def _pairs(dataset: Dataset) -> list[Constraint]:
    rules: list[Constraint] = []
    for first, second in functional(dataset):
        partners = _partners(dataset, first, second)
        rules.append(Constraint("functional", (first, second), {"pairs": partners}))
    return rules


def _partners(dataset: Dataset, first: str, second: str) -> list[list[str]]:
    """List the levels of one column with at least 10 rows, each with the level it determines, as text."""
    table = pa.table({"a": level_texts(dataset.table.column(first)), "b": level_texts(dataset.table.column(second))})
    counts = (
        table.filter(pc.and_(pc.is_valid(table["a"]), pc.is_valid(table["b"])))
        .group_by(["a", "b"])
        .aggregate([([], "count_all")])
    )
    kept = counts.filter(pc.greater_equal(counts["count_all"], FEWEST_BEHIND_LEVEL)).sort_by("a")
    return [[a, b] for a, b in zip(kept["a"].to_pylist(), kept["b"].to_pylist(), strict=True)]


def _keys(dataset: Dataset) -> list[Constraint]:
    names = [column.name for column in dataset.schema.columns if column.kind == "id" and column.name != dataset.schema.entity]
    rules = [Constraint("unique", (name,)) for name in names]
    return [rule for rule in rules if not violations(rule, dataset).any() and dataset.nulls(rule.columns[0]).mean() < 0.5]


def _repeats(dataset: Dataset, columns: tuple[str, ...]) -> np.ndarray:
    rows = np.arange(len(dataset))
    table = dataset.table.select(list(columns)).replace_schema_metadata()
    keys = [f"key{position}" for position in range(len(columns))]
    first = table.rename_columns(keys).append_column("row", pa.array(rows)).group_by(keys).aggregate([("row", "min")])
    out = np.ones(len(dataset), dtype=bool)
    out[np.asarray(first["row_min"])] = False
    for name in columns:
        out &= ~dataset.nulls(name)
    return out


def _strangers(dataset: Dataset, first: str, second: str, pairs: list[list[str]] | None) -> np.ndarray:
    got, level = level_texts(dataset.table.column(second)), level_texts(dataset.table.column(first))
    if pairs is None:
        table = pa.table({"a": level, "b": got})
        counts = table.filter(pc.and_(pc.is_valid(level), pc.is_valid(got))).group_by(["a", "b"]).aggregate([([], "count_all")])
        counts = counts.sort_by([("count_all", "ascending"), ("b", "descending")])
        pairs = [list(pair) for pair in dict(zip(counts["a"].to_pylist(), counts["b"].to_pylist(), strict=True)).items()]
    known = pa.array([pair[0] for pair in pairs], pa.string())
    partner = pa.array([pair[1] for pair in pairs], pa.string())
    wanted = pc.take(partner, pc.index_in(level, value_set=known))
    return np.asarray(pc.fill_null(pc.not_equal(wanted, got), False).combine_chunks())


def _precision(dataset: Dataset, name: str) -> float:
    return float(np.finfo(np.float32 if pa.types.is_float32(dataset.table.column(name).type) else np.float64).eps)
