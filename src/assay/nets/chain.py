"""A network for each column given those before it, all columns computed at once."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from assay.nets.mlp import dropped, lined

SPREAD = 0.5  # standard deviation of the first vectors
FEWEST_ON_LINE = 4


class Grouped(nn.Module):
    """A linear layer of its own for every column.

    Parameters
    ----------
    columns, inner, outer : int
        Layers, and the numbers that each takes and gives.
    zero : bool, default False
        Begin with zero weights.
    """

    def __init__(self, columns: int, inner: int, outer: int, *, zero: bool = False) -> None:
        super().__init__()
        bound = 0.0 if zero else 1 / math.sqrt(inner)
        self.weight = nn.Parameter(torch.empty(columns, inner, outer).uniform_(-bound, bound))
        self.bias = nn.Parameter(torch.zeros(columns, 1, outer))

    def forward(self, hidden: Tensor) -> Tensor:
        """Give numbers of shape (columns, rows, outer) for those of shape (columns, rows, inner)."""
        return torch.baddbmm(self.bias, hidden, self.weight)

    def one(self, hidden: Tensor, column: int) -> Tensor:
        """Give numbers of shape (rows, outer) of one column."""
        return torch.addmm(self.bias[column], hidden, self.weight[column])


class Chain(nn.Module):
    """Logits of each column's state from the states of the columns before it.

    Parameters
    ----------
    sizes : sequence of int
        States of each column, in the order of the chain.
    width, blocks : int
        Hidden numbers and residual blocks of each column.
    lines : sequence of int
        How many of a column's last states lie on a line, such as bins of numbers: their vectors begin alike where they are near.

    Notes
    -----
    What came before a column is the sum of one vector per earlier column and state, so cost and weights grow with the columns and
    not with their square. Each column reads that sum through layers of its own.

    References
    ----------
    Uria, B. et al. (2016). Neural autoregressive distribution estimation. Journal of Machine Learning Research 17.
    Germain, M. et al. (2015). MADE: masked autoencoder for distribution estimation. ICML.
    """

    offsets: Tensor

    def __init__(self, sizes: Sequence[int], width: int, blocks: int, lines: Sequence[int] = ()) -> None:
        super().__init__()
        columns, self.sizes = len(sizes), tuple(sizes)
        self.told = nn.Embedding(max(sum(sizes), 1), width)
        nn.init.normal_(self.told.weight, std=SPREAD)
        self.begin = Grouped(columns, width, width)
        self.scales = nn.ParameterList(torch.ones(columns, 1, width) for _ in range(blocks + 1))
        self.first = nn.ModuleList(Grouped(columns, width, 2 * width) for _ in range(blocks))
        self.second = nn.ModuleList(Grouped(columns, 2 * width, width, zero=True) for _ in range(blocks))
        heads = [nn.Linear(width, size) for size in sizes]
        for head in heads:
            nn.init.zeros_(head.weight)
        self.heads = nn.ModuleList(heads)
        starts = [sum(sizes[:at]) for at in range(columns)]
        for start, size, line in zip(starts, sizes, lines, strict=bool(lines)):
            if line >= FEWEST_ON_LINE:
                with torch.no_grad():
                    self.told.weight[start + size - line : start + size] = SPREAD * lined(line, width)
        self.register_buffer("offsets", torch.tensor(starts, dtype=torch.int64), persistent=False)

    def begin_with(self, logits: Tensor) -> None:
        """Set the first logits of all columns, of shape (sum of sizes,), whatever came before."""
        with torch.no_grad():
            for head, own in zip(cast("Iterable[nn.Linear]", self.heads), logits.split(list(self.sizes)), strict=True):
                head.bias.copy_(own)

    def vectors(self, states: Tensor) -> Tensor:
        """Give a vector per cell, of shape (columns, rows, width), for states of shape (rows, columns)."""
        return self.told((states + self.offsets).T)

    def forward(self, states: Tensor, drop: float = 0.0, noise: torch.Generator | None = None) -> list[Tensor]:
        """Give the logits of every column, each of shape (rows, size), where rows have these states.

        Parameters
        ----------
        states : Tensor of int64, shape (rows, columns)
            In the order of the chain.
        drop : float
            Share of the hidden numbers that are left out, by `noise`; none without it.
        noise : torch.Generator, optional
            Of a training step.
        """
        vectors = self.vectors(states)
        before = torch.cumsum(vectors, dim=0) - vectors
        scale = torch.arange(len(self.sizes), device=states.device).clamp_min(1).rsqrt()[:, None, None]
        hidden = self.begin(before * scale)
        for at, (first, second) in enumerate(zip(self.first, self.second, strict=True)):
            inner = functional.silu(first(dropped(self._norm(hidden, self.scales[at]), drop, noise)))
            hidden = hidden + second(dropped(inner, drop, noise))
        hidden = dropped(self._norm(hidden, self.scales[-1]), drop, noise)
        # unbound at once: cut out one by one, each would bring a gradient as large as all of them
        return [head(own) for head, own in zip(self.heads, hidden.unbind(), strict=True)]

    def next(self, before: Tensor, column: int) -> Tensor:
        """Give the logits of one column, of shape (rows, size), from the sum of the vectors before it, of shape (rows, width)."""
        hidden = self.begin.one(before * max(column, 1) ** -0.5, column)
        layers = cast("Iterable[tuple[Grouped, Grouped]]", zip(self.first, self.second, strict=True))
        for at, (first, second) in enumerate(layers):
            inner = functional.silu(first.one(self._norm(hidden, self.scales[at][column]), column))
            hidden = hidden + second.one(inner, column)
        return self.heads[column](self._norm(hidden, self.scales[-1][column]))

    @staticmethod
    def _norm(hidden: Tensor, scale: Tensor) -> Tensor:
        return functional.rms_norm(hidden, hidden.shape[-1:], eps=1e-5) * scale


class Chains(nn.Module):
    """Several chains that learn apart and are drawn from in turn: a mixture of their distributions in equal parts.

    Parameters
    ----------
    members : int
        Chains.
    sizes, width, blocks, lines
        See `Chain`.

    Notes
    -----
    p(row) = 1 / M sum_m p_m(row). Each chain errs in its own way where rows are few; their mean errs less.

    References
    ----------
    Lakshminarayanan, B., Pritzel, A., Blundell, C. (2017). Simple and scalable predictive uncertainty estimation using deep
    ensembles, section 2.4. NeurIPS.
    """

    def __init__(self, members: int, sizes: Sequence[int], width: int, blocks: int, lines: Sequence[int] = ()) -> None:
        super().__init__()
        self.sizes = tuple(sizes)
        self.members = nn.ModuleList(Chain(sizes, width, blocks, lines) for _ in range(members))

    def chains(self) -> list[Chain]:
        """Give the members."""
        return list(cast("Iterable[Chain]", self.members))

    def begin_with(self, logits: Tensor) -> None:
        """Set every member's first logits."""
        for chain in self.chains():
            chain.begin_with(logits)

    def losses(self, states: Tensor, drop: float = 0.0, noise: torch.Generator | None = None) -> Tensor:
        """Give -log p of each row by each member, of shape (members, rows); see `Chain.forward`."""
        found = [
            torch.stack([
                functional.cross_entropy(logits, states[:, at], reduction="none")
                for at, logits in enumerate(chain(states, drop, noise))
            ]).sum(dim=0)
            for chain in self.chains()
        ]  # fmt: skip
        return torch.stack(found)
