"""The private way of fitting: a budget, domains paid for, noised gradients, and a record of what is covered."""

from __future__ import annotations

import hashlib
import json
import logging
import secrets
from collections.abc import Mapping
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
import pyarrow as pa
import torch

from assay.core.errors import InputError, MissingDependencyError, UsageError
from assay.core.lineage import Lineage
from assay.core.seeds import spawn
from assay.data.dataset import Dataset
from assay.data.target import level_texts, place_of
from assay.generators._declared import declared
from assay.generators._encoded import ColumnCode, Encoding
from assay.generators._invariants import Invariants
from assay.generators._neural import NeuralGenerator
from assay.generators._private_budget import Budget
from assay.generators._private_domain import Domain, fresh_ids
from assay.generators._private_numbers import SpanValues
from assay.generators._private_scale import Scale
from assay.generators._settings import Mappings, OneOf, Perhaps, Positive, Rule, Share
from assay.nets.device import device_of
from assay.nets.private import PrivatePlan, train_privately

logger = logging.getLogger(__name__)

WITHHELD = -1  # stands for a seed that must stay secret
GUESSED = 2**64  # seeds below can be tried one after another
PUBLIC = (
    "number of rows",
    "names, types, kinds and roles of the columns, the positive class, and rules between columns, as in the schema",
    "generations away from real data",
    "settings, and the domains declared in them",
)
NOT_COVERED = (
    "a schema that was inferred from the rows instead of declared",
    "several rows of one person: the unit is one row",
    "other fits, tables, reports or checks made from the same rows: each spends its own budget",
    "the last bits of floating-point sums, the time that computing takes, and who can predict numpy's PCG64 from its output",
)


