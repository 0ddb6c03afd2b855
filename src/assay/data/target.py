"""What is to be predicted: task and positive class."""

# pyright: reportAttributeAccessIssue=false
# pyarrow.compute makes its functions at import, unseen by type checkers

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from assay.core.errors import InputError, UsageError, did_you_mean
from assay.data.dtypes import is_number, is_text
from assay.data.schema import Task
from assay.data.validate import short

if TYPE_CHECKING:
    from assay.data.infer import Facts

MOST_CLASSES = 20
FEWEST_PER_CODE = 20
TASKS = ("binary", "multiclass", "regression")
SECOND_IS_POSITIVE = (
    *(("0", "1"), ("-1", "1"), ("1", "2"), ("false", "true"), ("no", "yes"), ("n", "y"), ("f", "t")),
    *(("neg", "pos"), ("negative", "positive")),
)


def level_texts(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Give the levels of a column as text: Arrow's text of the value, with 1.0 as ``1``, true as ``true`` and nulls as nulls."""
    if pa.types.is_floating(column.type):
        column = pc.if_else(pc.is_nan(column), pa.scalar(None, column.type), column)
    return column.cast(pa.string())


def place_of(named: object, texts: Sequence[str]) -> int | None:
    """Give the place of the level that a text, number or bool means: the same text, but for case, or the same number.

    Parameters
    ----------
    named : object
        What a user or a schema calls the level.
    texts : sequence of str
        Levels as `level_texts` writes them.

    Returns
    -------
    int or None
        None where no level is meant.

    Examples
    --------
    >>> place_of(1.0, ["0", "1"]), place_of("True", ["false", "true"]), place_of("no", ["a", "b"])
    (1, 1, None)
    """
    text = _text(named)
    for same in (lambda a, b: a == b, lambda a, b: a.strip().casefold() == b.strip().casefold(), _same_number):
        for at, level in enumerate(texts):
            if same(text, level):
                return at
    return None


def infer_task(
    column: pa.ChunkedArray, name: str, *, task: Task | None = None, positive: object = None, code: bool = False
) -> tuple[Task, str | None]:
    """Infer the task of a target and the text of its positive class.

    Parameters
    ----------
    column : pyarrow.ChunkedArray
        The target, shape (rows,). Nulls say nothing.
    name : str
        For messages.
    task, positive : optional
        What the user says, checked against the data.

    code : bool
        Whether the name says that whole numbers are codes (``class``, ``type``), so that gaps between them mean nothing.

    Returns
    -------
    task : {'binary', 'multiclass', 'regression'}
        Two distinct values of any type: binary. Text and booleans: multiclass. Whole numbers from 0 or 1 upwards without a gap
        or named as codes, at most 20 of them and each with 20 rows on average: multiclass. Any other number or date: regression.
    positive : str or None
        For a binary task the level's text: the second of 0/1, -1/1, 1/2, false/true, no/yes, n/y, f/t, negative/positive and
        ``<=t``/``>t`` pairs, else the rarer one.

    Raises
    ------
    InputError
        One class only, no values, a target of text for a regression, more than two classes for a binary task, a positive
        class that does not occur.
    """
    cells = pc.drop_null(column)
    if pa.types.is_floating(cells.type):
        cells = cells.filter(pc.invert(pc.is_nan(cells)))
    counted = pc.value_counts(cells)
    levels, counts = counted.field("values"), np.asarray(counted.field("counts"))
    return _decided(levels, counts, len(levels), len(cells), name, task=task, positive=positive, code=code)


def task_of(
    facts: Facts, name: str, *, task: Task | None = None, positive: object = None, code: bool = False
) -> tuple[Task, str | None]:
    """Infer task and positive class from the facts of the target, by the rules of `infer_task`."""
    levels, counts = facts.levels(MOST_CLASSES + 1)
    distinct = len(levels) if len(levels) <= MOST_CLASSES else facts.distinct
    return _decided(levels, counts, distinct, facts.rows, name, task=task, positive=positive, code=code)


def _decided(
    levels: pa.Array,
    counts: np.ndarray,
    distinct: int,
    rows: int,
    name: str,
    *,
    task: Task | None,
    positive: object,
    code: bool,
) -> tuple[Task, str | None]:
    if task is not None and task not in TASKS:
        raise UsageError(f"No task {task!r}.{did_you_mean(str(task), TASKS)} Known: {', '.join(TASKS)}.")
    kind = levels.type
    if distinct < 2:
        what = "no values" if distinct == 0 else "one class only"
        raise InputError(f"The target {short(name)} has {what}.", column=name, fix="Name another target or leave it out.")
    inferred = task or _task(levels, distinct, rows, code=code)
    if inferred == "regression" and (is_text(kind) or pa.types.is_boolean(kind)):
        message = f"The target {short(name)} holds {'text' if is_text(kind) else 'booleans'}, a regression needs numbers."
        raise InputError(message, column=name, fix="Leave the task to be inferred.")
    if inferred == "binary" and distinct != 2:
        message = f"The target {short(name)} has {distinct:,} classes, a binary task needs two."
        raise InputError(message, column=name, fix="Use the task multiclass or regression.")
    if inferred != "binary":
        return inferred, None
    texts = level_texts(pa.chunked_array([levels])).to_pylist()
    if positive is not None:
        return inferred, _given(positive, texts, name)
    return inferred, _positive(texts, counts.tolist())


def _task(levels: pa.Array, distinct: int, rows: int, *, code: bool) -> Task:
    if distinct == 2:
        return "binary"
    if is_text(levels.type) or pa.types.is_boolean(levels.type):
        return "multiclass"
    if not is_number(levels.type) or distinct > MOST_CLASSES or rows < FEWEST_PER_CODE * distinct:
        return "regression"
    values = sorted(levels.to_pylist())
    codes = values[0] in (0, 1) and all(later - earlier == 1 for earlier, later in itertools.pairwise(values))
    return "multiclass" if codes or code else "regression"


def _positive(texts: list[str], counts: list[int]) -> str:
    folded = [text.strip().casefold().rstrip(".") for text in texts]
    for first, second in SECOND_IS_POSITIVE:
        if sorted(folded) == sorted((first, second)):
            return texts[folded.index(second)]
    for at in (0, 1):
        if folded[at].startswith(">") and folded[1 - at].startswith("<"):
            return texts[at]
    if counts[0] != counts[1]:
        return texts[counts.index(min(counts))]
    return max(texts)


def _given(positive: object, texts: list[str], name: str) -> str:
    at = place_of(positive, texts)
    if at is not None:
        return texts[at]
    text = _text(positive)
    message = f"The target {short(name)} has no class {text!r}.{did_you_mean(text, texts)}"
    raise InputError(message, column=name, fix="Give one of the target's two classes.")


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _same_number(first: str, second: str) -> bool:
    try:
        return float(first) == float(second)
    except ValueError:
        return {first.lower(), second.lower()} in ({"1", "true"}, {"0", "false"})
