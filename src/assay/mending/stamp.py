"""The lineage of mended rows: real ones had a part in them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import assay
from assay.core.lineage import Lineage
from assay.data.amended import Amended
from assay.data.dataset import Dataset


def stamped(rows: Amended, real: Dataset, synthetic: Dataset, remedies: Sequence[str]) -> Dataset:
    """Give the mended table with a lineage that names the real rows, the synthetic ones and the remedies."""
    old = synthetic.lineage or Lineage("unknown", depth=1)
    parents = tuple(dict.fromkeys([*old.parents, synthetic.sha256, real.sha256]))
    parameters = {**old.parameters, "mended_by": list(remedies)}
    stamp = replace(old, parents=parents, parameters=parameters, assay_version=assay.__version__)
    return Dataset(rows.table.table, rows.table.schema, name="mended", lineage=stamp)
