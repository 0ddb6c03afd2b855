"""Arbitrary checks: tables of recipes, synthetic tables derived from real ones, and any options."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.csv as pv
import pyarrow.parquet as pq
from columns import ACCEPTED, RECIPES
from hypothesis import strategies as st

from assay.data.dtypes import plain_column

NAMES = [
    "x",
    "y",
    "age",
    "customer_id",
    "0",
    "1",
    " ",
    "two words",
    "a-b",
    "a`b",
    "line\nbreak",
    "=cmd",
    "../up",
    "<script>",
    "nan",
]
NAMES += [
    "שלום",
    "z\u200bz",
    "\u202eevil",
    "select",
    'quo"te',
    "Age",
    "x" * 5000,
    "column0",
    "count",
    "rows",
    "_weight",
    "NULL",
    "é",
    "e\u0301",
]
DAMAGES = [
    "redraw",
    "redraw",
    "redraw",
    "same",
    "shuffle rows",
    "shuffle columns apart",
    "bootstrap",
    "perturb",
    "few rows",
    "one row many times",
    "drop column",
    "rename column",
    "extra column",
    "all text",
    "null column",
    "constant column",
    "other recipe",
    "new level",
    "reorder columns",
]
FORMS = ["arrow", "arrow", "pandas", "polars", "parquet", "csv", "jsonl"]
ROWS = [0, 1, 2, 3, 10, 19, 20, 21, 30, 40, 60, 100, 200]


@dataclass(frozen=True)
class Case:
    """One call of check: real, synthetic, holdout, options, and in which form the tables are given."""

    recipes: tuple[str, ...]
    names: tuple[str, ...]
    rows: tuple[int, int, int]
    damage: str
    holdout: str
    form: str
    numbered: bool
    options: dict[str, Any] = field(default_factory=dict)
    seed: int = 0
    twice: bool = False

    def tables(self) -> tuple[pa.Table, pa.Table, pa.Table | None]:
        """Draw the tables."""
        rng = np.random.default_rng(self.seed)
        real = self._drawn(rng, self.rows[0])
        synthetic = self._damaged(real, rng)
        others = {
            "none": lambda: None,
            "redraw": lambda: self._drawn(rng, self.rows[2]),
            "same": lambda: real,
            "part": lambda: _taken(real, rng.integers(0, max(len(real), 1), self.rows[2])),
            "of other columns": lambda: self._drawn(rng, self.rows[2]).rename_columns([f"{name}!" for name in self.names]),
        }
        return real, synthetic, others[self.holdout]()

    def _drawn(self, rng: np.random.Generator, rows: int) -> pa.Table:
        return pa.Table.from_arrays([RECIPES[recipe](rng, rows) for recipe in self.recipes], names=list(self.names))

    def _damaged(self, real: pa.Table, rng: np.random.Generator) -> pa.Table:
        rows, width = len(real), real.num_columns
        at = int(rng.integers(0, width))
        name = self.names[at]
        match self.damage:
            case "same":
                return real
            case "shuffle rows":
                return _taken(real, rng.permutation(rows))
            case "bootstrap":
                return _taken(real, rng.integers(0, max(rows, 1), self.rows[1]))
            case "few rows":
                return self._drawn(rng, int(rng.integers(0, 25)))
            case "one row many times":
                return _taken(real, np.zeros(self.rows[1], dtype=np.int64))
            case "shuffle columns apart":
                columns = [_taken(real.select([each]), rng.permutation(rows)).column(0) for each in range(width)]
                return pa.Table.from_arrays(columns, names=real.column_names)
            case "perturb":
                return pa.Table.from_arrays([_perturbed(column, rng) for column in real.columns], names=real.column_names)
        drawn = self._drawn(rng, self.rows[1])
        size = len(drawn)
        match self.damage:
            case "drop column":
                return drawn.remove_column(at)
            case "rename column":
                return drawn.rename_columns([*self.names[:at], name + "2", *self.names[at + 1 :]])
            case "extra column":
                return drawn.append_column("an extra one", pa.array(range(size)))
            case "all text":
                return pa.Table.from_arrays([_as_text(column) for column in drawn.columns], names=drawn.column_names)
            case "null column":
                return drawn.set_column(at, name, pa.nulls(size, drawn.column(at).type))
            case "constant column":
                return drawn.set_column(at, name, pa.array(np.full(size, 3.0)))
            case "other recipe":
                return drawn.set_column(at, name, RECIPES[str(rng.choice(list(ACCEPTED)))](rng, size))
            case "new level":
                return drawn.set_column(at, name, pa.array(["a level that real has not"] * size, pa.string()))
            case "reorder columns":
                return drawn.select([int(each) for each in rng.permutation(width)])
        return drawn

    def sources(self, folder: Path) -> list[Any]:
        """Give the tables in the case's form; a form that cannot hold them gives way to Arrow."""
        parts = zip(("real", "synthetic", "holdout"), self.tables(), strict=True)
        return [None if table is None else self._formed(table, folder / role) for role, table in parts]

    def _formed(self, table: pa.Table, stem: Path) -> Any:
        try:
            match self.form:
                case "pandas":
                    frame = table.to_pandas()
                    return frame.set_axis(range(frame.shape[1]), axis=1) if self.numbered else frame
                case "polars":
                    return pl.DataFrame(table)
                case "parquet":
                    pq.write_table(table, path := stem.with_suffix(".parquet"))
                    return path
                case "csv":
                    pv.write_csv(table, path := stem.with_suffix(".csv"))
                    return path
                case "jsonl":
                    path = stem.with_suffix(".jsonl")
                    text = pd.DataFrame(table.to_pandas()).to_json(orient="records", lines=True, force_ascii=False)
                    path.write_text(text, encoding="utf-8", errors="surrogatepass")
                    return path
        except (Exception, pl.exceptions.PanicException):  # whatever the other library says, it is its own
            return table
        return table


