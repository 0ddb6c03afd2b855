"""What the neural generators do alike: encode, hold rows out, train, look up what is determined, draw, save."""

from __future__ import annotations

import hashlib
import json
import logging
from abc import abstractmethod
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar, NamedTuple, Self

import numpy as np
import torch
from scipy.special import ndtr
from torch import Tensor, nn

from assay.core.errors import InputError
from assay.core.memory import available
from assay.core.seeds import integer_seed
from assay.data.dataset import Dataset
from assay.data.where import Condition
from assay.generators._base import TEXT, Cells, TableGenerator, impossible
from assay.generators._determined import determiners
from assay.generators._encoded import Encoded, Encoding
from assay.generators._invariants import Invariants
from assay.generators._kept import drawn_to_keep, rules_kept
from assay.generators._packed import packed_rules, unpacked_rules
from assay.generators._settings import Device, Positive, Rule, Whole
from assay.nets.device import device_of
from assay.nets.parallel import drawn
from assay.nets.train import Phase, Plan, Rows, train

logger = logging.getLogger(__name__)

HELD_OUT = 0.1  # share of the rows that decide when training ends
MOST_HELD_OUT = 5_000
FEWEST_HELD_OUT = 20  # rows below which nothing is held out, and training runs to its end
COPIES = 7  # of the weights: themselves, gradients, two moments, average, best, and one on its way


class Block(NamedTuple):
    """Drawn rows: states int64 and normal numbers float32, both of shape (rows, columns)."""

    states: np.ndarray
    numbers: np.ndarray


