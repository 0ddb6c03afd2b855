"""Which real rows may choose remedies: those that the generator never saw, or a generator that is fitted anew without them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from assay.core.errors import MissingDependencyError, UsageError
from assay.core.registry import get, names
from assay.core.seeds import integer_seed
from assay.data.dataset import Dataset
from assay.data.where import parse
from assay.generators._asked import drawn, first_columns, made_of
from assay.mending.folds import Refit

ASKED = ("where", "balance")  # what a lineage says of how rows were drawn, and not of how the generator was made
FITTED = "fit_seed"


def selection(
    real: Dataset,
    synthetic: Dataset,
    *,
    unseen: bool,
    with_: str | None,
    settings: Mapping[str, Any] | None,
    seed: int,
    tell: Callable[[str], None],
) -> tuple[Refit | None, str]:
    """Find out how rows that the generator did not see can be had.

    Parameters
    ----------
    real, synthetic : Dataset
        Tables.
    unseen, with_, settings
        What the user says: see `assay.mend`.
    seed : int
        Of the refits.
    tell : callable
        Called with a sentence where the lineage names a generator that cannot be fitted here.

    Returns
    -------
    refit : callable or None
        Makes rows from part of the real ones as the synthetic ones were made from all: under the same settings, conditions and
        balance where the lineage tells.
    selection : str
        'unseen', 'refitted' or 'shared'.

    Raises
    ------
    UsageError
        If what is said cannot be used, or it and the lineage contradict each other.
    """
    if not isinstance(with_, str | None):  # pyright: ignore[reportUnnecessaryIsInstance] (callers without types)
        raise UsageError(f"with_ must be the name of a generator. Got {with_!r}. For example: with_='tree_chain'.")
    if not isinstance(settings, Mapping | None):  # pyright: ignore[reportUnnecessaryIsInstance] (callers without types)
        raise UsageError(f"settings must be a mapping of names to values. Got {settings!r}. For example: {{'trees': 5}}.")
    stamp = synthetic.lineage
    parent = stamp is not None and real.sha256 in stamp.parents
    if unseen and (parent or with_ is not None):
        why = "its lineage names these rows" if parent else "with_ says that it was fitted on them"
        raise UsageError(f"unseen=True says that the generator never saw the real rows. Got rows where {why}. Leave out one.")
    if unseen:
        return None, "unseen"
    if settings and with_ is None:
        raise UsageError("settings are those of the generator that with_ names. Got settings without with_. Name the generator.")
    if with_ is not None:
        return _refit(get("generator", with_), with_, dict(settings or {}), {}, seed), "refitted"
    if not parent or stamp is None or stamp.generator not in names("generator"):
        return None, "shared"
    try:
        made = get("generator", stamp.generator)
    except MissingDependencyError as error:
        tell(f"the generator cannot be fitted anew here: {error}")
        return None, "shared"
    given = {name: value for name, value in stamp.parameters.items() if name not in (*ASKED, FITTED)}
    asked = {name: str(stamp.parameters[name]) for name in ASKED if stamp.parameters.get(name) is not None}
    return _refit(made, stamp.generator, given, asked, seed), "refitted"


def _refit(made: Any, name: str, given: Mapping[str, Any], asked: Mapping[str, str], seed: int) -> Refit:
    def refit(rows: Dataset, wanted: int, at: int) -> Dataset:
        where, balance = asked.get("where"), asked.get("balance")
        condition = None if where is None else parse(where, rows.schema)
        generator = made_of(made, name, given, "cpu", first_columns(rows, condition, balance))
        generator.fit(rows, seed=integer_seed(seed, "mend", "refit", at))
        return drawn(generator, wanted, integer_seed(seed, "mend", "sample", at), condition, balance)

    return refit
