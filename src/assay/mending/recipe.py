"""What was learned, to be done again to other synthetic rows of the same generator."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Self

from assay.core.errors import AssayError, InputError, UsageError
from assay.core.files import write_atomically
from assay.core.plan import Learned, Plan
from assay.core.registry import get
from assay.data.amended import Amended
from assay.data.dataset import Dataset
from assay.data.impose import impose
from assay.data.readers import read_table
from assay.mending.judge import apply

SCHEMA = "assay.recipe/1"


class Recipe:
    """Remedies in their order, each with what it learned; a transformer of scikit-learn's kind.

    Parameters
    ----------
    steps : sequence of Learned
        What to do.
    seed : int
        Of all draws.

    Notes
    -----
    It holds numbers, names of columns and levels with at least ten real rows behind them, and no real row. Remedies with anchors
    make rows from real ones: `fit` keeps these, `transform` cannot do without them. Nothing is learned anew.
    """

    def __init__(self, steps: Sequence[Learned] = (), seed: int = 0) -> None:
        self.steps = steps
        self.seed = seed

    @property
    def anchored(self) -> bool:
        """Whether real rows are needed to do it."""
        return any(get("remedy", each.plan.remedy).anchors for each in self.steps)

    def fit(self, real: Dataset, y: Any = None) -> Self:
        """Keep the real rows, which rows are made from where a remedy needs them, and whose schema holds."""
        self.real_ = real
        return self

    def transform(self, synthetic: Any) -> Dataset:
        """Mend other rows of the same generator; weights are in `weigh`."""
        return self.mend(synthetic).table

    def fit_transform(self, real: Dataset, y: Any = None, *, synthetic: Any) -> Dataset:
        """Fit on real rows, then mend synthetic ones."""
        return self.fit(real).transform(synthetic)

    def mend(self, synthetic: Any) -> Amended:
        """Mend other rows of the same generator: rows, weights, and which were made from real ones.

        Raises
        ------
        UsageError
            Without `fit`.
        InputError
            If a column is missing or has another type.
        """
        if not hasattr(self, "real_"):
            raise UsageError("A recipe must know the real table first. Call fit(real) with an assay Dataset, then transform.")
        table = (
            synthetic if isinstance(synthetic, Dataset) else impose(read_table(synthetic), self.real_.schema, name="synthetic")
        )
        rows = Amended.of(table)
        for at, each in enumerate(self.steps):
            try:
                rows = apply(each, rows, self.real_, self.seed, at)
            except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
                if isinstance(error, AssayError):
                    raise
                raise InputError(
                    f"Step {at + 1} of this recipe, {each.plan.remedy}, cannot be done: {type(error).__name__}: {error}",
                    fix="Give the recipe as mend wrote it, and rows of the generator that it was learned on.",
                ) from error
        return rows

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Give the parameters, as scikit-learn asks for them."""
        return {"steps": self.steps, "seed": self.seed}

    def set_params(self, **parameters: Any) -> Self:
        """Set parameters, as scikit-learn does."""
        for name, value in parameters.items():
            if name not in ("steps", "seed"):
                raise UsageError(f"A recipe has the parameters steps and seed. Got {name!r}.")
            setattr(self, name, value)
        return self

    def to_dict(self) -> dict[str, Any]:
        """Give the `assay.recipe/1` document."""
        return {
            "schema": SCHEMA,
            "seed": self.seed,
            "steps": [{**asdict(each.plan), "setting": dict(each.setting)} for each in self.steps],
        }

    @classmethod
    def from_dict(cls, document: Mapping[str, Any]) -> Recipe:
        """Read what `to_dict` gave.

        Raises
        ------
        UsageError
            If it is of another kind or version.
        """
        if document.get("schema") != SCHEMA:
            raise UsageError(f"A recipe has the schema {SCHEMA!r}. Got {document.get('schema')!r}.")
        steps: list[Learned] = []
        for entry in document["steps"]:
            fields: dict[str, Any] = {name: part for name, part in entry.items() if name != "setting"}
            fields["columns"] = tuple(fields["columns"])
            steps.append(Learned(Plan(**fields), entry["setting"]))
        return cls(steps, int(document["seed"]))

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
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise InputError(
                f"This is no recipe of Assay: {error}", file=str(path), fix="Give the file that mend wrote with --recipe."
            ) from error
