"""Training under differential privacy: each row's gradient bounded, their sum noised, rows drawn by chance."""

from __future__ import annotations

import copy
import itertools
import logging
import math
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self, cast

import numpy as np
import torch
from torch import Tensor, nn

from assay.nets import train as loop
from assay.nets.chain import Grouped
from assay.nets.checkpoint import Checkpoint
from assay.nets.parallel import Replicas

logger = logging.getLogger(__name__)

PIECE = 256  # rows whose layers' inputs and gradients are held at a time
AVERAGE = 0.99  # decay of the moving average of the weights, per step

RowLoss = Callable[[Any, Tensor], Tensor]
Source = Callable[..., np.random.Generator]


@dataclass(frozen=True, slots=True)
class PrivatePlan:
    """How long, how large and how noisy.

    Parameters
    ----------
    steps : int
        Updates.
    sampling : float
        Probability with which a row takes part in a step, each row and step for itself.
    clip : float
        Largest norm of one row's gradient.
    noise : float
        Standard deviation of the noise in units of `clip`.
    rate : float
        Learning rate at its peak.
    warmup : int
        Steps over which the rate rises.
    """

    steps: int
    sampling: float
    clip: float
    noise: float
    rate: float
    warmup: int = 20


class ClippedSums(AbstractContextManager["ClippedSums"]):
    """Sums over rows of gradients that are clipped row by row, at about the cost of one ordinary gradient.

    Parameters
    ----------
    module : torch.nn.Module
        Its `Grouped`, `Linear` and `Embedding` layers are trained, each used once in a forward pass; no other parameter is.
    device : torch.device
        Where to compute.
    loss : callable
        (module, rows) to each row's loss; a row's loss may depend on that row alone.
    clip : float
        Largest norm of one row's gradient over all layers.

    Notes
    -----
    A row meets a linear layer once (in each column, for `Grouped`), so its gradient there is the outer product of what went in
    and the slope of what came out, a g^T, with the norm |a| |g|, and 1 |g| for the bias; the states of a row have embeddings
    of their own, so its norm there is that of the slopes. One backward pass to the layers' outputs gives all norms, and the
    clipped sum is sum_i min(1, clip / norm_i) a_i g_i^T: no row's gradient is ever written out.

    References
    ----------
    Abadi, M. et al. (2016). Deep learning with differential privacy, section 3. CCS.
    Goodfellow, I. (2015). Efficient per-example gradient computations.
    Bu, Z. et al. (2023). Differentially private optimization on large model at small cost, section 3. ICML.
    """

    def __init__(self, module: nn.Module, device: torch.device, loss: RowLoss, clip: float) -> None:
        self.module, self.loss, self.clip = module, loss, clip
        self.replicas = Replicas(module, device)
        self.layers = _layers(module)
        self.parameters = [parameter for layer in self.layers for parameter in layer.parameters()]

    def __enter__(self) -> Self:
        self.replicas.__enter__()
        self.seen: list[dict[int, tuple[Tensor, Tensor]]] = []
        self.hooks: list[Any] = []
        for replica in self.replicas.modules:
            replica.requires_grad_(False)
            seen: dict[int, tuple[Tensor, Tensor]] = {}
            self.hooks += [layer.register_forward_hook(_noting(seen, at)) for at, layer in enumerate(_layers(replica))]
            self.seen.append(seen)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        for hook in self.hooks:
            hook.remove()
        self.module.requires_grad_(True)
        self.replicas.__exit__(kind, error, trace)

    def __call__(self, rows: Tensor) -> list[Tensor]:
        """Give the clipped sum for each of `parameters`; zeros for no rows."""
        parts = len(self.replicas.modules)
        cuts = [len(rows) * at // parts for at in range(parts + 1)]
        spans = [span for span in itertools.pairwise(cuts) if span[1] > span[0]]

        def part(module: nn.Module, seen: dict[int, tuple[Tensor, Tensor]], span: tuple[int, int]) -> list[Tensor]:
            total = [torch.zeros_like(parameter) for parameter in self.parameters]
            for start in range(*span, PIECE):
                for whole, piece in zip(total, self._piece(module, seen, rows[start : min(start + PIECE, span[1])]), strict=True):
                    whole += piece
            return total

        found = self.replicas.each(part, self.replicas.modules[: len(spans)], self.seen[: len(spans)], spans)
        total = [torch.zeros_like(parameter) for parameter in self.parameters]
        for one in found:
            for whole, piece in zip(total, one, strict=True):
                whole += piece
        return total

    def _piece(self, module: nn.Module, seen: dict[int, tuple[Tensor, Tensor]], rows: Tensor) -> list[Tensor]:
        seen.clear()
        loss = self.loss(module, rows).sum()
        taken = [seen[at] for at in range(len(self.layers))]
        found = cast("tuple[Tensor | None, ...]", torch.autograd.grad(loss, [out for _, out in taken], allow_unused=True))
        slopes = [torch.zeros_like(out) if slope is None else slope for slope, (_, out) in zip(found, taken, strict=True)]
        given = [given for given, _ in taken]
        squares = sum(_square(*each) for each in zip(self.layers, given, slopes, strict=True))
        assert isinstance(squares, Tensor)
        share = (self.clip / squares.sqrt().clamp_min(1e-12)).clamp_max(1.0)
        seen.clear()
        return [piece for each in zip(self.layers, given, slopes, strict=True) for piece in _weighed(*each, share)]


def _layers(module: nn.Module) -> list[nn.Module]:
    return [layer for layer in module.modules() if isinstance(layer, Grouped | nn.Linear | nn.Embedding)]


def _noting(seen: dict[int, tuple[Tensor, Tensor]], at: int) -> Callable[..., None]:
    """Keep what went into a layer and what came out, and let slopes reach it."""

    def note(layer: nn.Module, given: tuple[Tensor, ...], out: Tensor) -> None:
        if at in seen:
            raise RuntimeError("A layer was used twice in one pass: its rows' gradients cannot be bounded.")
        if not out.requires_grad:
            out.requires_grad_()
        seen[at] = given[0].detach(), out

    return note


def _square(layer: nn.Module, given: Tensor, slope: Tensor) -> Tensor:
    """Give the squared norm of each row's gradient in one layer, of shape (rows,)."""
    steep = slope.square().sum(dim=-1)
    if not isinstance(layer, nn.Embedding):
        steep = steep * (given.square().sum(dim=-1) + 1.0)
    return steep if isinstance(layer, nn.Linear) else steep.sum(dim=0)


def _weighed(layer: nn.Module, given: Tensor, slope: Tensor, share: Tensor) -> list[Tensor]:
    """Give the sums of a layer's gradients, each row's times its share, one for each of its parameters."""
    slope = slope * share[:, None]
    if isinstance(layer, nn.Embedding):
        total = torch.zeros_like(layer.weight)
        return [total.index_add_(0, given.reshape(-1), slope.reshape(-1, slope.shape[-1]))]
    if isinstance(layer, nn.Linear):
        return [slope.T @ given, slope.sum(dim=0)]
    return [torch.bmm(given.transpose(1, 2), slope), slope.sum(dim=1, keepdim=True)]


def train_privately(
    module: nn.Module,
    loss: RowLoss,
    rows: Tensor,
    plan: PrivatePlan,
    *,
    source: Source,
    device: torch.device,
    folder: Path | None = None,
    key: str = "",
) -> nn.Module:
    """Train a module so that no row can be told from its weights.

    Parameters
    ----------
    module : torch.nn.Module
        With first weights that do not depend on the rows.
    loss : callable
        (module, rows) to each row's loss.
    rows : Tensor, shape (rows, ...)
        Training rows, on the CPU.
    plan : PrivatePlan
        How long, how large and how noisy.
    source : callable
        ("rows" or "noise", step) to the random numbers of a step. Whoever can repeat them can take the noise away.
    device : torch.device
        Where to compute.
    folder : Path, optional
        Where checkpoints go, one a minute. They hold noised weights, their averages and moments, and the number of steps.
    key : str
        What makes two trainings the same; nothing but what may be published.

    Returns
    -------
    torch.nn.Module
        With averaged weights.

    Notes
    -----
    A step draws each row with probability q, sums their clipped gradients, adds Gaussian noise of standard deviation noise x
    clip to every number and divides by the expected number of rows, q x rows: the subsampled Gaussian mechanism. The step is
    taken by Adam from that sum alone, so moments, averages and checkpoints need no further budget. No loss is computed for
    people to see: it would tell of the rows. Sums of floating-point numbers are not those of real numbers: the last bits of a
    noised sum are not covered (Mironov 2012).

    References
    ----------
    Abadi, M. et al. (2016). Deep learning with differential privacy, algorithm 1. CCS.
    Mironov, I. (2012). On significance of the least significant bits for differential privacy. CCS.
    """
    module = module.to(device)
    averaged = copy.deepcopy(module)
    checkpoint = Checkpoint(folder, key)
    expected = plan.sampling * len(rows)
    with ClippedSums(module, device, loss, plan.clip) as sums:
        optimiser = torch.optim.Adam(sums.parameters, lr=plan.rate, betas=(0.9, 0.99), foreach=True)
        first = step = _resumed(checkpoint, module, averaged, optimiser, sums.parameters)
        begun = saved = told = time.monotonic()
        while step < plan.steps:
            chosen = torch.from_numpy(np.flatnonzero(source("rows", step).random(len(rows)) < plan.sampling))
            totals = sums(rows[chosen].to(device))
            noise = source("noise", step)
            for parameter, total in zip(sums.parameters, totals, strict=True):
                drawn = torch.from_numpy(noise.standard_normal(tuple(total.shape), dtype=np.float32)).to(device)
                parameter.grad = (total + plan.noise * plan.clip * drawn) / expected
            rise = min((step + 1) / max(plan.warmup, 1), 1.0)
            for group in optimiser.param_groups:
                group["lr"] = plan.rate * rise * (0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * step / plan.steps)))
            optimiser.step()
            step += 1
            decay = min(AVERAGE, step / (9 + step))
            with torch.no_grad():
                for own, other in zip(averaged.parameters(), module.parameters(), strict=True):
                    own.lerp_(other, 1 - decay)
            now = time.monotonic()
            if now - saved > loop.EVERY_SECONDS:
                _save(checkpoint, step, module, averaged, optimiser, sums.parameters)
                saved = now
            if now - told > loop.TOLD_SECONDS:
                left = (now - begun) / (step - first) * (plan.steps - step)
                logger.info("private step %d of %d, %.0f min left", step, plan.steps, left / 60)
                told = now
    checkpoint.remove()
    return averaged


