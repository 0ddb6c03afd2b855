"""Formulas on rows: first whether their forms fit, then their values."""

# pyarrow makes its compute functions at import, where no type checker sees them.
# pyright: reportAttributeAccessIssue=false

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from assay.core.errors import did_you_mean
from assay.scenario.cells import MOMENT, Cells, Form, empty, iso_moment, joint_null, length_of, moments, numbers, texts, truths
from assay.scenario.formula import Call, FormulaError, Literal, Name, Node
from assay.scenario.functions import FUNCTIONS, Function

_ARITHMETIC: dict[str, Callable[[np.ndarray, np.ndarray], np.ndarray]] = {
    "+": np.add,
    "-": np.subtract,
    "*": np.multiply,
    "/": np.true_divide,
    "//": np.floor_divide,
    "%": np.mod,
    "^": np.power,
}
_ORDER: dict[str, Callable[[np.ndarray, np.ndarray], np.ndarray]] = {
    "=": np.equal,
    "!=": np.not_equal,
    "<": np.less,
    "<=": np.less_equal,
    ">": np.greater,
    ">=": np.greater_equal,
}
SPECIAL = ("where",)


def form_of(node: Node, scope: Callable[[Name], Form]) -> Form:
    """Give the form of a formula's values, before there are any.

    Parameters
    ----------
    node : Node
        The formula.
    scope : callable
        Gives the form of a name, or raises `FormulaError`.

    Raises
    ------
    FormulaError
        For a function that does not exist, and for forms that do not go together.
    """
    if isinstance(node, Literal):
        return _literal_form(node)
    if isinstance(node, Name):
        return scope(node)
    given: list[Form] = [form_of(part, scope) for part in node.arguments]
    name = node.function
    if name in ("if", "where"):
        if name == "where" and len(given) != 3:
            raise FormulaError(f"where takes 3 arguments (condition, value, other value). Got {len(given)}.")
        condition, first, second = given
        _need(name, condition, "truth")
        return _both(first, second)
    if name in ("and", "or", "not"):
        for form in given:
            _need(name, form, "truth")
        return "truth"
    if name == "is null":
        return "truth"
    if name == "in" or name in _ORDER:
        for form, part in zip(given[1:], node.arguments[1:], strict=True):
            open_ = any(
                each == "null" and not isinstance(side, Literal) for each, side in ((form, part), (given[0], node.arguments[0]))
            )
            if not open_:
                _comparable(name, given[0], form)
        _moments_told(node, given)
        return "truth"
    if name in _ARITHMETIC or name == "negative":
        for form in given:
            _need(name, form, "number")
        return "number"
    function = _function(name)
    if not function.allows(len(given)):
        raise FormulaError(f"{name} takes {function.counts}. Got {len(given)}.")
    for at, (form, part) in enumerate(zip(given, node.arguments, strict=True)):
        wanted = function.form(at)
        if wanted == "time" and isinstance(part, Literal) and form == "text":
            _moment(part)
        else:
            _need(name, form, wanted)
    return function.gives


def evaluate(node: Node, scope: Callable[[Name], Cells]) -> Cells:
    """Give a formula's values.

    Parameters
    ----------
    node : Node
        The formula, its forms known to fit (`form_of`).
    scope : callable
        Gives the cells of a name.

    Returns
    -------
    Cells
        Of length 1 where no name is in it.

    Notes
    -----
    What is computed from a null is null, but for conditions: a comparison with a null does not hold.
    """
    with np.errstate(all="ignore"):
        return _evaluate(node, scope)


def _evaluate(node: Node, scope: Callable[[Name], Cells]) -> Cells:
    if isinstance(node, Literal):
        return _constant(node)
    if isinstance(node, Name):
        return scope(node)
    name = node.function
    given = [_evaluate(part, scope) for part in node.arguments]
    if name in ("if", "where"):
        return _chosen(*given)
    if name in ("and", "or"):
        held = [_held(part) for part in given]
        return truths(held[0] & held[1] if name == "and" else held[0] | held[1])
    if name == "not":
        return truths(~_held(given[0]))
    if name == "is null":
        return truths(given[0].missing)
    if name == "in":
        first, *members = _as_moments(given)
        met = _compared("=", first, members[0])
        for part in members[1:]:
            met = met | _compared("=", first, part)
        return truths(met)
    if name in _ORDER:
        return truths(_compared(name, *_as_moments(given)))
    if name in _ARITHMETIC:
        data = _ARITHMETIC[name](*(part.data.astype(np.float64) for part in given))
        null = joint_null(*given)
        return numbers(data, None if null is None else np.broadcast_to(null, data.shape))
    if name == "negative":
        return numbers(-given[0].data.astype(np.float64), given[0].null)
    function = _function(name)
    fitted = [_fitted(part, function.form(at)) for at, part in enumerate(given)]
    return function.run(fitted)


def _literal_form(node: Literal) -> Form:
    if node.value is None:
        return "null"
    if isinstance(node.value, bool):
        return "truth"
    if isinstance(node.value, np.datetime64):
        return "time"
    return "text" if isinstance(node.value, str) else "number"


