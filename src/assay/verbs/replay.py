"""Do to other synthetic rows of a generator what a recipe learned from some."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from assay.checking.inputs import read_together
from assay.checking.large import sample
from assay.checking.profile_files import ProfiledDataset
from assay.core.errors import InputError, UsageError
from assay.data.amended import Amended
from assay.data.amended_files import write_amended
from assay.data.schema import Schema, Task
from assay.mending.recipe import Recipe
from assay.mending.stamp import stamped
from assay.verbs.load import load
from assay.verbs.mend import LEAST_SYNTHETIC


def replay(
    real: Any,
    synthetic: Any,
    recipe: Recipe | str | Path,
    *,
    target: str | None = None,
    task: Task | None = None,
    positive: object = None,
    schema: Schema | str | Path | None = None,
    entity: str | None = None,
    sensitive: Iterable[str] = (),
    time: str | None = None,
    null: str = "",
    out: str | Path | None = None,
) -> Amended:
    """Mend other synthetic rows of a generator by a saved recipe.

    Parameters
    ----------
    real : path, frame or Dataset
        Real rows that the recipe was learned from: their schema holds, and remedies with anchors make rows from them.
    synthetic : path, frame or Dataset
        Rows of the same generator that the recipe was learned for.
    recipe : Recipe or path
        What `Mended.recipe` saved.
    target, task, positive, schema, entity, sensitive, time, null
        As they were given to `assay.mend`.
    out : path, optional
        Where to write the rows; their weights go beside them, to ``<stem>.weights.parquet``, where they must be used.

    Returns
    -------
    Amended
        ``table``, ``weights`` of mean 1, and ``anchored`` (rows made from real ones).

    Raises
    ------
    InputError
        Tables that cannot be read or do not fit together, a file that is no recipe, a recipe for other columns or another target;
        another real table than the recipe's, where it makes rows from it.
    UsageError
        A saved profile in place of a table; fewer than 100 synthetic rows where rows are weighed, as weights have mean 1 over
        them and say nothing in a handful.

    Notes
    -----
    Nothing is learned and nothing is proved: whether these rows have the faults that the recipe mends is not asked. Equal rows
    and recipes give equal rows. Another real table than the recipe was learned from is warned of where no rows are made from it.
    """
    roles: dict[str, Any] = {"target": target, "task": task, "positive": positive, "entity": entity, "time": time}
    if not isinstance(recipe, Recipe) and not Path(recipe).is_file():
        raise InputError(
            "This is no recipe of Assay: no such file.", file=str(recipe), fix="Give the file that mend wrote with --recipe."
        )
    known = recipe if isinstance(recipe, Recipe) else Recipe.load(recipe)
    tables = read_together(
        lambda: load(real, schema=schema, sensitive=sensitive, null=null, name="real", **roles), synthetic, None, null=null
    )
    for role, table in (("real", tables.real), ("synthetic", tables.synthetic)):
        if isinstance(table, ProfiledDataset):
            raise UsageError(f"A recipe is replayed on rows, and {role} is a saved profile. Give the table itself.")
    few = sample(tables.real, seed=known.seed)  # as mend saw them
    fitted = Recipe(known.steps, known.seed, known.learned_from).fit(few)
    if len(tables.synthetic) < LEAST_SYNTHETIC and (weighing := known.weighs):
        raise UsageError(
            f"This recipe weighs rows against each other ({', '.join(weighing)}), for which at least {LEAST_SYNTHETIC} synthetic "
            f"rows are needed. Got {len(tables.synthetic)}. Generate more, or replay it on them together with others."
        )
    rows = fitted.mend(tables.synthetic)
    table = stamped(rows, few, tables.synthetic, [each.plan.remedy for each in known.steps])
    if out is not None:
        write_amended(table, rows.weights, out)
    return rows.with_table(table)
