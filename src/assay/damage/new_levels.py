"""A level that reality does not have: another spelling of one that it has."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pyarrow as pa

from assay.core.protocols import Damage
from assay.damage._columns import codes, drawn
from assay.data.dataset import Dataset
from assay.data.ground import Ground, Planted, replaced

LEAST_SHARE = 0.2
SPELLINGS: tuple[Callable[[str], str], ...] = (
    str.upper,
    str.lower,
    str.title,
    lambda level: f"{level} ",
    lambda level: f"{level}.",
)


class NewLevels(Damage):
    """Spell one level of a text column differently in some of its cells.

    Notes
    -----
    In capitals, in small letters, as a title, with a blank or with a full stop behind; never so that it meets another level. The
    level is drawn among those with a fifth of the rows or more, the cells among its own.
    """

    harm = "a column has a level that reality does not have"
    mechanism = "artefact"
    unit = "share of the rows with the level that reality does not have"
    severities = (0.0004, 0.002, 0.005, 0.02, 0.06, 0.15)
    harmless = 0.0004
    material = 0.02
    harmless_because = (
        "two rows of 5,000 are read as a level that is unknown: under half of the margin of .1%, and no model moves"
    )
    material_because = (
        "in one row of fifty an encoder meets a level that reality never shows: code stops, or the row is taken for an unknown. "
        "Margin .001, simultaneous half-width .007, standard error .002"
    )
    touches = "cells"

    def plant(self, ground: Ground, rng: np.random.Generator) -> Planted:
        """Plant it; see `assay.core.protocols.Damage.plant`."""
        names = [name for name in ground.schema.of_kind("categorical") if name in ground.schema.features]
        common = {name: _common(ground.spare, name) for name in names if _is_text(ground, name)}
        name = drawn([name for name, rows in common.items() if len(rows)], f"text with a level of {LEAST_SHARE:.0%} or more", rng)
        example = int(common[name][rng.integers(len(common[name]))])
        level = ground.spare.table.column(name)[example].as_py()
        known = {
            cell for part in (ground.real, ground.spare, ground.holdout) for cell in part.table.column(name).unique().to_pylist()
        }
        ways = [way(level) for way in SPELLINGS if way(level) not in known]
        other = ways[rng.integers(len(ways))]
        sound = ground.sound
        own = np.flatnonzero(codes(ground.spare, name)[: len(sound)] == codes(ground.spare, name)[example])
        places = rng.permutation(own)[: round(self.severity * len(sound))]
        return Planted(
            ground.real,
            _with(sound, name, other, places),
            ground.holdout,
            f"In {len(places):,} rows a level of {name!r} is spelled as it is nowhere in reality.",
            (name,),
            np.sort(places),
        )


def _is_text(ground: Ground, name: str) -> bool:
    kind = ground.spare.table.column(name).type
    kind = kind.value_type if pa.types.is_dictionary(kind) else kind
    return pa.types.is_string(kind) or pa.types.is_large_string(kind)


def _common(dataset: Dataset, name: str) -> np.ndarray:
    """Give one row with each level that has its share of the rows."""
    own = codes(dataset, name)
    share = np.bincount(own[own >= 0], minlength=1) / max(len(own), 1)
    found, first = np.unique(own, return_index=True)
    return first[(found >= 0) & np.append(share >= LEAST_SHARE, False)[found]]


def _with(dataset: Dataset, name: str, level: str, places: np.ndarray) -> Dataset:
    column = dataset.table.column(name).combine_chunks()
    kind = column.type
    text = column.dictionary_decode() if pa.types.is_dictionary(kind) else column
    both = pa.concat_arrays([text, pa.array([level], text.type)])
    at = np.arange(len(text))
    at[places] = len(text)
    cells = both.take(pa.array(at))
    if pa.types.is_dictionary(kind):
        cells = cells.dictionary_encode().cast(kind)
    return replaced(dataset, name, cells)
