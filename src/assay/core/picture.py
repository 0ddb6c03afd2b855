"""A small picture of real against synthetic, as plain numbers that disclose no small group."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal


@dataclass(frozen=True, slots=True)
class Picture:
    """Shares of real and synthetic rows in the same cells.

    Parameters
    ----------
    kind : {'histogram', 'levels', 'heatmap'}
        What is drawn.
    title : str
        One line.
    columns : tuple of str
        Columns concerned.
    labels : tuple
        Histogram: k + 1 rounded edges as text; levels: k names; heatmap: (row labels, column labels).
    real, synthetic : tuple
        Shares of rows in each of the k cells; ``None`` where fewer than 10 rows stand behind it. Heatmap: a tuple of rows.
    """

    kind: Literal["histogram", "levels", "heatmap"]
    title: str
    columns: tuple[str, ...]
    labels: tuple[Any, ...]
    real: tuple[Any, ...]
    synthetic: tuple[Any, ...]
