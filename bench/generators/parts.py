"""The real tables of the benchmark of generators, each cut into rows to learn from and sealed ones."""

from __future__ import annotations

import sys
from functools import cache
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import tables  # it lies one folder up
from assay.data.dataset import Dataset
from assay.verbs.load import load

NAMES = ("adult", "default", "shoppers", "magic", "beijing")
OFFICIAL = {"adult": 32_561}  # rows of the official training part, which stands first
SHARE = 0.9


@cache
def split(name: str) -> tuple[Dataset, Dataset]:
    """Give training and sealed rows: the official parts of Adult, nine tenths and the rest of the others."""
    whole = load(tables.table(name), target=tables.TABLES[name].target, name=name)
    if name in OFFICIAL:
        order, cut = np.arange(len(whole)), OFFICIAL[name]
    else:
        order, cut = np.random.default_rng(0).permutation(len(whole)), round(SHARE * len(whole))
    return whole.take(order[:cut]), whole.take(order[cut:])


def peak() -> float:
    """Give the largest memory of this process in MiB; what getrusage tells holds the parent's until it was replaced."""
    return next(
        int(line.split()[1]) / 1024 for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM")
    )
