"""What an axis is: one number that is taken of every generation of a loop, and what it means to have left."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import ClassVar, Literal, NamedTuple

from assay.lab.axes._scene import Scene

Worse = Literal["up", "down", "both"]


class Point(NamedTuple):
    """One number found, on the scale on which its errors add up.

    ``error`` is the standard error from the rows of both tables. ``low`` and ``high`` hold an exact 95% interval where there
    is one; then the error is only used for what it lacks. ``column`` is empty for the whole table.
    """

    work: float
    error: float
    column: str = ""
    low: float | None = None
    high: float | None = None


class Axis(ABC):
    """One thing that can be lost, or be won wrongly, over the generations.

    Subclasses stand in a file of `assay.lab.axes`, alone or with those that share their statistic, and are found there.

    Attributes
    ----------
    name : str
        How readings call it.
    question : str
        What is asked, as a user would.
    unit : str
        What a value counts.
    bounds : tuple of float
        Least and largest value possible, infinite where there is none.
    worse : {'up', 'down', 'both'}
        In which direction reality is left.
    margin : float
        How far from what real rows score, in `unit`, a value may lie and still serve.
    margins : mapping of str to float
        The margin of tasks for which it is another, such as ``regression``.
    margin_because : str
        Why that far.
    cannot_see : str
        What it is blind to.
    needs : frozenset of {'numbers', 'levels', 'target', 'classes', 'sensitive', 'columns'}
        What a table must have: ordered columns, levelled ones, a target, a target of classes, declared sensitive columns, at
        least one modelled column that varies.
    rank : int
        Order in which readings are told.
    believed : bool
        Whether it looks at rows at hand instead of the sealed ones: what somebody would see who has no real rows.
    by_law : bool
        Whether `between` gives the distribution between real samples by a formula, so that one split suffices.
    """

    name: ClassVar[str]
    question: ClassVar[str]
    unit: ClassVar[str]
    bounds: ClassVar[tuple[float, float]] = (-math.inf, math.inf)
    worse: ClassVar[Worse]
    margin: ClassVar[float]
    margins: ClassVar[Mapping[str, float]] = {}
    margin_because: ClassVar[str]
    cannot_see: ClassVar[str]
    needs: ClassVar[frozenset[str]] = frozenset()
    rank: ClassVar[int] = 50
    believed: ClassVar[bool] = False
    by_law: ClassVar[bool] = False

    @classmethod
    def margin_for(cls, task: str | None) -> float:
        """Give the margin for the task of a table: ``binary``, ``multiclass``, ``regression``, or none."""
        return cls.margins.get(task or "", cls.margin)

    @abstractmethod
    def measure(self, scene: Scene) -> list[Point]:
        """Measure the whole table (column "") and its columns. Raise `NotApplicable` where there is nothing to measure."""

    def between(self, scene: Scene) -> list[Point]:
        """Measure one split of real rows, ``scene.rows`` being the one part and ``scene.holdout`` the other."""
        return self.measure(scene)

    def show(self, work: float) -> float:
        """Give the value in `unit` of a number on the working scale; never falls when its argument rises."""
        return min(max(work, self.bounds[0]), self.bounds[1])


class Distance(Axis):
    """An axis whose working scale is an unbiased square, negative by noise where there is nothing."""

    worse = "up"

    def show(self, work: float) -> float:
        """Give the root, 0 where the square is negative."""
        return min(math.sqrt(max(work, 0.0)), self.bounds[1])
