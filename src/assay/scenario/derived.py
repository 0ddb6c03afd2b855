"""Mined rules as formulas: a column that others determine is computed from them, so that its rule holds by construction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from assay.data.constraints import phrase
from assay.data.dataset import Dataset
from assay.data.schema import Constraint
from assay.scenario.marginals import Entry, decimals_of_values, level_rule, numbers_of, ordered_rule, plain
from assay.scenario.toml_text import formula_name

MOST_PAIRS = 2_000


@dataclass(frozen=True, slots=True)
class Derivation:
    """How one column comes from others.

    Parameters
    ----------
    entry : dict
        Its rule.
    about : str
        Where it comes from.
    needs : tuple of str
        The columns it comes from.
    helpers : tuple of (name, rule, about)
        Hidden columns that its formula uses.
    """

    entry: Entry
    about: str
    needs: tuple[str, ...]
    helpers: tuple[tuple[str, Entry, str], ...] = ()


def derivations(real: Dataset, rules: Sequence[Constraint]) -> dict[str, Derivation]:
    """Turn mined rules into formulas.

    Parameters
    ----------
    real : Dataset
        Real rows.
    rules : sequence of Constraint
        What every one of them keeps.

    Returns
    -------
    dict of str to Derivation
        By column. Sums come first, then dependences, then inequalities; a column that is derived already, or on which its own
        sources depend, is not derived again: whether its other rules hold is for the caller to try.
    """
    found: dict[str, Derivation] = {}
    for rule in (part for part in rules if part.kind == "sum"):
        *parts, total = rule.columns
        if _free(found, total, parts):
            formula = " + ".join(formula_name(part) for part in parts)
            found[total] = Derivation({"formula": formula}, f"Mined: {phrase(rule)}.", tuple(parts))
    for rule in (part for part in rules if part.kind == "functional"):
        first, second = rule.columns
        if _free(found, second, [first]):
            made = _looked_up(real, rule)
            if made is not None:
                found[second] = made
    bounds: dict[str, list[Constraint]] = {}
    for rule in (part for part in rules if part.kind == "inequality"):
        low, high = rule.columns
        if high not in found and not _reaches(found, low, high) and not any(_reaches(found, low, other) for other in (high,)):
            bounds.setdefault(high, []).append(rule)
        elif low not in found and not _reaches(found, high, low):
            found[low] = _gap(real, low, [high], below=True, about=f"Mined: {phrase(rule)}.")
    for high in _lowest_first(bounds):
        lows = [rule.columns[0] for rule in bounds[high] if not _reaches(found, rule.columns[0], high)]
        if lows and high not in found:
            about = " ".join(f"Mined: {phrase(rule)}." for rule in bounds[high])
            found[high] = _gap(real, high, lows, below=False, about=about)
    return found


def _free(found: dict[str, Derivation], column: str, sources: Sequence[str]) -> bool:
    return column not in found and not any(_reaches(found, source, column) for source in sources)


def _reaches(found: dict[str, Derivation], start: str, goal: str) -> bool:
    """Whether a column comes from another one, directly or not."""
    open_, seen = [start], set[str]()
    while open_:
        name = open_.pop()
        if name == goal:
            return True
        if name not in seen:
            seen.add(name)
            open_ += list(found[name].needs) if name in found else []
    return False


def _lowest_first(bounds: dict[str, list[Constraint]]) -> list[str]:
    """Sort so that a bound that is bounded itself comes before what it bounds."""
    order: list[str] = []

    def visit(name: str, above: frozenset[str]) -> None:
        for rule in bounds.get(name, ()):
            low = rule.columns[0]
            if low in bounds and low not in order and low not in above:
                visit(low, above | {name})
        if name not in order:
            order.append(name)

    for name in bounds:
        visit(name, frozenset())
    return order


def _gap(real: Dataset, column: str, others: Sequence[str], *, below: bool, about: str) -> Derivation:
    """Compute a column as another one plus, or minus, a gap that is drawn from the real gaps."""
    values = real.numbers(column)
    with np.errstate(invalid="ignore"):
        bound = np.fmax.reduce([real.numbers(other) for other in others])
        gap = bound - values if below else values - bound
    gap = gap[np.isfinite(gap)]
    moments = real.schema.column(column).kind == "datetime"
    kind = real.table.column(column).type
    if moments:
        unit, added = (86_400.0, "add_days") if pa.types.is_date(kind) else (1.0, "add_seconds")
        gap = np.round(gap / unit) if pa.types.is_date(kind) else gap
        decimals: int | None = 0 if pa.types.is_date(kind) else 6
    else:
        added = ""
        decimals = decimals_of_values(numbers_of(real, column), kind)
        gap = gap if decimals is None else np.round(gap, decimals)
    gap = np.maximum(gap, 0.0)
    rule = ordered_rule(gap, decimals, moments=False) or {"formula": "0"}
    helper = f"{column} gap"
    names = [formula_name(other) for other in others]
    base = names[0] if len(names) == 1 else f"max({', '.join(names)})"
    if moments and len(names) > 1:
        base = names[0]
        for name in names[1:]:
            base = f"where({base} >= {name}, {base}, {name})"
    shift = formula_name(helper)
    if moments:
        formula = f"{added}({base}, {'-' if below else ''}{shift})"
    else:
        formula = f"{base} - {shift}" if below else f"{base} + {shift}"
    told = f"How far {column} lies {'below' if below else 'above'} {' and '.join(others)} in real rows."
    return Derivation({"formula": formula}, about, tuple(others), ((helper, rule, told),))


def _looked_up(real: Dataset, rule: Constraint) -> Derivation | None:
    first, second = rule.columns
    pairs = rule.parameters.get("pairs") or []
    if not 1 <= len(pairs) <= MOST_PAIRS:
        return None
    column = real.table.column(second)
    table: dict[str, object] = {}
    for key, text in pairs:
        value = _typed(text, column.type)
        if value is None:
            return None
        table[_key(key, real.table.column(first).type)] = value
    entry: Entry = {"of": formula_name(first), "map": table}
    levels, _ = level_rule(real.table.column(first))
    rest, _ = level_rule(column)
    open_ = levels is None or len(levels["values"]) > len(table)
    if rest is not None and open_:
        entry["otherwise"] = rest
    return Derivation(entry, f"Mined: {phrase(rule)}. Pairs with at least 10 rows.", (first,))


def _typed(text: str, kind: pa.DataType) -> object:
    """Read a level from its text."""
    try:
        return plain(pa.scalar(text).cast(kind).as_py())
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        return None


def _key(text: str, kind: pa.DataType) -> str:
    if pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        return f"{float(text):.15g}"
    return text
