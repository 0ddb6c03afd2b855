"""A mixture of Gaussians in a few dimensions: fitted to points, drawn from with torch's noise."""

from __future__ import annotations

import math
import warnings
from typing import NamedTuple, Self

import numpy as np
import torch
from torch import Tensor

from assay.core.threads import one_thread

RIDGE = 1e-4


class Mixture(NamedTuple):
    """Gaussians with weights.

    Parameters
    ----------
    weights : Tensor of shape (components,)
        Shares, summing to one.
    means : Tensor of shape (components, dimensions)
        Centres.
    factors : Tensor of shape (components, dimensions, dimensions)
        Lower triangular L with covariance L L'.
    """

    weights: Tensor
    means: Tensor
    factors: Tensor

    @classmethod
    def standard(cls, dimensions: int) -> Self:
        """Give one standard Gaussian."""
        return cls(torch.ones(1), torch.zeros(1, dimensions), torch.eye(dimensions)[None])

    @classmethod
    def fit(cls, points: np.ndarray, components: int, rng: np.random.Generator) -> Self:
        """Fit by expectation-maximisation, with full covariances and a ridge; float64 points of shape (rows, dimensions).

        Notes
        -----
        As many components as leave each ten points a dimension, at most `components`.
        """
        from sklearn.exceptions import ConvergenceWarning
        from sklearn.mixture import GaussianMixture

        rows, dimensions = points.shape
        components = int(np.clip(rows // (10 * dimensions), 1, components))
        if rows < 2:
            return cls.standard(dimensions)._replace(means=torch.from_numpy(points[:1].mean(axis=0)[None]).float())
        model = GaussianMixture(
            components, reg_covar=RIDGE, max_iter=60, init_params="k-means++", random_state=int(rng.integers(2**31))
        )
        with one_thread(), warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)  # sixty rounds are enough for a prior
            model.fit(points)
        factors = np.linalg.cholesky(np.asarray(model.covariances_))
        return cls(*(torch.from_numpy(np.asarray(part)).float() for part in (model.weights_, model.means_, factors)))

    def to(self, device: torch.device) -> Self:
        """Give it on a device."""
        return type(self)(*(part.to(device) for part in self))

    def draw(self, rows: int, noise: torch.Generator) -> Tensor:
        """Draw points, of shape (rows, dimensions)."""
        chosen = torch.multinomial(self.weights, rows, replacement=True, generator=noise)
        normal = torch.randn((rows, self.means.shape[1]), generator=noise, device=self.means.device)
        out = torch.empty_like(normal)
        for component in range(len(self.weights)):
            held = chosen == component
            out[held] = self.means[component] + normal[held] @ self.factors[component].T
        return out

    def log_density(self, points: Tensor) -> Tensor:
        """Give log p at points of shape (rows, dimensions), of shape (rows,)."""
        away = points[:, None] - self.means
        white = torch.linalg.solve_triangular(self.factors, away.permute(1, 2, 0), upper=False)
        volume = self.factors.diagonal(dim1=-2, dim2=-1).log().sum(dim=-1) + 0.5 * points.shape[1] * math.log(2 * math.pi)
        each = self.weights.log() - volume - 0.5 * white.square().sum(dim=1).T
        return each.logsumexp(dim=-1)
