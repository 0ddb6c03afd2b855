"""Tilting weights along chosen columns until their means are those of the real rows: test, learn, apply."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from assay.core.errors import NotApplicable
from assay.data.amended import Amended
from assay.data.dataset import Dataset
from assay.data.entities import entity_codes
from assay.data.scene import Scene
from assay.remedies._bases import LEAST, Basis, Cells, basis_of
from assay.remedies._weights import (
    clipped,
    effective,
    score_log_p,
    share_p_values,
    shrunk_shares,
    solved,
    weighted_means,
)

LEAST_ROWS = 20
LARGEST = 20.0  # factor that a row may get
LEAST_LEFT = 0.05  # share of the rows that the weighted ones must be worth


@dataclass(frozen=True)
class Reading:
    """One basis, read off both tables, and by how much its synthetic means shall move; None to find out by `Both.gap`."""

    basis: Basis
    real: np.ndarray
    synthetic: np.ndarray
    wanted: np.ndarray | None = None


@dataclass(frozen=True)
class Gap:
    """How far the real rows lie from the synthetic ones along one basis.

    Parameters
    ----------
    log_p : float
        Logarithm of the p-value over all cells of the basis.
    strength : float
        Mahalanobis distance squared, less its degrees of freedom, per root of twice those: to find the foremost.
    wanted : numpy.ndarray, shape (numbers,)
        Real minus synthetic means, shrunk.
    foremost : int
        Cell with the smallest p-value; ``numbers`` for the cell without indicator.
    words : tuple of str
        Its shares of the real and of the synthetic rows; of a score how far apart the means are.
    """

    log_p: float
    strength: float
    wanted: np.ndarray
    foremost: int
    words: tuple[str, str]


def reading(basis: Basis, scene: Scene) -> Reading:
    """Read a basis off both tables."""
    return Reading(basis, basis.matrix(scene.real), basis.matrix(scene.synthetic))


class Both:
    """Both tables' rows that belong together, looked up once; ``real_scale`` and ``synthetic_scale`` are entities per row."""

    def __init__(self, scene: Scene) -> None:
        self.real_groups, self.synthetic_groups = entity_codes(scene.real), entity_codes(scene.synthetic)
        self.real_scale, self.synthetic_scale = _per_row(self.real_groups), _per_row(self.synthetic_groups)
        self.enough = len(scene.real) >= LEAST_ROWS and len(scene.synthetic) >= LEAST_ROWS

    def gap(self, read: Reading, weights: np.ndarray) -> Gap:
        """Compare the means of a basis.

        Notes
        -----
        A score: saddlepoint test against the weighted synthetic rows; its gap is shrunk by ``1 - 1 / T``, T its squared
        distance in standard errors (empirical Bayes). Cells: the smallest p-value of exact tests of each cell's share, times the
        number of cells (one for two); shares are shrunk by `shrunk_shares`.
        """
        real = weighted_means(read.real, np.ones(len(read.real)), self.real_groups)
        synthetic = weighted_means(read.synthetic, weights, self.synthetic_groups)
        apart = real.mean - synthetic.mean
        total = 1.0 / real.per_row + 1.0 / synthetic.per_row
        pooled = (real.covariance / real.per_row + synthetic.covariance / synthetic.per_row) / total
        distance = float(apart @ np.linalg.pinv(pooled, hermitian=True) @ apart) / (real.per_row + synthetic.per_row)
        strength = (distance - len(apart)) / np.sqrt(2.0 * len(apart))
        if isinstance(read.basis, Cells):
            shares = [np.append(means.mean, 1.0 - means.mean.sum()) for means in (real, synthetic)]
            shares = [np.clip(part, 0.0, 1.0) for part in shares]
            rows = [1.0 / real.per_row, 1.0 / synthetic.per_row]
            counts = [np.stack([part, 1.0 - part], axis=1) * size for part, size in zip(shares, rows, strict=True)]
            p_values = share_p_values(counts[0], counts[1])
            at = int(np.lexsort((-np.abs(shares[0] - shares[1]), p_values))[0])
            tests = len(p_values) if len(p_values) > 2 else 1
            wanted = shrunk_shares(shares[0] * rows[0], shares[1] / shares[1].sum())[:-1] - synthetic.mean
            log_p = min(float(np.log(max(float(p_values[at]), 1e-300) * tests)), 0.0)
            return Gap(log_p, strength, wanted, at, (told(shares[0][at], len(read.real)), f"{shares[1][at]:.1%}"))
        log_p = score_log_p(real, read.synthetic[:, 0], weights, synthetic)
        wanted = apart * max(0.0, 1.0 - 1.0 / max(distance, 1e-12))
        far = f"{abs(float(apart[0])):.2f} normal scores {'lower' if apart[0] > 0 else 'higher'}"
        return Gap(log_p, strength, wanted, 0, (far, far))


