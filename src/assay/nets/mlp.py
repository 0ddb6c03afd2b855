"""Residual networks of rows, and what turns a row of states and numbers into their input."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional


class States(nn.Module):
    """The sum of one vector per column and state: a linear layer on one-hot columns that are never written out.

    Parameters
    ----------
    sizes : sequence of int
        States of each column.
    width : int
        Numbers of a vector.
    """

    offsets: Tensor

    def __init__(self, sizes: Sequence[int], width: int) -> None:
        super().__init__()
        self.table = nn.Embedding(max(sum(sizes), 1), width)
        nn.init.normal_(self.table.weight, std=1 / math.sqrt(max(len(sizes), 1)))
        starts = [sum(sizes[:at]) for at in range(len(sizes))]
        self.register_buffer("offsets", torch.tensor(starts, dtype=torch.int64), persistent=False)

    def forward(self, states: Tensor) -> Tensor:
        """Give vectors of shape (rows, width) for states of shape (rows, columns)."""
        if not self.offsets.numel():
            return self.table.weight.new_zeros((len(states), self.table.embedding_dim))
        return functional.embedding_bag(states + self.offsets, self.table.weight, mode="sum")


def lined(count: int, width: int) -> Tensor:
    """Draw first vectors for states on a line, of shape (count, width): neighbours alike, each number of unit variance.

    Notes
    -----
    A sum of a ramp and of waves of one to four half turns, their weight falling with their number, along random directions,
    and a fifth of noise of each state's own: so what is learned of one bin begins as a guess for the bins beside it.
    """
    place = (torch.arange(count) + 0.5) / count
    waves = [place - 0.5, *(turn(at * math.pi * place) / at for at in range(1, 5) for turn in (torch.cos, torch.sin))]
    shapes = torch.stack(waves, dim=1)
    shapes = shapes - shapes.mean(dim=0)
    shapes = shapes / shapes.std(dim=0).square().sum().sqrt().clamp_min(1e-6)
    return shapes @ torch.randn(shapes.shape[1], width) + 0.2 * torch.randn(count, width)


def dropped(hidden: Tensor, share: float, noise: torch.Generator | None) -> Tensor:
    """Set a share of the numbers to zero and widen the others, by noise of one's own; leave all where there is none.

    References
    ----------
    Srivastava, N. et al. (2014). Dropout: a simple way to prevent neural networks from overfitting. JMLR 15.
    """
    if noise is None or share <= 0:
        return hidden
    return hidden * torch.empty_like(hidden).bernoulli_(1 - share, generator=noise) / (1 - share)


class Residual(nn.Module):
    """Blocks of h + W2 act(W1 norm(h)), each shifted and scaled by what it is told besides.

    Parameters
    ----------
    width : int
        Numbers of a hidden vector.
    blocks : int
        Blocks.
    told : int
        Numbers of the further vector, such as an embedded time; 0 for none.

    References
    ----------
    He, K. et al. (2016). Identity mappings in deep residual networks. ECCV.
    Perez, E. et al. (2018). FiLM: visual reasoning with a general conditioning layer. AAAI.
    """

    def __init__(self, width: int, blocks: int, told: int = 0) -> None:
        super().__init__()
        self.norms = nn.ModuleList(nn.LayerNorm(width) for _ in range(blocks))
        self.first = nn.ModuleList(nn.Linear(width, 2 * width) for _ in range(blocks))
        second = [nn.Linear(2 * width, width) for _ in range(blocks)]
        shifts = [nn.Linear(told, 2 * width) for _ in range(blocks)] if told else []
        for layer in (*second, *shifts):
            nn.init.zeros_(layer.weight)
        for layer in shifts:
            nn.init.zeros_(layer.bias)
        self.second = nn.ModuleList(second)
        self.told = nn.ModuleList(shifts) if told else None
        self.last = nn.LayerNorm(width)

    def forward(
        self, hidden: Tensor, told: Tensor | None = None, drop: float = 0.0, noise: torch.Generator | None = None
    ) -> Tensor:
        """Give vectors of shape (rows, width); inner numbers are `dropped`."""
        for at, (norm, first, second) in enumerate(zip(self.norms, self.first, self.second, strict=True)):
            inner = norm(hidden)
            if self.told is not None and told is not None:
                shift, scale = self.told[at](told).chunk(2, dim=-1)
                inner = inner * (1 + scale) + shift
            hidden = hidden + second(dropped(functional.silu(first(inner)), drop, noise))
        return self.last(hidden)


class Waves(nn.Module):
    """Sines and cosines of a number at rising frequencies: a time or noise level as a vector.

    Parameters
    ----------
    width : int
        Numbers of the vector, even.
    fastest : float
        Highest frequency, in radians a unit.
    """

    frequencies: Tensor

    def __init__(self, width: int, fastest: float = 100.0) -> None:
        super().__init__()
        steps = torch.exp(torch.linspace(0.0, math.log(fastest), width // 2))
        self.register_buffer("frequencies", steps, persistent=False)

    def forward(self, numbers: Tensor) -> Tensor:
        """Give vectors of shape (rows, width) for numbers of shape (rows,)."""
        angles = numbers[:, None] * self.frequencies
        return torch.cat([angles.sin(), angles.cos()], dim=-1)


def losses_of_states(logits: Tensor, states: Tensor, sizes: Sequence[int]) -> Tensor:
    """Give -log p of each row's state in each column.

    Parameters
    ----------
    logits : Tensor of shape (rows, sum of sizes)
        Column after column.
    states : Tensor of int64, shape (rows, columns)
        What is there.
    sizes : sequence of int
        States of each column.

    Returns
    -------
    Tensor of shape (rows, columns)
    """
    parts = logits.split(list(sizes), dim=-1)
    found = [functional.cross_entropy(part, states[:, at], reduction="none") for at, part in enumerate(parts)]
    return torch.stack(found, dim=-1)


def log_shares(states: Tensor, sizes: Sequence[int]) -> Tensor:
    """Give the logarithm of each state's share, half a row added, of shape (sum of sizes,): the first logits' biases."""
    counts = [torch.bincount(states[:, at], minlength=size) + 0.5 for at, size in enumerate(sizes)]
    return torch.cat([(count / count.sum()).log() for count in counts]).float()


def gumbel(logits: Tensor, noise: torch.Generator) -> Tensor:
    """Draw standard Gumbel noise of the shape of logits: the place of the largest sum of both is drawn from their softmax."""
    uniform = torch.rand(logits.shape, generator=noise, device=logits.device, dtype=torch.float32)
    return -torch.log(-torch.log(uniform.clamp(1e-20, 1 - 1e-7)))


def drawn_states(logits: Tensor, sizes: Sequence[int], noise: torch.Generator) -> Tensor:
    """Draw a state of each column from softmax(logits), by the largest logit plus Gumbel noise.

    Returns
    -------
    Tensor of int64, shape (rows, columns)

    References
    ----------
    Gumbel, E. J. (1954). Statistical theory of extreme values and some practical applications, section 3.
    """
    noisy = logits + gumbel(logits, noise)
    return torch.stack([part.argmax(dim=-1) for part in noisy.split(list(sizes), dim=-1)], dim=-1)
