"""A maker of rows and a critic of them, with relativistic losses and penalties that keep them stable."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from assay.nets.mlp import Residual, gumbel

REACH = 5.0  # standard deviations that a number can have


class Maker(nn.Module):
    """Turns Gaussian noise into logits of states, and numbers.

    Parameters
    ----------
    sizes : sequence of int
        States of each column.
    numbers : int
        Columns of numbers.
    noise : int
        Numbers of a noise vector.
    width, blocks : int
        Hidden numbers and residual blocks.
    """

    def __init__(self, sizes: Sequence[int], numbers: int, noise: int, width: int, blocks: int) -> None:
        super().__init__()
        self.noise = noise
        self.opened = nn.Linear(noise, width)
        self.body = Residual(width, blocks)
        self.of_states = nn.Linear(width, sum(sizes))
        nn.init.normal_(self.of_states.weight, std=0.1 / width**0.5)
        self.of_numbers = nn.Linear(width, max(numbers, 1))

    def forward(self, noise: Tensor) -> tuple[Tensor, Tensor]:
        """Give logits of shape (rows, sum of sizes) and numbers of shape (rows, numbers) for noise of shape (rows, noise)."""
        hidden = self.body(self.opened(noise))
        return self.of_states(hidden), REACH * torch.tanh(self.of_numbers(hidden) / REACH)


class Critic(nn.Module):
    """Scores rows, several at a time so that it sees a mode that is missing.

    Parameters
    ----------
    inputs : int
        Numbers of a row: the states' shares and the numbers.
    pack : int
        Rows scored together.
    width, blocks : int
        Hidden numbers and layers.

    References
    ----------
    Lin, Z. et al. (2018). PacGAN: the power of two samples in generative adversarial networks. NeurIPS.
    """

    def __init__(self, inputs: int, pack: int, width: int, blocks: int) -> None:
        super().__init__()
        self.pack = pack
        sizes = [inputs * pack, *([width] * (blocks + 1))]
        self.layers = nn.ModuleList(nn.Linear(inner, outer) for inner, outer in itertools.pairwise(sizes))
        self.last = nn.Linear(width, 1)

    def forward(self, rows: Tensor) -> Tensor:
        """Give scores of shape (rows / pack, 1); what does not fill a pack is left out."""
        whole = len(rows) // self.pack * self.pack
        hidden = rows[:whole].reshape(-1, self.pack * rows.shape[1])
        for layer in self.layers:
            hidden = functional.leaky_relu(layer(hidden), 0.2)
        return self.last(hidden)


class Players(nn.Module):
    """Maker and critic.

    Parameters
    ----------
    sizes : sequence of int
        States of each column.
    holders : sequence of int
        For each column of numbers: its column among the states. Its number counts where that column is in its last state.
    noise, pack, width, blocks : int
        See `Maker` and `Critic`.
    """

    places: Tensor

    def __init__(self, sizes: Sequence[int], holders: Sequence[int], noise: int, pack: int, width: int, blocks: int) -> None:
        super().__init__()
        self.sizes = tuple(sizes)
        self.maker = Maker(sizes, len(holders), noise, width, blocks)
        self.critic = Critic(sum(sizes) + len(holders), pack, width, blocks)
        ends = [sum(self.sizes[: at + 1]) for at in range(len(sizes))]
        self.register_buffer("places", torch.tensor([ends[at] - 1 for at in holders], dtype=torch.int64), persistent=False)

    def real(self, states: Tensor, numbers: Tensor) -> Tensor:
        """Give real rows as the critic sees them: one-hot states, then numbers where they are there."""
        shares = torch.cat([functional.one_hot(states[:, at], size) for at, size in enumerate(self.sizes)], dim=-1).float()
        return self._seen(shares, numbers)

    def made(self, rows: int, noise: torch.Generator, heat: float) -> Tensor:
        """Make rows as the critic sees them, states drawn by softmax over logits with Gumbel noise at a heat.

        References
        ----------
        Jang, E., Gu, S., Poole, B. (2017). Categorical reparameterization with Gumbel-softmax. ICLR.
        """
        device = self.places.device
        logits, numbers = self.maker(torch.randn((rows, self.maker.noise), generator=noise, device=device))
        warm = (logits + gumbel(logits, noise)) / heat
        shares = torch.cat([part.softmax(dim=-1) for part in warm.split(list(self.sizes), dim=-1)], dim=-1)
        return self._seen(shares, numbers)

    def _seen(self, shares: Tensor, numbers: Tensor) -> Tensor:
        if not len(self.places):
            return shares
        return torch.cat([shares, numbers[:, : len(self.places)] * shares[:, self.places]], dim=-1)


def critic_loss(critic: nn.Module, real: Tensor, made: Tensor, penalty: float) -> Tensor:
    """Give the critic's relativistic loss with penalties on its slope at real and at made rows.

    Notes
    -----
    softplus(f(made) - f(real)) + penalty / 2 (|f'(real)|^2 + |f'(made)|^2).

    References
    ----------
    Huang, Y. et al. (2024). The GAN is dead; long live the GAN! A modern GAN baseline, section 2. NeurIPS.
    """
    real, made = real.detach().requires_grad_(), made.detach().requires_grad_()
    of_real, of_made = critic(real), critic(made)
    slopes = torch.autograd.grad(of_real.sum() + of_made.sum(), (real, made), create_graph=True)
    steep = sum(slope.square().sum(dim=-1).mean() for slope in slopes)
    return functional.softplus(of_made - of_real).mean() + penalty / 2 * steep


def maker_loss(critic: nn.Module, real: Tensor, made: Tensor) -> Tensor:
    """Give the maker's relativistic loss, softplus(f(real) - f(made))."""
    return functional.softplus(critic(real.detach()) - critic(made)).mean()


def moments_gap(real: Tensor, made: Tensor) -> Tensor:
    """Give how far means and second moments of rows as the critic sees them lie apart: the mean squared difference of each."""
    means = (real.mean(dim=0) - made.mean(dim=0)).square().mean()
    seconds = (real.T @ real / len(real) - made.T @ made / len(made)).square().mean()
    return means + seconds