def _save(
    checkpoint: Checkpoint, step: int, module: nn.Module, averaged: nn.Module, optimiser: Any, parameters: list[nn.Parameter]
) -> None:
    tensors = {f"module.{key}": tensor for key, tensor in module.state_dict().items()}
    tensors |= {f"averaged.{key}": tensor for key, tensor in averaged.state_dict().items()}
    for place, parameter in enumerate(parameters):
        tensors |= {f"optimiser.{place}.{key}": tensor for key, tensor in optimiser.state[parameter].items()}
    checkpoint.write(tensors, {"step": step})


def _resumed(
    checkpoint: Checkpoint, module: nn.Module, averaged: nn.Module, optimiser: Any, parameters: list[nn.Parameter]
) -> int:
    """Take up a checkpoint if there is one of this training, and give the steps taken."""
    found = checkpoint.read()
    if found is None:
        return 0
    tensors, counters = found
    for prefix, each in (("module.", module), ("averaged.", averaged)):
        each.load_state_dict({key.removeprefix(prefix): part for key, part in tensors.items() if key.startswith(prefix)})
    for place, parameter in enumerate(parameters):
        prefix = f"optimiser.{place}."
        optimiser.state[parameter] = {
            key.removeprefix(prefix): part if key.endswith(".step") else part.to(parameter.device)
            for key, part in tensors.items()
            if key.startswith(prefix)
        }
    logger.info("going on after %d private steps", counters["step"])
    return int(counters["step"])
