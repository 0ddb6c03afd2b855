"""Rows of a table as axes see them: encoded once, and cut without being encoded anew."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from assay.data.dataset import Dataset

if TYPE_CHECKING:
    from assay.lab.axes._frame import Frame

Made = TypeVar("Made")


class View:
    """Rows, with every encoding of them that was asked for.

    Parameters
    ----------
    frame : Frame
        What encodes them.
    dataset : Dataset, optional
        The rows, for a view of its own.
    parent, chosen : View and numpy.ndarray of int, optional
        Rows of another view: their encodings are cut out of its.
    """

    def __init__(
        self, frame: Frame, dataset: Dataset | None = None, parent: View | None = None, chosen: np.ndarray | None = None
    ) -> None:
        self.frame, self._dataset, self._parent, self._chosen = frame, dataset, parent, chosen
        self._made: dict[str, Any] = {}

    def __len__(self) -> int:
        if self._chosen is not None:
            return len(self._chosen)
        assert self._dataset is not None
        return len(self._dataset)

    def take(self, chosen: np.ndarray) -> View:
        """Give some rows."""
        return View(self.frame, parent=self, chosen=chosen)

    def get(self, name: str) -> np.ndarray:
        """Give one encoding of `Frame.ENCODINGS`, one row a row."""
        if name not in self._made:
            if self._parent is not None:
                self._made[name] = self._parent.get(name)[self._chosen]
            else:
                self._made[name] = getattr(self.frame, name)(self)
        return self._made[name]

    def keep(self, name: str, make: Callable[[], Made]) -> Made:
        """Compute something about these rows once."""
        if name not in self._made:
            self._made[name] = make()
        return self._made[name]

    @property
    def dataset(self) -> Dataset:
        """The rows themselves."""
        assert self._dataset is not None
        return self._dataset
