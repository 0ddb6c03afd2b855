"""What a family of distributions is: its parameters, its chances and its quantiles."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

Array = np.ndarray


@dataclass(frozen=True, slots=True)
class Family:
    """A family of distributions.

    Parameters
    ----------
    parameters : mapping of str to (default or None, rule)
        What must or may be given; None where there is no default. The rule is one of ``any``, ``positive``, ``share``
        (between 0 and 1), ``whole``.
    below, above : callable
        The chance of a value at most, and of one above x, from x and the parameters.
    quantile : callable
        The smallest value with at least so much chance at or below it, from the chance and the parameters.
    upper : callable
        The value with so much chance above it; exact where the chance is tiny.
    discrete : bool
        Whether values are whole numbers.
    meaning : str
        What it is, for the documentation.
    check : callable, optional
        Whether parameters fit together, from all of them.
    asked : str
        What `check` asks for, in words.
    """

    parameters: Mapping[str, tuple[float | None, str]]
    below: Callable[..., Array]
    above: Callable[..., Array]
    quantile: Callable[..., Array]
    upper: Callable[..., Array]
    meaning: str
    discrete: bool = False
    check: Callable[..., Array] | None = None
    asked: str = ""


def beyond(below: Callable[..., Array]) -> Callable[..., Array]:
    """Make the chance above from the one at or below, where no tail is far."""
    return lambda x, *given: 1.0 - below(x, *given)


def from_above(quantile: Callable[..., Array]) -> Callable[..., Array]:
    """Make the quantile of a chance above from that of one below, where no tail is far."""
    return lambda chance, *given: quantile(1.0 - chance, *given)
