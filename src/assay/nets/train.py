"""The training loop of every network here: seeded, averaged, checked against held-out rows, resumed after a kill."""

from __future__ import annotations

import copy
import itertools
import logging
import math
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from assay.core.seeds import spawn
from assay.nets.checkpoint import Checkpoint
from assay.nets.parallel import SHARDS, Loss, Replicas, generator

logger = logging.getLogger(__name__)

EVERY_SECONDS = 60.0  # between two checkpoints
TOLD_SECONDS = 10.0  # between two lines of progress
Rows = dict[str, Tensor]


@dataclass(frozen=True, slots=True)
class Phase:
    """One update of a step: whose weights, by which loss.

    Parameters
    ----------
    name : str
        For curves, such as ``"loss"``, ``"critic"``.
    loss : callable
        (module, batch, noise) to the mean loss over the batch's rows.
    part : str
        Prefix of the parameters updated; all by default.
    rate : float
        Learning rate at its peak.
    betas : tuple of float
        Decay of Adam's first and second moments.
    decay : float
        Weight decay.
    """

    name: str
    loss: Loss
    part: str = ""
    rate: float = 1e-3
    betas: tuple[float, float] = (0.9, 0.99)
    decay: float = 0.0


@dataclass(frozen=True, slots=True)
class Plan:
    """How long and how.

    Parameters
    ----------
    epochs : int
        Passes over the training rows at most.
    batch : int
        Rows of a step.
    patience : int
        Epochs without a better validation loss after which training ends; 0: never.
    average : float
        Decay of the moving average of the weights, per step; 0: no average.
    warmup : int
        Steps over which the rate rises.
    clip : float
        Largest norm of the gradient; 0: any.
    cool : bool
        Let the rate fall along a cosine to a hundredth of its peak at the last epoch.
    """

    epochs: int
    batch: int
    patience: int = 0
    average: float = 0.999
    warmup: int = 100
    clip: float = 1.0
    cool: bool = True


@dataclass(slots=True)
class Trained:
    """What came of it.

    Parameters
    ----------
    module : torch.nn.Module
        With the averaged weights of the best epoch by validation, or of the last without validation.
    curves : list of dict
        Per epoch: ``epoch``, the mean loss of each phase, and ``validation`` where there is one.
    epochs : int
        Epochs run.
    """

    module: nn.Module
    curves: list[dict[str, float]] = field(default_factory=list)
    epochs: int = 0


