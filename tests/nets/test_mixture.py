"""The mixture of Gaussians: moments of what is drawn are those of what it was fitted to."""

import numpy as np
import pytest
from scipy.stats import multivariate_normal

torch = pytest.importorskip("torch")

from assay.nets.mixture import Mixture  # noqa: E402


def test_two_clouds_are_found_and_drawn():
    rng = np.random.default_rng(0)
    points = np.concatenate([rng.normal([-5, 0], 1, (3000, 2)), rng.normal([5, 2], [0.5, 2], (1000, 2))])
    mixture = Mixture.fit(points, 2, rng)
    drawn = mixture.draw(20_000, torch.Generator().manual_seed(0)).numpy()
    left = drawn[:, 0] < 0
    assert left.mean() == pytest.approx(0.75, abs=0.02)
    np.testing.assert_allclose(drawn[~left].std(axis=0), [0.5, 2], rtol=0.06)
    np.testing.assert_allclose(np.cov(drawn.T), np.cov(points.T), atol=0.5)


def test_one_point_and_few_points_have_a_mixture():
    one = Mixture.fit(np.array([[2.0, 3.0]]), 5, np.random.default_rng(0))
    np.testing.assert_allclose(one.means.numpy(), [[2.0, 3.0]])
    assert len(Mixture.fit(np.random.default_rng(1).normal(size=(25, 2)), 40, np.random.default_rng(0)).weights) == 1


def test_the_density_is_that_of_the_gaussians():
    mixture = Mixture(
        torch.tensor([0.25, 0.75]),
        torch.tensor([[0.0, 0.0], [3.0, -1.0]]),
        torch.tensor([[[1.0, 0.0], [0.5, 2.0]], [[0.3, 0.0], [0.0, 1.0]]]),
    )
    points = np.array([[0.2, 1.0], [3.0, -2.0], [9.0, 9.0]])
    parts = [
        weight * multivariate_normal(mean, factor @ factor.T).pdf(points)
        for weight, mean, factor in zip(*(part.double().numpy() for part in mixture), strict=True)
    ]
    found = mixture.log_density(torch.from_numpy(points).float())
    np.testing.assert_allclose(found.numpy(), np.log(sum(parts)), rtol=1e-4)
