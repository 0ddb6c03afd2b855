"""What a sum over rows is worth when rows of one entity share what they say."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.special import stdtr

from assay.remedies._weights import effective


def shared_variance(terms: np.ndarray, units: np.ndarray) -> float:
    """Give the variance of a sum of centred terms, shape (rows,), of which those of one entity go together.

    Examples
    --------
    >>> shared_variance(np.array([1.0, 1.0, -1.0, -1.0]), np.array([0, 0, 1, 1]))
    16.0
    """
    many = max(len(np.unique(units)), 2)
    return float(np.sum(np.bincount(units, weights=terms) ** 2)) * many / (many - 1)


def worth(units: np.ndarray, weights: np.ndarray) -> float:
    """Give how many entities of one weight would be worth as much as these, by Kish's formula."""
    return effective(np.bincount(units, weights=weights))


def student_tail(z: float, variances: Sequence[float], units: Sequence[float]) -> float:
    """Give the chance of a larger z whose squared error is the sum of variances, each learned from so many units.

    Notes
    -----
    Student's distribution with ``(sum v)^2 / sum (v^2 / (units - 1))`` degrees of freedom: few entities leave their variance
    uncertain.

    References
    ----------
    Satterthwaite (1946), An approximate distribution of estimates of variance components, Biometrics Bulletin 2.
    """
    parts, freedom = np.array(variances), np.maximum(np.array(units) - 1.0, 1.0)
    whole = float(parts.sum()) ** 2 / max(float(np.sum(parts**2 / freedom)), 1e-300)
    return float(stdtr(max(whole, 1.0), -z))
