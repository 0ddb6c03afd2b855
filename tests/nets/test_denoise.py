"""Diffusion: the sampler with the true answer in the network's place gives the true distribution."""

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from assay.nets.denoise import LEAST, MOST, Denoiser, levels, noisy, unmasked  # noqa: E402
from assay.nets.mlp import drawn_states, losses_of_states  # noqa: E402

TABLE = torch.tensor([[0.30, 0.10, 0.10], [0.05, 0.05, 0.40]])  # p(first, second)


class Known(torch.nn.Module):
    """Answers with the true conditional probabilities of two columns."""

    def __init__(self):
        super().__init__()
        self.sizes, self.masked = (2, 3), torch.nn.Parameter(torch.zeros(1))

    def states(self, states, masked):
        first = torch.where(masked[:, 1:], TABLE.sum(dim=1), (TABLE / TABLE.sum(dim=0)).T[states[:, 1]])
        second = torch.where(masked[:, :1], TABLE.sum(dim=0), (TABLE / TABLE.sum(dim=1, keepdim=True))[states[:, 0]])
        return torch.cat([first, second], dim=1).log()


def shares(states):
    return np.bincount((states[:, 0] * 3 + states[:, 1]).numpy(), minlength=6) / len(states)


def test_states_revealed_one_at_a_time_have_the_true_joint_distribution():
    states = unmasked(Known(), 60_000, 9, {}, 4, torch.Generator().manual_seed(0))
    np.testing.assert_allclose(shares(states), TABLE.flatten().numpy(), atol=0.01)


def test_states_revealed_at_once_lose_their_dependence():
    states = unmasked(Known(), 60_000, 1, {}, 4, torch.Generator().manual_seed(0))
    np.testing.assert_allclose(shares(states), torch.outer(TABLE.sum(dim=1), TABLE.sum(dim=0)).flatten().numpy(), atol=0.01)


def test_a_condition_gives_the_conditional_distribution():
    allowed = {1: torch.tensor([0.0, 0.0, 1.0]), 0: torch.tensor([1.0, 0.5])}  # half of the second state's rows
    states = unmasked(Known(), 40_000, 9, allowed, 4, torch.Generator().manual_seed(0))
    np.testing.assert_allclose(shares(states), [0, 0, 0.1 / 0.3, 0, 0, 0.2 / 0.3], atol=0.012)


def test_levels_fall_from_most_to_nothing():
    found = levels(10)
    assert found[0] == pytest.approx(MOST)
    assert found[-2] == pytest.approx(LEAST)
    assert found[-1] == 0.0
    assert (np.diff(found) < 0).all()


def test_with_little_noise_the_input_is_the_answer():
    module = Denoiser((3,), 2, 16, 1)
    numbers, states = torch.tensor([[0.5, -1.0]]), torch.tensor([[1]])
    clean = module.numbers(states, numbers, torch.tensor([[LEAST]]))
    torch.testing.assert_close(clean, numbers, atol=0.01, rtol=0.0)


def test_noise_has_the_level_that_it_says():
    level, seen = noisy(torch.zeros(50_000, 1), torch.Generator().manual_seed(0))
    assert float((seen / level).std()) == pytest.approx(1.0, abs=0.02)


def test_drawn_states_follow_their_logits():
    logits = torch.tensor([[0.2, 0.8, 0.5, 0.25, 0.25]]).log().repeat(40_000, 1)
    states = drawn_states(logits, (2, 3), torch.Generator().manual_seed(0))
    assert float(states[:, 0].float().mean()) == pytest.approx(0.8, abs=0.01)
    assert float((states[:, 1] == 0).float().mean()) == pytest.approx(0.5, abs=0.01)


def test_the_loss_of_a_state_is_its_negative_log_probability():
    losses = losses_of_states(torch.tensor([[0.2, 0.8, 0.5, 0.25, 0.25]]).log(), torch.tensor([[1, 2]]), (2, 3))
    np.testing.assert_allclose(losses.numpy(), -np.log([[0.8, 0.25]]), rtol=1e-5)
