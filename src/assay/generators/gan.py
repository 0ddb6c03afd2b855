"""A generative adversarial network with a stable loss for mixed columns."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
import torch
from scipy.special import ndtr
from torch import Tensor, nn

from assay.generators._encoded import Encoded, Encoding
from assay.generators._neural import Block, NeuralGenerator
from assay.generators._settings import Positive, Rule, Whole
from assay.nets.adversary import Players, critic_loss, maker_loss, moments_gap
from assay.nets.mlp import drawn_states, log_shares
from assay.nets.train import Phase, Plan, Rows

CANDIDATES = 8  # rows of noise drawn for each row wanted under a condition


class Gan(NeuralGenerator):
    """Turn noise into rows that a critic cannot tell from real ones.

    Parameters
    ----------
    noise : int, default 64
        Numbers of a noise vector.
    pack : int, default 1
        Rows that the critic scores together.
    penalty : float, default 0.1
        Weight of the penalty on the critic's slope.
    heat : float, default 0.5
        Temperature at which states are drawn while training.
    epochs : int, default 100
        Passes over the rows at most.
    batch : int, default 512
        Rows of a step.
    width, blocks : int, default 256 and 2
        Hidden numbers and blocks of maker and critic each.
    rate : float, default 0.0005
        Learning rate at its peak.
    patience : int, default 0
        Epochs without gain on held-out rows after which training ends; 0: never. The best epoch's weights are kept anyway.
    device : str, default 'cpu'
        Where to compute.
    text : {'refuse', 'null'}, default 'refuse'
        What to do with free text columns.

    Notes
    -----
    The maker gives logits of every column's states and, for columns of numbers, a normal quantile; states are drawn from the
    logits, so that given the noise columns are independent. The critic's loss is relativistic, each made row against a real one,
    with penalties on its slope at real and at made rows. The maker's weights are averaged; of all epochs that one is kept whose
    rows come nearest to held-out ones in means and second moments of all states and numbers.

    A condition is drawn by importance: of eight noise vectors a row, those under whose logits it is probable are kept.

    It cannot say how probable a row is, and nothing makes it keep what is rare.

    References
    ----------
    Goodfellow, I. et al. (2014). Generative adversarial nets. NeurIPS.
    Huang, Y. et al. (2024). The GAN is dead; long live the GAN! A modern GAN baseline, section 2. NeurIPS.
    Xu, L. et al. (2019). Modeling tabular data using conditional GAN. NeurIPS.
    """

    rules: ClassVar[dict[str, Rule]] = {
        **NeuralGenerator.rules,
        "noise": Whole(1),
        "pack": Whole(1),
        "penalty": Positive(),
        "heat": Positive(),
    }

    def __init__(
        self,
        *,
        noise: int = 64,
        pack: int = 1,
        penalty: float = 0.1,
        heat: float = 0.5,
        epochs: int = 100,
        batch: int = 512,
        width: int = 256,
        blocks: int = 2,
        rate: float = 0.0005,
        patience: int = 0,
        device: str = "cpu",
        text: str = "refuse",
    ) -> None:
        self.noise = noise
        self.pack = pack
        self.penalty = penalty
        self.heat = heat
        self.epochs = epochs
        self.batch = batch
        self.width = width
        self.blocks = blocks
        self.rate = rate
        self.patience = patience
        self.device = device
        self.text = text

    def _prepare(self, encoding: Encoding) -> None:
        self._numbered = np.flatnonzero(encoding.numbered)

    def _module(self) -> nn.Module:
        return Players(self.encoding_.sizes, self._numbered.tolist(), self.noise, self.pack, self.width, self.blocks)

    def _rows(self, encoded: Encoded) -> Rows:
        numbers = torch.from_numpy(np.ascontiguousarray(encoded.numbers[:, self._numbered]))
        return {"states": torch.from_numpy(encoded.states), "numbers": numbers}

    def _begin(self, rows: Rows) -> None:
        players: Players = self.module_
        with torch.no_grad():
            players.maker.of_states.bias.copy_(log_shares(rows["states"], players.sizes))

    def _phases(self) -> list[Phase]:
        betas = (0.0, 0.99)
        return [
            Phase("critic", self._critic, "critic.", self.rate, betas),
            Phase("maker", self._maker, "maker.", self.rate, betas),
        ]

    def _plan(self, rows: int) -> Plan:
        return Plan(self.epochs, min(self.batch, rows), self.patience, average=0.999, clip=0.0)

    def _critic(self, module: Any, rows: Rows, noise: torch.Generator) -> Tensor:
        players: Players = module
        real = players.real(rows["states"], rows["numbers"])
        with torch.no_grad():
            made = players.made(len(real), noise, self.heat)
        if len(real) < self.pack:
            return real.sum() * 0.0 + sum(part.sum() for part in players.critic.parameters()) * 0.0
        return critic_loss(players.critic, real, made, self.penalty)

    def _maker(self, module: Any, rows: Rows, noise: torch.Generator) -> Tensor:
        players: Players = module
        real = players.real(rows["states"], rows["numbers"])
        made = players.made(len(real), noise, self.heat)
        return made.sum() * 0.0 if len(real) < self.pack else maker_loss(players.critic, real, made)

    def _judge(self, module: Any, rows: Rows, noise: torch.Generator) -> Tensor:
        players: Players = module
        real = players.real(rows["states"], rows["numbers"])
        return moments_gap(real, players.made(4 * len(real), noise, 0.01))

    def _block(self, rows: int, noise: torch.Generator, allowed: Mapping[str, np.ndarray]) -> Block:
        players: Players = self.module_
        device = players.places.device
        count = CANDIDATES * rows if allowed else rows
        logits, numbers = players.maker(torch.randn((count, self.noise), generator=noise, device=device))
        weights = torch.zeros(count, device=device)
        ends = np.cumsum((0, *self.encoding_.sizes))
        for name, met in allowed.items():
            at = self.encoding_.names.index(name)
            line = self.encoding_.lines[name]
            share = torch.from_numpy(line.allowed_states(met)).float().to(device).repeat(count, 1)
            if at in self._numbered:
                place = int(np.flatnonzero(self._numbered == at)[0])
                share[:, -1] = torch.from_numpy(line.allowed_at(ndtr(numbers[:, place].double().cpu().numpy()), met)).float()
            span = slice(int(ends[at]), int(ends[at + 1]))
            logits[:, span] = logits[:, span].log_softmax(dim=-1) + share.clamp_min(1e-30).log()
            weights += logits[:, span].logsumexp(dim=-1)
        if allowed:
            chosen = torch.multinomial((weights - weights.max()).exp(), rows, replacement=True, generator=noise)
            logits, numbers = logits[chosen], numbers[chosen]
        states = drawn_states(logits, self.encoding_.sizes, noise)
        every = torch.zeros((rows, len(self.encoding_.names)), device=device)
        every[:, torch.from_numpy(self._numbered).to(device)] = numbers[:, : len(self._numbered)]
        return Block(states.cpu().numpy(), every.cpu().numpy())
