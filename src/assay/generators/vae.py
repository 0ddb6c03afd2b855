"""A variational autoencoder with a likelihood for every column and a prior fitted to what it encodes."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor, nn

from assay.data.dataset import Dataset
from assay.generators._base import Cells
from assay.generators._binned import Bins
from assay.generators._encoded import Encoded, Encoding
from assay.generators._neural import NeuralGenerator
from assay.generators._settings import Positive, Rule, Whole
from assay.nets.mixture import Mixture
from assay.nets.mlp import Residual, States, drawn_states, log_shares, losses_of_states
from assay.nets.parallel import BLOCK
from assay.nets.train import Phase, Plan, Rows

CANDIDATES = 8  # latents drawn for each row under a condition
MOST_LATENTS = 20_000  # encoded rows that the prior is fitted on
ENCODINGS = 64  # drawn of each row for the bound of its likelihood


class Vae(NeuralGenerator):
    """Encode rows into a few Gaussian numbers, decode these into a distribution for every column, draw from both.

    Parameters
    ----------
    latent : int, default 24
        Numbers that a row is encoded in.
    bins : int, default 32
        Bins of about equal mass that a column of numbers is cut into.
    components : int, default 40
        Gaussians of the prior.
    weight : float, default 0.5
        Weight of the divergence between encoding and standard normal while training.
    epochs : int, default 60
        Passes over the rows at most.
    batch : int, default 512
        Rows of a step.
    width, blocks : int, default 256 and 2
        Hidden numbers and residual blocks of encoder and decoder each.
    rate : float, default 0.001
        Learning rate at its peak.
    patience : int, default 10
        Epochs without gain on held-out rows after which training ends; 0: never.
    device : str, default 'cpu'
        Where to compute.
    text : {'refuse', 'null'}, default 'refuse'
        What to do with free text columns.

    Notes
    -----
    The encoder gives q(z | x) = N(m(x), s(x)), the decoder a categorical likelihood p(x_j | z) for every column; the bound
    E_q log p(x | z) - weight KL(q(z | x) || N(0, I)) is maximised. Encoded rows do not fill the standard normal, so rows are
    drawn from a mixture of Gaussians fitted to them afterwards. Given z columns are independent: what a mixture of products
    cannot tell is lost, and dependence is weaker than in reality where z is too narrow.

    A condition is drawn by importance: of eight latents a row, those under whose likelihood the condition is probable are kept,
    and the columns concerned are drawn from what it leaves of them.

    References
    ----------
    Kingma, D. P., Welling, M. (2014). Auto-encoding variational Bayes. ICLR.
    Ghosh, P. et al. (2020). From variational to deterministic autoencoders, section 4 (ex-post density estimation). ICLR.
    Xu, L. et al. (2019). Modeling tabular data using conditional GAN, section 4.4 (TVAE). NeurIPS.
    """

    rules: ClassVar[dict[str, Rule]] = {
        **NeuralGenerator.rules,
        "latent": Whole(1),
        "bins": Whole(2),
        "components": Whole(1),
        "weight": Positive(),
    }

    def __init__(
        self,
        *,
        latent: int = 24,
        bins: int = 32,
        components: int = 40,
        weight: float = 0.5,
        epochs: int = 60,
        batch: int = 512,
        width: int = 256,
        blocks: int = 2,
        rate: float = 0.001,
        patience: int = 10,
        device: str = "cpu",
        text: str = "refuse",
    ) -> None:
        self.latent = latent
        self.bins = bins
        self.components = components
        self.weight = weight
        self.epochs = epochs
        self.batch = batch
        self.width = width
        self.blocks = blocks
        self.rate = rate
        self.patience = patience
        self.device = device
        self.text = text

    def log_likelihood(self, rows: Dataset) -> np.ndarray:
        """Give a lower bound of the natural logarithm of each row's probability, float64 of shape (rows,).

        Parameters
        ----------
        rows : Dataset
            Rows with the columns of the table learned from.

        Notes
        -----
        log 1/K sum_k p(x | z_k) p(z_k) / q(z_k | x) over K = 64 encodings z_k of the row, with p(z) the fitted mixture: below the
        logarithm of the probability in expectation, and the nearer to it the better the encoder knows the row. Values count by
        their share of their state's real rows, and what is unseen or looked up as in `Autoregressive.log_likelihood`.

        References
        ----------
        Burda, Y., Grosse, R., Salakhutdinov, R. (2016). Importance weighted autoencoders, section 3. ICLR.
        """
        self._ready(1)
        codes, unseen = self._codes(rows)
        states, shares = self.bins_.of_codes(codes)
        found = np.where(unseen, -np.inf, np.log(shares).sum(axis=1))
        noise = torch.Generator().manual_seed(0)
        if not self._constant:
            with torch.no_grad():
                for start in range(0, len(rows), BLOCK // ENCODINGS):
                    block = torch.from_numpy(states[start : start + BLOCK // ENCODINGS])
                    found[start : start + BLOCK // ENCODINGS] += self._bound(block, noise).double().numpy()
        return found

    def _bound(self, states: Tensor, noise: torch.Generator) -> Tensor:
        mean, scale = (part.repeat_interleave(ENCODINGS, dim=0) for part in self.module_.encode(states))
        white = torch.randn(mean.shape, generator=noise)
        latents = mean + scale * white
        encoded = (-0.5 * white.square() - scale.log() - 0.5 * math.log(2 * math.pi)).sum(dim=-1)
        told = losses_of_states(self.module_.decode(latents), states.repeat_interleave(ENCODINGS, dim=0), self.bins_.sizes)
        ratios = self.prior_.log_density(latents) - told.sum(dim=-1) - encoded
        return ratios.reshape(len(states), ENCODINGS).logsumexp(dim=1) - math.log(ENCODINGS)

    def _prepare(self, encoding: Encoding) -> None:
        self.bins_ = Bins(encoding, self.bins)
        self.prior_ = Mixture.standard(self.latent)

    def _module(self) -> nn.Module:
        return Coder(self.bins_.sizes, self.width, self.blocks, self.latent)

    def _rows(self, encoded: Encoded) -> Rows:
        return {"states": torch.from_numpy(self.bins_.states(encoded))}

    def _begin(self, rows: Rows) -> None:
        module: Coder = self.module_
        with torch.no_grad():
            module.told.bias.copy_(log_shares(rows["states"], self.bins_.sizes))

    def _phases(self) -> list[Phase]:
        return [Phase("loss", self._loss, rate=self.rate)]

    def _plan(self, rows: int) -> Plan:
        return Plan(self.epochs, min(self.batch, rows), self.patience, average=0.995)

    def _loss(self, module: Any, rows: Rows, noise: torch.Generator) -> Tensor:
        states = rows["states"]
        mean, scale = module.encode(states)
        drawn = mean + scale * torch.randn(mean.shape, generator=noise, device=mean.device)
        told = losses_of_states(module.decode(drawn), states, self.bins_.sizes).sum(dim=-1)
        divergence = 0.5 * (mean.square() + scale.square() - 1.0).sum(dim=-1) - scale.log().sum(dim=-1)
        return (told + self.weight * divergence).mean()

    def _after(self, rows: Rows, rng: np.random.Generator) -> None:
        """Fit the prior to encoded rows."""
        chosen = torch.from_numpy(np.sort(rng.permutation(len(rows["states"]))[:MOST_LATENTS]))
        noise = torch.Generator().manual_seed(int(rng.integers(2**31)))
        with torch.no_grad():
            module = self.module_.to("cpu")
            mean, scale = module.encode(rows["states"][chosen])
            points = mean + scale * torch.randn(mean.shape, generator=noise)
        self.prior_ = Mixture.fit(points.double().numpy(), self.components, rng)

    def _block(self, rows: int, noise: torch.Generator, allowed: Mapping[str, np.ndarray]) -> np.ndarray:
        device = next(self.module_.parameters()).device
        prior = self.prior_.to(device)
        if not allowed:
            return drawn_states(self.module_.decode(prior.draw(rows, noise)), self.bins_.sizes, noise).cpu().numpy()
        latents = prior.draw(CANDIDATES * rows, noise)
        logits = self.module_.decode(latents)
        weights = torch.zeros(len(latents), device=device)
        ends = np.cumsum((0, *self.bins_.sizes))
        for name, met in allowed.items():
            at = self.encoding_.names.index(name)
            span = slice(int(ends[at]), int(ends[at + 1]))
            share = torch.from_numpy(self.bins_.allowed(name, met)).float().to(device)
            part = logits[:, span].log_softmax(dim=-1) + share.log()
            weights += part.logsumexp(dim=-1)
            logits[:, span] = part
        chosen = torch.multinomial((weights - weights.max()).exp(), rows, replacement=True, generator=noise)
        return drawn_states(logits[chosen], self.bins_.sizes, noise).cpu().numpy()

    def _cells(
        self, blocks: list[Any], rng: np.random.Generator, allowed: Mapping[str, np.ndarray]
    ) -> tuple[Cells, dict[str, np.ndarray]]:
        return self.bins_.cells(np.concatenate(blocks), rng, self._exact, allowed)

    def _state(self) -> dict[str, np.ndarray]:
        return super()._state() | {f"prior.{name}": tensor.numpy() for name, tensor in self.prior_._asdict().items()}

    def _restore(self, state: dict[str, np.ndarray]) -> None:
        super()._restore(state)
        self.prior_ = Mixture(*(torch.from_numpy(state[f"prior.{name}"]) for name in Mixture._fields))


class Coder(nn.Module):
    """Encoder and decoder.

    Parameters
    ----------
    sizes : tuple of int
        States of each column.
    width, blocks : int
        Hidden numbers and residual blocks of each.
    latent : int
        Numbers between them.
    """

    def __init__(self, sizes: tuple[int, ...], width: int, blocks: int, latent: int) -> None:
        super().__init__()
        self.seen = States(sizes, width)
        self.inward = Residual(width, blocks)
        self.parameters_of_latent = nn.Linear(width, 2 * latent)
        self.opened = nn.Linear(latent, width)
        self.outward = Residual(width, blocks)
        self.told = nn.Linear(width, sum(sizes))
        nn.init.zeros_(self.told.weight)

    def encode(self, states: Tensor) -> tuple[Tensor, Tensor]:
        """Give mean and standard deviation of the latents, both of shape (rows, latent)."""
        mean, scale = self.parameters_of_latent(self.inward(self.seen(states))).chunk(2, dim=-1)
        return mean, torch.nn.functional.softplus(scale) + 1e-3

    def decode(self, latents: Tensor) -> Tensor:
        """Give logits of all columns' states, of shape (rows, sum of sizes)."""
        return self.told(self.outward(self.opened(latents)))
