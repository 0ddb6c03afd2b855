"""Which conditions a box may have is not decided by the rows that a bet counts."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from assay.data.codec import Codec
from assay.data.dataset import Dataset
from assay.data.infer import infer_schema
from assay.remedies._boxes import NAMED, axes_of
from assay.remedies._hollows import classes_of

ROWS, SEEN = 300, 100
CODES = [f"c{at:02d}" for at in range(20)]


def tables(hidden: str | None) -> tuple[Dataset, Dataset]:
    """Draw levels, most of them of one kind in rows that are not seen."""
    rng = np.random.default_rng(0)
    codes = rng.choice(CODES, ROWS).astype("U4")
    codes[SEEN:] = np.where(rng.random(ROWS - SEEN) < 0.5, hidden or "gone", codes[SEEN:])
    gone = (np.arange(ROWS) >= SEEN) & (codes == "gone")
    real = pa.table(
        {
            "code": pa.array(codes.tolist(), mask=gone),
            "kind": rng.choice(["a", "b"], ROWS).tolist(),
            "x": pa.array(rng.normal(size=ROWS), mask=gone),
        }
    )
    other = pa.table({"code": rng.choice(CODES, 900).tolist(), "kind": ["a"] * 900, "x": rng.normal(size=900)})
    schema = infer_schema(real)
    return Dataset(real, schema), Dataset(other, schema)


def conditions(hidden: str | None, seen: np.ndarray, named: int) -> list[list[str]]:
    real, synthetic = tables(hidden)
    axes = axes_of(real, synthetic, Codec(real.schema).fit(real), seen, named)
    return [sorted(str(one) for one in axis.conditions) for axis in axes]


def test_rows_not_seen_have_no_say() -> None:
    seen = np.arange(ROWS) < SEEN
    assert conditions("c03", seen, 0) == conditions("c19", seen, 0) == conditions(None, seen, 0)


def test_what_is_written_down_has_ten_rows_behind_it() -> None:
    every = np.ones(ROWS, dtype=bool)
    for hidden in (*CODES[:3], None):
        real, _ = tables(hidden)
        counts = {entry["values"]: entry["counts"] for entry in real.table.column("code").value_counts().to_pylist()}
        (codes,) = (axis for axis in conditions(hidden, every, NAMED) if any("'code'" in one for one in axis))
        named = [text for text in counts if any(f"'{text}'" in one for one in codes)]
        assert named
        assert min(counts[text] for text in named) >= NAMED
        assert any("null" in one for one in codes) == (hidden is None)


def test_classes_are_those_of_rows_seen() -> None:
    table = pa.table({"x": np.arange(200.0), "y": ["a"] * 60 + ["b"] * 40 + ["c"] * 100})
    real = Dataset(table, infer_schema(table, target="y"))
    codec = Codec(real.schema).fit(real)
    assert classes_of(real, codec, np.arange(200) < 100, 0) == ["a", "b"]
    assert classes_of(real, codec, np.ones(200, dtype=bool), NAMED) == ["c", "a", "b"]