def train(
    module: nn.Module,
    phases: Sequence[Phase],
    rows: Rows,
    plan: Plan,
    *,
    seed: int,
    device: torch.device,
    validation: Rows | None = None,
    judge: Loss | None = None,
    folder: Path | None = None,
    key: str = "",
) -> Trained:
    """Train a module.

    Parameters
    ----------
    module : torch.nn.Module
        With its first weights.
    phases : sequence of Phase
        The updates of a step, in their order.
    rows : dict of str to Tensor
        Training rows, each tensor of shape (rows, ...), on the CPU.
    plan : Plan
        How long and how.
    seed : int
        Seed of order and noise.
    device : torch.device
        Where to compute.
    validation : dict of str to Tensor, optional
        Rows held out.
    judge : callable, optional
        (module, rows, noise) to their mean loss, lower is better; the last phase's loss by default.
    folder : Path, optional
        Where checkpoints go, one a minute; one that is there is taken up if its key is the same.
    key : str
        What makes two trainings the same: digests of data and settings.

    Returns
    -------
    Trained

    Notes
    -----
    Order and noise of a step follow from seed, epoch and step alone, so that nothing but the weights, the optimisers' moments
    and the counters is needed to go on after a kill, with the numbers of a run that was never ended. Validation sees the same
    noise every time. The average's decay rises as (1 + s) / (10 + s) over the first steps s, up to `Plan.average`.

    References
    ----------
    Kingma, D. P., Ba, J. (2015). Adam: a method for stochastic optimization. ICLR.
    Polyak, B. T., Juditsky, A. B. (1992). Acceleration of stochastic approximation by averaging. SIAM J. Control Optim. 30(4).
    """
    module = module.to(device)
    run = _Run(module, phases, plan, len(next(iter(rows.values()))), Checkpoint(folder, key))
    run.resume()
    judge = judge or phases[-1].loss
    begun = saved = told = time.monotonic()
    first = run.step
    with Replicas(module, device) as replicas:
        while not run.ended:
            epoch, at = divmod(run.step, run.steps)
            order = torch.from_numpy(spawn(seed, "order", epoch).permutation(run.rows))
            for place in range(at, run.steps):
                chosen = order[place * plan.batch : (place + 1) * plan.batch]
                batch = {name: tensor[chosen].to(device, non_blocking=True) for name, tensor in rows.items()}
                run.update(replicas, batch, seed)
                now = time.monotonic()
                if now - saved > EVERY_SECONDS:
                    run.save()
                    saved = now
                if now - told > TOLD_SECONDS:
                    run.tell(now - begun, first)
                    told = now
            run.close(epoch, None if validation is None else _judged(replicas, run.averaged, validation, judge, seed, device))
    run.checkpoint.remove()
    return Trained(run.best or run.averaged, run.curves, run.step // run.steps)


def _judged(
    replicas: Replicas,
    module: nn.Module,
    rows: Rows,
    judge: Loss,
    seed: int,
    device: torch.device,
) -> float:
    """Give the mean loss of held-out rows, in blocks that do not depend on the number of cores."""
    total = len(next(iter(rows.values())))
    module.eval()
    cuts = [total * at // SHARDS for at in range(SHARDS + 1)]
    spans = [(start, end, at) for at, (start, end) in enumerate(itertools.pairwise(cuts)) if end > start]

    def part(span: tuple[int, int, int]) -> float:
        start, end, at = span
        with torch.no_grad():
            piece = {name: tensor[start:end].to(device) for name, tensor in rows.items()}
            return float(judge(module, piece, generator(device, seed, "validation", at))) * (end - start) / total

    return float(sum(replicas.each(part, spans)))


class _Run:
    """The state of a training: everything that a checkpoint holds."""

    def __init__(self, module: nn.Module, phases: Sequence[Phase], plan: Plan, rows: int, checkpoint: Checkpoint) -> None:
        self.module, self.phases, self.plan, self.rows, self.checkpoint = module, phases, plan, rows, checkpoint
        self.steps = max(rows // plan.batch, 1)  # what does not fill a batch waits for the next epoch's order
        self.step = 0
        self.averaged = copy.deepcopy(module)
        self.best: nn.Module | None = None
        self.best_loss, self.best_epoch = math.inf, -1
        self.curves: list[dict[str, float]] = []
        self.sums = dict.fromkeys((phase.name for phase in phases), 0.0)
        self.parts = [
            [parameter for name, parameter in module.named_parameters() if name.startswith(phase.part)] for phase in phases
        ]
        self.optimisers = [
            torch.optim.AdamW(part, lr=phase.rate, betas=phase.betas, weight_decay=phase.decay, foreach=True)
            for phase, part in zip(phases, self.parts, strict=True)
        ]

    @property
    def ended(self) -> bool:
        epoch = self.step // self.steps
        waited = self.plan.patience and self.best is not None and epoch - 1 - self.best_epoch >= self.plan.patience
        return epoch >= self.plan.epochs or bool(waited)

    def update(self, replicas: Replicas, batch: Rows, seed: int) -> None:
        """Take one step: every phase in turn."""
        rate = self._rate()
        self.module.train()
        for at, (phase, part, optimiser) in enumerate(zip(self.phases, self.parts, self.optimisers, strict=True)):
            noise = [generator(replicas.device, seed, "step", self.step, at, shard) for shard in range(SHARDS)]
            loss = replicas.gradients(phase.loss, batch, noise)
            if not math.isfinite(loss):
                raise FloatingPointError(f"The {phase.name} of step {self.step} is {loss}: take a smaller rate.")
            if self.plan.clip:
                nn.utils.clip_grad_norm_(part, self.plan.clip)
            for group in optimiser.param_groups:
                group["lr"] = phase.rate * rate
            optimiser.step()
            self.sums[phase.name] += loss / self.steps
        self.step += 1
        decay = min(self.plan.average, self.step / (9 + self.step)) if self.plan.average else 0.0
        with torch.no_grad():
            for own, other in zip(self.averaged.parameters(), self.module.parameters(), strict=True):
                own.lerp_(other, 1 - decay)

    def _rate(self) -> float:
        rise = min((self.step + 1) / max(self.plan.warmup, 1), 1.0)
        share = self.step / (self.steps * self.plan.epochs)
        fall = 0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * share)) if self.plan.cool else 1.0
        return rise * fall

    def close(self, epoch: int, loss: float | None) -> None:
        """End an epoch: its point of the curves, and the best weights so far."""
        point = {"epoch": float(epoch), **self.sums}
        if loss is not None:
            point["validation"] = loss
            if loss < self.best_loss:
                self.best_loss, self.best_epoch = loss, epoch
                self.best = copy.deepcopy(self.averaged)
        self.curves.append(point)
        self.sums = dict.fromkeys(self.sums, 0.0)

    def tell(self, seconds: float, first: int) -> None:
        """Say how far it is and what is left."""
        total = self.steps * self.plan.epochs
        left = seconds / max(self.step - first, 1) * (total - self.step)
        last = self.curves[-1] if self.curves else {}
        losses = ", ".join(f"{name} {value:.4g}" for name, value in last.items() if name != "epoch")
        what = "at most %.0f min left" if self.plan.patience else "%.0f min left"
        logger.info(
            "epoch %d of %d, " + what + "%s", self.step // self.steps, self.plan.epochs, left / 60, losses and f" ({losses})"
        )

    def save(self) -> None:
        """Write a checkpoint."""
        tensors = {
            f"{name}.{key}": tensor for name, module in self._modules().items() for key, tensor in module.state_dict().items()
        }
        for at, (optimiser, part) in enumerate(zip(self.optimisers, self.parts, strict=True)):
            for place, parameter in enumerate(part):
                tensors |= {f"optimiser.{at}.{place}.{key}": tensor for key, tensor in optimiser.state[parameter].items()}
        counters: dict[str, Any] = {
            "step": self.step,
            "best_loss": self.best_loss if self.best is not None else None,
            "best_epoch": self.best_epoch,
            "curves": self.curves,
            "sums": self.sums,
        }
        self.checkpoint.write(tensors, counters)

    def resume(self) -> None:
        """Take up a checkpoint, if there is one of this training."""
        found = self.checkpoint.read()
        if found is None:
            return
        tensors, counters = found
        if counters["best_loss"] is not None:
            self.best, self.best_loss = copy.deepcopy(self.averaged), counters["best_loss"]
        self.step, self.best_epoch = counters["step"], counters["best_epoch"]
        self.curves, self.sums = counters["curves"], counters["sums"]
        for name, module in self._modules().items():
            module.load_state_dict(
                {key.removeprefix(f"{name}."): each for key, each in tensors.items() if key.startswith(f"{name}.")}
            )
        for at, (optimiser, part) in enumerate(zip(self.optimisers, self.parts, strict=True)):
            for place, parameter in enumerate(part):
                prefix = f"optimiser.{at}.{place}."
                optimiser.state[parameter] = {
                    key.removeprefix(prefix): each if key.endswith(".step") else each.to(parameter.device)
                    for key, each in tensors.items()
                    if key.startswith(prefix)
                }
        logger.info("going on after %d of %d epochs", self.step // self.steps, self.plan.epochs)

    def _modules(self) -> dict[str, nn.Module]:
        return {"module": self.module, "averaged": self.averaged} | ({} if self.best is None else {"best": self.best})