def _per_row(groups: np.ndarray | None) -> float:
    return 1.0 if groups is None else len(np.unique(groups)) / len(groups)


def learned(reads: Sequence[Reading], scene: Scene) -> dict[str, Any]:
    """Learn the tilt along some bases that brings their means to the real ones, shrunk.

    Returns
    -------
    dict
        JSON: ``bases``, ``tilt``, ``centre`` (what the power is less by, so that factors are about 1), ``most``, and
        ``left``, the share of the rows that the weighted ones are worth, of that before.

    Raises
    ------
    NotApplicable
        If the weighted rows would be worth less than 5% of their number.
    """
    tilt, centre, left = tilted(reads, scene.rows.weights, Both(scene))
    if left * scene.rows.effective < LEAST_LEFT * len(scene.rows):
        raise NotApplicable(f"weighted, {len(scene.rows):,} rows would be worth {left * scene.rows.effective:,.0f}")
    return {
        "bases": [read.basis.to_dict() for read in reads],
        "tilt": tilt.tolist(),
        "centre": centre,
        "most": LARGEST,
        "left": left,
    }


def tilted(reads: Sequence[Reading], weights: np.ndarray, both: Both) -> tuple[np.ndarray, float, float]:
    """Give the tilt, its centre, and the effective sample size after as a share of that before."""
    wanted = np.concatenate([both.gap(read, weights).wanted if read.wanted is None else read.wanted for read in reads])
    values = np.concatenate([read.synthetic for read in reads], axis=1)
    share = weights / weights.sum()
    mean = share @ values
    stiff = np.full(len(wanted), 1e-4) * np.maximum(share @ (values - mean) ** 2, 1e-6)
    tilt, cumulant, _ = solved(values - mean, weights, wanted, stiff)
    centre = cumulant + float(mean @ tilt)
    factor = clipped(np.exp(values @ tilt - centre), weights, LARGEST)
    return tilt, centre, effective(weights * factor) / max(effective(weights), 1e-300)


def factors(setting: Mapping[str, Any], table: Dataset, weights: np.ndarray) -> np.ndarray:
    """Give what each row's weight is multiplied by."""
    values = np.concatenate([basis_of(basis).matrix(table) for basis in setting["bases"]], axis=1)
    power = values @ np.asarray(setting["tilt"]) - setting["centre"]
    return clipped(np.exp(np.clip(power, -50.0, 50.0)), weights, setting["most"])


def weighed(setting: Mapping[str, Any], rows: Amended) -> Amended:
    """Multiply weights by what was learned."""
    return rows if not len(rows) else rows.weighed(factors(setting, rows.table, rows.weights))


def said(read: Reading, gap: Gap) -> str:
    """Say in words how far synthetic rows lie from real ones along one basis."""
    name = repr(read.basis.columns[-1])
    if not isinstance(read.basis, Cells):
        return f"{name} lies {gap.words[0]} than in the real rows"
    return f"{name} holds {read.basis.name(gap.foremost)} in {gap.words[1]} of the rows, but in {gap.words[0]} of the real ones"


def told(share: float, rows: float) -> str:
    """Write a share of real rows so that it does not tell of fewer than ten.

    Examples
    --------
    >>> told(0.3, 300), told(0.003, 300), told(1.0, 300)
    ('30.0%', 'less than 3.3%', 'more than 96.7%')
    """
    least = LEAST / max(rows, 1.0)
    if share < least:
        return f"less than {least:.1%}"
    return f"more than {1.0 - least:.1%}" if share > 1.0 - least else f"{share:.1%}"
