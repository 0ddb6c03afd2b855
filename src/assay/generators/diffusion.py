"""Masked diffusion of states and bins, then Gaussian diffusion of where in its bin a number lies, by one network."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
import torch
from scipy.special import ndtr
from torch import Tensor, nn

from assay.generators._base import Cells
from assay.generators._binned import Bins
from assay.generators._encoded import Encoded, Encoding
from assay.generators._neural import Block, NeuralGenerator
from assay.generators._settings import Below, Rule, Whole
from assay.nets.denoise import Denoiser, levels, noisy, unmasked
from assay.nets.mlp import log_shares, losses_of_states
from assay.nets.train import Phase, Plan, Rows

CANDIDATES = 4  # rows drawn for each one wanted under a condition


class Diffusion(NeuralGenerator):
    """Reveal masked states a few at a time, then turn noise into numbers step by step.

    Parameters
    ----------
    bins : int, default 128
        Bins of about equal mass that a column of numbers is cut into: which one is a state.
    steps : int, default 10
        Noise levels through which numbers are drawn; each takes two calls of the network.
    reveals : int, default 24
        Steps in which the states are revealed, at most; with as many steps as columns one is revealed at a time.
    epochs : int, default 50
        Passes over the rows at most.
    batch : int, default 512
        Rows of a step.
    width, blocks : int, default 384 and 3
        Hidden numbers and residual blocks.
    rate : float, default 0.001
        Learning rate at its peak.
    dropout : float, default 0.1
        Share of the inner numbers left out at each step of the training.
    patience : int, default 0
        Epochs without gain on held-out rows after which training ends; 0: never.
    device : str, default 'cpu'
        Where to compute.
    text : {'refuse', 'null'}, default 'refuse'
        What to do with free text columns.

    Notes
    -----
    p(row) = p(states) p(numbers | states). States are masked in every possible share, and the network says what each masked one
    is given the others: trained with weights under which its loss bounds the negative log-likelihood (the order in which columns
    are revealed is random). The bin of a number is a state, too, so that what jumps from value to value can be told; where in its
    bin it lies, a normal quantile, is noised at levels from 0.002 to 20, and the network tells the clean one, scaled as in the
    second source; it is drawn along the probability flow by Heun's method. A number of a row whose column holds a level, a heap
    or null in its place is left out of the loss and of the input.

    Under a condition its columns are revealed first, from what it leaves of them; of four rows drawn one is kept, in proportion
    to the probability that it had. Numbers that miss it are drawn again.

    References
    ----------
    Hoogeboom, E. et al. (2022). Autoregressive diffusion models. ICLR.
    Karras, T. et al. (2022). Elucidating the design space of diffusion-based generative models, table 1 and algorithm 1. NeurIPS.
    Shi, J. et al. (2025). TabDiff: a mixed-type diffusion model for tabular data generation. ICLR.
    """

    rules: ClassVar[dict[str, Rule]] = {
        **NeuralGenerator.rules,
        "bins": Whole(2),
        "steps": Whole(1),
        "reveals": Whole(1),
        "dropout": Below(),
    }

    def __init__(
        self,
        *,
        bins: int = 128,
        steps: int = 10,
        reveals: int = 24,
        epochs: int = 50,
        batch: int = 512,
        width: int = 384,
        blocks: int = 3,
        rate: float = 0.001,
        dropout: float = 0.1,
        patience: int = 0,
        device: str = "cpu",
        text: str = "refuse",
    ) -> None:
        self.bins = bins
        self.steps = steps
        self.reveals = reveals
        self.epochs = epochs
        self.batch = batch
        self.width = width
        self.blocks = blocks
        self.rate = rate
        self.dropout = dropout
        self.patience = patience
        self.device = device
        self.text = text

    def _prepare(self, encoding: Encoding) -> None:
        self.bins_ = Bins(encoding, self.bins)
        self._numbered = torch.from_numpy(np.flatnonzero(encoding.numbered))
        self._last = torch.tensor(encoding.sizes, dtype=torch.int64)[self._numbered] - 1
        self._told = [size > 1 for size in self.bins_.sizes]

    def _module(self) -> nn.Module:
        return Denoiser(self.bins_.sizes, len(self._numbered), self.width, self.blocks)

    def _rows(self, encoded: Encoded) -> Rows:
        states = self.bins_.states(encoded)
        numbers = torch.from_numpy(self.bins_.within(encoded, states))[:, self._numbered]
        return {"states": torch.from_numpy(states), "numbers": numbers.contiguous()}

    def _begin(self, rows: Rows) -> None:
        module: Denoiser = self.module_
        with torch.no_grad():
            module.of_states.bias.copy_(log_shares(rows["states"], module.sizes))

    def _phases(self) -> list[Phase]:
        return [Phase("loss", self._loss, rate=self.rate, decay=0.01)]

    def _plan(self, rows: int) -> Plan:
        return Plan(self.epochs, min(self.batch, rows), self.patience, average=0.999)

    def _held(self, states: Tensor) -> Tensor:
        """Mark the numbers that are there, float of shape (rows, numbered columns)."""
        return (states[:, self._numbered.to(states.device)] >= self._last.to(states.device)).float()

    def _loss(self, module: Any, rows: Rows, noise: torch.Generator) -> Tensor:
        """Give the mean of both losses: half of the rows with masked states, the others with noised numbers."""
        states, numbers = rows["states"], rows["numbers"]
        half = len(states) // 2 if len(self._numbered) and any(self._told) else len(states) * any(self._told)
        total = states.new_zeros((), dtype=torch.float32)
        if half:
            total = total + self._of_states(module, states[:half], noise)
        if half < len(states) and len(self._numbered):
            total = total + self._of_numbers(module, states[half:], numbers[half:], noise)
        return total

    def _of_states(self, module: Any, states: Tensor, noise: torch.Generator) -> Tensor:
        rows, columns = states.shape
        device = states.device
        count = torch.randint(1, columns + 1, (rows, 1), generator=noise, device=device)
        rank = torch.rand((rows, columns), generator=noise, device=device).argsort(dim=1).argsort(dim=1)
        masked = rank < count
        logits = module.states(states, masked, self.dropout, noise if module.training else None)
        losses = losses_of_states(logits, states, self.bins_.sizes) * masked
        return (losses.sum(dim=1, keepdim=True) * columns / count).mean() / columns

    def _of_numbers(self, module: Any, states: Tensor, numbers: Tensor, noise: torch.Generator) -> Tensor:
        held = self._held(states)
        level, seen = noisy(numbers, noise)
        clean = module.numbers(states, seen * held, level, self.dropout, noise if module.training else None)
        weight = (level.square() + 1) / level.square()
        return (weight * held * (clean - numbers).square()).mean()

    def _block(self, rows: int, noise: torch.Generator, allowed: Mapping[str, np.ndarray]) -> Block:
        module: Denoiser = self.module_
        device = next(module.parameters()).device
        shares = {
            self.encoding_.names.index(name): torch.from_numpy(self.bins_.allowed(name, met)).float().to(device)
            for name, met in allowed.items()
        }
        states = unmasked(module, rows, self.reveals, shares, CANDIDATES, noise)
        numbers = torch.zeros((rows, len(self.encoding_.names)), device=device)
        if len(self._numbered):
            held = self._held(states)
            current = levels(self.steps)[0] * torch.randn((rows, len(self._numbered)), generator=noise, device=device)
            for level, following in zip(levels(self.steps)[:-1], levels(self.steps)[1:], strict=True):
                slope = (current - module.numbers(states, current * held, current.new_full((rows, 1), level))) / level
                ahead = current + (following - level) * slope
                if following > 0:
                    clean = module.numbers(states, ahead * held, current.new_full((rows, 1), following))
                    ahead = current + (following - level) * (slope + (ahead - clean) / following) / 2
                current = ahead
            numbers[:, self._numbered.to(device)] = current
        return Block(states.cpu().numpy(), numbers.cpu().numpy())

    def _cells(
        self, blocks: list[Any], rng: np.random.Generator, allowed: Mapping[str, np.ndarray]
    ) -> tuple[Cells, dict[str, np.ndarray]]:
        states = np.concatenate([block.states for block in blocks])
        spots = ndtr(np.concatenate([block.numbers for block in blocks]).astype(np.float64))
        return self.bins_.cells(states, rng, self._exact, allowed, spots)
