"""What was learned, to be done again to other synthetic rows of the same generator."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Self

import numpy as np
from sklearn import get_config
from sklearn.base import BaseEstimator, TransformerMixin

from assay.core.errors import AssayError, InputError, NotFittedError, UsageError, did_you_mean
from assay.core.files import write_atomically
from assay.core.plan import Learned, Plan
from assay.core.registry import get
from assay.data.amended import Amended
from assay.data.dataset import Dataset
from assay.mending.judge import apply
from assay.mending.like_frame import is_pandas, like_frame
from assay.mending.origin import Origin, synthetic_like

SCHEMA = "assay.recipe/1"
OUTPUTS = (None, "default", "pandas")

logger = logging.getLogger(__name__)


class Recipe(TransformerMixin, BaseEstimator, auto_wrap_output_keys=None):
    """Remedies in their order, each with what it learned; a transformer of scikit-learn.

    Parameters
    ----------
    steps : sequence of Learned
        What to do.
    seed : int
        Of all draws.
    origin : Origin, optional
        The real table that it was learned from; default the one that it is fitted on. Recipes of before have none.

    Attributes
    ----------
    real_ : Dataset
        Real rows, from `fit`.
    feature_names_in_, n_features_in_ : numpy.ndarray of str, int
        Their columns.
    weights_, anchored_ : numpy.ndarray, shape (rows,)
        Of the last `transform`: what each row counts, mean 1, and whether it was made from real ones.

    Notes
    -----
    It holds numbers, names of columns and levels with at least ten real rows behind them, and no real row. Remedies with anchors
    make rows from real ones: `fit` keeps these, `transform` cannot do without them. Nothing is learned anew.

    It is fitted on real rows and transforms synthetic ones, so the last step of a `sklearn.pipeline.Pipeline` is its place:
    ``make_pipeline(recipe).fit(real).transform(synthetic)``. Three things do not fit in a pipeline. `fit_transform` without
    ``synthetic`` would mend the real rows, and is refused, so no model can stand behind it. Remedies leave rows out and make
    some: rows come out in another number, targets with the other columns, and a separate ``y`` would no longer fit. Rows may
    have weights, which are no column: a model must be given ``weights_`` as ``sample_weight``, or take `mend`, which changes no
    attribute.

    A pandas frame comes back as one with its columns and types (see `assay.mending.like_frame`); files, Arrow tables, polars
    frames and Datasets give a Dataset, or a pandas frame after ``set_output(transform="pandas")``.

    Examples
    --------
    >>> import pyarrow as pa
    >>> from sklearn.base import clone
    >>> from assay.verbs.load import load
    >>> real = load(pa.table({"age": [31, 45, 52], "ill": ["no", "yes", "no"]}), target="ill")
    >>> recipe = clone(Recipe(seed=3)).fit(real)
    >>> recipe, len(recipe.transform(real)), recipe.weights_.tolist()
    (Recipe(seed=3), 3, [1.0, 1.0, 1.0])
    """

    def __init__(self, steps: Sequence[Learned] = (), seed: int = 0, origin: Origin | None = None) -> None:
        self.steps = steps
        self.seed = seed
        self.origin = origin

    @property
    def anchored(self) -> bool:
        """Whether real rows are needed to do it."""
        return bool(self._anchoring())

    @property
    def weighs(self) -> tuple[str, ...]:
        """The remedies of it that weigh rows: weights have mean 1 over the rows that they are given to together."""
        kinds = {each.plan.remedy: get("remedy", each.plan.remedy) for each in self.steps}
        return tuple(sorted(name for name, kind in kinds.items() if "weights" in {kind.changes, *kind.also}))

    @property
    def learned_from(self) -> Origin | None:
        """The real table that it was learned from, as far as that is known: `origin`, else what it is fitted on."""
        return Origin.of(self.real_) if self.origin is None and hasattr(self, "real_") else self.origin

    def fit(self, real: Any, y: Any = None) -> Self:
        """Keep the real rows, which rows are made from where a remedy needs them, and whose schema holds.

        Parameters
        ----------
        real : Dataset, frame or path
            The real rows that it was learned from. What is no Dataset gets the types and roles that these had.
        y : None
            Not used: the target is a column.

        Raises
        ------
        InputError
            Other columns, types or target than it was learned with; other rows, where rows are made from them.
        UsageError
            A frame or file where the recipe does not tell what its columns are.
        """
        if not isinstance(real, Dataset):
            if self.origin is None:
                raise UsageError(
                    f"This recipe does not tell which column is the target. Got a {type(real).__name__}, expected a Dataset. "
                    "Fit it on assay.load(real, target=...)."
                )
            real = self.origin.told(real)
        if self.origin is None:
            self._require_columns(real)
        else:
            self.origin.require_like(real)
            self._require_rows(real, self.origin)
        self.real_ = real
        self.feature_names_in_ = np.array(real.names, dtype=object)
        self.n_features_in_ = len(real.names)
        return self

    def transform(self, synthetic: Any) -> Any:
        """Mend other rows of the same generator; their weights are in `weights_`.

        Returns
        -------
        Dataset or pandas.DataFrame
            Rows, a frame where a frame came in.
        """
        rows = self.mend(synthetic)
        self.weights_, self.anchored_ = rows.weights, rows.anchored
        if is_pandas(synthetic):
            return like_frame(rows.table.table, synthetic, aligned=self._keeps_rows())
        return rows.table.table.to_pandas() if self._output() == "pandas" else rows.table

    def fit_transform(  # pyright: ignore[reportIncompatibleMethodOverride] (scikit-learn gives its arguments by place)
        self, real: Any, y: Any = None, *, synthetic: Any = None
    ) -> Any:
        """Fit on real rows, then mend synthetic ones.

        Raises
        ------
        UsageError
            Without ``synthetic``: real rows are not mended.
        """
        if synthetic is None:
            raise UsageError(
                "A recipe is fitted on real rows and mends synthetic ones. Got one table for both, as from a Pipeline in which "
                "it is not the last step. Call fit(real), then transform(synthetic), and fit a model on what that gives."
            )
        return self.fit(real).transform(synthetic)

    def set_output(  # pyright: ignore[reportIncompatibleVariableOverride] (it makes one where it wraps `transform` itself)
        self, *, transform: str | None = None
    ) -> Self:
        """Choose what `transform` gives for what is no pandas frame: ``'default'`` a Dataset, ``'pandas'`` a pandas frame."""
        if transform not in OUTPUTS:
            raise UsageError(
                f"A recipe gives 'default' or 'pandas'. Got {transform!r}. For polars: polars.DataFrame(recipe.transform(rows))."
            )
        if transform is not None:
            self._sklearn_output_config = {"transform": transform}  # `sklearn.base.clone` copies it by this name
        return self

    def get_feature_names_out(self, input_features: Any = None) -> np.ndarray:
        """Give the columns, which stay the same."""
        self._require_fitted()
        return self.feature_names_in_

    def mend(self, synthetic: Any) -> Amended:
        """Mend other rows of the same generator: rows, weights, and which were made from real ones.

        Raises
        ------
        NotFittedError
            Without `fit`.
        InputError
            If a column is missing or is another one.
        """
        self._require_fitted()
        rows = Amended.of(synthetic_like(synthetic, self.real_))
        for at, each in enumerate(self.steps):
            try:
                rows = apply(each, rows, self.real_, self.seed, at)
            except (KeyError, TypeError, ValueError, AttributeError, IndexError, ArithmeticError) as error:
                if isinstance(error, AssayError):
                    raise
                raise InputError(
                    f"Step {at + 1} of this recipe, {each.plan.remedy}, cannot be done: {type(error).__name__}: {error}",
                    fix="Give the recipe as mend wrote it, and rows of the generator that it was learned on.",
                ) from error
        return rows

    def _anchoring(self) -> list[str]:
        return sorted({each.plan.remedy for each in self.steps if get("remedy", each.plan.remedy).anchors})

    def _keeps_rows(self) -> bool:
        kinds = [get("remedy", each.plan.remedy) for each in self.steps]
        return not any("rows" in {kind.changes, *kind.also} for kind in kinds)

    def _output(self) -> str:
        own = getattr(self, "_sklearn_output_config", {}).get("transform")
        return str(own or get_config()["transform_output"])

    def _require_fitted(self) -> None:
        if not hasattr(self, "real_"):
            raise NotFittedError("A recipe must know the real table first. Call fit(real), then transform(synthetic).")

    def _require_columns(self, real: Dataset) -> None:
        for name in dict.fromkeys(name for each in self.steps for name in each.plan.columns):
            if name not in real.names:
                raise InputError(
                    f"The recipe mends the column {name!r}, which the real table lacks.{did_you_mean(name, real.names)}",
                    fix="Give the real table that the recipe was learned from.",
                )

    def _require_rows(self, real: Dataset, origin: Origin) -> None:
        other = origin.differs(real)
        if other and (names := self._anchoring()):
            raise InputError(
                f"The recipe makes rows from the real ones that it was learned from ({', '.join(names)}), and these are others. "
                f"{other}",
                fix="Give that table, with its rows in their order, or learn a recipe from this one.",
            )
        if other:
            logger.warning(
                "the recipe was learned from another real table, and what it does was borne out there alone. %s", other
            )

    def to_dict(self) -> dict[str, Any]:
        """Give the `assay.recipe/1` document."""
        origin = self.learned_from
        return {
            "schema": SCHEMA,
            "seed": self.seed,
            "real": None if origin is None else origin.to_dict(),
            "steps": [
                {**asdict(each.plan), "columns": list(each.plan.columns), "setting": dict(each.setting)} for each in self.steps
            ],
        }

    @classmethod
    def from_dict(cls, document: Mapping[str, Any]) -> Recipe:
        """Read what `to_dict` gave.

        Raises
        ------
        UsageError
            If it is of another kind or version.
        """
        if not isinstance(document, Mapping):  # pyright: ignore[reportUnnecessaryIsInstance] (a file may hold anything)
            raise UsageError(f"A recipe is a mapping. Got a {type(document).__name__}.")
        if document.get("schema") != SCHEMA:
            raise UsageError(f"A recipe has the schema {SCHEMA!r}. Got {document.get('schema')!r}.")
        if not isinstance(document["steps"], list | tuple):
            raise UsageError(f"steps of a recipe must be a list. Got {document['steps']!r}.")
        if int(document["seed"]) < 0:
            raise UsageError(f"seed of a recipe must be an integer >= 0. Got {document['seed']!r}.")
        steps: list[Learned] = []
        for entry in document["steps"]:
            fields: dict[str, Any] = {name: part for name, part in entry.items() if name != "setting"}
            fields["columns"] = tuple(fields["columns"])
            steps.append(Learned(Plan(**fields), entry["setting"]))
        origin = document.get("real")
        return cls(steps, int(document["seed"]), None if origin is None else Origin.from_dict(origin))

    def save(self, path: str | Path) -> Path:
        """Write it as JSON, whole or not at all."""
        path = Path(path)
        write_atomically(path, (json.dumps(self.to_dict(), indent=1, allow_nan=False) + "\n").encode())
        return path

    @classmethod
    def load(cls, path: str | Path) -> Recipe:
        """Read what `save` wrote.

        Raises
        ------
        InputError
            If it is no recipe.
        """
        try:
            return cls.from_dict(json.loads(Path(path).read_bytes()))
        except (OSError, ValueError, KeyError, TypeError, AttributeError, ArithmeticError, RecursionError) as error:
            raise InputError(
                f"This is no recipe of Assay: {error}", file=str(path), fix="Give the file that mend wrote with --recipe."
            ) from error