class PrivateGenerator(NeuralGenerator):
    """Base of a neural generator that can be fitted under a privacy budget; see `Autoregressive`.

    Attributes
    ----------
    privacy_ : dict or None
        What was spent on what and what is not covered; None for a fit without a budget.
    """

    rules: ClassVar[dict[str, Rule]] = {
        **NeuralGenerator.rules,
        "epsilon": Perhaps(Positive()),
        "delta": Perhaps(Positive()),
        "domain": Mappings(),
        "domain_share": Share(),
        "clip": Positive(),
        "noise": OneOf(("seed", "system")),
    }
    epsilon: float | None
    delta: float | None
    domain: str | Mapping[str, Any]
    domain_share: float
    clip: float
    noise: str
    bins: int

    def fit(self, real: Dataset, *, seed: int = 0, checkpoint: Path | None = None) -> Self:
        """Learn from a real table; see `NeuralGenerator.fit`.

        Parameters
        ----------
        real : Dataset
            Rows to learn from.
        seed : int, default 0
            Seed of everything random in fitting. With a budget and ``noise="seed"`` the guarantee holds for those who do not know
            it: take one of 128 bits and keep it to yourself.
        checkpoint : Path, optional
            Folder for the state of the training. With ``noise="system"`` none is written.

        Raises
        ------
        UsageError
            If a setting is not allowed or does not go with the table.
        InputError
            If the table cannot be used.
        MissingDependencyError
            If a budget is set and opacus is not installed.
        """
        self.privacy_: dict[str, Any] | None = None
        try:
            return super().fit(real, seed=seed, checkpoint=None if self.noise == "system" else checkpoint)
        finally:
            for name in ("_source", "_budget", "_states"):
                if hasattr(self, name):
                    delattr(self, name)

    def _read(self, real: Dataset) -> dict[str, np.ndarray]:
        if self.epsilon is None:
            self._check_plain()
            return super()._read(real)
        delta = self._checked(real)
        kinds = {name: real.table.column(name).type for name in real.schema.names}
        public = declared(self.domain, real.schema, kinds)
        domain = Domain(real.schema, kinds, public)
        sampling = min(self.batch / len(real), 1.0)
        self._budget = Budget.made(
            float(self.epsilon),
            delta,
            share=self.domain_share,
            touches=domain.touches,
            open_columns=domain.open_columns,
            sampling=sampling,
            steps=max(round(self.epochs / sampling), 1),
        )
        settings = self.settings()
        if isinstance(self.domain, str) and self.domain:
            settings["domain"] = ""  # what the file says counts, not where it lies
        told = json.dumps({name: each.told() for name, each in sorted(public.items())})
        document = json.dumps([real.sha256, settings, told], sort_keys=True)
        digest = hashlib.sha256(document.encode()).hexdigest()  # equal noise on different tables or settings would cancel out
        entropy = secrets.randbits(128) if self.noise == "system" else self.seed_
        self._source = lambda *task: spawn(entropy, "private", digest, *task)
        found = domain.learn(real.table, self._budget, self.bins, self._source)
        self.values_ = {name: values for name, (values, _, _) in found.items()}
        self._states: dict[str, ColumnCode] = {name: code for name, (_, code, _) in found.items()}
        for name in real.schema.of_kind("id"):
            self.identifiers_[name] = fresh_ids(name, kinds[name])
        self._publish(real, public)
        return {name: codes for name, (_, _, codes) in found.items()}

    def _check_plain(self) -> None:
        idle = [name for name in ("delta", "domain") if getattr(self, name)]
        if idle:
            raise UsageError(f"{type(self).__name__}.{idle[0]} needs epsilon. Got epsilon=None. Set epsilon, or leave it out.")

    def _checked(self, real: Dataset) -> float:
        """Give delta, or say why there can be no guarantee."""
        if find_spec("opacus") is None:
            raise MissingDependencyError("A privacy budget (epsilon)", "opacus", "neural")
        if real.schema.entity is not None:
            raise InputError(
                f"The guarantee would be for one row, and rows share the entity {real.schema.entity!r}: all of its rows "
                "together could be told.",
                column=real.schema.entity,
                fix="Keep one row of each entity and leave the entity out of the schema, or fit without epsilon.",
            )
        if self.domain_share >= 1:
            raise UsageError(f"{type(self).__name__}.domain_share must be below 1. Got 1: nothing would be left to train with.")
        delta = 1 / (10 * len(real)) if self.delta is None else float(self.delta)
        if delta >= 1 / len(real):
            raise UsageError(
                f"{type(self).__name__}.delta must be below 1 / rows = {1 / len(real):.3g}. Got {delta:g}: "
                "that would allow one row to be handed out. Leave it out for 1 / (10 rows)."
            )
        return delta

    def _publish(self, real: Dataset, public: Mapping[str, Any]) -> None:
        """Let schema and parents say nothing of the rows, and write the record."""
        budget, empty = self._budget, {name: bool(values.counts[:2].any()) for name, values in self.values_.items()}
        columns = tuple(replace(column, nullable=empty.get(column.name, column.kind == "text")) for column in real.schema.columns)
        schema = real.schema.with_changes(columns=columns)
        if schema.positive is not None and schema.column(str(schema.target)).kind == "categorical":
            levels = level_texts(pa.chunked_array([self.values_[str(schema.target)].support])).to_pylist()
            known = place_of(schema.positive, levels) is not None
            schema = schema if known else schema.with_changes(positive=None)  # too few rows to be named
        self.schema_ = schema
        self.parents_ = ()
        nothing = [name for name, values in self.values_.items() if not values.levels and values.counts.sum() <= 1]
        self.privacy_ = {
            "epsilon": budget.epsilon,
            "delta": budget.delta,
            "epsilon_spent": budget.spent(),
            "unit": "one row added or removed, the number of rows being public",
            "accountant": "Renyi differential privacy of the sampled Gaussian mechanism (opacus)",
            "domain": {
                "share": budget.share,
                "noise_rows": budget.count_noise,
                "counts_per_row": budget.touches,
                "threshold_rows": budget.threshold,
                "declared": sorted(public),
                "nothing_told_of": nothing,
            },
            "training": {
                "noise_multiplier": budget.training_noise,
                "clip": self.clip,
                "steps": budget.steps,
                "sampling_rate": budget.sampling,
            },
            "noise": self.noise,
            "declared_public": list(PUBLIC),
            "not_covered": list(NOT_COVERED),
        }
        if self.noise == "seed":
            self.privacy_["not_covered"].insert(0, "anybody who knows or guesses the seed: the noise follows from it")
            if self.seed_ < GUESSED:
                self.privacy_["not_covered"][0] += ", and this one is short enough to be guessed"
                logger.warning(
                    "the noise follows from a seed that can be guessed: before anything is handed out, fit with "
                    "noise='system' (--set noise=system) or a secret seed of 128 bits"
                )
        for name in nothing:
            logger.warning("the budget was too small to tell anything of %r: it will be null. Declare its domain", name)
        logger.info(
            "epsilon %.3g at delta %.2g for one row: noise of %.1f rows on each count, noise multiplier %.2f over %d steps",
            *(budget.spent(), budget.delta, budget.count_noise, budget.training_noise, budget.steps),
        )
        logger.debug("public: %s; not covered: %s", "; ".join(PUBLIC), "; ".join(self.privacy_["not_covered"]))

    def _learn(self, codes: dict[str, np.ndarray], rng: np.random.Generator) -> None:
        if self.epsilon is None:
            super()._learn(codes, rng)
            return
        device, budget = device_of(self.device), self._budget
        self.lookups_, self.curves_ = {}, []
        columns = {column.name: column for column in self.schema_.columns if column.name in self.values_}
        self.invariants_ = Invariants(tuple(self.values_), columns, self.values_, self.schema_.constraints)  # they are public
        self.encoding_ = Encoding(self.values_, self._states)
        self._prepare(self.encoding_)
        self.module_: Any = self._made()
        if self._constant:
            return
        self._check_memory(device)
        plan = PrivatePlan(budget.steps, budget.sampling, self.clip, budget.training_noise, self.rate)
        self._begin_at_counts()
        self.module_ = train_privately(
            self.module_,
            self._row_losses,
            self._private_rows(codes),
            plan,
            source=self._source,
            device=device,
            folder=self._folder,
            key=self._public_key(),
        ).eval()
        self.module_.to("cpu")

    def _begin_at_counts(self) -> None:
        """Give the module's first logits the noised marginal distributions."""
        raise NotImplementedError

    def _private_rows(self, codes: dict[str, np.ndarray]) -> torch.Tensor:
        """Give what a batch holds, of shape (rows, ...)."""
        raise NotImplementedError

    @staticmethod
    def _row_losses(module: Any, states: torch.Tensor) -> torch.Tensor:
        """Give each row's loss."""
        raise NotImplementedError

    def _public_key(self) -> str:
        """Tell trainings apart by settings and noised counts; a digest of the rows would confirm a guess of them."""
        counts = [[name, values.counts.tolist()] for name, values in self.values_.items()]
        document = json.dumps([self.registry_name(), self.settings(), self.rows_, counts], sort_keys=True)
        return hashlib.sha256(document.encode()).hexdigest()

    # -- what is saved and stamped

    def _manifest(self) -> dict[str, Any]:
        return super()._manifest() if self.epsilon is None else {**super()._manifest(), "seed": None}

    def _lineage(self, seed: int, asked: Mapping[str, Any]) -> Lineage:
        if self.epsilon is None:
            return super()._lineage(seed, asked)
        shown = seed if self.noise == "system" else WITHHELD
        made = super()._lineage(self.seed_, asked)
        parameters = {**made.parameters, "privacy": self.privacy_}
        return Lineage(made.generator, parameters, shown, made.parents, made.depth, made.assay_version)

    def _notes(self) -> dict[str, Any]:
        return {**super()._notes(), **({} if self.privacy_ is None else {"privacy": self.privacy_})}

    def _reweigh(self, weights: dict[str, np.ndarray], notes: dict[str, Any]) -> None:
        super()._reweigh(weights, notes)
        self.privacy_ = notes.get("privacy")

    def _state(self) -> dict[str, np.ndarray]:
        state = super()._state()
        for at, values in enumerate(self.values_.values()):
            if isinstance(values, SpanValues):
                state[f"span.{at}.starts"], state[f"span.{at}.stops"] = values.starts, values.stops
                state[f"span.{at}.scale"] = np.array([values.scale.step, values.scale.decimals], dtype=np.int64)
        return state

    def _restore(self, state: dict[str, np.ndarray]) -> None:
        for at, (name, values) in enumerate(list(self.values_.items())):
            if f"span.{at}.scale" in state:
                scale = Scale(values.support.type, *state[f"span.{at}.scale"].tolist())
                spans = (state[f"span.{at}.{part}"] for part in ("starts", "stops"))
                self.values_[name] = SpanValues(values.support, values.counts, True, scale, *spans)
        super()._restore(state)