def _taken(table: pa.Table, rows: np.ndarray) -> pa.Table:
    if len(table) == 0:
        return table
    return pa.Table.from_arrays([plain_column(column) for column in table.columns], names=table.column_names).take(
        pa.array(rows, pa.int64())
    )


def _perturbed(column: pa.ChunkedArray, rng: np.random.Generator) -> pa.ChunkedArray:
    if not pa.types.is_floating(column.type) or pa.types.is_float16(column.type):
        return column
    with np.errstate(over="ignore", invalid="ignore"):
        moved = column.to_numpy() * (1 + 1e-9 * rng.normal(size=len(column)))
    return pa.chunked_array([pa.array(np.where(np.isinf(moved), 0.0, moved), column.type)])


def _as_text(column: pa.ChunkedArray) -> pa.ChunkedArray:
    if pa.types.is_duration(column.type):
        column = column.cast(pa.int64())
    return pa.chunked_array([pa.array([None if cell is None else str(cell) for cell in column.to_pylist()], pa.string())])


@st.composite
def cases(draw: st.DrawFn, recipes: tuple[str, ...] = tuple(ACCEPTED), most_rows: int = 200) -> Case:
    """Draw a case; a few have a column of a type that is refused, or names that are."""
    width = draw(st.integers(1, 12))
    chosen = draw(st.lists(st.sampled_from(recipes), min_size=width, max_size=width))
    if draw(st.integers(0, 19)) == 0:
        chosen[0] = draw(st.sampled_from(list(RECIPES)))
    plain = [f"c{at}" for at in range(width)]
    wild = st.lists(st.one_of(st.sampled_from(NAMES), st.text(max_size=12)), min_size=width, max_size=width, unique=True)
    names = draw(st.one_of(st.just(plain), st.just(plain), wild))
    names = [name.encode("utf-8", "replace").decode() for name in names]
    sizes = [size for size in ROWS if size <= most_rows]
    common = sizes[-3:] * 4 + sizes
    rows = tuple(draw(st.sampled_from(common)) for _ in range(3))
    column = st.sampled_from([*names, names[0]])
    options: dict[str, Any] = {"policy": draw(st.sampled_from(["train", "train", "augment", "share", "test"]))}
    optional = {
        "target": (3, column),
        "entity": (1, column),
        "time": (1, column),
        "task": (1, st.sampled_from(["binary", "multiclass", "regression"])),
        "positive": (1, st.sampled_from(["yes", 1, True, "nothing like it"])),
        "budget": (1, st.sampled_from([1e-6, 0.2])),
        "null": (1, st.sampled_from(["NA", "", "?", "a", "0"])),
    }
    for name, (weight, strategy) in optional.items():
        if draw(st.integers(0, 5)) < weight:
            options[name] = draw(strategy)
    if draw(st.integers(0, 5)) == 0:
        options["sensitive"] = tuple(draw(st.lists(column, max_size=2)))
    return Case(
        tuple(chosen),
        tuple(names),
        rows,  # type: ignore[arg-type]
        draw(st.sampled_from(DAMAGES)),
        draw(st.sampled_from(["redraw"] * 5 + ["none", "none", "same", "part", "of other columns"])),
        draw(st.sampled_from(FORMS)),
        draw(st.booleans()),
        options,
        draw(st.integers(0, 2**32 - 1)),
        draw(st.integers(0, 3)) == 0,
    )
