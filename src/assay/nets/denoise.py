"""What takes noise away from rows of states and numbers, and the steps in which it does."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn

from assay.nets.mlp import Residual, States, Waves, gumbel

LEAST, MOST = 0.002, 20.0  # noise levels, in standard deviations of a number
BEND = 7.0  # how much denser small levels lie
CENTRE, SPREAD = -0.8, 1.4  # of the logarithm of the levels trained on


class Denoiser(nn.Module):
    """Says what masked states are, and what noised numbers were.

    Parameters
    ----------
    sizes : sequence of int
        States of each column.
    numbers : int
        Columns of numbers.
    width, blocks : int
        Hidden numbers and residual blocks.

    Notes
    -----
    With noise of level s clean numbers are x / (s^2 + 1) + s / sqrt(s^2 + 1) F(x / sqrt(s^2 + 1), log(s) / 4, states): close to
    the input where there is little noise, close to the network's word where there is much.

    References
    ----------
    Karras, T. et al. (2022). Elucidating the design space of diffusion-based generative models, table 1. NeurIPS.
    """

    def __init__(self, sizes: Sequence[int], numbers: int, width: int, blocks: int) -> None:
        super().__init__()
        self.sizes = tuple(sizes)
        self.seen = States([size + 1 for size in sizes], width)  # the last state is the mask
        self.measured = nn.Linear(max(numbers, 1), width, bias=False)
        self.waves = Waves(64)
        self.level = nn.Sequential(nn.Linear(64, width // 2), nn.SiLU())
        self.masked = nn.Parameter(torch.zeros(width // 2))
        self.body = Residual(width, blocks, width // 2)
        self.of_states = nn.Linear(width, sum(sizes))
        nn.init.zeros_(self.of_states.weight)
        self.of_numbers = nn.Linear(width, max(numbers, 1))
        nn.init.zeros_(self.of_numbers.weight)
        nn.init.zeros_(self.of_numbers.bias)

    def states(self, states: Tensor, masked: Tensor, drop: float = 0.0, noise: torch.Generator | None = None) -> Tensor:
        """Give logits of all states, of shape (rows, sum of sizes), where some, bool of shape (rows, columns), are masked."""
        mask = torch.tensor(self.sizes, device=states.device)
        hidden = self.seen(torch.where(masked, mask, states))
        return self.of_states(self.body(hidden, self.masked.expand(len(states), -1), drop, noise))

    def numbers(
        self, states: Tensor, noisy: Tensor, level: Tensor, drop: float = 0.0, noise: torch.Generator | None = None
    ) -> Tensor:
        """Give the clean numbers, of shape (rows, numbers), from noisy ones at a level of shape (rows, 1)."""
        scale = (level.square() + 1).rsqrt()
        hidden = self.seen(states) + self.measured(noisy * scale)
        told = self.of_numbers(self.body(hidden, self.level(self.waves(level[:, 0].log() / 4)), drop, noise))
        return noisy * scale.square() + level * scale * told


def noisy(numbers: Tensor, noise: torch.Generator) -> tuple[Tensor, Tensor]:
    """Draw a level for each row and noise its numbers, of shape (rows, numbers).

    Returns
    -------
    Tensor of shape (rows, 1)
        Levels, log-normal.
    Tensor of shape (rows, numbers)
        Noised numbers.
    """
    draw = torch.randn((len(numbers), 1), generator=noise, device=numbers.device)
    level = (CENTRE + SPREAD * draw).exp().clamp(LEAST, 4 * MOST)
    return level, numbers + level * torch.randn(numbers.shape, generator=noise, device=numbers.device)


def levels(steps: int) -> list[float]:
    """Give falling noise levels, the last one 0, for so many steps.

    Examples
    --------
    >>> levels(2)
    [20.0, 0.002, 0.0]
    """
    if steps == 1:
        return [MOST, 0.0]
    ends = MOST ** (1 / BEND), LEAST ** (1 / BEND)
    return [*(round((ends[0] + at / (steps - 1) * (ends[1] - ends[0])) ** BEND, 9) for at in range(steps)), 0.0]


def unmasked(
    module: Denoiser, rows: int, reveals: int, shares: Mapping[int, Tensor], candidates: int, noise: torch.Generator
) -> Tensor:
    """Draw states of shape (rows, columns): all masked at first, revealed in a random order.

    Parameters
    ----------
    module : Denoiser
        Says what masked states are.
    rows : int
        Rows wanted.
    reveals : int
        Steps at most.
    shares : mapping of int to Tensor of shape (states,)
        For columns under a condition: the share of each state that it allows. They are revealed first, one at a time.
    candidates : int
        Rows drawn for each one kept, where there is a condition: kept in proportion to the probability that it had.
    noise : torch.Generator
        Source of all chance.
    """
    device = module.masked.device
    columns = len(module.sizes)
    count = rows * candidates if shares else rows
    states = torch.zeros((count, columns), dtype=torch.int64, device=device)
    masked = torch.ones((count, columns), dtype=torch.bool, device=device)
    weights = torch.zeros(count, device=device)
    ends = [sum(module.sizes[:at]) for at in range(columns + 1)]
    for column, share in shares.items():
        logits = module.states(states, masked)[:, ends[column] : ends[column + 1]].log_softmax(dim=-1) + share.log()
        weights += logits.logsumexp(dim=-1)
        states[:, column] = _drawn(logits, noise)
        masked[:, column] = False
    if shares:
        chosen = torch.multinomial((weights - weights.max()).exp(), rows, replacement=True, generator=noise)
        states, masked = states[chosen], masked[chosen]
    order = torch.rand((rows, columns), generator=noise, device=device).masked_fill(~masked, 2.0).argsort(dim=1)
    left = columns - len(shares)
    steps = min(reveals, left)
    for at in range(steps):
        span = order[:, left * at // steps : left * (at + 1) // steps]
        told = module.states(states, masked)
        drawn = torch.stack([_drawn(told[:, start:end], noise) for start, end in itertools.pairwise(ends)], dim=-1)
        states.scatter_(1, span, drawn.gather(1, span))
        masked.scatter_(1, span, torch.zeros_like(span, dtype=torch.bool))
    return states


def _drawn(logits: Tensor, noise: torch.Generator) -> Tensor:
    return (logits + gumbel(logits, noise)).argmax(dim=-1)
