"""Fresh identifiers: unique, of the same style, never real."""

import re
import uuid
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pytest

from assay.core.errors import InputError
from assay.generators._identifiers import FreshIds

RNG = np.random.default_rng(0)
STYLES = {
    "counter": (pa.array(range(1, 301)), r"\d+"),
    "scattered": (pa.array(RNG.choice(10**9, 300, replace=False)), r"\d{1,9}"),
    "padded": (pa.array([f"C{number:05d}" for number in range(300)]), r"C\d{5}"),
    "uuid": (pa.array([str(uuid.UUID(bytes=RNG.bytes(16))) for _ in range(300)]), r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"),
    "plate": (
        pa.array([f"{chr(65 + n % 26)}{chr(65 + n // 26)}-{n * 37 % 1000:03d}x" for n in range(300)]),
        r"[A-Z]{2}-\d{3}x?[a-z]?",
    ),
    "decimal": (pa.array([Decimal(number) for number in range(300)], pa.decimal128(12, 0)), r"\d+"),
    "time": (pa.array(range(1000, 1300), pa.timestamp("s")), r".*"),
    "float": (pa.array(RNG.random(300)), r"0\.\d+(e-\d+)?"),
    "uint8": (pa.array(range(150), pa.uint8()), r"\d{1,3}"),
}


@pytest.mark.parametrize(("cells", "pattern"), STYLES.values(), ids=STYLES)
def test_fresh_unique_and_in_style(cells, pattern):
    fresh = FreshIds.learn("id", pa.chunked_array([cells]), repeats=False).draw(100, np.random.default_rng(1))
    drawn = fresh.to_pylist()
    assert fresh.type == cells.type
    assert len(set(drawn)) == 100
    assert not set(drawn) & set(cells.to_pylist())
    assert all(re.fullmatch(pattern, str(cell)) for cell in drawn), drawn[:3]


def test_nulls_keep_their_share():
    cells = pa.chunked_array([pa.array([None] * 100 + list(range(300)))])
    drawn = FreshIds.learn("id", cells, repeats=False).draw(2000, np.random.default_rng(1))
    assert 0.21 < drawn.null_count / 2000 < 0.29


def test_all_null_stays_null():
    cells = pa.chunked_array([pa.nulls(5, pa.string())])
    assert FreshIds.learn("id", cells, repeats=False).draw(3, np.random.default_rng(1)).to_pylist() == [None] * 3


def test_an_entity_has_as_many_rows_as_real_ones():
    cells = pa.chunked_array([pa.array([f"P{number}" for number in range(200) for _ in range(1 + 4 * (number % 2))])])
    drawn = FreshIds.learn("patient", cells, repeats=True).draw(600, np.random.default_rng(1)).to_pylist()
    sizes = np.unique(drawn, return_counts=True)[1]
    assert set(sizes.tolist()) <= {1, 2, 3, 4, 5}
    assert 0.35 < (sizes == 1).mean() < 0.65
    assert not set(drawn) & set(cells.to_pylist())


def test_no_room_is_an_error_not_a_hang():
    full = FreshIds.learn("id", pa.chunked_array([pa.array(range(250), pa.uint8())]), repeats=False)
    with pytest.raises(InputError, match="no room for 100 fresh identifiers of type uint8"):
        full.draw(100, np.random.default_rng(1))
    one = FreshIds.learn("code", pa.chunked_array([pa.array(list("abcdefghijklmnopqrstuvwxyz"))]), repeats=False)
    assert len(set(one.draw(40, np.random.default_rng(1)).to_pylist())) == 40
