"""Columns one after another, each from a network that reads those before."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, ClassVar, NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from assay.core.errors import UsageError
from assay.data.dataset import Dataset
from assay.generators._base import Cells
from assay.generators._binned import Bins
from assay.generators._encoded import Encoded, Encoding
from assay.generators._private import PrivateGenerator
from assay.generators._settings import Below, Names, Rule, Whole
from assay.nets.chain import Chain, Chains
from assay.nets.mlp import gumbel, log_shares
from assay.nets.parallel import BLOCK
from assay.nets.train import Phase, Plan, Rows

CANDIDATES = 4  # rows drawn for each one wanted under a condition


class Autoregressive(PrivateGenerator):
    """Draw columns in a fixed order, each from a categorical distribution given all columns before.

    Parameters
    ----------
    bins : int, default 128
        Bins of about equal mass that a column of numbers is cut into.
    first : tuple of str, default ()
        Columns to draw first, in this order: conditions on them are met exactly. The others follow as they stand in the table,
        those of most states last.
    epochs : int, default 8
        Passes over the rows at most.
    batch : int, default 512
        Rows of a step.
    width, blocks : int, default 96 and 1
        Hidden numbers and residual blocks of each column's network.
    members : int, default 2
        Networks that learn apart; rows are drawn from each in turn. With a budget there is one.
    rate : float, default 0.003
        Learning rate at its peak.
    dropout : float, default 0.2
        Share of the hidden numbers left out at each step of the training; with a budget none is.
    patience : int, default 4
        Epochs without gain on held-out rows after which training ends; 0: never.
    device : str, default 'cpu'
        Where to compute.
    text : {'refuse', 'null'}, default 'refuse'
        What to do with free text columns.
    epsilon : float, optional
        Privacy budget: the largest that differential privacy for one row may cost, in all. None: not private.
    delta : float, optional
        Chance left beside it, below 1 / rows; 1 / (10 rows) by default.
    domain : str or mapping, default ''
        What is public of the columns and need not be paid for: a TOML file with a table a column, with ``levels = [...]``, or
        ``low``, ``high`` and perhaps ``step``. Only with `epsilon`, as are the following.
    domain_share : float, default 0.1
        Share of the budget for the columns' own distributions, as a part of the inverse squared noise.
    clip : float, default 1.0
        Largest norm of one row's gradient.
    noise : {'seed', 'system'}, default 'seed'
        Where noise comes from: the fit's seed, so that fits are repeated bit for bit and the guarantee holds for those who do not
        know the seed; or the system's own randomness, which nobody can repeat.

    Attributes
    ----------
    order_ : tuple of str
        Columns in the order they are drawn.
    privacy_ : dict or None
        Under a budget: what was spent on what, what counts as public, and what is not covered. It stands in the saved manifest
        and in the lineage of every table drawn.

    Notes
    -----
    The chain rule, p(x) = p(x1) p(x2 | x1) ..., each factor a softmax over the column's states (levels, heaps, null, bins of
    numbers), trained by maximum likelihood. So every row has an exact likelihood (`log_likelihood`). Within a bin all ranks are
    equally likely: dependence finer than a bin is lost. Several networks are trained at once, each on its own, and make up a
    mixture: what one of them learns by heart or misses, the others do not.

    Under a condition columns are drawn from what it leaves of each, in turn; of four rows drawn one is kept, in proportion to
    the probability that the condition had along its way. For columns that stand first this is exact.

    With `epsilon`, whatever leaves the fit is differentially private for one row added or removed, the number of rows being
    public: saved generator, checkpoints and rows drawn, however many. Columns' distributions come from noised counts on
    intervals fixed beforehand; a level that nobody declared is named only where its noised count passes a threshold; within an
    interval all values are equally likely; the network is trained by DP-SGD, each row drawn by chance in each step, for all
    its epochs (`patience` does not count, no rows are held out). Ids are made from the column's type alone, no column is looked
    up in another, the parents' digest and the losses are left out. Public are the number of rows, the schema, the settings and
    declared domains: declare the schema rather than let it be inferred. Wide batches on a narrow network (``batch=2048``,
    ``width=32``) take a sixth of the time of the defaults and come a little less near. **With
    noise='seed' a seed that is published, or short enough to be guessed, voids the guarantee**; lineage and manifest withhold
    it. It cannot protect several rows of one person: a table with an entity is refused. Every further fit of the same rows
    spends its own budget on top.

    References
    ----------
    Uria, B. et al. (2016). Neural autoregressive distribution estimation. Journal of Machine Learning Research 17.
    Doucet, A., de Freitas, N., Gordon, N. (2001). Sequential Monte Carlo methods in practice, chapter 1.
    Abadi, M. et al. (2016). Deep learning with differential privacy, section 3. CCS.
    Kairouz, P. et al. (2021). Practical and private (deep) learning without sampling or shuffling, section 2 (a row replaced by
    nothing). ICML.
    """

    rules: ClassVar[dict[str, Rule]] = {
        **PrivateGenerator.rules,
        "bins": Whole(2),
        "first": Names(),
        "dropout": Below(),
        "members": Whole(1),
    }

    def __init__(
        self,
        *,
        bins: int = 128,
        first: tuple[str, ...] = (),
        epochs: int = 8,
        batch: int = 512,
        width: int = 96,
        blocks: int = 1,
        members: int = 2,
        rate: float = 0.003,
        dropout: float = 0.2,
        patience: int = 4,
        device: str = "cpu",
        text: str = "refuse",
        epsilon: float | None = None,
        delta: float | None = None,
        domain: str | Mapping[str, Any] = "",
        domain_share: float = 0.1,
        clip: float = 1.0,
        noise: str = "seed",
    ) -> None:
        self.bins = bins
        self.first = first
        self.epochs = epochs
        self.batch = batch
        self.width = width
        self.blocks = blocks
        self.members = members
        self.rate = rate
        self.dropout = dropout
        self.patience = patience
        self.device = device
        self.text = text
        self.epsilon = epsilon
        self.delta = delta
        self.domain = domain
        self.domain_share = domain_share
        self.clip = clip
        self.noise = noise

    def log_likelihood(self, rows: Dataset) -> np.ndarray:
        """Give the natural logarithm of each row's probability, float64 of shape (rows,).

        Parameters
        ----------
        rows : Dataset
            Rows with the columns of the table learned from.

        Notes
        -----
        The sum over columns of log p(state | columns before), and of the logarithm of the value's share of its state's real rows:
        a probability over the real table's values, comparable between rows, not between tables. A row with a level that the
        real table lacks has -inf; a number takes the nearest real one. Columns looked up add nothing.
        """
        self._ready(1)
        codes, unseen = self._codes(rows)
        bins = self.bins_
        states, shares = bins.of_codes(codes)
        found = np.where(unseen, -np.inf, np.log(shares).sum(axis=1))
        with torch.no_grad():
            for start in range(0, len(rows), BLOCK):
                block = torch.from_numpy(states[start : start + BLOCK])[:, self._places]
                found[start : start + BLOCK] -= self._row_losses(self.module_, block).double().numpy()
        return found

    def _prepare(self, encoding: Encoding) -> None:
        for name in self.first:
            if name not in self.values_:
                self.schema_.column(name)
                raise UsageError(f"Autoregressive.first must name modelled columns. Got {name!r}, an id, entity or text column.")
        self.bins_ = Bins(encoding, self.bins)
        asked = [self.lookups_[name][0] if name in self.lookups_ else name for name in self.first]
        size = dict(zip(encoding.names, self.bins_.sizes, strict=True))
        rest = sorted((name for name in encoding.names if name not in asked), key=lambda name: size[name])
        self.order_ = (*dict.fromkeys(asked), *rest)
        self._places = torch.tensor([encoding.names.index(name) for name in self.order_], dtype=torch.int64)

    def _module(self) -> nn.Module:
        places = self._places.tolist()
        sizes, lines = ([part[at] for at in places] for part in (self.bins_.sizes, self.bins_.lines))
        return Chains(1 if self.epsilon is not None else self.members, sizes, self.width, self.blocks, lines)

    def _kept_of_a_row(self) -> int:
        """Count what a row keeps, column by column: eight vectors, ten a block, and the logits four times."""
        return len(self.module_.members) * (len(self.order_) * self.width * (8 + 10 * self.blocks) + 4 * sum(self.bins_.sizes))

    def _rows(self, encoded: Encoded) -> Rows:
        return {"states": torch.from_numpy(self.bins_.states(encoded))[:, self._places].contiguous()}

    def _begin(self, rows: Rows) -> None:
        module: Chains = self.module_
        module.begin_with(log_shares(rows["states"], module.sizes))

    def _begin_at_counts(self) -> None:
        lines = [self.encoding_.lines[self.encoding_.names[at]] for at in self._places.tolist()]
        masses = [np.diff(line.bounds) + 0.5 for line in lines]
        self.module_.begin_with(torch.from_numpy(np.concatenate([np.log(part / part.sum()) for part in masses])).float())
        with torch.no_grad():  # nothing comes before the first column: at zero its norm's slope would swallow every row's clip
            self.module_.members[0].begin.bias[0] = 1.0

    def _private_rows(self, codes: dict[str, np.ndarray]) -> Tensor:
        return torch.from_numpy(self.bins_.of_codes(codes)[0])[:, self._places].contiguous()

    def _phases(self) -> list[Phase]:
        return [Phase("loss", self._loss, rate=self.rate, decay=0.01)]

    def _plan(self, rows: int) -> Plan:
        return Plan(self.epochs, min(self.batch, rows), self.patience, average=0.99)

    def _loss(self, module: Any, rows: Rows, noise: torch.Generator) -> Tensor:
        return self._row_losses(module, rows["states"], self.dropout, noise if module.training else None).mean()

    @staticmethod
    def _row_losses(module: Any, states: Tensor, drop: float = 0.0, noise: torch.Generator | None = None) -> Tensor:
        """Give -log p of each row by the mixture; while training the members' mean, so that each learns by itself."""
        each = module.losses(states, drop, noise)
        return each.mean(dim=0) if module.training else math.log(len(each)) - (-each).logsumexp(dim=0)

    def _block(self, rows: int, noise: torch.Generator, allowed: Mapping[str, np.ndarray]) -> np.ndarray:
        chains = self.module_.chains()
        device = chains[0].told.weight.device
        last = max((self.order_.index(name) for name in allowed), default=-1)
        begun: list[Begun] = []
        for count in _parted((1 if last < 1 else CANDIDATES) * rows, len(chains)):  # a first column alone is met exactly
            zeros = torch.zeros((count, self.width), device=device)
            states = torch.empty((count, len(self.order_)), dtype=torch.int64, device=device)
            begun.append(Begun(zeros, states, zeros[:, 0].clone()))
        for at in range(last + 1):
            begun = [self._told(chain, one, at, noise, allowed) for chain, one in zip(chains, begun, strict=True)]
        if allowed:
            begun = _chosen(begun, rows, noise)
        for at in range(last + 1, len(self.order_)):
            begun = [self._told(chain, one, at, noise, {}) for chain, one in zip(chains, begun, strict=True)]
        drawn = torch.cat([one.states for one in begun])
        drawn = drawn[torch.randperm(rows, generator=noise, device=device)]  # members' rows stand mixed
        back = torch.empty_like(drawn)
        back[:, self._places.to(device)] = drawn
        return back.cpu().numpy()

    def _told(self, chain: Chain, one: Begun, at: int, noise: torch.Generator, allowed: Mapping[str, np.ndarray]) -> Begun:
        """Draw one more column of some rows."""
        logits, weights = chain.next(one.before, at), one.weights
        name = self.order_[at]
        if name in allowed:
            share = torch.from_numpy(self.bins_.allowed(name, allowed[name])).float().to(logits.device)
            logits = logits.log_softmax(dim=-1) + share.log()
            weights = weights + logits.logsumexp(dim=-1)
        one.states[:, at] = (logits + gumbel(logits, noise)).argmax(dim=-1)
        return Begun(one.before + chain.told(one.states[:, at] + chain.offsets[at]), one.states, weights)

    def _cells(
        self, blocks: list[Any], rng: np.random.Generator, allowed: Mapping[str, np.ndarray]
    ) -> tuple[Cells, dict[str, np.ndarray]]:
        return self.bins_.cells(np.concatenate(blocks), rng, self._exact, allowed)


class Begun(NamedTuple):
    """Rows of one member drawn so far: sums of vectors, states, and the logarithm of what the condition had for probability."""

    before: Tensor
    states: Tensor
    weights: Tensor


def _chosen(begun: list[Begun], rows: int, noise: torch.Generator) -> list[Begun]:
    """Choose so many rows of all members, in proportion to their weights."""
    weights = torch.cat([one.weights for one in begun])
    chosen = torch.multinomial((weights - weights.max()).exp(), rows, replacement=True, generator=noise)
    kept: list[Begun] = []
    start = 0
    for one in begun:
        own = chosen[(chosen >= start) & (chosen < start + len(one.weights))] - start
        kept.append(Begun(*(part[own] for part in one)))
        start += len(one.weights)
    return kept


def _parted(rows: int, parts: int) -> list[int]:
    """Give how many rows each of some parts takes."""
    return [rows * (at + 1) // parts - rows * at // parts for at in range(parts)]
