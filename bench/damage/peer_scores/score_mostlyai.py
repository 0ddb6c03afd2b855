"""mostlyai-qa (Apache-2.0): the overall accuracy of its report, against training and sealed rows together.

The whole report takes ten times as long, for embeddings, distances and pictures that the accuracy does not depend on. So the
functions that its report calls for the accuracy are called here in the same order, with coherence where rows belong to
entities: the overall accuracy is the mean of the univariate, bivariate, trivariate and coherence accuracies. The triples that it
draws at random are drawn alike for every case.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import batch
import joblib
import numpy as np
import pandas as pd
from mostlyai.qa import _accuracy, _coherence, _sampling
from mostlyai.qa._common import NXT_COLUMN
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
        set_random_state(0)
        triples = _accuracy.calculate_trivariates(before, made)
        pairs = _accuracy.calculate_bivariates(before, made)
        scores = {
            "univariate": _accuracy.calculate_univariates(before, made).accuracy.mean(),
            "bivariate": pairs.loc[pairs.type != NXT_COLUMN].accuracy.mean(),
            "trivariate": triples.accuracy.mean() if len(triples) else np.nan,
            "coherence": coherence(key, pd.concat([real, holdout]), synthetic, pairs) if sequential else np.nan,
        }
    known = {name: float(value) for name, value in scores.items() if not np.isnan(value)}
    return {"scores": {"overall": float(np.mean(list(known.values()))), **known}}


def coherence(key: str, original: pd.DataFrame, synthetic: pd.DataFrame, pairs: pd.DataFrame) -> float:
    """Give the mean of the accuracies of consecutive rows, of categories a sequence and of sequences a category."""
    before, bins = _sampling.prepare_data_for_coherence(df_tgt=original, tgt_context_key=key)
    after, _ = _sampling.prepare_data_for_coherence(df_tgt=synthetic, tgt_context_key=key, bins=bins)
    told = [pairs.loc[pairs.type == NXT_COLUMN].accuracy.mean()]
    counts, edges = _accuracy.bin_data(_coherence.calculate_distinct_categories_per_sequence(df=before, context_key=key), bins=10)
    others, _ = _accuracy.bin_data(_coherence.calculate_distinct_categories_per_sequence(df=after, context_key=key), bins=edges)
    told.append(
        _coherence.calculate_distinct_categories_per_sequence_accuracy(
            ori_binned_cats_per_seq=counts, syn_binned_cats_per_seq=others
        ).accuracy.mean()
    )
    counts, _, top, sequences = _coherence.calculate_sequences_per_distinct_category(df=before, context_key=key)
    others, _, _, others_sequences = _coherence.calculate_sequences_per_distinct_category(
        df=after, context_key=key, ori_top_cats=top
    )
    told.append(
        _coherence.calculate_sequences_per_distinct_category_accuracy(
            ori_seqs_per_cat_cnts=counts,
            syn_seqs_per_cat_cnts=others,
            ori_n_seqs=sequences,
            syn_n_seqs=others_sequences,
        ).accuracy.mean()
    )
    return float(np.nanmean(told))


if __name__ == "__main__":
    batch.run(score, "mostlyai-qa")