class NeuralGenerator(TableGenerator):
    """Base of the generators that train a network on encoded rows.

    A subclass names its settings, makes the module (`_module`), says how it is trained (`_phases`), and draws states and
    numbers (`_block`).

    Attributes
    ----------
    encoding_ : Encoding
        How cells become states and numbers.
    lookups_ : dict of str to (str, numpy.ndarray)
        Columns that another one determines in every real row: they are not learned but looked up.
    invariants_ : Invariants
        Inequalities and sums that all real rows keep.
    module_ : torch.nn.Module
        Averaged weights of the best epoch.
    curves_ : list of dict
        Losses by epoch.

    Notes
    -----
    A tenth of the rows, at most 5,000, whole entities, decides when training ends, and is not trained on. Batches are cut into
    as many parts on every machine, so the samples are equal bit for bit at any number of cores; another version of torch or
    another kind of processor may give other ones. On a GPU samples are not repeated bit for bit.
    """

    rules: ClassVar[dict[str, Rule]] = {
        "epochs": Whole(1),
        "batch": Whole(2),
        "width": Whole(8),
        "blocks": Whole(1),
        "rate": Positive(),
        "patience": Whole(0),
        "device": Device(),
        "text": TEXT,
    }
    checkpoints: ClassVar[bool] = True
    epochs: int
    batch: int
    width: int
    blocks: int
    rate: float
    patience: int
    device: str

    # -- what a subclass offers

    @abstractmethod
    def _module(self) -> nn.Module:
        """Make the network, its first weights drawn by torch's own stream, which is seeded."""

    @abstractmethod
    def _rows(self, encoded: Encoded) -> Rows:
        """Give what a batch holds."""

    @abstractmethod
    def _begin(self, rows: Rows) -> None:
        """Give the module's first logits the marginal distributions, so that training begins at independence."""

    @abstractmethod
    def _phases(self) -> list[Phase]:
        """Say whose weights are updated by which loss."""

    @abstractmethod
    def _block(self, rows: int, noise: torch.Generator, allowed: Mapping[str, np.ndarray]) -> Any:
        """Draw rows; `allowed` names columns and the codes they may take. Called on several threads at a time."""

    def _prepare(self, encoding: Encoding) -> None:
        """Get ready for an encoding, before the module is made or read."""

    def _plan(self, rows: int) -> Plan:
        return Plan(self.epochs, min(self.batch, rows), self.patience)

    def _judge(self, module: Any, rows: Rows, noise: torch.Generator) -> Tensor:
        """Give the loss of held-out rows, lower is better."""
        return self._phases()[-1].loss(module, rows, noise)

    def _after(self, rows: Rows, rng: np.random.Generator) -> None:
        """Learn what is left once the network is trained."""

    # -- what the base does

    def fit(self, real: Dataset, *, seed: int = 0, checkpoint: Path | None = None) -> Self:
        """Learn from a real table.

        Parameters
        ----------
        real : Dataset
            Rows to learn from.
        seed : int, default 0
            Seed of everything random in fitting.
        checkpoint : Path, optional
            Folder for the state of the training, written once a minute. A fit of the same rows, settings and seed that was ended
            from outside goes on from there, with the result of one that was not.

        Raises
        ------
        UsageError
            If a setting is not allowed or the device is not there.
        InputError
            If the table has no rows, or free text and ``text="refuse"``, or the training would not fit into the memory.
        """
        self._folder = checkpoint
        self._entities = None
        if hasattr(real, "schema") and real.schema.entity is not None:
            column = real.table.column(real.schema.entity).combine_chunks()
            self._entities = np.unique(np.asarray(column.dictionary_encode().indices.fill_null(-1)), return_inverse=True)[1]
        try:
            return super().fit(real, seed=seed)
        finally:
            del self._folder, self._entities

    def _learn(self, codes: dict[str, np.ndarray], rng: np.random.Generator) -> None:
        device = device_of(self.device)
        self.lookups_ = _lookups(codes, self)
        self.invariants_ = rules_kept(tuple(self.values_), self.schema_, self.values_, codes, self.rows_)
        learned = {name: column for name, column in codes.items() if name not in self.lookups_}
        self.encoding_ = Encoding.learn(learned, self.values_)
        self._prepare(self.encoding_)
        self.module_: Any = self._made()
        self.curves_: list[dict[str, float]] = []
        if self._constant:
            return
        self._check_memory(device)
        encoded = self.encoding_.encode(learned, rng)
        held = self._held_out(rng)
        rows = self._rows(encoded)
        train_rows = {name: tensor[torch.from_numpy(~held)] for name, tensor in rows.items()}
        self._begin(train_rows)
        found = train(
            self.module_,
            self._phases(),
            train_rows,
            self._plan(int((~held).sum())),
            seed=self.seed_,
            device=device,
            validation={name: tensor[torch.from_numpy(held)] for name, tensor in rows.items()} if held.any() else None,
            judge=self._judge,
            folder=self._folder,
            key=self._key(),
        )
        self.module_, self.curves_ = found.module.eval(), found.curves
        self._after(train_rows, rng)
        self.module_.to("cpu")

    @property
    def _constant(self) -> bool:
        """Whether there is nothing to train: every column that is learned holds one value."""
        return all(size < 2 for size in self.encoding_.sizes) and not self.encoding_.numbered.any()

    def _made(self) -> nn.Module:
        if self._constant:
            return nn.Identity()
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(integer_seed(self.seed_ or 0, self.registry_name(), "weights"))
            return self._module()

    def _held_out(self, rng: np.random.Generator) -> np.ndarray:
        """Mark the rows that are held out, whole entities."""
        groups = np.arange(self.rows_) if self._entities is None else self._entities
        wanted = min(int(HELD_OUT * self.rows_), MOST_HELD_OUT)
        if wanted < FEWEST_HELD_OUT or int(groups.max()) < FEWEST_HELD_OUT:
            return np.zeros(self.rows_, dtype=bool)
        order = rng.permutation(int(groups.max()) + 1)
        until = np.searchsorted(np.cumsum(np.bincount(groups)[order]), wanted)
        return np.isin(groups, order[: until + 1])

    def _key(self) -> str:
        document = json.dumps([self.registry_name(), self.settings(), self.seed_, self.parents_, self.rows_], sort_keys=True)
        return hashlib.sha256(document.encode()).hexdigest()

    def memory(self) -> int:
        """Estimate the bytes that training holds at its peak, once the encoding is known.

        Notes
        -----
        Seven copies of the weights, the encoded rows twice, and for every row of a batch what each layer keeps for its gradient.
        """
        weights = sum(parameter.numel() for parameter in self.module_.parameters()) * 4
        encoded = self.rows_ * len(self.encoding_.names) * 12
        return COPIES * weights + 2 * encoded + min(self.batch, self.rows_) * 4 * self._kept_of_a_row()

    def _kept_of_a_row(self) -> int:
        """Count what a row of a batch keeps for the gradient: six vectors of twice the width a block, logits four times."""
        return self.blocks * 6 * 2 * self.width + 4 * sum(self.encoding_.sizes)

    def _check_memory(self, device: torch.device) -> None:
        needed = self.memory()
        there = torch.cuda.mem_get_info(device)[0] if device.type == "cuda" else available()
        if needed > there:
            raise InputError(
                f"Training would hold about {needed / 2**30:.1f} GiB; {there / 2**30:.1f} GiB are free.",
                fix="Set a smaller batch or width (--set batch=256 --set width=128), or take tree_chain.",
            )
        logger.info("training will hold about %.0f MiB", needed / 2**20)

    def _draw(self, n: int, rng: np.random.Generator) -> Cells:
        return self._drawn(n, rng, {})

    def _drawn(self, n: int, rng: np.random.Generator, allowed: Mapping[str, np.ndarray]) -> Cells:
        return drawn_to_keep(self.invariants_, self.values_, n, lambda count: self._rows_of(count, rng, allowed))

    def _rows_of(self, n: int, rng: np.random.Generator, allowed: Mapping[str, np.ndarray]) -> Cells:
        if self._constant:
            nothing = np.zeros((n, len(self.encoding_.names)))
            cells, codes = self.encoding_.cells(nothing.astype(np.int64), nothing, nothing, rng)
        else:
            device = device_of(self.device)
            self.module_.to(device)
            blocks = drawn(lambda rows, noise: self._block(rows, noise, allowed), n, int(rng.integers(2**31)), device)
            cells, codes = self._cells(blocks, rng, allowed)
        for name, (other, table) in self.lookups_.items():
            codes[name] = table[codes[other] + 2]
            cells[name] = self.values_[name].decode(codes[name])
        return cells

    @property
    def _exact(self) -> frozenset[str]:
        """Columns that determine others: a value between two real ones would determine nothing."""
        return frozenset(other for other, _ in self.lookups_.values())

    def _draw_where(self, n: int, condition: Condition, rng: np.random.Generator) -> Cells:
        """Draw under what the condition leaves of each column, and reject what slips through."""
        allowed = {name: self._allowed(name, condition) for name in condition.columns}
        for name in [name for name in reversed(self.lookups_) if name in allowed]:
            other, table = self.lookups_[name]
            known = table != UNKNOWN
            through = np.zeros(len(table), dtype=bool)
            through[known] = allowed.pop(name)[table[known] + 2]
            allowed[other] = allowed[other] & through if other in allowed else through
        if any(not met.any() and not self.values_[name].ordered for name, met in allowed.items()):
            raise impossible(condition.text)
        allowed = {name: met for name, met in allowed.items() if met.any()}  # an ordered column may have values between real ones
        return self._rejected(n, condition, lambda count: self._drawn(count, rng, allowed), n + n // 50 + 8)

    def _cells(
        self, blocks: list[Any], rng: np.random.Generator, allowed: Mapping[str, np.ndarray]
    ) -> tuple[Cells, dict[str, np.ndarray]]:
        """Turn blocks into cells and codes; these are of states and numbers (`Block`) unless a subclass says otherwise."""
        states = np.concatenate([block.states for block in blocks])
        share = ndtr(np.concatenate([block.numbers for block in blocks]).astype(np.float64))
        return self.encoding_.cells(states, share, share, rng, self._exact, allowed)

    def _codes(self, rows: Dataset) -> tuple[dict[str, np.ndarray], np.ndarray]:
        """Give the codes of other rows' cells, and which rows hold a level that the real table lacks."""
        codes: dict[str, np.ndarray] = {}
        unseen = np.zeros(len(rows), dtype=bool)
        for name in self.encoding_.names:
            codes[name], strange = self.values_[name].codes_of(rows.table.column(name))
            unseen |= strange
        return codes, unseen

    # -- saving

    def _state(self) -> dict[str, np.ndarray]:
        place = {name: at for at, name in enumerate(self.values_)}
        state = {f"encoding.{key}": array for key, array in self.encoding_.state_arrays().items()}
        state["lookups"] = np.array([(place[name], place[other]) for name, (other, _) in self.lookups_.items()]).reshape(-1, 2)
        state |= {f"lookup.{place[name]}": table for name, (_, table) in self.lookups_.items()}
        return state | packed_rules(self.invariants_, tuple(self.values_))

    def _weights(self) -> dict[str, np.ndarray]:
        return {name: tensor.detach().cpu().numpy() for name, tensor in self.module_.state_dict().items()}

    def _notes(self) -> dict[str, Any]:
        return {"curves": self.curves_}

    def _restore(self, state: dict[str, np.ndarray]) -> None:
        names = tuple(self.values_)
        self.lookups_ = {
            names[at]: (names[other], state[f"lookup.{at}"]) for at, other in state["lookups"].astype(np.int64).tolist()
        }
        self.encoding_ = Encoding.restored(
            self.values_, {key.removeprefix("encoding."): part for key, part in state.items() if key.startswith("encoding.")}
        )
        columns = {name: self.schema_.column(name) for name in names}
        self.invariants_ = Invariants(names, columns, self.values_, unpacked_rules(state, names))
        self._prepare(self.encoding_)
        self.module_ = self._made().eval()

    def _reweigh(self, weights: dict[str, np.ndarray], notes: dict[str, Any]) -> None:
        self.module_.load_state_dict({name: torch.from_numpy(array) for name, array in weights.items()})
        self.curves_ = notes["curves"]


UNKNOWN = -3  # in a lookup: no real row holds this


def _lookups(codes: dict[str, np.ndarray], generator: TableGenerator) -> dict[str, tuple[str, np.ndarray]]:
    """Find the columns that another determines, such that what determines comes first."""
    names = list(codes)
    found = determiners(codes, generator.values_, names, names)
    kept: dict[str, str] = {}
    for name, other in found.items():
        end = other
        while end in kept:
            end = kept[end]
        if end != name:
            kept[name] = other
    ordered: list[str] = []
    waiting = list(kept)
    while waiting:
        ready = [name for name in waiting if kept[name] not in waiting]
        ordered += ready
        waiting = [name for name in waiting if name not in ready]
    out: dict[str, tuple[str, np.ndarray]] = {}
    for name in ordered:
        table = np.full(len(generator.values_[kept[name]].counts), UNKNOWN, dtype=np.int64)
        table[codes[kept[name]] + 2] = codes[name]
        out[name] = (kept[name], table)
    return out