def _constant(node: Literal) -> Cells:
    if node.value is None:
        return empty("null", 1)
    if isinstance(node.value, bool):
        return truths(np.array([node.value]))
    if isinstance(node.value, str):
        return texts(np.zeros(1), [node.value])
    if isinstance(node.value, np.datetime64):
        return moments(np.array([node.value]))
    return numbers(np.array([node.value]))


def _need(what: str, form: Form, wanted: Form) -> None:
    if form == wanted or form == "null" or (form == "truth" and wanted == "number"):
        return
    hint = " Use days_between(a, b) or add_days(a, 2)." if form == "time" and wanted == "number" else ""
    hint = " Join texts with concat(a, b)." if what == "+" and form == "text" else hint
    raise FormulaError(f"{what} needs a {wanted} where it got a {form}.{hint}")


def _both(first: Form, second: Form) -> Form:
    if first == second or second == "null":
        return first
    if first == "null":
        return second
    if {first, second} == {"truth", "number"}:
        return "number"
    raise FormulaError(f"both values of a choice must be alike: one is a {first}, the other a {second}.")


def _comparable(name: str, first: Form, second: Form) -> None:
    pair = {first, second}
    if name in ("<", "<=", ">", ">=") and pair == {"text"}:
        raise FormulaError(f"texts have no order: use = or in, not {name}.")
    if len(pair) == 1 or pair == {"truth", "number"} or pair == {"time", "text"}:
        return
    hint = " For null write: is null." if "null" in pair else ""
    raise FormulaError(f"a {first} cannot be compared with a {second}.{hint}")


def _moments_told(node: Call, given: list[Form]) -> None:
    if "time" not in given:
        return
    for form, part in zip(given, node.arguments, strict=True):
        if form == "text":
            if not isinstance(part, Literal):
                raise FormulaError("a time cannot be compared with a text, unless the text is written out: '2024-05-31'.")
            _moment(part)


def _moment(node: Literal) -> np.datetime64:
    found = iso_moment(str(node.value))
    if found is None:
        raise FormulaError(f"{node.value!r} is no date or time of ISO 8601, such as '2024-05-31' or '2024-05-31T12:30'.")
    return found


def _as_moments(given: list[Cells]) -> list[Cells]:
    """Read texts that are compared with moments as such."""
    if not any(part.form == "time" for part in given):
        return given
    return [_fitted(part, "time") for part in given]


def _fitted(cells: Cells, form: Form) -> Cells:
    if form == "number" and cells.form == "truth":
        return numbers(cells.data, cells.null)
    if form == "time" and cells.form == "text":
        written = np.array(cells.levels.to_pylist(), dtype=MOMENT)
        return Cells("time", written[cells.data], null=cells.null)
    if cells.form == "null" and form != "null":
        return empty(form, len(cells))
    return cells


def _function(name: str) -> Function:
    if name not in FUNCTIONS:
        known = [*FUNCTIONS, *SPECIAL]
        raise FormulaError(f"No function {name!r}.{did_you_mean(name, known)} Known: {', '.join(sorted(known))}.")
    return FUNCTIONS[name]


def _held(cells: Cells) -> np.ndarray:
    return cells.data.astype(bool) if cells.null is None else cells.data.astype(bool) & ~cells.null


def _compared(name: str, first: Cells, second: Cells) -> np.ndarray:
    if "null" in (first.form, second.form):
        return np.zeros(length_of(first, second), dtype=bool)
    null = joint_null(first, second)
    if first.form == "text" and second.form == "text":
        same = _same_text(first, second)
        met = same if name == "=" else ~same
    else:
        met = _ORDER[name](first.data, second.data)
    return met if null is None else met & ~null


def _same_text(first: Cells, second: Cells) -> np.ndarray:
    if len(first) == 1 and len(second) != 1:
        first, second = second, first
    if len(second) == 1:
        literal = second.levels[int(second.data[0])]
        return np.asarray(pc.equal(first.levels, literal).to_numpy(zero_copy_only=False), dtype=bool)[first.data]
    together = pc.dictionary_encode(pa.concat_arrays([first.levels, second.levels])).indices.to_numpy(zero_copy_only=False)
    return together[first.data] == together[second.data + len(first.levels)]


def _chosen(condition: Cells, first: Cells, second: Cells) -> Cells:
    held = _held(condition)
    n = length_of(condition, first, second)
    if "number" in (first.form, second.form):
        first, second = _fitted(first, "number"), _fitted(second, "number")
    if first.form == "null" and second.form == "null":
        return empty("null", n)
    if first.form == "null":
        first = empty(second.form, 1)
    elif second.form == "null":
        second = empty(first.form, 1)
    null = None
    if first.null is not None or second.null is not None:
        null = np.broadcast_to(np.where(held, first.missing, second.missing), (n,))
    if first.form == "text":
        data = np.where(held, first.data, second.data + len(first.levels))
        return Cells("text", np.broadcast_to(data, (n,)), pa.concat_arrays([first.levels, second.levels]), null)
    return Cells(first.form, np.broadcast_to(np.where(held, first.data, second.data), (n,)), null=null)
