"""The laws of a chain of columns as arrays, and back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from assay.data.schema import Constraint
from assay.generators._forest import DonorForest
from assay.generators._invariants import KINDS, Invariants
from assay.generators._law import Law, Scores


def packed(order: Sequence[str], names: Sequence[str], laws: Mapping[str, Law], invariants: Invariants) -> dict[str, np.ndarray]:
    """Give everything as arrays; columns are numbered by their place in `names`."""
    place = {name: at for at, name in enumerate(names)}

    def places(some: Iterable[str]) -> np.ndarray:
        return np.array([place[name] for name in some], dtype=np.int64)

    def scored(prefix: str, predictors: Scores) -> dict[str, np.ndarray]:
        scores = {f"{prefix}.scores.{place[name]}": part for name, part in predictors.items() if part is not None}
        return {f"{prefix}.predictors": places(predictors), **scores}

    state = {"order": places(order)}
    for name, law in laws.items():
        at = str(place[name])
        state |= {f"{at}.{field}": getattr(law.forest, field) for field in DonorForest.__slots__}
        state |= {f"{at}.repeats": places(law.repeats), f"{at}.exact": np.array(law.exact), **scored(at, law.predictors)}
    return state | packed_rules(invariants, names)


def unpacked(state: Mapping[str, np.ndarray], names: tuple[str, ...]) -> tuple[tuple[str, ...], dict[str, Law], list[Constraint]]:
    """Give order, laws and rules back."""

    def named(key: str) -> tuple[str, ...]:
        return tuple(names[at] for at in state[key])

    def scored(prefix: str) -> dict[str, np.ndarray | None]:
        return {names[at]: state.get(f"{prefix}.scores.{at}") for at in state[f"{prefix}.predictors"].tolist()}

    laws: dict[str, Law] = {}
    for at, name in enumerate(names):
        forest = DonorForest(*(state[f"{at}.{field}"] for field in DonorForest.__slots__))
        laws[name] = Law(forest, scored(str(at)), named(f"{at}.repeats"), bool(state[f"{at}.exact"]))
    return named("order"), laws, unpacked_rules(state, names)


def packed_rules(invariants: Invariants, names: Sequence[str]) -> dict[str, np.ndarray]:
    """Give rules between columns as arrays; columns are numbered by their place in `names`."""
    place = {name: at for at, name in enumerate(names)}
    rows = [[KINDS.index(rule.kind), *(place[name] for name in rule.columns)] for rule in invariants.constraints]
    return {f"rule.{at}": np.array(row, dtype=np.int64) for at, row in enumerate(rows)}


def unpacked_rules(state: Mapping[str, np.ndarray], names: tuple[str, ...]) -> list[Constraint]:
    """Give rules back."""
    rules: list[Constraint] = []
    while f"rule.{len(rules)}" in state:
        kind, *columns = state[f"rule.{len(rules)}"].astype(np.int64).tolist()
        rules.append(Constraint(KINDS[kind], tuple(names[at] for at in columns)))
    return rules
