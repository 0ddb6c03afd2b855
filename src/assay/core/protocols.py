"""What a plug-in must offer: the base of every measure, and the shapes of context, profile and generator."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, Literal, Protocol, Self, TypeVar, runtime_checkable

import numpy as np

from assay.core.evidence import Evidence, Item
from assay.core.plan import Plan

Result = TypeVar("Result")


class Context(Protocol):
    """What the runner hands to a measure. Everything shared between measures goes through `share`."""

    real: Any
    synthetic: Any
    holdout: Any
    schema: Any
    real_profile: Any
    synthetic_profile: Any
    draws: Any
    seed: int
    alpha: float
    learners: Sequence[Any] | None
    scorer: Any

    def rng(self, *task: str | int) -> np.random.Generator:
        """Make the seeded generator of one named task of this measure."""
        ...

    def map(self, function: Callable[..., Result], tasks: Sequence[tuple[Any, ...]], *, apart: bool = False) -> list[Result]:
        """Call a function on each tuple of arguments, on all jobs, results in order; `apart` where it holds the interpreter."""
        ...

    def share(self, key: str, make: Callable[[], Result]) -> Result:
        """Compute something once for all measures of this run."""
        ...


class Measure(ABC):
    """One question to the data: the author writes the statistic, the runner adds outcomes, budget and errors.

    Subclasses stand alone in a file of `assay.measures` named as the class in snake case.

    Attributes
    ----------
    question : str
        What is asked, as a user would.
    family : str
        Group in reports: schema, marginals, dependence, tails, rules, use, privacy, lineage.
    reads : {'profile', 'rows'}
        Whether the counts suffice.
    needs : frozenset of {'holdout', 'target'}
        Without these the outcome is ``not_applicable``, with the reason.
    whole : tuple of {'real', 'synthetic', 'holdout'}
        Tables that it must see whole: of a part of them it would find copies in proportion only, and pass.
    equal_rows : bool
        Whether it looks for equal rows: of tables seen in part it then sees the rows that a hash of their values keeps.
    cost : int
        Rank in the order of work, cheap and decisive first.
    codes : mapping of str to str
        Finding codes of this measure with their explanation; the first is the default.
    mechanism, remedy : str
        Defaults of its findings; ``Item.facts`` may override with the keys ``code``, ``mechanism``, ``remedy``.
    cannot_see : str
        What this measure is blind to.
    """

    question: ClassVar[str]
    family: ClassVar[str]
    reads: ClassVar[Literal["profile", "rows"]]
    needs: ClassVar[frozenset[str]] = frozenset()
    whole: ClassVar[tuple[str, ...]] = ()
    equal_rows: ClassVar[bool] = False
    cost: ClassVar[int] = 50
    codes: ClassVar[Mapping[str, str]]
    mechanism: ClassVar[str]
    remedy: ClassVar[str]
    cannot_see: ClassVar[str]

    @abstractmethod
    def measure(self, context: Context) -> Evidence:
        """Measure. Raise `NotApplicable` with the reason where the data has nothing to measure."""

    @abstractmethod
    def describe(self, item: Item) -> str:
        """Say in one plain sentence with numbers what is wrong at this item."""

    @abstractmethod
    def missed(self, item: Item) -> str:
        """Say in one plain sentence what harm could have stayed unseen at this item."""


@runtime_checkable
class Generator(Protocol):
    """scikit-learn's grammar: ``__init__`` stores, ``fit`` learns and returns self, learned names end in ``_``."""

    def fit(self, real: Any, *, seed: int = 0) -> Self:
        """Learn from a real `Dataset`."""
        ...

    def sample(self, n: int, *, seed: int) -> Any:
        """Give a `Dataset` of n rows; the same seed gives the same rows and no state changes."""
        ...

    def save(self, folder: Path) -> None:
        """Write the fitted generator as JSON and safetensors or npz without pickle."""
        ...

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read what `save` wrote."""
        ...


class Damage(ABC):
    """One known harm, planted in sound rows: to prove that a judge would see it.

    Subclasses stand alone in a file of `assay.damage` named as the class in snake case.

    Parameters
    ----------
    severity : float, optional
        How much of it, in `unit`; default the material severity.

    Attributes
    ----------
    harm : str
        What happens to the data, as a user would say it.
    mechanism : str
        The finding's mechanism that is right.
    also : frozenset of str
        Further mechanisms that say the same of this harm, with the reason in the docstring.
    unit : str
        What severity counts, such as 'share of the rows copied'.
    severities : tuple of float
        A grid from harmless to gross, rising.
    harmless, material : float
        One of `severities` each, fixed beforehand: what must not be failed, and what must be caught at 5,000 rows and more.
        `harmless` is None where even the smallest dose is material.
    harmless_because, material_because : str
        Why: what it does to whoever uses the rows, and how it stands to margin and noise.
    touches : {'cells', 'rows', 'holdout'}
        ``cells`` of rows that stay in their places, ``rows`` that are missing, repeated or others, or the ``holdout``.
    needs : frozenset of {'target', 'entity', 'time'}
        Roles without which it cannot be planted.
    """

    harm: ClassVar[str]
    mechanism: ClassVar[str]
    also: ClassVar[frozenset[str]] = frozenset()
    unit: ClassVar[str]
    severities: ClassVar[tuple[float, ...]]
    harmless: ClassVar[float | None]
    material: ClassVar[float]
    harmless_because: ClassVar[str]
    material_because: ClassVar[str]
    touches: ClassVar[Literal["cells", "rows", "holdout"]]
    needs: ClassVar[frozenset[str]] = frozenset()

    def __init__(self, severity: float | None = None) -> None:
        self.severity = self.material if severity is None else severity

    @property
    def right(self) -> frozenset[str]:
        """All mechanisms that name this harm rightly."""
        return self.also | {self.mechanism}

    @abstractmethod
    def plant(self, ground: Any, rng: np.random.Generator) -> Any:
        """Plant it.

        Parameters
        ----------
        ground : assay.data.ground.Ground
            Sound rows.
        rng : numpy.random.Generator
            Chooses columns and rows; equal states plant equally.

        Returns
        -------
        assay.data.ground.Planted

        Raises
        ------
        NotApplicable
            If these rows cannot take this damage, with the reason.
        """


class Remedy(ABC):
    """One way to mend synthetic rows with the help of few real ones.

    Subclasses stand alone in a file of `assay.remedies` named as the class in snake case.

    Attributes
    ----------
    question : str
        What it looks for, as a user would ask.
    mends : frozenset of str
        Mechanisms that it mends.
    changes : {'rows', 'weights', 'values', 'labels'}
        What it changes foremost: which rows there are, how much they count, their cells, or their targets and no other cell.
    also : frozenset of str
        What else of these it may change. Rows left out or made leave the other rows' weights in proportion, else it is told here.
    anchors : bool
        Whether rows made from real ones get in, so that privacy must be looked at anew.
    generic : bool
        Whether it is matched to no mechanism in particular: then it must help by use, not only make rows look real.
    needs_target : bool
        Whether it can be asked of tables with a target alone.
    cannot_see : str
        What it is blind to.

    Notes
    -----
    `signs` tests, `learn` estimates, `apply` changes. What is learned is JSON, and holds for other rows of the same generator.
    Nothing of it is judged here: whether a plan helps is measured on real rows that it did not learn from.
    """

    question: ClassVar[str]
    mends: ClassVar[frozenset[str]]
    changes: ClassVar[Literal["rows", "weights", "values", "labels"]]
    also: ClassVar[frozenset[str]] = frozenset()
    anchors: ClassVar[bool] = False
    generic: ClassVar[bool] = False
    needs_target: ClassVar[bool] = False
    cannot_see: ClassVar[str]

    @abstractmethod
    def signs(self, scene: Any) -> Sequence[Plan]:
        """Give the plans that an `assay.data.scene.Scene` speaks for, none where nothing does.

        Every plan's p-value is below ``scene.error``, and holds for all that was looked at.
        """

    @abstractmethod
    def learn(self, plan: Plan, scene: Any) -> Mapping[str, Any]:
        """Estimate what the plan needs from real and synthetic rows; JSON. Raise `NotApplicable` where it cannot be."""

    @abstractmethod
    def apply(self, setting: Mapping[str, Any], rows: Any, real: Any, rng: np.random.Generator) -> Any:
        """Give new rows.

        Parameters
        ----------
        setting : mapping
            From `learn`.
        rows : assay.data.amended.Amended
            Synthetic rows; stay as they are. Those made from real ones keep their cells.
        real : Dataset
            Real rows, for remedies with anchors.
        rng : numpy.random.Generator
            Draws.

        Returns
        -------
        assay.data.amended.Amended
        """
