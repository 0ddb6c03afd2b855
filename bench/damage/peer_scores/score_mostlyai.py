"""mostlyai-qa (Apache-2.0): the overall accuracy of its report, against training and sealed rows together.

The whole report takes half a minute and more, for embeddings, distances and pictures that the accuracy does not depend on. So
the functions that its report prepares and bins the rows with are called here in the same order, and the shares of bins compared
as it does (one minus half the sum of absolute differences, to five decimals), counted by numpy: `--compare` checks that against
its own functions, and on Adult the report prints the same accuracies to all its digits. Where rows belong to entities, coherence
is part of it: the overall accuracy is the mean of the univariate, bivariate, trivariate and coherence accuracies. What it draws
at random, columns of triples among it, is drawn alike for every case.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import batch
import joblib
import numpy as np
import pandas as pd
from mostlyai.qa import _accuracy, _coherence, _sampling
from mostlyai.qa._common import NXT_COLUMN, TGT_COLUMN
from mostlyai.qa._filesystem import Statistics
from mostlyai.qa.random_state import set_random_state


def score(case: dict[str, Any], real: pd.DataFrame, synthetic: pd.DataFrame, holdout: pd.DataFrame) -> dict[str, Any]:
    """Give the accuracies, higher is better."""
    key = case["entity"]
    sequential = key is not None and not real[key].is_unique
    setup = {"tgt_context_key": key, "setup": "1:N" if sequential else "1:1"}
    set_random_state(0)
    with joblib.parallel_config(n_jobs=1), tempfile.TemporaryDirectory() as folder:
        trained = _sampling.prepare_data_for_accuracy(df_tgt=real.copy(), **setup)
        kinds = trained.dtypes.to_dict()
        sealed, made = (
            _sampling.prepare_data_for_accuracy(df_tgt=table.copy(), ori_dtypes=kinds, **setup) for table in (holdout, synthetic)
        )
        before = pd.concat([trained, sealed], axis=0, ignore_index=True)
        before, made = _accuracy.binning_data(ori=before, syn=made, statistics=Statistics(path=Path(folder)))
        names = [(name,) for name in before.columns if name.startswith(TGT_COLUMN)]
        pairs = _accuracy.calculate_bivariate_columns(before, append_symetric=False)
        following = pairs.type == NXT_COLUMN
        set_random_state(0)
        triples = _accuracy.calculate_trivariate_columns(before)
        if "--compare" in sys.argv:
            compare(before, made)
        bins = Bins(before, made)
        scores = {
            "univariate": bins.accuracy(names),
            "bivariate": bins.accuracy(rows(pairs.loc[~following, ["col1", "col2"]])),
            "trivariate": bins.accuracy(rows(triples[["col1", "col2", "col3"]])),
        }
        if sequential:
            told = bins.accuracy(rows(pairs.loc[following, ["col1", "col2"]]))
            scores["coherence"] = np.nanmean([told, *coherence(key, pd.concat([real, holdout]), synthetic)])
    known = {name: float(value) for name, value in scores.items() if not np.isnan(value)}
    return {"scores": {"overall": float(np.mean(list(known.values()))), **known}}


def rows(columns: pd.DataFrame) -> list[tuple[str, ...]]:
    """Give the rows of a table of names."""
    return list(columns.itertuples(index=False, name=None))


class Bins:
    """Binned columns as numbers."""

    def __init__(self, before: pd.DataFrame, made: pd.DataFrame) -> None:
        self.codes: dict[str, tuple[np.ndarray, np.ndarray]] = {}
        for name in before.columns:
            codes, _ = pd.factorize(pd.concat([before[name].astype(object), made[name].astype(object)], ignore_index=True))
            self.codes[name] = codes[: len(before)], codes[len(before) :]

    def accuracy(self, groups: Iterable[tuple[str, ...]]) -> float:
        """Give the mean accuracy of groups of columns; NaN where there are none."""
        told = [self._one(names) for names in groups]
        return float(np.mean(told)) if told else float("nan")

    def _one(self, names: tuple[str, ...]) -> float:
        shares, size = [], 1
        mixed = [np.zeros(len(part), dtype=np.int64) for part in self.codes[names[0]]]
        known = [np.ones(len(part), dtype=bool) for part in mixed]
        for name in names:
            levels = max(int(part.max(initial=0)) for part in self.codes[name]) + 1
            for at, part in enumerate(self.codes[name]):
                mixed[at] = mixed[at] * levels + part
                known[at] &= part >= 0
            size *= levels
        for part, kept in zip(mixed, known, strict=True):
            shares.append(np.bincount(part[kept], minlength=size) / max(kept.sum(), 1))
        return round(1 - np.abs(shares[0] - shares[1]).sum() / 2, 5)


def coherence(key: str, original: pd.DataFrame, synthetic: pd.DataFrame) -> list[float]:
    """Give the mean accuracies of categories a sequence and of sequences a category."""
    before, bins = _sampling.prepare_data_for_coherence(df_tgt=original, tgt_context_key=key)
    after, _ = _sampling.prepare_data_for_coherence(df_tgt=synthetic, tgt_context_key=key, bins=bins)
    counts, edges = _accuracy.bin_data(_coherence.calculate_distinct_categories_per_sequence(df=before, context_key=key), bins=10)
    others, _ = _accuracy.bin_data(_coherence.calculate_distinct_categories_per_sequence(df=after, context_key=key), bins=edges)
    categories = _coherence.calculate_distinct_categories_per_sequence_accuracy(
        ori_binned_cats_per_seq=counts, syn_binned_cats_per_seq=others
    )
    _, counts, top, _ = _coherence.calculate_sequences_per_distinct_category(df=before, context_key=key)
    _, others, _, _ = _coherence.calculate_sequences_per_distinct_category(df=after, context_key=key, top_cats=top)
    sequences = _coherence.calculate_sequences_per_distinct_category_accuracy(
        ori_seqs_per_top_cat_cnts=counts, syn_seqs_per_top_cat_cnts=others
    )
    return [categories.accuracy.mean(), sequences.accuracy.mean()]


def compare(before: pd.DataFrame, made: pd.DataFrame) -> None:
    """Stop where the accuracies differ from those of mostlyai-qa's own functions."""
    bins = Bins(before, made)
    set_random_state(0)
    for theirs in (
        _accuracy.calculate_trivariates(before, made),
        _accuracy.calculate_bivariates(before, made),
        _accuracy.calculate_univariates(before, made).rename(columns={"column": "col1"}),
    ):
        columns = [name for name in ("col1", "col2", "col3") if name in theirs]
        ours = np.array([bins.accuracy([names]) for names in rows(theirs[columns])])
        if not np.allclose(ours, theirs.accuracy.astype(float), atol=1.5e-5):
            raise AssertionError("The accuracies are not those that mostlyai-qa computes.")


if __name__ == "__main__":
    batch.run(score, "mostlyai-qa")
