"""Gradients of one batch on several cores, equal bit for bit whatever their number."""

from __future__ import annotations

import copy
import itertools
import os
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack, contextmanager
from types import TracebackType
from typing import Any, Self, TypeVar

import torch
from torch import Tensor, nn

from assay.core.seeds import integer_seed

BLOCK = 4_096  # rows drawn by one thread at a time
SHARDS = 4  # a batch is always cut in as many parts, so that sums do not depend on the machine

Result = TypeVar("Result")
Loss = Callable[[Any, Any, torch.Generator], Tensor]


@contextmanager
def cores(device: torch.device) -> Generator[Callable[..., list[Any]]]:
    """Give a `map` that calls a task on all cores, each with one thread of its own; results in order.

    Parameters
    ----------
    device : torch.device
        On a GPU tasks are called one after another.
    """
    if device.type != "cpu":
        yield lambda task, *parts: [task(*part) for part in zip(*parts, strict=True)]
        return
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    with ThreadPoolExecutor(min(SHARDS, os.cpu_count() or 1), initializer=torch.set_num_threads, initargs=(1,)) as pool:
        try:
            yield lambda task, *parts: list(pool.map(task, *parts))
        finally:
            pool.shutdown(cancel_futures=True)
            torch.set_num_threads(threads)


def generator(device: torch.device, seed: int, *task: str | int) -> torch.Generator:
    """Make the source of noise of one task."""
    return torch.Generator(device=device).manual_seed(integer_seed(seed, *task))


def drawn(draw: Callable[[int, torch.Generator], Result], rows: int, seed: int, device: torch.device) -> list[Result]:
    """Draw rows block by block, each block from its own noise, on all cores.

    Parameters
    ----------
    draw : callable
        (rows, noise) to what is drawn.
    rows : int
        Rows in all.
    seed : int
        Seed of the noise.
    device : torch.device
        Where to compute.
    """
    sizes = [min(BLOCK, rows - start) for start in range(0, rows, BLOCK)]
    noises = [generator(device, seed, "block", at) for at in range(len(sizes))]
    with torch.no_grad(), cores(device) as each:
        return each(torch.no_grad()(draw), sizes, noises)


class Replicas(AbstractContextManager["Replicas"]):
    """A module and copies of it that share its weights but not its gradients, one for each part of a batch.

    Parameters
    ----------
    module : torch.nn.Module
        What is trained; its parameters are updated in place by whoever holds them.
    device : torch.device
        On a GPU the batch stays whole.

    Notes
    -----
    A product of matrices on two threads differs in its last bits from one on one thread. Here every part of a batch is computed
    by one thread, and the parts' gradients are added in their order, so one core and sixteen give the same numbers.
    """

    def __init__(self, module: nn.Module, device: torch.device) -> None:
        self.module = module
        self.device = device
        self.modules = [module] if device.type != "cpu" else [module, *(_sharing(module) for _ in range(SHARDS - 1))]
        self._open = ExitStack()

    def __enter__(self) -> Self:
        self.each = self._open.enter_context(cores(self.device))
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._open.close()

    def gradients(self, loss: Loss, batch: dict[str, Tensor], noise: Sequence[torch.Generator]) -> float:
        """Leave the gradient of the mean loss of a batch in the module's parameters, and give the loss.

        Parameters
        ----------
        loss : callable
            (module, batch, noise) to the mean loss of the batch's rows, a scalar tensor.
        batch : dict of str to Tensor
            Each of shape (rows, ...).
        noise : sequence of torch.Generator
            One per part.
        """
        for module in self.modules:
            for parameter in module.parameters():
                parameter.grad = None
        rows = len(next(iter(batch.values())))
        cuts = [rows * at // len(self.modules) for at in range(len(self.modules) + 1)]
        spans = [(start, end) for start, end in itertools.pairwise(cuts) if end > start]

        def part(module: nn.Module, span: tuple[int, int], own: torch.Generator) -> float:
            piece = {name: tensor[span[0] : span[1]] for name, tensor in batch.items()}
            weighed = loss(module, piece, own) * ((span[1] - span[0]) / rows)
            weighed.backward()
            return float(weighed.detach())

        losses = self.each(part, self.modules[: len(spans)], spans, noise[: len(spans)])
        others = [list(module.parameters()) for module in self.modules[1 : len(spans)]]
        for at, parameter in enumerate(self.module.parameters()):
            for other in others:
                gradient = other[at].grad
                if gradient is not None:
                    parameter.grad = gradient if parameter.grad is None else parameter.grad.add_(gradient)
        return float(sum(losses))


def _sharing(module: nn.Module) -> nn.Module:
    """Copy a module's structure, keeping its weights."""
    memo: dict[int, Any] = {id(parameter): nn.Parameter(parameter.data) for parameter in module.parameters()}
    memo |= {id(buffer): buffer for buffer in module.buffers()}
    return copy.deepcopy(module, memo)
